"""A mean of a scale that failed scalar invariance is marked wherever it is printed; one that passed is not."""

import polars as pl
import pytest

from pipeline.figures import draw
from pipeline.papers import Document, StudyContext, render_paper
from pipeline.papers.cautions import MARK, cautions_of
from pipeline.papers.content import Heading, Paragraph, TableBlock, plain
from pipeline.papers.render import UnsoundPaperError
from pipeline.paths import REPOSITORY, Paths
from pipeline.sem.declared.comparability import comparability
from pipeline.specs import Figure, load_project
from pipeline.tables import estimates

FRONT = "---\ntitle: Trust\nstudy: sample\n---\n"
CONTEXT = StudyContext("A study", labels={"political_trust": "Political trust", "belonging": "Belonging"})
FAILS = "scalar invariance fails: CFI falls by 0.023, more than 0.010"


def means() -> pl.DataFrame:
    rows = [
        {"model": model, "family": "design_means", "outcome": outcome, "component": "mean", "term": outcome}
        | {"wave": wave, "group": group, "estimate": value, "std_error": 0.1, "p_value": 0.5}
        | {"conf_low": value - 0.2, "conf_high": value + 0.2, "n_persons": 100}
        for model, group in (("means", None), ("by_woman", "1.0"))
        for outcome in ("political_trust", "belonging")
        for wave, value in (("w01", 1.6), ("w02", 2.4))
    ]
    lag = {"model": "lagged", "family": "riclpm", "outcome": "political_trust", "component": "lag", "term": "belonging"}
    return estimates([*rows, lag | {"estimate": 0.3, "std_error": 0.1, "conf_low": 0.1, "conf_high": 0.5}])


def concluded(over: str = "waves", failing: str = "political_trust") -> pl.DataFrame:
    """What an invariance model of two scales concludes: ``failing`` failed, the other passed."""
    rows = [
        {"model": "alike", "family": "invariance", "outcome": scale, "component": "invariance", "term": term}
        | {"estimate": value, "note": note}
        for scale in ("political_trust", "belonging")
        for term, value, note in (
            ("means_comparable", float(scale != failing), FAILS if scale == failing else None),
            ("means_partially_comparable", 1.0, "freed: intercept of trusts_government_w03"),
        )
    ]
    return comparability("sample", {"alike": over}, estimates(rows))


def render(body: str, table: pl.DataFrame | None) -> Document:
    cautions = cautions_of(table, {"by_woman": "is_woman"})
    return render_paper(FRONT + body, results=means(), context=CONTEXT, name="paper.md", cautions=cautions)


def sentence(expression: str, table: pl.DataFrame | None) -> tuple[str, str]:
    """What is printed, and its mark."""
    block = render(f"{{{{ {expression} }}}}\n", table).blocks[0]
    assert isinstance(block, Paragraph)
    return plain(block.runs), block.runs[0].mark


TRUST = 'est("means", "political_trust", wave="w02")'


@pytest.mark.parametrize(
    ("expression", "over", "mark"),
    [
        (f"{TRUST} | dp(1)", "waves", MARK),
        (f"{TRUST} | interval(1)", "waves", MARK),
        (f'change({TRUST}, est("means", "political_trust", wave="w01")) | dp(1)', "waves", MARK),
        (f"{TRUST}.n_persons | count", "waves", ""),
        ('est("means", "belonging", wave="w02") | dp(1)', "waves", ""),
        ('est("lagged", "belonging") | dp(1)', "waves", ""),
        (f"{TRUST} | dp(1)", "is_woman", ""),
        ('est("by_woman", "political_trust", wave="w02") | dp(1)', "is_woman", MARK),
        ('est("by_woman", "belonging", wave="w02") | dp(1)', "is_woman", ""),
    ],
    ids=[
        "a-mean", "its-interval", "a-change", "a-count-is-no-level", "a-scale-that-passed", "a-lag-is-no-level",
        "waves-are-alike-where-groups-are-not", "a-mean-of-a-group", "a-scale-that-passed-over-groups",
    ],
)  # fmt: skip
def test_a_number_in_a_sentence_is_marked(expression: str, over: str, mark: str) -> None:
    assert sentence(expression, concluded(over))[1] == mark


