"""Standard errors of the linear families against R: plm, sandwich and clubSandwich.

Judges: Grunfeld's investments, EmplUK and road casualties (``data/plm``, ``its/run.R``; their data lie outside the
project), and an unbalanced panel with weights, movers and a cluster of one row (``data/covariances/run.R``). 1e-8.
"""

import json

import numpy as np
import polars as pl
import pytest
from shared import SHIPPED, shared

from pipeline.models import between, first_difference, fixed_effects, pooled, random_effects
from pipeline.models.covariances import newey_west, wald_htz
from pipeline.specs.corrections import CORRECTIONS
from pipeline.specs.error_kinds import ERROR_KINDS

PLM = json.loads((SHIPPED / "plm" / "reference.json").read_text(encoding="utf-8"))
OURS = json.loads((SHIPPED / "covariances" / "reference.json").read_text(encoding="utf-8"))
PANEL = pl.read_csv(SHIPPED / "covariances" / "panel.csv")
SERIES = pl.read_csv(SHIPPED / "covariances" / "series.csv")
FAMILIES = {"pooling": pooled, "within": fixed_effects, "random": random_effects, "fd": first_difference}
EXACT = 1e-8
TERMS = ("x", "z")


@pytest.fixture(scope="module")
def grunfeld() -> pl.DataFrame:
    return pl.read_csv(shared("reference", "plm", "grunfeld.csv"))


@pytest.fixture(scope="module")
def empluk() -> pl.DataFrame:
    firms = pl.read_csv(shared("reference", "plm", "empluk.csv"))
    return firms.with_columns(pl.col("emp", "wage", "capital", "output").log().name.prefix("log_"))


def agrees(table, expected, column="std_error", tolerance=EXACT):
    found = {row["term"]: row[column] for row in table.filter(component="coefficient").to_dicts()}
    for term, value in expected.items():
        if value is not None:
            assert found[term.replace("log(", "log_").rstrip(")")] == pytest.approx(value, rel=tolerance), term


GRUNFELD = {
    **{f"vcovHC_arellano_HC{n}": {"kind": "clustered", "correction": f"hc{n}"} for n in (1, 2, 3, 4)},
    "vcovHC_arellano_HC0": {"kind": "clustered", "correction": "none"},
    "vcovHC_arellano_sss": {"kind": "clustered", "correction": "stata"},
    **{f"vcovHC_white1_HC{n}": {"kind": f"hc{n}", "dummies": False} for n in range(5)},
    "vcovHC_arellano_HC0_time": {"kind": "clustered", "cluster": "year", "correction": "none"},
    "vcovDC_HC0": {"kind": "clustered", "cluster": ["firm", "year"], "correction": "none"},
    "vcovDC_HC1": {"kind": "clustered", "cluster": ["firm", "year"], "correction": "hc1"},
    **{f"vcovSCC_HC0_maxlag{n}": {"kind": "driscoll_kraay", "lags": n} for n in range(5)},
    "vcovSCC_default": "driscoll_kraay",
    **{f"vcovNW_HC0_maxlag{n}": {"kind": "hac", "lags": n} for n in (1, 2, 3)},
    "vcovNW_HC0_default": "hac",
}


@pytest.mark.parametrize("theirs", GRUNFELD)
@pytest.mark.parametrize(
    ("kind", "family"), [("within_individual", fixed_effects), ("random_swar", random_effects), ("pooling", pooled)]
)
def test_plm_on_grunfeld(grunfeld, kind, family, theirs):
    table = family(
        grunfeld, "inv", ["value", "capital"], person="firm", wave="year", wave_effects=False,
        standard_errors=GRUNFELD[theirs],
    )  # fmt: skip
    agrees(table, {term: PLM["robust_se"][kind][theirs][term] for term in ("value", "capital")})


LSDV = {
    "cl_firm_HC0_cadjust": {"kind": "clustered", "correction": "cr1"},
    "cl_firm_HC0_nocadjust": {"kind": "clustered", "correction": "none"},
    "cl_firm_HC1": {"kind": "clustered", "correction": "lsdv"},
    "cl_twoway_HC1": {"kind": "clustered", "correction": "lsdv", "cluster": ["firm", "year"]},
    "cl_twoway_HC1_multi0": {"kind": "clustered", "correction": "multi0", "cluster": ["firm", "year"]},
    "driscoll_kraay_PL_lag1": {"kind": "driscoll_kraay", "lags": 1},
}


