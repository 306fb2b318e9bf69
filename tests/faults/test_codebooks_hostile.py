"""Codebooks that are broken, hostile, or say the same thing twice: one message, nothing written, nothing run."""

import json
import shutil
from pathlib import Path

import polars as pl
import pyreadstat
import pytest
from shared import ROOT
from typer.testing import CliRunner

from assets.commands.main import app
from pipeline.ingest.codebooks import bounds
from pipeline.specs.batteries import load_items
from pipeline.specs.study import Item


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("_template", "mine"):
        shutil.copytree(ROOT / "data" / "studies" / "_template", tmp_path / "data" / "studies" / name)
    shutil.copy(ROOT / "data" / "concepts.yaml", tmp_path / "data")
    monkeypatch.setenv("COHESION_ROOT", str(tmp_path))
    return tmp_path


def items_file(root: Path) -> Path:
    return root / "data" / "studies" / "mine" / "items.yaml"


def refused(root: Path, name: str, content: str | bytes) -> str:
    """What is said of a file from which nothing is drafted."""
    before = {file: file.read_bytes() for file in (root / "data").rglob("*") if file.is_file()}
    file = root / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    found = CliRunner().invoke(app, ["items", "draft", str(file)])
    assert found.exit_code == 1, found.output
    assert "Traceback" not in found.output
    assert {file: file.read_bytes() for file in (root / "data").rglob("*") if file.is_file()} == before
    return found.output


def var(name: str, *codes: str, more: str = "") -> str:
    categories = "".join(
        f"<catgry><catValu>{code}</catValu><labl>L{place}</labl></catgry>" for place, code in enumerate(codes)
    )
    return f'<var name="{name}"><labl>{name}</labl>{more}{categories}</var>'


def codebook(*variables: str) -> str:
    return f"<codeBook><dataDscr>{''.join(variables)}</dataDscr></codeBook>"


def survey(recode: dict[str, str]) -> str:
    payload = {
        "QuestionID": "QID1", "DataExportTag": "q1", "QuestionType": "MC", "Selector": "SAVR", "QuestionText": "Q?",
        "Choices": {"1": {"Display": "Yes"}, "2": {"Display": "No"}}, "RecodeValues": recode,
    }  # fmt: skip
    return json.dumps({"SurveyElements": [{"Element": "SQ", "Payload": payload}]})


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("c.csv", "variable,question,values\nq1,Q?,1=Yes; 2=No; 2=Never\n", "`q1` gives code 2 (“No” and “Never”)"),
        ("c.csv", "variable,question,values\nq1,Q?,1=Yes; 1.0=No\n", "`q1` gives code 1.0 (“Yes” and “No”)"),
        ("c.csv", "variable,question,values\nq1,Q?,1=Yes; 01=No\n", "`q1` gives code 01 (“Yes” and “No”)"),
        (
            "c.csv",
            "variable,question,code,value label\nq1,Q?,1,Yes\n,,2,No\n,,2,Never\nq2,R?,1,Yes\n,,1,Yes\n",
            "`q1` gives code 2 (“No” and “Never”)\n  `q2` gives code 1",
        ),
        ("c.csv", "variable,question,values\nq1,Q?,1=Yes; 2=No\nQ1,R?,1=Yes; 2=No\n", "`q1` is described 2"),
        ("d.xml", codebook(var("q1", "1", "2", "2")), "`q1` gives code 2 (“L1” and “L2”)"),
        ("d.xml", codebook(var("q1", "1"), var("q2", "1"), var("q1", "1")), "the variable `q1` is described 2 times"),
        ("q.qsf", survey({"1": "1", "2": "1"}), "`q1` gives code 1 (“Yes” and “No”)"),
    ],
)  # fmt: skip
def test_what_is_described_twice_is_one_message(root, name, content, said):
    found = refused(root, name, content)
    assert said in found
    assert found.count("Nothing was written") == 1


