"""The door of every room: one result however the same answers are held, for each function that a room exports."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from datetime import date
from importlib import import_module
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipeline import figures, imputation, models, participation, scales, sem, weights
from pipeline.errors import CohesionError
from pipeline.harmonise import drift

ROOMS = ("scales", "weights", "participation", "imputation", "sem", "figures", "models")
PERSONS, WAVES = 60, 11
NAMES = [f"w{wave}" for wave in range(1, WAVES + 1)]
Hold = Callable[[pl.DataFrame], pl.DataFrame]


def answers() -> pl.DataFrame:
    """One row per person and wave answered, in the order of waves: items of 1 to 5 with gaps, a group, a weight."""
    draw = np.random.default_rng(11)
    person, wave = np.repeat(np.arange(PERSONS), WAVES), np.tile(np.arange(WAVES), PERSONS)
    level = draw.normal(size=PERSONS)[person]
    items = {f"i{k}": np.clip(np.round(3 + level + draw.normal(size=len(person))), 1, 5) for k in range(1, 5)}
    frame = pl.DataFrame(
        {
            "person_id": [f"p{number:03}" for number in person],
            "arm": "a",
            "wave": [NAMES[place] for place in wave],
            **items,
            "g": draw.choice(["f", "m", "x"], PERSONS)[person],
            "w": np.exp(draw.normal(0, 0.3, PERSONS))[person],
        }
    )
    gaps = pl.Series(draw.random(frame.height) < 0.08)
    kept = pl.Series((draw.random(frame.height) < 0.8) | (wave == 0))
    return frame.with_columns(i1=pl.when(gaps).then(None).otherwise("i1")).filter(kept)


def asked() -> pl.DataFrame:
    """One row per person asked: whether they responded, what may predict it, a weight; and a scale's wide items."""
    draw = np.random.default_rng(12)
    factor = draw.normal(size=400)
    frame = pl.DataFrame(
        {
            "person_id": [f"p{number:03}" for number in range(400)],
            "arm": "a",
            "origin": "w1",
            "is_asked": True,
            "responded": draw.random(400) < 1 / (1 + np.exp(-0.5 * factor)),
            "reason": "responded",
            "x": factor + draw.normal(size=400),
            "g": draw.choice(["f", "m", "z"], 400),
            "s": draw.integers(0, 4, 400),
            "w": np.exp(draw.normal(0, 0.3, 400)),
            **{f"a{k}": 0.8 * factor + draw.normal(size=400) for k in range(1, 5)},
            **{f"b{k}": 0.5 * factor + draw.normal(size=400) for k in range(1, 5)},
            **{f"o{k}": np.clip(np.round(3 + factor + draw.normal(size=400)), 2, 4) for k in range(1, 5)},
            **{f"p{k}": np.clip(np.round(3 + factor + draw.normal(size=400)), 2, 4) for k in range(1, 4)},
        }
    ).with_columns(responded=pl.col("responded").cast(int))
    return frame.with_columns(x=pl.when(pl.Series(draw.random(400) < 0.1)).then(None).otherwise("x"))


ANSWERS, ASKED = answers(), asked()
TARGETS = pl.DataFrame({"variable": ["g"] * 3, "category": ["f", "m", "z"], "share": [0.3, 0.3, 0.4]})
FACTOR, LAGS = {"f": ["a1", "a2", "a3", "a4"]}, {"x": ["a1", "a2", "a3", "a4"], "y": ["b1", "b2", "b3", "b4"]}
ORDERED = ["o1", "o2", "o3"]


def waves_of(frame: pl.DataFrame) -> list[Any]:
    """The waves of a frame in their order, as it holds them."""
    found = frame["wave"].unique().to_list()
    return sorted(found, key=lambda wave: number_of(str(wave)))


def number_of(wave: str) -> int:
    """Which wave it is, from 1, however it is held."""
    if wave.startswith("20"):
        return int(wave[2:4])
    return int(float(wave.removeprefix("w")))


def of_answers(make: Callable[[pl.DataFrame, list[Any]], object]) -> Callable[[Hold], object]:
    """The result for the panel, held as it is held."""

    def made(hold: Hold) -> object:
        frame = hold(ANSWERS)
        return with_people(make(frame, waves_of(frame)), frame)

    return made


