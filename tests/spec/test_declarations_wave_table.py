"""waves.csv: many waves in one table, over what they share; every mistake is one message with file, line and remedy."""

from pathlib import Path

import pytest
from layout_study import ABOUT, make_root, write

from pipeline.errors import DeclarationErrors
from pipeline.paths import Paths
from pipeline.specs import Study, load_project
from pipeline.specs.wave_names import misnamed, stretch

SHA, OTHER = "a" * 64, "b" * 64
HEADER = "wave,title,start,end,number,mark,file,rows,sha256"
ROWS = {
    "w01": "w01,First,2001-01-01,2001-02-28,,,one.csv,,",
    "w02": "w02,Second,2002-01-01,2002-02-28,,,two.csv,,",
    "w03": f"w03,Third,2003-01-01,2003-02-28,,,three.csv,12,{SHA}",
}
EACH = "files: [{arm: main, format: csv}]\n"
FOLDER = "data/studies/lay"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_root(tmp_path, {})
    table(root)
    write(root, "waves/_each.yaml", EACH)
    return root


def table(root: Path, *lines: str, header: str = HEADER) -> None:
    write(root, "waves.csv", "\n".join([header, *(lines or ROWS.values())]) + "\n")


def load(root: Path) -> Study:
    return load_project(Paths(root)).studies["lay"]


def problems(root: Path) -> list[str]:
    with pytest.raises(DeclarationErrors) as caught:
        load(root)
    return [problem.removeprefix(f"{FOLDER}/") for problem in caught.value.problems]


def test_a_row_is_a_wave(root: Path) -> None:
    waves = load(root).waves
    assert list(waves) == ["w01", "w02", "w03"]
    third = waves["w03"]
    assert (third.title, str(third.fieldwork.end), third.number) == ("Third", "2003-02-28", None)
    (file,) = third.files
    assert (file.file, file.format, file.rows, file.sha256) == ("three.csv", "csv", 12, SHA)


def test_it_declares_what_files_would(root: Path, tmp_path: Path) -> None:
    """The same hashes: nothing becomes due when waves move into the table."""
    before = load(root).digest_of("waves")
    write(root, "waves/_each.yaml", "")
    (root / FOLDER / "waves/_each.yaml").unlink()
    (root / FOLDER / "waves.csv").unlink()
    for wave, row in ROWS.items():
        _, title, start, end, *_, file, rows, sha256 = row.split(",")
        more = f", rows: {rows}, sha256: {sha256}" if rows else ""
        files = f"files: [{{arm: main, format: csv, file: {file}{more}}}]"
        write(root, f"waves/{wave}.yaml", f"title: {title}\nfieldwork: {{start: {start}, end: {end}}}\n{files}\n")
    assert load(root).digest_of("waves") == before


def test_a_file_of_its_own_replaces_whole_keys(root: Path) -> None:
    write(root, "waves/_each.yaml", EACH + "mode: by telephone\nnot_asked: [trust]\n")
    write(root, "waves/w02.yaml", "not_asked: []\n")
    waves = load(root).waves
    assert [wave.not_asked for wave in waves.values()] == [("trust",), (), ("trust",)]
    assert {wave.mode for wave in waves.values()} == {"by telephone"}


def test_names_of_files_and_rows_may_hold_the_wave(root: Path) -> None:
    join = 'join: [{file: "{mark}_hh.csv", format: csv, on: hid, relation: many_to_one}]'
    rows = "rows: {wave: '{number}', sample: [1, 2]}"
    write(
        root, "waves/_each.yaml", f'files: [{{arm: main, format: csv, file: "x_{{number:03}}.csv", {rows}, {join}}}]\n'
    )
    table(
        root,
        f"w01,A,2001-01-01,2001-02-28,,a,,,{SHA} {OTHER}",
        "w02,B,2002-01-01,2002-02-28,7,b,,,",
        f"w03,C,2003-01-01,2003-02-28,,c,,,- {OTHER}",
    )
    files = [wave.files[0] for wave in load(root).waves.values()]
    assert [file.file for file in files] == ["x_001.csv", "x_007.csv", "x_003.csv"]
    assert [file.chosen["wave"] for file in files] == [("1",), ("7",), ("3",)]
    assert [file.join[0].file for file in files] == ["a_hh.csv", "b_hh.csv", "c_hh.csv"]
    assert [(file.sha256, file.join[0].sha256) for file in files] == [(SHA, OTHER), (None, None), (None, OTHER)]


