"""Values are written into YAML files without a change to any other line."""

from pathlib import Path

import pytest

from pipeline.errors import CohesionError
from pipeline.ingest.arrival.confirm import add_wave, confirm

HASH, OTHER = "a" * 64, "b" * 64
RECEIPT = {"sha256": HASH, "rows": 12}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "title: One  # a remark\nfiles:\n  - arm: main\n    file: 'w 1.sav'   # sent by post\n    format: sav\n",
            f"title: One  # a remark\nfiles:\n  - arm: main\n    file: 'w 1.sav'   # sent by post\n"
            f"    sha256: {HASH}\n    rows: 12\n    format: sav\n",
        ),
        (
            "files:\n- {arm: main,  file: w1.sav, format: sav}   # as delivered\n",
            f"files:\n- {{arm: main,  sha256: {HASH}, rows: 12, file: w1.sav, format: sav}}   # as delivered\n",
        ),
        (
            f'files:\n  - file: w1.sav\n    rows: 3  # until the second batch\n    sha256: "{OTHER}"\n',
            f"files:\n  - file: w1.sav\n    earlier: [{OTHER}]\n"
            f"    rows: 12  # until the second batch\n    sha256: {HASH}\n",
        ),
        (
            f"files: [{{file: w1.sav,\n         sha256: {OTHER}}}]",
            f"files: [{{rows: 12, earlier: [{OTHER}], file: w1.sav,\n         sha256: {HASH}}}]",
        ),
        (
            "files:\n  - format: sav\n    file: w1.sav",
            f"files:\n  - format: sav\n    file: w1.sav\n    sha256: {HASH}\n    rows: 12\n",
        ),
        (
            "files:\r\n  - file: w1.sav\r\n    rows:\r\n",
            f"files:\r\n  - file: w1.sav\r\n    sha256: {HASH}\r\n    rows: 12\r\n",
        ),
    ],
    ids=["block", "flow", "replaced", "flow-over-two-lines", "no-line-break-at-the-end", "windows-line-ends"],
)
def test_a_receipt_is_written_beside_the_file(before: str, after: str, tmp_path: Path) -> None:
    path = tmp_path / "w01.yaml"
    path.write_bytes(before.encode())
    confirm(path, [RECEIPT])
    assert path.read_bytes().decode() == after
    confirm(path, [RECEIPT])
    assert path.read_bytes().decode() == after


def test_several_files_are_confirmed_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "w01.yaml"
    path.write_text("files:\n  - {file: a.sav}\n  - file: b.sav\n")
    confirm(path, [RECEIPT, {"sha256": OTHER, "rows": 7}])
    assert path.read_text() == (
        f"files:\n  - {{sha256: {HASH}, rows: 12, file: a.sav}}\n  - file: b.sav\n    sha256: {OTHER}\n    rows: 7\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "shared: &one {file: w1.sav}\nfiles:\n  - *one\n",
        "files:\n  - file: w1.sav\n    sha256: [1]\n",
        "files: {}\n",
        "files: [\n",
    ],
    ids=["alias", "list-for-a-hash", "no-list", "no-yaml"],
)
def test_what_cannot_be_edited_is_refused_and_left_as_it_is(text: str, tmp_path: Path) -> None:
    path = tmp_path / "w01.yaml"
    path.write_text(text)
    with pytest.raises(CohesionError, match=r"w01\.yaml: cannot be edited .* Nothing was changed"):
        confirm(path, [RECEIPT])
    assert path.read_text() == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("arms:\n  main: {title: M, waves: [w01, w02]}\n", "arms:\n  main: {title: M, waves: [w01, w02, w03]}\n"),
        (
            "arms:\n  other: {waves: [w01]}\n  main:\n    waves: [w01,\n            w02]  # yearly\n",
            "arms:\n  other: {waves: [w01]}\n  main:\n    waves: [w01,\n            w02, w03]  # yearly\n",
        ),
        (
            "arms:\n  main:\n    waves:\n      - w01\n      - w02  # 2018\n    title: M\n",
            "arms:\n  main:\n    waves:\n      - w01\n      - w02  # 2018\n      - w03\n    title: M\n",
        ),
        ("arms: {main: {waves: [w03]}}\n", "arms: {main: {waves: [w03]}}\n"),
    ],
    ids=["one-line", "two-lines", "one-line-each", "listed-already"],
)
def test_a_wave_is_listed_among_those_of_its_arm(before: str, after: str, tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(before)
    assert add_wave(path, "main", "w03")
    assert path.read_text() == after


@pytest.mark.parametrize("text", ["arms: {main: {title: M}}\n", "waves: &w [w01]\narms: {main: {waves: *w}}\n"])
def test_a_wave_that_cannot_be_listed_is_left_to_a_person(text: str, tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(text)
    assert not add_wave(path, "main", "w03")
    assert path.read_text() == text
