"""Which column of a codebook holds the labels of codes, and scales that are labelled only at their ends."""

import shutil
from collections.abc import Sequence

import polars as pl
import pyreadstat
import pytest
from shared import ROOT
from typer.testing import CliRunner

from assets.commands.main import app
from pipeline.specs.batteries import load_items
from pipeline.specs.study import Item

STEM = "Do you agree or disagree: "
AGREE = ("Strongly disagree", "Disagree", "Neither", "Agree", "Strongly agree")
MISSING = (("-8", "Don't know"), ("-9", "Refused"))
ASKED = {
    **{f"trust{letter}": (f"{STEM}people can be trusted ({letter})", AGREE) for letter in "abc"},
    **{f"cohes{letter}": (f"{STEM}people help each other ({letter})", AGREE[::-1]) for letter in "abc"},
}


@pytest.fixture
def root(tmp_path, monkeypatch):
    (tmp_path / "data" / "studies").mkdir(parents=True)
    template = ROOT / "data" / "studies" / "_template"
    shutil.copytree(template, tmp_path / "data" / "studies" / "_template")
    shutil.copytree(template, tmp_path / "data" / "studies" / "mine")
    monkeypatch.setenv("COHESION_ROOT", str(tmp_path))
    return tmp_path


def draft(file):
    done = CliRunner().invoke(app, ["items", "draft", str(file), "--study", "mine"])
    assert done.exit_code == 0, done.output
    return done.output


def written(root):
    file = root / "data" / "studies" / "mine" / "items.yaml"
    items, source = load_items(file, file.name, Item)
    assert not source.problems
    return file.read_text(), items


def table(header: str, order: str, *, only_first: bool = False) -> str:
    """A codebook with a row for each code; ``order``: what each column holds."""
    lines = [header]
    for name, (question, labels) in ASKED.items():
        codes = [*((str(code), label) for code, label in enumerate(labels, 1)), *MISSING]
        for place, (code, label) in enumerate(codes):
            told = place == 0 or not only_first
            cells = {"v": name if told else "", "q": question if told else "", "c": code, "l": label, "m": "no"}
            lines.append(";".join(cells[one] for one in order))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("header", "order"),
    [
        ("variable;question;code;label;missing", "vqclm"),
        ("label;code;variable;question", "lcvq"),
        ("variable;label;code;text", "vqcl"),
        ("variable;text;code;question", "vlcq"),
        ("variable;question;value;text", "vqcl"),
        ("variable;question;value;value label", "vqcl"),
        ("variable;question;category;label", "vqcl"),
        ("variable;question;code;category", "vqcl"),
        ("variable;label;code;description", "vqcl"),
        ("name;question;answer;label", "vqcl"),
        ("variable;question;code;value", "vqcl"),
        ("variable;question;value;code", "vqlc"),
        ("variable;question;values;label", "vqcl"),
        ("variable;question;code;code text", "vqcl"),
        ("variable;question;response;response text", "vqcl"),
        ("variable;question;code;name", "vqcl"),
    ],
)
def test_what_differs_between_the_codes_of_a_variable_is_their_label(header, order, root, tmp_path):
    (tmp_path / "c.csv").write_text(table(header, order, only_first=len(header) % 2 == 0))
    draft(tmp_path / "c.csv")
    text, items = written(root)
    assert list(items) == list(ASKED)
    for key, (question, labels) in ASKED.items():
        assert tuple(items[key].codes.values()) == labels
        assert items[key].wording == question
        assert items[key].label == question.removeprefix(STEM)
    assert items["trusta"].battery != items["cohesa"].battery, "keyed the other way round"
    said = text + (root / "data" / "studies" / "mine" / "study.yaml").read_text()
    assert all(f"-{code}: {why}" in said for code, why in ((8, "dont_know"), (9, "refused")))


def test_one_column_holds_labels_of_variables_and_of_codes(root, tmp_path):
    rows = [f"trusta;;Can people be trusted?\n{_lines('trusta')}", f"trustb;;Do people help?\n{_lines('trustb')}"]
    (tmp_path / "c.csv").write_text("variable;code;label\n" + "\n".join(rows) + "\n")
    draft(tmp_path / "c.csv")
    items = written(root)[1]
    assert items["trusta"].wording == "Can people be trusted?"
    assert items["trustb"].codes == {"1": "Never", "2": "Often", "3": "Always"}


def _lines(name: str) -> str:
    return "\n".join(f"{name};{code};{label}" for code, label in enumerate(("Never", "Often", "Always"), 1))


def test_the_label_of_the_variable_in_each_row_stays_its_label(root, tmp_path):
    rows = [f"trusta;Trust;Can people be trusted?;{code};{label}" for code, label in (("1", "Never"), ("2", "Often"))]
    (tmp_path / "c.csv").write_text("variable;label;question;code;value label\n" + "\n".join(rows) + "\n")
    draft(tmp_path / "c.csv")
    item = written(root)[1]["trusta"]
    assert (item.label, item.wording, item.codes) == ("Trust", "Can people be trusted?", {"1": "Never", "2": "Often"})


