"""Cases found from outside beside R: domains, persons over waves, the order of waves, categories held as numbers."""

import numpy as np
import polars as pl
import pytest

from pipeline import models, weights


def strata() -> pl.DataFrame:
    draw, rows = np.random.default_rng(7), []
    for stratum in range(30):
        for unit in range(2):
            level = draw.normal(0, 0.7)
            rows += [(stratum, unit, str(draw.choice(list("abcd"))), float(level + draw.normal())) for _ in range(4)]
    return pl.DataFrame(rows, schema=["s", "u", "g", "y"], orient="row")


def test_a_domain_keeps_the_whole_design():
    """R: svyby; df as degf(subset(design, …))."""
    table = models.design_means(strata(), ["y"], by=["g"], strata="s", psu="u")
    assert table["std_error"].to_list() == pytest.approx([0.1392, 0.1301, 0.1619, 0.1851], abs=5e-5)
    assert table["df"].to_list() == [13.0, 15.0, 16.0, 15.0]


def lonely() -> pl.DataFrame:
    draw, rows = np.random.default_rng(7), []
    for stratum in range(12):
        for unit in range(1 if stratum in (2, 7, 9) else 3):
            level = draw.normal(0, 0.7)
            for _ in range(3):
                group = str(draw.choice(list("ab"))) if stratum not in (7, 3, 4) else "a"
                own = float(level + draw.normal())
                rows.append((stratum, 10 * stratum + unit, group, own, float(draw.random() + 0.5)))
    return pl.DataFrame(rows, schema=["s", "u", "g", "y", "w"], orient="row")


@pytest.mark.parametrize(
    ("rule", "theirs", "f"),
    [
        ("average", [0.242582, 0.2291911], 0.2074227),
        ("certainty", [0.2100821, 0.2291911], 0.2765636),
        ("adjust", [0.2234939, 0.2291911], 0.2350968),
        ("remove", [0.2100821, 0.2291911], 0.2765636),
    ],
)
def test_lonely_units_in_a_domain_are_counted_as_in_r(rule, theirs, f):
    """R: svyby and svychisq with options(survey.lonely.psu)."""
    design = {"strata": "s", "psu": "u", "weight": "w", "lonely_psu": rule}
    table = models.design_means(lonely(), ["y"], by=["g"], **design)
    assert table["std_error"].to_list() == pytest.approx(theirs, abs=5e-8)
    assert table["df"].to_list() == [15.0, 10.0]
    answers = lonely().with_columns(k=(pl.col("y") > 0).cast(int))
    test = models.design_association(answers, ["k"], "g", by=(), **design).filter(term="rao_scott_f")
    assert test["statistic"].to_list() == pytest.approx([f], abs=5e-8)


def test_persons_are_linked_over_waves_and_the_note_says_so():
    """R: svyglm with ids = ~person_id 0.192592; with ids = ~1 0.101450."""
    draw = np.random.default_rng(12)
    person, wave = np.repeat(np.arange(250), 5), np.tile(np.arange(5), 250)
    woman, weight = draw.integers(0, 2, 250)[person], np.exp(draw.normal(0, 0.3, 250))[person]
    y = draw.normal(size=250)[person] * 1.5 + draw.normal(size=1250)
    frame = pl.DataFrame({"person_id": person, "wave": wave, "fem": woman, "w": weight, "y": y}).with_row_index("row")
    linked, rows = (
        models.design_regression(frame, "y", ["fem"], weight="w", **units).filter(term="fem")
        for units in ({}, {"psu": "row"})
    )
    assert (linked["std_error"][0], rows["std_error"][0]) == pytest.approx((0.192592, 0.101450), abs=1e-6)
    assert linked["note"][0] == "persons are the sampling units"


@pytest.mark.parametrize("held", [pl.Int64, pl.String])
def test_differences_are_of_neighbouring_waves(held):
    """R: plm(model = "fd") with waves as numbers."""
    draw = np.random.default_rng(6)
    person, wave = np.repeat(np.arange(150), 12), np.tile(np.arange(1, 13), 150)
    x = draw.normal(size=1800)
    y = 0.5 * x + 0.2 * wave + draw.normal(size=1800) + draw.normal(size=150)[person]
    frame = pl.DataFrame({"person_id": person, "wave": wave, "x": x, "y": y})
    frame = frame.filter(pl.Series(draw.random(1800) < 0.8)).with_columns(pl.col("wave").cast(held))
    table = models.first_difference(frame, "y", ["x"], wave_effects=False)
    assert table["estimate"][:2].to_list() == pytest.approx([0.485140, 0.229384], abs=1e-6)


def test_an_exposure_of_numbers_named_as_categorical_is_categorical():
    """R: lmer, the within parts."""
    draw = np.random.default_rng(8)
    person, wave = np.repeat(np.arange(200), 4), np.tile(np.arange(4), 200)
    code = draw.integers(1, 4, 800)
    y = np.where(code == 2, 1.0, 0.0) + draw.normal(size=200)[person] + draw.normal(size=800)
    frame = pl.DataFrame({"person_id": person, "wave": wave, "c": code, "y": y})
    table = models.within_between(frame, "y", ["c"], categorical=["c"], wave_effects=False)
    within = table.filter(component="within")
    assert within["estimate"].to_list() == pytest.approx([0.854530, 0.064673], abs=1e-6)


def test_class_weights_are_people_over_responders():
    draw = np.random.default_rng(5)
    frame = pl.DataFrame({"resp": (draw.random(400) < 0.5).astype(int), "sex": draw.choice(["f", "m"], 400)})
    table = weights.class_weights(frame, "resp", by=["sex"])
    found = sorted(table["response_weight"].drop_nulls().unique())
    assert found == pytest.approx([1.908257, 1.920000], abs=1e-6)


def test_the_last_answers_before_a_wave_do_not_depend_on_the_order_of_rows():
    waves = [f"w{wave}" for wave in (1, 2, 9, 10)]
    calendar = pl.DataFrame({"wave": waves}).join(pl.DataFrame({"person_id": ["a", "b"], "arm": "m"}), how="cross")
    calendar = calendar.with_columns(is_present=pl.lit(True))
    panel = calendar.with_columns(age=pl.col("wave").replace_strict(dict(zip(waves, (1, 2, 9, 10), strict=True))))
    for shown in (calendar, calendar.reverse(), calendar.sort("wave")):
        table = weights.people(panel, shown, ["w10"], origin="latest", columns=["age"])
        assert table["age"].to_list() == [9, 9]
