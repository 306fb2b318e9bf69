"""The real panel harmonised: unweighted means, standard deviations and counts, against R on the same files.

Judge: columns ``n``, ``mean`` and ``sd`` of the results stored beside the deposit. The deposit is read here with
pyreadstat alone, so that harmonising is judged apart from ingest; nothing of the deposit is in this file.
"""

from __future__ import annotations

import polars as pl
import pytest
from shared import shared

from pipeline.harmonise import Harmonised, account, harmonise, item_ranges
from pipeline.paths import Paths
from pipeline.scales import panel, reliability, score_ranges
from pipeline.specs import Study, load_project
from pipeline.specs.sources import declared_variables
from pipeline.tables import Crosswalk, Ledger, Reliability, answers_schema, panel_schema

ORACLE = shared("real", "elsoc", "oracle", "r_reference_means_sample1.csv")
DEPOSITS = shared("real", "elsoc", "waves")
SCORES = {
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


@pytest.fixture(scope="module")
def study() -> Study:
    return load_project(Paths()).studies["elsoc"]


@pytest.fixture(scope="module")
def waves(study: Study) -> dict[str, pl.DataFrame]:
    import pyreadstat

    made = {}
    for wave, declared in study.waves.items():
        (path,) = DEPOSITS.glob(f"ELSOC_W{wave[1:]}_*.sav")
        values, _ = pyreadstat.read_sav(str(path), user_missing=True, output_format="dict")
        wanted = declared_variables(study, wave, declared.files[0])
        person = study.about.columns.person_id
        made[wave] = pl.DataFrame(
            {
                "person_id": texts(values[person]),
                "study": [study.key] * len(values[person]),
                "arm": [declared.files[0].arm] * len(values[person]),
                "wave": [wave] * len(values[person]),
                **{name: texts(values[name]) for name in wanted if name in values and name != person},
            }
        )
    return made


def texts(values: list[object]) -> pl.Series:
    return pl.Series([text(value) for value in values], dtype=pl.String)


def text(value: object) -> str | None:
    if value is None or value != value or value == "":
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


@pytest.fixture(scope="module")
def harmonised(study: Study, waves: dict[str, pl.DataFrame]) -> Harmonised:
    return harmonise(study, waves)


def test_tables_keep_their_contracts(study: Study, waves: dict[str, pl.DataFrame], harmonised: Harmonised) -> None:
    answers_schema(item_ranges(study)).validate(harmonised.answers)
    Ledger.validate(harmonised.ledger)
    Crosswalk.validate(harmonised.crosswalk)
    panel_schema(score_ranges(study)).validate(panel(study, harmonised.answers))
    Reliability.validate(reliability(harmonised.answers, study))
    assert account(harmonised.ledger, waves, harmonised.answers) == []


def test_unweighted_means_standard_deviations_and_counts(study: Study, harmonised: Harmonised) -> None:
    scores = panel(study, harmonised.answers)
    judge = pl.read_csv(ORACLE, null_values="NA").with_columns(
        score=pl.col("concept").replace_strict(SCORES), wave=pl.format("w0{}", "wave")
    )
    assert judge.height == 91
    for row in judge.iter_rows(named=True):
        answered = scores.filter(pl.col("wave") == row["wave"])[row["score"]].drop_nulls()
        name = f"{row['score']} {row['wave']}"
        assert answered.len() == row["n"], name
        assert answered.mean() == pytest.approx(row["mean"], abs=1e-9), name
        assert answered.std() == pytest.approx(row["sd"], abs=1e-9), name


def test_row_order_changes_nothing_but_the_order(
    study: Study, waves: dict[str, pl.DataFrame], harmonised: Harmonised
) -> None:
    backwards = harmonise(study, {wave: frame.reverse() for wave, frame in waves.items()})
    assert backwards.ledger.equals(harmonised.ledger)
    for wave in waves:
        mine = backwards.answers.filter(pl.col("wave") == wave).reverse()
        assert mine.equals(harmonised.answers.filter(pl.col("wave") == wave))
