"""Latent change scores, derived effects, bootstrap intervals and factor scores against lavaan and boot.

Judges: lavaan 0.6-14 (``data/sem/derived.R``), on simulated answers; boot's BCa intervals of the same draws.
"""

import json

import numpy as np
import polars as pl
import pytest
from sem_oracle import assert_as_lavaan
from shared import SHIPPED

from pipeline.errors import ModelError
from pipeline.sem import Parameter, bootstrap, cfa, change_score, derived_effects, factor_scores, riclpm, sem
from pipeline.sem.engine.bootstrap import Bootstrap
from pipeline.sem.engine.derived import labelled
from pipeline.sem.engine.intervals import bootstrap_intervals

FOLDER = SHIPPED / "sem"
R = json.loads((FOLDER / "derived.json").read_text(encoding="utf-8"))
CHANGE, HOLES, SCORES = (
    pl.read_csv(FOLDER / f"{name}.csv", infer_schema_length=None) for name in ("change", "change_holes", "scores")
)
WAVES = {name: [f"{name}{wave}" for wave in range(1, 6)] for name in "xy"}
ONE = {"x": WAVES["x"]}
LISTWISE = {"missing": "listwise"}  # lavaan's default: expected information

PATHS = [
    Parameter("x3", "~", "x1", label="a"),
    Parameter("x3", "~", "y1", label="e"),
    Parameter("y3", "~", "x3", label="b"),
    Parameter("y3", "~", "x1", label="c"),
    Parameter("y3", "~", "y1", label="f"),
    *(Parameter(name, "~~", name) for name in ("x3", "y3", "x1", "y1")),
    Parameter("x1", "~~", "y1"),
]
EFFECTS = {
    "indirect": "a * b",
    "total": "indirect + c",
    "share": "indirect / total",
    "odd": "exp(a) - sqrt(c * c) + b ** 2 - 2 * log(3)",
}


@pytest.mark.parametrize(
    ("name", "frame", "constructs", "options"),
    [
        ("one", CHANGE, ONE, LISTWISE),
        ("flat", CHANGE, ONE, {"constant_change": False, **LISTWISE}),
        ("two", CHANGE, WAVES, LISTWISE),
        ("two_mlr", CHANGE, WAVES, {"estimator": "MLR", **LISTWISE}),
        ("alone", CHANGE, WAVES, {"coupling": False, **LISTWISE}),
        ("holes", HOLES, WAVES, {"estimator": "MLR"}),
    ],
)
def test_change_scores(name, frame, constructs, options):
    assert_as_lavaan(change_score(frame, constructs, **options), R[name], estimate=5e-5)


@pytest.mark.parametrize(("stored", "frame", "options"), [
    ("derived", CHANGE, LISTWISE), ("derived_mlr", HOLES, {"estimator": "MLR"}),
])  # fmt: skip
def test_derived_effects(stored, frame, options):
    found = derived_effects(sem(frame, PATHS, **options), EFFECTS)
    theirs = {row["label"]: row for row in R[stored] if row["op"] == ":="}
    for row in found.to_dicts():
        assert row["estimate"] == pytest.approx(theirs[row["name"]]["est"], rel=1e-4, abs=1e-4 * row["std_error"])
        assert row["std_error"] == pytest.approx(theirs[row["name"]]["se"], rel=1e-3)


def test_intervals_of_the_same_draws():
    result, stored = sem(CHANGE, PATHS), R["bootstrap"]
    draws = np.tile(result.state.theta, (len(stored["draws"]), 1))
    labels = [row.label for row in result.state.model.free]
    for label, values in zip(stored["labels"], np.array(stored["draws"]).T, strict=True):
        draws[:, labels.index(label)] = values
    expressions = labelled(result, EFFECTS)
    theta = result.state.theta
    for kind, interval in (("percentile", "percentile"), ("bias_corrected", "bca")):
        ends = bootstrap_intervals(expressions(draws), expressions(theta), None, 0.95, interval)
        theirs = {row["label"]: row for row in stored[kind] if row["op"] == ":="}
        for name, found in zip(EFFECTS, ends, strict=True):
            assert found == pytest.approx((theirs[name]["ci.lower"], theirs[name]["ci.upper"]), rel=1e-4)
    made = Bootstrap(draws, pl.DataFrame(), 0).of(result, expressions, list(EFFECTS))
    theirs = {row["label"]: row["se"] for row in stored["percentile"] if row["op"] == ":="}
    assert made["std_error"].to_list() == pytest.approx([theirs[name] for name in EFFECTS], rel=1e-4)


