"""`cohesion diff` on choices that move numbers without touching an answer: seeds, options, areas, and two at once."""

import shutil
from pathlib import Path

import engine_runs
import pytest
from area_set_study import make_districts
from confirmed import confirm_all
from leaf_study import make_everything
from seeded_changes import Seed, called, compared, text

from assets.provenance.diff import Difference
from assets.provenance.words import lines

pytestmark = pytest.mark.thorough
STUDY = "data/studies/panel"
DECLARED = f"declaration {STUDY}"
SENTENCE = """
Satisfaction {{ moved(est("means", "life_satisfaction", wave="w03", group="main"),
est("means", "life_satisfaction", wave="w01", group="main")) }} over the waves.
"""


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    root = make_everything(tmp_path_factory.mktemp("causes") / "clone")
    text(f"{STUDY}/study.yaml", "headline:", "smallest_differences: {life_satisfaction: 0.001}\nheadline:")(root)
    text("reports/papers/everything.md", ":::figure trend", f"{SENTENCE}\n:::figure trend")(root)
    confirm_all(root)
    assert not [report.message for report in engine_runs.build(root).values() if report.message]
    return root


@pytest.fixture(scope="module")
def districts(tmp_path_factory) -> Path:
    root = make_districts(tmp_path_factory.mktemp("districts"))
    assert not [report.message for report in engine_runs.build(root).values() if report.message]
    return root


@pytest.fixture
def root(base, tmp_path) -> Path:
    return Path(shutil.copytree(base, tmp_path / "clone"))


def seeded(root: Path, *seeds: Seed) -> Difference:
    """What differs, of which every part has a cause."""
    found = compared(root, *seeds)
    said = "\n".join(lines(found, everything=True))
    assert "for a reason that is unknown" not in said, said
    assert not found.failed, said
    assert not found.unread, said
    return found


CHANGES: dict[str, tuple[Seed, str, set[str]]] = {
    "a seed of imputation": (
        text(f"{STUDY}/imputation.yaml", "seed: 5", "seed: 6"),
        f"{DECLARED}/imputation.yaml: main.seed", {"filled", "how_sure"},
    ),
    "a seed of a bootstrap": (
        text(f"{STUDY}/weights.yaml", "seed: 3", "seed: 4"),
        f"{DECLARED}/weights.yaml: stayers.replicates.seed", {"changes"},
    ),
    "a seed of an index": (
        text(f"{STUDY}/index.yaml", "{seed: 3,", "{seed: 4,"),
        f"{DECLARED}/index.yaml: uncertainty.seed", {"area_sensitivity/panel"},
    ),
    "an aggregation of an index": (
        text(f"{STUDY}/index.yaml", "index: geometric", "index: arithmetic"),
        f"{DECLARED}/index.yaml: aggregation.index", {"areas/panel", "area_changes/panel", "monitor/panel"},
    ),
    "a weight of a domain": (
        text(f"{STUDY}/index.yaml", "domains: {life: 2}", "domains: {life: 3}"),
        f"{DECLARED}/index.yaml: weights.domains.life", {"areas/panel", "area_changes/panel"},
    ),
    "the confidence of a programme": (
        text(f"{STUDY}/programme.yaml", "confidence: 0.9}", "confidence: 0.95}"),
        f"{DECLARED}/programme.yaml: events.method.confidence", {"programme/panel"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("seed", "cause", "moved"), CHANGES.values(), ids=CHANGES)
def test_a_choice_is_named_with_the_findings_that_it_moved(root, seed, cause, moved):
    found = seeded(root, seed)
    assert called(found) == {cause}
    assert moved <= {model.model for model in found.models}


def test_an_option_of_a_figure_draws_it_anew_and_moves_no_estimate(root):
    found = seeded(root, text("reports/figures/odds.yaml", "small: 1.2", "small: 1.5"))
    assert called(found) == {"declaration reports/figures/odds.yaml: small"}
    assert not found.models
    assert [name for name, _ in found.figures] == ["odds"]


def test_a_smallest_difference_of_interest_changes_the_word_of_a_sentence(root):
    found = seeded(root, text(f"{STUDY}/study.yaml", "life_satisfaction: 0.001", "life_satisfaction: 9"))
    assert called(found) == {f"{DECLARED}/study.yaml: smallest_differences.life_satisfaction"}
    assert not found.models
    assert [one.said.new for one in found.sentences if "over the waves" in one.said.new] == [
        "Satisfaction stayed about the same over the waves."
    ]


def test_a_smallest_effect_of_a_programme_is_named_with_the_note_that_it_moves(root):
    found = seeded(root, text(f"{STUDY}/programme.yaml", "smallest_effect: 0.1", "smallest_effect: 0.3"))
    assert called(found) == {f"{DECLARED}/programme.yaml: events.smallest_effect"}
    assert {(model.model, one.has_moved) for model in found.models for one in model.moved} == {
        ("programme/panel", False)
    }


def test_two_changes_have_each_their_own_findings(root):
    found = seeded(root, CHANGES["a seed of imputation"][0], CHANGES["a weight of a domain"][0])
    assert called(found) == {CHANGES["a seed of imputation"][1], CHANGES["a weight of a domain"][1]}
    why = {model.model: {cause.place.rsplit("/", 1)[-1] for cause in model.causes} for model in found.models}
    assert why["filled"] == {"imputation.yaml"}
    assert why["areas/panel"] == {"index.yaml"}
    assert all(len(causes) == 1 for causes in why.values())


AREAS = {
    "a lookup": (
        text("data/areas/changes_2021.csv", "0.6,a split\nA3,B4,2011,2021,0.4", "0.3,a split\nA3,B4,2011,2021,0.7"),
        "declaration data/areas/changes_2021.csv: A3.",
    ),
    "a set of codes": (
        text("data/studies/first/area_sets.yaml", "codes: [A4]", "codes: [A4, A9]"),
        "declaration data/studies/first/area_sets.yaml: districts.areas.east.codes",
    ),
}


@pytest.mark.parametrize(("seed", "cause"), AREAS.values(), ids=AREAS)
def test_what_areas_are_moves_their_numbers(districts, tmp_path, seed, cause):
    root = Path(shutil.copytree(districts, tmp_path / "clone"))
    found = seeded(root, seed)
    assert called(found)
    assert all(one.startswith(cause) for one in called(found))
    assert "areas/first" in {model.model for model in found.models}
    assert "areas/first" in "\n".join(lines(found))
