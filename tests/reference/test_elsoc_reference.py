"""The real panel through its declarations, end to end, against results that R gave on the same files.

Judge: the results stored beside the deposit (R's survey, plm, lme4 and glm). Nothing of the deposit is in this file.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from confirmed import sha256_of
from shared import shared

from pipeline.harmonise import Harmonised, account, harmonise
from pipeline.ingest.wave import wave_table
from pipeline.participation import participation, patterns
from pipeline.paths import Paths
from pipeline.scales import panel
from pipeline.specs import Project, Study, load_project
from pipeline.tables import HEAD

ORACLE = shared("real", "elsoc", "oracle")
DEPOSITS = shared("real", "elsoc", "waves")
KEY = bytes(range(32))
TWINS = {"w03": "ELSOC_W03_2018.sav", "w04": "ELSOC_W04_2019.sav", "w05": "ELSOC_W05_2021.sav"}

MEANS = {
    "gentrust": "generalised_trust",
    "c04": "perceived_fairness_code",
    "t01": "neighbour_trust",
    "belong": "belonging",
    "social": "neighbourhood_sociability",
    "r05_01": "outgroup_acquaintances",
    "r05_02": "outgroup_friends",
    "r06": "contact_quantity",
    "r07": "positive_contact",
    "r08": "negative_contact",
    "r09": "outgroup_liking",
    "r11": "intergroup_comfort",
    "threat": "threat",
    "r16": "outgroup_trust",
    "poltrust": "political_trust",
    "c05_01": "national_government_trust",
    "c05_03": "police_trust",
    "s01": "life_satisfaction",
    "s02": "life_close_to_ideal",
    "phq9": "depressive_symptoms",
}
MODELS = {
    "outgroup_liking_r09~contact_freq_r06 W1-4": ("elsoc_liking_follows_contact", "elsoc_liking_fixed_effects"),
    "neighbour_trust_t01~neigh_sociability W1-4": (
        "elsoc_neighbour_trust_follows_sociability",
        "elsoc_neighbour_trust_follows_sociability_fixed_effects",
    ),
    "lifesat_s01~phq9 W1-5": (
        "elsoc_life_satisfaction_follows_symptoms",
        "elsoc_life_satisfaction_follows_symptoms_fixed_effects",
    ),
    "poltrust~fairness_c04raw W1-5 (illustrative)": (
        "elsoc_political_trust_follows_fairness_code",
        "elsoc_political_trust_follows_fairness_code_fixed_effects",
    ),
}
ATTRITION = {
    "(Intercept)": "intercept",
    "m0_edad": "age",
    "I(m0_sexo == 2)TRUE": "is_woman",
    "m01": "education",
    "s01": "life_satisfaction",
    "gentrust": "generalised_trust",
    "t01": "neighbour_trust",
}


def oracle(name: str) -> pl.DataFrame:
    return pl.read_csv(ORACLE / name, null_values="NA", infer_schema_length=None)


@pytest.fixture(scope="module")
def project() -> Project:
    return load_project(Paths())


@pytest.fixture(scope="module")
def study(project: Project) -> Study:
    return project.studies["elsoc"]


def waves_of(study: Study) -> dict[str, pl.DataFrame]:
    return {wave: wave_table(study, wave, Path(DEPOSITS), KEY).frame for wave in study.waves}


@pytest.fixture(scope="module")
def waves(study: Study) -> dict[str, pl.DataFrame]:
    return waves_of(study)


@pytest.fixture(scope="module")
def harmonised(study: Study, waves: dict[str, pl.DataFrame]) -> Harmonised:
    return harmonise(study, waves)


@pytest.fixture(scope="module")
def scores(study: Study, harmonised: Harmonised) -> pl.DataFrame:
    return panel(study, harmonised.answers)


@pytest.fixture(scope="module")
def fitted(project: Project, study: Study, scores: pl.DataFrame):
    """Each declared model of ELSOC, estimated once when asked for."""
    from pipeline.models import fit

    made: dict[str, pl.DataFrame] = {}

    def estimate(name: str) -> pl.DataFrame:
        if name not in made:
            made[name] = fit(name, project.models[name], scores, study)
        return made[name]

    return estimate


def test_persons_interviews_and_patterns(study: Study, harmonised: Harmonised) -> None:
    table = participation(harmonised.answers, study.calendar, study="elsoc")
    ours = dict(patterns(table).select("pattern", "count").rows())
    theirs = dict(pl.read_csv(ORACLE / "attrition_patterns_sample1.csv", schema_overrides=[pl.String, pl.Int64]).rows())
    assert ours == theirs
    assert sum(ours.values()) == 2928
    assert harmonised.answers.height == 11521
    asked_first = table.filter(pl.col("wave") == "w01", pl.col("is_present"))["person_id"]
    stayed = table.filter(
        pl.col("wave") == "w05", pl.col("is_present"), pl.col("person_id").is_in(asked_first.implode())
    )
    assert round(100 * stayed.height / asked_first.len(), 1) == 59.4


def test_every_answer_received_is_accounted_for(harmonised: Harmonised, waves: dict[str, pl.DataFrame]) -> None:
    assert account(harmonised.ledger, waves) == []
    items = (len(harmonised.answers.columns) - len(HEAD)) // 2
    assert harmonised.ledger["count"].sum() == harmonised.answers.height * items


def test_the_sav_twins_give_the_same_rows(study: Study, waves: dict[str, pl.DataFrame], harmonised: Harmonised) -> None:
    """W3 as .dta, W4 as .csv and W5 as .xlsx say what their .sav twins say; text has weights to fifteen digits."""
    declared = dict(study.waves)
    for wave, file in TWINS.items():
        (own,) = declared[wave].files
        plain = {"file": file, "format": "sav", "encoding": None, "sheet": None}
        twin = own.model_copy(update={**plain, "sha256": sha256_of(DEPOSITS / file)})
        declared[wave] = declared[wave].model_copy(update={"files": (twin,)})
    twin_study = Study(study.key, study.about, study.items, study.scales, declared, study.caveats)
    ours = harmonise(
        twin_study, {**waves, **{wave: wave_table(twin_study, wave, DEPOSITS, KEY).frame for wave in TWINS}}
    )
    weight = "design_weight"
    assert ours.answers.drop(weight).equals(harmonised.answers.drop(weight))
    np.testing.assert_allclose(ours.answers[weight], harmonised.answers[weight], rtol=1e-14)


def test_means_and_their_design_based_standard_errors(fitted) -> None:
    ours = pl.concat([fitted("elsoc_means"), fitted("elsoc_more_means")]).filter(pl.col("component") == "mean")
    theirs = oracle("r_reference_means_sample1.csv").with_columns(
        outcome=pl.col("concept").replace_strict(MEANS), wave=pl.format("w0{}", "wave")
    )
    both = theirs.join(ours, on=["outcome", "wave"], how="left", validate="1:1")
    assert both.height == theirs.height == 91
    assert both["n"].to_list() == both["n_obs"].to_list()
    np.testing.assert_allclose(both["estimate"], both["wmean"], rtol=0, atol=1e-6)
    np.testing.assert_allclose(both["std_error"], both["design_se"], rtol=0, atol=1e-6)


@pytest.mark.parametrize("published", MODELS)
def test_within_between_and_fixed_effects(published: str, fitted) -> None:
    hybrid, fixed = (fitted(name) for name in MODELS[published])
    rows = oracle("r_reference_models_sample1.csv").filter(pl.col("model") == published).to_dicts()
    assert len(rows) >= 12
    for row in rows:
        family, term = row["term"].split(":")
        ours = own_row(fixed if family == "FE" else hybrid, term)
        assert ours["estimate"] == pytest.approx(row["est"], abs=1e-6), row["term"]
        assert (ours["n_obs"], ours["n_persons"]) == (row["n_obs"], row["n_id"])
        if row["se"] is not None:
            tolerance = {"abs": 1e-6} if family == "FE" else {"rel": 1e-3}
            assert ours["std_error"] == pytest.approx(row["se"], **tolerance), row["term"]


def own_row(estimates: pl.DataFrame, term: str) -> dict[str, object]:
    """Our row for a term as R names it: xw, xb, f2 … f5, var_id, var_resid, or the exposure's own name."""
    component, name = {
        "(Intercept)": ("intercept", None),
        "xw": ("within", None),
        "xb": ("between", None),
        "var_id": ("variance", "person"),
        "var_resid": ("variance", "residual"),
    }.get(term, ("wave", f"w0{term[1]}") if term in ("f2", "f3", "f4", "f5") else ("coefficient", None))
    rows = estimates.filter(pl.col("component") == component)
    if name is not None:
        rows = rows.filter((pl.col("wave") if component == "wave" else pl.col("term")) == name)
    return rows.row(0, named=True) if rows.height == 1 else pytest.fail(f"{rows.height} rows for {term}")