BOMB = "".join(f'<!ENTITY a{level} "{f"&a{level - 1};" * 10}">' for level in range(1, 9))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("d.xml", f'<!DOCTYPE x [<!ENTITY a0 "ha">{BOMB}]><codeBook>&a8;</codeBook>', "declares entities"),
        (
            "d.xml",
            '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><codeBook>&e;</codeBook>',
            "declares entities",
        ),
        ("d.xml", '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd"> %p;]><codeBook/>', "declares entities"),
        ("d.xml", "<codeBook>" + "<a>" * 5_000 + "</a>" * 5_000 + "</codeBook>", "within each other"),
        ("d.xml", codebook(var("q1", "1"))[:-20], "is not XML, or only part of it (line 1)"),
        ("d.xml", codebook(), "describes no variable"),
        ("d.xml", "<ddi:FragmentInstance xmlns:ddi='ddi:instance:3_3'/>", "is DDI Lifecycle, or no DDI at all"),
        ("d.xml", "", "is empty"),
        ("d.xml", b"\xff\xfe\x00\x01", "is not XML"),
        ("d.xml", "<?xml version='1.0' encoding='x-none'?><codeBook/>", "is not XML"),
        ("q.qsf", "[" * 100_000, "is not JSON"),
        ("q.qsf", survey({})[:-5], "is not JSON"),
        ("q.qsf", '{"a": 1}', "is no Qualtrics questionnaire"),
        ("q.qsf", "[1, 2]", "is no Qualtrics questionnaire"),
        ("q.qsf", "1" * 10_000, "is n"),
        ("c.csv", "id,q1,q2\n1,2,3\n2,3,4\n", "is no codebook: no column names variables"),
        ("c.csv", "variable,weight\nq1,2\n", "is no codebook"),
        ("c.csv", "", "c.csv"),
        ("c.xlsx", b"PK\x03\x04 not a workbook", "c.xlsx"),
        ("data.sav", b"$FL2 cut off", "data.sav"),
        ("c.parquet", b"PAR1", "items cannot be drafted from a file of this kind"),
        ("notes.pdf", b"%PDF", "Possible are .sav, .zsav, .dta"),
    ],
)
def test_a_broken_or_hostile_file_is_one_message(root, name, content, said):
    found = refused(root, name, content)
    assert said in found
    assert len(found.strip().splitlines()) == 1


def test_a_codebook_that_is_too_large_is_refused_before_it_is_read(root, monkeypatch):
    monkeypatch.setattr(bounds, "MOST_BYTES", 100)
    for name in ("d.xml", "q.qsf", "c.csv"):
        assert "MB is read" in refused(root, name, "x" * 101)


def test_a_doctype_without_entities_is_read(root):
    file = root / "old.xml"
    file.write_text('<!DOCTYPE codeBook SYSTEM "http://127.0.0.1:9/v.dtd">' + codebook(var("q1", "1", "2")))
    found = CliRunner().invoke(app, ["items", "draft", str(file)])
    assert found.exit_code == 0, found.output


HOSTILE = [
    'x"}\nevil: {label: y, wording: z, codes: {1: a}}\n#',
    "*alias &anchor !!python/object/apply:os.system [id] %TAG",
    "| block\n  - and: more",
    "{{ 7 * 7 }} ${env:HOME} <script>alert(1)</script>",
    "# comment\r\nassumed: false\u2028next\u0085line\u202eturned\x07bell",
    "'--- ...': ? complex",
    "\ud800 half a sign",
]


def hostile_table(file: Path, text: str) -> None:
    cell = text.encode("utf-8", "replace").decode().replace('"', '""').replace("=", "")
    file.write_bytes(
        f'variable,question,filter,code,value label\n"q1","{cell}","{cell}",1,"{cell}"\n,,,2,"No"\n'.encode()
    )


def hostile_ddi(file: Path, text: str) -> None:
    signs = (
        sign if sign in "\r\n" or (sign.isprintable() and not 0xD800 <= ord(sign) < 0xE000) else " " for sign in text
    )
    safe = "".join(signs).replace("&", "&amp;").replace("<", "&lt;")
    labels = f"<catgry><catValu>1</catValu><labl>{safe}</labl></catgry><catgry><catValu>2</catValu></catgry>"
    file.write_text(
        codebook(f'<var name="q1"><qstn><qstnLit>{safe}</qstnLit></qstn><universe>{safe}</universe>{labels}</var>')
    )


def hostile_qsf(file: Path, text: str) -> None:
    payload = {
        "QuestionID": "QID1", "DataExportTag": "q1", "QuestionType": "MC", "Selector": "SAVR", "QuestionText": text,
        "Choices": {"1": {"Display": text}, "2": {"Display": "No"}}, "DisplayLogic": {"0": {"Description": text}},
    }  # fmt: skip
    file.write_text(json.dumps({"SurveyElements": [{"Element": "SQ", "Payload": payload}]}))


def hostile_sav(file: Path, text: str) -> None:
    safe = "".join(sign for sign in text if not 0xD800 <= ord(sign) < 0xE000)
    pyreadstat.write_sav(
        pl.DataFrame({"q1": [1.0, 2.0] * 20}),
        file,
        column_labels={"q1": safe},
        variable_value_labels={"q1": {1.0: safe, 2.0: "No"}},
    )


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize(
    ("name", "write"),
    [("c.csv", hostile_table), ("d.xml", hostile_ddi), ("q.qsf", hostile_qsf), ("d.sav", hostile_sav)],
    ids=["table", "ddi", "qsf", "labelled"],
)
def test_hostile_text_comes_out_inert(root, name, write, text):
    write(root / name, text)
    found = CliRunner().invoke(app, ["items", "draft", str(root / name)])
    assert found.exit_code == 0, found.output
    items, source = load_items(items_file(root), "items.yaml", Item)
    assert source.problems == []
    assert list(items) == ["q1"]
    assert set(items["q1"].codes) == {"1", "2"}
    assert items["q1"].missing == {}
    written = items_file(root).read_text(encoding="utf-8")
    assert all(sign == "\n" or sign.isprintable() for sign in written)
