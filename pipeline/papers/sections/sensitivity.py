"""How far a result depends on who answered: its versions, and what would make it vanish."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from pipeline.errors import PaperError
from pipeline.papers.methods import limits
from pipeline.papers.paper_context import PaperContext
from pipeline.papers.phrases import in_sentence, joined
from pipeline.papers.results import Fact, Row, estimate_of
from pipeline.papers.sections.section import Section, call
from pipeline.papers.tables.sensitivity import version_label, version_rows


def sensitivity(paper: PaperContext, options: Mapping[str, str]) -> Section:
    """How far a headline result depends on who answered. ``model=`` names a sensitivity model, ``figure=`` draws it."""
    section = Section([f"## {options.get('title', 'How sure are we?')}"])
    model = options.get("model", "")
    rows = version_rows(paper, model)
    section.say(*_versions(paper, rows))
    if "figure" in options:
        section.block(f"figure {options['figure']}")
    section.block(f"table sensitivity {model}")
    section.say(*_tipping(paper, rows, section.facts))
    return section


def _of(rows: list[Row], component: str) -> list[Row]:
    return [row for row in rows if row["component"] == component]


def _call(row: Row) -> str:
    return call(row, component=row["component"], group=row["group"])


def _versions(paper: PaperContext, rows: list[Row]) -> Iterator[str]:
    """The result in each version, in sentences that hold whatever the numbers turn out to be."""
    found = [row for row in _of(rows, "version") if row["estimate"] is not None]
    if not found:
        raise PaperError("no version of the result could be estimated", where=rows[0]["model"])
    term, outcome = (in_sentence(paper.study.label(found[0][name])) for name in ("term", "outcome"))
    low, high = (choose(found, key=lambda row: row["estimate"]) for choose in (min, max))
    yield (
        "A panel’s results can depend on who happens to answer. The same result is therefore shown for different ways "
        f"of counting people: how {term} is associated with {outcome}{_where(paper, rows[0]['model'])}."
    )
    if low is not high:
        yield (
            f"It lies between {{{{ {_call(low)} | dp(2) }}}} ({_version(low)}) and "
            f"{{{{ {_call(high)} | dp(2) }}}} ({_version(high)})."
        )
    sides = {_side(row) for row in found}
    if sides == {"above"} or sides == {"below"}:
        yield f"In every version the whole interval lies {sides.pop()} zero."
    elif sides == {"around"}:
        yield "In every version the interval includes zero."
    else:
        others = joined([f"“{_version(row)}”" for row in found if _side(row) != _side(found[0])])
        yield f"The versions do not agree: the conclusion for {others} is not that for “{_version(found[0])}”."


def _where(paper: PaperContext, model: str) -> str:
    """The waves and arms that a result is limited to, as markdown: their names, which may hold numerals, are bound."""
    declared = paper.study.models.get(model)
    if declared is None or not (declared.waves or declared.arms):
        return ""

    def bound(key: str) -> str:
        name = f'{{{{ name("{key}") }}}}'
        return f"“{name}”" if "," in paper.study.label(key) else name

    return f", {limits(declared.waves, declared.arms, bound)}"


def _version(row: Row) -> str:
    return in_sentence(version_label(row))


def _side(row: Row) -> str:
    """On which side of zero an interval lies."""
    if row["conf_low"] is not None and row["conf_low"] > 0:
        return "above"
    return "below" if row["conf_high"] is not None and row["conf_high"] < 0 else "around"


def _tipping(paper: PaperContext, rows: list[Row], facts: dict[str, Fact]) -> Iterator[str]:
    """How far the missing answers would have to lie from what is imputed; nothing without a curve."""
    point = next(iter(_of(rows, "tipping_point")), None)
    if point is None:
        return
    missing = next(iter(_of(rows, "missing_information")), None)
    yield (
        "Imputation assumes that those who did not answer resemble people with the same answers in other waves. That "
        "may be wrong."
    )
    if missing is not None:
        yield f"Of the information on this result, {{{{ {_call(missing)} | pct }}}} is missing."
    term, outcome = (in_sentence(paper.study.label(point[name])) for name in ("term", "outcome"))
    if point["estimate"] is None:
        yield from _never_tips(point, term, outcome, [float(row["group"]) for row in _of(rows, "tipping_curve")], facts)
    else:
        imputed = next(row for row in _of(rows, "version") if row["group"] == "imputed")
        yield from _tips(point, term, outcome, _side(imputed) != "around")


def _is_association(point: Row) -> bool:
    """Whether the association was shifted where answers are missing, and not their level."""
    return "for each unit" in str(point["covariance"])


def _never_tips(point: Row, term: str, outcome: str, shifts: list[float], facts: dict[str, Fact]) -> Iterator[str]:
    for name, end in (("low", min(shifts)), ("high", max(shifts))):
        judged = replace(estimate_of(point), value=end, structural=True)
        facts[f"tipping.{name}"] = Fact(end, f"the {name}est shift tried", point["model"], judged=judged)
    shifted = f"missing answers on {outcome} are"
    if _is_association(point):
        shifted = f"association between {term} and {outcome} among missing answers is"
    yield (
        f"The conclusion stays the same even if the {shifted} shifted by anything from "
        '{{ fact("tipping.low") | dp(1) }} to {{ fact("tipping.high") | dp(1) }}.'
    )


def _tips(point: Row, term: str, outcome: str, vanishes: bool) -> Iterator[str]:
    happens = "The result would vanish" if vanishes else "A result would appear"
    amount, less = f"{{{{ {_call(point)} | size | dp(2) }}}}", point["estimate"] < 0
    if _is_association(point):
        yield (
            f"{happens} only if, where answers are missing, {outcome} rose by {amount} {'less' if less else 'more'} "
            f"for each step of {term} than imputed."
        )
    else:
        yield (
            f"{happens} only if those who did not answer were on average {amount} {'lower' if less else 'higher'} in "
            f"{outcome} than people with the same other answers who did."
        )
