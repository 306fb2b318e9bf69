"""The CSV package of a paper: every table as it is described, and no text that a spreadsheet program calculates."""

import csv
import io
import json
import zipfile
from typing import Any

import pytest
from test_papers_document import document

from pipeline.papers import Document, written
from pipeline.papers.data_tables.tables import data_tables
from pipeline.texts import as_given, no_formula


def files(paper: Document) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(written(paper, "csv", None))) as parts:
        return {name: parts.read(name).decode() for name in parts.namelist()}


def described(paper: Document) -> dict[str, Any]:
    return json.loads(files(paper)["datapackage.json"])


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_every_table_is_a_file_and_every_file_is_described() -> None:
    found, package = files(document()), described(document())
    names = {each["path"] for each in package["resources"]}
    assert names == {f"{table.key}.csv" for table in data_tables(document())}
    assert set(found) == {*names, "README.md", "datapackage.json"}


def test_each_column_holds_what_its_description_says() -> None:
    found, package = files(document()), described(document())
    for resource in package["resources"]:
        head, *body = rows(found[resource["path"]])
        fields = resource["schema"]["fields"]
        assert head == [field["name"] for field in fields]
        assert body
        for line in body:
            assert len(line) == len(fields)
            for cell, field in zip(line, fields, strict=True):
                if field["type"] == "number" and cell not in resource["schema"]["missingValues"]:
                    float(cell)


def test_the_package_has_what_frictionless_asks_for() -> None:
    package = described(document())
    assert package["profile"] == "tabular-data-package"
    assert package["name"] == package["name"].lower()
    for resource in package["resources"]:
        assert {"name", "path", "profile", "encoding", "schema", "title", "description"} <= set(resource)
        assert all({"name", "title", "type"} <= set(field) for field in resource["schema"]["fields"])


def test_the_readme_lists_every_file_and_symbol() -> None:
    found = files(document())
    for name in [*(each for each in found if each.endswith(".csv")), "[c]", "[low]", "[x]", "[z]"]:
        assert f"`{name}`" in found["README.md"]


def test_the_same_paper_gives_the_same_bytes_without_a_date() -> None:
    content = written(document(), "csv", None)
    assert content == written(document(), "csv", None)
    assert {each.date_time for each in zipfile.ZipFile(io.BytesIO(content)).infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize(
    "text", ["=1", "+1 a", "-1 a", "@SUM(A1)", "\t=1", " =1", "\u200b=1", "\uff1d1+1", "\r\n=1", "\ufeff@x", "'=1"]
)
def test_what_begins_like_a_formula_gets_an_apostrophe(text: str) -> None:
    assert no_formula(text) == f"'{text}"


@pytest.mark.parametrize("text", ["a=1", "Wave 1", "−0.5 to 0.5", "", "●●○", "שלום"])
def test_other_texts_are_left_as_they_are(text: str) -> None:
    assert no_formula(text) == text


@pytest.mark.parametrize("text", ["'quoted'", "=1", "'", "''=1", "a'b", ""])
def test_every_text_can_be_read_back(text: str) -> None:
    assert as_given(no_formula(text)) == text
