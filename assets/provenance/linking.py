"""Which edits of declarations are behind a difference in what a step reads.

A step reads parts of declarations under their names (``study.items.trust.codes``), and some that were derived from
several files (labels, ranges). An edit is behind a difference if it is in a file that the part comes from, and shares
its names and values; of several that fit equally well all are said.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatch

from assets.provenance.compare import Change
from assets.provenance.declared import Edit
from assets.provenance.manifest import Step
from pipeline.specs.study_files import STUDY_FILES

MODELS, FIGURES, CONCEPTS = "reports/models/*.yaml", "reports/figures/*.yaml", "data/concepts.yaml"
ANYWHERE = ("data/*", "reports/*")
_FROM = {
    "asked": (MODELS,), "models": (MODELS,), "over": (MODELS,), "pooling": (MODELS,), "groups": (MODELS,),
    "modelled": (MODELS,), "figures": (FIGURES,),
    "labels": (CONCEPTS, FIGURES, "data/studies/{study}/*"),
    "ranges": (CONCEPTS, "data/studies/{study}/*"),
}  # fmt: skip
"""What a step reads under these names → the files it comes from; of any other name, the study's."""
_SAME, _SAME_NEW, _SAME_LAST = 8, 3, 2


def edits_behind(edits: Sequence[Edit], name: str, step: Step | None, change: Change) -> list[Edit]:
    """The edits behind one difference; all of the study's where none fits better than another."""
    if step is None:
        return []
    files = _files(name, step, change.path)
    own = (f"reports/*/{name.split('/')[-1]}.*",)
    for patterns in (files, own, (*files, CONCEPTS, MODELS, FIGURES, f"data/studies/{step.study}/*"), ANYWHERE):
        found = [edit for edit in edits if any(fnmatch(edit.file, pattern) for pattern in patterns)]
        if found:
            return _best(found, change, name)
    return []


def _files(name: str, step: Step, path: tuple[str, ...]) -> tuple[str, ...]:
    """Patterns of the files that a part comes from."""
    of, folder = path[0], f"data/studies/{step.study}"
    key = name.split("/")[-1]
    if of == "name":
        return (f"reports/*/{key}.*",)
    if of in ("model", "figure", "claims"):
        return (f"reports/{'models' if of == 'model' else 'figures'}/{key}.yaml",)
    if of in ("models", "figures") and len(path) > 1:
        return (f"reports/{of}/{path[1]}.yaml",)
    if of == "declared":
        return (f"{folder}/{'weights' if name.startswith('weights/') else 'imputation'}.yaml",)
    if of == "study" and len(path) > 1:
        return _of_study(folder, path[1:])
    return tuple(pattern.format(study=step.study) for pattern in _FROM.get(of, (f"{folder}/*",)))


def _of_study(folder: str, path: tuple[str, ...]) -> tuple[str, ...]:
    part = STUDY_FILES.get(path[0])
    if part is None:
        return (f"{folder}/*",)
    if not part.is_folder:
        return (f"{folder}/{part.path}",)
    wave = path[1] if len(path) > 1 else "*"
    return (f"{folder}/waves/{wave}.yaml", f"{folder}/waves/_each.yaml", f"{folder}/waves.csv")


def _best(edits: list[Edit], change: Change, name: str) -> list[Edit]:
    """The edits that share most of the names and values of a difference."""
    names = {part for part in (*change.path, name.split("/")[-1]) if part not in STUDY_FILES}
    named = [edit for edit in edits if names & _called(edit)] or edits
    scores = [_score(edit, change, names) for edit in named]
    return [edit for edit, score in zip(named, scores, strict=True) if score == max(scores)]


def _called(edit: Edit) -> set[str]:
    """The names of what an edit is of: the entry, the rows of its battery, the file."""
    stem = edit.file.rsplit("/", 1)[-1].split(".")[0]
    return {*edit.path[:1], *edit.members, stem}


def _score(edit: Edit, change: Change, names: set[str]) -> int:
    shared = len(names & {*edit.path, *_called(edit)})
    same = _SAME if (edit.old, edit.new) == (change.old, change.new) else _SAME_NEW if edit.new == change.new else 0
    last = _SAME_LAST if edit.path[-1:] == change.path[-1:] else 0
    return shared + same + last