def test_without_a_test_nothing_is_marked() -> None:
    assert sentence(f"{TRUST} | dp(1)", None) == ("2.4", "")


def test_the_mark_is_explained_at_the_end_and_beside_the_record_of_the_number() -> None:
    document = render(f"{{{{ {TRUST} | dp(1) }}}}\n", concluded())
    assert document.annex is not None
    blocks = document.annex.blocks
    at = next(n for n, block in enumerate(blocks) if isinstance(block, Heading) and block.anchor == "comparability")
    told = " ".join(plain(block.runs) for block in blocks[at + 1 : at + 3])
    assert f"Political trust: {FAILS}" in told
    assert "if these parameters differ: intercept of trusts_government_w03" in told
    assert "Belonging" not in told
    assert [record.mark for record in document.numbers] == [MARK]


@pytest.mark.parametrize("kind", ["means means", "estimates means"])
def test_a_table_marks_the_rows_and_says_why(kind: str) -> None:
    document = render(f":::table {kind}\n", concluded())
    table = next(block for block in document.blocks if isinstance(block, TableBlock))
    labels = [plain(row.cells[0]) for row in table.rows]
    assert all((MARK in label) == label.startswith("Political trust") for label in labels)
    assert any(note.startswith(MARK) and FAILS in note for note in table.notes)


@pytest.mark.parametrize(("failing", "is_marked"), [("political_trust", True), ("belonging", False)])
def test_a_trend_says_so_below_and_in_its_alternative_text(failing: str, is_marked: bool) -> None:
    project = load_project(Paths(REPOSITORY))
    spec = Figure(study="elsoc", kind="trend", title="Trust", models=("means",), outcomes=("political_trust",))
    drawing = draw(
        spec, project.studies["elsoc"], estimates=means(), labels={"political_trust": "Political trust"},
        comparability=concluded(failing=failing),
    )  # fmt: skip
    shown = " ".join(text.get_text() for text in drawing.figure.texts).replace("\n", " ")
    assert ("Measurement differs" in drawing.alt) is is_marked
    assert ("Measurement differs" in shown) is is_marked


def test_a_scale_that_could_not_be_tested_is_not_called_failed() -> None:
    row = {"model": "alike", "family": "invariance", "outcome": "threat", "component": "invariance"}
    made = comparability(
        "sample", {"alike": "waves"}, estimates([row | {"term": "means_comparable", "note": "withheld: two items"}])
    )
    assert made.row(0, named=True)["is_comparable"] is None
    assert not cautions_of(made, {}).failed


def rows_of_table(body: str) -> list[list[str]]:
    (block,) = (one for one in render(f"{body}\n", None).blocks if isinstance(one, TableBlock))
    return [[plain(cell) for cell in row.cells] for row in block.rows]


def test_means_of_groups_are_rows_of_their_own():
    """A model with groups only gave a table without rows."""
    assert rows_of_table(":::table means by_woman outcomes=belonging") == [
        ["Belonging, is woman: 1.0", "1.60 (0.10)", "2.40 (0.10)"]
    ]
    assert [row[0] for row in rows_of_table(":::table means by_woman")] == [
        "Political trust, is woman: 1.0",
        "Belonging, is woman: 1.0",
    ]
    assert [row[0] for row in rows_of_table(":::table means means")] == ["Political trust", "Belonging"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (":::table means lagged", "estimates no means or shares; print it with `:::table estimates lagged`"),
        (":::table means by_woman outcomes=belongin", "is not an outcome of `by_woman`"),
    ],
)
def test_a_table_of_means_without_means_is_refused(body, says):
    with pytest.raises(UnsoundPaperError) as refused:
        render(f"{body}\n", None)
    assert says in str(refused.value)


# Associations by group need metric invariance, levels scalar


def lags() -> pl.DataFrame:
    """A lag of contact on trust for each of two groups, and one for all."""
    rows = [
        {"model": model, "family": "riclpm", "outcome": "political_trust", "component": "lag", "term": "contact"}
        | {"group": group, "estimate": value, "std_error": 0.05, "p_value": 0.01}
        | {"conf_low": value - 0.1, "conf_high": value + 0.1, "n_persons": 400}
        for model, group, value in (("by_woman", "0", 0.2), ("by_woman", "1", 0.5), ("all", None, 0.3))
    ]
    return estimates(rows)


