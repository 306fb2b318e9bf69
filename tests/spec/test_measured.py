"""Models that what a study measures does not allow are refused at their line, before anything runs.

Each row of ``wrong_models.txt`` is a model's lines, joined by ``|``, and the line and beginning of what is said of it.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import DeclarationErrors
from pipeline.paths import REPOSITORY, Paths
from pipeline.specs import load_project

OTHER = "family: pooled | outcome: outgroup_trust | exposures: [contact_quantity]"


def cases() -> Iterator[tuple[str, str, str]]:
    for line in Path(__file__).with_name("wrong_models.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            declared, said = line.rsplit(" -> ", 1)
            study, text = declared.split(" | ", 1)
            yield study, text, said


CASES = list(cases())


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A project of each study alone, with one model that others may name."""
    roots = {}
    for study in ("beyond_us_and_them", "elsoc"):
        root = roots[study] = tmp_path_factory.mktemp(study)
        shutil.copytree(REPOSITORY / "data" / "studies" / study, root / "data/studies" / study)
        shutil.copytree(REPOSITORY / "data" / "areas", root / "data/areas")
        shutil.copy(REPOSITORY / "data" / "concepts.yaml", root / "data/concepts.yaml")
        for name in ("models", "figures", "papers"):
            (root / "reports" / name).mkdir(parents=True)
    return roots


@pytest.fixture(scope="module")
def refused(projects: dict[str, Path]) -> dict[str, list[str]]:
    """Study → what is said of all wrong models at once."""
    return {
        study: said(root, study, [text for own, text, _ in CASES if own == study]) for study, root in projects.items()
    }


def name_of(text: str) -> str:
    return f"m{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def said(root: Path, study: str, texts: list[str]) -> list[str]:
    """What ``cohesion check`` says of a study with these models, and one that they may name."""
    for name, text in [("other", OTHER), *((name_of(text), text) for text in texts)]:
        lines = "\n".join(text.split(" | "))
        (root / f"reports/models/{name}.yaml").write_text(f"question: Why?\nstudy: {study}\n{lines}\n")
    try:
        load_project(Paths(root))
    except DeclarationErrors as error:
        return list(error.problems)
    finally:
        for text in texts:
            (root / f"reports/models/{name_of(text)}.yaml").unlink()
    return []


@pytest.mark.parametrize(("study", "text", "why"), CASES)
def test_a_wrong_model_is_refused(refused: dict[str, list[str]], study: str, text: str, why: str) -> None:
    own = [problem for problem in refused[study] if problem.startswith(f"reports/models/{name_of(text)}.yaml:")]
    assert any(problem.partition(".yaml:")[2].startswith(why) for problem in own), own


BUAT = "beyond_us_and_them"
RIGHT = [
    "family: mixed | outcome: outgroup_trust | exposures: [contact_quantity] | covariates: [age] "
    "| random: {area_code: [age]}",
    "family: pooled | outcome: outgroup_trust | exposures: [education] | reference: {education: 2} "
    "| contrasts: {gap: 'education[4] - education[3]'}",
    "family: pooled | outcome: outgroup_trust | exposures: [place] | categorical: [place] | arms: [invested]",
    "family: pooled | outcome: outgroup_trust | exposures: [contact_quantity] "
    "| contrasts: {late: 'wave[w08] - wave[w02]'}",
    "family: fixed_effects | outcome: vaccine_hesitancy | exposures: [political_trust] | arms: [metropolitan]",
    "family: poisson | outcome: social_activism | exposures: [political_trust] | exposure_time: education",
    "family: poisson | outcome: volunteered | exposures: [political_trust]",
    "family: conditional_logit | outcome: is_optimistic | exposures: [political_trust]",
    "family: ordered_logit | outcome: outgroup_trust | exposures: [political_trust]",
    "family: multinomial_logit | outcome: recruitment_source | exposures: [political_trust] | base_category: 3",
    "family: pooled | outcome: outgroup_trust | exposures: [political_trust, lag(outgroup_trust)]",
    "family: pooled | outcome: outgroup_trust | exposures: [political_trust] "
    "| predict_at: {political_trust: [0, 2.5, 10]}",
    "family: pooled | outcome: outgroup_trust | exposures: [contact_quantity * political_trust] "
    "| centre: {political_trust: grand} | slopes: [{of: contact_quantity, by: political_trust, at: [-4, 4]}]",
    "family: corrections | tests: [{model: other, term: contact_quantity}, {model: other, term: w03, component: wave}]",
    "family: mixed | outcome: outgroup_trust | exposures: [contact_quantity] | random: {place: []}",
    "family: design_changes | outcomes: [vaccine_hesitancy] | arms: [metropolitan]",
    "family: event_study | outcome: outgroup_trust | start: {invested: w03} | by: arm | arms: [invested, regions]",
    "family: fixed_effects | outcome: outgroup_trust | exposures: [lag(contact_quantity)] | arms: [metropolitan]",
    "family: riclpm | constructs: [vaccine_hesitancy, political_trust] | arms: [activists]",
    "family: growth | constructs: [outgroup_trust] | arms: [metropolitan] | group: place",
    "family: change_score | constructs: [vaccine_hesitancy, political_trust] | arms: [regions]",
    "family: clpm | constructs: [outgroup_trust, vaccine_hesitancy] | arms: [metropolitan]",
    "family: mixed_logit | outcome: social_activism | exposures: [political_trust] | random: {person_id: []} "
    "| trials: education",
]


def test_models_without_a_mistake_are_accepted(projects: dict[str, Path]) -> None:
    assert said(projects[BUAT], BUAT, RIGHT) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("family: pooled | outcome: get_on_well | exposures: [area_satisfaction]", "5: `get_on_well` and `area_satis"),
        (
            "family: pooled | outcome: get_on_well | exposures: [is_woman, optimism]",
            "5: `is_woman` has one value among",
        ),
    ],
)
def test_questions_of_split_ballots(projects: dict[str, Path], text: str, why: str) -> None:
    items = projects[BUAT] / f"data/studies/{BUAT}/items.yaml"
    whole = items.read_text(encoding="utf-8")
    made = whole.replace("\ngets_on_well:\n", "\ngets_on_well:\n  asked_when: {woman: [1]}\n")
    made = made.replace("\nsatisfied_with_area:\n", "\nsatisfied_with_area:\n  asked_when: {woman: [2]}\n")
    items.write_text(made, encoding="utf-8")
    try:
        (problem,) = said(projects[BUAT], BUAT, [text])
    finally:
        items.write_text(whole, encoding="utf-8")
    assert problem.partition(".yaml:")[2].startswith(why)