def of_part(make: Callable[[pl.DataFrame, list[Any]], object]) -> Callable[[Hold], object]:
    """The result for the participation table, made of the panel as it is and then held as it is held."""

    def made(hold: Hold) -> object:
        frame = hold(participation.participation(ANSWERS, {"a": NAMES}, study="s"))
        return with_people(make(frame, waves_of(frame)), frame)

    return made


def of_asked(make: Callable[[pl.DataFrame], object]) -> Callable[[Hold], object]:
    def made(hold: Hold) -> object:
        frame = hold(ASKED)
        return with_people(make(frame), frame)

    return made


def with_people(result: object, frame: pl.DataFrame) -> object:
    """A result of one value or row per row, with whose it is."""
    if isinstance(result, tuple):
        result = result[0]
    if hasattr(result, "weights") and isinstance(result.weights, (pl.Series, np.ndarray)) and not is_sem(result):
        result = result.weights if isinstance(result.weights, pl.Series) else pl.DataFrame(result.weights)
    if isinstance(result, pl.Series):
        result = result.to_frame()
    keys = [name for name in ("person_id", "wave") if name in frame.columns]
    if isinstance(result, pl.DataFrame) and result.height == frame.height and "person_id" not in result.columns:
        return pl.concat([frame.select(keys), result], how="horizontal")
    return result


def is_sem(result: object) -> bool:
    return type(result).__module__.startswith("pipeline.sem")


SCALES: dict[str, Callable[[Hold], object]] = {
    "score_scale": of_answers(
        lambda frame, _: scales.score_scale(
            frame, ["i1", "i2", "i3"], minimum_answered=2, reverse=["i2"], ranges={"i2": (1, 5)}
        )
    ),
    "cronbach_alpha": of_answers(lambda frame, _: scales.cronbach_alpha(frame, ["i1", "i2", "i3", "i4"])),
}
WEIGHTS: dict[str, Callable[[Hold], object]] = {
    "balance": of_asked(
        lambda frame: weights.balance(frame, ["x", "g"], responded="responded", weight="w", base_weight="w")
    ),
    "calibrate": of_asked(lambda frame: weights.calibrate(frame, TARGETS, base_weight="w")),
    "class_weights": of_asked(lambda frame: weights.class_weights(frame, "responded", by=["g"], base_weight="w")),
    "poststratify": of_asked(lambda frame: weights.poststratify(frame, TARGETS, base_weight="w")),
    "propensity_weights": of_asked(lambda frame: weights.propensity_weights(frame, "responded", ["x", "g"])),
    "rake": of_asked(lambda frame: weights.rake(frame, TARGETS, base_weight="w")),
    "rake_replicates": of_asked(
        lambda frame: (
            weights.rake_replicates(
                weights.replicate_weights(frame.sort("person_id"), "jk1", weight="w"), frame.sort("person_id"), TARGETS
            ).full
        )
    ),
    "replicate_weights": of_asked(
        lambda frame: weights.replicate_weights(frame, "jkn", weight="w", stratum="s").ratio(frame["w"].to_numpy())[1]
    ),
    "sequential_weights": of_asked(lambda frame: weights.sequential_weights(frame, ["responded"], [["x", "g"]])),
    "trim_to_margins": of_asked(lambda frame: weights.trim_to_margins(frame, TARGETS, weight="w", upper=2.0)),
    "weight_set": of_asked(
        lambda frame: weights.weight_set(
            frame, weights.Recipe(predictors=("x", "g"), targets=TARGETS), base_weight="w"
        ).table.select("person_id", "panel_weight")
    ),
    "replicate_set": of_asked(
        lambda frame: (
            weights.replicate_set(
                frame.sort("person_id"),
                weights.Recipe(predictors=("g",), targets=TARGETS),
                weights.replicate_weights(frame.sort("person_id"), "jk1", weight="w"),
            ).full
        )
    ),
    "people": lambda hold: _people(hold),
    "trim": lambda hold: np.sort(weights.trim(hold(ASKED)["w"], upper=1.5 * float(hold(ASKED)["w"].mean()))),
    "quantile_limits": lambda hold: weights.quantile_limits(hold(ASKED)["w"], 0.05, 0.95),
    "weight_quality": lambda hold: weights.weight_quality(hold(ASKED)["w"]),
}


def _people(hold: Hold) -> object:
    frame, part = hold(ANSWERS), hold(participation.participation(ANSWERS, {"a": NAMES}, study="s"))
    waves = waves_of(part)
    return weights.people(frame, part, waves[8:10], origin="latest", columns=["i2"]).drop("reason")  # which names waves


