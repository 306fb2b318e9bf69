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


@pytest.mark.parametrize(
    "text",
    [
        "fixed_effects\nexposures: [contact_quantity * is_woman]\n",
        "fixed_effects\nexposures: [contact_quantity * political_trust]\nwaves: [w01, w02]\nproducts: raw\n",
        "within_between\nexposures: [contact_quantity * is_woman]\ncovariates: [is_woman]\nwaves: [w01, w02]\n",
        "pooled\nexposures: ['lag(contact_quantity, 2)']\nwaves: [w01, w03]\narms: [regions]\n",
        "fixed_effects\nexposures: [wave * invested_area]\nwaves: [w01, w02]\n",
        "pooled\nexposures: [contact_quantity * political_trust, 'age', 'age^2']\ncentre: {age: grand}\n",
    ],
)
def test_it_is_accepted(project: Path, text: str) -> None:
    assert said(project, text) == []
