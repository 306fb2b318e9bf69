"""A census table that is no table, or whose counts are none, is refused with file and line before anything is built."""

import shutil
from pathlib import Path

import pytest

from pipeline.errors import DeclarationErrors
from pipeline.paths import REPOSITORY, Paths
from pipeline.specs import load_project

STUDY, FILE = "parallel_lives", "data/areas/census.csv"
INDEX = """title: An index
area: area
domains: {contact: {label: Contact, indicators: [outgroup_friends]}}
small_areas: {method: mrp, margins: [is_woman], census: census.csv}
"""
GOOD = "# counted in 2021\narea_code,is_woman,count\nA1,0,100\nA1,1,110\nA2,0,90\nA2,1,95.5\n"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("census")
    for name in (f"data/studies/{STUDY}", "data/areas"):
        shutil.copytree(REPOSITORY / name, made / name)
    (made / "data" / "studies" / STUDY / "plan.yaml").unlink()
    (made / "data" / "studies" / STUDY / "index.yaml").write_text(INDEX, encoding="utf-8")
    shutil.copy(REPOSITORY / "data" / "concepts.yaml", made / "data")
    return made


RIGHT = {
    "as it is": GOOD.encode(),
    "with a byte-order mark": GOOD.encode("utf-8-sig"),
    "with the ends of lines of Windows": GOOD.replace("\n", "\r\n").encode(),
    "with a column more": GOOD.replace("count\n", "count,source\n")
    .replace("0\n", "0,ONS\n")
    .replace("5\n", "5,ONS\n")
    .encode(),
}


@pytest.mark.parametrize("case", RIGHT)
def test_a_table_is_read(root: Path, case: str) -> None:
    (root / FILE).write_bytes(RIGHT[case])
    assert load_project(Paths(root)).studies[STUDY].index is not None


WRONG = {
    "empty": (b"", 1, "has no rows"),
    "a header alone": (b"area_code,is_woman,count\n", 1, "has no rows"),
    "semicolons": (GOOD.replace(",", ";").encode(), 1, "is not separated by commas"),
    "tabs": (GOOD.replace(",", "\t").encode(), 1, "is not separated by commas"),
    "Latin-1": (GOOD.replace("counted", "gezählt").encode("latin-1"), 1, "cannot be read as CSV in UTF-8"),
    "UTF-16": (GOOD.encode("utf-16"), 1, "cannot be read as CSV in UTF-8"),
    "a zero byte": (GOOD.replace("A1,0", "A\0,0").encode(), 1, "cannot be read as CSV in UTF-8"),
    "no column of a margin": (GOOD.replace("is_woman", "woman").encode(), 1, "has no column `is_woman`"),
    "a column twice": (GOOD.replace("is_woman,count", "count,is_woman,count").encode(), 1, "the column `count` twice"),
    "a negative count": (GOOD.replace("110", "-110").encode(), 4, "the count `-110` is no number"),
    "a count in words": (GOOD.replace("110", "many").encode(), 4, "the count `many` is no number"),
    "a count with a comma": (GOOD.replace("110", '"1,100"').encode(), 4, "the count `1,100` is no number"),
    "a count that is not a number": (GOOD.replace("110", "nan").encode(), 4, "the count `nan` is no number"),
    "a blank count": (GOOD.replace("110", "").encode(), 4, "`count` is blank"),
    "a blank area": (GOOD.replace("A1,1", ",1").encode(), 4, "`area_code` is blank"),
    "a cell twice": (GOOD.replace("A1,1", "A1,0.0").encode(), 4, "this cell of `A1` is on line 3 already"),
    "too few cells": (GOOD.replace("A1,1,110", "A1,110").encode(), 4, "has 2 cells, but the header 3"),
    "an area without people": (GOOD.replace("100", "0").replace("110", "0").encode(), 1, "nobody is counted in `A1`"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_has_its_line(root: Path, case: str) -> None:
    content, line, says = WRONG[case]
    (root / FILE).write_bytes(content)
    with pytest.raises(DeclarationErrors) as caught:
        load_project(Paths(root))
    assert [one.startswith(f"{FILE}:{line}: ") and says in one for one in caught.value.problems] == [True]
