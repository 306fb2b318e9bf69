"""Structural models take nothing wrong in silence: false optima, unused options, unfit models, lost persons."""

import numpy as np
import polars as pl
import pytest

from pipeline.errors import ModelError
from pipeline.papers.tables.measurement import persons_analysed
from pipeline.sem import (
    Criterion,
    cfa,
    clpm,
    compare,
    growth,
    invariance,
    ladder,
    omega,
    random_intercept_test,
    riclpm,
    sem,
)

CUTS = (-1.0, -0.2, 0.6, 1.3)


def answers(loadings, seed=0, n=800, cuts=CUTS, factor=None):
    """Ordered answers i1, i2, … of one factor."""
    draw = np.random.default_rng(seed)
    factor = draw.normal(size=n) if factor is None else factor
    latent = [load * factor + np.sqrt(1 - load**2) * draw.normal(size=len(factor)) for load in loadings]
    return pl.DataFrame({f"i{k}": np.searchsorted(cuts, one) + 1 for k, one in enumerate(latent, 1)})


def panel(seed=5, n=500, waves=4, spread=0.7):
    draw = np.random.default_rng(seed)
    stable, within, columns = spread * draw.normal(size=(n, 2)), draw.normal(size=(n, 2)), {}
    for wave in range(1, waves + 1):
        within = within @ [[0.3, 0.1], [0.1, 0.3]] + draw.normal(size=(n, 2))
        columns[f"x{wave}"], columns[f"y{wave}"] = (stable + within).T
    return pl.DataFrame(columns)


CONSTRUCTS = {name: [f"{name}{wave}" for wave in range(1, 5)] for name in "xy"}


# False optima of ordered items


@pytest.mark.parametrize("first", [1, 2, 3, 4])
def test_the_optimum_is_the_same_whatever_item_comes_first(first):
    frame = answers([-0.4, 0.6, 0.7, 0.6])
    items = [f"i{(first - 1 + k) % 4 + 1}" for k in range(4)]
    found = cfa(frame, {"f": items}, ordered=True)
    assert found.fit["chisq"] == pytest.approx(0.2125, abs=1e-4)
    assert found.fit["cfi.scaled"] == 1


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("loadings", [(0.5, -0.6, 0.7, -0.5), (-0.7, -0.6, -0.7, 0.3), (0.15, 0.6, -0.7, 0.6)])
def test_signs_of_loadings_do_not_matter(loadings, seed):
    """Turning items that are keyed against the rest is another coding of the same answers."""
    frame = answers(loadings, seed)
    turned = frame.with_columns((6 - pl.col(f"i{k}")).alias(f"i{k}") for k, load in enumerate(loadings, 1) if load < 0)
    one, two = (cfa(data, {"f": frame.columns}, ordered=True, gate=False) for data in (frame, turned))
    assert one.fit["chisq"] == pytest.approx(two.fit["chisq"], rel=1e-6, abs=1e-9)


def test_mixed_signs_in_two_factors_and_over_waves():
    draw = np.random.default_rng(3)
    one = draw.normal(size=900)
    two = 0.5 * one + np.sqrt(0.75) * draw.normal(size=900)
    parts = [
        answers([-0.5, 0.6, 0.7, 0.6], 1, factor=one),
        answers([0.6, -0.5, -0.7, 0.6], 2, factor=two).rename({f"i{k}": f"j{k}" for k in range(1, 5)}),
    ]
    frame = pl.concat(parts, how="horizontal")
    names = {"f": [f"i{k}" for k in range(1, 5)], "h": [f"j{k}" for k in range(1, 5)]}
    found = cfa(frame, names, ordered=True)
    assert found.fit["cfi.scaled"] > 0.98
    turned = cfa(frame.with_columns((6 - pl.col(name)).alias(name) for name in ("i1", "j1")), names, ordered=True)
    assert found.fit["chisq"] == pytest.approx(turned.fit["chisq"], rel=1e-6)
    waves = invariance(
        pl.concat([parts[0], answers([-0.5, 0.6, 0.7, 0.6], 4, factor=one).rename(lambda name: f"{name}b")],
                  how="horizontal"),
        {"f": [[f"i{k}" for k in range(1, 5)], [f"i{k}b" for k in range(1, 5)]]}, ordered=True,
    )  # fmt: skip
    assert waves.level == "scalar"


