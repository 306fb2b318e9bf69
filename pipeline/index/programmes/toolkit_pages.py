"""The toolkit for people: a text for the terminal, a page, and what of a study's declarations it shows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from pipeline.index.programmes.errors import refused
from pipeline.index.programmes.local_toolkit import Measure, lowest_alpha
from pipeline.page_templates import page_template
from pipeline.specs.ranges import score_ranges

if TYPE_CHECKING:
    from pipeline.specs.project import Study
    from pipeline.specs.report import Concept
    from pipeline.specs.study import Item, Scale

HIGHEST = " (counts highest: "
"""Between a question and the answer to it that counts highest."""
FACTS = ("person", "area")
"""Dimensions that no project changes."""


def measures_of(
    study: Study, concepts: Mapping[str, Concept], reliability: pl.DataFrame, chosen: Collection[str] = ()
) -> dict[str, Measure]:
    """Score → what the study declares of it: of all that a project may change, or of those that are chosen.

    Raises ModelError for a score that the study has not, or that has no order.
    """
    ranges, single = score_ranges(study), study.scored_items()
    scales = {scale.concept or key: scale for key, scale in study.scales.items()}
    alphas = lowest_alpha(reliability, list(study.scales))
    found = {}
    for name in chosen or study.scores:
        if name not in study.scores:
            raise refused(
                f"`{name}` is no score of `{study.key}`", where="concept", todo=f"Scores: {', '.join(study.scores)}."
            )
        items = scales[name].items if name in scales else [single[name]] if name in single else []
        if not chosen and (not items or (name in concepts and concepts[name].dimension in FACTS)):
            continue
        own = [study.items[item] for item in items]
        if any(item.kind == "nominal" and not item.recode for item in own):
            if chosen:
                raise refused(f"`{name}` is an answer without an order", where="concept")
            continue
        low, high = ranges.get(name, (None, None))
        concept = concepts.get(name)
        scale = next((key for key, one in study.scales.items() if (one.concept or key) == name), name)
        found[name] = Measure(
            scales[name].label if name in scales else concept.label if concept else own[0].label if own else name,
            tuple(_wording(item, item_key, scales.get(name)) for item_key, item in zip(items, own, strict=True)),
            low,
            high,
            concept.direction if concept else "",
            alphas.get(scale),
        )
    return found


def _wording(item: Item, key: str, scale: Scale | None) -> str:
    """The question as asked, and the answer that counts highest, by which a project can see which way it runs."""
    values = {code: value for code, value in item.recode.items() if isinstance(value, int | float)}
    values = values or {code: float(code) * (-1 if item.reverse else 1) for code in item.codes}
    if not values:
        return item.wording
    is_turned = scale is not None and key in scale.reverse
    best = (min if is_turned else max)(values, key=lambda code: values[code])
    return f"{item.wording}{HIGHEST}{item.codes[best]})"


def told(table: pl.DataFrame, title: str, plan: Mapping[str, Any]) -> list[str]:
    """The toolkit as lines of text."""
    lines = [f"{title}: how to measure what a project changes", *plan_words(plan), ""]
    for row in table.rows(named=True):
        lines += [*_measure(row), *(f"  {name}: {value}" for name, value in answers(row, plan)), ""]
    return lines[:-1]


def plan_words(plan: Mapping[str, Any]) -> list[str]:
    """What is looked for, and where, in sentences."""
    return [
        f"Looked for: {plan['effect']:g} standard deviations, found in {plan['power']:.0%} of studies (two-sided, "
        f"{plan['alpha']:.0%} error).",
        f"In areas: {plan['areas']} with the programme and {plan['areas']} without, {plan['people']} people in each; "
        f"means of areas a wave apart correlate at {plan['area_correlation']:g}.",
    ]


def _measure(row: Mapping[str, Any]) -> list[str]:
    facts = [f"{row['n_items']} question{'s' if row['n_items'] != 1 else ''}" if row["n_items"] else None]
    if row["lowest"] is not None and row["highest"] is not None:
        facts.append(f"from {row['lowest']:g} to {row['highest']:g}")
    facts.append(row["direction"])
    facts.append(f"reliability (alpha, lowest of waves) {row['alpha']:.2f}" if row["alpha"] is not None else None)
    wordings = []
    for one in filter(None, (row["wording"] or "").split(" | ")):
        question, _, best = one.partition(HIGHEST)
        wordings.append(f"  “{question}”" + (f"{HIGHEST}{best}" if best else ""))
    return [f"{row['label']} ({row['measure']}): {'; '.join(filter(None, facts))}", *wordings]


def answers(row: Mapping[str, Any], plan: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a project asks of a measure, and the answers, in words."""
    if row["sd"] is None or row["raw_effect"] is None:
        return [("Answers", row["note"] or "none")]
    found = [
        ("Spread", f"standard deviation {row['sd']:.2f}; the effect is {row['raw_effect']:.2f} on the scale"),
        ("Asked once", f"{_people(row['n_two_groups'])} with and as many without the programme"),
    ]
    if row["correlation"] is not None:
        found += [
            ("Before and after", f"the same {_people(row['n_before_after'])} twice (answers correlate at "
             f"{row['correlation']:.2f}), which does not tell the programme from the times"),
            ("With a comparison", f"the same {_people(row['n_with_comparison'])} with and as many without, twice"),
        ]  # fmt: skip
    if row["icc"] is not None:
        found += [("In areas, asked once", _in_areas(row, "in_areas", plan))]
    if row["power_in_areas_with_comparison"] is not None:
        found += [("In areas, twice", _in_areas(row, "in_areas_with_comparison", plan))]
    return found


def _people(number: float | None) -> str:
    return "no number of people" if number is None else f"{number:,.0f} people"


def _in_areas(row: Mapping[str, Any], name: str, plan: Mapping[str, Any]) -> str:
    needed = row[f"n_{name}"]
    likeness = f"areas account for {row['icc']:.1%} of the variance"
    if row["icc"] < plan["least_icc"]:
        likeness += f"; planned with {plan['least_icc']:.0%}, since few areas often look alike by chance"
    enough = "no number of people in each area is enough" if needed is None else f"{needed:,.0f} people in each area"
    return (
        f"{enough}; {plan['people']} find it with {row[f'power_{name}']:.0%} power, and {row[f'smallest_{name}']:.2f} "
        f"or more with {plan['power']:.0%} ({likeness})"
    )


def toolkit_html(table: pl.DataFrame, title: str, plan: Mapping[str, Any], synthetic: bool, template: bytes) -> bytes:
    """The page, without scripts or requests. ``template``: reports/templates/toolkit.html.j2."""
    rows = [{**row, "answers": answers(row, plan), "head": _measure(row)} for row in table.rows(named=True)]
    return (
        page_template(template.decode())
        .render(title=title, sentences=plan_words(plan), rows=rows, synthetic=synthetic)
        .encode()
    )