def test_who_left(fitted) -> None:
    ours = fitted("elsoc_attrition").filter(pl.col("component").is_in(["coefficient", "intercept"]))
    theirs = oracle("r_reference_attrition_logit_W1_to_W5.csv").with_columns(
        term=pl.col("term").replace_strict(ATTRITION)
    )
    both = theirs.join(ours, on="term", how="left", validate="1:1")
    assert both.height == ours.height == 7
    np.testing.assert_allclose(both["estimate"], both["Estimate"], rtol=0, atol=1e-6)
    np.testing.assert_allclose(both["std_error"], both["Std..Error"], rtol=0, atol=1e-6)
    np.testing.assert_allclose(both["p_value"], both["Pr...z.."], rtol=0, atol=1e-6)
    assert set(both["n_obs"]) == {2857}


def test_the_papers_tables_print_rs_patterns_and_odds(study: Study, harmonised: Harmonised, fitted) -> None:
    """What the paper prints of who took part, against R's counts and the exponentials of its coefficients."""
    from pipeline.papers import StudyContext
    from pipeline.papers.content import plain
    from pipeline.papers.paper_context import PaperContext
    from pipeline.papers.results import Results
    from pipeline.papers.tables.attrition import attrition
    from pipeline.papers.tables.patterns import patterns as patterns_table

    took_part = participation(harmonised.answers, study.calendar, study="elsoc")
    estimates = pl.concat([fitted("elsoc_attrition_by_wave"), fitted("elsoc_attrition")])
    paper = PaperContext(Results(estimates), {"participation": took_part}, StudyContext("ELSOC"))
    shown = {plain(row.cells[0]): plain(row.cells[1]) for row in patterns_table(paper, [], {}).rows}
    theirs = pl.read_csv(ORACLE / "attrition_patterns_sample1.csv", schema_overrides=[pl.String, pl.Int64]).rows()
    printed = {pattern.replace("1", "●").replace("0", "○"): f"{count:,}" for pattern, count in theirs}
    assert len(shown) == 13
    assert {name: count for name, count in shown.items() if "●" in name}.items() <= printed.items()
    table = attrition(paper, ["elsoc_attrition_by_wave", "elsoc_attrition"], {})
    assert [column.header for column in table.columns][1:] == ["W02", "W03", "W04", "W05", "Every wave"]
    last = {plain(row.cells[0]).replace(" ", "_"): plain(row.cells[4]) for row in table.rows}
    logit = oracle("r_reference_attrition_logit_W1_to_W5.csv").filter(pl.col("term") != "(Intercept)")
    for term, estimate, error in logit.select("term", "Estimate", "Std..Error").rows():
        low, high = (np.exp(estimate + sign * 1.959964 * error) for sign in (-1, 1))
        places = 3 if "1.00" in (f"{low:.2f}", f"{high:.2f}") else 2  # an end is never rounded onto no effect
        assert last[ATTRITION[term]] == f"{np.exp(estimate):.{places}f} ({low:.{places}f} to {high:.{places}f})"
