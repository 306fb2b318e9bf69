"""Every mistake in a structural model's declaration is told with its file, what is wrong, and the nearest name."""

import json
import shutil
from pathlib import Path

import pytest

from pipeline.errors import DeclarationErrors
from pipeline.paths import REPOSITORY, Paths
from pipeline.specs import StructuralModel, load_project

LAGGED = """question: What comes first?
study: example
family: riclpm
constructs: [belonging, life_satisfaction]
"""
PAPER = """---
title: A paper
study: example
models: [{models}]
---
Prose.
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    example = tmp_path / "data" / "studies" / "example"
    shutil.copytree(REPOSITORY / "data" / "studies" / "_template", example)
    text = (example / "study.yaml").read_text()
    (example / "study.yaml").write_text(text.replace("waves: [w01]", "waves: [w01, w02, w03, w04]", 1))
    for number in (2, 3, 4):
        wave = (example / "waves/w01.yaml").read_text().replace("2024", str(2023 + number))
        wave = wave.replace("study_wave_1", f"study_wave_{number}")
        (example / f"waves/w0{number}.yaml").write_text(wave)
    shutil.copy(REPOSITORY / "data" / "concepts.yaml", tmp_path / "data" / "concepts.yaml")
    for folder in ("models", "figures", "papers"):
        (tmp_path / "reports" / folder).mkdir(parents=True)
    return tmp_path


def declare(root: Path, **models: str) -> None:
    for name, text in models.items():
        (root / "reports" / "models" / f"{name}.yaml").write_text(text)


def problems(root: Path) -> list[str]:
    with pytest.raises(DeclarationErrors) as caught:
        load_project(Paths(root))
    return caught.value.problems


def test_a_valid_model_is_read_with_its_defaults(root: Path) -> None:
    declare(root, lagged=LAGGED)
    model = load_project(Paths(root)).models["lagged"]
    assert isinstance(model, StructuralModel)
    assert (model.estimator, model.missing, model.times, model.lags) == ("MLR", "fiml", "fieldwork", "free")
    assert not model.reads_items


CASES = {
    "a key with a slip": ("lags: equal", "lag: equal", "`lag` is not a valid key; did you mean `lags`?"),
    "a word that is no choice": ("lags: equal", "lags: equals", "`lags` is `equals`; expected 'free' or 'equal'; did you mean `equal`?"),  # noqa: E501
    "an option of another family": ("lags: equal", "shape: linear", "a `riclpm` model takes no `shape`; it takes "),
    "a construct that is not measured": ("life_satisfaction", "life_satisfation", "`life_satisfation` is not a concept that `example` measures; did you mean `life_satisfaction`?"),  # noqa: E501
    "one construct": ("[belonging, life_satisfaction]", "[belonging]", "a `riclpm` model has two or more `constructs`"),
    "a construct twice": ("[belonging, life_satisfaction]", "[belonging, belonging]", "`belonging` is listed twice."),
    "a covariate that moves": ("lags: equal", "covariates: [belonging]", "`belonging` is one of the `constructs`: it cannot also be held constant."),  # noqa: E501
    "robust errors by plain likelihood": ("lags: equal", "estimator: ML\ncluster: psu", "`cluster` and `weights` need robust standard errors"),  # noqa: E501
    "equal over no groups": ("lags: equal", "group_equal: [lags]", "`group_equal` needs the `group`"),
    "times that fall": ("lags: equal", "times: [0, 2, 1]", "`times` rise from wave to wave"),
    "a time for no wave": ("lags: equal", "times: [0, 1]\nwaves: [w01]", "`times` has 2 numbers for 1 `waves`"),
    "a wave that is not there": ("lags: equal", "waves: [w11]", "`w11` is not a wave of `example`; did you mean `w01`"),
    "a group that is not there": ("lags: equal", "group: is_womn", "`is_womn` is not a column to group by; did you mean `is_woman`?"),  # noqa: E501
    "items of what is no scale": ("lags: equal", "indicators: true", "`life_satisfaction` is not a scale of `example`, whose items are analysed; declared: belonging."),  # noqa: E501
    "invariance with too few items": ("family: riclpm\nconstructs: [belonging, life_satisfaction]\nlags: equal", "family: invariance\nconstructs: [belonging]", "`belonging` has 2 items; 3 are needed."),  # noqa: E501
    "invariance over an unnamed group": ("family: riclpm\nconstructs: [belonging, life_satisfaction]\nlags: equal", "family: invariance\nconstructs: [belonging]\nover: group", "an `invariance` model `over: group` names its `group`"),  # noqa: E501
    "a criterion that decides nothing": ("family: riclpm\nconstructs: [belonging, life_satisfaction]\nlags: equal", "family: invariance\nconstructs: [belonging]\ncriterion: {cfi_drop: null, rmsea_rise: null}", "a criterion names at least one of `cfi_drop`, `rmsea_rise`, `p`"),  # noqa: E501
    "a bend without an event": ("family: riclpm\nconstructs: [belonging, life_satisfaction]\nlags: equal", "family: growth\nconstructs: [belonging]\nshape: piecewise", "a growth model of the shape `piecewise` names its `event`"),  # noqa: E501
    "lags over two waves": ("lags: equal", "waves: [w01, w02]", "this model needs 3 `waves`, and names 2."),
    "an order of numbers": ("lags: equal", "ordinal: true", "`life_satisfied` of `life_satisfaction` is a number, and `ordinal: true` needs ordered answers."),  # noqa: E501
    "an order of names": ("life_satisfaction]\nlags: equal", "is_woman]\nordinal: true", "`woman` of `is_woman` is an answer without order, and `ordinal: true`"),  # noqa: E501
    "an order of means": ("lags: equal", "ordinal: true", "`belonging` is the mean of 2 items, which is no ordered answer: name a concept of one (or `indicators: true`)."),  # noqa: E501
    "an order and covariates": ("lags: equal", "ordinal: true\ncovariates: [is_woman]", "a `riclpm` model with `ordinal: true` has no `covariates`"),  # noqa: E501
    "growth of an order of numbers": ("family: riclpm\nconstructs: [belonging, life_satisfaction]\nlags: equal", "family: growth\nconstructs: [life_satisfaction]\nordinal: true", "`life_satisfaction` is a number, and"),  # noqa: E501
    "an event on another scale": ("family: riclpm\nconstructs: [belonging, life_satisfaction]\nlags: equal", "family: growth\nconstructs: [belonging]\nshape: piecewise\nevent: 2020-01-01\ntimes: [0, 1, 2]", "`event` is a date, but `times` are numbers."),  # noqa: E501
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_one_mistake_is_told_with_its_file(root: Path, case: str) -> None:
    old, new, message = CASES[case]
    text = f"{LAGGED}lags: equal\n"
    assert old in text
    declare(root, lagged=text.replace(old, new))
    told = problems(root)
    assert any(problem.startswith("reports/models/lagged.yaml:") and message in problem for problem in told), told


def test_arms_with_calendars_of_their_own_have_no_common_times(root: Path) -> None:
    study = root / "data" / "studies" / "example" / "study.yaml"
    text = study.read_text()
    study.write_text(text.replace("arms:\n", "arms:\n  other:\n    title: Another arm\n    waves: [w05]\n", 1))
    wave = root / "data" / "studies" / "example" / "waves" / "w01.yaml"
    (wave.parent / "w05.yaml").write_text(wave.read_text().replace("arm: main", "arm: other"))
    declare(root, lagged=LAGGED)
    assert any("calendars of their own" in problem for problem in problems(root))


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        ({1: "No", 2: "Yes"}, "`life_satisfied` of `life_satisfaction` has 2 answers; `ordinal: true` takes 3 to 20."),
        ({n: f"Step {n}" for n in range(25)}, "has 25 answers; `ordinal: true` takes 3 to 20."),
        ({1: "Low", 2: "Middle", 3: "High"}, None),
    ],
    ids=["two", "too-many", "three"],
)
def test_an_ordered_question_has_neither_two_answers_nor_many(
    root: Path, codes: dict[int, str], message: str | None
) -> None:
    items = root / "data" / "studies" / "example" / "items.yaml"
    text = items.read_text().replace("  kind: number\n  range: [0, 10]\n", f"  codes: {json.dumps(codes)}\n", 1)
    items.write_text(text)
    declare(
        root, course="question: How?\nstudy: example\nfamily: growth\nconstructs: [life_satisfaction]\nordinal: true\n"
    )
    told = [] if message is None else problems(root)
    assert message is None or any(message in problem for problem in told), told
    if message is None:
        load_project(Paths(root))


@pytest.mark.parametrize(
    ("models", "is_sound"),
    [(("mixed",), False), (("mixed", "lagged"), True), (("mixed", "other"), False), (("lagged",), True)],
    ids=["alone", "beside", "beside-another-question", "the-better-one-alone"],
)
def test_a_paper_with_a_cross_lagged_model_has_its_random_intercept_model(
    root: Path, models: tuple[str, ...], is_sound: bool
) -> None:
    other = LAGGED.replace("life_satisfaction", "is_woman")
    declare(root, lagged=LAGGED, mixed=LAGGED.replace("riclpm", "clpm"), other=other)
    (root / "reports" / "papers" / "findings.md").write_text(PAPER.format(models=", ".join(models)))
    if is_sound:
        load_project(Paths(root))
        return
    (problem,) = problems(root)
    assert problem.startswith("reports/papers/findings.md:4: `mixed` is a cross-lagged model without random intercepts")
    assert "Add a `riclpm` model of the same constructs (belonging, life_satisfaction)" in problem
