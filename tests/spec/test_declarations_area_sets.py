"""area_sets.yaml and its lookups: every mistake with file and line."""

import shutil
from pathlib import Path

import pytest

from pipeline.errors import DeclarationErrors
from pipeline.paths import REPOSITORY, Paths
from pipeline.specs import load_project
from pipeline.specs.load import read_project

FILE = "data/studies/parallel_lives/area_sets.yaml"
LOOKUP = "data/areas/synthetic_changes_2021.csv"


@pytest.fixture(scope="module")
def declared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("area_sets")
    for name in ("data/studies/parallel_lives", "data/studies/_template", "data/areas"):
        shutil.copytree(REPOSITORY / name, root / name)
    shutil.copy(REPOSITORY / "data" / "concepts.yaml", root / "data")
    return root


CODES, RECORDED = "[SYN00162, SYN00164]", 'recorded: "2011"'
# which file, what is written in it, the mistake in its place, text on the line that is named, what is said
MISTAKES = {
    "a code in two areas": (FILE, CODES, "[SYN00161]", "districts_2021:", "in `riverside` and in `hillside`"),
    "a code twice in one": (FILE, CODES, "[SYN00162, SYN00162]", "hillside:", "listed twice"),
    "a lookup that is not there": (FILE, "changes_2021", "changes_2022", "lookups:", "changes_2022.csv is missing"),
    "a vintage nothing leads to": (FILE, RECORDED, 'recorded: "2001"', "recorded:", "leads from codes of 2001"),
    "a wave that there is not": (FILE, RECORDED, 'recorded: {w09: "2011"}', "recorded:", "`w09` is not a wave"),
    "a wave whose vintage is not said": (
        FILE,
        RECORDED,
        'recorded: {w01: "2011"}',
        "recorded:",
        "in `w02` is not said",
    ),
    "a code given up before": (FILE, "SYN00005]", "SYN00003]", "riverside:", "`SYN00003` of `riverside` became"),
    "the name of a score": (FILE, "districts_2021:", "deprivation:", "deprivation:", "is a score of the study"),
    "a rest that is no option": (FILE, "rest: own", "rest: other", "rest:", "rest"),
    "shares that do not sum": (LOOKUP, "0.38", "0.37", "SYN00162", "the shares of `SYN00007` sum to 0.99, not to 1"),
    "a share that is no number": (LOOKUP, "0.38", "38 %", "38 %", "is no number above 0"),
    "a column with a wrong name": (LOOKUP, "old_code", "code", "#", "`old_code` is missing"),
    "a column twice": (LOOKUP, "to_vintage,share", "to_vintage,share,share", "#", "`share` is there twice"),
    "a row twice": (LOOKUP, "SYN00004,SYN00161", "SYN00003,SYN00161", "", "on line 3 already"),
    "a part in no area": (FILE, "rest: own", "rest: refuse", "areas:", "a part is in an area, but"),
    "a code that is blank": (LOOKUP, "SYN00010,SYN00164", "SYN00010,", "SYN00010", "`new_code` is blank"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_has_file_and_line(declared: Path, mistake: str) -> None:
    name, right, wrong, line, says = MISTAKES[mistake]
    file = declared / name
    text = file.read_text(encoding="utf-8")
    assert right in text
    file.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    try:
        with pytest.raises(DeclarationErrors) as caught:
            load_project(Paths(declared))
        lines = file.read_text(encoding="utf-8").splitlines()
    finally:
        file.write_text(text, encoding="utf-8")
    found = [problem for problem in caught.value.problems if says in problem]
    assert found, caught.value.problems
    place, number = found[0].split(": ")[0].rsplit(":", 1)
    assert place == name
    assert line in lines[int(number) - 1]


def test_what_is_declared(declared: Path) -> None:
    chosen = read_project(Paths(declared)).studies["parallel_lives"].area_sets["districts_2021"]
    assert chosen.recorded_in("w02") == "2011"
    assert chosen.areas["riverside"].codes == ("SYN00161", "SYN00005")


def test_vintages_that_lead_back_are_refused_where_the_lookups_are_named(declared: Path) -> None:
    lookup, right = declared / LOOKUP, (declared / LOOKUP).read_text(encoding="utf-8")
    lookup.write_text(f"{right.rstrip()}\nSYN00164,SYN00010,2021,2011,,synthetic: back again\n", encoding="utf-8")
    try:
        with pytest.raises(DeclarationErrors) as caught:
            load_project(Paths(declared))
    finally:
        lookup.write_text(right, encoding="utf-8")
    (found,) = [problem for problem in caught.value.problems if "lead back" in problem]
    lines = (declared / FILE).read_text(encoding="utf-8").splitlines()
    place, number = found.split(": ")[0].rsplit(":", 1)
    assert place == FILE
    assert "lookups:" in lines[int(number) - 1]
    assert found.endswith("began: 2011, 2021, 2011. Write each change from the older vintage to the newer.")