def test_codes_without_any_label_are_marked(root, tmp_path):
    (tmp_path / "c.csv").write_text("variable;question;code\n" + "".join(f"q;Why?;{code}\n" for code in (1, 2, 3)))
    assert "1 lines are marked CHECK" in draft(tmp_path / "c.csv")
    assert "CHECK: no code has a label" in written(root)[0]


def test_a_second_draft_says_how_to_begin_anew(root, tmp_path):
    (tmp_path / "c.csv").write_text("variable;question;code;label\nq;Why?;1;Yes\nq;Why?;2;No\n")
    draft(tmp_path / "c.csv")
    (tmp_path / "c.csv").write_text("variable;question;code;label\nq;Why?;1;Yes\nq;Why?;2;Never\n")
    said = draft(tmp_path / "c.csv")
    assert "code 2 is “Never” there, “No” here" in said
    assert "To draft an entry anew, delete it from mine/items.yaml and run the command again" in said
    items = root / "data" / "studies" / "mine" / "items.yaml"
    items.write_text("")
    draft(tmp_path / "c.csv")
    assert written(root)[1]["q"].codes == {"1": "Yes", "2": "Never"}


ENDS = {"0": "Not at all", "10": "Completely"}


def of_the_codebook(folder, codes: Sequence[str]) -> None:
    rows = [f"inst{letter};How much ({letter})?;{code};{ENDS.get(code, '')}" for letter in "abc" for code in codes]
    (folder / "c.csv").write_text("variable;question;code;label\n" + "\n".join(rows) + "\n")


@pytest.mark.parametrize("codes", [["0", "10"], [str(code) for code in range(11)]], ids=["ends", "all-codes"])
def test_a_scale_labelled_at_its_ends_is_a_number_with_its_ends(codes, root, tmp_path):
    of_the_codebook(tmp_path, codes)
    said = draft(tmp_path / "c.csv")
    text, items = written(root)
    assert (items["insta"].kind, items["insta"].range) == ("number", (0, 10))
    assert items["insta"].value_labels == ENDS
    assert "CHECK: only 0 and 10 have labels, taken as the ends of a scale" in text
    assert "marked CHECK" in said


def test_a_short_scale_labelled_at_its_ends_has_the_codes_between(root, tmp_path):
    rows = "q;How often?;1;Never\nq;How often?;5;Always\nown;Do you own it?;1;Yes\nown;Do you own it?;5;No\n"
    (tmp_path / "c.csv").write_text("variable;question;code;label\n" + rows)
    draft(tmp_path / "c.csv")
    text, items = written(root)
    assert items["q"].codes == {"1": "Never", "2": "2", "3": "3", "4": "4", "5": "Always"}
    assert "CHECK: only 1 and 5 have labels; nominal, if there are no codes between them" in text
    assert (items["own"].kind, items["own"].codes) == ("nominal", {"1": "Yes", "5": "No"})


def test_a_range_with_two_labels_is_a_scale(root, tmp_path):
    (tmp_path / "c.csv").write_text("variable;question;values;min;max\nq;How warm?;0=Cold|100=Warm;0;100\n")
    draft(tmp_path / "c.csv")
    item = written(root)[1]["q"]
    assert (item.kind, item.range, item.value_labels) == ("number", (0, 100), {"0": "Cold", "100": "Warm"})


def test_an_amount_with_two_labels_is_never_listed_number_by_number(root, tmp_path):
    rows = "variable;question;values;min;max\nq;How much?;0=Nothing|1000000000000=All;0;1000000000000\n"
    (tmp_path / "c.csv").write_text(rows)
    draft(tmp_path / "c.csv")
    item = written(root)[1]["q"]
    assert (item.kind, item.range) == ("number", (0, 10**12))


def test_labels_of_ends_in_a_data_file_are_kept(root, tmp_path):
    answers = pl.DataFrame({"id": [f"P{n}" for n in range(60)], "insta": [float(1 + n % 9) for n in range(60)]})
    labels = {"insta": {0.0: "Not at all", 10.0: "Completely"}}
    pyreadstat.write_dta(answers, tmp_path / "d.dta", variable_value_labels=labels)
    draft(tmp_path / "d.dta")
    item = written(root)[1]["insta"]
    assert (item.kind, item.range, item.value_labels) == ("number", (0, 10), ENDS)


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"kind": "number", "range": (0, 10), "value_labels": {"11": "More"}}, "within the `range`"),
        ({"codes": {"1": "Yes"}, "value_labels": {"1": "Yes"}}, "is for `kind: number`"),
    ],
)
def test_value_labels_are_of_values_of_a_number(said, wrong):
    with pytest.raises(ValueError, match=wrong):
        Item(label="Trust", wording="How much?", **said)


@pytest.mark.parametrize(
    ("labels", "hinted"), [(AGREE, False), (AGREE[::-1], True), (("Always", "Often", "Never"), True)]
)
def test_a_scale_that_runs_from_much_to_little_gets_a_hint_at_reverse(labels, hinted, root, tmp_path):
    rows = "".join(f"q;How?;{code};{label}\n" for code, label in enumerate(labels, 1))
    (tmp_path / "c.csv").write_text("variable;question;code;label\n" + rows)
    draft(tmp_path / "c.csv")
    assert ("say `reverse: true` if more of it is to be a higher value" in written(root)[0]) == hinted
