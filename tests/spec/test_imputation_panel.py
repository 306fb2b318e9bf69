"""A panel imputed: which gaps are filled, what stays as answered, and what a model makes of the completed panels."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from pipeline.errors import ModelError
from pipeline.imputation.completed import fit_imputed
from pipeline.imputation.diagnostics import chain_mixing, convergence, problems
from pipeline.imputation.panel import PanelRules, completed_panel, impute_panel
from pipeline.imputation.plan import Passive, Rule
from pipeline.imputation.pool_estimates import pool_estimates
from pipeline.imputation.pooling import pool
from pipeline.imputation.sensitivity import Which, sensitivity, shifted, tipping
from pipeline.models import fixed_effects, logit, mundlak
from pipeline.subsamples import balanced, complete_cases
from pipeline.tables import Convergence, Imputations

WAVES = ["w01", "w02", "w03"]


@pytest.fixture(scope="module")
def panel() -> pl.DataFrame:
    """One row per interview of 120 people: waves 2 and 3 are missed by some, answers to contact and age by a few.

    Planted: trust = 3 + 0.5 (contact - 3) + a person's level + noise. Trust was not asked in wave 2.
    """
    rng = np.random.default_rng(5)
    level = rng.normal(size=(120, 1))
    contact = np.clip(np.round(3 + 0.6 * level + rng.normal(size=(120, 3))), 1, 5)
    trust = 3 + 0.5 * (contact - 3) + level + 0.3 * rng.normal(size=(120, 3))
    here = np.column_stack([np.ones(120), rng.random((120, 2)) < 0.7]).astype(bool)
    here[0, 1:] = False
    person, wave = np.nonzero(here)
    gap = rng.random(person.size) < 0.08
    return pl.DataFrame(
        {
            "person_id": [f"p{number}" for number in person],
            "study": "s",
            "arm": "main",
            "wave": [WAVES[number] for number in wave],
            "fieldwork_start": [dt.date(2020 + number, 1, 1) for number in wave],
            "design_weight": 1.0 + person % 3,
            "contact": pl.Series(np.where(gap, np.nan, contact[here])).fill_nan(None),
            "trust": pl.Series(np.where(wave == 1, np.nan, trust[here])).fill_nan(None),
            "age": pl.Series(np.where(gap, np.nan, 20.0 + person + wave)).fill_nan(None),
        }
    )


@pytest.fixture(scope="module")
def gaps(panel) -> pl.DataFrame:
    """Everyone could have answered every wave, but for trust in wave 2; the first person died after wave 1."""
    people = panel.select("person_id", "arm").unique(maintain_order=True)
    rows = people.join(pl.DataFrame({"wave": WAVES}), how="cross")
    dead = (pl.col("person_id") == "p0") & (pl.col("wave") > "w01")
    return rows.filter(~dead).with_columns(contact=pl.lit(True), trust=pl.col("wave") != "w02")


RULES = PanelRules({"contact": Rule(), "trust": Rule("norm")}, {"age": Rule()})


@pytest.fixture(scope="module")
def made(panel, gaps):
    return impute_panel(panel, RULES, gaps, imputations=4, iterations=4, seed=3)


def test_only_gaps_that_could_have_been_answered_are_filled(panel, gaps, made):
    cells = Imputations.validate(made.cells, cast=True)
    assert cells.filter(pl.col("person_id") == "p0", pl.col("wave") > "w01").is_empty()
    assert cells.filter(concept="trust", wave="w02").is_empty()
    for concept in ("contact", "trust"):
        answered = panel.drop_nulls(concept).select("person_id", "wave")
        open_cells = gaps.filter(concept).join(answered, on=["person_id", "wave"], how="anti")
        first = cells.filter(concept=concept, imputation=1)
        assert sorted(first.select("person_id", "wave").rows()) == sorted(open_cells.select("person_id", "wave").rows())
        assert cells.filter(concept=concept)["imputation"].unique().sort().to_list() == [1, 2, 3, 4]


def test_a_lasting_fact_is_carried_from_the_nearest_wave_before(panel, made):
    cells = made.cells.filter(concept="age", imputation=0)
    told = {(p, w): a for p, w, a in panel.select("person_id", "wave", "age").drop_nulls().iter_rows()}
    for person, wave, value in cells.select("person_id", "wave", "value").iter_rows():
        before = [told[person, other] for other in WAVES if other < wave and (person, other) in told]
        after = [told[person, other] for other in WAVES if other > wave and (person, other) in told]
        assert value == (before[-1] if before else after[0])


def test_a_completed_panel_keeps_every_answer_and_gains_the_missed_waves(panel, gaps, made):
    complete = completed_panel(panel, made.cells, 2)
    assert complete.height == gaps.height
    assert complete.columns == panel.columns
    for concept in ("contact", "trust"):
        answered = panel[concept].is_not_null()
        assert complete.head(panel.height)[concept].filter(answered).equals(panel[concept].filter(answered))
    assert complete["contact"].null_count() == 0
    assert complete.filter(wave="w02")["trust"].null_count() == complete.filter(wave="w02").height
    added = complete.tail(complete.height - panel.height)
    assert added["study"].unique().to_list() == ["s"]
    assert added.filter(wave="w03")["fieldwork_start"].unique().to_list() == [dt.date(2022, 1, 1)]
    first = dict(panel.filter(wave="w01").select("person_id", "design_weight").iter_rows())
    assert added["design_weight"].to_list() == [first[person] for person in added["person_id"]]


def test_the_order_of_imputed_cells_does_not_hang_on_ids(panel, gaps, made):
    renamed = {f"p{number}": f"q{999 - number}" for number in range(120)}
    other = impute_panel(
        panel.with_columns(pl.col("person_id").replace(renamed)),
        RULES,
        gaps.with_columns(pl.col("person_id").replace(renamed)),
        imputations=4,
        iterations=4,
        seed=3,
    )
    assert other.cells["value"].equals(made.cells["value"])


def test_a_passive_scale_is_made_from_its_imputed_items(panel, gaps):
    rng = np.random.default_rng(8)
    items = panel.with_columns(
        (pl.col("contact").fill_null(3) + pl.Series(rng.normal(size=panel.height))).alias(name) for name in ("a", "b")
    )
    items = items.with_columns(
        a=pl.when(pl.col("person_id").str.ends_with("7")).then(None).otherwise("a"),
    ).with_columns(scale=(pl.col("a") + pl.col("b")) / 2)
    rules = PanelRules({"a": Rule(), "b": Rule()}, passive={"scale": Passive(("a", "b"))})
    made = impute_panel(items, rules, gaps.with_columns(scale=pl.lit(True)), imputations=2, iterations=2, seed=1)
    assert made.cells["concept"].unique().to_list() == ["scale"]
    known = dict(zip(items.select("person_id", "wave").rows(), items["b"], strict=True))
    others = set(items["a"].drop_nulls())
    for person, wave, value in made.cells.select("person_id", "wave", "value").iter_rows():
        if (person, wave) in known:
            assert min(abs(2 * value - known[person, wave] - other) for other in others) < 1e-9


def test_the_convergence_table_counts_what_is_filled(panel, made):
    table = Convergence.validate(convergence(panel, made.cells, made.trace), cast=True)
    row = table.filter(concept="contact", wave="w03").row(0, named=True)
    filled = made.cells.filter(concept="contact", wave="w03", imputation=1)
    assert row["filled"] == filled.height
    assert row["answered"] == panel.filter(wave="w03")["contact"].count()
    assert row["share_filled"] == pytest.approx(row["filled"] / (row["filled"] + row["answered"]))


def trace(means: list[list[float]]) -> pl.DataFrame:
    rows = [
        ("main", chain, place, "x@w01", value)
        for chain, values in enumerate(means, 1)
        for place, value in enumerate(values, 1)
    ]
    return pl.DataFrame(rows, schema=["arm", "imputation", "iteration", "column", "mean"], orient="row")


def test_chains_that_agree_and_chains_that_do_not():
    """(1, 2, 3) twice, past the first quarter: W = 1 and B/n = 0. With (7, 8, 9): B/n = 18."""
    assert chain_mixing(trace([[9, 1, 2, 3], [9, 1, 2, 3]]))["r_hat"][0] == pytest.approx(np.sqrt(2 / 3))
    far = chain_mixing(trace([[9, 1, 2, 3], [9, 7, 8, 9]]))
    assert far["r_hat"][0] == pytest.approx(np.sqrt(2 / 3 + 18))
    assert far["autocorrelation"][0] == pytest.approx(1.0)


def test_checks_name_replaced_answers_values_out_of_range_and_chains_that_drift(panel, made):
    given = panel.drop_nulls("contact").head(1).select("person_id", "wave")
    wrong = given.select(
        pl.lit(1, pl.Int64).alias("imputation"), "person_id", "wave", concept=pl.lit("contact"), value=pl.lit(9.0)
    )
    mixing = pl.DataFrame({"arm": ["main"], "column": ["contact@w01"], "r_hat": [1.6]})
    found = problems(panel, pl.concat([made.cells, wrong]), mixing, {"contact": (1, 5)})
    assert found["unchanged"] == ["1 answers to contact would be replaced"]
    assert found["in_range"] == ["1 imputed values of contact are out of its range"]
    assert found["mixed"] == ["the chains of contact@w01 (main) have not mixed: R-hat 1.60; declare more `iterations`"]
    fine = problems(panel, made.cells, mixing.with_columns(r_hat=1.0), {"contact": (1, 5)})
    assert fine == {"unchanged": [], "in_range": [], "mixed": []}


def test_a_model_is_fitted_on_each_completed_panel_and_pooled_after(panel, made):
    fits = [fixed_effects(completed_panel(panel, made.cells, k), "trust", ["contact"]) for k in (1, 2, 3, 4)]
    pooled = fit_imputed(lambda frame: fixed_effects(frame, "trust", ["contact"]), panel, made.cells, name="main")
    row = pooled.filter(term="contact").row(0, named=True)
    each = [table.filter(term="contact").row(0, named=True) for table in fits]
    expected = pool(
        np.array([[one["estimate"]] for one in each]),
        np.array([[one["std_error"] ** 2] for one in each]),
        df_complete=each[0]["df"],
    ).row(0, named=True)
    for name in ("estimate", "std_error", "df", "p_value", "conf_low", "conf_high"):
        assert row[name] == pytest.approx(expected[name])
    assert row["covariance"].startswith("clustered by person")
    assert f"pooled over 4 imputations (main), Barnard–Rubin df, {expected['fmi']:.0%}" in row["covariance"]


def test_odds_ratios_are_pooled_on_the_log_scale_and_joint_tests_by_d2(panel, made):
    frames = [completed_panel(panel, made.cells, k) for k in (1, 2, 3, 4)]
    first = [frame.filter(wave="w01").with_columns(high=(pl.col("trust") > 3).cast(pl.Float64)) for frame in frames]
    pooled = pool_estimates([logit(frame, "high", ["contact"], person=None, wave=None) for frame in first])
    by_kind = {row["component"]: row for row in pooled.filter(term="contact").to_dicts()}
    assert by_kind["odds_ratio"]["estimate"] == pytest.approx(np.exp(by_kind["coefficient"]["estimate"]))
    assert by_kind["odds_ratio"]["conf_high"] == pytest.approx(np.exp(by_kind["coefficient"]["conf_high"]))
    tested = pool_estimates([mundlak(frame, "trust", ["contact"]) for frame in frames]).filter(component="test")
    assert tested["covariance"][0].startswith("F test D2 on 1 and")


def test_a_result_that_one_imputation_withholds_is_withheld(panel):
    one = fixed_effects(panel, "trust", ["contact"])
    lost = one.with_columns(pl.lit(None, pl.Float64).alias(name) for name in ("estimate", "std_error"))
    row = pool_estimates([one, lost]).filter(term="contact").row(0, named=True)
    assert row["estimate"] is None
    assert row["note"].startswith("no result in 1 of 2 imputations")
    with pytest.raises(ModelError, match="same terms"):
        pool_estimates([one, one.head(1)])


CONTACT = Which("contact", "coefficient")


def refit(frame: pl.DataFrame, weighted: bool) -> pl.DataFrame:
    return fixed_effects(frame, "trust", ["contact"], weights="design_weight" if weighted else None)


def test_each_version_counts_the_people_it_says(panel, made):
    completed = [completed_panel(panel, made.cells, k) for k in (1, 2, 3, 4)]
    table = sensitivity(
        refit, panel, CONTACT, concepts=["trust", "contact"], completed=completed, weighted=True, imputation="main"
    )
    rows = {row["group"]: row for row in table.filter(component="version").to_dicts()}
    assert list(rows) == ["unweighted", "weighted", "complete_case", "balanced", "imputed"]
    assert rows["unweighted"]["estimate"] == refit(panel, False).filter(term="contact")["estimate"][0]
    assert rows["weighted"]["estimate"] != rows["unweighted"]["estimate"]
    assert rows["imputed"]["n_persons"] > rows["balanced"]["n_persons"]
    for row in rows.values():
        assert row["conf_low"] < 0.5 < row["conf_high"]
    assert 0 < table.filter(component="missing_information")["estimate"][0] < 1


def test_who_is_balanced_and_who_left_no_question_out():
    frame = pl.DataFrame(
        {
            "person_id": ["a", "a", "b", "c", "c"],
            "arm": "main",
            "wave": ["w01", "w02", "w01", "w01", "w02"],
            "x": [1.0, 2.0, 3.0, None, 4.0],
        }
    )
    assert balanced(frame, ["x"])["person_id"].unique().sort().to_list() == ["a", "c"]
    assert complete_cases(frame, ["x"])["person_id"].unique().sort().to_list() == ["a", "b"]


def test_a_version_that_cannot_be_estimated_is_withheld_with_its_reason(panel):
    def fails(frame: pl.DataFrame, weighted: bool) -> pl.DataFrame:
        if weighted:
            raise ModelError("nobody has the weight in these waves")
        return refit(frame, False)

    table = sensitivity(fails, panel, CONTACT, concepts=["trust", "contact"], weighted=True)
    row = table.filter(group="weighted").row(0, named=True)
    assert row["estimate"] is None
    assert row["note"] == "nobody has the weight in these waves"


def test_only_imputed_values_are_moved(panel, made):
    complete = completed_panel(panel, made.cells, 1)
    moved = shifted(panel, complete, "trust", -1.0)
    change = (moved["trust"] - complete["trust"]).round(12)
    given = complete.join(panel.drop_nulls("trust"), on=["person_id", "wave"], how="semi").height
    assert change.drop_nulls().value_counts().sort("trust")["count"].to_list() == [
        complete["trust"].count() - given,
        given,
    ]
    by_unit = shifted(panel, complete, "trust", -1.0, per="contact")
    filled = complete.join(panel.drop_nulls("trust"), on=["person_id", "wave"], how="anti")
    after = by_unit.join(filled.select("person_id", "wave"), on=["person_id", "wave"], how="semi")
    assert after["trust"].mean() == pytest.approx(filled["trust"].mean())


@pytest.mark.thorough
def test_the_tipping_point_is_where_the_interval_reaches_zero(panel, made):
    completed = [completed_panel(panel, made.cells, k) for k in (1, 2, 3, 4)]
    table = tipping(refit, panel, CONTACT, completed, concept="trust", deltas=[-4, -2, 0, 2], per="contact")
    curve = table.filter(component="tipping_curve")
    assert curve["group"].to_list() == ["-4", "-2", "0", "2"]
    assert curve["estimate"].is_sorted()
    point = table.filter(component="tipping_point").row(0, named=True)
    lows = dict(curve.select("group", "conf_low").iter_rows())
    crossed = (-2, 0) if lows["-2"] <= 0 else (-4, -2)
    assert crossed[0] <= point["estimate"] <= crossed[1]
    level = tipping(refit, panel, CONTACT, completed, concept="trust", deltas=[-0.01, 0, 0.01])
    last = level.filter(component="tipping_point").row(0, named=True)
    assert last["estimate"] is None
    assert last["note"] == "the interval keeps its side from -0.01 to 0.01"
