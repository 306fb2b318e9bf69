"""Rows and columns that stand in the wrong place: moved against the ids, pasted twice, of another question or wave."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from test_odd_waves import ABOUT, CODES, NO_LABELS, PEOPLE, WAVE

from pipeline.harmonise.drift import compare
from pipeline.paths import Paths
from pipeline.specs import Study, load_project

ITEMS = (
    "".join(f"q{k}: {{label: q{k}, wording: q{k}, codes: {CODES}}}\n" for k in range(1, 8))
    + """
sex: {label: Sex, wording: Sex, kind: nominal, codes: {1: Man, 2: Woman}, time_constant: true}
age: {label: Age, wording: Age, kind: number, range: [16, 110], concept: age}
income: {label: Income, wording: Income, kind: number, range: [0, 1000000]}
life: {label: Life, wording: Life, kind: number, range: [0, 10]}
"""
)
ANSWERS = [f"q{k}" for k in range(1, 8)] + ["sex", "age", "income", "life"]
Change = Callable[[pl.DataFrame], pl.DataFrame]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    from shared import ROOT

    root = tmp_path_factory.mktemp("rows")
    folder = root / "data" / "studies" / "odd"
    (folder / "waves").mkdir(parents=True)
    (root / "data" / "concepts.yaml").write_bytes((ROOT / "data" / "concepts.yaml").read_bytes())
    (folder / "study.yaml").write_text(ABOUT.replace("[w01, w02]", "[w01, w02, w03]"))
    (folder / "items.yaml").write_text(ITEMS)
    for number in (1, 2, 3):
        (folder / "waves" / f"w0{number}.yaml").write_text(WAVE.format(number=number, year=2018 + number))
    return load_project(Paths(root)).studies["odd"]


def wave(number: int, seed: int = 0) -> pl.DataFrame:
    """One wave table: answers with a stability of about a half, and weights that last."""
    lasting, chance = np.random.default_rng(500 + seed), np.random.default_rng(1000 * seed + 10 + number)
    leaning, income = lasting.normal(size=PEOPLE), np.exp(lasting.normal(10, 0.6, PEOPLE))
    sex, age, weight = lasting.integers(1, 3, PEOPLE), lasting.integers(18, 80, PEOPLE), lasting.normal(size=PEOPLE)
    draw = lambda share: np.sqrt(share) * leaning + np.sqrt(1 - share) * chance.normal(size=PEOPLE)  # noqa: E731
    columns = {f"q{k}": np.clip(np.round(3 + 1.1 * draw(0.5)), 1, 5).astype(int) for k in range(1, 8)} | {
        "sex": sex,
        "age": age + number,
        "income": (income * np.exp(chance.normal(0, 0.2, PEOPLE))).round(-1).astype(int),
        "life": np.clip(np.round(6.5 + 1.6 * draw(0.5)), 0, 10).astype(int),
    }
    weights = np.exp(0.4 * weight + 0.1 * chance.normal(size=PEOPLE))
    return pl.DataFrame(
        {
            "person_id": [f"a{k:04d}" for k in range(PEOPLE)],
            "study": "odd", "arm": "main", "wave": f"w0{number}", "row": range(1, PEOPLE + 1),
            "wt": [f"{one:.4f}" for one in weights / weights.mean()],
            **{name: values.astype(str) for name, values in columns.items()},
        }
    )  # fmt: skip


def findings(study: Study, *waves: pl.DataFrame) -> dict[tuple[str, str, str], str]:
    """(wave, item, kind) → severity."""
    tables = {f"w0{number}": frame for number, frame in enumerate(waves, start=1)}
    labels = dict.fromkeys(tables, NO_LABELS)
    made = pl.concat([compare(study, name, tables, labels) for name in tables])
    assert not made["what"].str.contains("a0[0-9]{3}").any()
    return {(row["wave"], row["item"], row["kind"]): row["severity"] for row in made.iter_rows(named=True)}


def moved(columns: list[str], rows: int = 1, start: int = 0) -> Change:
    """These columns so many rows further down, from a row on."""
    return lambda frame: frame.with_columns(
        pl.when(pl.col("row") > start).then(pl.col(name).shift(rows).fill_null(frame[name][0])).otherwise(name)
        .alias(name) for name in columns
    )  # fmt: skip


def numbers(column: str, change: Callable[[pl.Expr], pl.Expr]) -> Change:
    return lambda frame: frame.with_columns(
        change(pl.col(column).cast(pl.Float64)).round(6).cast(pl.String).str.replace(r"\.0$", "").alias(column)
    )


def pasted(frame: pl.DataFrame) -> pl.DataFrame:
    """The first half again, under new ids."""
    again = frame.head(PEOPLE // 2).with_columns(person_id=pl.format("b{}", "row"), row=pl.col("row") + PEOPLE)
    return pl.concat([frame, again.with_columns(pl.col("row").cast(frame.schema["row"]))])


ODD: dict[str, tuple[Change, tuple[str, str], str]] = {
    "one column a row down": (moved(["life"]), ("person_id", "rows_moved"), "blocks"),
    "half of the columns a row up": (moved(ANSWERS[:5], -1), ("person_id", "rows_moved"), "blocks"),
    "two columns two rows down": (moved(["q1", "income"], 2), ("person_id", "rows_moved"), "blocks"),
    "all answers a row down from a row on": (moved(ANSWERS, 1, 90), ("person_id", "rows_moved"), "blocks"),
    "the weights a row down": (moved(["wt"]), ("person_id", "rows_moved"), "blocks"),
    "ids in another order": (
        lambda frame: frame.with_columns(frame["person_id"].shuffle(seed=3)), ("person_id", "unlike_before"), "blocks",
    ),
    "a column sorted alone": (
        lambda frame: frame.with_columns(frame["income"].cast(int).sort().cast(pl.String)), ("income", "unstable"),
        "warns",
    ),
    "half of the rows twice": (pasted, ("person_id", "copied_rows"), "blocks"),
    "a few rows twice": (
        lambda frame: pasted(frame).filter(pl.col("row") <= PEOPLE + 10), ("person_id", "copied_rows"), "warns",
    ),
    "a column twice": (lambda frame: frame.with_columns(q2="q1"), ("q2", "copied_column"), "blocks"),
    "another column twice": (lambda frame: frame.with_columns(q7="q5"), ("q7", "copied_column"), "blocks"),
    "weights that are chances": (numbers("wt", lambda weight: 1 / weight), ("weight", "weight_against"), "warns"),
    "hardly a weight": (
        lambda frame: frame.with_columns(wt=pl.when(pl.col("row") % 40 == 0).then("wt").otherwise(pl.lit("0"))),
        ("weight", "weight_not_positive"), "blocks",
    ),
    "the ages of the wave before": (numbers("age", lambda age: age - 1), ("age", "age_unchanged"), "notes"),
    "no answer as 0": (
        lambda frame: frame.with_columns(life=pl.when(pl.col("row") % 6 == 0).then(pl.lit("0")).otherwise("life")),
        ("life", "heaped"), "warns",
    ),
    "incomes cut off": (numbers("income", lambda income: income.clip(0, 25_000)), ("income", "heaped"), "warns"),
    "incomes in bands": (
        numbers("income", lambda income: (income / 4000).round() * 4000), ("income", "coarser"), "warns"
    ),
    "a scale of eleven as one of three": (numbers("life", lambda life: (life / 4).round() * 4), ("life", "coarser"),
                                          "warns"),
}  # fmt: skip


@pytest.mark.parametrize("case", ODD)
def test_what_stands_in_the_wrong_place_is_found(study: Study, case: str) -> None:
    change, (item, kind), severity = ODD[case]
    assert findings(study, wave(1), change(wave(2))).get(("w02", item, kind)) == severity


@pytest.mark.parametrize("case", ["one column a row down", "all answers a row down from a row on"])
def test_the_wave_after_is_not_taken_for_the_one_that_was_moved(study: Study, case: str) -> None:
    change, _, _ = ODD[case]
    made = findings(study, wave(1), change(wave(2)), wave(3))
    assert ("w02", "person_id", "rows_moved") in made
    assert ("w03", "person_id", "rows_moved") not in made


def test_ages_of_the_wave_before_are_a_warning_where_people_had_grown_older(study: Study) -> None:
    """With one wave before, the column may be the age at the first interview."""
    odd = wave(3).with_columns(wave(2)["age"])
    assert findings(study, wave(1), wave(2), odd)["w03", "age", "age_unchanged"] == "warns"
    lasting = [frame.with_columns(wave(1)["age"]) for frame in (wave(1), wave(2), wave(3))]
    made = findings(study, *lasting)
    assert {severity for (_, _, kind), severity in made.items() if kind == "age_unchanged"} == {"notes"}


def test_weights_that_lose_their_order_are_found_where_two_waves_had_one(study: Study) -> None:
    odd = wave(3).with_columns(wave(3)["wt"].shuffle(seed=2))
    assert findings(study, wave(1), wave(2), odd)["w03", "weight", "weight_against"] == "warns"


def test_an_edited_copy_of_the_wave_before_is_one(study: Study) -> None:
    """A fifth of the answers to one item edited, ages a year on: it was another wave."""
    copy = wave(1).with_columns(
        wave=pl.lit("w02"), q1=pl.when(pl.col("row") % 5 == 0).then(pl.lit("3")).otherwise("q1"), age=wave(2)["age"]
    )
    assert findings(study, wave(1), copy)["w02", "person_id", "same_answers"] == "blocks"


@pytest.mark.parametrize("seed", range(12))
def test_waves_as_they_are_show_nothing(study: Study, seed: int) -> None:
    assert findings(study, wave(1, seed), wave(2, seed), wave(3, seed)) == {}


def test_neighbours_who_resemble_each_other_were_not_moved(study: Study) -> None:
    """Households of two, one below the other, with the same leaning."""

    def in_households(number: int) -> pl.DataFrame:
        lasting, chance = np.random.default_rng(8), np.random.default_rng(80 + number)
        leaning = np.repeat(lasting.normal(size=PEOPLE // 2), 2)
        made = {
            f"q{k}": np.clip(np.round(3 + leaning + 0.5 * chance.normal(size=PEOPLE)), 1, 5).astype(int).astype(str)
            for k in range(1, 8)
        }
        return wave(number).with_columns(pl.Series(name, values) for name, values in made.items())

    assert findings(study, in_households(1), in_households(2)) == {}


def test_people_who_answer_all_alike_are_no_copies(study: Study) -> None:
    """A third says the middle throughout a battery."""
    alike = wave(2).with_columns(
        pl.when(pl.col("row") % 3 == 0).then(pl.lit("3")).otherwise(f"q{k}").alias(f"q{k}") for k in range(1, 8)
    )
    assert not any(kind == "copied_rows" for _, _, kind in findings(study, wave(1), alike))
