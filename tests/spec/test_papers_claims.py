"""A sentence may not say more than its result."""

from dataclasses import replace

import polars as pl
import pytest
from test_papers_bindings import BETWEEN, CONTEXT, WITHIN, mistakes, render, results

from pipeline.errors import PaperError
from pipeline.papers import check
from pipeline.papers.claims import judge
from pipeline.papers.content import Paragraph, plain
from pipeline.papers.prose.quantity import Origin, Quantity
from pipeline.specs.figures import Claim

ORIGIN = Origin("liking", "a_model")


def quantity(value: float, std_error: float = 0.1) -> Quantity:
    half = 1.959963984540054 * std_error
    return Quantity(value, ORIGIN, value - half, value + half, Quantity(std_error, ORIGIN))


@pytest.mark.parametrize(
    ("value", "says", "other", "holds"),
    [
        (0.25, "positive", None, True),
        (0.19, "positive", None, False),
        (-0.25, "positive", None, False),
        (-0.25, "negative", None, True),
        (-0.19, "negative", None, False),
        (0.19, "not_different_from_zero", None, True),
        (0.25, "not_different_from_zero", None, False),
        (0.50, "greater_than", 0.25, True),
        (0.30, "greater_than", 0.25, False),
        (1.47, "greater_than", 1, True),
        (0.55, "greater_than", quantity(0.25), True),
        (0.50, "greater_than", quantity(0.25), False),
        (0.25, "less_than", quantity(0.55), True),
        (0.25, "less_than", quantity(0.50), False),
        (0.25, "not_different_from", quantity(0.50), True),
        (0.25, "not_different_from", quantity(0.55), False),
    ],
)
def test_a_claim(value: float, says: str, other: Quantity | float | None, holds: bool) -> None:
    # Two estimates with standard errors of 0.1 differ at the 5% level from 1.96 * sqrt(0.02) = 0.277 on.
    assert (judge(quantity(value), says, other) == "") is holds


def test_a_paper_of_a_twin_is_written_whatever_it_supports() -> None:
    body = f"""Trust fell. {{{{ claim({WITHIN}, "negative") }}}}

It was {{{{ {BETWEEN} | claim("less_than", 0.1) | dp(2) }}}}, and {{{{ est("means", "gone") | dp(2) }}}}.
"""
    assert len(mistakes(body)) > 1
    made = render(body, context=replace(CONTEXT, twin=True, synthetic=True))
    assert "It was 0.33, and …." in " ".join(plain(block.runs) for block in made.blocks if isinstance(block, Paragraph))


def test_between_looks_at_the_value_itself() -> None:
    share = Quantity(0.594, ORIGIN)
    assert judge(share, "between", 0.55, 0.65) == ""
    assert "between 0.6 and 0.65" in judge(share, "between", 0.6, 0.65)


def test_intervals_of_another_level_are_compared_at_that_level() -> None:
    narrow = Quantity(0.5, ORIGIN, 0.5 - 0.1, 0.5 + 0.1, Quantity(0.1, ORIGIN))  # one standard error: 68 %
    assert judge(narrow, "greater_than", Quantity(0.35, ORIGIN, 0.25, 0.45, Quantity(0.1, ORIGIN))) == ""


@pytest.mark.parametrize(
    ("result", "says", "other", "message"),
    [
        (quantity(0.2), "postive", None, "the nearest is `positive`"),
        (quantity(0.2), "greater_than", None, "needs the result it compares with"),
        (Quantity(0.2, ORIGIN), "positive", None, "no interval to judge"),
        (quantity(0.2), "greater_than", Quantity(0.1, ORIGIN), "no standard error"),
        (Quantity(None, ORIGIN, why="too few clusters"), "positive", None, "withheld: too few clusters"),
        (quantity(0.2), "between", 0.1, "needs two numbers"),
    ],
)
def test_a_claim_that_cannot_be_judged(result: Quantity, says: str, other: object, message: str) -> None:
    with pytest.raises(PaperError, match=message):
        judge(result, says, other)


def test_an_unsupported_sentence_stops_the_paper_with_file_line_sentence_and_numbers() -> None:
    body = (
        "\nContact is rare. **People liked migrants less** in waves with more contact, by\n"
        f'{{{{ {WITHIN} | claim("negative") | dp(2) }}}} points. More follows.\n'
    )
    (problem,) = mistakes(body)
    assert problem == (
        "paper.md:8: the result does not support "
        "“People liked migrants less in waves with more contact, by 0.25 points.”: said to be negative, "
        "but Contact on liking, within a person (liking_follows_contact) is 0.254 (0.230 to 0.279)."
    )


def test_a_claim_after_the_full_stop_is_about_the_sentence_before_it() -> None:
    body = f'First this. Contact lowers liking. {{{{ claim({WITHIN}, "negative") }}}} Then that.\n'
    assert "“Contact lowers liking.”" in mistakes(body)[0]


def test_a_claim_in_a_list_is_about_its_point() -> None:
    body = f'- One thing.\n\n- **Contact lowers liking**, we found.\n  {{{{ claim({WITHIN}, "negative") }}}}\n'
    assert "“Contact lowers liking, we found.”" in mistakes(body)[0]


def test_supported_claims_print_nothing() -> None:
    render(f'Fine. {{{{ claim({BETWEEN}, "greater_than", {WITHIN}) }}}} {{{{ claim({WITHIN}, "positive") }}}}\n')


def test_declared_claims_of_a_figure_are_judged() -> None:
    holds = Claim(model="liking_follows_contact", term="contact", component="within", says="positive")
    fails = Claim(model="liking_follows_contact", term="contact", component="within", says="negative")
    unknown = Claim(model="liking_follows_contact", term="contract", says="negative")
    assert check([holds], results()) == []
    assert ["said to be negative" in problem for problem in check([holds, fails], results())] == [True]
    assert "the nearest is `contact`" in check([unknown], results())[0]


def test_a_declared_comparison_of_waves() -> None:
    later = {"model": "means", "term": "mean", "outcome": "trust", "wave": "w02"}
    earlier = Claim(model="means", term="mean", outcome="trust", wave="w01", says="positive")
    apart = results().with_columns(std_error=pl.col("std_error") / 4, conf_low=pl.col("estimate") - 0.005)
    apart = apart.with_columns(conf_high=pl.col("estimate") + 0.005)
    assert check([Claim(**later, says="less_than", than=earlier)], apart) == []
    assert len(check([Claim(**later, says="greater_than", than=earlier)], apart)) == 1


def test_log_odds_are_meant_unless_the_odds_ratio_is_asked_for() -> None:
    assert check([Claim(model="stayed", term="woman", says="positive")], results()) == []
