"""Where a referee with R found other numbers: terms with large offsets, categories' marginal effects, pooled waves.

The values are R 4.2's on the panel below: ``lm`` and ``plm`` (years less 2018, which changes no other term), ``glm``,
``svyglm``, ``svymean`` and the like, ``sandwich::vcovCL``; marginal effects by ``predict``, everybody in one category.
"""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from pipeline import models

YEARS = (2014.0, 2016.0, 2017.0, 2018.5, 2021.25)
SQUARE = "year_squared"


def panel() -> pl.DataFrame:
    """Seven dozen people in up to five waves at uneven dates, some answered once; incomes beside answers of 1 to 4."""
    draw = np.random.default_rng(77)
    person, place = np.repeat(np.arange(84), 5), np.tile(np.arange(5), 84)
    year = np.array(YEARS)[place] + draw.integers(0, 12, 420) / 16
    level, x, income = draw.normal(size=84)[person], draw.normal(size=420), np.round(np.exp(draw.normal(10, 1, 420)))
    code, group = draw.integers(1, 5, 420), draw.choice(["a", "b", "c"], 84)[person]
    y = 0.4 * x + 0.3 * (code == 2) + 1e-5 * income + 0.03 * (year - 2018) ** 2 + level + draw.normal(size=420)
    chance = 1 / (1 + np.exp(-(0.5 * x + 0.8 * (code == 2) - 0.9 * (code == 3) + 0.5 * level)))
    frame = pl.DataFrame(
        {
            "person_id": person,
            "arm": "m",
            "wave": place + 1,
            "x": x,
            "income": income,
            "year": year,
            SQUARE: year**2,
            "centred": year - 2018,
            "code": code,
            "g": group,
            "y": y,
            "b": (draw.random(420) < chance).astype(int),
            "w": np.exp(draw.normal(0, 0.5, 84))[person],
            "s": draw.integers(0, 5, 84)[person],
        }
    ).with_columns(u=10 * pl.col("s") + pl.col("person_id") % 3)
    kept = (draw.random(420) < 0.75) | (place == 0)
    return frame.filter(pl.Series(kept) & ((pl.col("person_id") > 4) | (pl.col("wave") == 1)))


FRAME = panel()

TERMS = {"covariates": ["income", "code"], "categorical": ["code"], "wave_effects": False}
"""R: lm and plm, classical standard errors: estimate and error of x, the year's square, code 3 against 1."""
CLASSICAL = {
    "pooled": [(0.330128094234, 0.080566447625), (0.025969930128, 0.013171432407), (0.371978993833, 0.223755676172)],
    "fixed_effects": [
        (0.354911668665, 0.0672807750474), (0.020001259243, 0.0097815391087), (0.304079578257, 0.1822653375635),
    ],
    "first_difference": [
        (0.304658405897, 0.067620386581), (0.023536151692, 0.011050179652), (0.223486653505, 0.184691705316),
    ],
    "random_effects": [
        (0.346779388819, 0.0643265809267), (0.021482332735, 0.0096221531997), (0.312945688506, 0.1754120144935),
    ],
}  # fmt: skip
CLUSTERED = {
    "pooled": [0.079954311199, 0.011216193954, 0.225725326155],
    "fixed_effects": [0.064749433208, 0.010988457179, 0.195692286306],
}


def of_interest(table: pl.DataFrame, component: str = "coefficient") -> pl.DataFrame:
    """The rows of x, the square of the year and code 3, in this order."""
    rows = table.filter(component=component)
    return pl.concat([rows.filter(term="x"), rows.filter(term=SQUARE), rows.filter(term="code", group="3")])


def against_r(table: pl.DataFrame, theirs: list[tuple[float, float]], close: float = 1e-8) -> None:
    found = of_interest(table)
    assert found["estimate"].to_list() == pytest.approx([value for value, _ in theirs], rel=close)
    assert found["std_error"].to_list() == pytest.approx([error for _, error in theirs], rel=close)


@pytest.mark.parametrize(
    ("name", "repeated"),
    [(name, again) for name in CLASSICAL for again in (False, True) if (name, again) != ("random_effects", True)],
)
def test_years_beside_their_squares_lose_no_digit(name: str, repeated: bool) -> None:
    function = getattr(models, name)
    further = {"repeated": True} if repeated else {}
    exposures = ["x", "year", SQUARE]
    against_r(function(FRAME, "y", exposures, **TERMS, **further, cluster=None), CLASSICAL[name])
    if name in CLUSTERED:
        errors = of_interest(function(FRAME, "y", exposures, **TERMS, **further))["std_error"].to_list()
        assert errors == pytest.approx(CLUSTERED[name], rel=1e-8)


def test_years_beside_their_squares_and_both_effects() -> None:
    both = {**TERMS, "effects": "person_and_wave", "cluster": None}
    theirs = [(0.351344222146, 0.067839719432), (0.027578403372, 0.061419586709), (0.304302429526, 0.183823648783)]
    del both["wave_effects"]
    against_r(models.fixed_effects(FRAME, "y", ["x", "year", SQUARE], **both), theirs, 1e-7)