def test_sandwich_on_dummies_of_grunfeld(grunfeld):
    options = {"person": "firm", "wave": "year", "wave_effects": False}
    for name, errors in LSDV.items():
        table = fixed_effects(grunfeld, "inv", ["value", "capital"], standard_errors=errors, **options)
        agrees(table, PLM["lsdv_sandwich"][name])
    for name, expected in PLM["lsdv_sandwich"]["hc"].items():
        if name != "HC5":
            kind = "classical" if name == "const" else name.lower()
            agrees(fixed_effects(grunfeld, "inv", ["value", "capital"], standard_errors=kind, **options), expected)


def test_club_sandwich_on_grunfeld(grunfeld):
    for name, expected in PLM["clubSandwich_within_firm"].items():
        if name == "CR1p":
            continue
        table = fixed_effects(
            grunfeld, "inv", ["value", "capital"], person="firm", wave="year", wave_effects=False,
            standard_errors=name.lower(),
        )  # fmt: skip
        agrees(table, expected["se"])
        agrees(table, {term: one["df_Satt"] for term, one in expected["satterthwaite"].items()}, "df")
        agrees(table, {term: one["p_Satt"] for term, one in expected["satterthwaite"].items()}, "p_value", 1e-7)
    found = wald_htz(
        grunfeld["inv"], grunfeld["value", "capital"].to_numpy(), [0, 1], grunfeld["firm"], absorb=grunfeld["firm"]
    )
    expected = PLM["clubSandwich_wald_HTZ_CR2"]
    assert found == pytest.approx(tuple(expected[key] for key in ("Fstat", "df_num", "df_denom", "p_val")), rel=EXACT)


def test_an_unbalanced_panel(empluk):
    kinds = {
        "within_arellano_HC1": {"kind": "clustered", "correction": "hc1"},
        "within_arellano_sss": {"kind": "clustered", "correction": "stata"},
        "within_SCC_maxlag2": {"kind": "driscoll_kraay", "lags": 2},
        "within_DC_HC1": {"kind": "clustered", "cluster": ("firm", "year")},
        "within_CR2": "cr2",
    }
    for name, errors in kinds.items():
        table = fixed_effects(
            empluk, "log_emp", ["log_wage", "log_capital", "log_output"], person="firm", wave="year",
            wave_effects=False, standard_errors=errors,
        )  # fmt: skip
        agrees(table, PLM["empluk_unbalanced_robust"][name])


OWN = {
    "person_HC0": {"kind": "clustered", "correction": "none"},
    "person_HC1": {"kind": "clustered"},
    "person_sss": {"kind": "clustered", "correction": "stata"},
    "person_HC3": {"kind": "clustered", "correction": "hc3"},
    "white_HC1": {"kind": "hc1", "dummies": False},
    "white_HC3": {"kind": "hc3", "dummies": False},
    "scc_2": {"kind": "driscoll_kraay", "lags": 2},
    "scc": "driscoll_kraay",
    "nw_2": {"kind": "hac", "lags": 2},
    "nw": "hac",
    "person_wave_HC1": {"kind": "clustered", "cluster": ["person", "wave"]},
}


@pytest.mark.parametrize("theirs", OWN)
@pytest.mark.parametrize("model", FAMILIES)
def test_plm_on_gaps_and_text_ids(model, theirs):
    expected = OURS[f"plm_{model}"]
    if theirs not in expected or expected[theirs] is None:
        pytest.skip("plm has no such covariance")
    table = FAMILIES[model](PANEL, "y", TERMS, person="person", wave_effects=False, standard_errors=OWN[theirs])
    agrees(table, expected["coef"], "estimate")
    factor = 1.0
    if model == "fd" and theirs in ("person_HC1", "white_HC1"):  # plm divides by the rows before they are differenced
        differences = table["n_obs"][0]
        factor = np.sqrt((PANEL.height - 3) / (differences - 3))
    agrees(table, {term: value * factor for term, value in expected[theirs].items()})