def test_a_row_may_choose_its_rows(root: Path) -> None:
    write(root, "study.yaml", "sources: {panel: {file: long.csv, format: csv}}\n", add=True)
    write(root, "waves/_each.yaml", "files: [{arm: main, file: panel}]\n")
    table(root, *(f'w0{n},W,200{n}-01-01,200{n}-02-28,,,,"wave: {n}, arm: [1, 2]",' for n in (1, 2, 3)))
    assert [wave.files[0].chosen for wave in load(root).waves.values()] == [
        {"wave": (str(n),), "arm": ("1", "2")} for n in (1, 2, 3)
    ]


def test_an_arm_may_name_a_stretch_of_waves(root: Path) -> None:
    write(root, "study.yaml", ABOUT.format(person_id="id", waves="").replace("[]", "w01 to w03"))
    assert load(root).about.arms["main"].waves == ("w01", "w02", "w03")


MISTAKES = {
    "the same wave twice": (
        {"w03": ROWS["w02"]},
        ["waves.csv:4: `w02` is on line 3 already. Keep one."],
    ),
    "no date": (
        {"w02": "w02,Second,31.12.2002,2002-02-30,,,two.csv,,"},
        [
            "waves.csv:3: `start` is `31.12.2002`, which is no date: write it as 2019-12-31.",
            "waves.csv:3: `end` is `2002-02-30`, which is no date: write it as 2019-12-31.",
        ],
    ),
    "an end before the start": (
        {"w02": "w02,Second,2003-01-01,2002-01-01,,,two.csv,,"},
        ["waves.csv:3: `fieldwork`: the end 2002-01-01 is before the start 2003-01-01."],
    ),
    "no end": (
        {"w02": "w02,Second,2003-01-01,,,,two.csv,,"},
        ["waves.csv:3: has a `start` and no `end`."],
    ),
    "no dates": (
        {"w02": "w02,Second,,,,,two.csv,,"},
        ["waves.csv:3: `w02` has no `start` and `end`."],
    ),
    "no title": (
        {"w02": "w02,,2002-01-01,2002-02-28,,,two.csv,,"},
        ["waves.csv:3: `w02` has no `title`."],
    ),
    "no file": (
        {"w02": "w02,Second,2002-01-01,2002-02-28,,,,,"},
        ["waves.csv:3: `w02` has no `file`, and waves/_each.yaml names none: give it here or there."],
    ),
    "rows that cannot be read": (
        {"w02": "w02,Second,2002-01-01,2002-02-28,,,two.csv,wave=3,"},
        ["waves.csv:3: `rows` is `wave=3`: write how many rows the file has, or which are the wave's, as `wave: 3`."],
    ),
    "a number that is none": (
        {"w02": "w02,Second,2002-01-01,2002-02-28,two,,two.csv,,"},
        ["waves.csv:3: `number` is `two`: write a whole number, or leave it out."],
    ),
    "a hash that is none": (
        {"w02": "w02,Second,2002-01-01,2002-02-28,,,two.csv,,abc"},
        ["waves.csv:3: `sha256` holds `abc`, which is no SHA-256: leave it out, and run `cohesion wave accept`."],
    ),
    "too many hashes": (
        {"w02": f"w02,Second,2002-01-01,2002-02-28,,,two.csv,,{SHA} {OTHER}"},
        ["waves.csv:3: `sha256` is of 2 files, and `w02` has 1 of its own."],
    ),
    "a comma without quotes": (
        {"w02": "w02,Second, at home,2002-01-01,2002-02-28,,,two.csv,,"},
        ["waves.csv:3: has 10 cells, but the header 9; quote a text with commas."],
    ),
    "a name of no wave": (
        {"w02": "wave2,Second,2002-01-01,2002-02-28,,,two.csv,,"},
        ["waves.csv:3: `wave2` is no name of a wave: w01 to w99, or w001 to w999."],
    ),
    "names of two widths": (
        {"w02": "w002,Second,2002-01-01,2002-02-28,,,two.csv,,"},
        [
            "waves.csv:2: others have three digits: call `w01` `w001`, so that waves sort by name.",
            "waves.csv:3: no arm in study.yaml lists the wave `w002`. Add it to an arm's `waves`.",
            "waves.csv:4: others have three digits: call `w03` `w003`, so that waves sort by name.",
        ],
    ),
}


