"""Planted changes of areas come back, false alarms come as often as declared, and a planted fall is found as stated.

20 areas of 25 to 250 people in two waves, with weights and attrition; areas have real changes of their own (standard
deviation ``between``, in standard errors of a middle area) or none. A fall of 0.3 standard deviations is planted in one
area. Draws of the monitor are made from the area changes' own distribution, 1,000 of each; those of the changes from
people.
"""

import numpy as np
import polars as pl
import pytest

from pipeline.index import area_changes, tension_monitor

pytestmark = pytest.mark.slow

SIZES = np.round(np.geomspace(25, 250, 20)).astype(int)
FALLEN = 16
DRAWS = 1000
SPREAD = 15.0
DECLARED = 0.05
CASES = {"no real differences": 0.0, "real differences": 1.0, "large real differences": 2.0}


def drawn(random: np.random.Generator, between: float, fall: float = 0.0) -> pl.DataFrame:
    """Changes of areas whose people keep 0.6 of what they have over others; errors as estimated from the people."""
    variance = 2 * (1 - 0.6) * SPREAD**2 / SIZES
    real = between * np.sqrt(np.median(variance)) * random.standard_normal(len(SIZES))
    known = variance * random.chisquare(SIZES - 1) / (SIZES - 1)
    moved = 1.0 + real + np.sqrt(variance) * random.standard_normal(len(SIZES))
    moved[FALLEN] -= fall * SPREAD
    head = {"study": "s", "measure": "trust", "kind": "previous_wave", "wave": "w02", "against": "w01"}
    return pl.DataFrame(
        {
            "area": [f"a{place:02d}" for place in range(len(SIZES))],
            "estimate": moved,
            "std_error": np.sqrt(known),
            "df": SIZES - 1.0,
            "n_persons": SIZES,
        }
    ).with_columns(pl.lit(text).alias(name) for name, text in head.items())


@pytest.mark.parametrize("between", CASES.values(), ids=CASES.keys())
def test_false_alarms_come_as_often_as_declared(between):
    random = np.random.default_rng(2)
    alarms = [
        tension_monitor(drawn(random, between), rule="family_wise", false_alarms=DECLARED, draws=200, seed=seed)
        .filter(signal="below")
        .height
        for seed in range(DRAWS)
    ]
    assert np.mean(np.array(alarms) > 0) == pytest.approx(DECLARED, abs=0.02)


@pytest.mark.parametrize("between", CASES.values(), ids=CASES.keys())
def test_the_expected_number_of_false_alarms_is_what_is_declared(between):
    random = np.random.default_rng(3)
    alarms = [
        tension_monitor(drawn(random, between), false_alarms=0.5, sides="both", draws=200, seed=seed)
        .filter(pl.col("signal").is_in(["below", "above"]))
        .height
        for seed in range(DRAWS)
    ]
    assert np.mean(alarms) / len(SIZES) == pytest.approx(0.5 / len(SIZES), abs=0.02)


@pytest.mark.parametrize("between", CASES.values(), ids=CASES.keys())
def test_a_planted_fall_is_found_at_the_power_that_is_stated(between):
    random = np.random.default_rng(4)
    found, stated = [], []
    for seed in range(DRAWS):
        made = tension_monitor(
            drawn(random, between, 0.3), spread={"trust": SPREAD}, rule="family_wise", draws=200, seed=seed
        ).row(FALLEN, named=True)
        found.append(made["signal"] == "below")
        stated.append(made["power"])
    assert np.mean(found) == pytest.approx(np.mean(stated), abs=0.03)


def people(random: np.random.Generator, truth: np.ndarray) -> pl.DataFrame:
    """Two areas of a survey (30 and 120 people), a comparison arm of 80, and three waves with attrition and weights."""
    areas = np.repeat([0, 1, 2], [30, 120, 80])
    level = 55 + 12 * random.standard_normal(len(areas))
    frames = []
    for wave in range(3):
        here = random.random(len(areas)) > (0.05, 0.2, 0.3)[wave]
        values = level + truth[areas, wave] + 8 * random.standard_normal(len(areas))
        weight = np.exp(0.3 * random.standard_normal(len(areas)))
        frames.append(
            pl.DataFrame(
                {
                    "person_id": [f"p{number}" for number in np.flatnonzero(here)],
                    "arm": np.where(areas == 2, "elsewhere", "invested")[here],
                    "wave": f"w0{wave + 1}",
                    "area": areas[here].astype(str),
                    "weight": weight[here],
                    "trust": values[here],
                }
            )
        )
    return pl.concat(frames)


def test_intervals_of_changes_ratios_and_differences_cover_the_truth():
    random = np.random.default_rng(6)
    truth = np.array([[0.0, -3.0, -5.0], [2.0, 2.0, 4.0], [0.0, 1.0, 1.0]])
    kinds = ["previous_wave", "base_wave", "comparison", "comparison_change"]
    hits: dict[str, list[bool]] = {kind: [] for kind in (*kinds, "ratio")}
    for _ in range(DRAWS):
        made = area_changes(people(random, truth), ["trust"], comparison_arm="elsewhere", kinds=kinds, base_wave="w01")
        for row in made.iter_rows(named=True):
            area, wave = int(row["area"]), int(row["wave"][2]) - 1
            own, theirs = truth[area, wave], truth[2, wave]
            planted = {
                "previous_wave": own - truth[area, wave - 1],
                "base_wave": own - truth[area, 0],
                "comparison": own - theirs,
                "comparison_change": own - truth[area, 0] - (theirs - truth[2, 0]),
            }[row["kind"]]
            hits[row["kind"]].append(row["conf_low"] <= planted <= row["conf_high"])
            if row["kind"] == "base_wave":
                ratio = 100 * (55 + own) / (55 + truth[area, 0])
                hits["ratio"].append(row["ratio_low"] <= ratio <= row["ratio_high"])
    for kind, covered in hits.items():
        assert np.mean(covered) == pytest.approx(0.95, abs=0.02), kind
