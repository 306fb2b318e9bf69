"""The same questions from each kind of codebook, as entries of items.yaml; nothing that is there is overwritten."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pyreadstat
import pytest
import xlsxwriter
from shared import ROOT
from typer.testing import CliRunner

from assets.commands.main import app
from pipeline.specs.batteries import load_items
from pipeline.specs.codebooks import CODEBOOKS
from pipeline.specs.study import Item

STEM = "How much do you trust the following?"
ROWS = {"trust_1": "The police", "trust_2": "The courts", "trust_3": "Your neighbours"}
TRUST = {"1": "Not at all", "2": "A little", "3": "A lot", "8": "Don't know", "9": "Refused"}
VOTED = {"1": "Yes", "2": "No", "-1": "Filtro"}
FILTER = "Asked of citizens"


def labelled(file: Path) -> None:
    """A data file: labels stand for the wording, and there is no routing."""
    answers = pl.DataFrame(
        {
            "serial": [f"P{number}" for number in range(60)],
            **{name: [float(code) for code in TRUST] * 12 for name in ROWS},
            "voted": [1.0, 2.0, -1.0] * 20,
            "age": [float(20 + number // 2) for number in range(60)],
        }
    )
    pyreadstat.write_sav(
        answers,
        file,
        column_labels={
            **{name: f"{STEM} - {row}" for name, row in ROWS.items()},
            "voted": "Did you vote?",
            "age": "Your age",
        },
        variable_value_labels={
            **{name: {float(code): label for code, label in TRUST.items()} for name in ROWS},
            "voted": {float(code): label for code, label in VOTED.items()},
        },
    )


def one_row_a_variable(file: Path) -> None:
    trust = "; ".join(f"{code}={label}" for code, label in TRUST.items())
    voted = "; ".join(f"{code}={label}" for code, label in VOTED.items())
    rows = [
        *({"Variable Name": name, "Question text": row, "Question stem": STEM, "Battery": "trust", "Values": trust}
          for name, row in ROWS.items()),
        {"Variable Name": "voted", "Question text": "Did you vote?", "Values": voted, "Filter": FILTER},
        {"Variable Name": "age", "Question text": "Your age", "Type": "numeric", "Min": "16", "Max": "110"},
        {"Variable Name": "serial", "Question text": "Serial number", "Type": "string"},
    ]  # fmt: skip
    pl.DataFrame(rows, infer_schema_length=None).write_csv(file)


def one_row_a_code(file: Path) -> None:
    """An Excel sheet, in Spanish, with the variable named in the first of its rows alone."""
    rows: list[dict[str, Any]] = []
    for name, row in ROWS.items():
        said = {"Variable": name, "Enunciado general": STEM, "Pregunta": row, "Batería": "trust"}
        rows += [
            {**(said if code == "1" else {}), "Código": code, "Etiqueta de valor": label}
            for code, label in TRUST.items()
        ]
    asked = {"Variable": "voted", "Pregunta": "Did you vote?", "Filtro": FILTER}
    rows += [
        {**(asked if code == "1" else {}), "Código": code, "Etiqueta de valor": label} for code, label in VOTED.items()
    ]
    rows.append({"Variable": "age", "Pregunta": "Your age", "Rango": "16-110"})
    rows.append({"Variable": "serial", "Pregunta": "Serial number", "Tipo": "texto"})
    pl.DataFrame(rows, infer_schema_length=None).write_excel(file)


def ddi(file: Path) -> None:
    def categories(labels: Mapping[str, str]) -> str:
        return "".join(
            f"<catgry{' missing=' + chr(34) + 'Y' + chr(34) if code in ('8', '9', '-1') else ''}>"
            f'<catValu>{code}</catValu><labl>{label}</labl><catStat type="freq">12</catStat></catgry>'
            for code, label in labels.items()
        )

    variables = "".join(
        f'<var ID="V{number}" name="{name}" intrvl="discrete"><labl>{row}</labl>'
        f"<qstn><qstnLit>{row}</qstnLit></qstn>{categories(TRUST)}</var>"
        for number, (name, row) in enumerate(ROWS.items())
    )
    file.write_text(
        '<?xml version="1.0" encoding="UTF-8"?><codeBook xmlns="ddi:codebook:2_5"><dataDscr>'
        f'<varGrp ID="G1" name="trust" type="grid" var="V0 V1 V2"><labl>Trust</labl><qstn>{STEM}</qstn></varGrp>'
        f"{variables}"
        f'<var ID="V8" name="voted"><qstn><qstnLit>Did you vote?</qstnLit></qstn><universe>{FILTER}</universe>'
        f"{categories(VOTED)}</var>"
        '<var ID="V9" name="age" intrvl="contin"><qstn><qstnLit>Your age</qstnLit></qstn>'
        '<valrng><range min="16" max="110"/></valrng></var>'
        '<var ID="V10" name="serial"><labl>Serial</labl><varFormat type="character"/></var>'
        "</dataDscr></codeBook>"
    )


def question(name: str, kind: str, text: str, **more: Any) -> dict[str, Any]:
    tag = more.pop("tag", name)
    payload = {"QuestionID": name, "DataExportTag": tag, "QuestionType": kind, "QuestionText": text, **more}
    return {"Element": "SQ", "PrimaryAttribute": name, "Payload": payload}


def qsf(file: Path) -> None:
    shown = {str(place): {"Display": label} for place, label in enumerate(TRUST.values(), 1)}
    recoded = dict(zip(shown, TRUST, strict=True))
    logic = {
        "0": {"0": {"Description": f"<span>{FILTER}</span>", "LogicType": "Question"}, "Type": "If"},
        "Type": "BooleanExpression",
    }
    elements = [
        {"Element": "BL", "Payload": [
            {"Type": "Trash", "BlockElements": [{"Type": "Question", "QuestionID": "QID9"}]},
            {"Type": "Default", "BlockElements": [{"Type": "Question", "QuestionID": f"QID{k}"} for k in range(1, 6)]},
        ]},
        question("QID2", "MC", "Did you&nbsp;vote?", tag="voted", Selector="SAVR", DisplayLogic=logic,
                 Choices={"1": {"Display": "Yes"}, "2": {"Display": "No"}, "3": {"Display": "Filtro"}},
                 ChoiceOrder=[1, 2, 3], RecodeValues={"1": "1", "2": "2", "3": "-1"}),
        question("QID1", "Matrix", f"<b>{STEM}</b>", tag="trust", Selector="Likert", SubSelector="SingleAnswer",
                 Choices={str(place): {"Display": row} for place, row in enumerate(ROWS.values(), 1)},
                 ChoiceOrder=["1", "2", "3"], Answers=shown, AnswerOrder=list(shown), RecodeValues=recoded),
        question("QID3", "TE", "Your age", tag="age", Selector="SL",
                 Validation={"Settings": {"ContentType": "ValidNumber", "ValidNumber": {"Min": "16", "Max": "110"}}}),
        question("QID4", "TE", "Serial number", tag="serial", Selector="SL"),
        question("QID5", "DB", "Thank you!"),
        question("QID9", "MC", "Thrown away", tag="gone", Choices={"1": {"Display": "x"}}),
    ]  # fmt: skip
    file.write_text(json.dumps({"SurveyEntry": {"SurveyID": "SV_1"}, "SurveyElements": elements}))


SOURCES: dict[str, Callable[[Path], None]] = {
    "data.sav": labelled,
    "codebook.csv": one_row_a_variable,
    "codebook.xlsx": one_row_a_code,
    "ddi.xml": ddi,
    "questionnaire.qsf": qsf,
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with one study, which is still the template."""
    for name in ("_template", "mine"):
        shutil.copytree(ROOT / "data" / "studies" / "_template", tmp_path / "data" / "studies" / name)
    shutil.copy(ROOT / "data" / "concepts.yaml", tmp_path / "data")
    monkeypatch.setenv("COHESION_ROOT", str(tmp_path))
    return tmp_path


