"""Names and labels of files are data: nothing that stands in one becomes a line, a key, a comment or a tag."""

import re
import unicodedata
from pathlib import Path

import polars as pl
import pyreadstat
import pytest
from shared import shared
from small_study import build, declare, make_root

from assets.dagster.events import _value
from assets.nodes.preview import fenced, markdown_table
from pipeline.errors import one_line
from pipeline.ingest.arrival.draft import draft_wave
from pipeline.paths import Paths
from pipeline.specs import load_project
from pipeline.specs.strict_yaml import parse
from pipeline.specs.yaml_text import quoted

HOSTILE = {
    "line breaks": "note\nnot_asked:\n  - sex\nassumed: true\n#",
    "carriage return": "note\rnot_asked: [sex]",
    "next line": "note\x85not_asked: [sex]",
    "line separator": "note\u2028not_asked: [sex]\u2029x: 1",
    "comment": "note # not: a comment",
    "key": "a: b",
    "quotes": "say \"yes\" or 'no'",
    "backslash": "C:\\new\\table",
    "alias": "*alias &anchor !tag",
    "braces": "{{ 7*7 }} {% raw %} ${x}",
    "beyond the first plane": "mood 😀 𝒳",
    "direction": "abc\u202ecba",
    "byte-order mark": "\ufeffid2",
    "tags": "<script>alert(1)</script><img src=x onerror=y>",
    "fence": "```\n# Heading\n|a|b|",
    "dashes": "--- \n...\n",
    "yes": "yes",
    "tilde": "~",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_root(tmp_path / "root")


def drafted(root: Path, path: Path) -> tuple[str, dict]:
    text = draft_wave(load_project(Paths(root)).studies["first"], "w02", "main", path)
    source = parse(text, path, "draft")
    assert not source.problems
    assert all(sign == "\n" or unicodedata.category(sign)[0] not in "C" for sign in text)
    return text, source.data


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_a_name_of_a_column_is_one_remark_or_one_quoted_value(root, name):
    path = root / "deposit.csv"
    frame = pl.read_csv(root / "data" / "raw" / "first" / "study_wave_1.csv")
    frame.with_columns(pl.lit("x").alias(name)).write_csv(path)
    text, data = drafted(root, path)
    plain, expected = drafted(root, root / "data" / "raw" / "first" / "study_wave_1.csv")
    assert {**data, "files": None} == {**expected, "files": None}
    assert len(text.splitlines()) == len(plain.splitlines()) + 3, "a heading, an empty line, and one remark"


@pytest.mark.parametrize("name", [text for key, text in HOSTILE.items() if key != "dashes"])
def test_a_name_that_an_item_is_read_from_comes_back_as_it_was(root, name):
    declare(root, "first", "items.yaml", "variable: sex", f"variable: {quoted(name)}")
    path = root / "deposit.csv"
    frame = pl.read_csv(root / "data" / "raw" / "first" / "study_wave_1.csv").rename({"sex": name})
    frame.write_csv(path)
    _, data = drafted(root, path)
    read = data.get("variables", {}).get("woman", name)
    assert read == name
    assert "woman" not in data.get("not_asked", [])


@pytest.mark.parametrize("label", HOSTILE.values(), ids=HOSTILE)
def test_a_label_is_one_remark(root, label):
    path = root / "deposit.sav"
    frame = pl.read_csv(root / "data" / "raw" / "first" / "study_wave_1.csv").with_columns(extra=1.0)
    pyreadstat.write_sav(frame, path, column_labels={"extra": label[:200], "sex": label[:200]})
    _, data = drafted(root, path)
    assert set(data) <= {"title", "fieldwork", "files", "variables", "not_asked"}
    assert set(data.get("not_asked", [])) <= {"woman"}, "whose label it is no more"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_quoted_text_comes_back_as_it_was(text):
    assert parse(f"a: {quoted(text)}  # {one_line(text)}\nb: 1", Path("x"), "x").data == {"a": text, "b": 1}


def test_c15_header_newline(root):
    declare(root, "first", "study.yaml", "  person_id: id", "  person_id: pid")
    text, data = drafted(root, shared("faults", "waves", "c15_header_newline.csv"))
    assert r"#   note\nnot_asked:\n  - q1\nassumed: true\n#" in text.splitlines()
    assert "assumed" not in data


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_name_in_markdown_is_one_cell_of_text(text):
    table = markdown_table(pl.DataFrame({"term": [text], "estimate": [1.0]}))
    lines = table.split("\n")
    assert len(lines) == 3
    assert all(len(re.findall(r"(?<!\\)\|", line)) == 3 for line in lines)
    assert not re.search(r"(?<!\\)[<`\[]", table)


def test_a_block_of_code_ends_where_it_ends():
    block = fenced('SELECT "a\n```\n# Heading\n````"', "sql")
    assert block.startswith("`````sql\n")
    assert block.endswith("\n`````")
    assert block.count("`````") == 2


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_what_is_said_of_a_column_stays_in_one_line(root, name):
    folder = root / "data" / "raw" / "first"
    frame = pl.read_csv(folder / "study_wave_1.csv").rename({"sex": name}).with_columns(pl.lit("NA").alias(name))
    frame.write_csv(folder / "study_wave_1.csv")
    declare(root, "first", "items.yaml", "variable: sex", f"variable: {quoted(name)}")
    reports = build(root)
    message = reports["findings/first"].message
    assert "“NA” (40)" in message
    assert f"`{one_line(name)}`" in message
    assert not [line for line in message.splitlines() if line.startswith(("not_asked", "assumed", "#", "|"))]
    page = Paths(root).drift_file("first").read_text()
    assert "<script>alert(1)</script>" not in page
    assert "<img src=x" not in page
    notices = str(reports["wave/first/w01"].tables[0].metadata["notices"])
    assert "\n" not in notices


def test_dagster_takes_for_markdown_only_what_a_node_wrote_so():
    assert type(_value("notices", "a\n# b")).__name__ == "TextMetadataValue"
    assert type(_value("sql", fenced("SELECT 1", "sql"))).__name__ == "MarkdownMetadataValue"
