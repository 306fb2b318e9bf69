"""What a verification found: a short table for people, every number as CSV, all of it as JSON."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assets.bundles.compare import CLOSE, DIFFERS, INCOMPARABLE, SAME, Compared
from assets.bundles.rerun import OF_TWIN, SOURCES
from pipeline.specs.tolerances import TOLERANCES

VERDICTS = (SAME, CLOSE, DIFFERS, INCOMPARABLE)
LISTED = 10
"""So many numbers that differ, and that cannot be compared, are printed; the report holds all."""
COLUMNS = ("table", "row", "column", "kind", "expected", "found", "verdict", "relative", "reason")


@dataclass(frozen=True)
class Verdict:
    """What became of every number of a bundle. ``differences``: what the two machines have otherwise, in words, by
    kind; ``altered``: members of the bundle that are not what its manifest says. ``made_with``: version and commit.
    """

    study: str
    source: str
    sha256: str
    numbers: Sequence[Compared]
    withheld: int = 0
    altered: Sequence[str] = ()
    made_with: str = ""
    differences: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def code(self) -> int:
        """The exit code: 0 all the same, 1 something differs, 2 something could not be compared."""
        found = {one.verdict for one in self.numbers}
        if DIFFERS in found or self.altered:
            return 1
        return 2 if INCOMPARABLE in found or not self.numbers else 0

    def of(self, verdict: str) -> list[Compared]:
        return [one for one in self.numbers if one.verdict == verdict]


def lines(found: Verdict) -> Iterator[str]:
    """The verdict for people: a table by kind of number, those that differ, and what is otherwise here."""
    yield f"{found.study}: rebuilt from {SOURCES[found.source]}; bundle {found.sha256[:16]}, {found.made_with}"
    if found.source == OF_TWIN:
        yield "  The numbers compared are the twin's own, not the study's: they show that code and libraries agree."
    yield from (f"  altered since it was made: {name}" for name in found.altered)
    yield ""
    yield from _table(found)
    for verdict in (DIFFERS, INCOMPARABLE):
        yield from _listed(found.of(verdict), verdict)
    if found.differences:
        yield ""
        yield "What is otherwise here than where the bundle was made:"
        yield from (f"  {kind}: {', '.join(names)}" for kind, names in found.differences.items())
    elif found.of(CLOSE):
        yield ""
        yield "Nothing is known to be otherwise here, and yet last digits differ: the bundle may have been altered."
    yield ""
    yield _conclusion(found)


def _table(found: Verdict) -> Iterator[str]:
    yield f"{'':<24}{'numbers':>9}{'same':>9}{'within':>9}{'differ':>9}{'not comp.':>11}  largest difference within"
    for key, tolerance in TOLERANCES.items():
        own = [one for one in found.numbers if one.kind == key]
        if own:
            count = Counter(one.verdict for one in own)
            counts = "".join(f"{count[verdict]:>{11 if verdict == INCOMPARABLE else 9},}" for verdict in VERDICTS)
            largest = max((one.relative or 0.0 for one in own if one.verdict == CLOSE), default=0.0)
            allowed = f" (up to {tolerance.relative:g})" if tolerance.relative else ""
            size = f"{largest:.1g}{allowed}" if largest else "–"
            yield f"{tolerance.label:<24}{len(own):>9,}{counts}  {size}"


def _listed(numbers: Sequence[Compared], verdict: str) -> Iterator[str]:
    if not numbers:
        return
    yield ""
    yield f"{len(numbers):,} {'differ' if verdict == DIFFERS else 'cannot be compared'}:"
    for one in numbers[:LISTED]:
        values = f" {one.expected} in the bundle, {one.found} here:" if one.expected and one.found else ""
        yield f"  {one.table}, {one.row}, {one.column}:{values} {one.words}"
        yield f"    {one.reason}"
    if len(numbers) > LISTED:
        yield f"  … and {len(numbers) - LISTED:,} more, in the report"


def _conclusion(found: Verdict) -> str:
    count = len(found.numbers)
    withheld = f" {found.withheld:,} rows of few people are not in the bundle." if found.withheld else ""
    if found.code == 0:
        close = len(found.of(CLOSE))
        last = f", {close:,} of them but for their last digits, as their kind allows" if close else ", to the last bit"
        return f"✓ All {count:,} numbers are the same{last}.{withheld}"
    differ, lost = len(found.of(DIFFERS)), len(found.of(INCOMPARABLE))
    return f"✗ Of {count:,} numbers {differ:,} differ and {lost:,} cannot be compared.{withheld}"


def as_csv(found: Verdict) -> bytes:
    """One line per number: what the bundle says, what came out here, the verdict and its reason."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([_cell(one, name) for name in COLUMNS] for one in found.numbers)
    return out.getvalue().encode()


def _cell(one: Compared, name: str) -> str:
    value = getattr(one, name)
    return "" if value is None else str(value)


def data(found: Verdict) -> dict[str, Any]:
    """The same for programs; of numbers that are the same only how many they are."""
    counts = Counter((one.kind, one.verdict) for one in found.numbers)
    return {
        "study": found.study,
        "source": found.source,
        "sha256": found.sha256,
        "code": found.code,
        "altered": list(found.altered),
        "made_with": found.made_with,
        "counts": {
            kind: {verdict: counts[kind, verdict] for verdict in VERDICTS}
            for kind in TOLERANCES
            if any(counts[kind, verdict] for verdict in VERDICTS)
        },
        "tolerances": {
            key: {"relative": one.relative, "uncertainty": one.uncertainty, "why": one.why}
            for key, one in TOLERANCES.items()
        },
        "differences": {kind: list(names) for kind, names in found.differences.items()},
        "withheld": found.withheld,
        "numbers": [
            {name: getattr(one, name) for name in COLUMNS} for one in found.numbers if one.verdict not in (SAME, CLOSE)
        ],
    }
