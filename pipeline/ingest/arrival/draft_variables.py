"""The variables of a drafted wave: names as expected are lines, other names are comments for a person to decide."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from pipeline.ingest.arrival.expected import Expected
from pipeline.ingest.arrival.matching import POSSIBLE, SURE, Match
from pipeline.ingest.arrival.new_items import NewItems
from pipeline.ingest.formats.columns import some
from pipeline.specs.base import canonical_code
from pipeline.specs.not_asked import in_batteries
from pipeline.specs.project import Study
from pipeline.specs.yaml_text import quoted


def variable_lines(
    want: Expected,
    names: Mapping[str, str],
    found: Mapping[str, Match],
    new: Mapping[str, str],
    as_named: Collection[str] = (),
    batteries: Mapping[str, str | None] | None = None,
    by: str = "study.yaml",
    unread: Mapping[str, Sequence[str]] | None = None,
) -> list[str]:
    """The lines ``variables`` and ``not_asked``; a battery of which nothing is there is one line.

    ``new``: key of a drafted item → the column it was drafted from. ``batteries``: item → its battery.
    ``as_named``: the items whose variables are called as ``by`` says, which need no line. ``unread``: item without a
    variable → unlabelled columns with its codes that nothing reads, so that it may be one of them.
    """
    live = [
        f"  {item}: {quoted(found[item].variable)}  # {_proposal(want, item, found[item])}"
        for item in names
        if item in found and item not in as_named and _is_live(want, item, found[item])
    ]
    live += [f"  {item}: {quoted(column)}  # the item was drafted from this column" for item, column in new.items()]
    comments = [
        f"  # {item}: {quoted(found[item].variable)}  # {_proposal(want, item, found[item])}"
        for item in undecided(want, names, found)
    ]
    comments += [
        f"  # {item}: {quoted(columns[0])}  # no variable like `{names[item]}`; its codes are those of "
        f"{some(columns, 5)}, which nothing reads"
        for item, columns in (unread or {}).items()
    ]
    lines = ["", f"# {len(as_named):,} items have the names that {by} gives their variables."] if as_named else []
    lines += ["", "variables:" if live else "# variables:", *live] if live or comments else []
    if comments:
        lines += ["  # Of another name: take away the first # of the line if it is the same question, or else list the"]
        lines += ["  # item under not_asked. Until then the wave is not built.", *comments]
    absent = list(_together(dict(absent_items(want, names, found, unread or ())), batteries or {}))
    return [*lines, *(["", "not_asked:", *absent] if absent else [])]


def undecided(want: Expected, names: Mapping[str, str], found: Mapping[str, Match]) -> Iterator[str]:
    """The items that a variable of another name may hold: a person decides."""
    for item in names:
        match = found.get(item)
        if match is not None and match.confidence >= SURE and not _is_live(want, item, match):
            yield item


def _is_live(want: Expected, item: str, match: Match) -> bool:
    """Whether a proposal is a line: the item's own name, or one that a person took over from an earlier wave."""
    if not match.is_its_name:
        return False
    return match.variable.lower() == want.own[item].lower() or item not in want.unsure


def _proposal(want: Expected, item: str, match: Match) -> str:
    """Confidence and evidence; of what was only a proposal before, no more than that."""
    is_own = match.variable.lower() == want.own[item].lower()
    if item in want.unsure and not is_own:
        wave, first = want.unsure[item]
        return f"{min(first, match.confidence):.0%}: as proposed first in {wave}; {match.evidence}"
    before = "" if is_own or not match.is_its_name else ", as in the wave before"
    return f"{match.confidence:.0%}: {match.evidence}{before}"


def _together(absent: Mapping[str, str], batteries: Mapping[str, str | None]) -> Iterator[str]:
    """The lines of absent items, those of a whole battery as one."""
    for name in in_batteries(absent, batteries):
        yield f"  - {name}  # {absent.get(name) or 'no variable of its items'}"


def absent_items(
    want: Expected, names: Mapping[str, str], found: Mapping[str, Match], unread: Collection[str] = ()
) -> Iterator[tuple[str, str]]:
    """Items of which the file seems to hold nothing, with what comes nearest; none that is ``unread``."""
    for item, name in ((item, name) for item, name in names.items() if item not in unread):
        match = found.get(item)
        if match is None or match.confidence < POSSIBLE:
            if match is None or not match.is_its_name:
                yield item, f"no variable like `{name}`"
        elif match.confidence < SURE and not match.is_its_name:
            why = f"perhaps {match.variable} ({_proposal(want, item, match).split(':')[0]})"
            yield item, f"{why}: {match.evidence}"


def columns_with_the_codes(
    study: Study, names: Mapping[str, str], found: Mapping[str, Match], new: NewItems
) -> dict[str, list[str]]:
    """Item without a variable → the columns that may be it: without a label, with its codes, and read by nothing."""
    coded = [(one.column, set(one.answers.codes)) for one in new.items if not one.label and len(one.answers.codes) > 2]
    missing = [item for item in names if item not in found]
    codes = {item: set(map(canonical_code, study.items[item].codes)) for item in missing}
    fits = {item: [column for column, own in coded if own <= codes[item]] for item in missing}
    return {item: columns for item, columns in fits.items() if columns}
