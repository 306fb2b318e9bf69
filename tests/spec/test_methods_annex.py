"""What a study says of its methods: every item of the annex is said, none is blank, and each leads to what shows it."""

from dataclasses import replace
from pathlib import Path

import pytest
from published_study import make_published
from pydantic import ValidationError
from test_papers_bindings import render
from test_papers_document import BODY, FIGURES, FULL, TABLES

from pipeline.errors import DeclarationErrors
from pipeline.papers import Document
from pipeline.papers.content import TableBlock, anchors_of, plain
from pipeline.paths import REPOSITORY, Paths
from pipeline.specs import load_project
from pipeline.specs.methods import ANNEX_ITEMS, Methods, Statement

DECLARED = [item.key for item in ANNEX_ITEMS.values() if item.origin == "methods.yaml"]
SAID = {key: f"What is so of {key}" for key in DECLARED}
STUDIES = ("beyond_us_and_them", "elsoc", "parallel_lives")


@pytest.mark.parametrize(
    "text",
    ["", "  ", None, "TBC", "tbd.", "Not seen", "not known", "N/A", "na", "none", "-", "–", "…", "?", "???", "xxx",
     "To do",     "to be confirmed", "unknown", "See above", {"not_applicable": ""}, {"not_reported": "TBC"}, {},
     {"not_reported": "a reason", "text": "a text"}, {"not_applicable": "n/a"}],
)  # fmt: skip
def test_a_blank_is_refused(text: object) -> None:
    with pytest.raises(ValidationError):
        Methods.model_validate({**SAID, "frame": text})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("A register of addresses", "A register of addresses"),
        ({"not_applicable": "nobody was sampled"}, "Not applicable: nobody was sampled"),
        ({"not_reported": "the deposit does not say"}, "Not reported: the deposit does not say"),
        ("None of the lists was complete", "None of the lists was complete"),
        ("No list; an open link", "No list; an open link"),
    ],
)
def test_what_is_so_or_why_not_is_taken(given: object, words: str) -> None:
    assert Methods.model_validate({**SAID, "frame": given}).frame.words == words


