"""How sure a result is, told: its versions in a table and in sentences, and what would make it vanish."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.errors import PaperError
from pipeline.papers.tables.cells import cell_row, count, decimal_share, p_value, with_interval
from pipeline.papers.content import Column, TableBlock
from pipeline.papers.results import Fact, nearest
from pipeline.papers.paper_context import PaperContext
from pipeline.tables import VERSIONS


def sensitivity_table(paper: PaperContext, names: Sequence[str], options: Mapping[str, str]) -> TableBlock:
    """One row per version of a result. ``:::table sensitivity MODEL``"""
    rows = _rows(paper, names[0] if names else "")
    missing = rows.filter(pl.col("component") == "missing_information")
    share = None if missing.is_empty() else missing["estimate"][0]
    body = [
        cell_row(
            VERSIONS.get(row["group"], row["group"]),
            with_interval(row),
            p_value(row["p_value"]),
            count(row["n_persons"]),
            count(row["n_obs"]),
        )
        for row in _versions(rows)
    ]
    columns = (Column("Version"), *(Column(name, "right") for name in ("Estimate", "p", "People", "Answers")))
    first = _versions(rows)[0]
    outcome, term = (paper.study.label(first[name]) for name in ("outcome", "term"))
    notes = [f"Standard errors: {'; '.join(_made(rows))}."]
    if share is not None:
        notes.append(f"In the imputed version {decimal_share(share, 0)} of the information is missing.")
    notes += [f"Withheld: {row['note']}." for row in _versions(rows) if row["estimate"] is None and row["note"]]
    return TableBlock(
        None,
        "",
        f"{term} and {outcome[:1].lower()}{outcome[1:]}, by who is counted",
        columns,
        tuple(body),
        source=paper.study.source,
        notes=tuple(notes),
    )


@dataclass(frozen=True)
class Prose:
    """Sentences as a paper's markdown, and the facts that they name."""

    versions: tuple[str, ...]
    tipping: tuple[str, ...]
    facts: Mapping[str, Fact]


def sensitivity_prose(paper: PaperContext, options: Mapping[str, str]) -> Prose:
    """What the versions agree on, and how different those who are missing would have to be. ``model=`` names them."""
    rows = _rows(paper, options.get("model", ""))
    facts: dict[str, Fact] = {}
    versions = tuple(_agreement(paper, rows))
    return Prose(versions, tuple(_tipping(paper, rows, facts)), facts)


def _rows(paper: PaperContext, model: str) -> pl.DataFrame:
    known = paper.results.estimates.filter(pl.col("family") == "sensitivity")
    rows = known.filter(pl.col("model") == model)
    if rows.is_empty():
        names = known["model"].unique(maintain_order=True)
        raise PaperError(f"`{model}` is not a sensitivity model of this paper{nearest(model, names)}")
    return rows


def _versions(rows: pl.DataFrame) -> list[dict[str, Any]]:
    return rows.filter(pl.col("component") == "version").to_dicts()


def _made(rows: pl.DataFrame) -> list[str]:
    """How the standard errors of each version were made; those made alike are told once."""
    found: dict[str, list[str]] = {}
    for row in _versions(rows):
        if row["covariance"]:
            found.setdefault(row["covariance"], []).append(VERSIONS.get(row["group"], row["group"]).lower())
    return [f"{', '.join(names)}: {made}" for made, names in found.items()]


def _call(row: Mapping[str, Any]) -> str:
    group = f', group="{row["group"]}"' if row["group"] is not None else ""
    return f'est("{row["model"]}", "{row["term"]}", component="{row["component"]}"{group})'


def _agreement(paper: PaperContext, rows: pl.DataFrame) -> Iterator[str]:
    """The result in each version, in sentences that hold whatever the numbers turn out to be."""
    found = [row for row in _versions(rows) if row["estimate"] is not None]
    if not found:
        raise PaperError("no version of the result could be estimated", where=rows["model"][0])
    term, outcome = (paper.study.label(found[0][name]) for name in ("term", "outcome"))
    low, high = (choose(found, key=lambda row: row["estimate"]) for choose in (min, max))
    yield (
        f"A panel’s results can depend on who happens to answer. So the same result, {_small(term)} and "
        f"{_small(outcome)}, is shown for different ways of counting people."
    )
    if low is not high:
        yield (
            f"It lies between {{{{ {_call(low)} | dp(2) }}}} ({_small(VERSIONS[low['group']])}) and "
            f"{{{{ {_call(high)} | dp(2) }}}} ({_small(VERSIONS[high['group']])})."
        )
    sides = {_side(row) for row in found}
    if sides == {"above"} or sides == {"below"}:
        yield f"In every version the whole interval lies {sides.pop()} zero."
    elif sides == {"holds"}:
        yield "In every version the interval holds zero."
    else:
        unsure = " and ".join(_small(VERSIONS[row["group"]]) for row in found if _side(row) != _side(found[0]))
        yield f"Not every version says the same: it is otherwise for those counted as “{unsure}”."


def _side(row: Mapping[str, Any]) -> str:
    if row["conf_low"] is not None and row["conf_low"] > 0:
        return "above"
    return "below" if row["conf_high"] is not None and row["conf_high"] < 0 else "holds"


def _tipping(paper: PaperContext, rows: pl.DataFrame, facts: dict[str, Fact]) -> Iterator[str]:
    """How far the missing answers would have to lie from what is imputed; nothing without a curve."""
    points = rows.filter(pl.col("component") == "tipping_point").to_dicts()
    if not points:
        return
    point = points[0]
    missing = rows.filter(pl.col("component") == "missing_information").to_dicts()
    share = f" ({{{{ {_call(missing[0])} | pct }}}} of the information on this result is missing)" if missing else ""
    yield (
        f"Imputation takes those who did not answer to be like people with the same answers in other waves{share}. "
        "They may not be."
    )
    term, outcome = (_small(paper.study.label(point[name])) for name in ("term", "outcome"))
    reach = point["estimate"]
    if reach is None:
        ends = [float(row["group"]) for row in rows.filter(pl.col("component") == "tipping_curve").to_dicts()]
        for name, end in (("low", min(ends)), ("high", max(ends))):
            facts[f"tipping.{name}"] = Fact(end, f"the {name}est shift tried", point["model"])
        moved = _moved(point, term, outcome, "shifted by anything from")
        yield (
            f"The conclusion stays the same even with {moved} "
            '{{ fact("tipping.low") | dp(1) }} to {{ fact("tipping.high") | dp(1) }}.'
        )
        return
    side = _side(next(row for row in _versions(rows) if row["group"] == "imputed"))
    happens = "The result would vanish" if side != "holds" else "A result would appear"
    direction = "less" if reach < 0 else "more"
    amount = f"{{{{ {_call(point)} | size | dp(2) }}}}"
    if "for each unit" in str(point["covariance"]):
        yield (
            f"{happens} only if, where nobody saw it, {outcome} rose by {amount} {direction} for each step of {term} "
            "than is imputed from the answers that there are."
        )
    else:
        lower = "lower" if reach < 0 else "higher"
        yield (
            f"{happens} only if those who did not answer were on average {amount} {lower} in {outcome} than people "
            "with the same other answers who did."
        )


def _moved(point: Mapping[str, Any], term: str, outcome: str, verb: str) -> str:
    if "for each unit" in str(point["covariance"]):
        return f"the link between {term} and {outcome}, where nobody saw it, {verb}"
    return f"the missing answers on {outcome} {verb}"


def _small(label: str) -> str:
    return label[:1].lower() + label[1:] if label[1:2].islower() else label
