"""Terms of regressions: what an entry stands for, what is refused, and which column it becomes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from pipeline import models
from pipeline.errors import ModelError
from pipeline.models import add_terms
from pipeline.models.terms.slopes import Region
from pipeline.specs.models import declare
from pipeline.specs.terms import label_of, measures, parse


@pytest.mark.parametrize(
    ("entry", "terms"),
    [
        ("trust", ["trust"]),
        ("a * b", ["a", "b", "a:b"]),
        ("a:b", ["a:b"]),
        ("a * b * c", ["a", "b", "c", "a:b", "a:c", "b:c", "a:b:c"]),
        ("age ^ 2", ["age^2"]),
        ("lag(a) * b", ["lag(a)", "b", "lag(a):b"]),
        ("lead(a, 2)", ["lead(a, 2)"]),
        ("lag(a, within 1 year)", ["lag(a, within 12 months)"]),
        ("within(a) * b", ["within(a)", "b", "within(a):b"]),
        ("wave * a", ["wave", "a", "wave:a"]),
    ],
)
def test_an_entry_stands_for(entry: str, terms: list[str]) -> None:
    assert [term.key for term in parse(entry)] == terms


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("A * b", "is no term"), ("a ** b", "is no term"), ("a * a", "a power"), ("a * b : c", "mixes"),
        ("a^1", "from 2"), ("a^9", "from 2"), ("lag(wave)", "no measure"), ("lag(a, -1)", "by waves"),
        ("lag(a, 0)", "by waves"), ("lag(a, within 3 weeks)", "by waves"), ("log(a)", "there is no `log"),
        ("within(a, 2)", "alone"), ("a +b", "is no term"), ("", "is no term"),
    ],
)  # fmt: skip
def test_an_entry_that_is_no_term(entry: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse(entry)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("contact:trust", "Contact × political trust"),
        ("age^2", "Age squared"),
        ("lag(trust)", "Political trust one wave earlier"),
        ("lead(trust, 2)", "Political trust 2 waves later"),
        ("within(contact):age", "Contact (within a person) × age"),
        ("some_scale", "some scale"),
    ],
)
def test_a_term_in_words(key: str, words: str) -> None:
    assert label_of(key, {"contact": "Contact", "trust": "Political trust", "age": "Age"}) == words


def test_the_measures_of_terms() -> None:
    assert measures(["lag(a) * b", "age^2", "wave * c", "time * a"]) == ("a", "b", "age", "c")


def model(family: str = "pooled", **declared: Any) -> Any:
    return declare(family=family, outcome="y", **declared)


@pytest.mark.parametrize(
    ("declared", "why"),
    [
        ({"exposures": ["a", "a : b"]}, "without its part `b`"),
        ({"exposures": ["a", "b", "c", "a : b : c"]}, "without its part `a:b`"),
        ({"exposures": ["age^2"]}, "add `age`"),
        ({"exposures": ["age", "age^3"]}, r"add `age\^2`"),
        ({"exposures": ["a", "e^2"], "categorical": ["e"]}, "power of a category"),
        ({"exposures": ["a"], "centre": {"b": "grand"}}, "neither an exposure"),
        ({"exposures": ["e"], "categorical": ["e"], "standardise": {"e": "within"}}, "a category"),
        ({"exposures": ["wave * a"], "wave_effects": False}, "without its part `wave`"),
        ({"exposures": ["wave"]}, "alone is no term"),
        ({"exposures": ["time"]}, "no effect beside those of waves"),
        ({"family": "between", "exposures": ["wave * a"]}, "without its part `wave`"),
        ({"exposures": ["a", "b"], "slopes": [{"of": "a", "by": "b"}]}, "need their product"),
        ({"exposures": ["a * b", "a^2"], "slopes": [{"of": "a", "by": "b"}]}, "bends"),
        ({"exposures": ["a * b * c"], "slopes": [{"of": "a", "by": "b"}]}, "more than"),
        ({"exposures": ["a * b"], "products": "raw"}, "leave `products` out"),
    ],
)
def test_a_model_that_cannot_be_estimated_is_refused(declared: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        model(**declared)


DAYS = {"w01": dt.date(2020, 1, 1), "w02": dt.date(2020, 7, 1), "w03": dt.date(2021, 1, 1), "w04": dt.date(2021, 7, 1)}
ROWS = [
    ("a", "kent", "w01", 1.0), ("a", "kent", "w02", 2.0), ("a", "kent", "w03", 3.0), ("a", "kent", "w04", 4.0),
    ("b", "kent", "w01", 5.0), ("b", "kent", "w03", 6.0),
    ("c", "walsall", "w01", 7.0), ("c", "walsall", "w03", 8.0),
    ("d", "kent", "w01", 9.0), ("d", "kent", "w02", None), ("d", "kent", "w03", 9.5),
]  # fmt: skip
CALENDAR = {"kent": ["w01", "w02", "w03", "w04"], "walsall": ["w01", "w03"]}


def rows() -> pl.DataFrame:
    frame = pl.DataFrame(ROWS, schema=["person_id", "arm", "wave", "x"], orient="row")
    return frame.with_columns(fieldwork_start=pl.col("wave").replace_strict(DAYS, return_dtype=pl.Date))


@pytest.mark.parametrize(
    ("term", "values"),
    [
        ("lag(x)", [None, 1, 2, 3, None, None, None, 7, None, 9, None]),
        ("lag(x, 2)", [None, None, 1, 2, None, 5, None, None, None, None, 9]),
        ("lead(x)", [2, 3, 4, None, None, None, 8, None, None, 9.5, None]),
        ("lag(x, within 6 months)", [None, 1, 2, 3, None, None, None, None, None, 9, None]),
        ("lag(x, within 12 months)", [None, 1, 2, 3, None, 5, None, 7, None, 9, 9]),
        ("lead(x, within 12 months)", [2, 3, 4, None, 6, None, 8, None, 9.5, 9.5, None]),
    ],
)
def test_lags_are_by_time_and_not_by_row(term: str, values: list[float | None]) -> None:
    frame = rows().sample(fraction=1, shuffle=True, seed=1)
    made = add_terms(frame, [term], calendar=CALENDAR).sort("person_id", "wave")
    assert made[term].to_list() == values


def numbered(*waves: object, dtype: pl.DataType | None = None) -> pl.DataFrame:
    return pl.DataFrame(
        {"person_id": ["a"] * len(waves), "wave": pl.Series(waves, dtype=dtype), "x": range(len(waves))}
    )


@pytest.mark.parametrize(
    ("waves", "lags"),
    [
        (("w01", "w02", "w04"), [None, 0, None]),
        ((2016, 2017, 2019, 2020), [None, 0, None, 2]),
        ((3.0, 4.0, 6.0), [None, 0, None]),
        (("wave 9 (web)", "wave 10 (web)", "wave 12 (web)"), [None, 0, None]),
    ],
    ids=["codes", "years", "decimals", "words-around"],
)
def test_without_a_calendar_waves_are_as_far_apart_as_their_numbers(
    waves: tuple[object, ...], lags: list[object]
) -> None:
    assert add_terms(numbered(*waves), ["lag(x)"])["lag(x)"].to_list() == lags


def test_an_enum_of_waves_is_a_calendar() -> None:
    frame = numbered("spring", "winter", "summer", dtype=pl.Enum(["spring", "summer", "autumn", "winter"]))
    assert add_terms(frame, ["lag(x)"])["lag(x)"].to_list() == [None, None, 0]


@pytest.mark.parametrize("waves", [("spring", "summer"), ("w01", "wave 2"), ("2016-05", "2017-06"), (1, 10**7)])
def test_waves_without_numbers_have_no_neighbours(waves: tuple[object, ...]) -> None:
    with pytest.raises(ModelError, match="do not number them"):
        add_terms(numbered(*waves), ["lag(x)"])


def test_every_other_wave_has_a_lag_of_two() -> None:
    with pytest.raises(ModelError, match=r"write `lag\(x, 2\)`"):
        add_terms(numbered("w01", "w03", "w05"), ["lag(x)"])
    assert add_terms(numbered("w01", "w03", "w05"), ["lag(x, 2)"])["lag(x, 2)"].to_list() == [None, 0, 1]


@pytest.mark.parametrize("wave", ["w01", "w04"])
def test_a_lag_of_one_wave_is_refused(wave: str) -> None:
    with pytest.raises(ModelError, match="nobody has a value"):
        add_terms(rows().filter(pl.col("wave") == wave), ["lag(x)"], calendar=CALENDAR)


def test_a_lag_is_not_taken_over_the_wave_that_is_left_out() -> None:
    spec = model(exposures=["lag(x)"], waves=["w01", "w03"], arms=["kent"])
    with pytest.raises(ModelError, match="nobody has a value"):
        models.fit("m", spec, rows().with_columns(y=pl.col("x")))


def panel(waves: int = 4, people: int = 60) -> pl.DataFrame:
    import numpy as np

    random = np.random.default_rng(5)
    person = np.repeat(np.arange(people), waves)
    size = people * waves
    frame = pl.DataFrame(
        {
            "person_id": [f"p{one}" for one in person],
            "wave": [f"w{one + 1:02}" for one in range(waves)] * people,
            "x": random.normal(size=size) + np.repeat(random.normal(size=people), waves),
            "z": random.normal(size=size),
            "g": np.repeat(random.integers(0, 2, people), waves),
            "h": np.repeat(random.integers(0, 3, people), waves),
            "area_code": np.repeat(random.integers(0, 6, people), waves).astype(str),
        }
    )
    return frame.with_columns(y=pl.Series(random.normal(size=size)) + pl.col("x") * pl.col("g"))


def test_two_waves_have_no_interaction_within_persons() -> None:
    for family in ("fixed_effects", "within_between"):
        with pytest.raises(ModelError, match="three waves or more"):
            models.fit("m", model(family, exposures=["x * z"]), panel(waves=2))


def test_a_product_of_two_constants_never_changes_within_a_person() -> None:
    with pytest.raises(ModelError, match="changes within a person"):
        models.fit("m", model("fixed_effects", exposures=["g * h"]), panel())


def test_centring_takes_the_mean_that_is_declared() -> None:
    found = {}
    for how in ("grand", "person", "area"):
        made = add_terms(panel(), ["x * z"], centre={"x": how})
        keys = {"grand": [], "person": ["person_id"], "area": ["area_code"]}[how]
        means = made.group_by(keys).agg(pl.col("x").mean()) if keys else made.select(pl.col("x").mean())
        assert means["x"].abs().max() < 1e-12  # type: ignore[operator]
        found[how] = made["x:z"]
        assert (found[how] - made["x"] * made["z"]).abs().max() < 1e-12  # type: ignore[operator]


def test_marginal_effects_move_products_along() -> None:
    frame = panel().with_columns(y=(pl.col("y") > 0).cast(pl.Int64)).drop_nulls(["x", "z", "g", "y"])
    found = models.fit("m", model("logit", exposures=["x * z"], covariates=["g"], wave_effects=False), frame)
    beta = dict(found.filter(component="coefficient").select("term", "estimate").iter_rows())
    constant = found.filter(component="intercept")["estimate"][0]

    def mean_chance(step: float) -> float:
        x, z, g = (frame[name].to_numpy().astype(float) for name in ("x", "z", "g"))
        linear = constant + beta["x"] * (x + step) + beta["z"] * z + beta["x:z"] * (x + step) * z + beta["g"] * g
        return float(np.mean(1 / (1 + np.exp(-linear))))

    effects = found.filter(component="marginal_effect")
    assert set(effects["term"]) == {"x", "z", "g"}
    expected = (mean_chance(1e-5) - mean_chance(-1e-5)) / 2e-5
    assert effects.filter(term="x")["estimate"][0] == pytest.approx(expected, rel=1e-6)


def test_marginal_effects_of_what_cannot_be_moved_are_withheld() -> None:
    frame = panel().with_columns(y=(pl.col("y") > 0).cast(pl.Int64))
    found = models.fit("m", model("logit", exposures=["lag(x) : z", "lag(x)", "z"], centre={"z": "grand"}), frame)
    effects = found.filter(component="marginal_effect")
    for row in effects.iter_rows(named=True):
        assert (row["estimate"] is None) == bool(row["note"] and "withheld" in row["note"])
        assert row["estimate"] is None or np.isfinite(row["estimate"])


def test_waves_are_in_the_order_of_their_numbers() -> None:
    names = {"w01": "w8", "w02": "w9", "w03": "w10", "w04": "w11"}
    frame = panel().with_columns(pl.col("wave").replace_strict(names))
    found = models.fit("m", model("pooled", exposures=["wave * g", "lag(z)"]), frame).filter(term="wave:g")
    assert found["wave"].to_list() == ["w10", "w11"]
    assert set(found["note"]) == {"against w9"}


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_slopes_and_regions_follow_the_units(scale: float) -> None:
    declared = model("pooled", exposures=["x * z"], slopes=[{"of": "x", "by": "z"}])
    frame = panel()
    one, other = (
        models.fit("m", declared, made)
        for made in (frame, frame.with_columns(pl.col("z") * scale, pl.col("x") / scale))
    )
    for chosen, times in (({"component": "simple_slope"}, scale), ({"component": "slope_region"}, scale)):
        first, second = (made.filter(**chosen)["estimate"].head(2).to_list() for made in (one, other))
        assert second == pytest.approx([value * times for value in first], rel=1e-7)


def test_time_is_in_years_since_the_first_fieldwork() -> None:
    days = {f"w{wave:02}": dt.date(2020 + wave, 1, 1) for wave in range(1, 5)}
    frame = panel().with_columns(fieldwork_start=pl.col("wave").replace_strict(days, return_dtype=pl.Date))
    by_hand = frame.with_columns(
        years=(pl.col("fieldwork_start") - dt.date(2021, 1, 1)).dt.total_days() / 365.25
    ).with_columns(product=pl.col("years") * pl.col("g"))
    judged = models.fixed_effects(by_hand, "y", ["product"]).row(0, named=True)
    found = models.fit("m", model("fixed_effects", exposures=["time * g"]), frame).filter(term="time:g")
    assert found["estimate"][0] == pytest.approx(judged["estimate"], rel=1e-9)
    alone = models.fit("m", model("fixed_effects", exposures=["time * g"], wave_effects=False), frame)
    assert alone.filter(component="coefficient")["term"].to_list() == ["time", "time:g"]


def test_waves_times_a_constant_are_differences_from_the_first() -> None:
    found = models.fit("m", model("fixed_effects", exposures=["wave * g"]), panel())
    rows_ = found.filter(term="wave:g")
    assert rows_["wave"].to_list() == ["w02", "w03", "w04"]
    assert set(rows_["component"]) == {"coefficient"}


@pytest.mark.parametrize(
    ("region", "inside", "words"),
    [
        (Region(1.0, 3.0), [0.0, 4.0], "below 1 and above 3"),
        (Region(1.0, 3.0, inside=True), [2.0], "between 1 and 3"),
        (Region(None, 2.0, above=True), [3.0], "above 2"),
        (Region(None, None, everywhere=True), [0.0, 9.0], "at all values"),
        (Region(None, None), [], "nowhere"),
        (Region(-9.0, 9.0), [], "nowhere"),
    ],
)
def test_a_region_in_words(region: Region, inside: list[float], words: str) -> None:
    assert words in region.in_words(0, 4)
    assert all(region.holds(value) for value in inside)


def test_terms_are_formed_in_each_completed_panel_and_pooled() -> None:
    """The pooled product is the mean of those of the completed panels, whose terms differ."""
    from functools import partial

    from pipeline.imputation import fit_imputed

    frame = panel().with_columns(x=pl.when(pl.int_range(pl.len()) % 7 == 0).then(None).otherwise(pl.col("x")))
    gaps = frame.filter(pl.col("x").is_null()).select("person_id", "wave")
    cells = pl.concat(
        [gaps.with_columns(concept=pl.lit("x"), imputation=pl.lit(i), value=pl.lit(0.3 * i)) for i in (1, 2, 3)]
    )
    spec = model(exposures=["x * z"], slopes=[{"of": "x", "by": "z"}])
    refit = partial(models.fit, "m", spec, repeated=True)
    pooled = fit_imputed(refit, frame, cells)
    each = [refit(frame.with_columns(pl.col("x").fill_null(0.3 * i))) for i in (1, 2, 3)]
    for chosen in ({"component": "coefficient", "term": "x:z"}, {"component": "simple_slope", "group": "z=low"}):
        wanted = sum(one.filter(**chosen)["estimate"][0] for one in each) / 3
        assert pooled.filter(**chosen)["estimate"][0] == pytest.approx(wanted, rel=1e-12)
    assert pooled.filter(component="slope_region").is_empty()


@pytest.mark.parametrize(
    ("declared", "lacking"),
    [
        ({"family": "fixed_effects", "standard_errors": {"kind": "cr2", "cluster": "area_code"}}, "area_code"),
        (
            {"family": "mixed", "random": {"person_id": [], "area_code": []}, "standardise": {"x": "overall"}},
            "area_code",
        ),
        ({"family": "mixed", "precision": "sure", "centre": {"x": "grand"}}, "sure"),
        ({"family": "within_between", "random": {"area_code": []}}, "area_code"),
        ({"family": "pooled", "centre": {"x": "area"}}, "area_code"),
    ],
    ids=str,
)
def test_means_are_those_of_the_rows_that_the_model_keeps(declared: dict[str, Any], lacking: str) -> None:
    """A row that a cluster, a grouping or an area is missing of is in no mean either."""
    rng = np.random.default_rng(1)
    frame = panel().with_columns(
        area_code=pl.col("person_id").cast(pl.String).hash(3).mod(8).cast(pl.String),
        sure=pl.Series(rng.uniform(1, 2, 240)),
    )
    frame = frame.with_columns(pl.when(pl.Series(rng.random(240) > 0.2)).then(pl.col(lacking)))
    spec = model(exposures=["x * z"], wave_effects=False, **declared)
    assert (
        models.fit("m", spec, frame)
        .drop("note")
        .filter(pl.col("component") != "sample")
        .equals(models.fit("m", spec, frame.drop_nulls(lacking)).drop("note").filter(pl.col("component") != "sample"))
    )


@pytest.mark.parametrize(
    "options", [{"standardise": {"z": "overall"}}, {"centre": {"z": "grand"}}, {"categorical": ["z"]}]
)
def test_a_choice_for_a_measure_that_no_term_names_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="`z` is in none of the terms"):
        add_terms(panel(), ["x^2"], **options)
