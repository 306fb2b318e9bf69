"""A fit reads only the keys that its family's record names: any other attribute of the declaration is refused."""

from types import SimpleNamespace

import polars as pl
import pytest
from shared import SHIPPED

from pipeline import models
from pipeline.models.weighting import Weighting
from pipeline.specs.families import FAMILIES
from pipeline.specs.family import load

PANEL = pl.read_csv(SHIPPED / "models" / "panel.csv").with_columns(arm=pl.lit("main"))
OF_PANEL = [key for key, record in FAMILIES.items() if not {"of", "tests"} & set(record.needs)]
FITTED = [key for key in OF_PANEL if FAMILIES[key].function.startswith("pipeline.models.")]
NOT_READ = {"question", "study", "assumed", "reason", "imputation"}
KEYS = {
    "outcome": "trust",
    "exposures": ["contact"],
    "outcomes": ["trust"],
    "group": "is_woman",
    "from_wave": "w01",
    "to_waves": "all",
    "mediators": ["threat"],
    "start": "w03",
    "treated": "is_woman",
    "interruptions": {"event": "w03"},
}


ANSWERS = {
    **dict.fromkeys(("logit", "conditional_logit", "mixed_logit"), "helped"),
    **dict.fromkeys(
        ("ordered_logit", "multinomial_logit", "fixed_effects_ordered_logit", "design_ordered", "mixed_ordinal"),
        "answer",
    ),
    **dict.fromkeys(("poisson", "negative_binomial", "fixed_effects_poisson"), "times"),
}
"""Outcomes of families that take no plain number."""


def narrowed(family: str) -> SimpleNamespace:
    """A declaration of the family with the keys it may read, and no other attribute."""
    record = FAMILIES[family]
    given = {key: value for key, value in KEYS.items() if key in record.keys}
    if family in ("design_association", "design_shares"):
        given["outcomes"] = ["helped"]
    if family in ANSWERS:
        given["outcome"] = ANSWERS[family]
    if family == "mixed":
        given["method"] = "ml"
    if family == "hausman_taylor":
        given |= {"covariates": ["is_woman"], "endogenous": ["contact"]}
    if family == "synthetic_control":
        area = str(PANEL["psu"][0])
        given = {"outcome": "trust", "by": "psu", "start": {area: "w03"}}
    full = load(record.declaration).model_validate({"question": "?", "study": "s", "family": family, **given})
    keys = {key: getattr(full, key) for key in record.keys - NOT_READ}
    return SimpleNamespace(**keys, model_fields_set=full.model_fields_set)


@pytest.mark.parametrize("family", FITTED)
def test_a_fit_reads_only_the_keys_of_its_family(family):
    panel = PANEL.with_columns(
        helped=(pl.col("trust") > pl.col("trust").mean()).cast(pl.Int64),
        answer=pl.col("trust").round().clip(2, 4),
        times=(pl.col("trust").exp() / 5).round(),
    )
    design = SimpleNamespace(about=SimpleNamespace(design=SimpleNamespace(lonely_psu="certainty", subset="answered")))
    assert models.fit("m", narrowed(family), panel, design).height
    if FAMILIES[family].weighted:
        people = PANEL.unique("person_id", maintain_order=True).select("person_id", panel_weight=pl.lit(1.5))
        weighting = Weighting("all", tuple(PANEL["wave"].unique().sort()), people)
        assert models.fit("m", narrowed(family), panel, design, weighting).height
    if FAMILIES[family].kernel:
        assert models.fit("m", narrowed(family), panel, design, repeated=True).height