def test_every_declared_item_is_a_key_and_every_key_an_item() -> None:
    assert list(Methods.model_fields) == sorted(Methods.model_fields, key=list(Methods.model_fields).index)
    assert set(Methods.model_fields) == set(DECLARED)
    assert all(field.is_required() and field.description for field in Methods.model_fields.values())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small study with a paper, which declares its methods."""
    root = make_published(tmp_path / "root")
    folder = root / "data" / "studies" / "first"
    (folder / "methods.yaml").write_text("".join(f"{key}: {text}\n" for key, text in SAID.items()))
    (folder / "caveats.md").write_text(
        "| assumption | quality | impact | why |\n|---|---|---|---|\n| A | low | high | so |\n"
    )
    paper = root / "reports" / "papers" / "small.md"
    paper.write_text(
        paper.read_text().replace("---\n", "---\nplan: Written before the data came\ndeviations: One model\n", 1)
    )
    return root


def test_the_comments_of_the_template_declare_nothing_and_name_every_item(tmp_path: Path) -> None:
    root = make_published(tmp_path / "root")
    text = (REPOSITORY / "data" / "studies" / "_template" / "methods.yaml").read_text()
    assert all(f"# {key}:" in text for key in DECLARED)
    assert load_project(Paths(root)).studies["first"].methods is None


@pytest.mark.parametrize("text", ["sponsor: A trust\n", "- a\n", "frame:\n"])
def test_a_file_that_says_something_says_all(root: Path, text: str) -> None:
    (root / "data" / "studies" / "first" / "methods.yaml").write_text(text)
    assert "data/studies/first/methods.yaml" in mistakes(root)


def mistakes(root: Path) -> str:
    with pytest.raises(DeclarationErrors) as found:
        load_project(Paths(root))
    return str(found.value)


def test_a_complete_one_is_read(root: Path) -> None:
    assert load_project(Paths(root)).studies["first"].methods is not None


@pytest.mark.parametrize("key", ["sponsor", "frame", "access"])
def test_a_missing_item_is_named_with_its_file(root: Path, key: str) -> None:
    file = root / "data" / "studies" / "first" / "methods.yaml"
    file.write_text(file.read_text().replace(f"{key}: {SAID[key]}\n", ""))
    assert "data/studies/first/methods.yaml" in mistakes(root)
    assert key in mistakes(root)


def test_a_blank_item_is_named_with_its_line(root: Path) -> None:
    file = root / "data" / "studies" / "first" / "methods.yaml"
    file.write_text(file.read_text().replace(SAID["frame"], "TBC"))
    line = file.read_text().split("\n").index("frame: TBC") + 1
    assert f"data/studies/first/methods.yaml:{line}: `frame" in mistakes(root)
    assert "says nothing" in mistakes(root)


@pytest.mark.parametrize("key", ["plan", "deviations"])
def test_what_a_paper_does_not_say_is_named(root: Path, key: str) -> None:
    file = root / "reports" / "papers" / "small.md"
    file.write_text("\n".join(line for line in file.read_text().split("\n") if not line.startswith(f"{key}:")))
    assert "reports/papers/small.md" in mistakes(root)
    assert f"the front matter does not say `{key}`" in mistakes(root)


@pytest.mark.parametrize("row", ["| A | poor | high | so |", "| A | low |  | so |", "| A | low | high |  |"])
def test_an_assumption_that_is_not_rated_is_named(root: Path, row: str) -> None:
    file = root / "data" / "studies" / "first" / "caveats.md"
    file.write_text(file.read_text().replace("| A | low | high | so |", row))
    assert "data/studies/first/caveats.md:3: an assumption is rated by quality and impact" in mistakes(root)


def paper(**methods: str) -> Document:
    said = {"population": "Adults", **SAID, "plan": "A plan", "deviations": "None", **methods}
    return render(BODY, figures=FIGURES, tables=TABLES, context=replace(FULL, methods=said))


def rows(document: Document) -> dict[str, list[str]]:
    (table,) = (
        block
        for part in document.documents
        for block in part.blocks
        if isinstance(block, TableBlock) and block.anchor == "transparency-table"
    )
    return {plain(row.cells[0]): [plain(cell) for cell in row.cells] for row in table.rows}


def test_every_item_is_a_row_of_the_annex_and_no_cell_is_empty() -> None:
    found = rows(paper())
    assert list(found) == [item.title for item in ANNEX_ITEMS.values()]
    assert all(cell.strip() for row in found.values() for cell in row)
    assert found["Sampling frame"][1:] == ["What is so of frame.", "methods.yaml: frame"]


def test_items_lead_to_the_tables_that_show_them() -> None:
    document = paper()
    places = {anchor for part in document.documents for anchor in anchors_of(part)}
    (table,) = (
        block
        for block in document.documents[1].blocks
        if isinstance(block, TableBlock) and block.anchor == "transparency-table"
    )
    links = [run.href for row in table.rows for cell in row.cells for run in cell if run.kind == "link"]
    assert len(links) >= 3
    assert {href.removeprefix("#") for href in links} <= places


def test_a_study_that_declares_none_has_no_such_part() -> None:
    document = render(BODY, figures=FIGURES, tables=TABLES, context=FULL)
    assert not any("transparency" in anchor for anchor in anchors_of(document.documents[1]))


@pytest.mark.parametrize("study", STUDIES)
def test_the_studies_of_this_project_say_all(study: str) -> None:
    declared = load_project(Paths()).studies[study]
    assert declared.methods is not None
    said = {key: getattr(declared.methods, key) for key in DECLARED}
    assert all(isinstance(one, Statement) and len(one.words) > 20 for one in said.values())
    if declared.about.synthetic:
        assert "simulated" in said["conductor"].words
        assert "simulated" in said["sponsor"].words


def test_the_readme_names_every_item() -> None:
    text = (REPOSITORY / "data" / "studies" / "README.md").read_text(encoding="utf-8")
    assert [key for key in DECLARED if f"`{key}`" not in text] == []
