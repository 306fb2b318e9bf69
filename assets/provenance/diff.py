"""Two builds compared: which findings moved, by how much, which input moved each, and what the papers say otherwise."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from assets.provenance.archive import Archive, Entry
from assets.provenance.causes import Cause, Causes, Found
from assets.provenance.declared import Edit
from assets.provenance.findings import Moved, Said, moved, numbers_in, said
from assets.provenance.ledger import manifest_of
from assets.provenance.manifest import RESULTS, Manifest, Step
from pipeline.errors import CohesionError

BETWEEN = re.compile(r"\{\{.*?\}\}|[*_#>]+|:::\w+|(?<=[.!?])\s")
"""What stands between the words of a paper that are printed as they are typed."""
SHORTEST = 5
"""Characters of an edit by which it is found again in print."""


@dataclass(frozen=True)
class MovedModel:
    """The estimates of one model that differ, of ``total`` that it has, and why; or those of a table of areas,
    programmes or studies, whose key stands for the model: ``areas/my_study``.
    """

    model: str
    moved: list[Moved]
    total: int
    causes: Found


@dataclass(frozen=True)
class Differing:
    """A sentence, title or row of a paper that reads otherwise, and why."""

    said: Said
    causes: Found


@dataclass(frozen=True)
class Failed:
    """A step that could not be made in one of the builds, and what changed of that which it needs."""

    name: str
    why: str
    causes: Found
    was: str = ""


@dataclass
class Difference:
    """All that differs between two builds. ``causes``: what changed, each named once; ``unread``: what nothing reads.

    ``tables``: how many tables of each group came out otherwise. ``figures``: those that were drawn anew. ``printed``:
    an estimate, as ``papers.results.result_of`` names it → the numbers of papers that print it.
    """

    old: Entry
    new: Entry
    causes: list[Cause] = field(default_factory=list)
    models: list[MovedModel] = field(default_factory=list)
    sentences: list[Differing] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    figures: list[tuple[str, Found]] = field(default_factory=list)
    unread: list[Edit] = field(default_factory=list)
    tables: dict[str, int] = field(default_factory=dict)
    printed: dict[tuple[str, ...], list[str]] = field(default_factory=dict)

    def printed_as(self, one: Moved) -> list[str]:
        """The numbers of papers that print an estimate, as `cohesion trace` takes them."""
        outcome, component, term, *place = one.row
        return self.printed.get((one.model, outcome, term, component, *place), [])

    @property
    def findings(self) -> list[Moved]:
        """Every estimate that moved, the largest move first."""
        return sorted((one for model in self.models for one in model.moved), key=lambda one: -one.size)

    @property
    def has_moved(self) -> bool:
        """Whether an estimate, a printed sentence or a figure differs, or something could not be made."""
        return bool(self.models or self.sentences or self.failed or self.figures)


def difference(archive: Archive, old: Entry, new: Entry) -> Difference:
    """Compare two kept builds. Raises ``CohesionError`` if one of them cannot be read."""
    before, after = (_readable(archive, entry) for entry in (old, new))
    causes = Causes(before, after, archive)
    made = Difference(old, new)
    made.causes = causes.all
    made.unread = causes.unread
    made.models = list(_models(before, after, archive, causes))
    made.sentences = list(_sentences(before, after, archive, causes))
    made.failed = list(_failed(before, after, causes))
    made.figures = [(key.split("/")[1], causes.of_table(key)) for key in _changed(before, after, "figure")]
    for key in after.makers:
        if key.startswith("paper/"):
            for row, address in numbers_in(_bytes(archive, after, key)):
                made.printed.setdefault(row, []).append(address)
    for step in after.steps.values():
        changed = sum(step.outputs.get(key) != before_of(before, step.name).get(key) for key in step.outputs)
        if changed:
            made.tables[step.group] = made.tables.get(step.group, 0) + changed
    return made


def before_of(manifest: Manifest, name: str) -> dict[str, str]:
    """The outputs of a step in a build; none where it was not there."""
    step = manifest.steps.get(name)
    return dict(step.outputs) if step is not None else {}


def _readable(archive: Archive, entry: Entry) -> Manifest:
    found = manifest_of(archive, entry)
    if found is None:
        raise CohesionError(f"build {entry.id} cannot be read any more", todo="Compare another one: `cohesion builds`.")
    return found


def _changed(before: Manifest, after: Manifest, kind: str = "") -> list[str]:
    """The keys of one kind of table, or of all, whose content differs."""
    old, new = (
        {key: sha for step in each.steps.values() for key, sha in step.outputs.items()} for each in (before, after)
    )
    keys = [key for key in dict.fromkeys((*old, *new)) if not kind or key.split("/")[0] == kind]
    return [key for key in keys if old.get(key) != new.get(key)]


def _bytes(archive: Archive, manifest: Manifest, key: str) -> bytes | None:
    maker = manifest.makers.get(key)
    found = archive.content(maker.outputs[key]) if maker is not None else None
    return found if isinstance(found, bytes) else None


def _models(before: Manifest, after: Manifest, archive: Archive, causes: Causes) -> Iterator[MovedModel]:
    for key in (key for kind in RESULTS for key in _changed(before, after, kind)):
        old, new = (_bytes(archive, each, key) for each in (before, after))
        if any(key in each.makers and content is None for each, content in ((before, old), (after, new))):
            continue  # of a build that did not keep such tables yet
        found = moved(key, old, new)
        if found:
            total = max(map(_height, (old, new)))
            yield MovedModel(key.removeprefix("estimates/"), found, total, causes.of_table(key))


def _height(content: bytes | None) -> int:
    import io

    import polars as pl

    return 0 if content is None else pl.read_parquet(io.BytesIO(content)).height


def _sentences(before: Manifest, after: Manifest, archive: Archive, causes: Causes) -> Iterator[Differing]:
    changed = set(_changed(before, after))
    for key in _changed(before, after, "passages"):
        study = (after.makers.get(key) or before.makers[key]).study
        for each in said(_bytes(archive, before, key), _bytes(archive, after, key)):
            sources = [name for source in each.sources for name in (source, f"{source}/{study}") if name in changed]
            yield Differing(each, _why(each, sources, causes))


def _why(said: Said, sources: Collection[str], causes: Causes) -> Found:
    """Of a sentence with results what moved these, of a figure's words what changed that, else all that the paper has.

    An edit of the paper's own prose counts only where its words stand in the passage.
    """
    paper, found = f"paper/{said.paper}", set[Cause]()
    for source in sources:
        found |= causes.of_table(source)
    prose = {
        cause for cause in causes.own(paper) if cause.place == f"reports/papers/{said.paper}.md" and not cause.what
    }
    own = {cause for cause in prose if stands_in(cause.old, said.old) or stands_in(cause.new, said.new)}
    return frozenset(found | own or causes.of(paper) - prose or prose)


def stands_in(edit: str, passage: str) -> bool:
    """Whether words of an edit of prose, between its bindings and marks, stand in what was printed."""
    pieces = [" ".join(piece.split()) for piece in BETWEEN.split(edit)]
    return any(piece in passage for piece in pieces if len(piece) >= SHORTEST)


def _failed(before: Manifest, after: Manifest, causes: Causes) -> Iterator[Failed]:
    for name, step in after.steps.items():
        old: Step | None = before.steps.get(name)
        if step.failed and step.failed != (old.failed if old is not None else ""):
            yield Failed(name, step.failed, causes.of(name))
    for name, step in before.steps.items():
        if step.failed and name in after.steps and not after.steps[name].failed:
            yield Failed(name, "", causes.of(name), was=step.failed)
