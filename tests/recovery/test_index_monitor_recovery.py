"""Planted changes of areas come back, false alarms come as often as declared, and a planted fall is found as stated.

20, 10, and 6 to 9 areas of unequal size (25 to 250 people) in two waves of a panel, with real changes of their own
(standard deviation ``between``, in standard errors of a middle area) or without; falls are planted in one area. Draws
of the monitor are made from the area changes' own distribution, each as a wave of its own; those of the changes from
people. There are 1,000 of each.
"""

import numpy as np
import polars as pl
import pytest

from pipeline.index import area_changes, tension_monitor

pytestmark = pytest.mark.slow

AREAS = (20, 10, 9, 8, 7, 6)
SOME = (20, 9, 6)
DRAWS = 1000
WAVES = 1000
SPREAD = 15.0
DECLARED = 0.05
CASES = {"no real differences": 0.0, "real differences": 1.0, "large real differences": 2.0}
HEAD = {"study": "s", "measure": "trust", "kind": "previous_wave"}


def sizes_of(areas: int) -> np.ndarray:
    return np.round(np.geomspace(25, 250, areas)).astype(int)


def fallen(areas: int) -> int:
    """A place in the upper part of the sizes."""
    return int(0.8 * areas)


def frame_of(changes: np.ndarray, known: np.ndarray, sizes: np.ndarray) -> pl.DataFrame:
    """Draws × areas as rows of ``area_changes``, each draw a wave of its own."""
    draws, areas = changes.shape
    return pl.DataFrame(
        {
            "wave": np.repeat([f"w{draw:04d}" for draw in range(1, draws + 1)], areas),
            "against": np.repeat([f"w{draw:04d}" for draw in range(draws)], areas),
            "area": np.tile([f"a{place:02d}" for place in range(areas)], draws),
            "estimate": changes.ravel(),
            "std_error": np.sqrt(known).ravel(),
            "df": np.tile(sizes - 1.0, draws),
            "n_persons": np.tile(sizes, draws),
        }
    ).with_columns(pl.lit(text).alias(name) for name, text in HEAD.items())


def drawn(random: np.random.Generator, areas: int, between: float, fall: float = 0.0) -> pl.DataFrame:
    """Changes of areas whose people keep 0.6 of what they have over others; errors as estimated from the people."""
    sizes, shape = sizes_of(areas), (WAVES, areas)
    variance = 2 * (1 - 0.6) * SPREAD**2 / sizes
    moved = 1.0 + np.sqrt(between**2 * np.median(variance) + variance) * random.standard_normal(shape)
    moved[:, fallen(areas)] -= fall * SPREAD
    return frame_of(moved, variance * random.chisquare(sizes - 1, shape) / (sizes - 1), sizes)


def alarms(made: pl.DataFrame, without: str = "") -> np.ndarray:
    """The number of signals in each wave, but those of one area."""
    signals = pl.col("signal").is_in(["below", "above"]) & (pl.col("area") != without)
    return made.group_by("wave").agg(signals.sum().alias("alarms"))["alarms"].to_numpy()


@pytest.mark.parametrize("areas", AREAS)
@pytest.mark.parametrize("between", CASES.values(), ids=CASES.keys())
def test_false_alarms_come_as_often_as_declared(areas, between):
    frame = drawn(np.random.default_rng([2, areas]), areas, between)
    made = tension_monitor(frame, rule="family_wise", false_alarms=DECLARED, draws=200)
    assert np.mean(alarms(made) > 0) == pytest.approx(DECLARED, abs=0.02)


@pytest.mark.parametrize("areas", SOME)
@pytest.mark.parametrize("between", CASES.values(), ids=CASES.keys())
def test_the_expected_number_of_false_alarms_is_what_is_declared(areas, between):
    frame = drawn(np.random.default_rng([3, areas]), areas, between)
    falls, both = (tension_monitor(frame, false_alarms=DECLARED, sides=sides, draws=200) for sides in ("falls", "both"))
    assert np.mean(alarms(falls)) == pytest.approx(DECLARED, abs=0.02)
    assert np.mean(alarms(both)) == pytest.approx(DECLARED, abs=0.02)


@pytest.mark.parametrize("areas", SOME)
@pytest.mark.parametrize("between", CASES.values(), ids=CASES.keys())
def test_a_planted_fall_is_found_at_the_power_that_is_stated(areas, between):
    frame = drawn(np.random.default_rng([4, areas]), areas, between, 0.3)
    made = tension_monitor(frame, spread={"trust": SPREAD}, rule="family_wise", draws=200)
    own = made.filter(area=f"a{fallen(areas):02d}")
    assert (own["signal"] == "below").mean() == pytest.approx(own["power"].mean(), abs=0.03)


@pytest.mark.parametrize("areas", SOME)
@pytest.mark.parametrize("between", CASES.values(), ids=CASES.keys())
def test_a_signal_leaves_the_rate_of_the_others_as_declared(areas, between):
    """The area with the signal is left out, and the others are judged again."""
    frame = drawn(np.random.default_rng([5, areas]), areas, between, 4.0)
    made = tension_monitor(frame, rule="family_wise", false_alarms=DECLARED, draws=200)
    name = f"a{fallen(areas):02d}"
    assert (made.filter(area=name)["signal"] == "below").mean() > 0.9
    assert np.mean(alarms(made, name) > 0) == pytest.approx(DECLARED, abs=0.02)


def series(random: np.random.Generator, between: float, pairs: int, last: int, areas: int = 9) -> pl.DataFrame:
    """Changes over ``pairs`` of waves, of which two that follow share a wave; in the last only ``last`` areas."""
    sizes = sizes_of(areas)
    variance = 2 * (1 - 0.6) * SPREAD**2 / sizes
    errors = np.sqrt(variance / 2) * random.standard_normal((pairs + 1, areas))
    real = between * np.sqrt(np.median(variance)) * random.standard_normal((pairs, areas))
    known = variance * random.chisquare(sizes - 1, (pairs, areas)) / (sizes - 1)
    frame = frame_of(np.diff(errors, axis=0) + real, known, sizes)
    kept = [f"a{place:02d}" for place in range(areas - last, areas)]
    return frame.filter((pl.col("wave") != f"w{pairs:04d}") | pl.col("area").is_in(kept))


@pytest.mark.parametrize(("last", "usual"), [(9, "earlier_waves"), (3, "this_wave")], ids=["nine", "three"])
@pytest.mark.parametrize("between", CASES.values(), ids=CASES.keys())
def test_with_earlier_waves_false_alarms_come_as_often_as_declared(between, last, usual):
    random, found = np.random.default_rng(7), []
    for _ in range(DRAWS):
        made = tension_monitor(series(random, between, 6, last), rule="family_wise", usual=usual, draws=150)
        found.append(made.filter(wave="w0006", signal="below").height > 0)
    assert np.mean(found) == pytest.approx(DECLARED, abs=0.02)


@pytest.mark.parametrize("areas", [1, 2, 3, 5])
def test_few_areas_that_differ_by_sampling_alone_are_judged_at_the_declared_rate(areas):
    frame = drawn(np.random.default_rng([8, areas]), areas, 0.0, 0.0)
    frame = frame.with_columns(pl.col("estimate") - (1.0 if areas < 3 else 0.0), kind=pl.lit("base_wave"))
    made = tension_monitor(frame, kind="base_wave", rule="family_wise", false_alarms=DECLARED, draws=200)
    assert np.mean(alarms(made) > 0) == pytest.approx(DECLARED, abs=0.02)


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