def test_a_reversed_marker_of_continuous_items():
    frame = answers([-0.5, 0.6, 0.7, 0.6]).with_columns(pl.all().cast(pl.Float64))
    turned = frame.with_columns(6 - pl.col("i1"))
    one, two = (cfa(data, {"f": frame.columns}) for data in (frame, turned))
    assert one.fit["chisq"] == pytest.approx(two.fit["chisq"], rel=1e-6)


# Options: used, or refused


@pytest.fixture(scope="module")
def incomplete():
    frame = answers([0.7, 0.7, 0.7, 0.7], 1, 600)
    rows = pl.int_range(pl.len())
    return frame.with_columns(
        i1=pl.when(rows % 3 != 0).then("i1"), w=1 + (rows % 7) * pl.col("i2"), c=rows // 20, g=rows % 2
    )


ITEMS = {"f": ["i1", "i2", "i3", "i4"]}


@pytest.mark.parametrize(
    ("options", "moves"),
    [
        ({"weights": "w"}, "estimate"),
        ({"missing": "listwise"}, "estimate"),
        ({"cluster": "c"}, "std_error"),
        ({"standardise_factors": True}, "estimate"),
    ],
)
def test_ordered_items_use_their_options(incomplete, options, moves):
    plain, other = cfa(incomplete, ITEMS, ordered=True), cfa(incomplete, ITEMS, ordered=True, **options)
    assert not np.allclose(plain.estimates[moves], other.estimates[moves], rtol=1e-6)
    if "cluster" in options:
        assert plain.estimates["estimate"].to_list() == other.estimates["estimate"].to_list()
        assert plain.fit["chisq.scaled"] != other.fit["chisq.scaled"]
    assert (plain.n, plain.dropped) == (600, 0)
    assert "200 of 600 persons answered in part" in " ".join(plain.notes)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"estimator": "MLR"}, "not estimated by 'MLR'"),
        ({"estimator": "nonsense"}, "not estimated by"),
        ({"missing": "fiml"}, "pairwise or listwise"),
        ({"weights": "no such column"}, "no column no such column"),
        ({"cluster": "no such column"}, "no column no such column"),
        ({"wieghts": "w"}, "Did you mean weights"),
        ({"equal": ("intercepts",), "group": "g"}, "have no intercepts"),
        ({"equal": ("loadings",)}, "without a group"),
    ],
)
def test_ordered_items_refuse_what_they_cannot_use(incomplete, options, message):
    with pytest.raises(ModelError, match=message):
        cfa(incomplete, ITEMS, ordered=True, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"estimator": "ML"}, "not estimated by 'ML'"),
        ({"levels": ("configural", "strict")}, "levels are configural, thresholds"),
        ({"partial": True}, "no partial steps"),
        ({"gate": False}, "no option gate"),
    ],
)
def test_ladders_of_ordered_items_refuse_what_they_cannot_use(incomplete, options, message):
    with pytest.raises(ModelError, match=message):
        invariance(incomplete, ITEMS, "g", ordered=True, **options)


def test_clusters_of_one_are_persons_for_ordered_items(incomplete):
    alone = cfa(incomplete.with_row_index("own"), ITEMS, ordered=True, cluster="own")
    plain = cfa(incomplete, ITEMS, ordered=True)
    assert alone.estimates["std_error"].to_numpy() == pytest.approx(
        plain.estimates["std_error"].to_numpy() * np.sqrt(600 / 599), rel=1e-9
    )


def test_constant_weights_change_nothing_of_ordered_items(incomplete):
    one = cfa(incomplete, ITEMS, ordered=True)
    two = cfa(incomplete.with_columns(w=pl.lit(0.3)), ITEMS, ordered=True, weights="w")
    assert two.fit == pytest.approx(one.fit, rel=1e-8)


