"""Kinds of figures: one record and one module each, and one more is one more of both."""

import sys
import types
from pathlib import Path

import polars as pl
import pytest
from pydantic import ValidationError

from pipeline import specs
from pipeline.errors import PaperError
from pipeline.figures import draw, rendered
from pipeline.figures.picture import Picture
from pipeline.figures.sheet import Heading, Sheet
from pipeline.paths import Paths
from pipeline.specs.base import Declaration
from pipeline.specs.family import load
from pipeline.specs.figure_kinds import FIGURE_KINDS, SHARED, FigureKind
from pipeline.specs.figures import Figure, concepts_of

KINDS = Path(load.__code__.co_filename).parents[1] / "figures" / "kinds"
README = Paths().figures / "README.md"
ESSENTIAL = {"study": "elsoc", "title": "A finding", "models": ("trust",)}


@pytest.fixture(scope="module")
def project() -> specs.Project:
    return specs.load_project(Paths())


def test_every_module_has_a_record_and_every_record_its_module() -> None:
    modules = {f"pipeline.figures.kinds.{file.stem}" for file in KINDS.glob("*.py")} - {
        "pipeline.figures.kinds.__init__"
    }
    assert modules == {record.module for record in FIGURE_KINDS.values()}
    assert all(callable(load(record.function)) for record in FIGURE_KINDS.values())


@pytest.mark.parametrize("record", FIGURE_KINDS.values(), ids=list(FIGURE_KINDS))
def test_a_record_names_keys_that_figures_have(record: FigureKind) -> None:
    assert record.takes <= set(Figure.model_fields) - SHARED
    assert ("estimates" in record.needs) == ("models" in record.takes) == bool(record.families)


@pytest.mark.parametrize("record", FIGURE_KINDS.values(), ids=list(FIGURE_KINDS))
def test_a_kind_refuses_every_key_that_it_does_not_take(record: FigureKind) -> None:
    given = {key: value for key, value in ESSENTIAL.items() if key in record.keys} | {"kind": record.key}
    Figure(**given)
    for key in set(Figure.model_fields) - record.keys:
        with pytest.raises(ValidationError, match=f"`{record.key}` takes no `{key}`") as caught:
            Figure(**given, **{key: ("x",)})
        assert (key,) in [error["loc"] for error in caught.value.errors()]


@pytest.mark.parametrize(
    ("declared", "concepts"),
    [
        ({"kind": "trend", "outcomes": ("a", "b"), "labels": {"b": "B"}}, ("a",)),
        ({"kind": "trend"}, ("political_trust",)),
        ({"kind": "coefficients", "terms": ("contact_quantity",)}, ("contact_quantity", "political_trust")),
        (
            {"kind": "coefficients", "terms": ("contact_quantity",), "labels": {"trust": "Trust"}},
            ("contact_quantity",),
        ),
        ({"kind": "odds_ratios"}, ("contact_quantity", "woman")),
        ({"kind": "sensitivity"}, ()),
    ],
    ids=["its own label comes first", "else its model's", "terms and outcomes", "a label for a model", "all", "none"],
)
def test_labels_are_read_of_those_concepts_alone_that_the_figure_prints(declared: dict, concepts: tuple) -> None:
    model = specs.Model(
        question="?",
        study="elsoc",
        family="pooled",
        outcome="political_trust",
        exposures=("contact_quantity",),
        covariates=("woman",),
    )
    assert concepts_of(Figure(**ESSENTIAL, **declared), {"trust": model}) == concepts


def heat(spec: Figure, _study: specs.Study, material: object) -> Picture:
    """A kind of a single number, as an extension would write it."""

    def drawn(*, title: str, width: float, **_: object):
        sheet = Sheet(Heading(title), width, 1.0)
        sheet.text(0, 0.5, f"{material.panel.height:0{spec.options.digits}} rows of {', '.join(spec.outcomes)}")
        return sheet.figure

    return Picture(f"A single number: {material.panel.height} rows.", drawn)


class HeatOptions(Declaration):
    """A key that no other kind has."""

    digits: int = 1


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> FigureKind:
    module = types.ModuleType("toy_figures")
    module.heat = heat
    monkeypatch.setitem(sys.modules, "toy_figures", module)
    return FigureKind(
        "heat",
        "one number",
        "toy_figures:heat",
        takes=frozenset({"outcomes"}),
        needs=("panel",),
        labelled=("outcomes",),
        options=HeatOptions,
    )


def test_a_further_kind_is_one_module_and_one_record(toy: FigureKind, project: specs.Project) -> None:
    with FIGURE_KINDS.registered(toy):
        spec = Figure(study="elsoc", kind="heat", title="How many", outcomes=("political_trust",), digits=3)
        with pytest.raises(ValidationError, match="`heat` takes no `terms`; it takes digits, outcomes"):
            Figure(study="elsoc", kind="heat", title="How many", terms=("x",))
        with pytest.raises(ValidationError, match="valid integer") as caught:
            Figure(study="elsoc", kind="heat", title="How many", digits="many")
        assert [error["loc"] for error in caught.value.errors()] == [("digits",)]
        assert "options" in spec.drawn
        assert spec.model_dump()["options"] == {"digits": 3}
        drawing = draw(spec, project.studies["elsoc"], panel=pl.DataFrame({"person_id": ["a", "b"]}))
        assert concepts_of(spec, {}) == ("political_trust",)
    assert "2 rows" in drawing.alt
    assert any("002 rows of political_trust" in text.get_text() for text in drawing.figure.texts)
    assert rendered(drawing)["png"].startswith(b"\x89PNG")
    with pytest.raises(ValidationError, match="Input should be 'trend'"):
        Figure(study="elsoc", kind="heat", title="How many")


def test_a_figure_without_its_table_says_which(project: specs.Project) -> None:
    spec = Figure(study="elsoc", kind="patterns", title="Who answered")
    with pytest.raises(PaperError, match="no participation table"):
        draw(spec, project.studies["elsoc"])


def test_the_readme_lists_every_kind_with_its_keys() -> None:
    rows = [line.split(" | ") for line in README.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    listed = {
        kind.strip("| `"): (draws, set(keys.strip(" |").replace("`", "").split(", "))) for kind, draws, keys in rows
    }
    shared = {"models", "labels", "claims"}
    assert listed == {record.key: (record.draws, set(record.takes - shared)) for record in FIGURE_KINDS.values()}