def test_bca_equals_boot():
    stored = R["boot"]
    draws, influence = np.array(stored["t"])[:, None], np.array(stored["L"])[:, None]
    for kind in ("percentile", "bca"):
        ends = bootstrap_intervals(draws, np.array([stored["t0"]]), influence, 0.95, kind)
        assert ends[0] == pytest.approx(stored[kind], rel=1e-8)


def test_influence_is_the_jackknife_to_first_order():
    """BCa of the engine: its acceleration comes from scores, boot's from leaving people out."""
    from pipeline.sem.engine.bootstrap import _influence

    result = sem(CHANGE, PATHS)
    ours = _influence(result, labelled(result, {"indirect": "a * b"}))[:, 0] * CHANGE.height
    assert np.corrcoef(ours, R["boot"]["L"])[0, 1] > 0.999


def test_a_bootstrap_of_incomplete_answers_is_the_same_again():
    result = sem(HOLES[:120], PATHS)
    first, again = (bootstrap(result, draws=20, seed=3, interval="bca") for _ in range(2))
    assert first.table.equals(again.table)


@pytest.mark.parametrize("answers", ["complete", "missing"])
@pytest.mark.parametrize("method", ["regression", "bartlett"])
def test_factor_scores(answers, method):
    frame = SCORES.drop_nulls() if answers == "complete" else SCORES
    result = cfa(frame, {"f": ["x1", "x2", "x3", "x4"], "g": ["y1", "y2", "y3"]})
    found, stored = factor_scores(result, method), R["scores"][f"{answers}_{method}"]
    for place, latent in enumerate("fg"):
        own = found.filter(latent=latent)
        theirs = [row[place] for row in stored["scores"]]
        kept = [k for k, value in enumerate(theirs) if value is not None]
        assert own["score"].gather(kept).to_list() == pytest.approx([theirs[k] for k in kept], abs=2e-4)
        if answers == "complete":
            assert own["std_error"].to_list() == pytest.approx([stored["se"][place]] * own.height, rel=1e-3)
        else:
            errors = [row[place] for row in stored["se"]]
            assert own["std_error"].gather(kept).to_list() == pytest.approx([errors[k] for k in kept], rel=1e-3)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: derived_effects(sem(CHANGE, PATHS), {"x": "a * z"}), "no free parameter has this label"),
        (lambda: derived_effects(sem(CHANGE, PATHS), {"x": "a *"}), "cannot be read"),
        (lambda: derived_effects(sem(CHANGE, PATHS), {"x": "open(a)"}), "no function `open`"),
        (lambda: derived_effects(sem(CHANGE, PATHS), {"x": "a / (b - b)"}), "not finite"),
        (lambda: derived_effects(sem(CHANGE, PATHS), {"x": "__import__('os')"}), "no function"),
        (lambda: change_score(CHANGE, {"x": WAVES["x"][:3]}), "change scores need 4 waves"),
        (lambda: change_score(CHANGE, {"x": WAVES["x"], "y": WAVES["y"][:4]}), "one variable a wave"),
        (lambda: change_score(CHANGE, ONE, times=[0, 1, 2, 4, 5]), "unequally spaced"),
        (lambda: factor_scores(sem(CHANGE, PATHS)), "no latent variables"),
        (lambda: factor_scores(riclpm(CHANGE, WAVES, "equal"), "bartlett"), "Bartlett's scores need"),
    ],
)
def test_refuses(call, says):
    with pytest.raises(ModelError, match=says):
        call()