FRAME = panel()
UNUSED = {
    "riclpm: misspelt": (lambda: riclpm(FRAME, CONSTRUCTS, residual="equal"), "Did you mean residuals"),
    "clpm: of random intercepts": (lambda: clpm(FRAME, CONSTRUCTS, random_intercepts="zero"), "no option random_inter"),
    "riclpm: cross": (lambda: riclpm(FRAME, CONSTRUCTS, cross="some"), "cross lags: some"),
    "riclpm: cross pairs": (lambda: riclpm(FRAME, CONSTRUCTS, cross=[("x", "z")]), "names no construct: z"),
    "riclpm: covariate_effects": (lambda: riclpm(FRAME, CONSTRUCTS, covariate_effects="both"), "without covariates"),
    "riclpm: equal over no groups": (lambda: riclpm(FRAME, CONSTRUCTS, group_equal="lags"), "without a group"),
    "riclpm: fixed_x": (lambda: riclpm(FRAME, CONSTRUCTS, fixed_x=True), "about covariates"),
    "riclpm: item_covariances": (lambda: riclpm(FRAME, CONSTRUCTS, item_covariances=True), "several indicators"),
    "cfa: equal over no groups": (lambda: cfa(FRAME, {"f": CONSTRUCTS["x"]}, equal="loadings"), "without a group"),
    "cfa: thresholds": (lambda: cfa(FRAME, {"f": ["x1", "x2"]}, "g", "thresholds"), "only ordered items"),
    "cfa: misspelt": (lambda: cfa(FRAME, {"f": CONSTRUCTS["x"]}, clusters="c"), "Did you mean cluster"),
    "growth: an event that nothing bends at": (lambda: growth(FRAME, {"x": CONSTRUCTS["x"]}, event=1.5), "piecewise"),
    "growth: no such factor": (
        lambda: growth(FRAME, {"x": CONSTRUCTS["x"]}, fixed_covariances=[("i_x", "s_y")]), "no growth factor",
    ),
    "omega: a reversed item that is none": (lambda: omega(FRAME, {"f": CONSTRUCTS["x"]}, reverse=["q"]), "reverse"),
    "sem: misspelt": (lambda: sem(FRAME, [{"lhs": "x1", "op": "~~", "rhs": "x1"}], estimatr="ML"), "estimator"),
    "ladder: without lags": (lambda: ladder(FRAME, CONSTRUCTS), "tests the model asked for"),
    "ladder: fitted and lags": (
        lambda: ladder(FRAME, CONSTRUCTS, lags="equal", fitted=riclpm(FRAME, CONSTRUCTS)), "says its options",
    ),
    "ladder: misspelt": (lambda: ladder(FRAME, CONSTRUCTS, lag="equal"), "no option lag"),
    "ladder: misspelt step": (
        lambda: ladder(FRAME, CONSTRUCTS, lags="free", steps={"a": {"lag": "equal"}}), "no option lag",
    ),
}  # fmt: skip


@pytest.mark.parametrize("call", UNUSED)
def test_an_option_that_nothing_uses_is_refused(call):
    function, message = UNUSED[call]
    with pytest.raises(ModelError, match=message):
        function()


# The configural model


def two_factors(n=600, seed=3):
    draw = np.random.default_rng(seed)
    factors, group = draw.normal(size=(2, n)), draw.integers(1, 3, n)
    items = {f"i{k}": 0.8 * factors[int(k > 3)] + 0.6 * draw.normal(size=n) for k in range(1, 7)}
    return pl.DataFrame({**items, "g": group})


@pytest.mark.parametrize("ordered", [False, True])
def test_a_model_that_fits_nowhere_goes_no_further(ordered):
    frame = two_factors()
    if ordered:
        frame = frame.with_columns(pl.col("^i.$").round().clip(-2, 2))
    found = invariance(frame, {"t": [f"i{k}" for k in range(1, 7)]}, "g", ordered=ordered)
    assert found.table["level"].to_list() == ["configural"]
    assert found.table["decision"].to_list() == ["fails"]
    assert "configural model does not fit" in found.table["reason"][0]
    assert found.level == "none"
    assert not found.means_comparable
    assert not found.means_partially_comparable


def test_the_configural_rule_is_declared():
    items = {"t": [f"i{k}" for k in range(1, 7)]}
    found = invariance(two_factors(), items, "g", criterion=Criterion(configural=None))
    assert len(found.table) > 1
    right = {"one": ["i1", "i2", "i3"], "two": ["i4", "i5", "i6"]}
    assert invariance(two_factors(), right, "g").level == "strict"


def test_who_was_left_out_stands_in_the_table(incomplete):
    gaps = incomplete.with_columns(pl.when(pl.int_range(pl.len()) > 4).then(pl.col("^i.$")), n=pl.lit(1))
    for ordered, missing, kept in ((False, "fiml", 595), (True, "pairwise", 595), (True, "listwise", 397)):
        found = invariance(gaps, ITEMS, "g", ordered=ordered, missing=missing, criterion=Criterion(configural=None))
        assert (found.table["n"][0], found.table["dropped"][0]) == (kept, 600 - kept)


# The models shown are those declared


