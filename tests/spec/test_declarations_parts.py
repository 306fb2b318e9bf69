"""Mistakes in sources and parts that are found without any data: one message each, with what to do."""

from pathlib import Path

import pytest
from layout_study import declare_waves, make_root, write

from pipeline.errors import DeclarationErrors
from pipeline.paths import Paths
from pipeline.specs import load_project

SOURCE = "sources:\n  panel: {file: long.csv, format: csv}\n"
PANEL = "{arm: main, file: panel}"
SECOND = PANEL.replace("}", ", rows: {wave: 2}}")
HOUSEHOLDS = "{file: hh.csv, format: csv, on: hh, relation: many_to_one}"
MISTAKES = {
    "rows of two waves": (PANEL, PANEL, "a row of `long.csv` is of w01 and of w02: say `present`"),
    "rows for one alone": (PANEL.replace("}", ", rows: {wave: 1}}"), PANEL, "only one of the two says which `rows`"),
    "a source misspelt": ("{arm: main, file: panle}", PANEL, "did you mean `panel`?"),
    "a format twice": ("{arm: main, file: panel, format: csv}", PANEL, "is said where the source `panel` is declared"),
    "a column without codes": (PANEL.replace("}", ", present: {column: x}}"), PANEL, "`column` with its `codes`"),
    "an item misspelt": (
        PANEL.replace("}", ", rows: {wave: 1}, present: {any_of: [trst]}}"),
        SECOND,
        "did you mean `trust`?",
    ),
    "one column in two waves": (
        PANEL.replace("}", ", present: row}"),
        PANEL.replace("}", ", present: row}"),
        "`trust` is read from the column `trust` in w01 and in w02",
    ),
    "a pattern without a name": (PANEL.replace("}", ', names: "w{number}"}'), PANEL, "must hold {name} once"),
    "a mark that is not said": (
        PANEL.replace("}", ', rows: {wave: 1}, names: "{mark}_{name}"}'),
        SECOND,
        "which this wave does not say",
    ),
    "a word that is no rule": (
        PANEL.replace("}", ", present: rows}"),
        PANEL,
        "say `row`, or `column` with its `codes`",
    ),
    "the same rows": (
        PANEL.replace("}", ", rows: {wave: 1}}"),
        PANEL.replace("}", ", rows: {wave: [1]}}"),
        "a row of `long.csv` (`wave`: 1) is of w01 and of w02",
    ),
    "one file joined twice": (
        PANEL.replace("}", ", rows: {wave: 1}, join: [" + ", ".join([HOUSEHOLDS] * 2) + "]}"),
        SECOND,
        "`hh.csv` is joined by the same key twice",
    ),
    "rows by no value": (PANEL.replace("}", ", rows: {wave: [[1]]}}"), PANEL, "has no value to choose rows by"),
    "an unused source": (
        "{arm: main, file: a.csv, format: csv}",
        "{arm: main, file: b.csv, format: csv}",
        "no wave takes anything of the source `panel`",
    ),
}


@pytest.mark.parametrize(("first", "second", "said"), MISTAKES.values(), ids=MISTAKES)
def test_check_finds_what_needs_no_data(tmp_path: Path, first: str, second: str, said: str) -> None:
    root = make_root(tmp_path, {}, waves=2)
    write(root, "study.yaml", SOURCE, add=True)
    declare_waves(root, {1: f"files: [{first}]\n", 2: f"files: [{second}]\n"})
    with pytest.raises(DeclarationErrors) as found:
        load_project(Paths(root))
    assert said in str(found.value)
    assert len(found.value.problems) == 1, "what follows from a mistake is no other"


EVERY = "files: [{arm: main, file: panel, present: {any_of: items}}]\n"
BY_PATTERN = {
    "no mark is said": ('names: "{mark}_{name}"', 3, "this wave does not say"),
    "no mark and no number": ('names: "{name}_w1"', 1, "are read from the same columns in w01 and in w02"),
    "an unknown placeholder": ('names: "{name}_w{wave}"', 1, "must hold {name} once"),
}


@pytest.mark.parametrize(("names", "count", "said"), BY_PATTERN.values(), ids=BY_PATTERN)
def test_a_pattern_of_names_that_cannot_be_is_one_mistake(tmp_path: Path, names: str, count: int, said: str) -> None:
    """However many waves and items follow from it; a mark is lacking in each wave."""
    root = make_root(tmp_path, {}, waves=3)
    write(root, "study.yaml", f"{SOURCE}{names}\n", add=True)
    write(
        root,
        "items.yaml",
        "".join(f"q{n}: {{label: Q, wording: Q, codes: {{1: a, 2: b}}}}\n" for n in range(9)),
        add=True,
    )
    declare_waves(root, dict.fromkeys((1, 2, 3), EVERY))
    with pytest.raises(DeclarationErrors) as found:
        load_project(Paths(root))
    assert len(found.value.problems) == count
    assert all(said in error for error in found.value.problems)


def test_a_mistake_of_a_wave_does_not_leave_its_source_unused(tmp_path: Path) -> None:
    root = make_root(tmp_path, {}, waves=1)
    write(root, "study.yaml", SOURCE, add=True)
    declare_waves(root, {1: "files: [{arm: main, file: panel, present: rows}]\n"})
    with pytest.raises(DeclarationErrors) as found:
        load_project(Paths(root))
    assert len(found.value.problems) == 1


def test_waves_are_named_in_the_order_of_their_fieldwork(tmp_path: Path) -> None:
    """Which people are new, and who returns, is read off the names; fieldwork may overlap."""
    root = make_root(tmp_path, {}, waves=3)
    files = {n: f"files: [{{arm: main, file: w{n}.csv, format: csv}}]\n" for n in (1, 2, 3)}
    declare_waves(root, files)
    late = root / "data" / "studies" / "lay" / "waves" / "w01.yaml"
    late.write_text(late.read_text().replace("end: 2001-02-28", "end: 2009-02-28"))
    load_project(Paths(root))
    late.write_text(late.read_text().replace("start: 2001", "start: 2008"))
    with pytest.raises(DeclarationErrors) as found:
        load_project(Paths(root))
    (error,) = found.value.problems
    assert error.endswith(
        "waves/w02.yaml:2: w02 began on 2002-01-01, before w01 (2008-01-01): correct the dates, or name the waves in "
        "the order of their fieldwork."
    )