@pytest.mark.parametrize("name", ["mundlak", "within_between", "between", "hausman"])
def test_the_offset_of_a_term_moves_no_other(name: str) -> None:
    """A year since 2018 is a year: all but the intercept and the year's own slope are the same."""
    function = getattr(models, name)
    centred = FRAME.with_columns((pl.col("centred") ** 2).alias(SQUARE))
    options = {} if name == "between" else {"wave_effects": False}
    one, two = (
        function(frame, "y", ["x", year, SQUARE], ["income"], **options)
        for frame, year in ((FRAME, "year"), (centred, "centred"))
    )
    kept = pl.col("term").is_in(["intercept", "year", "centred"]).not_()
    for column in ("estimate", "std_error", "statistic", "p_value"):
        ours, theirs = (table.filter(kept)[column].to_list() for table in (one, two))
        assert ours == [None if value is None else pytest.approx(value, rel=1e-5, abs=1e-12) for value in theirs]


def test_years_beside_their_squares_on_a_survey_design() -> None:
    """R: svyglm; the logit did not converge, the linear model was a tenth of a per cent off."""
    design = {**TERMS, "weight": "w", "strata": "s", "psu": "u"}
    linear = [(0.350027148824, 0.10042858586), (0.025894901956, 0.01171711177), (0.338524913875, 0.39108431327)]
    logit = [(0.462757202564, 0.113743898266), (0.010920786738, 0.021477856966), (-1.070838530461, 0.311848194299)]
    exposures = ["x", "year", SQUARE]
    against_r(models.design_regression(FRAME, "y", exposures, **design), linear)
    against_r(models.design_regression(FRAME, "b", exposures, link="logit", **design), logit, 1e-6)


def test_marginal_effects_of_categories_are_from_one_to_the_other() -> None:
    """R: predict with everybody in one category; statsmodels leaves people in two at once (-0.226 for code 3)."""
    table = models.logit(FRAME, "b", ["x", "year", SQUARE], ["income", "code"], categorical=["code"])
    log_odds = [(0.4536488902583, 0.121689143294), (-0.0052709083506, 0.019186503427), (-0.9965139354656, 0.3292081210)]
    against_r(table, log_odds, 1e-5)
    effects = table.filter(component="marginal_effect")
    found = effects.filter(term="code").select("estimate", "std_error").rows()
    theirs = [(0.14018607027, 0.081097184498), (-0.2254269571, 0.072454752258), (0.0058698334425, 0.073630509287)]
    for ours, wanted in zip(found, theirs, strict=True):
        assert ours == pytest.approx(wanted, rel=1e-5)
    slope = effects.filter(term="x").select("estimate", "std_error").row(0)
    assert slope == pytest.approx((0.10034329603, 0.024787212644), rel=1e-5)


def test_a_logit_of_several_rows_a_person_says_how_they_count() -> None:
    alone, clustered = (models.logit(FRAME, "b", ["x"], cluster=by) for by in (None, "person_id"))
    assert "persons have several rows" in alone.filter(term="x")["note"][0]
    assert clustered.filter(term="x", component="coefficient")["note"][0] is None
    once = FRAME.filter(pl.col("wave") == 1)
    assert models.logit(once, "b", ["x"]).filter(term="x", component="coefficient")["note"][0] is None


POOLED: dict[str, tuple[Callable[..., pl.DataFrame], list[float]]] = {
    "means": (lambda **more: models.design_means(FRAME, ["y"], **more), [0.15399328917]),
    "totals": (lambda **more: models.design_totals(FRAME, ["y"], **more), [56.297737748]),
    "ratios": (lambda **more: models.design_ratios(FRAME, {"r": ("y", "income")}, **more), [3.7913783096e-06]),
    "quantiles": (lambda **more: models.design_quantiles(FRAME, ["y"], [0.5], **more), [0.13900760565]),
    "shares": (lambda **more: models.design_shares(FRAME, {"b": {"yes": [1]}}, **more), [0.03092198439]),
}


@pytest.mark.parametrize("name", POOLED)
def test_waves_taken_together_link_persons(name: str) -> None:
    """R: ids = ~person_id. Rows as units give errors a third too small."""
    function, errors = POOLED[name]
    table = function(by=(), weight="w")
    assert table["std_error"].to_list() == pytest.approx(errors, rel=1e-8)
    assert table["note"].to_list() == ["persons are the sampling units"]


def test_groups_over_waves_link_persons() -> None:
    """R: svyby, svycontrast and svychisq with ids = ~person_id."""
    by_group = models.design_means(FRAME, ["y"], by=["g"], weight="w")
    assert by_group["std_error"].to_list() == pytest.approx([0.27011706486, 0.1896985776, 0.34727730426], rel=1e-8)
    apart = models.design_differences(FRAME, ["y"], "g", by=(), weight="w")
    assert apart.select("estimate", "std_error").row(0) == pytest.approx((-0.247401777, 0.33007), abs=5e-6)
    test = models.design_association(FRAME, ["b"], "g", by=(), weight="w").filter(term="rao_scott_f")
    assert test["statistic"][0] == pytest.approx(0.6796173189, rel=1e-8)
    assert (test["df"][0], test["p_value"][0]) == pytest.approx((1.9414772024, 0.5040710767), rel=1e-8)


def test_a_wave_at_a_time_needs_no_link() -> None:
    table = models.design_means(FRAME, ["y"], weight="w")
    assert table["note"].null_count() == table.height
