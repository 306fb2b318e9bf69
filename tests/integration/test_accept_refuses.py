"""What the next build would refuse is refused when a wave is accepted; what is not there stays open in a draft."""

import polars as pl
import pytest
from layout_study import STUDY, declare_waves, make_root, run, write

LONG = "files: [{{arm: main, file: panel, rows: {{wave: {number}}}}}]\n"
SOURCE = "sources:\n  panel: {{file: long.csv, format: csv}}\n"


def panel(last: int = 3, columns=("id", "wave", "trust")) -> str:
    rows = [(f"P{person}", wave, 1 + (person * 7 + wave) % 5) for wave in range(1, last + 1) for person in range(30)]
    frame = pl.DataFrame(rows, schema=["id", "wave", "trust"], orient="row")
    return frame.rename(dict(zip(frame.columns, columns, strict=True))).write_csv()


def study(tmp_path, text: str):
    root = make_root(tmp_path, {"long.csv": text})
    write(root, "study.yaml", SOURCE.format(), add=True)
    declare_waves(root, {number: LONG.format(number=number) for number in (1, 2, 3)})
    return root


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (panel(4), "4"),
        (panel(columns=("pid", "wave", "trust")), "has no variable `id`; the closest name in the file is `pid`"),
        (panel(columns=("id", "wave", "faith")), "`trust`"),
    ],
    ids=["a-row-of-no-wave", "no-id", "an-absent-column"],
)
def test_accept_says_what_the_build_would(tmp_path, text, message):
    said = run(study(tmp_path, text), "wave", "accept", STUDY, "w01", "--yes", fails=True)
    assert message in said
    assert "✓" not in said
    assert "or `none`" not in said
    assert "`none` if a wave has no such column" not in said


def test_a_sound_file_is_accepted(tmp_path):
    assert "✓ long.csv" in run(study(tmp_path, panel()), "wave", "accept", STUDY, "w01", "--yes")


def test_a_renamed_column_without_a_label_is_left_open(tmp_path):
    root = make_root(tmp_path, {}, waves=1)
    trust = "trust: {label: Trust, wording: Trust, codes: {1: a, 2: b, 3: c, 4: d, 5: e}}\n"
    votes = "votes: {label: Votes, wording: Votes, codes: {0: no, 7: yes}}\n"
    write(root, "items.yaml", trust + votes)
    rows = [(f"P{1000 + person}", 1 + (person * 7) % 5) for person in range(60)]
    file = root / "data/raw" / STUDY / "next.csv"
    pl.DataFrame(rows, schema=["id", "zzz"], orient="row").write_csv(file)
    declare_waves(root, {1: "files: [{arm: main, file: w1.csv, format: csv}]\n"})
    said = run(root, "wave", "draft", STUDY, str(file))
    text = (root / "data/studies" / STUDY / "waves/w02.yaml").read_text()
    assert '# trust: "zzz"  # no variable like `trust`; its codes are those of zzz, which nothing reads' in text
    assert "- votes  # no variable like `votes`" in text
    assert "- trust" not in text
    assert "1 item is declared as not asked" in said
    assert "1 item is perhaps there under another name" in said


def test_messages_say_in_which_folder(tmp_path):
    root = make_root(tmp_path, {})
    assert f"there is no such file in {tmp_path}" in run(
        root, "items", "draft", str(tmp_path / "no.xlsx"), "--study", STUDY, fails=True
    )
    said = run(root, "wave", "draft", "layy", str(tmp_path / "no.csv"), fails=True)
    assert f"there is no study `layy` in {tmp_path / 'data' / 'studies'}" in said.replace("\n", "")
