"""The sample's areas: intervals of scores, differences and changes hold the planted truth as often as they say.

Beyond Us and Them is simulated again and again at its own size, with its weights and the answers that people leave out,
and scored by its declared index. The truth of an area is that of its arm at ten times the size: the generator draws
places at random within an arm. A seed has 1,700 cells of areas, waves and measures, which share their people, so
that sixty seeds leave about half a point of error in a coverage.
"""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import polars as pl
import pytest

from pipeline.index import area_changes, area_means, person_scores
from pipeline.paths import Paths
from pipeline.sample import buat_design as design
from pipeline.sample.buat_files import weights
from pipeline.sample.buat_simulate import ArmAnswers, answers_of, generators
from pipeline.sample.nonresponse import leave_out
from pipeline.scales import panel
from pipeline.specs import load_project
from pipeline.specs.index_rounds import round_of
from pipeline.specs.ranges import score_ranges
from pipeline.specs.sources import source_variable
from pipeline.weights.delivered import delivered_weights

pytestmark = pytest.mark.slow

STUDY = load_project(Paths()).studies["beyond_us_and_them"]
INDEX = STUDY.index
MEASURES = ["index", *INDEX.domains]
SEEDS = 60
LARGE = 10.0
KINDS = ["previous_wave", "base_wave", "comparison"]
COMPARED = "metropolitan"
COMPARED_IN = {round_of(INDEX.rounds, COMPARED, wave): wave for wave in STUDY.calendar[COMPARED]}
"""Round → the wave of the comparison that lies in it."""


def answers(seed: int, share: float) -> Iterator[pl.DataFrame]:
    """The answers of each arm and wave of the index, as its file would hold them."""
    arms = {name: answers_of(name, rng, share=share) for name, rng in generators(seed).items() if name in INDEX.arms}
    random = np.random.default_rng([seed, 2])
    for wave, _, file in STUDY.files():
        if file.arm in arms:
            asked = [key for key in arms[file.arm].items if source_variable(STUDY, wave, file, key) is not None]
            yield arm_wave(arms[file.arm], wave, asked, random)


def arm_wave(arm: ArmAnswers, wave: str, asked: list[str], random: np.random.Generator) -> pl.DataFrame:
    place = STUDY.calendar[arm.arm].index(wave)
    rows = np.flatnonzero(arm.present[:, place])
    left_out = leave_out(asked, len(rows), random)
    here, people = design.ARMS[arm.arm], arm.people
    codes = np.array([code for _, code, _ in here.places], dtype=float)
    items = {key: np.where(left_out[key] == "", arm.items[key][rows, place], np.nan) for key in asked}
    empty = {key: pl.Series([None] * len(rows), dtype=pl.Float64) for key in STUDY.items if key not in items}
    made = pl.DataFrame({**items, **empty}).with_columns(pl.all().fill_nan(None))
    return made.with_columns(
        pl.Series("person_id", [f"{arm.arm}-{number}" for number in rows]),
        pl.Series("design_weight", weights(people.age_group[rows], people.is_woman[rows], random)),
        pl.Series("place", codes[people.place[rows]]),
        study=pl.lit(STUDY.key),
        arm=pl.lit(arm.arm),
        wave=pl.lit(wave),
        fieldwork_start=pl.lit(design.ROUNDS[here.rounds[place]]),
        area_code=pl.lit("", pl.String),
    )


def scores(seed: int, share: float = 1.0) -> pl.DataFrame:
    """Persons' scores by the declared index."""
    every = pl.concat(answers(seed, share), how="diagonal")
    return person_scores(panel(STUDY, every), INDEX, score_ranges(STUDY), delivered_weights(every)).index


@pytest.fixture(scope="module")
def truth() -> dict[tuple[str, str, str], float]:
    """Arm, wave and measure → the weighted mean of very many people."""
    large = area_means(scores(9_000, LARGE).with_columns(area="arm"), MEASURES)
    return {(row["area"], row["wave"], row["measure"]): row["estimate"] for row in large.iter_rows(named=True)}


@pytest.fixture(scope="module")
def covered(truth) -> dict[tuple[str, str], list[bool]]:
    """Kind and measure → whether each interval holds the truth."""
    found: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for seed in range(SEEDS):
        people = scores(seed)
        arm = dict(people.select("area", "arm").unique().iter_rows())
        for row in area_means(people, MEASURES).iter_rows(named=True):
            planted = truth[arm[row["area"]], row["wave"], row["measure"]]
            found["score", row["measure"]].append(row["conf_low"] <= planted <= row["conf_high"])
        made = area_changes(
            people, MEASURES, base_wave="w01", comparison_arm=COMPARED, kinds=KINDS, rounds=INDEX.rounds
        )
        for row in made.drop_nulls("conf_low").iter_rows(named=True):
            own = truth[arm[row["area"]], row["wave"], row["measure"]]
            against = (
                (COMPARED, COMPARED_IN[row["round"]])
                if row["kind"] == "comparison"
                else (arm[row["area"]], row["against"])
            )
            planted = own - truth[*against, row["measure"]]
            found[row["kind"], row["measure"]].append(row["conf_low"] <= planted <= row["conf_high"])
    return found


@pytest.mark.parametrize("kind", ["score", *KINDS])
def test_intervals_hold_the_planted_truth_as_often_as_they_say(covered, kind):
    every = [hit for (of, _), hits in covered.items() if of == kind for hit in hits]
    assert len(every) > 100 * SEEDS
    assert np.mean(every) == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize("measure", MEASURES)
def test_so_do_those_of_each_measure(covered, measure):
    every = [hit for (_, of), hits in covered.items() if of == measure for hit in hits]
    assert np.mean(every) == pytest.approx(0.95, abs=0.02)
