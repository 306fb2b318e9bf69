"""Numbers in another unit, with a constant added, or a year in place of an age: found by the same people."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from shared import ROOT

from pipeline.errors import CohesionError
from pipeline.harmonise import harmonise
from pipeline.harmonise.drift import compare_all
from pipeline.harmonise.drift.recoding.conversion import conversion
from pipeline.paths import Paths
from pipeline.specs import Study, load_project

Numbers = np.ndarray
PEOPLE = 300
ABOUT = """
title: A panel
short_title: Panel
population: Nobody
citation: None
licence: None
synthetic: true
arms: {main: {title: Main, waves: [w01, w02, w03]}}
columns: {person_id: id}
missing: {-9: refused}
"""
WAVE = """
title: Wave {number}
fieldwork: {{start: 202{number}-01-01, end: 202{number}-03-01}}
files: [{{arm: main, file: w{number}.csv, format: csv}}]
"""


def amounts(kind: str, seed: int = 1, people: int = PEOPLE) -> tuple[Numbers, Numbers]:
    """The same people's amounts in two waves a year apart, of a kind that surveys ask for."""
    chance = np.random.default_rng(seed)
    if kind == "income":
        was = np.exp(chance.normal(7.5, 0.7, people))
        return was.round(-1), (was * np.exp(chance.normal(0.04, 0.25, people))).round(-1)
    if kind == "age":
        was = chance.integers(18, 90, people).astype(float)
        return was, was + chance.choice([0, 1, 1, 1, 2], people)
    if kind == "birth year":
        was = chance.integers(1930, 2004, people).astype(float)
        return was, was + chance.choice([-1, 0, 0, 0, 0, 0, 0, 0, 0, 1], people)
    if kind == "children":
        was = chance.poisson(1.3, people).astype(float)
        return was, was + (chance.random(people) < 0.06)
    if kind == "thermometer":
        trait = chance.normal(55, 20, people)
        return tuple(np.clip((trait + chance.normal(4 * k, 14, people)).round(), 0, 100) for k in (0, 1))
    if kind == "hours":
        was = chance.choice([0, 8, 16, 20, 30, 35, 37, 38, 40, 40, 45], people).astype(float)
        return was, np.where(chance.random(people) < 0.7, was, chance.permutation(was))
    if kind == "height":
        was = chance.normal(67, 4, people).round()
        return was, was + (chance.random(people) < 0.3) * chance.choice([-1, 1], people)
    was = chance.integers(0, 50, people).astype(float)  # years lived here: they go on
    return was, np.where(chance.random(people) < 0.9, was + 1, 0)


KINDS = ("income", "age", "birth year", "children", "thermometer", "hours", "height", "residence")
Change = Callable[[Numbers], Numbers]
SISTERS: dict[str, tuple[str, tuple[float, float], Change, str, tuple[float, float]]] = {
    "pence for pounds": ("income", (0, 100_000), lambda now: now * 100, "hundred", (0.01, 0)),
    "thousands": ("income", (0, 100_000), lambda now: now / 1000, "thousand", (1000, 0)),
    "by year for by month": ("income", (0, 1_000_000), lambda now: now * 12, "month", (1 / 12, 0)),
    "a tenth": ("thermometer", (0, 100), lambda now: now / 10, "ten times", (10, 0)),
    "minutes for hours": ("hours", (0, 100), lambda now: now * 60, "minutes for hours", (1 / 60, 0)),
    "centimetres for inches": ("height", (40, 90), lambda now: now * 2.54, "centimetres for inches", (1 / 2.54, 0)),
    "year of birth for age": ("age", (16, 110), lambda now: 2022 - now, "a year of birth for an age", (-1, 2022)),
    "age for year of birth": ("birth year", (1900, 2010), lambda now: 2022 - now, "for an age", (-1, 2022)),
    "years with two digits": ("birth year", (1900, 2010), lambda now: now - 1900, "added to all", (1, 1900)),
    "none coded as one": ("children", (0, 20), lambda now: now + 1, "1 added to all", (1, -1)),
    "turned round": ("thermometer", (0, 100), lambda now: 100 - now, "turned round", (-1, 100)),
}


def declare(root: Path, ends: tuple[float, float], w02: str = "", item: str = "") -> Study:
    folder = root / "data" / "studies" / "panel"
    (folder / "waves").mkdir(parents=True, exist_ok=True)
    (root / "data" / "concepts.yaml").write_bytes((ROOT / "data" / "concepts.yaml").read_bytes())
    (folder / "study.yaml").write_text(ABOUT)
    low, high = ends
    (folder / "items.yaml").write_text(
        item or f"q: {{label: L, wording: W, kind: number, range: [{low:g}, {high:g}], concept: income}}\n"
    )
    for number in (1, 2, 3):
        (folder / "waves" / f"w0{number}.yaml").write_text(WAVE.format(number=number) + (w02 if number == 2 else ""))
    return load_project(Paths(root)).studies["panel"]


