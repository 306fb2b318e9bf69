"""A made-up panel with models of every family that scripts of an export compute, their estimates, and the export."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl

from pipeline.exports.dataset import DataSet, data_set
from pipeline.exports.declared import FIXED
from pipeline.exports.naming import legal_names
from pipeline.exports.scripts.call import Call, Replicated
from pipeline.exports.scripts.written import script_files
from pipeline.exports.write import write_export
from pipeline.models import fit
from pipeline.models.weighting import Weighting
from pipeline.specs.exports import STATA
from pipeline.specs.models import declare
from pipeline.specs.scripts import SCRIPT_FAMILIES
from pipeline.specs.study import Design
from pipeline.weights.stored import read_replicates

WAVES = ("w01", "w02", "w03", "w04")
PEOPLE, REPLICATES = 160, 12
STUDY = SimpleNamespace(
    weights={"stayers": SimpleNamespace(waves=("w01", "w02", "w03"))},
    about=SimpleNamespace(
        design=Design(lonely_psu="certainty", subset="answered"), arms={"north": None, "south": None}
    ),
    calendar={"north": WAVES, "south": WAVES[:3]},
    waves=dict.fromkeys(WAVES),
)


def panel() -> pl.DataFrame:
    """One row per person and wave interviewed: scores, groups, a design; answers and waves are missing."""
    chance = np.random.default_rng(7)
    person = np.repeat(np.arange(PEOPLE), len(WAVES))
    wave = np.tile(np.arange(len(WAVES)), PEOPLE)
    usual = chance.normal(size=PEOPLE)[person]
    contact = 3 + usual + chance.normal(size=person.size)
    trust = 4 + 0.5 * contact + 0.3 * usual + 0.1 * wave + chance.normal(size=person.size)
    arm = np.where(np.arange(PEOPLE) % 3 == 0, "south", "north")[person]
    place = (np.arange(PEOPLE) % 20)[person]
    made = pl.DataFrame({
        "person_id": [f"p{(37 * one) % PEOPLE:03}" for one in person], "wave": [WAVES[one] for one in wave], "arm": arm,
        "trust": trust.round(3), "contact": contact.round(3), "age": (20 + 50 * chance.random(PEOPLE)).round()[person],
        "is_woman": (chance.random(PEOPLE) < 0.5).astype(float)[person],
        "education": chance.integers(1, 4, PEOPLE).astype(float)[person],
        "volunteered": (chance.random(person.size) < 1 / (1 + np.exp(3 - contact))).astype(float),
        "answer": chance.integers(1, 6, person.size).astype(float),
        "design_weight": (0.5 + chance.random(person.size)).round(4),
        "stratum": [f"s{one % 4}" for one in place], "psu": [f"u{one:02}" for one in place],
        "household_id": [f"h{one // 2:03}" for one in person],
    })  # fmt: skip
    gone = chance.random(made.height) < 0.25
    holes = pl.Series(chance.random(made.height) < 0.06)
    made = made.filter(pl.Series(~gone) & ~((pl.col("arm") == "south") & (pl.col("wave") == "w04")))
    return made.with_columns(pl.when(holes.head(made.height)).then(None).otherwise(pl.col("trust")).alias("trust"))


def replicates(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A bootstrap of the people of a weight set: the factor of each replicate, and the weights."""
    chance = np.random.default_rng(8)
    people = frame.select("person_id").unique(maintain_order=True)
    people = people.filter(pl.Series(chance.random(people.height) < 0.7))
    names = [f"r{number:04}" for number in range(1, REPLICATES + 1)]
    weights = people.with_columns(panel_weight=pl.Series(0.5 + chance.random(people.height)))
    draws = {name: pl.Series(chance.poisson(1.0, people.height)) * weights["panel_weight"] for name in names}
    factors = {"variance_factor": [1 / (REPLICATES - 1)] * REPLICATES, "kind": ["bootstrap"] * REPLICATES}
    scales = pl.DataFrame({"replicate": names, **factors, "degrees_of_freedom": [REPLICATES - 1] * REPLICATES})
    return scales, weights.with_columns(**draws)