PARTICIPATION: dict[str, Callable[[Hold], object]] = {
    "absences": of_part(lambda frame, _: participation.absences(frame)),
    "accounting": of_part(lambda frame, _: participation.accounting(frame)),
    "answered_share": of_answers(lambda frame, _: participation.answered_share(with_reasons(frame), ["i1", "i2"])),
    "partial_interviews": of_answers(
        lambda frame, _: participation.partial_interviews(with_reasons(frame), ["i1", "i2"], below=0.9)
    ),
    "participation": of_answers(lambda frame, waves: participation.participation(frame, {"a": waves}, study="s")),
    "patterns": of_part(lambda frame, _: participation.patterns(frame, by_arm=True)),
    "places": of_answers(lambda frame, waves: participation.places(frame, "i2", waves[0])),
    "reported": of_answers(
        lambda frame, _: participation.reported(None, with_reasons(frame), ["i1", "i2"], partial_below=0.9)
    ),
    "response_rates": of_part(lambda frame, _: participation.response_rates(frame)),
    "retention": of_part(lambda frame, _: participation.retention(frame)),
    "transitions": of_answers(lambda frame, waves: participation.transitions(frame, "i2", waves, weight="w")),
    "transitions_by_arm": of_answers(
        lambda frame, waves: participation.transitions_by_arm(frame, "i2", {"a": waves}, weight="w")
    ),
    "variation_by_arm": of_answers(lambda frame, _: participation.variation_by_arm(frame, ["i1", "i2"])),
    "with_outcomes": of_part(lambda frame, _: participation.with_outcomes(frame)),
    "xtsum": of_answers(lambda frame, _: participation.xtsum(frame, ["i1", "i2"])),
}


def with_reasons(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        i1_reason=pl.when(pl.col("i1").fill_nan(None).is_null()).then(pl.lit("blank")),
        i2_reason=pl.lit(None, pl.String),
    )


IMPUTATION: dict[str, Callable[[Hold], object]] = {
    "default_plan": of_asked(lambda frame: sorted(imputation.default_plan(frame.select("x", "w")).rules)),
    "missing_patterns": of_asked(lambda frame: imputation.missing_patterns(frame, ["x", "w"])),
    "widen": of_answers(lambda frame, waves: renamed(imputation.widen(frame, ["i1"], waves))),
    "lengthen": of_answers(
        lambda frame, waves: imputation.lengthen(imputation.widen(frame, ["i1"], waves), ["i1"], waves)
    ),
}


def renamed(wide: pl.DataFrame) -> pl.DataFrame:
    """Columns by their place: their names hold the waves'."""
    return wide.rename({name: f"c{place}" for place, name in enumerate(wide.columns) if "@" in name})


SEM: dict[str, Callable[[Hold], object]] = {
    "alpha": of_asked(lambda frame: sem.alpha(frame, FACTOR["f"])),
    "alt": of_asked(lambda frame: sem.alt(frame, LAGS, gate=False).fit["chisq"]),
    "cfa": of_asked(lambda frame: estimates_of(sem.cfa(frame, FACTOR, weights="w", estimator="MLR"))),
    "change_score": of_asked(lambda frame: sem.change_score(frame, LAGS, gate=False).fit["df"]),
    "clpm": of_asked(lambda frame: estimates_of(sem.clpm(frame, LAGS, covariates="x"))),
    "growth": of_asked(lambda frame: estimates_of(sem.growth(frame, {"a": LAGS["x"]}, gate=False))),
    "icc": of_asked(lambda frame: sem.icc(frame, "x", "g")),
    "invariance": of_asked(lambda frame: sem.invariance(frame, FACTOR, "g").table.drop("note")),
    "item_table": of_asked(lambda frame: sem.item_table(frame, ["x", *FACTOR["f"]])),
    "ladder": of_asked(lambda frame: sem.ladder(frame, LAGS, lags="equal").table.select("model", "chisq", "df")),
    "lcm_sr": of_asked(lambda frame: sem.lcm_sr(frame, LAGS, gate=False).fit["df"]),
    "omega": of_asked(lambda frame: sem.omega(frame, FACTOR).table),
    "ordinal_growth": of_asked(lambda frame: estimates_of(sem.ordinal_growth(frame, ORDERED, gate=False))),
    "ordinal_riclpm": of_asked(
        lambda frame: estimates_of(sem.ordinal_riclpm(frame, {"x": ORDERED, "y": ["p1", "p2", "p3"]}, gate=False))
    ),
    "polychoric": of_asked(lambda frame: sem.polychoric(frame, ORDERED)),
    "riclpm": of_asked(lambda frame: estimates_of(sem.riclpm(frame, LAGS, "equal", gate=False))),
    "sem": of_asked(
        lambda frame: estimates_of(
            sem.sem(
                frame,
                [
                    {"lhs": "a1", "op": "~", "rhs": "x"},
                    {"lhs": "a1", "op": "~~", "rhs": "a1"},
                    {"lhs": "a1", "op": "~1", "rhs": ""},
                    {"lhs": "x", "op": "~~", "rhs": "x"},
                    {"lhs": "x", "op": "~1", "rhs": ""},
                ],
            )
        )
    ),
}