def tables(was: Numbers, now: Numbers, after: Numbers) -> dict[str, pl.DataFrame]:
    made = {}
    for wave, values in (("w01", was), ("w02", now), ("w03", after)):
        people = [f"a{k:05d}" for k in range(len(values))]
        head = {"person_id": people, "study": "panel", "arm": "main", "wave": wave, "row": range(1, len(values) + 1)}
        text = [f"{value:.10g}" for value in values]
        made[wave] = pl.DataFrame({**head, "q": ["-9", *text[1:]]})
    return made


def found(study: Study, waves: dict[str, pl.DataFrame]) -> pl.DataFrame:
    names = ("study", "wave", "arm", "variable", "label", "code", "code_label", "missing", "is_in_file", "nearest")
    types = {name: pl.Boolean if name == "is_in_file" else pl.String for name in names}
    none = {wave: pl.DataFrame([], schema=types) for wave in waves}
    return compare_all(study, waves, none, ("income",)).filter(pl.col("severity") != "notes")


@pytest.mark.parametrize("sister", SISTERS)
def test_each_conversion_is_named_blocks_and_ends_with_what_is_pasted(sister: str, tmp_path: Path) -> None:
    kind, ends, change, name, (times, plus) = SISTERS[sister]
    was, now = amounts(kind)
    waves = tables(was, change(now), now)
    rows = found(declare(tmp_path, ends), waves)
    (row,) = rows.filter(pl.col("what").str.contains("ther amounts than before", literal=True)).to_dicts()
    assert row["wave"] == "w02", "the wave after is as ever"
    assert name in row["what"]
    assert row["severity"] == "blocks"
    pasted = re.search(r"waves/w02.yaml: `(.*?)`;", row["todo"])
    assert pasted
    study = declare(tmp_path, ends, pasted[1])
    exception = study.waves["w02"].exceptions["q"]
    assert (exception.times or 1) == pytest.approx(times)
    assert (exception.plus or 0) == pytest.approx(plus)
    left = found(study, waves)
    assert left.is_empty(), "a conversion that is declared is no finding any more, nor are the fractions that it makes"
    answers = harmonise(study, waves).answers.filter(wave="w02")["q"].to_list()
    assert answers[0] is None
    assert answers[1:] == pytest.approx(now[1:].tolist())


@pytest.mark.parametrize(
    ("fill", "kind"),
    [(lambda now: np.where(np.arange(len(now)) % 4 == 0, now + 0.5, now), "fractions"),
     (lambda now: np.where(np.arange(len(now)) % 20 == 0, 99_999, now), "code_among_amounts")],
    ids=["fractions-of-the-file", "a-code-of-the-file"],
)  # fmt: skip
def test_a_declared_conversion_hides_neither_fractions_nor_codes_of_the_file(fill: Change, kind: str, tmp_path: Path):
    was, now = amounts("hours")
    study = declare(tmp_path, (0, 10_000), "exceptions: {q: {reason: in minutes, times: 0.0166666667}}\n")
    rows = found(study, tables(was, fill(now * 60), now))
    assert kind in rows.filter(wave="w02")["kind"].to_list()


@pytest.mark.parametrize("kind", KINDS)
def test_amounts_that_change_as_amounts_do_are_no_finding(kind: str) -> None:
    ends = (0.0, 100.0) if kind == "thermometer" else None
    alarms = [conversion(amounts(kind, seed, 200), 1.2, ends) for seed in range(100)]
    assert sum(alarm is not None for alarm in alarms) <= 1


def test_three_children_more_for_nobody_and_a_boom_are_no_conversion() -> None:
    was, now = amounts("income")
    assert conversion((was, now * 1.8), 1.0, None) is None, "incomes that nearly double are growth"
    assert conversion((was[:20], now[:20] * 100), 1.0, None) is None, "too few people"


def test_a_conversion_is_refused_for_codes_and_so_are_codes_for_a_number(tmp_path: Path) -> None:
    codes = "q: {label: L, wording: W, codes: {1: A, 2: B}}\n"
    for item, exception in ((codes, "times: 2"), (codes, "plus: 1"), ("", "recode: {1: 2}"), ("", "times: 0")):
        with pytest.raises(CohesionError):
            declare(tmp_path, (0, 10), f"exceptions: {{q: {{reason: r, {exception}}}}}\n", item)
