"""Two estimates of one change that disagree: a paper that prints both says so where the second is printed."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.papers.prose.origin import Origin
from pipeline.papers.prose.source import Binding, PaperSource
from pipeline.papers.results import STEP, Results, Row
from pipeline.specs.components import COMPONENTS

Z = 1.959963984540054
SAYS = {1: "a rise", -1: "a fall", 0: "no change beyond chance"}


@dataclass(frozen=True)
class Disagreement:
    """A change between two waves as one model estimates it, and as the levels of another do."""

    outcome: str
    change: tuple[str, int]
    levels: tuple[str, int]
    waves: tuple[str, str]


def unreconciled(source: PaperSource, printed: Sequence[tuple[Binding, Origin]], results: Results) -> None:
    """Report each disagreement of which both sides are printed, but not both in the part where the second stands."""
    for found in disagreements(results):
        change = [binding for binding, origin in printed if _is_change(origin, found)]
        levels = [binding for binding, origin in printed if _is_level(origin, found)]
        if not change or not levels:
            continue
        parts = [{_part(source.body, binding) for binding in side} for side in (change, levels)]
        second = max(change[0], levels[0], key=lambda binding: binding.start)
        if _part(source.body, second) in parts[0] & parts[1]:
            continue
        (one, sign), (other, others) = found.change, found.levels
        source.report(
            second.line,
            f"two trends of {results.label(found.outcome)} from {results.label(found.waves[0])} to "
            f"{results.label(found.waves[1])} disagree: `{one}` shows {SAYS[sign]}, the means of `{other}` "
            f"{SAYS[others]}. Print both in this part of the paper, and say why they differ.",
        )


def disagreements(results: Results) -> Iterator[Disagreement]:
    """Every change of which the levels of another model, at the same waves, say something else."""
    rows = [row for own in results.models.values() for row in own if row["estimate"] is not None]
    levels = [row for row in rows if row["component"] in COMPONENTS and COMPONENTS[row["component"]].level]
    for change in (row for row in rows if row["component"] == "change" and row["conf_low"] is not None):
        step = STEP.fullmatch(str(change["term"]))
        if step is None:
            continue
        sign = (change["conf_low"] > 0) - (change["conf_high"] < 0)
        own = [row for row in levels if row["outcome"] == change["outcome"] and row["model"] != change["model"]]
        for model, group in dict.fromkeys((row["model"], row["group"]) for row in own):
            ends = [_at(own, model, group, wave) for wave in step.groups()]
            others = _sign(*ends)
            if others is not None and others != sign:
                waves = (step.group(1), step.group(2))
                yield Disagreement(change["outcome"], (change["model"], sign), (model, others), waves)


def _at(rows: Sequence[Row], model: str, group: str | None, wave: str) -> Row | None:
    return next((row for row in rows if (row["model"], row["group"], row["wave"]) == (model, group, wave)), None)


def _sign(before: Row | None, after: Row | None) -> int | None:
    """Whether levels rose (1), fell (-1) or neither beyond chance, with independent errors; None where not known."""
    if before is None or after is None or before["std_error"] is None or after["std_error"] is None:
        return None
    difference = after["estimate"] - before["estimate"]
    reach = Z * math.hypot(before["std_error"], after["std_error"])
    return int(difference > reach) - int(difference < -reach)


def _is_change(origin: Origin, found: Disagreement) -> bool:
    return (origin.source, origin.outcome, origin.component) == (found.change[0], found.outcome, "change")


def _is_level(origin: Origin, found: Disagreement) -> bool:
    same = (origin.source, origin.outcome) == (found.levels[0], found.outcome)
    return same and origin.place[0] in found.waves


def _part(body: str, binding: Binding) -> int:
    """Which part of the paper, from one heading to the next, a binding stands in."""
    return len(re.findall(r"^#", body[: binding.start], flags=re.MULTILINE))
