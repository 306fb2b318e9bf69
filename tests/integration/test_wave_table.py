"""Waves of one table from draft to build: what is accepted, what an edit of a row makes due."""

from pathlib import Path

import pytest
from engine_runs import build, plan_of
from layout_study import STUDY, by_wave, make_root, run, write

from pipeline.files import sha256_of
from pipeline.paths import Paths
from pipeline.specs import load_project

HEADER = "wave,title,start,end,number,mark,file,rows,sha256"
FOLDER = Path("data/studies") / STUDY
PEOPLE = [f"p{n}" for n in range(40)]


def deposit(wave: int) -> str:
    """Forty people, of whom one in ten has changed since the wave before."""
    return "id,trust\n" + "".join(
        f"{one},{1 + (place + (place + wave) // 10) % 5}\n" for place, one in enumerate(PEOPLE)
    )


def row(wave: int, more: str = ",,,,") -> str:
    return f'w{wave:02},"Wave {wave}, at home",20{wave:02}-01-01,20{wave:02}-02-28,{more}'


def rows(root: Path) -> list[str]:
    return (root / FOLDER / "waves.csv").read_bytes().decode().splitlines(keepends=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_root(tmp_path, {f"wave_{n}.csv": deposit(n) for n in range(1, 5)})
    about = (root / FOLDER / "study.yaml").read_text().replace("[w01, w02, w03]", "w01 to w03")
    write(root, "study.yaml", about)
    write(root, "waves/_each.yaml", 'files: [{arm: main, format: csv, file: "wave_{number}.csv"}]\n')
    write(root, "waves.csv", "\r\n".join([HEADER, *map(row, (1, 2, 3))]) + "\r\n")
    return root


def test_accept_writes_hashes_into_the_row_and_leaves_the_others(root: Path) -> None:
    before = rows(root)
    run(root, "check")
    said = run(root, "wave", "accept", STUDY, "w02")
    assert "lay/waves.csv. Next: cohesion build" in said
    after, sha256 = rows(root), sha256_of(root / "data/raw" / STUDY / "wave_2.csv")
    assert after[2] == f'w02,"Wave 2, at home",2002-01-01,2002-02-28,,,,40,{sha256}\r\n'
    assert [after[n] for n in (0, 1, 3)] == [before[n] for n in (0, 1, 3)]


def test_a_hash_that_is_replaced_is_kept(root: Path) -> None:
    run(root, "wave", "accept", STUDY, "w02")
    file = root / "data/raw" / STUDY / "wave_2.csv"
    old = sha256_of(file)
    file.write_text(deposit(2) + "p99,3\n")
    run(root, "wave", "accept", STUDY, "w02", "--yes")
    assert rows(root)[0] == HEADER + ",earlier\r\n"
    assert rows(root)[2].endswith(f",41,{sha256_of(file)},{old}\r\n")
    declared = load_project(Paths(root)).studies[STUDY].waves["w02"].files[0]
    assert (declared.rows, declared.earlier) == (41, (old,))


def due(root: Path) -> set[str]:
    return set(plan_of(root).due)


@pytest.fixture
def built(root: Path) -> Path:
    for wave in ("w01", "w02", "w03"):
        run(root, "wave", "accept", STUDY, wave)
    assert not [report.message for report in build(root).values() if report.message]
    return root


def test_a_changed_row_makes_its_wave_due_alone(built: Path) -> None:
    assert by_wave(built) == {"w01": 40, "w02": 40, "w03": 40}
    assert due(built) == set()
    table = built / FOLDER / "waves.csv"
    before = table.read_text()
    table.write_text(before.replace("2002-02-28", "2002-03-28"))
    assert {name for name in due(built) if name.startswith("wave/")} == {f"wave/{STUDY}/w02"}
    table.write_text(before.replace("Wave 2, at home", "Wave 2"))
    assert not {name for name in due(built) if name.startswith("wave/")}, "a title is read by no table of a wave"
    table.write_text(before.replace("\n", "\r\n"))
    assert due(built) == set()
    table.write_text(before)
    write(built, "waves/_each.yaml", "not_asked: []\n", add=True)
    assert due(built) == set()
    write(built, "waves/_each.yaml", "variables: {trust: trust}\n", add=True)
    assert {name for name in due(built) if name.startswith("wave/")} == {f"wave/{STUDY}/w0{n}" for n in (1, 2, 3)}


@pytest.mark.thorough
def test_a_draft_is_a_further_row(built: Path) -> None:
    root = built
    before = rows(root)
    said = run(root, "wave", "draft", STUDY, str(root / "data/raw" / STUDY / "wave_4.csv"))
    assert "Added a row for w04 to lay/waves.csv" in said
    after = rows(root)
    assert after[:-1] == before
    assert after[-1].startswith("w04,Wave 4,,,")  # no date is in the file: the draft of its own says so
    assert "assumed: true" in (root / FOLDER / "waves/w04.yaml").read_text()
    assert "Add w04 to the `waves` of the arm main" in said
    about = root / FOLDER / "study.yaml"
    about.write_text(about.read_text().replace("w01 to w03", "w01 to w04"))
    run(root, "check")
    run(root, "wave", "accept", STUDY, "w04")
    assert not [report.message for report in build(root).values() if report.message]
    assert by_wave(root)["w04"] == 40


@pytest.mark.parametrize("name", ["w4", "wave4", "../../w04", "w004", "w00", "w02"])
def test_a_name_of_no_wave_is_refused_before_anything_is_written(root: Path, name: str) -> None:
    def everything() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in (root / "data/studies").rglob("*") if path.is_file()}

    before = everything()
    file = root / "data/raw" / STUDY / "wave_4.csv"
    said = run(root, "wave", "draft", STUDY, str(file), "--wave", name, fails=True)
    assert "Traceback" not in said
    assert everything() == before
    assert not (root / "w04.yaml").exists()