def draft(file: Path, fails: bool = False) -> str:
    found = CliRunner().invoke(app, ["items", "draft", str(file)])
    assert found.exit_code == int(fails), found.output
    assert "Traceback" not in found.output
    return found.output


def written(root: Path) -> tuple[str, dict[str, Item]]:
    file = root / "data" / "studies" / "mine" / "items.yaml"
    items, source = load_items(file, "items.yaml", Item)
    assert source.problems == []
    return file.read_text(), items


def test_every_kind_of_codebook_is_tried_here():
    suffixes = {Path(name).suffix for name in SOURCES}
    assert all(suffixes & {*record.suffixes} for record in CODEBOOKS.values())


@pytest.mark.parametrize("name", SOURCES)
def test_the_same_questions_from_each_kind(name, root, tmp_path):
    SOURCES[name](tmp_path / name)
    said = draft(tmp_path / name)
    text, items = written(root)
    assert list(items) == [*ROWS, "voted", "age"]
    for key, row in ROWS.items():
        item = items[key]
        assert (item.label, item.wording, item.kind) == (row, f"{STEM} {row}", "ordinal")
        assert item.codes == {"1": "Not at all", "2": "A little", "3": "A lot"}
        assert item.missing == {"8": "dont_know", "9": "refused"}
    assert items["voted"].codes == {"1": "Yes", "2": "No"}
    assert items["age"].kind == "number"
    assert text.count("Not at all") == 1, "a scale is written once"
    assert "PROPOSED" in text
    assert "1 variables became no item" in said
    assert "#   serial" in text
    if name != "data.sav":
        assert (items["voted"].routing, items["age"].range) == (FILTER, (16, 110))
        assert not items["voted"].assumed, "a questionnaire is no assumption"
    assert items["voted"].missing == {}, "-1 is a missing code of study.yaml"
    again = draft(tmp_path / name)
    assert "nothing was written" in again
    assert "5 are there already and were left as they are, and agree." in again
    assert written(root)[0] == text


