"""Options of structural models against lavaan: weights and incomplete answers of ordered items, random covariates,
phantom waves, lavaan's own parameter tables."""

import json

import polars as pl
import pytest
from sem_oracle import assert_as_lavaan
from shared import SHIPPED

from pipeline.sem import cfa, compare, riclpm, sem

FOLDER = SHIPPED / "sem"
STORED = json.loads((FOLDER / "options.json").read_text(encoding="utf-8"))
ORDERED = pl.read_csv(FOLDER / "options_ordered.csv", infer_schema_length=None)
PANEL = pl.read_csv(FOLDER / "options_panel.csv", infer_schema_length=None)
FACTORS = {"f": ["a1", "a2", "a3", "a4"], "h": ["b1", "b2", "b3"]}
CONSTRUCTS = {name: [f"{name}{wave}" for wave in range(1, 5)] for name in "xy"}


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("listwise", {"missing": "listwise"}),
        ("pairwise", {}),
        ("unit_factors", {"standardise_factors": True}),
        ("weights", {"weights": "w"}),
        ("weights_groups", {"weights": "w", "group": "g", "equal": ("loadings",)}),
        ("groups", {"group": "g"}),
        ("groups_loadings", {"group": "g", "equal": ("loadings",)}),
    ],
)
def test_ordered_items(name, options):
    found = cfa(ORDERED, FACTORS, ordered=True, **options)
    assert found.n == STORED[name]["n"]
    assert_as_lavaan(found, STORED[name], found.labels)


def test_difference_of_incomplete_ordered_items():
    one, two = (cfa(ORDERED, FACTORS, "g", equal, ordered=True) for equal in ((), ("loadings",)))
    found, stored = compare(one, two), STORED["difference"]
    assert (found.statistic, found.p) == pytest.approx((stored["Chisq diff"], stored["Pr(>Chisq)"]), rel=1e-5)


@pytest.mark.parametrize("estimator", ["ML", "MLR"])
def test_covariates_as_random_keep_everybody(estimator):
    waves = {"z": [f"z{wave}" for wave in range(1, 5)]}
    varying = riclpm(PANEL, CONSTRUCTS, "equal", time_varying=waves, estimator=estimator)
    constant = riclpm(PANEL, CONSTRUCTS, "equal", covariates="v", estimator=estimator)
    for name, found in (("varying", varying), ("constant", constant)):
        assert (found.n, found.dropped) == (400, 0)
        assert "random" in " ".join(found.notes)
        assert_as_lavaan(found, STORED[f"{name}_{estimator}"], estimate=5e-5)  # lavaan's search stops a little short
    with pytest.warns(UserWarning, match="leaves out 122 persons who lack a covariate"):
        fixed = riclpm(PANEL, CONSTRUCTS, "equal", time_varying=waves, estimator=estimator, fixed_x=True)
    assert (fixed.n, fixed.dropped) == (278, 122)
    assert_as_lavaan(fixed, STORED[f"fixed_{estimator}"], estimate=5e-5)


def test_a_phantom_wave():
    found = riclpm(PANEL, CONSTRUCTS | {"y": ["y1", None, "y3", "y4"]}, "equal")
    assert "not asked at wave 2" in " ".join(found.notes)
    assert_as_lavaan(found, STORED["phantom"])


@pytest.mark.parametrize("name", ["table", "table_groups"])
def test_lavaans_parameter_table_with_covariates(name):
    frame = PANEL.with_columns(g=pl.int_range(len(PANEL)) % 2 + 1)
    group = "g" if name == "table_groups" else None
    table = pl.DataFrame(STORED[name]["partable"], infer_schema_length=None)
    with pytest.warns(UserWarning, match="44 persons"):
        found = sem(frame, table, group=group, fixed_x=True)
    assert_as_lavaan(found, STORED[name], ("1", "2") if group else (None,))
    everybody = sem(frame, table, group=group)
    assert (everybody.n, everybody.dropped) == (400, 0)