@pytest.mark.parametrize(("changed", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_a_row(root: Path, changed: dict[str, str], expected: list[str]) -> None:
    table(root, *{**ROWS, **changed}.values())
    found = problems(root)
    assert [problem for problem in found if problem.startswith("waves.csv:")] == expected
    assert not [problem for problem in found if not problem.startswith(("waves.csv:", "study.yaml:", "waves/_each"))]


HEADERS = {
    "wave,title,start,end,fille": "`fille` is not a column; did you mean `file`.",
    "wave,start,end": "`title` is missing.",
    "wave,title,start,end,title": "`title` is there twice.",
    "": "`wave` is missing; `title` is missing; `start` is missing; `end` is missing.",
}


@pytest.mark.parametrize(("header", "expected"), HEADERS.items())
def test_a_mistake_in_the_header(root: Path, header: str, expected: str) -> None:
    write(root, "waves.csv", f"{header}\n")
    (found,) = [problem for problem in problems(root) if problem.startswith("waves.csv")]
    assert found.startswith("waves.csv:1: the columns may be wave, title, start, end, number, mark, file, rows, sha256")
    assert found.endswith(expected)


def test_a_table_separated_by_semicolons_is_one_mistake(root: Path) -> None:
    """The waves that study.yaml lists, and its sources, are not missing: they cannot be read."""
    write(root, "waves.csv", "wave;title;start;end\n")
    assert problems(root) == ["waves.csv:1: is separated by semicolons: save it separated by commas."]


def test_what_is_shared_needs_a_table(root: Path) -> None:
    (root / FOLDER / "waves.csv").unlink()
    found = problems(root)
    assert found[-1].startswith(
        "waves/_each.yaml:1: says what the waves of waves.csv share, and the study has no waves"
    )


def test_a_file_of_no_row(root: Path) -> None:
    write(root, "waves/w07.yaml", "not_asked: [trust]\n")
    assert problems(root) == ["waves/w07.yaml:1: waves.csv has no row `w07`: add one, or take this file away."]


def test_a_mistake_in_what_is_shared_is_told_once_where_it_is(root: Path) -> None:
    write(root, "waves/_each.yaml", "mode: web\nfiles: [{arm: main, formt: csv}]\n")
    found = problems(root)
    assert "waves/_each.yaml:2: `files.0.formt` is not a valid key; did you mean `format`?" in found
    assert len(found) == len(set(found)) <= 3


def test_a_hash_is_not_shared(root: Path) -> None:
    write(root, "waves/_each.yaml", f"files: [{{arm: main, format: csv, sha256: {SHA}}}]\n")
    assert "waves/_each.yaml:1: `sha256` is said of each wave, in waves.csv." in problems(root)


def test_a_mistake_in_a_file_of_its_own_is_told_there(root: Path) -> None:
    write(root, "waves/w02.yaml", "\nexceptions: {nobody: {reason: none}}\n")
    assert problems(root)[0].startswith("waves/w02.yaml:2: `nobody` is not an item of this study")


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ("title: Two", "`title` of `w02` is said in its own file as well: keep one."),
        (
            "fieldwork: {start: 2002-01-01, end: 2002-02-02}",
            "`start` and `end` of `w02` are said in its own file as well: keep one.",
        ),
        (
            "files: [{arm: main, format: csv, file: x.csv}]",
            "`file` of `w02` is said in its own file as well (`files`): keep one.",
        ),
    ],
)
def test_what_the_row_says_no_other_file_says(root: Path, own: str, expected: str) -> None:
    write(root, "waves/w02.yaml", own + "\n")
    assert problems(root) == [f"waves.csv:3: {expected}"]


def test_a_file_of_two_parts_is_named_where_they_are(root: Path) -> None:
    write(root, "waves/_each.yaml", "files: [{arm: main, format: csv}, {arm: main, format: csv}]\n")
    assert problems(root)[0] == (
        "waves.csv:2: `file` is of one file, and waves/_each.yaml lists 2 under `files`: list one, or name them there, "
        'as in `file: "wave_{number}.csv"`.'
    )


