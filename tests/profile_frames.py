"""Made-up tables of areas, in the columns of the stage ``index``, for tests of profiles and their benchmark."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

DOMAINS = {
    "vertical_trust": "Trust in government",
    "horizontal_trust": "Trust in one another",
    "belonging": "Belonging and identity",
    "contact": "Contact and attitudes",
    "participation": "Participation",
    "unity": "Unity and fairness",
}
NAMES = (
    "Kent", "Scotland", "Wales", "Blackburn with Darwen", "Bradford", "Calderdale", "Peterborough", "Walsall",
    "Waltham Forest",
)  # fmt: skip
WAVES = ("w01", "w02", "w03")
LEVELS = {"index": "Cohesion index"}


def made_up(
    names: tuple[str, ...] = NAMES,
    domains: dict[str, str] = DOMAINS,
    waves: tuple[str, ...] = WAVES,
    small: tuple[str, ...] = ("Walsall",),
    absent: dict[str, tuple[str, ...]] | None = None,
    comparison: bool = True,
    seed: int = 1,
) -> dict[str, Any]:
    """``areas`` and ``changes`` of made-up areas, and the labels of their measures.

    ``small``: areas of seven people; ``absent``: area → waves that it lacks.
    """
    random, absent = np.random.default_rng(seed), absent or {}
    labels = LEVELS | domains
    rows, changes = [], []
    for number, name in enumerate(names):
        few = name in small
        people = 7 if few else int(random.integers(60, 600))
        usual = dict(zip(labels, random.normal(56, 5, len(labels)), strict=True))
        seen = [wave for wave in waves if wave not in absent.get(name, ())]
        values: dict[tuple[str, str], tuple[float, float]] = {}
        for wave in seen:
            for measure in labels:
                value, error = usual[measure] + random.normal(0, 1.5), 22 / np.sqrt(people)
                reliability = 25 / (25 + error**2)
                shrunken = 56 + reliability * (value - 56)
                values[wave, measure] = (value, error)
                reach, held = 1.96 * error, 1.96 * error * np.sqrt(reliability)
                rows.append(
                    {
                        "study": "made_up", "area": str(number + 1), "label": name, "wave": wave, "measure": measure,
                        "level": "index" if measure == "index" else "domain", "estimate": value, "std_error": error,
                        "conf_low": value - reach, "conf_high": value + reach, "n_persons": people,
                        "n_effective": people / 1.3, "reliability": reliability, "shrunken": shrunken,
                        "shrunken_error": error * np.sqrt(reliability), "shrunken_low": shrunken - held,
                        "shrunken_high": shrunken + held, "is_shown": not few,
                        "is_ranked": bool(not few and reliability > 0.75),
                        "reason": "fewer than 10 people" if few else "" if reliability > 0.75 else
                        f"its reliability is {reliability:.2f}, below 0.75",
                    }
                )  # fmt: skip
                if comparison:
                    difference, wide = value - 54, float(np.hypot(error, 1.2))
                    changes.append(_change(name, number, measure, "comparison", wave, "metropolitan",
                                           difference, wide, people))  # fmt: skip
        steps = [("previous_wave", after, before) for before, after in pairwise(seen)]
        steps += [("base_wave", wave, seen[0]) for wave in seen[1:]]
        for kind, after, before in steps:
            for measure in labels:
                (value, error), (then, _) = values[after, measure], values[before, measure]
                row = _change(name, number, measure, kind, after, before, value - then, error, people)
                changes.append(row | {"ratio": 100 * value / then})
    areas = pl.DataFrame(rows)
    ranks = areas.filter("is_ranked").with_columns(
        rank=pl.col("estimate").rank("min", descending=True).over("wave", "measure").cast(pl.Int64)
    )
    count = pl.len().over("wave", "measure").cast(pl.Int64)
    ranks = ranks.with_columns(
        rank_low=pl.max_horizontal(pl.col("rank") - 2, 1), rank_high=pl.min_horizontal(pl.col("rank") + 2, count)
    ).select("area", "wave", "measure", "rank", "rank_low", "rank_high")
    areas = areas.join(ranks, on=["area", "wave", "measure"], how="left", maintain_order="left")
    return {"areas": areas, "changes": pl.DataFrame(changes, infer_schema_length=None), "labels": labels}


def _change(
    _name: str, number: int, measure: str, kind: str, wave: str, against: str, difference: float, error: float, n: int
) -> dict[str, Any]:
    reach = 1.96 * error
    return {
        "study": "made_up", "area": str(number + 1), "measure": measure, "kind": kind, "wave": wave, "against": against,
        "estimate": difference, "std_error": error, "conf_low": difference - reach, "conf_high": difference + reach,
        "ratio": None, "n_persons": n, "common_indicators": 4, "note": "",
    }  # fmt: skip
