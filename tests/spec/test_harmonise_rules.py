"""What a source code becomes: each rule of a declaration as a row of a table."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import DepositError
from pipeline.harmonise import account, harmonise_frame

AGREE = {1: "Agree", 2: "Neither", 3: "Disagree"}
MISSING = {-8: "dont_know", -9: "refused"}


def becomes(code, **item):
    frame = pl.DataFrame({"person_id": ["a"], "q": pl.Series([code], strict=False)})
    made = harmonise_frame(frame, {"q": {"codes": AGREE, **item}}, missing=MISSING)
    return made.answers.select("q", "q_reason").row(0)


@pytest.mark.parametrize(
    ("code", "item", "expected"),
    [
        (1, {}, (1.0, None)),
        (3.0, {}, (3.0, None)),
        ("2", {}, (2.0, None)),
        (1, {"reverse": True}, (3.0, None)),
        (3, {"reverse": True}, (1.0, None)),
        (-9, {"reverse": True}, (None, "refused")),
        (2, {"recode": {1: 1, 2: "dont_know", 3: 0}}, (None, "dont_know")),
        (3, {"recode": {1: 1, 2: "dont_know", 3: 0}}, (0.0, None)),
        (-9, {}, (None, "refused")),
        (-9, {"missing": {-9: "routed_out"}}, (None, "routed_out")),
        (None, {}, (None, "blank")),
        (None, {"blank": "routed_out"}, (None, "routed_out")),
    ],
    ids=[
        "number-as-it-is",
        "float-is-the-same-code",
        "text-is-the-same-code",
        "reverses-low",
        "reverses-high",
        "reversing-keeps-why-missing",
        "recodes-to-a-reason",
        "recodes-to-a-value",
        "missing-code-keeps-its-reason",
        "item-says-more-than-study",
        "blank-is-a-reason",
        "blank-may-mean-routed",
    ],
)
def test_code_becomes(code, item, expected):
    assert becomes(code, **item) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(18, (18.0, None)), (99.5, (99.5, None)), (-8, (None, "dont_know")), (None, (None, "blank"))],
)
def test_number_becomes(value, expected):
    frame = pl.DataFrame({"person_id": ["a"], "age": [value]}, schema_overrides={"age": pl.Float64})
    made = harmonise_frame(frame, {"age": {"range": (18, 110)}}, missing=MISSING)
    assert made.answers.select("age", "age_reason").row(0) == expected


def test_every_undeclared_code_is_named_with_its_count():
    frame = pl.DataFrame({"person_id": list("abcd"), "q": [7, 7, 8, 1], "r": [1, 9, 1, 1]})
    items = {"q": {"codes": AGREE}, "r": {"codes": AGREE}}
    with pytest.raises(DepositError) as error:
        harmonise_frame(frame, items)
    assert "variable `q` (item `q`) has undeclared code 7 (2), code 8 (1)" in str(error.value)
    assert "variable `r` (item `r`) has undeclared code 9 (1)" in str(error.value)


def test_text_and_amounts_are_counted_but_never_shown():
    frame = pl.DataFrame({"person_id": list("ab"), "q": ["my name is Ann", "1"], "income": [999_999, 5]})
    items = {"q": {"codes": AGREE}, "income": {"range": (0, 1000)}}
    with pytest.raises(DepositError) as error:
        harmonise_frame(frame, items)
    assert "text that is no code (1)" in str(error.value)
    assert "1 value outside the declared range 0 to 1000" in str(error.value)
    assert "Ann" not in str(error.value)
    assert "999" not in str(error.value)


def test_the_ledger_counts_amounts_together():
    frame = pl.DataFrame({"person_id": list("abc"), "income": [10, 20, -9]})
    made = harmonise_frame(frame, {"income": {"range": (0, 1000)}}, missing=MISSING)
    found = made.ledger.select("code", "value", "is_valued", "reason", "count").sort("code").rows()
    assert found == [("-9", None, False, "refused", 1), ("in range", None, True, None, 2)]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([1, 2, 3, -8, -9, None]), min_size=1, max_size=40), st.booleans())
def test_every_answer_is_accounted_for(codes, reverse):
    frame = pl.DataFrame({"person_id": [str(i) for i in range(len(codes))], "q": pl.Series(codes, dtype=pl.Int64)})
    made = harmonise_frame(frame, {"q": {"codes": AGREE, "reverse": reverse}}, missing=MISSING)
    assert account(made.ledger, {"w01": frame}, made.answers) == []
    assert made.ledger["count"].sum() == len(codes)
    assert made.answers["q"].count() == sum(code is not None and code > 0 for code in codes)
    assert (made.answers["q"].is_null() == made.answers["q_reason"].is_not_null()).all()


amounts = st.one_of(st.none(), st.just(-9.0), st.just(50.0), st.floats(0, 100, allow_nan=False))


@settings(max_examples=60, deadline=None)
@given(st.lists(amounts, min_size=1, max_size=40), st.booleans())
def test_every_amount_is_accounted_for(values, reverse):
    """Whatever lies in range keeps its exact value, whatever code is missing keeps its reason, and all of it counts."""
    frame = pl.DataFrame({"person_id": [str(i) for i in range(len(values))], "n": pl.Series(values, dtype=pl.Float64)})
    item = {"range": (0, 100), "reverse": reverse, "missing": {50: "dont_know"}}
    made = harmonise_frame(frame, {"n": item}, missing=MISSING)
    reasons = {None: "blank", -9.0: "refused", 50.0: "dont_know"}
    turned = [100 - value if reverse and value is not None else value for value in values]
    assert made.answers.select("n", "n_reason").rows() == [
        (None, reasons[value]) if value in reasons else (new, None) for value, new in zip(values, turned, strict=True)
    ]
    assert account(made.ledger, {"w01": frame}, made.answers) == []
    assert made.ledger["value"].is_null().all()


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(12)))
def test_row_order_changes_nothing_but_the_order(order):
    codes = [1, 2, 3, -8, -9, None, 1, 1, 2, 3, 3, None]
    frame = pl.DataFrame({"person_id": [str(i) for i in range(12)], "q": pl.Series(codes, dtype=pl.Int64)})
    made = harmonise_frame(frame, {"q": {"codes": AGREE}}, missing=MISSING).answers
    shuffled = harmonise_frame(frame[list(order)], {"q": {"codes": AGREE}}, missing=MISSING).answers
    assert shuffled.equals(made[list(order)])


def test_accounting_finds_a_lost_answer():
    frame = pl.DataFrame({"person_id": list("abc"), "q": [1, 2, -9]})
    made = harmonise_frame(frame, {"q": {"codes": AGREE}}, missing=MISSING)
    assert account(made.ledger.head(2), {"w01": frame}) == ["w01, q: 3 received, 2 accounted for"]
    spoilt = made.answers.with_columns(pl.lit(None).cast(pl.Float64).alias("q"))
    assert account(made.ledger, {"w01": frame}, spoilt) == ["w01, q: (0, 1) valued and missing, (2, 1) in the ledger"]