@pytest.mark.parametrize("name", SOURCES)
def test_what_a_person_wrote_is_left_and_differences_are_reported(name, root, tmp_path):
    file = root / "data" / "studies" / "mine" / "items.yaml"
    own = (
        "# mine\nconfidence:   # in the police\n  label: Police\n  wording: Do you trust the police?\n"
        "  variable: trust_1\n"
        "  codes: {1: Not at all, 2: Somewhat, 3: A lot, 4: Fully}\n  missing: {8: refused}\n"
    )
    file.write_text(own)
    SOURCES[name](tmp_path / name)
    said = draft(tmp_path / name)
    text, items = written(root)
    assert text.startswith(own)
    assert list(items) == ["confidence", "trust_2", "trust_3", "voted", "age"]
    for told in (
        "1 are there already and were left as they are; 5 differences:",
        f"`confidence`: the wording there is “{STEM}",
        "`confidence`: code 2 is “A little” there, “Somewhat” here",
        "`confidence`: code 4 (“Fully”) is not there",
        "`confidence`: missing code 8 looks like dont_know there, and is refused here",
        "`confidence`: code 9 looks like a missing code (refused) there, and is none here",
    ):
        assert told in said


def test_what_the_source_does_not_say_is_marked(root, tmp_path):
    (tmp_path / "c.csv").write_text(
        "variable,label,values\nregion,Region,1=North; 2=South; 3=East\nincome,Income,\nnotes,Notes,see annex\n"
    )
    said = draft(tmp_path / "c.csv")
    text, items = written(root)
    assert list(items) == ["region"]
    assert "kind: ordinal  # CHECK: nominal, if the codes are names without an order" in text
    assert "1 lines are marked CHECK" in said
    assert "#   income: Income" in text
    assert "no codes and no range are given" in text
    assert "its codes could not be read (see annex)" in text
    assert items["region"].assumed, "a label is not the questionnaire"


