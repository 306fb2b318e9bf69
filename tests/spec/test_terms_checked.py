"""Terms that contradict a study's declarations are refused before anything runs, at their line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.errors import DeclarationErrors
from pipeline.paths import REPOSITORY, Paths
from pipeline.specs import load_project

HEAD = "question: Why?\nstudy: beyond_us_and_them\noutcome: outgroup_trust\nfamily: "


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(REPOSITORY / "data" / "studies" / "beyond_us_and_them", root / "data/studies/beyond_us_and_them")
    shutil.copytree(REPOSITORY / "data" / "areas", root / "data/areas")
    shutil.copy(REPOSITORY / "data" / "concepts.yaml", root / "data/concepts.yaml")
    for name in ("models", "figures", "papers"):
        (root / "reports" / name).mkdir(parents=True)
    return root


def said(root: Path, text: str) -> list[str]:
    (root / "reports/models/m.yaml").write_text(HEAD + text)
    try:
        load_project(Paths(root))
    except DeclarationErrors as error:
        return list(error.problems)
    return []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("fixed_effects\nexposures: [contact_quantity, is_woman]\n", "`is_woman` never changes within a person"),
        ("fixed_effects\nexposures: [is_woman * invested_area]\n", "`is_woman:invested_area` never changes"),
        ("within_between\nexposures: [is_woman]\n", "`is_woman` never changes within a person"),
        ("fixed_effects\nexposures: [contact_quantity]\nwaves: [w02]\n", "only w02 is used"),
        ("pooled\nexposures: [lag(contact_quantity)]\nwaves: [w02]\n", "`lag(contact_quantity)` needs waves 1 apart"),
        ("pooled\nexposures: [lag(contact_quantity)]\nwaves: [w01, w03]\narms: [regions]\n", "needs waves 1 apart"),
        ("pooled\nexposures: ['lag(contact_quantity, 2)']\nwaves: [w01, w02]\n", "needs waves 2 apart"),
        ("fixed_effects\nexposures: [contact_quantity * political_trust]\nwaves: [w01, w02]\n", "seen three times"),
        ("pooled\nexposures: [contact_quantity * political_tust]\n", "did you mean `political_trust`"),
    ],
)
def test_it_is_refused(project: Path, text: str, why: str) -> None:
    (problem,) = said(project, text)
    assert problem.startswith("reports/models/m.yaml:5")
    assert why in problem


FIXED = "fixed_effects\nexposures: [contact_quantity]\n"
MIXED = "mixed\nexposures: [contact_quantity]\n"
DYNAMIC = "difference_gmm\nexposures: [contact_quantity]\n"
TAYLOR = "hausman_taylor\nexposures: [contact_quantity, education]\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (FIXED + "covariates: [outgroup_trust]\n", ":6: `outgroup_trust` is the outcome: it cannot be a covariate too"),
        ("fixed_effects\nexposures: [contact_quantity * outgroup_trust]\n", ":5: `outgroup_trust` is the outcome"),
        (FIXED + "covariates: [contact_quantity]\n", ":6: `contact_quantity` is an exposure already"),
        ("fixed_effects\nexposures: [between(contact_quantity)]\n", "is the person’s mean"),
        ("within_between\nexposures: [lag(contact_quantity)]\nwaves: [w01, w02]\n", "leaves one wave of those"),
        (FIXED + "arms: [metropolitan]\nwaves: [w04, w05]\n", ":7: `beyond_us_and_them` has no w04, w05 in the arm"),
        (FIXED + "cluster: psu\n", ":6: `beyond_us_and_them` has no `psu`"),
        (
            FIXED + "cluster: area_code\nstandard_errors: hc3\n",
            ":6: `cluster`: `hc3` standard errors are not clustered",
        ),
        (FIXED + "cluster: area_code\nstandard_errors: {kind: cr2, cluster: arm}\n", "keep one of the two"),
        (FIXED + "correction: stata\nstandard_errors: cr2\n", "`standard_errors` are `cr2`, which takes none"),
        (FIXED + "cluster: none\ncorrection: stata\n", "`correction` is of clustered errors, and `cluster` is `none`"),
        (FIXED + "effects: person_and_wave\nwave_effects: false\n", "leave `wave_effects` out"),
        (FIXED + "standard_errors: {kind: hac, lags: 8}\n", "8 lags need more waves than 8"),
        (FIXED + "arms: [regions]\nstandard_errors: {kind: clustered, cluster: arm}\n", "the model has one arm"),
        (MIXED + "covariates: [age]\nrandom: {person_id: [age]}\n", ":7: `age` never changes within a person, so that"),
        (MIXED + "random: {area_code: []}\nresiduals: ar1\nwaves: [w01]\n", "one wave has no residuals that could"),
        (MIXED + "waves: [w01, w02, w03]\ntimes: [1, 2, 3]\n", "`times` place residuals that correlate"),
        (MIXED + "residuals: car1\ntimes: [1, 2, 3]\n", "`times` are numbers for the declared waves"),
        ("mixed_growth\nshape: cubic\nwaves: [w01, w02]\n", "a cubic trajectory needs 4 waves"),
        ("difference_gmm\nexposures: [is_woman]\n", "never changes within a person, and differences take it out"),
        ("difference_gmm\nexposures: [lag(outgroup_trust)]\n", "is in the model already"),
        (DYNAMIC + "lags: {contact_quantity: 7}\n", "and `lags` of 7 waves needs 9 waves or more"),
        (DYNAMIC + "instrument_lags: {outgroup_trust: [8, 9]}\n", "no instrument 8 waves back in 8 waves"),
        (TAYLOR + "endogenous: [education, contact_quantity]\n", "and 0 exogenous ones do to instrument them"),
    ],
)
def test_what_cannot_be_estimated_or_would_be_ignored_is_refused(project: Path, text: str, why: str) -> None:
    (problem,) = said(project, text)
    assert why in problem


@pytest.mark.parametrize(
    "text",
    [
        "fixed_effects\nexposures: [contact_quantity * is_woman]\n",
        "fixed_effects\nexposures: [contact_quantity * political_trust]\nwaves: [w01, w02]\nproducts: raw\n",
        "within_between\nexposures: [contact_quantity * is_woman]\ncovariates: [is_woman]\nwaves: [w01, w02]\n",
        "pooled\nexposures: ['lag(contact_quantity, 2)']\nwaves: [w01, w03]\narms: [regions]\n",
        "fixed_effects\nexposures: [wave * invested_area]\nwaves: [w01, w02]\n",
        "within_between\nexposures: [lag(contact_quantity)]\nwaves: [w01, w02, w03]\n",
        "pooled\nexposures: [contact_quantity, lag(outgroup_trust)]\ncorrection: stata\n",
        FIXED + "correction: stata\nstandard_errors: {kind: clustered, cluster: area_code}\n",
        FIXED + "cluster: area_code\nstandard_errors: cr2\n",
        FIXED + "cluster: none\nstandard_errors: {kind: hac, lags: 7}\n",
        MIXED + "covariates: [age]\nrandom: {area_code: [age]}\n",
        DYNAMIC + "lags: {contact_quantity: 6}\n",
        TAYLOR + "endogenous: [education]\n",
        "pooled\nexposures: [contact_quantity * political_trust, 'age', 'age^2']\ncentre: {age: grand}\n",
    ],
)
def test_it_is_accepted(project: Path, text: str) -> None:
    assert said(project, text) == []
