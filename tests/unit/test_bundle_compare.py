"""How far a number may differ follows from how it is computed."""

from types import SimpleNamespace

import polars as pl
import pytest

from assets.bundles.aggregates import AGGREGATES, NOT_COMPARED, PEOPLE, PRINTED_ALONE
from assets.bundles.compare import compare
from assets.bundles.graph import EARLY
from assets.bundles.numbers import COLUMNS, Numbers, _Reading
from assets.bundles.report import Verdict, lines
from assets.engine.workspace import Workspace
from assets.nodes import all_nodes
from pipeline.paths import REPOSITORY, Paths
from pipeline.specs import load_project
from pipeline.specs.family import CLOSED_FORM, ITERATIVE, SIMULATED
from pipeline.specs.tolerances import COUNTED, PRINTED


class Kinds:
    """Every number is computed in one way."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def of(self, table: str, column: str) -> str:
        return self.kind


def numbers(*rows: tuple[str, str]) -> Numbers:
    """Column and value, of one row of one table."""
    return Numbers(pl.DataFrame([("t", "r", *row) for row in rows], schema=COLUMNS, orient="row"))


@pytest.mark.parametrize(
    ("kind", "column", "expected", "found", "verdict"),
    [
        (COUNTED, "value", "2930.0", "2930.0", "same"),
        (COUNTED, "value", "2930.0", "2931.0", "differs"),
        (CLOSED_FORM, "estimate", "0.5", "0.50000001", "same within tolerance"),
        (CLOSED_FORM, "estimate", "0.5", "0.5000001", "differs"),
        (ITERATIVE, "estimate", "0.5", "0.50004", "same within tolerance"),
        (ITERATIVE, "estimate", "0.5", "0.501", "differs"),
        (ITERATIVE, "std_error", "0.1", "0.10009", "same within tolerance"),
        (SIMULATED, "estimate", "0.5", "0.5004", "same within tolerance"),
        (SIMULATED, "estimate", "0.5", "0.51", "differs"),
        (PRINTED, "printed", "0.50", "0.50", "same"),
        (PRINTED, "printed", "0.50", "0.51", "differs"),
        (CLOSED_FORM, "estimate", "0.5", "null", "differs"),
        (CLOSED_FORM, "estimate", "0.5", '"rose"', "differs"),
        (CLOSED_FORM, "p_value", "1e-30", "2e-30", "same within tolerance"),
    ],
)
def test_a_number(kind: str, column: str, expected: str, found: str, verdict: str) -> None:
    [one] = compare(numbers((column, expected)), numbers((column, found)), Kinds(kind))  # type: ignore[arg-type]
    assert one.verdict == verdict


def test_an_estimate_near_zero_is_measured_in_its_standard_error() -> None:
    expected, found = (("estimate", "1e-12"), ("std_error", "0.1")), (("estimate", "9e-12"), ("std_error", "0.1"))
    verdicts = [one.verdict for one in compare(numbers(*expected), numbers(*found), Kinds(CLOSED_FORM))]  # type: ignore[arg-type]
    assert verdicts == ["same within tolerance", "same"]


def test_a_number_that_one_side_lacks_cannot_be_compared() -> None:
    found = list(compare(numbers(("a", "1"), ("b", "2")), numbers(("b", "2"), ("c", "3")), Kinds(COUNTED)))  # type: ignore[arg-type]
    assert [(one.column, one.verdict) for one in found] == [
        ("a", "cannot be compared"),
        ("b", "same"),
        ("c", "cannot be compared"),
    ]
    assert Verdict("study", "deposits", "0" * 64, found).code == 2


def test_a_weight_set_and_an_imputation_of_one_name_are_read_once() -> None:
    study = SimpleNamespace(
        weights={"all": 0}, imputation={"all": 0, "more": 0}, about=SimpleNamespace(disclosure=None)
    )
    project = SimpleNamespace(studies={"s": study}, models={}, papers={})
    reading = _Reading(SimpleNamespace(paths=None, project=project), "s")  # type: ignore[arg-type]
    assert list(reading._keys("weight_steps")) == [
        ("weight_steps", "s"),
        ("weight_steps", "s", "all"),
        ("weight_steps", "s", "more"),
    ]


def test_last_digits_that_differ_where_nothing_else_does_are_said() -> None:
    near = list(compare(numbers(("estimate", "0.5")), numbers(("estimate", "0.50000001")), Kinds(CLOSED_FORM)))  # type: ignore[arg-type]
    assert "may have been altered" in "\n".join(lines(Verdict("study", "deposits", "0" * 64, near)))
    elsewhere = Verdict("study", "deposits", "0" * 64, near, differences={"machine": ["cores 1 here"]})
    assert "may have been altered" not in "\n".join(lines(elsewhere))
    assert elsewhere.code == 0


def test_of_every_table_it_is_known_whether_its_numbers_are_compared() -> None:
    paths = Paths(REPOSITORY)
    made = {
        key[0]
        for node in all_nodes(Workspace(paths, load_project(paths)))
        if node.group not in EARLY
        for key in node.keys
    }
    read = {"estimates", "paper", "passages", "figure"}  # by their own rules
    known = {aggregate.table for aggregate in AGGREGATES} | read | {*PEOPLE, *PRINTED_ALONE, *NOT_COMPARED}
    assert made <= known


@pytest.mark.parametrize(
    ("table", "row", "left"),
    [
        ("areas", {"n_persons": 29}, True),
        ("areas", {"n_persons": 30}, False),
        ("areas", {"n_persons": None}, True),
        ("programme", {"n_persons": 12}, False),
        ("profiles", {"value": 1.0, "printed": "[c]"}, True),
        ("profiles", {"value": 1.0, "printed": "57.6"}, False),
    ],
)
def test_rows_of_too_few_people_are_left_out_by_the_floor_of_the_index(table: str, row: dict, left: bool) -> None:
    about = SimpleNamespace(disclosure=SimpleNamespace(smallest=10))
    study = SimpleNamespace(weights={}, imputation={}, about=about, index=SimpleNamespace(smallest_shown=30))
    project = SimpleNamespace(studies={"s": study}, models={}, papers={})
    aggregate = next(one for one in AGGREGATES if one.table == table)
    reading = _Reading(SimpleNamespace(paths=None, project=project), "s")  # type: ignore[arg-type]
    assert reading._is_withheld(aggregate, {**dict.fromkeys(aggregate.values, 1.0), **row}) is left
