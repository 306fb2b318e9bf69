"""Waves that are oddly wrong and read without an error: each is a finding, and the clean wave is none."""

import datetime as dt
import shutil
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from shared import ROOT

from pipeline.harmonise.drift import compare_all
from pipeline.harmonise.drift.weights import usable_weights, weight_findings
from pipeline.harmonise.drift.window import window_findings
from pipeline.ingest.linking.checks import lost_links
from pipeline.ingest.linking.links import link_waves
from pipeline.paths import Paths
from pipeline.specs import Study, load_project
from pipeline.specs.base import Period
from pipeline.specs.deposits import WaveFile

PEOPLE = 200
ABOUT = """
title: Odd
short_title: Odd
population: Nobody
citation: None
licence: None
synthetic: true
arms: {main: {title: Main, waves: [w01, w02]}}
columns: {person_id: pid, weight: wt}
missing: {-9: no_answer}
"""
CODES = "{1: Never, 2: Rarely, 3: Sometimes, 4: Often, 5: Always}"
ITEMS = "".join(f"q{k}: {{label: q{k}, wording: q{k}, codes: {CODES}}}\n" for k in range(1, 5))
ITEMS += """
age: {label: Age, wording: Age, kind: number, range: [16, 110]}
income: {label: Income, wording: Income, kind: number, range: [0, 1000000]}
share: {label: Share, wording: Share, kind: number, range: [0, 100]}
"""
WAVE = """
title: Wave
fieldwork: {{start: {year}-01-01, end: {year}-03-01}}
files: [{{arm: main, file: w{number}.csv, format: csv}}]
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    root = tmp_path_factory.mktemp("odd")
    folder = root / "data" / "studies" / "odd"
    (folder / "waves").mkdir(parents=True)
    shutil.copy(ROOT / "data" / "concepts.yaml", root / "data")
    (folder / "study.yaml").write_text(ABOUT)
    (folder / "items.yaml").write_text(ITEMS)
    for number in (1, 2):
        (folder / "waves" / f"w0{number}.yaml").write_text(WAVE.format(number=number, year=2018 + number))
    return load_project(Paths(root)).studies["odd"]


def wave(number: int) -> pl.DataFrame:
    """One wave table, as ingest makes it."""
    lasting, chance = np.random.default_rng(1), np.random.default_rng(number)
    leaning, income = lasting.normal(size=PEOPLE), lasting.integers(1_000, 90_000, PEOPLE)
    rise = np.random.default_rng(100 + number).integers(0, 700, PEOPLE)  # by one number for all is a finding
    answers = {
        f"q{k}": np.clip(np.round(3 + leaning + 0.6 * chance.normal(size=PEOPLE)), 1, 5).astype(int).astype(str)
        for k in range(1, 5)
    }
    return pl.DataFrame(
        {
            "person_id": [f"a{k:04d}" for k in range(PEOPLE)],
            "study": "odd", "arm": "main", "wave": f"w0{number}", "row": range(1, PEOPLE + 1),
            "wt": [f"{weight:.3f}" for weight in chance.uniform(0.5, 1.5, PEOPLE)],
            **answers,
            "age": (18 + np.arange(PEOPLE) % 60 + number).astype(str),
            "income": (income + rise).astype(str),
            "share": chance.integers(0, 98, PEOPLE).astype(str),
        }
    )  # fmt: skip


NO_LABELS = pl.DataFrame(
    schema={
        **dict.fromkeys(
            ("study", "wave", "arm", "variable", "label", "code", "code_label", "missing", "nearest"), pl.String
        ),
        "is_in_file": pl.Boolean,
    }
)


def found(study: Study, second: pl.DataFrame, labels: pl.DataFrame = NO_LABELS) -> dict[tuple[str, str], str]:
    """(item, kind) → severity, of the second wave."""
    findings = compare_all(study, {"w01": wave(1), "w02": second}, {"w01": NO_LABELS, "w02": labels})
    rows = findings.filter(wave="w02").select("item", "kind", "severity", "what").iter_rows()
    made = {}
    for item, kind, severity, what in rows:
        assert "a0001" not in what
        made[item, kind] = severity
    return made


def every(step: int, column: str, value: str) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Every so many rows of a column hold a value."""
    return lambda frame: frame.with_columns(
        pl.when(pl.col("row") % step == 0).then(pl.lit(value)).otherwise(column).alias(column)
    )