@pytest.mark.parametrize("weights", ["none", "w", "v"])
@pytest.mark.parametrize("family", ["lm", "lsdv"])
def test_sandwich_and_club_sandwich_with_weights(family, weights):
    expected = OURS[f"{family}_{weights}"]
    function = pooled if family == "lm" else fixed_effects
    options = {"person": "person", "wave_effects": False, "weights": None if weights == "none" else weights}

    def fitted(**errors):
        return function(PANEL, "y", TERMS, standard_errors=errors, **options)

    for name, errors in expected["hc"].items():
        agrees(fitted(kind=name.lower()), errors)
    ways = {"area_HC1": "area", "person_HC1": "person", "person_area_HC1": ["person", "area"]}
    for name, cluster in ways.items():
        if name in expected:
            agrees(fitted(kind="clustered", correction="lsdv", cluster=cluster), expected[name])
    if family == "lm":
        errors = fitted(kind="clustered", correction="multi0", cluster=["person", "wave"])
        agrees(errors, expected["person_area_multi0"])
    for way in ("area", "person"):
        for name, one in expected[f"cr_{way}"].items():
            table = fitted(kind=name.lower(), cluster=way)
            agrees(table, expected["coef"], "estimate")
            agrees(table, one["se"])
            agrees(table, one["df"], "df", 1e-7)
            found = wald_htz(
                PANEL["y"],
                np.column_stack([PANEL["x", "z"].to_numpy(), np.ones(PANEL.height)][: 2 if family == "lm" else 1]),
                [0, 1],
                PANEL[way],
                kind=name.lower(),
                weights=None if weights == "none" else PANEL[weights],
                absorb=None if family == "lm" else PANEL["person"],
            )
            assert found[0] == pytest.approx(one["htz"]["f"], rel=1e-7)
            assert found[2] == pytest.approx(one["htz"]["df"], rel=1e-7)


@pytest.mark.parametrize("effects", ["person", "person_and_wave"])
def test_club_sandwich_with_effects_across_clusters(effects):
    expected = OURS["within" if effects == "person" else "within_twoways"]
    for way in ("area", "person"):
        for name, one in expected[f"cr_{way}"].items():
            table = fixed_effects(
                PANEL, "y", TERMS, person="person", wave_effects=False, effects=effects,
                standard_errors={"kind": name.lower(), "cluster": way},
            )  # fmt: skip
            agrees(table, one["se"])
            agrees(table, one["df"], "df", 1e-7)


PYFIXEST = {
    (None, "person"): (0.11679097132677665, 4.860069017055091e-05),
    (None, "area"): (0.11731392287429043, 6.724656293756187e-05),
    (None, "person+area"): (0.13030455232215074, 6.462123475289033e-05),
    (None, "person+wave"): (0.1054857423963844, 4.0696211907649005e-05),
    ("person", "person"): (0.10244427245422912, 5.120408039870678e-05),
    ("person", "area"): (0.13221650667052717, 9.770629340108716e-05),
    ("person", "person+area"): (0.11696549502622829, 8.611265610321785e-05),
    ("person", "person+wave"): (0.06682815383401966, 4.343027950935801e-05),
    ("person_and_wave", "area"): (0.11823285745161716, 5.94635821856485e-05),
    ("person_and_wave", "person+wave"): (0.06929982915930326, 0.00012088859020310152),
}
"""pyfixest 0.60, ``ssc(k_adj=True, k_fixef="nonnested", G_adj=True, G_df="min")``, ``fixef_rm="none"``."""


@pytest.mark.parametrize(("effects", "cluster"), PYFIXEST, ids=str)
def test_the_smaller_number_of_clusters_for_both_ways(effects, cluster):
    errors = {"kind": "clustered", "correction": "reghdfe", "cluster": cluster.split("+")}
    options = {"person": "person", "wave_effects": False, "standard_errors": errors}
    if effects is None:
        table = pooled(PANEL, "y", TERMS, **options)
    else:
        table = fixed_effects(PANEL, "y", TERMS, effects=effects, **options)
    tolerance = 1e-6 if effects == "person_and_wave" else EXACT  # theirs takes out two ways by iteration, to 1e-6
    agrees(table, dict(zip(TERMS, PYFIXEST[effects, cluster], strict=True)), tolerance=tolerance)


def test_means_of_persons():
    expected = OURS["between"]
    people = PANEL.with_columns(pl.col("person").str.slice(1, 1).alias("home"))

    def fitted(**errors):
        return between(people, "y", TERMS, person="person", standard_errors=errors)

    for name, errors in expected["hc"].items():
        agrees(fitted(kind=name.lower()), errors)
    agrees(fitted(kind="clustered", correction="stata", cluster="home"), expected["home_HC1"])
    agrees(fitted(kind="cr2", cluster="home"), expected["cr_home"]["CR2"]["se"])
    agrees(fitted(kind="cr2", cluster="home"), expected["cr_home"]["CR2"]["df"], "df")


