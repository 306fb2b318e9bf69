"""A writer, a kind of table or a model family is added by one record and one function, and then reaches the paper."""

import importlib
import pkgutil
import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from test_papers_bindings import CONTEXT, mistakes, render

from pipeline.papers import Document, written
from pipeline.papers.content import TableBlock, plain
from pipeline.papers.methods import CHOICES, model_note
from pipeline.papers.study_context import ModelNote
from pipeline.paths import Paths
from pipeline.specs.families import FAMILIES
from pipeline.specs.family import Family, load
from pipeline.specs.paper_parts import PAPER_SECTIONS, PAPER_TABLES, PaperPart
from pipeline.specs.writers import WRITERS, Writer, registered
from pipeline.tables import estimates


def modules(package: str) -> set[str]:
    folder = importlib.import_module(package)
    return {f"{package}.{module.name}" for module in pkgutil.iter_modules(folder.__path__)}


def test_every_writer_has_a_module_and_every_module_a_writer():
    assert {record.module for record in WRITERS.values()} == modules("pipeline.papers.writers")


@pytest.mark.parametrize("record", [*PAPER_TABLES.values(), *PAPER_SECTIONS.values()], ids=lambda record: record.key)
def test_every_part_of_a_paper_has_its_function(record):
    assert load(record.function).__name__ == record.key


def test_the_readme_of_papers_names_every_part():
    text = (Paths().papers / "README.md").read_text(encoding="utf-8")
    for record in PAPER_TABLES.values():
        assert re.search(rf"`(:::table )?{record.key}[` ]", text), record.key
    for record in PAPER_SECTIONS.values():
        assert f":::section {record.key}" in text, record.key


def write_titles(document: Document, template: bytes | None) -> bytes:
    """A toy writer: the title, and the template if there is one."""
    return (template or b"") + document.title.encode()


def test_a_further_writer_is_one_record_and_one_function():
    toy = Writer("titles", "the title alone", "txt", f"{__name__}:write_titles")
    with registered(toy):
        assert written(render("Text.\n"), "titles", None) == b"Contact and liking"
    assert "titles" not in WRITERS


def toy_table(paper, names, options):
    """A toy kind of table: the names that it was given."""
    rows = tuple(
        replace(row, cells=row.cells[:1]) for row in load(PAPER_TABLES["items"].function)(paper, names, {}).rows
    )
    return TableBlock(None, "", options.get("head", "Toys"), (), rows)


def test_a_further_kind_of_table_is_one_record_and_one_function():
    record = PaperPart("toys", "toys", f"{__name__}:toy_table", frozenset({"head"}))
    with PAPER_TABLES.registered(record):
        block = render(":::table toys liking head=Mine\n").blocks[0]
        assert isinstance(block, TableBlock)
        assert (block.caption, block.number, plain(block.rows[0].cells[0])) == ("Mine", 1, "Liking")
        (problem,) = mistakes(":::table toys liking hed=Mine\n")
        assert "a table of the kind `toys` takes no `hed`; the nearest is `head`" in problem


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        (":::table means means percnt=yes", "a table of the kind `means` takes no `percnt`; the nearest is `percent`"),
        (":::section sensitivity models=how_sure", "the section `sensitivity` takes no `models`"),
    ],
)
def test_an_option_that_a_kind_does_not_take_is_refused(line, refusal):
    assert any(refusal in problem for problem in mistakes(f"{line}\n"))


@dataclass(frozen=True)
class ToyModel:
    question: str = "Do toys agree?"
    family: str = "toy"
    covariates: tuple[str, ...] = ("age", "is_woman")


TOY = Family(
    "toy", "Toy model", "A toy method", f"{__name__}:toy", ("outcome",), frozenset({"covariates"}), ("coefficient",)
)


def test_a_further_family_reaches_methods_table_and_provenance():
    row = {"model": "toys", "family": "toy", "outcome": "liking", "component": "coefficient", "term": "contact"}
    row |= {"estimate": 0.5, "std_error": 0.1, "conf_low": 0.3, "conf_high": 0.7, "n_persons": 12}
    with FAMILIES.registered(TOY):
        note = model_note(ToyModel(), {})
        assert note == ModelNote("Do toys agree?", "A toy method; adjusted for: age, is woman", "Toy model")
        body = 'It is {{ est("toys", "contact") | dp(1) }}.\n\n:::table models toys\n'
        document = render(body, results=estimates([row]), context=replace(CONTEXT, models={"toys": note}))
    blocks = [block for part in document.documents for block in part.blocks]
    tables = {block.caption: block for block in blocks if isinstance(block, TableBlock)}
    assert plain(tables["Associations"].rows[0].cells[1]) == "0.50 (0.30 to 0.70)"
    assert plain(tables["The models of this paper"].rows[0].cells[1]) == "A toy method; adjusted for: age, is woman"
    assert document.numbers[0].source == "toys"


def test_methods_read_only_what_the_family_takes():
    taken = {key for family in FAMILIES.values() for key in family.keys}
    assert set(CHOICES) <= taken


def test_nothing_in_the_room_names_a_single_family():
    """Facts of a family are in its record; the room asks the record."""
    room = Path(importlib.import_module("pipeline.papers").__path__[0])
    named_otherwise = {*PAPER_TABLES, *PAPER_SECTIONS, "between", "growth", "pooled"}  # tables, components, rows
    for file in room.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert not [family for family in set(FAMILIES) - named_otherwise if f'"{family}"' in text], file.name