def to_number(column: str, change: Callable[[pl.Expr], pl.Expr]) -> Callable[[pl.DataFrame], pl.DataFrame]:
    def changed(frame: pl.DataFrame) -> pl.DataFrame:
        numbers = change(pl.col(column).cast(pl.Float64)).round(6)
        return frame.with_columns(pl.when(numbers == numbers.floor()).then(numbers.cast(pl.Int64).cast(pl.String))
                                  .otherwise(numbers.cast(pl.String)).alias(column))  # fmt: skip

    return changed


ODD: dict[str, tuple[Callable[[pl.DataFrame], pl.DataFrame], tuple[str, str], str]] = {
    "99 among ages": (every(9, "age", "99"), ("age", "code_among_amounts"), "blocks"),
    "98 among ages": (every(20, "age", "98"), ("age", "code_among_amounts"), "blocks"),
    "999999 among incomes": (every(30, "income", "999999"), ("income", "code_among_amounts"), "blocks"),
    "99998 among incomes": (every(10, "income", "99998"), ("income", "code_among_amounts"), "blocks"),
    "99 far too often": (every(5, "share", "99"), ("share", "code_among_amounts"), "blocks"),
    "thousands": (to_number("income", lambda value: value / 1000), ("income", "thousands"), "blocks"),
    "fractions": (to_number("age", lambda value: value + 0.5), ("age", "fractions"), "warns"),
    "another unit": (to_number("share", lambda value: value / 3), ("share", "fractions"), "warns"),
    "equal weights": (lambda frame: frame.with_columns(wt=pl.lit("1")), ("weight", "weight_constant"), "warns"),
    "weights of the wave before": (
        lambda frame: frame.with_columns(wave(1)["wt"]), ("weight", "weight_repeated"), "notes",
    ),
    "weights with a comma": (
        lambda frame: frame.with_columns(pl.col("wt").str.replace(".", ",", literal=True)),
        ("weight", "weight_not_positive"), "blocks",
    ),
    "the wave before": (
        lambda _: wave(1).with_columns(wave=pl.lit("w02")), ("person_id", "same_answers"), "blocks",
    ),
    "the wave before in another order with some people less": (
        lambda _: wave(1).with_columns(wave=pl.lit("w02")).reverse().head(150),
        ("person_id", "same_answers"), "blocks",
    ),
    "a tenth of the people": (lambda frame: frame.head(19), ("person_id", "few_people"), "blocks"),
    "a third of the people": (lambda frame: frame.head(66), ("person_id", "few_people"), "warns"),
}  # fmt: skip


@pytest.mark.parametrize("case", ODD)
def test_an_odd_wave_is_found(study: Study, case: str) -> None:
    change, finding, severity = ODD[case]
    assert found(study, change(wave(2))).get(finding) == severity


def test_a_clean_wave_shows_nothing_of_the_kind(study: Study) -> None:
    assert found(study, wave(2)) == {}


FINE: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
    "one person of 99": every(200, "age", "99"),
    "an age beside others": lambda frame: frame.with_columns(pl.col("age").replace({"77": "97", "76": "95"})),
    "answers that seldom change": lambda frame: frame.with_columns(wave(1)[f"q{k}"] for k in (1, 2)),
    "half of the people": lambda frame: frame.head(120),
}


@pytest.mark.parametrize("case", FINE)
def test_what_may_be_right_is_not_stopped(study: Study, case: str) -> None:
    assert "blocks" not in found(study, FINE[case](wave(2))).values()


def test_weights_that_are_text_say_what_to_declare(study: Study) -> None:
    odd = wave(2).with_columns(pl.col("wt").str.replace(".", ",", literal=True))
    findings = compare_all(study, {"w01": wave(1), "w02": odd}, {"w01": NO_LABELS, "w02": NO_LABELS})
    (row,) = findings.filter(kind="weight_not_positive").iter_rows(named=True)
    assert 'decimal: ","' in row["todo"]
    assert row["count"] == PEOPLE


def test_weights_of_another_wave_where_weights_usually_differ_are_a_warning() -> None:
    file = WaveFile(arm="main", file="w3.csv", format="csv")
    known = [(name, usable_weights(wave(number), "wt")) for name, number in (("w02", 2), ("w01", 1))]
    for number, name in ((1, "w01"), (2, "w02")):
        (repeated,) = weight_findings(file, "wt", wave(number), known)
        assert (repeated.kind, repeated.severity) == ("weight_repeated", "warns")
        assert f"{PEOPLE} of {PEOPLE} people have the weight that they had in {name}" in repeated.what
    assert not list(weight_findings(file, "wt", wave(3), known))


