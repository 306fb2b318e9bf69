"""What a node reads: a change to a leaf of a declaration makes due what reads that leaf, no less and no more.

The nodes of a small study are run while every access to a field of a declaration is noted: each must be part of the
version of its node. Then declarations are edited one by one, and what becomes due must be what reads the edited leaf.
"""

import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from published_study import make_published
from shared import ROOT
from small_study import build

from assets.engine import store
from assets.engine.node import flat
from assets.engine.plan import make_plan, reference
from assets.engine.run import _shaped
from assets.engine.workspace import Workspace
from assets.nodes import all_nodes
from pipeline.paths import Paths
from pipeline.specs import load_project
from pipeline.specs.base import Declaration

WORDS = ("label", "wording", "original", "source", "routing", "question", "reason", "caveats", "citation", "licence")
"""Fields that are printed and compute nothing: a computation that becomes due by them over-reacts."""
PRINTS = {"make_figure", "make_paper", "make_findings", "make_sample", "make_codebook"}


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    root = make_published(tmp_path_factory.mktemp("reads") / "clone")
    assert not [report.message for report in build(root).values() if report.message]
    return root


def workspace(root: Path) -> Workspace:
    return Workspace(Paths(root), load_project(Paths(root)))


@pytest.fixture(scope="module")
def read(root) -> dict[str, set[str]]:
    """Node → the fields of declaration classes (``Item.codes``) that were read while it ran."""
    found: dict[str, set[str]] = defaultdict(set)
    running: list[str] = []
    original = Declaration.__getattribute__

    def noting(self: Declaration, name: str) -> Any:
        if running and not name.startswith("_") and name in type(self).model_fields:
            found[running[0]].add(f"{type(self).__name__}.{name}")
        return original(self, name)

    paths = Paths(root)
    nodes = [node for node in all_nodes(workspace(root)) if not node.tolerant]
    Declaration.__getattribute__ = noting  # type: ignore[method-assign]
    try:
        for node in nodes:
            loaded = {name: store.load(paths, key) for name, key in flat(node.inputs)}
            running[:] = [node.name]
            node.function(_shaped(node, loaded), **node.reads)
            running.clear()
    finally:
        Declaration.__getattribute__ = original  # type: ignore[method-assign]
    return found


def test_every_field_that_is_read_is_part_of_the_version(root, read):
    """No fewer: what a node was seen to read, it says it reads. (What it does not say raises an error.)"""
    for node in (node for node in all_nodes(workspace(root)) if not node.tolerant):
        seen = set(fields_of(node.reads))
        handed = {name.split(".")[0] for name in seen}  # others are made while it runs, such as a default
        missing = {name for name in read[node.name] - seen if name.split(".")[0] in handed}
        assert not missing, f"{node.name} reads {missing}, which is not in its version"


def fields_of(value: Any) -> Iterator[str]:
    """``Item.codes`` for every field that a node may see."""
    if isinstance(value, Declaration):
        yield from (f"{type(value).__name__}.{name}" for name in value.__dict__)
    for held in members(value):
        yield from fields_of(held)


def members(value: Any) -> Iterable[Any]:
    """What lies within a declaration, a mapping, a list or a record."""
    if isinstance(value, Mapping):
        return value.values()
    if isinstance(value, Declaration) or hasattr(type(value), "__dataclass_fields__"):
        return vars(value).values()
    return value if isinstance(value, tuple) else ()


def test_no_computation_sees_words(root):
    """No more: what computes sees no field that is only printed."""
    for node in all_nodes(workspace(root)):
        if node.function.__name__ in PRINTS:
            continue
        words = {name for name in fields_of(node.reads) if name.split(".")[1] in WORDS} - {"Response.source"}
        assert not words, f"{node.name} sees {sorted(words)}"


def test_functions_are_top_level_and_have_no_closure(root):
    """A node can run in any process."""
    for node in all_nodes(workspace(root)):
        assert node.function.__closure__ is None, node.name
        assert "<locals>" not in reference(node.function), node.name


STUDY = "data/studies/first"
EDITS = {
    "a concept's label that nobody prints": ("data/concepts.yaml", "label: Age", "label: Years of age", set()),
    "a concept's label that a figure and a paper print": (
        "data/concepts.yaml",
        "label: Life satisfaction",
        "label: Satisfaction",
        {"figure/belonging", "paper/small", "codebook/first"},
    ),
    "the wording of a question": (
        f"{STUDY}/items.yaml",
        "wording: Overall, how",
        "wording: How",
        {"findings/first", "paper/small", "codebook/first"},
    ),
    "the label of an answer": (
        f"{STUDY}/items.yaml",
        "4: Not at all strongly",
        "4: Not strongly at all",
        {"wave/first/w01", "links/first", "findings/first", "answers/first", "paper/small"},
    ),
    "a comment": (f"{STUDY}/items.yaml", "life_satisfied:", "# new\nlife_satisfied:", set()),
    "how a scale is scored": (
        f"{STUDY}/scales.yaml",
        "minimum_answered: 2",
        "minimum_answered: 1",
        {"panel/first"},
    ),
    "what a model asks": ("reports/models/satisfied.yaml", "Are those", "Were those", {"paper/small"}),
    "how a model is fitted": (
        "reports/models/satisfied.yaml",
        "wave_effects: false",
        "wave_effects: false\ncorrection: stata",
        {"estimates/satisfied"},
    ),
    "the title of a figure": (
        "reports/figures/stayed.yaml", "title: Who answered", "title: Who took part", {"figure/stayed", "paper/small"},
    ),
    "the prose of a paper": ("reports/papers/small.md", "Some people", "A few people", {"paper/small"}),
    "a template": ("reports/templates/drift.html.j2", "</body>", "<!-- x --></body>", {"findings/first"}),
}  # fmt: skip


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_makes_due_what_reads_it_no_fewer_no_more(root, edit):
    file, old, new, due = EDITS[edit]
    path = root / file
    before = path.read_text()
    assert old in before
    path.write_text(before.replace(old, new, 1))
    try:
        chosen = workspace(root)
        plan = make_plan(chosen, [node for node in all_nodes(chosen) if not node.tolerant])
        assert plan.due == due
    finally:
        path.write_text(before)


def test_an_input_that_is_gone_makes_due_what_read_it(root, tmp_path):
    """The paper has tables of change as long as the study has a headline measure."""
    copy = tmp_path / "clone"
    shutil.copytree(root, copy)
    about = copy / STUDY / "study.yaml"
    before = about.read_text()
    about.write_text(f"{before}\nheadline: life_satisfaction\n")
    assert "paper/small" in build(copy)
    about.write_text(before)
    chosen = workspace(copy)
    assert make_plan(chosen, [node for node in all_nodes(chosen) if not node.tolerant]).due == {"paper/small"}


def test_every_node_comes_after_those_it_reads_from():
    """Of all studies of the project: a node before its inputs is due again at each build."""
    nodes = all_nodes(Workspace(Paths(ROOT), load_project(Paths(ROOT))))
    made = {key for node in nodes for key in node.keys}
    before: set[tuple[str, ...]] = set()
    late = []
    for node in nodes:
        late += [(node.name, key) for _, key in flat(node.inputs) if key in made and key not in before]
        before.update(node.keys)
    assert late == []
