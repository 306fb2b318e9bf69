"""What may not be published as it stands, cell by cell: each rule takes a cell and says what to do, or nothing."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.papers.disclosure.dominance import is_dominated
from pipeline.papers.disclosure.frame import cells as normalised
from pipeline.papers.disclosure.frame import dimensions
from pipeline.specs.disclosure import Disclosure

PROPORTION_NOISE = 1e-9
Cell = Mapping[str, Any]
EXTREME = ("minimum", "maximum", "individual")


@dataclass(frozen=True)
class Refusal:
    """Why something may not be published: where it stands, what is wrong, and what to do."""

    place: str
    rule: str
    what: str
    todo: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}. {self.todo}"


DEFAULTS = Disclosure()
MERGE = "Merge categories, groups or waves, or suppress the cell."


def refused_cells(cells: pl.DataFrame, rules: Disclosure | None = None) -> list[Refusal]:
    """Every published cell that a rule refuses. Suppressed cells are the attacker's matter (``attack.narrowed``)."""
    asked = rules or DEFAULTS
    frame = normalised(cells)
    names = dimensions(frame)
    found = []
    for row in frame.filter(pl.col("value").is_not_null()).iter_rows(named=True):
        where = row["place"] or ", ".join(f"{name} {row[name]}" for name in names if row[name] is not None)
        for rule in RULES:
            said = rule(row, asked)
            if said is not None:
                found.append(Refusal(where or "a cell", rule.__name__, *said))
                break
    return list(dict.fromkeys(found))


Said = tuple[str, str] | None


def not_understood(cell: Cell, _rules: Disclosure) -> Said:
    if cell["statistic"] == "unknown" or (cell["n"] is None and not cell["structural"]):
        return "nobody knows of how many people it is", "Bind it to a result, or give its unweighted n."
    if not math.isfinite(cell["value"]):
        return "it is not a number", "Withhold it."
    return None


def extreme(cell: Cell, _rules: Disclosure) -> Said:
    """The lowest and the highest value belong to somebody, as does each point of a scatter."""
    if cell["statistic"] in EXTREME:
        said = {"individual": "it is the value of one person"}.get(cell["statistic"], f"it is a {cell['statistic']}")
        return said, "Print a mean, or a quantile with enough people beyond it."
    return None


def few_people(cell: Cell, rules: Disclosure) -> Said:
    """Zero is a small number: that nobody of a group did something is said of each of them."""
    if cell["structural"]:
        return None
    lowest = cell["n"] - (cell["n_rounding"] / 2 if cell["n_rounding"] > 1 else 0.0)
    if cell["n"] < rules.smallest:
        return f"it is about fewer than {rules.smallest} {cell['unit']}", MERGE
    if cell["n_rounding"] > 1 and lowest < rules.smallest - cell["n_rounding"] / 2:
        return f"it is about fewer than {rules.smallest} {cell['unit']}", MERGE
    return None


def class_disclosure(cell: Cell, _rules: Disclosure) -> Said:
    """All or nobody: what is known of the group is known of each of its members."""
    if cell["statistic"] != "share" or cell["structural"]:
        return None
    half = cell["rounding"] / 2
    if cell["value"] <= max(half, PROPORTION_NOISE) or cell["value"] >= 1 - max(half, PROPORTION_NOISE):
        whole = "nobody" if cell["value"] < 0.5 else "everybody"
        return f"it says that {whole} (or nearly) in a group is alike", MERGE
    return None


def gives_a_number_away(cell: Cell, rules: Disclosure) -> Said:
    """A share of a known number of people is a number of people, and so is the rest."""
    if cell["statistic"] != "share" or cell["weighted"] or cell["structural"]:
        return None
    fewest = min(cell["value"], 1 - cell["value"]) * cell["n"]
    if fewest < rules.smallest - 0.5:
        return f"with its n it gives a number of fewer than {rules.smallest} people away", MERGE
    return None


def beyond_quantile(cell: Cell, rules: Disclosure) -> Said:
    """Beyond a quantile have to be enough people; ``category`` says which (0.9)."""
    if cell["statistic"] != "quantile":
        return None
    try:
        at = float(cell["category"])
    except (TypeError, ValueError):
        return "it is a quantile, and nobody knows which", "Say in `category` which: 0.5 for the median."
    if min(at, 1 - at) * cell["n"] < rules.smallest:
        return f"fewer than {rules.smallest} people lie beyond it", "Print a quantile nearer to the median."
    return None


def residual_df(cell: Cell, rules: Disclosure) -> Said:
    if cell["statistic"] == "estimate" and cell["df"] is not None and cell["df"] < rules.residual_df:
        return (
            f"its model has fewer than {rules.residual_df} residual degrees of freedom",
            "Leave terms out, or pool waves.",
        )
    return None


def dominance(cell: Cell, _rules: Disclosure) -> Said:
    """A total that one or two make up gives their amounts away."""
    if cell["statistic"] != "total":
        return None
    if cell["largest"] is None or cell["two_largest"] is None:
        return (
            "it is a total of amounts, and nobody knows who contributes how much",
            "Make its cells with `disclosure.totals`, from the answers.",
        )
    if is_dominated(cell["largest"], cell["two_largest"]):
        return "one or two contribute most of it", MERGE
    return None


RULES: tuple[Callable[[Cell, Disclosure], Said], ...] = (
    not_understood,
    extreme,
    few_people,
    class_disclosure,
    gives_a_number_away,
    beyond_quantile,
    residual_df,
    dominance,
)
"""In this order; the first that refuses a cell is reported."""


def refused_names(refusals: list[Refusal]) -> Iterator[str]:
    """The rules by which something was refused, each once."""
    yield from dict.fromkeys(refusal.rule for refusal in refusals)