@pytest.mark.parametrize(
    ("cell", "codes", "missing"),
    [
        ("1=Yes; 2=No; 99=Refused", "1 2", {"99": "refused"}),
        ("1, Yes | 2, No | 9, Don't know", "1 2", {"9": "dont_know"}),
        ("1: Yes, surely, 2: No, never", "1 2", {}),
        ('"1 = Yes\n2 = No\n-7 = No sabe"', "1 2", {"-7": "dont_know"}),
        ("{1: 'Yes', 2: 'No'}", "1 2", {}),
        ("(1) Yes; (2) No", "1 2", {}),
        ("1 - Yes / 2 - No", "1 2", {}),
        ("1 Yes; 2 No; 7 Keine Angabe", "1 2", {"7": "no_answer"}),
        ("0=None; 1=Some; 2=All", "0 1 2", {}),
    ],
)
def test_codes_in_one_cell(cell, codes, missing, root, tmp_path):
    quoted = cell if cell.startswith('"') else f'"{cell}"'
    (tmp_path / "c.csv").write_text(f"name;question;response options\nq1;Really?;{quoted}\n")
    draft(tmp_path / "c.csv")
    item = written(root)[1]["q1"]
    assert (" ".join(item.codes), item.missing) == (codes, missing)


@pytest.mark.parametrize(
    ("cell", "missing"),
    [
        ("8, 9", {"8": "no_answer", "9": "no_answer"}),
        ("8 to 9", {"8": "no_answer", "9": "no_answer"}),
        ("8=Refused; 9=Don't know", {"8": "refused", "9": "dont_know"}),
        ("-5", {"-5": "no_answer"}),
    ],
)
def test_missing_codes_in_a_column_of_their_own(cell, missing, root, tmp_path):
    (tmp_path / "c.csv").write_text(
        f'variable,question,values,missing values\nq1,Really?,1=Yes; 2=No; 8=Other; 9=None,"{cell}"\n'
    )
    draft(tmp_path / "c.csv")
    item = written(root)[1]["q1"]
    assert item.missing == missing
    assert set(item.codes) == {"1", "2", "8", "9"} - missing.keys()


def test_a_redcap_dictionary(root, tmp_path):
    (tmp_path / "redcap.csv").write_text(
        '"Variable / Field Name","Form Name","Section Header","Field Type","Field Label",'
        '"Choices, Calculations, OR Slider Labels","Text Validation Min","Text Validation Max",'
        '"Branching Logic (Show field only if...)","Matrix Group Name"\n'
        f'm1,f,{STEM},radio,The police,"1, Not at all | 2, A lot",,,,m\n'
        'm2,f,,radio,The courts,"1, Not at all | 2, A lot",,,,m\n'
        "age,f,,text,Your age,,16,110,,\n"
        "born,f,,yesno,Born here?,,,,[age] > 18,\n"
        'news,f,,checkbox,Which papers?,"1, Times | 2, Sun",,,,\n'
        "remark,f,,notes,Anything else?,,,,,\n"
    )
    draft(tmp_path / "redcap.csv")
    text, items = written(root)
    assert list(items) == ["m1", "m2", "age", "born", "news_1", "news_2"]
    assert items["news_2"].variable == "news___2"
    assert items["news_2"].wording == "Which papers? Sun"
    assert (items["age"].range, items["born"].routing) == ((16, 110), "[age] > 18")
    assert items["born"].codes == {"0": "No", "1": "Yes"}
    assert text.count("Not at all") == 1


def test_a_workbook_with_variables_and_values_on_two_sheets(root, tmp_path):
    with xlsxwriter.Workbook(tmp_path / "c.xlsx") as book:
        book.add_worksheet("Read me").write(0, 0, "This is the codebook of the survey")
        variables, values = book.add_worksheet("Variables"), book.add_worksheet("Values")
        for place, row in enumerate([("Variable", "Question"), ("q1", "Do you trust?"), ("q2", "Did you vote?")]):
            variables.write_row(place, 0, row)
        codes = [("q1", 1, "Never"), ("q1", 2, "Often"), ("q1", 9, "Refused"), ("q2", 1, "Yes"), ("q2", 2, "No")]
        for place, row in enumerate([("Variable", "Code", "Value label"), *codes]):
            values.write_row(place, 0, row)
    draft(tmp_path / "c.xlsx")
    items = written(root)[1]
    assert (items["q1"].wording, items["q1"].codes) == ("Do you trust?", {"1": "Never", "2": "Often"})
    assert (items["q1"].missing, items["q2"].codes) == ({"9": "refused"}, {"1": "Yes", "2": "No"})
