"""Mistakes in sources and parts that are found without any data: one message each, with what to do."""

from pathlib import Path

import pytest
from layout_study import declare_waves, make_root, write

from pipeline.errors import DeclarationErrors
from pipeline.paths import Paths
from pipeline.specs import load_project

SOURCE = "sources:\n  panel: {file: long.csv, format: csv}\n"
PANEL = "{arm: main, file: panel}"
MISTAKES = {
    "rows of two waves": (PANEL, PANEL, "a row of `long.csv` is of w01 and of w02: say `present`"),
    "rows for one alone": (PANEL.replace("}", ", rows: {wave: 1}}"), PANEL, "only one of the two says which `rows`"),
    "a source misspelt": ("{arm: main, file: panle}", PANEL, "did you mean `panel`?"),
    "a format twice": ("{arm: main, file: panel, format: csv}", PANEL, "is said where the source `panel` is declared"),
    "a column without codes": (PANEL.replace("}", ", present: {column: x}}"), PANEL, "`column` with its `codes`"),
    "an item misspelt": (PANEL.replace("}", ", present: {any_of: [trst]}}"), PANEL, "did you mean `trust`?"),
    "one column in two waves": (
        PANEL.replace("}", ", present: row}"),
        PANEL.replace("}", ", present: row}"),
        "`trust` is read from the column `trust` in w01 and in w02",
    ),
    "a pattern without a name": (PANEL.replace("}", ', names: "w{number}"}'), PANEL, "must hold {name} once"),
    "a mark that is not said": (PANEL.replace("}", ', names: "{mark}_{name}"}'), PANEL, "which this wave does not say"),
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
