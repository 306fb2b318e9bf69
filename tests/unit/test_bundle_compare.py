"""How far a number may differ follows from how it is computed."""

from types import SimpleNamespace

import polars as pl
import pytest

from assets.bundles.compare import compare
from assets.bundles.numbers import COLUMNS, Numbers, _Reading
from assets.bundles.report import Verdict, lines
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