def estimates_of(result: Any) -> pl.DataFrame:
    return result.estimates.select("lhs", "op", "rhs", "estimate", "std_error")


FIGURES: dict[str, Callable[[Hold], object]] = {
    "participation_counts": of_part(lambda frame, _: figures.participation_counts(frame)),
    "alt_participation": of_part(lambda frame, _: figures.alt_participation(frame)),
    "alt_patterns": of_part(lambda frame, _: figures.alt_patterns(frame)),
}
CALLS = {"scales": SCALES, "weights": WEIGHTS, "participation": PARTICIPATION, "imputation": IMPUTATION,
         "sem": SEM, "figures": FIGURES}  # fmt: skip

OTHERWISE: dict[str, dict[str, str]] = {
    "scales": {
        "panel": "scores of a study's declarations: tests/spec/test_scales_panel.py",
        "reliability": "cronbach_alpha of a study's scales",
        **dict.fromkeys(("read_area_table", "reversed_ranges", "score_ranges"), "takes no answers"),
    },
    "weights": {},
    "participation": {},
    "imputation": {
        **dict.fromkeys(("d1", "d2", "d3", "pool", "pool_correlation", "pool_covariance", "pool_r_squared"), "numbers"),
        "pool_table": "numbers",
        "impute": "draws depend on the order of rows; NaN: tests/faults/test_doors.py",
        "tipping_curve": "impute at each delta",
        "fit_imputed": "the model's own door",
        "how_sure": "the model's own door",
    },
    "sem": {
        **dict.fromkeys(
            ("addition_tests", "bollen_stine", "bootstrap", "compare", "continuous_time", "derived_effects",
             "expression_intervals", "factor_scores", "random_intercept_test", "release_tests", "theta_estimates",
             "total_release_test"),
            "takes fitted models",
        ),
        "parameter_table": "takes no answers",
    },
    "figures": {
        **dict.fromkeys(
            ("coefficients", "odds_ratios", "path_figure", "trend", "versions", "alt_coefficients", "alt_odds_ratios",
             "alt_path", "alt_trend", "alt_versions"), "tests/faults/test_doors_figures.py",
        ),
        **dict.fromkeys(
            ("area_dots", "alt_area_dots", "tile_map", "alt_tile_map"), "tests/spec/test_figures_areas.py",
        ),
        **dict.fromkeys(
            ("likert", "alt_likert", "transition_flow", "alt_transition_flow", "small_multiples",
             "alt_small_multiples"), "tests/spec/test_figures_answers.py",
        ),
        **dict.fromkeys(
            ("mediation_paths", "alt_mediation_paths", "predicted_margins", "alt_predicted_margins"),
            "tests/spec/test_figures_mediation.py, tests/spec/test_figures_effects.py",
        ),
        **dict.fromkeys(("event_study", "alt_event_study"), "tests/spec/test_figures_event_study.py"),
        **dict.fromkeys(("simple_slopes", "alt_simple_slopes"), "tests/spec/test_figures_slopes.py"),
        **dict.fromkeys(
            ("forest_plot", "alt_forest", "specification_curve", "alt_specification_curve"),
            "tests/spec/test_figures_multiverse.py",
        ),
        **dict.fromkeys(("control_chart", "alt_control_chart"), "tests/spec/test_figures_control_chart.py"),
        **dict.fromkeys(("programme_forest", "alt_programme_forest"), "tests/spec/test_figures_programme.py"),
        **dict.fromkeys(("participation_flow", "participation_patterns"), "drawn from what the alt texts say"),
        **dict.fromkeys(("draw", "lint", "rendered", "save_drawing", "save_figure"), "takes drawings"),
    },
}  # fmt: skip
CASES = [(room, name) for room, calls in CALLS.items() for name in calls]


