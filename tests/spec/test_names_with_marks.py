"""Names are declared without the mark that `names` adds; papers and their mistakes are no part of confirming a wave."""

from __future__ import annotations

from pathlib import Path

import pytest
from layout_study import declare_waves, make_root, run, write

from pipeline.errors import DeclarationErrors
from pipeline.paths import Paths
from pipeline.specs import load_project, load_studies
from pipeline.specs.papers import Paper

FILES = "mark: {mark}\nfiles:\n  - {{arm: main, file: {mark}.csv, format: csv}}\n{more}"
PAPER = "---\ntitle: A paper\nstudy: lay\nmodels: [nothing]\n---\nProse.\n"


def root_of(tmp_path: Path, names: str, *, wave: str = "", about: str = "") -> Path:
    files = {"a.csv": "id,a_trust,a_wt\n1,3,1\n2,2,1\n", "b.csv": "id,b_trust,b_wt\n1,3,1\n2,2,1\n"}
    root = make_root(tmp_path, files, waves=2)
    write(root, "study.yaml", f'names: "{names}"\nunprefixed: [id]\nformat: 3\n', add=True)
    if about:
        text = (root / "data/studies/lay/study.yaml").read_text()
        write(root, "study.yaml", text.replace("columns: {person_id: id}", f"columns: {{person_id: id, {about}}}"))
    declare_waves(root, {1: FILES.format(mark="a", more=wave), 2: FILES.format(mark="b", more="")})
    return root


@pytest.mark.parametrize(
    ("names", "wave", "about", "said"),
    [
        ("{mark}_{name}", "columns: {weight: a_wt}\n", "", "w01.yaml:6: `a_wt` bears the mark `a_` of w01"),
        ("{mark}_{name}", "", "weight: b_wt", "study.yaml:9: `b_wt` bears the mark `b_` of w02"),
        ("{mark}_{name}", "columns: {weight: wt}\n", "", None),
        ("{mark}_{name}", "columns: {weight: none}\n", "", None),
        ("{mark}{name}", "columns: {weight: area_wt}\n", "", None),
    ],
)
def test_a_declared_name_that_bears_the_mark_is_refused(
    tmp_path: Path, names: str, wave: str, about: str, said: str | None
) -> None:
    root = root_of(tmp_path, names, wave=wave, about=about)
    if said is None:
        assert load_project(Paths(root))
        return
    with pytest.raises(DeclarationErrors) as caught:
        load_project(Paths(root))
    (problem,) = caught.value.problems
    assert said in problem
    assert "names here are without the mark. Write `wt`" in problem


def test_a_mistake_in_a_paper_does_not_stop_who_confirms_a_wave(tmp_path: Path) -> None:
    root = root_of(tmp_path, "{mark}_{name}")
    (root / "reports" / "papers").mkdir(parents=True)
    (root / "reports" / "papers" / "first.md").write_text(PAPER)
    with pytest.raises(DeclarationErrors):
        load_studies(Paths(root), ["lay"])
    project, _ = load_studies(Paths(root), ["lay"], with_papers=False)
    assert project.papers == {}
    assert "Confirmed in" in run(root, "wave", "accept", "lay", "w01")


def test_numbers_that_a_paper_may_print_are_texts() -> None:
    assert Paper.model_validate({"title": "t", "study": "s", "allow": [1, 5, "2016", 0.5]}).allow == (
        "1", "5", "2016", "0.5",
    )  # fmt: skip
