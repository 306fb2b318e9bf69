"""What coefficient and odds-ratio figures show."""

import math
from itertools import combinations

import polars as pl
import pytest
from matplotlib.figure import Figure

from pipeline import specs
from pipeline.errors import PaperError
from pipeline.figures import NARROW, WIDE, alt_coefficients, alt_odds_ratios, coefficients, draw, odds_ratios
from pipeline.figures.kinds.odds_ratios import SMALL_ODDS_RATIO
from pipeline.paths import Paths
from pipeline.tables import estimates


def effects(model: str = "liking", within: float | None = 0.25, between: float = 0.33) -> pl.DataFrame:
    rows = [
        {"component": "within", "term": "contact", "estimate": within, "std_error": 0.02},
        {"component": "between", "term": "contact", "estimate": between, "std_error": 0.02},
        {"component": "wave", "term": "w02", "estimate": 9.0, "std_error": 0.02},
    ]
    frame = estimates(rows, model=model, family="within_between", outcome=model)
    return frame.with_columns(
        conf_low=pl.col("estimate") - 1.96 * pl.col("std_error"),
        conf_high=pl.col("estimate") + 1.96 * pl.col("std_error"),
    )


def logit() -> pl.DataFrame:
    rows = [
        {"component": "coefficient", "term": "woman", "estimate": math.log(1.5), "conf_low": 0.2, "conf_high": 0.6},
        {"component": "coefficient", "term": "age", "estimate": 0.01, "conf_low": 0.005, "conf_high": 0.015},
        {"component": "odds_ratio", "term": "woman", "estimate": 1.5, "conf_low": 1.2, "conf_high": 1.8},
    ]
    return estimates(rows, model="stayed", family="attrition", outcome="answered")


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


def collisions(figure: Figure) -> list[tuple[str, str]]:
    renderer = figure.canvas.get_renderer()
    drawn = [*figure.texts, *(tick for axes in figure.axes for tick in axes.get_xticklabels())]
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in drawn if text.get_text().strip()]
    return [
        (a, b)
        for (a, one), (b, other) in combinations(boxes, 2)
        if min(one.x1, other.x1) - max(one.x0, other.x0) > 1.5 and min(one.y1, other.y1) - max(one.y0, other.y0) > 2.5
    ]


def test_within_and_between_differ_in_colour_and_in_shape() -> None:
    figure = coefficients(effects(), labels={"contact": "Contact"}, title="Contact and liking")
    marks = [line for line in figure.axes[0].lines if line.get_marker() in ("o", "D")]
    assert {line.get_marker() for line in marks} == {"o", "D"}
    assert len({line.get_color() for line in marks}) == 2


def test_values_are_printed_with_their_intervals() -> None:
    figure = coefficients(effects(), labels={"contact": "Contact"}, title="Contact and liking")
    assert "0.25 (0.21 to 0.29)" in texts(figure)
    assert "0.33 (0.29 to 0.37)" in texts(figure)


def test_only_the_terms_named_are_drawn() -> None:
    figure = coefficients(effects(), labels={"contact": "Contact"}, title="Contact and liking")
    assert figure.axes[0].get_xlim()[1] < 1


def test_zero_is_always_in_sight() -> None:
    low, high = coefficients(effects(), labels={"contact": "Contact"}, title="x").axes[0].get_xlim()
    assert low < 0 < high


@pytest.mark.parametrize("width", [WIDE, NARROW], ids=["page", "phone"])
def test_models_are_rows_that_do_not_collide(width: float) -> None:
    three = pl.concat([effects("liking"), effects("unease", -0.12, -0.2), effects("threat", -0.03, -0.18)])
    figure = coefficients(
        three,
        labels={"contact": "Contact"},
        models={"liking": "Liking of migrants, by contact", "unease": "Unease", "threat": "Threat seen in migration"},
        title="Contact goes with liking",
        subtitle="Change in the outcome for one more step of contact",
        source="A study",
        width=width,
    )
    assert {"Unease", "Threat seen in migration"} <= set(texts(figure))
    assert collisions(figure) == []


def test_a_withheld_result_is_said_to_be_withheld() -> None:
    frame = effects().with_columns(
        pl.when(pl.col("component") == "within").then(None).otherwise(pl.col(name)).alias(name)
        for name in ("estimate", "conf_low", "conf_high")
    )
    figure = coefficients(frame, labels={"contact": "Contact"}, title="x")
    assert "withheld" in texts(figure)
    assert "withheld" in alt_coefficients(frame, labels={"contact": "Contact"})


def test_a_term_that_is_not_there_is_an_error() -> None:
    with pytest.raises(PaperError, match="none of the terms"):
        coefficients(effects(), labels={"contract": "Contract"}, title="x")


def test_odds_ratios_are_the_exponential_of_log_odds() -> None:
    figure = odds_ratios(logit(), labels={"woman": "Woman"}, title="Women were likelier to stay")
    assert "1.50 (1.22 to 1.82)" in texts(figure)
    assert figure.axes[0].get_xscale() == "log"


def test_odds_ratios_for_several_units() -> None:
    told = alt_odds_ratios(logit(), labels={"age": "Age (ten years more)"}, per={"age": 10})
    assert "Age (ten years more): 1.11 (1.05 to 1.16)." in told


def test_a_declared_band_and_units_are_those_drawn_and_told() -> None:
    study = specs.load_project(Paths()).studies["elsoc"]
    spec = specs.Figure(
        study="elsoc", kind="odds_ratios", title="Who stayed", models=["stayed"], per={"age": 10}, small=1.25
    )
    drawing = draw(spec, study, estimates=logit())
    words = " ".join(text.get_text() for text in drawing.figure.texts)
    assert "0.80 to 1.25" in words
    assert alt_odds_ratios(logit(), labels={"age": "age"}, per={"age": 10}).split("age: ")[1] in drawing.alt


def test_small_is_cohens_small_effect_as_an_odds_ratio() -> None:
    # Chinn (2000): ln(OR) = 1.81 d; Cohen's small effect is d = 0.2.
    assert pytest.approx(math.exp(1.81 * 0.2), abs=0.005) == SMALL_ODDS_RATIO


@pytest.mark.parametrize("width", [WIDE, NARROW], ids=["page", "phone"])
def test_odds_ratio_labels_do_not_collide(width: float) -> None:
    labels = {"woman": "Women (against men of the same age)", "age": "Age (for each year)"}
    assert collisions(odds_ratios(logit(), labels=labels, title="Who stayed", width=width)) == []


def test_alt_text_holds_every_number_drawn() -> None:
    assert alt_coefficients(effects(), labels={"contact": "Contact"}) == (
        "Dot plot of effects with 95% confidence intervals and a line at zero. "
        "Contact: within a person, over time 0.25 (0.21 to 0.29), between people 0.33 (0.29 to 0.37)."
    )