EXPLAINS: dict[str, Any] = {"outcome": "trust", "exposures": ("contact",)}
MODELS: dict[str, dict[str, Any]] = {
    "pooled": {**EXPLAINS, "covariates": ("age", "education"), "categorical": ("education",)},
    "pooled_weighted": {"family": "pooled", **EXPLAINS, "weights": "design_weight", "cluster": "psu"},
    "pooled_classical": {"family": "pooled", **EXPLAINS, "cluster": "none", "wave_effects": False},
    "pooled_two_ways": {"family": "pooled", **EXPLAINS, "cluster": "household_id"},
    "pooled_as_stata": {"family": "pooled", **EXPLAINS, "correction": "stata"},
    "pooled_replicated": {"family": "pooled", **EXPLAINS, "weights": "stayers"},
    "fixed_effects": {**EXPLAINS},
    "fixed_effects_both": {"family": "fixed_effects", **EXPLAINS, "effects": "person_and_wave"},
    "fixed_effects_weighted": {"family": "fixed_effects", **EXPLAINS, "weights": "design_weight"},
    "fixed_effects_classical": {"family": "fixed_effects", **EXPLAINS, "cluster": "none"},
    "fixed_effects_replicated": {"family": "fixed_effects", **EXPLAINS, "weights": "stayers"},
    "random_effects": {**EXPLAINS, "covariates": ("age",)},
    "first_difference": {**EXPLAINS, "waves": WAVES[:3]},
    "first_difference_level": {"family": "first_difference", **EXPLAINS, "wave_effects": False},
    "first_difference_weighted": {"family": "first_difference", **EXPLAINS, "weights": "design_weight"},
    "within_between": {**EXPLAINS, "covariates": ("age",), "arms": ("north",)},
    "between": {**EXPLAINS, "covariates": ("age",)},
    "hausman": {**EXPLAINS},
    "mundlak": {**EXPLAINS, "covariates": ("age",)},
    "logit": {"outcome": "volunteered", "exposures": ("contact",), "covariates": ("is_woman", "education"),
              "categorical": ("education",)},
    "logit_alone": {"family": "logit", "outcome": "volunteered", "exposures": ("contact",), "waves": ("w01",),
                    "cluster": "none", "wave_effects": False},
    "attrition": {"from_wave": "w01", "to_waves": "all", "sets": {"both": ("w02", "w03")},
                  "exposures": ("contact", "is_woman")},
    "attrition_latest": {"family": "attrition", "from_wave": "latest", "to_wave": "w03", "exposures": ("contact",)},
    "design_means": {"outcomes": ("trust", "contact"), "weights": "design_weight"},
    "design_means_groups": {"family": "design_means", "outcomes": ("trust",), "group": "education", "subset": "domain",
                            "lonely_psu": "adjust"},
    "design_means_average": {"family": "design_means", "outcomes": ("trust",), "group": "arm", "lonely_psu": "average"},
    "design_means_replicated": {"family": "design_means", "outcomes": ("trust",), "weights": "stayers"},
    "design_shares": {"outcomes": ("answer",), "weights": "design_weight"},
    "design_changes": {"outcomes": ("trust",), "weights": "design_weight", "subset": "domain"},
    "design_changes_groups": {"family": "design_changes", "outcomes": ("trust",), "group": "is_woman"},
    "design_changes_replicated": {"family": "design_changes", "outcomes": ("trust",), "weights": "stayers"},
    "design_differences": {"outcomes": ("trust",), "group": "education", "weights": "design_weight"},
    "design_regression": {**EXPLAINS, "covariates": ("age",), "weights": "design_weight"},
    "design_regression_domain": {"family": "design_regression", **EXPLAINS, "subset": "domain"},
    "design_regression_replicated": {"family": "design_regression", **EXPLAINS, "weights": "stayers"},
}  # fmt: skip
"""Name → what is declared; the family is the name, where it says no other."""


def data_of(frame: pl.DataFrame) -> DataSet:
    """The panel as an export has it."""
    _, weights = replicates(frame)
    people = weights.select("person_id", pl.col("panel_weight").alias("weight_stayers"))
    made = frame.join(people, on="person_id", how="left", maintain_order="left").with_columns(is_present=pl.lit(True))
    return data_set(made, {name: about for name, about in FIXED.items() if name in made.columns}, "A made-up panel")


def calls(frame: pl.DataFrame) -> list[Call]:
    """Every model with what the pipeline makes of it."""
    scales, weights = replicates(frame)
    set_of = Weighting(
        "stayers", WAVES[:3], weights.select("person_id", "panel_weight"), read_replicates(scales, weights)
    )
    replicated = {"stayers": Replicated(weights, scales["variance_factor"].to_list())}
    stata = legal_names(data_of(frame).shown, STATA)
    made = []
    for name, declared in MODELS.items():
        model = declare(**{"family": name, "question": f"What of {name}?", **declared})
        weighting = set_of if model.weights == "stayers" else None
        rows = fit(name, model, frame, STUDY, weighting)
        components = list(SCRIPT_FAMILIES[model.family].components)
        rows = rows.filter(pl.col("component").is_in(components) & pl.col("estimate").is_not_null())
        made.append(Call(name, model, STUDY, rows, stata, replicated))  # type: ignore[arg-type]
    return made


def exported(folder: Path) -> list[Call]:
    """The export of the panel, with scripts for every model."""
    frame = panel()
    data, models = data_of(frame), calls(frame)
    write_export(data, folder, ("csv", "dta"), script_files(data, models, ("csv", "dta")))
    return models