@pytest.mark.parametrize(
    ("options", "rung"),
    [
        ({"lags": "equal"}, "lags equal"),
        ({"residuals": "equal"}, "residuals equal"),
        ({"lags": "equal", "means": "equal"}, "lags and means equal"),
        ({"cross": [("x", "y")]}, "RI-CLPM"),
    ],
)
def test_the_ladder_tests_the_model_asked_for(options, rung):
    within = riclpm(FRAME, CONSTRUCTS, **options)
    asked = random_intercept_test(clpm(FRAME, CONSTRUCTS, **options), within)
    for made in (ladder(FRAME, CONSTRUCTS, **{"lags": "free", **options}), ladder(FRAME, CONSTRUCTS, fitted=within)):
        first = made.table.row(0, named=True)
        assert (first["model"], first["against"]) == ("CLPM", rung)
        assert first["delta_chisq"] == pytest.approx(asked.statistic, rel=1e-6)
        assert first["delta_p"] == pytest.approx(asked.p, rel=1e-4)
        assert made.models[rung].fit["chisq"] == pytest.approx(within.fit["chisq"], rel=1e-6)


# Random intercepts with a way on


def weak(seed):
    draw = np.random.default_rng(seed)
    within, columns, stable = draw.normal(size=(200, 2)), {}, None
    for wave in range(1, 5):
        if wave > 1:
            within = within @ np.array([[0.5, 0.1], [0.1, 0.5]]).T + 0.8 * draw.normal(size=(200, 2))
        stable = 0.15 * draw.normal(size=(200, 2)) if stable is None else stable
        columns[f"x{wave}"], columns[f"y{wave}"] = (within + stable).T
    return pl.DataFrame(columns)


def test_weak_random_intercepts_are_bounded_and_the_result_says_so():
    for seed in range(30):
        free = riclpm(weak(seed), CONSTRUCTS, "equal", gate=False)
        found = riclpm(weak(seed), CONSTRUCTS, "equal", random_intercepts="bounded")
        assert found.loglik <= free.loglik + 1e-6
        reached = found.details["reached"]
        assert bool(reached) == bool(free.problems)
        assert ("at its bound" in " ".join(found.notes)) == bool(reached)
        for name in reached:
            assert found.parameter(f"RI{name}", "~~", f"RI{name}")["estimate"] == 0
    assert {name for name in found.state.model.latents if name.startswith("RI")} == {"RIx", "RIy"}


def test_no_random_intercept_anywhere_is_the_cross_lagged_model():
    zero, without = riclpm(FRAME, CONSTRUCTS, random_intercepts="zero"), clpm(FRAME, CONSTRUCTS)
    assert (zero.fit["chisq"], zero.fit["df"]) == pytest.approx((without.fit["chisq"], without.fit["df"]))
    one = riclpm(FRAME, CONSTRUCTS, random_intercepts={"y": "zero"})
    assert "no random intercept of y" in " ".join(one.notes)
    assert one.fit["df"] == riclpm(FRAME, CONSTRUCTS).fit["df"] + 2


# A wave that did not ask a construct


def test_a_phantom_wave_in_several_shapes():
    for lags in ("free", "equal"):
        found = riclpm(FRAME, CONSTRUCTS | {"y": ["y1", None, "y3", "y4"]}, lags, gate=False)
        assert found.n == 500
        assert "phantom" in " ".join(found.notes)
        assert not any("not identified" in problem for problem in found.problems)
    last = riclpm(FRAME, CONSTRUCTS | {"y": ["y1", "y2", "y3", None]}, "equal")
    assert "y4" not in {row.rhs for row in last.rows}
    items = {name: [[f"{name}{wave}", f"{name}{wave}b"] for wave in range(1, 5)] for name in "xy"}
    items["y"][1] = None
    draw = np.random.default_rng(1)
    double = FRAME.with_columns(
        pl.concat_list(name).list.first().alias(f"{name}b") + pl.Series(draw.normal(size=500)) for name in FRAME.columns
    )
    assert "Fy2" not in riclpm(double, items, "equal", gate=False).state.model.latents
    without = clpm(FRAME, CONSTRUCTS | {"x": ["x1", "x2", None, "x4"]}, "equal")
    assert without.fit["df"] > 0