def concluded_at(level: str, over: str = "is_woman", scale: str = "political_trust") -> pl.DataFrame:
    """The conclusions of a model of groups that reached this level."""
    levels = ("none", "configural", "thresholds", "metric", "scalar", "strict")
    failed = {"configural": "metric", "metric": "scalar", "none": "configural"}.get(level)
    note = f"{failed} invariance fails: CFI falls by 0.030, more than 0.010" if failed else None
    rows = [
        {"model": "alike", "family": "invariance", "outcome": scale, "component": "invariance", "term": term}
        | {"estimate": value, "note": said}
        for term, value, said in (
            ("level", float(levels.index(level)), level),
            ("means_comparable", float(level in ("scalar", "strict")), note),
        )
    ]
    return comparability("sample", {"alike": over}, estimates(rows))


def of_lags(body: str, table: pl.DataFrame) -> Document:
    cautions = cautions_of(table, {"by_woman": "is_woman"})
    return render_paper(FRONT + body, results=lags(), context=CONTEXT, name="paper.md", cautions=cautions)


@pytest.mark.parametrize(
    ("model", "table", "mark"),
    [
        ('est("by_woman", "contact", group="1")', concluded_at("configural"), MARK),
        ('est("by_woman", "contact", group="1")', concluded_at("none"), MARK),
        ('est("by_woman", "contact", group="1")', concluded_at("configural", scale="contact"), MARK),
        ('est("by_woman", "contact", group="1")', concluded_at("metric"), ""),
        ('est("by_woman", "contact", group="1")', concluded_at("scalar"), ""),
        ('est("by_woman", "contact", group="1")', concluded_at("configural", "region"), ""),
        ('est("all", "contact")', concluded_at("configural"), ""),
    ],
    ids=[
        "metric-fails",
        "configural-fails",
        "of-the-term",
        "scalar-alone-fails",
        "all-holds",
        "other-groups",
        "of-all",
    ],
)
def test_an_association_of_a_group_is_marked_where_metric_invariance_failed(model, table, mark):
    block = of_lags(f"{{{{ {model} | dp(2) }}}}\n", table).blocks[0]
    assert isinstance(block, Paragraph)
    assert block.runs[0].mark == mark


@pytest.mark.parametrize(("level", "refused"), [("configural", True), ("metric", False)])
def test_a_claim_that_compares_associations_of_groups_needs_metric_invariance(level, refused):
    claim = 'claim(est("by_woman", "contact", group="1"), "greater_than", est("by_woman", "contact", group="0"))'
    body = f"{{{{ {claim} }}}}\nMore.\n"
    if not refused:
        of_lags(body, concluded_at(level))
        return
    with pytest.raises(UnsoundPaperError, match=r"may not be compared with .*metric invariance fails"):
        of_lags(body, concluded_at(level))


def test_a_claim_on_one_group_compares_nothing():
    of_lags('{{ claim(est("by_woman", "contact", group="1"), "positive") }}\nMore.\n', concluded_at("configural"))


@pytest.mark.parametrize(("level", "is_marked"), [("configural", True), ("metric", False)])
def test_a_table_of_associations_by_group_is_marked(level, is_marked):
    document = of_lags(":::table estimates by_woman\n", concluded_at(level))
    table = next(block for block in document.blocks if isinstance(block, TableBlock))
    assert any("levels and associations may not be compared" in note for note in table.notes) is is_marked


@pytest.mark.parametrize(("level", "is_marked"), [("configural", True), ("metric", False)])
def test_a_figure_of_associations_by_group_is_marked(level, is_marked):
    from pipeline.figures.picture import Material
    from pipeline.specs.structural import StructuralModel

    spec = Figure(study="elsoc", kind="path", title="Trust", models=("by_woman",))
    declared = StructuralModel.model_construct(group="is_woman")
    material = Material(lags(), None, {}, {"by_woman": declared}, concluded_at(level))
    rows, why = material.marked(spec, lags().filter(pl.col("model") == "by_woman"))
    assert (set(rows["mark"]) == {MARK}) is is_marked
    assert ("associations should not be compared" in why) is is_marked