def labelled(texts: dict[str, str]) -> pl.DataFrame:
    rows = [("odd", "w02", "main", "q1", "q1", code, text, None, None, True) for code, text in texts.items()]
    return pl.DataFrame(rows, schema=NO_LABELS.schema, orient="row")


WORDS = {"1": "Never", "2": "Rarely", "3": "Sometimes", "4": "Often", "5": "Always"}


@pytest.mark.parametrize("pair", [("1", "2"), ("4", "5")])
def test_two_codes_with_one_label_in_the_file(study: Study, pair: tuple[str, str]) -> None:
    one, other = pair
    assert found(study, wave(2), labelled({**WORDS, one: WORDS[other]}))["q1", "one_label"] == "warns"


OTHER_SCRIPTS = [
    ["Никогда", "Редко", "Иногда", "Часто", "Всегда"],
    ["从不", "很少", "有时", "经常", "总是"],
    ["أبدا", "نادرا", "أحيانا", "غالبا", "دائما"],
    ["Ποτέ", "Σπάνια", "Μερικές", "Συχνά", "Πάντα"],
]


@pytest.mark.parametrize("words", OTHER_SCRIPTS, ids=["cyrillic", "chinese", "arabic", "greek"])
def test_labels_of_any_script_are_compared(study: Study, words: list[str]) -> None:
    """They were all alike, since only Latin letters counted: a scale turned round was none."""
    before = labelled({str(code): word for code, word in enumerate(words, start=1)}).with_columns(wave=pl.lit("w01"))
    turned = labelled({str(code): word for code, word in enumerate(reversed(words), start=1)})
    findings = compare_all(study, {"w01": wave(1), "w02": wave(2)}, {"w01": before, "w02": turned})
    assert ("q1", "reversed_labels", "blocks") in findings.select("item", "kind", "severity").rows()
    assert not compare_all(
        study, {"w01": wave(1), "w02": wave(2)}, {"w01": before, "w02": before.with_columns(wave=pl.lit("w02"))}
    ).height


def test_interviews_in_the_fieldwork_of_another_wave_stop_it() -> None:
    file = WaveFile(arm="main", file="w2.sav", format="sav")
    own = Period(start=dt.date(2020, 1, 1), end=dt.date(2020, 2, 29))
    other = Period(start=dt.date(2021, 1, 1), end=dt.date(2021, 2, 28))
    inside, outside = ["2020-01-15"] * 4, ["2021-01-15"] * 6
    (all_found,) = window_findings(file, "date", pl.Series(inside + outside), own, {"w03": other})
    assert (all_found.severity, all_found.count) == ("blocks", 6)
    assert "6 are in that of w03" in all_found.what
    (some,) = window_findings(file, "date", pl.Series([*inside, *inside, *outside]), own, {"w03": other})
    assert some.severity == "warns"
    (century,) = window_findings(file, "date", pl.Series([*inside, "1920-01-15"]), own, {"w03": other})
    assert century.severity == "warns"


OTHERWISE: dict[str, Callable[[str], str]] = {
    "a blank behind": lambda text: f"{text} ",
    "another case": str.lower,
    "a sign that nobody sees": lambda text: f"{text}\u200b",
    "leading zeros lost": lambda text: text.removeprefix("P0"),
}


@pytest.mark.parametrize("case", OTHERWISE)
@pytest.mark.parametrize("every_so_many", [2, 10])
def test_ids_in_another_writing_stop_the_wave(study: Study, case: str, every_so_many: int) -> None:
    ids = [f"P0{k}" for k in range(1000, 1000 + 7 * PEOPLE, 7)]
    later = [OTHERWISE[case](text) if k % every_so_many == 0 else text for k, text in enumerate(ids)]
    links = link_waves({"w01": pl.DataFrame({"pid": ids}), "w02": pl.DataFrame({"pid": later})}, "pid")
    counts = links.counts.with_columns(arm=pl.lit("main"))
    (said,) = lost_links(study, counts)
    assert f"{PEOPLE // every_so_many} of {PEOPLE} ids in `pid` are ids of earlier waves" in said
    assert "ids: {strip: true, case: upper}" in said
    assert not any(text in said for text in ids)


def test_new_people_are_not_ids_in_another_writing(study: Study) -> None:
    ids = [f"P0{k}" for k in range(1000, 1000 + 7 * PEOPLE, 7)]
    later = [*ids[:150], *(f"R{k}" for k in range(50_000, 50_000 + 13 * 50, 13))]
    links = link_waves({"w01": pl.DataFrame({"pid": ids}), "w02": pl.DataFrame({"pid": later})}, "pid")
    assert lost_links(study, links.counts.with_columns(arm=pl.lit("main"))) == []