def functions(room: str) -> list[str]:
    package = import_module(f"pipeline.{room}")
    return [name for name in package.__all__ if inspect.isfunction(getattr(package, name))]


@pytest.mark.parametrize("room", CALLS)
def test_no_function_that_a_room_exports_is_forgotten(room: str) -> None:
    assert sorted(functions(room)) == sorted({**CALLS[room], **OTHERWISE[room]})


def same_day(wave: str) -> date:
    return date(2000 + number_of(wave), 1, 31)


def held_waves(make: Callable[[pl.Expr], pl.Expr]) -> Hold:
    return lambda frame: frame.with_columns(make(pl.col("wave"))) if "wave" in frame.columns else frame


HELD: dict[str, Hold] = {
    "NaN": lambda frame: frame.with_columns(pl.selectors.float().fill_null(float("nan"))),
    "rows reversed": lambda frame: frame.reverse(),
    "rows shuffled": lambda frame: frame.sample(fraction=1.0, shuffle=True, seed=3),
    "ids as numbers": lambda frame: frame.with_columns(pl.col("person_id").str.slice(1).cast(pl.Int64)),
    "Categorical": lambda frame: in_g(frame, pl.Categorical()),
    "Enum": lambda frame: in_g(frame, pl.Enum(["f", "m", "x", "z"])),
    "small numbers": lambda frame: frame.with_columns(
        pl.col(name).cast(pl.Int8) for name in frame.columns if name.startswith(("i2", "i3", "i4", "o"))
        and name != "origin" and frame.schema[name] == pl.Float64
    ),
    "waves as Enum": held_waves(lambda wave: wave.cast(pl.Enum(NAMES))),
    "waves as numbers": held_waves(lambda wave: wave.str.slice(1).cast(pl.Int64)),
    "waves as dates": held_waves(lambda wave: wave.map_elements(same_day, return_dtype=pl.Date)),
}  # fmt: skip
PLAIN = ("NaN", "rows reversed", "rows shuffled", "ids as numbers", "Categorical", "Enum", "small numbers")


def in_g(frame: pl.DataFrame, kind: pl.DataType) -> pl.DataFrame:
    return frame.with_columns(pl.col("g").cast(kind)) if "g" in frame.columns else frame


def plain(result: object) -> list[tuple[object, ...]]:
    """A result as sorted rows of texts and numbers: waves by their place, people by the numbers in their ids."""
    if is_dataclass(result) and not isinstance(result, type):
        result = asdict(result)
    if isinstance(result, dict):
        result = list(result.items())
    if isinstance(result, pl.DataFrame):
        rows = result.rows()
    elif isinstance(result, (list, tuple, np.ndarray)):
        rows = [tuple(np.atleast_1d(np.asarray(row, dtype=object)).tolist()) for row in result]
    else:
        rows = [(result,)]
    made = [tuple(_value(value) for value in row) for row in rows]
    return sorted(made, key=lambda row: str([round(v, 3) + 0.0 if isinstance(v, float) else v for v in row]))


def _value(value: object) -> object:
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (int, float, np.number)):
        return float(value)
    text = str(value)
    if text in NAMES or text in {str(same_day(wave)) for wave in NAMES}:
        return float(number_of(text))
    bare = text.removeprefix("p")
    return float(bare) if bare.isdigit() else text


@pytest.fixture(scope="module")
def known() -> dict[tuple[str, str], list[tuple[object, ...]]]:
    """What each function gives for the answers as they are, found when first asked for."""
    return {}


def takes_waves(room: str, name: str) -> bool:
    return (
        room == "participation"
        or name == "participation_counts"
        or name in ("people", "widen", "lengthen", "score_scale")
    )


CASES_HELD = [(room, name, held) for room, name in CASES for held in HELD if held in PLAIN or takes_waves(room, name)]


@pytest.mark.parametrize(("room", "name", "held"), CASES_HELD)
def test_one_result_however_the_answers_are_held(room: str, name: str, held: str, known: dict[Any, Any]) -> None:
    if (room, name) not in known:
        known[room, name] = plain(CALLS[room][name](lambda frame: frame))
    found, wanted = plain(CALLS[room][name](HELD[held])), known[room, name]
    assert len(found) == len(wanted)
    for ours, theirs in zip(found, wanted, strict=True):
        for one, other in zip(ours, theirs, strict=True):
            assert one == (pytest.approx(other, rel=1e-5, abs=1e-7) if isinstance(other, float) else other)