@pytest.mark.parametrize("pattern", ["{nr}.csv", "{wave.x}.csv", "{}.csv", "{number:zz}.csv", "{wave"])
def test_a_pattern_that_cannot_be_filled(root: Path, pattern: str) -> None:
    write(root, "waves/_each.yaml", f'files: [{{arm: main, format: csv, file: "{pattern}"}}]\n')
    table(
        root,
        *(row.replace(file, "") for row, file in zip(ROWS.values(), ("one.csv", "two.csv", "three.csv"), strict=True)),
    )
    assert f"waves/_each.yaml:1: `{pattern}` may hold {{wave}}, {{number}} (or {{number:02}}) and {{mark}} alone." in (
        problems(root)
    )


def test_a_mark_that_is_needed(root: Path) -> None:
    write(root, "waves/_each.yaml", 'files: [{arm: main, format: csv, file: "{mark}.csv"}]\n')
    table(root, ROWS["w01"], "w02,Second,2002-01-01,2002-02-28,,,,,", ROWS["w03"])
    assert problems(root)[0] == "waves.csv:3: `w02` has no `mark`, which `{mark}.csv` needs."


@pytest.mark.parametrize("name", ["w01", "w99", "w001", "w999"])
def test_names_of_waves(name: str) -> None:
    assert misnamed(name, [name]) == ""


@pytest.mark.parametrize("name", ["w1", "w0001", "W01", "w00", "w000", "", "w01 ", "../w01", "w0１"])
def test_names_of_no_wave(name: str) -> None:
    assert misnamed(name, [])


@pytest.mark.parametrize("given", ["w01", "w03 to w01", "w01 to w003", "w01-w03", "all"])
def test_no_stretch_of_waves(given: str) -> None:
    with pytest.raises(ValueError, match="w01 to w26"):
        stretch(given)


BOTH_ARMS = (
    "files:\n- {arm: boost, format: csv, file: 'b{number}.csv'}\n- {arm: main, format: csv, file: 'm{number}.csv'}\n"
)
NAMED = [row.replace(f"{name}.csv", "") for row, name in zip(ROWS.values(), ("one", "two", "three"), strict=True)]
NAMED[2] = f"w03,Third,2003-01-01,2003-02-28,,,,,{SHA} {OTHER}"


@pytest.mark.parametrize(
    ("waves", "there"),
    [("[w02, w03]", (1, 2, 2)), ("[w01, w03]", (2, 1, 2)), ("w02 to w03", (1, 2, 2))],
    ids=["starts later", "pauses", "a stretch"],
)
def test_the_part_of_an_arm_without_the_wave_is_left_out(root: Path, waves: str, there: tuple[int, ...]) -> None:
    about = root / FOLDER / "study.yaml"
    about.write_text(about.read_text().replace("arms:\n", f"arms:\n  boost: {{title: Boost, waves: {waves}}}\n"))
    write(root, "waves/_each.yaml", "")
    (root / FOLDER / "waves/_each.yaml").write_text(BOTH_ARMS)
    (root / FOLDER / "waves.csv").write_text("\n".join([HEADER, *NAMED]) + "\n")
    found = load(root).waves
    assert tuple(len(wave.files) for wave in found.values()) == there
    assert all(wave.files[-1].arm == "main" for wave in found.values())
    assert [file.sha256 for file in found["w03"].files] == [SHA, OTHER]


def test_a_wave_of_its_own_still_names_no_arm_without_it(root: Path) -> None:
    about = root / FOLDER / "study.yaml"
    about.write_text(about.read_text().replace("arms:\n", "arms:\n  boost: {title: Boost, waves: [w02]}\n"))
    write(
        root,
        "waves/w01.yaml",
        "files:\n- {arm: boost, format: csv, file: b.csv}\n- {arm: main, format: csv, file: m.csv}\n",
    )
    table(root, "w01,First,2001-01-01,2001-02-28,,,,,", ROWS["w02"], ROWS["w03"])
    assert any("the arm `boost` has no wave `w01`" in problem for problem in problems(root))