@pytest.mark.parametrize(
    ("waves", "message"),
    [
        ([None, "y2", "y3", "y4"], "first wave did not ask"),
        (["y1", None, None, "y4"], "2 waves asked"),
        (None, "list of variables"),
    ],
)
def test_waves_that_cannot_be_phantoms(waves, message):
    with pytest.raises(ModelError, match=message):
        riclpm(FRAME, {"x": CONSTRUCTS["x"], "y": waves})


def test_waves_that_did_not_ask_elsewhere():
    """Growth takes the waves there are; a ladder over waves and a factor say what to leave out."""
    three = growth(FRAME, {"x": ["x1", None, "x3", "x4"]}, times=[0, 1, 2, 3], gate=False)
    plain = growth(FRAME, {"x": ["x1", "x3", "x4"]}, times=[0, 2, 3], gate=False)
    assert three.loglik == pytest.approx(plain.loglik)
    with pytest.raises(ModelError, match="a wave did not ask the scale"):
        invariance(FRAME, {"t": [["x1", "x2"], None, ["x3", "x4"]]})
    with pytest.raises(ModelError, match="Leave a wave or item that was not asked out"):
        cfa(FRAME, {"f": ["x1", None, "x3"]})


# Fits that may be compared


def test_fits_of_other_answers_weights_or_estimators_are_not_compared():
    rows = pl.int_range(pl.len())
    frame = FRAME.with_columns(w=1 + rows % 5, v=1 + rows % 3, c=rows // 10, d=rows // 7)
    robust = {"estimator": "MLR"}
    one = riclpm(frame, CONSTRUCTS, weights="w", cluster="c", **robust)
    for other in (
        riclpm(frame, CONSTRUCTS, "equal", weights="v", cluster="c", **robust),
        riclpm(frame, CONSTRUCTS, "equal", weights="w", cluster="d", **robust),
        riclpm(frame, CONSTRUCTS, "equal", weights="w", **robust),
        riclpm(frame, CONSTRUCTS, "equal", **robust),
        riclpm(frame, CONSTRUCTS, "equal"),
        riclpm(panel(6).hstack(frame.select("w", "c")), CONSTRUCTS, "equal", weights="w", cluster="c", **robust),
    ):
        with pytest.raises(ModelError, match="same answers"):
            compare(one, other)
    shuffled = frame.sample(fraction=1, shuffle=True, seed=1)
    same = riclpm(shuffled, CONSTRUCTS, "equal", weights="w", cluster="c", **robust)
    assert compare(one, same).df == 8


def test_fits_of_other_ordered_answers_are_not_compared(incomplete):
    one = cfa(incomplete, ITEMS, "g", ordered=True)
    for options in ({"weights": "w"}, {"missing": "listwise"}, {"cluster": "c"}):
        with pytest.raises(ModelError, match="same answers"):
            compare(one, cfa(incomplete, ITEMS, "g", ("loadings",), ordered=True, **options))
    with pytest.raises(ModelError, match="of ordered items are compared by"):
        compare(one, cfa(incomplete, ITEMS, "g", ("loadings",), ordered=True), "satorra.bentler.2001")


# Weak grounds


def test_weak_grounds_are_told():
    frame = FRAME.with_columns(
        c=pl.int_range(pl.len()) // 50, w=pl.when(pl.int_range(pl.len()) == 7).then(200.0).otherwise(1.0)
    )
    notes = " ".join(riclpm(frame, CONSTRUCTS, estimator="MLR", cluster="c", weights="w", gate=False).notes)
    assert "35 parameters and 10 clusters" in notes
    assert "one weight dominates: one person has 29 %" in notes
    few = " ".join(riclpm(frame.head(120), CONSTRUCTS, gate=False).notes)
    assert "120 persons for 35 parameters: fewer than 5 a parameter" in few
    assert not riclpm(FRAME, CONSTRUCTS).notes
    ordered = answers([0.7] * 4, n=60, cuts=(0,)).with_columns(c=pl.int_range(60) // 12)
    told = " ".join(cfa(ordered, ITEMS, ordered=True, cluster="c", gate=False).notes)
    assert "8 parameters and 5 clusters" in told


@pytest.mark.parametrize(
    ("left", "shown"),
    [(0.0, " (n = 2,928)"), (3.0, " (n = 2,928; fewer than 10 left out)"), (41.0, " (n = 2,928; 41 left out)")],
)
def test_a_papers_table_of_invariance_counts_who_was_left_out(left, shown):
    row = {"term": "persons_left_out", "estimate": left, "n_persons": 2928}
    assert persons_analysed([row]) == shown