def test_one_series_with_weights():
    outcome, matrix = SERIES["y"], np.column_stack([SERIES["x", "z"].to_numpy(), np.ones(SERIES.height)])
    cases = {
        "nw_3": {"lags": 3}, "nw_auto": {}, "nw_prewhite": {"prewhite": True}, "nw_adjust": {"lags": 2, "adjust": True},
    }  # fmt: skip
    for name, options in cases.items():
        found = newey_west(outcome, matrix, SERIES["t"], weights=SERIES["w"], **options)
        assert found.std_errors[:2] == pytest.approx([OURS["series"][name][term] for term in TERMS], rel=EXACT)


def test_road_casualties():
    theirs = json.loads(shared("reference", "its", "reference.json").read_text(encoding="utf-8"))["segmented_ols"]
    rows = pl.read_csv(shared("reference", "its", "seatbelts.csv"))
    months = [(rows["month"] == month).to_numpy().astype(float) for month in range(2, 13)]
    matrix = np.column_stack(
        [rows["t", "law", "after"].to_numpy(), rows["PetrolPrice"].log(), *months, np.ones(rows.height)]
    )
    cases = {
        "NW_lag0": {"lags": 0},
        "NW_lag3": {"lags": 3},
        "NW_lag12": {"lags": 12},
        "NW_lag12_adjust": {"lags": 12, "adjust": True},
        "NW_auto_prewhite": {"prewhite": True},
    }
    for name, options in cases.items():
        found = newey_west(rows["drivers"].log(), matrix, rows["t"], **options)
        expected = [theirs[name][term]["se"] for term in ("t", "law", "after", "log(PetrolPrice)")]
        assert found.std_errors[:4] == pytest.approx(expected, rel=EXACT)


def test_errors_by_default_are_those_of_their_kind():
    for family in FAMILIES.values():
        options = {"person": "person", "wave_effects": False}
        default = family(PANEL, "y", TERMS, **options)
        clustered = family(PANEL, "y", TERMS, **options, standard_errors="clustered")
        assert clustered["covariance"].to_list() == default["covariance"].to_list()
        agrees(clustered, dict(default.filter(component="coefficient").select("term", "std_error").iter_rows()))
        classical = family(PANEL, "y", TERMS, **options, cluster=None)
        asked = family(PANEL, "y", TERMS, **options, standard_errors="classical")
        agrees(asked, dict(classical.filter(component="coefficient").select("term", "std_error").iter_rows()))


def test_every_kind_and_correction_names_a_call():
    assert all(kind.r and kind.stata and kind.printed for kind in ERROR_KINDS.values())
    assert all(one.r and one.stata and one.printed for one in CORRECTIONS.values())


@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("repeated", [False, True], ids=["linearmodels", "kernel"])
@pytest.mark.parametrize("way", ["person", "area"])
def test_absorbed_waves_count_in_k_as_their_dummies_do(weights, repeated, way):
    def fitted(**options):
        own = {"person": "person", "cluster": way, "correction": "stata", "weights": weights, "repeated": repeated}
        return fixed_effects(PANEL, "y", TERMS, **own, **options).filter(component="coefficient")["std_error"].to_list()

    absorbed = fitted(effects="person_and_wave", wave_effects=False)
    assert absorbed == pytest.approx(fitted(wave_effects=True), rel=1e-9)
    if weights is None and not repeated:
        chosen = {"kind": "clustered", "correction": "stata", "cluster": way}
        table = fixed_effects(
            PANEL, "y", TERMS, person="person", wave_effects=False, effects="person_and_wave", standard_errors=chosen
        )
        agrees(table, dict(zip(TERMS, absorbed, strict=True)))


def test_reghdfe_counts_the_constant_and_stata_does_not():
    def variance(correction):
        errors = {"kind": "clustered", "correction": correction, "cluster": "person"}
        options = {"person": "person", "wave_effects": False, "effects": "person_and_wave", "standard_errors": errors}
        return fixed_effects(PANEL, "y", TERMS, **options).filter(component="coefficient")["std_error"][0] ** 2

    rows, k = PANEL.height, len(TERMS) + PANEL["wave"].n_unique() - 1
    assert variance("reghdfe") / variance("stata") == pytest.approx((rows - k) / (rows - k - 1), rel=1e-9)
