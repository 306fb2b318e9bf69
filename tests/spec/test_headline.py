"""A headline is one sentence wholly from results: words by sign and interval, size by a declared yardstick."""

import pytest

from pipeline.papers.bound_titles import filled
from pipeline.papers.results import Results
from pipeline.specs.report import Model
from pipeline.specs.yardstick import Yardstick
from pipeline.tables import estimates

LABELS = {
    "trust": "Trust in others",
    "contact": "Contact",
    "invested": "Lives in an area that invested",
    "fear": "Fear",
}
RANGES = {"trust": (0.0, 10.0), "share": (0.0, 1.0), "invested": (0.0, 1.0), "contact": (1.0, 5.0)}


def row(model, component, term, estimate, low, high, outcome="trust", **more):
    error = None if estimate is None or low is None else (high - low) / 3.92
    return {
        "model": model, "family": "within_between", "outcome": outcome, "component": component, "term": term,
        "estimate": estimate, "conf_low": low, "conf_high": high, "std_error": error, "n_obs": 900, "n_persons": 300,
        **more,
    }  # fmt: skip


ROWS = [
    row("m", "within", "contact", 0.5, 0.4, 0.6),
    row("m", "between", "contact", -0.9, -1.2, -0.6),
    row("m", "variance", "residual", 0.25, None, None) | {"std_error": None},
    row("n", "within", "contact", 0.02, -0.1, 0.14),
    row("s", "coefficient", "invested", 0.09, 0.04, 0.14, outcome="share"),
    row("o", "coefficient", "contact", -0.4, -0.6, -0.2),
    row("o", "odds_ratio", "contact", 0.67, 0.55, 0.82),
    row("g", "coefficient", "invested", 1.0, 0.8, 1.2),
    row("u", "coefficient", "invested", 0.1, -0.2, 0.4),
    row("w", "within", "contact", None, None, None, note="withheld: the model did not converge"),
    row("d", "total_indirect_effect_within", "contact", -0.11, -0.15, -0.07),
    row("d", "sensitivity_rho_within", "fear", 0.2, None, None) | {"std_error": None},
    row("v", "explained_within", "contact", 0.04, 0.02, 0.06),
    row("l", "lag", "contact", 0.25, 0.2, 0.3),
    row("c", "mean", "trust", 5.0, 4.9, 5.1, wave="w01"),
    row("c", "mean", "trust", 4.5, 4.4, 4.6, wave="w02"),
]


def said(text: str, **yardsticks: Yardstick) -> str:
    found = Results(estimates(ROWS), labels=LABELS, ranges=RANGES, yardsticks=yardsticks)
    sentence, problems = filled("{{ " + text + " }}", found, "paper")
    assert not problems, problems
    return sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            'headline("m")',
            "Within a person, trust in others is 0.50 higher for one point more of contact (0.40 to 0.60).",
        ),
        (
            'headline("m", "contact", component="between")',
            "Between people, trust in others is 0.90 lower for one point more of contact (0.60 to 1.20).",
        ),
        (
            'headline("m", units=2)',
            "Within a person, trust in others is 1.00 higher for 2 points more of contact (0.80 to 1.20).",
        ),
        (
            'headline("n")',
            "Within a person, trust in others is not clearly associated with contact (0.02; −0.10 to 0.14).",
        ),
        (
            'headline("s")',
            "Share is 9 percentage points higher with “lives in an area that invested” than without (4 to 14).",
        ),
        (
            'headline("o")',
            "The odds of trust in others are 0.67 times as high for one point more of contact (0.55 to 0.82).",
        ),
        (
            'headline("w")',
            "The association of contact with trust in others is withheld: the model did not converge.",
        ),
        (
            'headline("d")',
            "Within a person, through fear, trust in others is 0.11 lower for one point more of contact "
            "(0.07 to 0.15).",
        ),
        (
            'headline("v")',
            "Contact explains 4% of the change within people in trust in others (2% to 6%).",
        ),
        (
            'headline("l")',
            "One point more of contact is followed at the next wave by trust in others that is 0.25 higher "
            "(0.20 to 0.30).",
        ),
    ],
)
def test_words_follow_the_result(text, sentence):
    assert said(text) == sentence


@pytest.mark.parametrize(
    ("declared", "ends"),
    [
        ({"of": {"model": "g", "term": "invested"}}, ", about half of the gap."),
        ({"sd": "within"}, ", about as much as the gap."),
        ({"value": 1}, ", about half of the gap."),
        ({"value": 0.35}, ", 1.4 times as much as the gap."),
        ({"value": 20}, ", less than a twentieth of the gap."),
        ({"value": 0.7}, ", 71% of the gap."),
        (
            {
                "of": {"model": "c", "term": "trust", "wave": "w02"},
                "less": {"model": "c", "term": "trust", "wave": "w01"},
            },
            ", about as much as the gap.",
        ),
        ({"of": {"model": "u", "term": "invested"}}, "(0.40 to 0.60)."),  # not clear itself: no measure
    ],
)
def test_a_yardstick_says_how_much_it_is(declared, ends):
    assert said('headline("m")', m=Yardstick(words="the gap", **declared)).endswith(ends)


def test_an_unclear_result_has_no_size():
    assert said('headline("n")', n=Yardstick(words="the gap", value=1)).endswith("(0.02; −0.10 to 0.14).")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('headline("x")', "`x` is not a model"),
        ('headline("c")', "no effect for a headline"),
        ('headline("m", "trusts")', "`trusts` is not a term"),
    ],
)
def test_what_is_no_result_is_refused(text, says):
    with pytest.raises(AssertionError, match=says):
        said(text)


def test_a_yardstick_outside_the_paper_is_refused():
    with pytest.raises(AssertionError, match="`other` is not a model of this paper"):
        said('headline("m")', m=Yardstick(words="the gap", of={"model": "other", "term": "a"}))


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        ({}, "one of `of`, `sd` and `value`"),
        ({"value": 1, "sd": "within"}, "one of"),
        ({"value": 1, "less": {"term": "x"}}, "taken from `of`"),
        ({"value": -1}, "greater than 0"),
    ],
)
def test_a_yardstick_is_one_size(declared, says):
    asked = {"question": "?", "study": "s", "family": "pooled", "outcome": "y", "exposures": ["x"]}
    with pytest.raises(ValueError, match=says):
        Model(**asked, yardstick={"words": "the gap", **declared})