OPEN = (
    "harmonise",
    "harmonise.drift",
    "ingest",
    "scales",
    "weights",
    "participation",
    "imputation",
    "figures",
    "index",
)
BY_OTHERS = {"alt", "cfa", "clpm", "growth", "invariance", "ladder", "keeping", "lcm_sr", "riclpm", "sem"}
"""Structural models that refuse the options of a fit themselves: in ``FITTED``, below; ``keeping`` takes none."""
MISSPELT = [
    (room, name) for room in (*OPEN, "sem", "sem.declared") for name in import_module(f"pipeline.{room}").__all__
    if inspect.isfunction(function := getattr(import_module(f"pipeline.{room}"), name)) and name not in BY_OTHERS
    and function.__module__.startswith(f"pipeline.{room}.")
]  # fmt: skip


@pytest.mark.parametrize(("room", "name"), MISSPELT)
def test_an_option_that_is_misspelt_is_refused_by_name(room: str, name: str) -> None:
    with pytest.raises(CohesionError, match="`wieght` is not an option here"):
        getattr(import_module(f"pipeline.{room}"), name)(wieght="w")


@pytest.mark.parametrize(
    ("call", "option", "meant"),
    [
        (drift.compare_all, "modeled", "modelled"),
        (drift.compare, "report", "reported"),
        (models.logit, "confidnce", "confidence"),
        (imputation.d1, "df_compleet", "df_complete"),
    ],
    ids=["drift of all waves", "drift of one", "a model", "a pooled test"],
)
def test_the_nearest_option_is_named(call: Callable[..., object], option: str, meant: str) -> None:
    with pytest.raises(CohesionError, match=f"`{option}` is not an option here.*Did you mean `{meant}`"):
        call(**{option: 1})


FITTED = {
    "alpha": lambda **more: sem.alpha(ASKED, FACTOR["f"], **more),
    "alt": lambda **more: sem.alt(ASKED, LAGS, **more),
    "cfa": lambda **more: sem.cfa(ASKED, FACTOR, **more),
    "clpm": lambda **more: sem.clpm(ASKED, LAGS, **more),
    "growth": lambda **more: sem.growth(ASKED, {"a": LAGS["x"]}, **more),
    "invariance": lambda **more: sem.invariance(ASKED, FACTOR, "g", **more),
    "ladder": lambda **more: sem.ladder(ASKED, LAGS, lags="free", **more),
    "lcm_sr": lambda **more: sem.lcm_sr(ASKED, LAGS, **more),
    "riclpm": lambda **more: sem.riclpm(ASKED, LAGS, **more),
}


@pytest.mark.parametrize("name", FITTED)
def test_an_option_of_a_structural_model_that_is_misspelt_is_refused(name: str) -> None:
    with pytest.raises((CohesionError, TypeError), match="wieghts"):
        FITTED[name](wieghts="w")


def test_weights_times_a_constant_change_nothing() -> None:
    """Shares, errors and estimates; weights themselves keep their sum of the targets or the mean of one."""
    for room, name in (*[("weights", name) for name in WEIGHTS], ("participation", "transitions"), ("sem", "cfa")):
        if name in ("people", "class_weights", "trim", "quantile_limits", "weight_quality", "replicate_weights"):
            continue  # in the unit of the base weight
        one, two = (
            plain(CALLS[room][name](lambda frame, times=times: frame.with_columns(pl.col("w") * times)))
            for times in (1.0, 7.0)
        )
        dropped = 3 if name == "transitions" else None  # the weighted count
        for ours, theirs in zip(two, one, strict=True):
            for place, (new, old) in enumerate(zip(ours, theirs, strict=True)):
                if place != dropped:
                    assert new == (pytest.approx(old, rel=1e-5, abs=1e-7) if isinstance(old, float) else old), name


@pytest.mark.parametrize("name", ["retention", "accounting", "response_rates"])
def test_rates_do_not_depend_on_the_order_of_rows_or_of_letters(name: str) -> None:
    """Rows from the last wave to the first, and w10 that sorts before w2, gave other rates without a word."""
    table = participation.participation(ANSWERS, {"a": NAMES}, study="s")
    function = getattr(participation, name)
    assert function(table.sort("wave"))["wave"].unique(maintain_order=True).to_list() == NAMES
    assert plain(function(table.sort("wave"))) == plain(function(table))
