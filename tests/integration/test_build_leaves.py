"""An edit of any leaf of any declaration makes due the nodes that read it: no fewer, no more.

Every node of a small study that declares something of everything is run once, with all of its declarations, and each
leaf that it touches is noted. Then one leaf after another gets another valid value, and what is due must be the nodes
for which something that they touched is another now. What ``assets/nodes/reads.py`` says is not asked.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from confirmed import confirm_all
from engine_runs import plan_of, run, workspace_of
from leaf_edits import Leaf, leaves, normalise
from leaf_study import make_everything
from leaf_tracing import Changes, Trace, kinds_of, noting, open_nodes, states_of

from assets.engine import plan as planning
from assets.engine import run as running
from assets.engine.code import Code
from assets.engine.node import flat
from assets.engine.workspace import Workspace
from assets.nodes import all_nodes
from pipeline.errors import CohesionError
from pipeline.specs import Project
from pipeline.specs import load as loading
from pipeline.specs.check import check
from pipeline.specs.load import read_project
from pipeline.specs.strict_yaml import Source
from pipeline.specs.study_files import STUDY_FILES

SAMPLE = 120
"""Leaves that are edited by default; all of them in the slow run."""

Touched = dict[str, dict[str, set[tuple[str, ...]]]]


class Observed:
    """A root that was built, what each of its nodes touched, and what becomes due by an edit."""

    def __init__(self, root: Path) -> None:
        self.root = make_everything(root)
        normalise(self.root)
        confirm_all(self.root)
        self.before = workspace_of(self.root)
        self.open = open_nodes(self.before)
        self.touched = self._build()
        self.states = states_of({name: node.reads for name, node in self.open.items()})
        self.code = Code(cache=self.before.paths.code_cache)

    def _build(self) -> dict[str, set[tuple[str, ...]]]:
        """Build all, each node with all of its declarations; node → every path from its arguments that it touched."""
        trace, plan = Trace(), plan_of(self.root)
        for place, node in enumerate(plan.nodes):
            reads = {name: trace.copy(value, (node.name, name)) for name, value in self.open[node.name].reads.items()}
            plan.nodes[place] = replace(node, reads=reads)
        kinds = kinds_of({name: node.reads for name, node in self.open.items()})
        with noting(trace, kinds), pytest.MonkeyPatch.context() as patch:
            patch.setattr(running, "_run", noted(trace, running._run))
            trace.is_on = False
            made = run(self.root, plan)
        failed = [f"{report.node}: {report.message}" for report in made.values() if report.message]
        assert not failed, failed
        found = {
            name: {path for key in node.reads for path in ((key,), (key, "#"))} for name, node in self.open.items()
        }
        for name, *path in trace.touched:
            found[name].add(tuple(path))
        return found

    def due(self, after: Workspace) -> planning.Plan:
        """What the engine says is due of it."""
        nodes = [node for node in all_nodes(after) if not node.tolerant]
        return planning.make_plan(after, nodes)

    def expected(self, after: Workspace, following: set[str]) -> set[str]:
        """The nodes for which something that they touched is another now, and those that are new.

        A node that only has other inputs may be ``following`` those of them that are due.
        """
        changes, nodes = Changes(self.states), open_nodes(after)
        found = {name for name, node in nodes.items() if self._differs(self.open.get(name), node, changes)}
        other = {name for name, node in nodes.items() if name in self.open and self._has_other_inputs(name, node)}
        return found | (other - following)

    def _has_other_inputs(self, name: str, new: Any) -> bool:
        return dict(flat(self.open[name].inputs)) != dict(flat(new.inputs))

    def _differs(self, old: Any, new: Any, changes: Changes) -> bool:
        if old is None or set(old.reads) != set(new.reads):
            return True
        seen = self.touched[new.name]
        return any(
            (name, *path) in seen
            for name, value in old.reads.items()
            for path in changes.between(value, new.reads[name])
        )

    def _read(self) -> Workspace | None:
        """The root as it is declared now; files that did not change are read once. Nothing if it is not valid."""
        paths = self.before.paths
        reading = read_project(paths)
        if not reading.problems:
            check(reading)
        if reading.problems:
            return None
        parts = (reading.concepts, reading.studies, reading.models, reading.figures, reading.papers)
        return Workspace(paths, Project(*parts))

    def edited(self, leaf: Leaf) -> Iterator[Workspace]:
        """The root with the first other value of a leaf that is valid, if there is one; then as it was."""
        file = self.root / leaf.file
        content = file.read_text(encoding="utf-8")
        try:
            for other in leaf.others():
                file.write_text(other, encoding="utf-8")
                try:
                    after = self._read()
                    if after is None:
                        continue
                    if other != content and (file.suffix != ".yaml" or after.project != self.before.project):
                        all_nodes(after)
                        yield after
                        return
                except CohesionError:
                    continue
        finally:
            file.write_text(content, encoding="utf-8")


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observed]:
    found = Observed(tmp_path_factory.mktemp("leaves") / "clone")
    with pytest.MonkeyPatch.context() as patch:
        hasten(patch, found.code)
        yield found


def noted(trace: Trace, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """What the engine itself looks at, to plan a build and to record it, is no reading of a node."""

    def noting_it(task: Any) -> Any:
        trace.is_on = True
        try:
            return function(task)
        finally:
            trace.is_on = False

    return noting_it


def hasten(patch: pytest.MonkeyPatch, code: Code) -> None:
    """The code, and files of declarations that did not change, are read once: planning takes a tenth of the time."""
    patch.setattr(planning, "Code", lambda **_: code)
    read: dict[tuple[Any, ...], tuple[Any, Source]] = {}

    def once(reader: Callable[..., tuple[Any, Source]]) -> Callable[..., tuple[Any, Source]]:
        def remembered(file: Path, name: str, kind: Any) -> tuple[Any, Source]:
            known = (reader, file, file.read_bytes() if file.exists() else b"")
            value, source = read[known] if known in read else read.setdefault(known, reader(file, name, kind))
            return value, replace(source, problems=list(source.problems), faulty=set(source.faulty))

        return remembered

    for name in ("load", "load_each", "load_front_matter", "load_model"):
        patch.setattr(loading, name, once(getattr(loading, name)))
    parts = {key: replace(part, reader=once(part.reader)) for key, part in STUDY_FILES.items()}
    patch.setattr(loading, "STUDY_FILES", parts)


def wrong(observed: Observed, chosen: list[Leaf]) -> Wrong:
    """What is due and should not be, or is not and should be, leaf by leaf; and the leaves without another value."""
    found = Wrong([], [], set())
    for leaf in chosen:
        after = None
        for after in observed.edited(leaf):
            plan = observed.due(after)
            due, expected = plan.due, observed.expected(after, plan.following)
            missed = [name for name in sorted(expected - due) if not SHARED_FILES.is_about(leaf, name)]
            found.leaves += [f"{leaf.name}: {name} touches it and is not due" for name in missed]
            for name in sorted(due - expected):
                if any(fnmatch(name, one) for one in COARSE):
                    continue
                reason = next((entry for entry in ONLY_IF if entry.is_about(leaf, name)), None)
                if reason is None:
                    found.leaves.append(f"{leaf.name}: {name} is due and does not touch it")
                else:
                    found.reasons.add(reason)
        if after is None:
            found.fixed.append(leaf.name)
    return found


@dataclass(frozen=True)
class OnlyIf:
    """A leaf that nodes may read, and in this study do not; ``if_`` says when they do."""

    leaf: str
    nodes: str
    if_: str

    def is_about(self, leaf: Leaf, node: str) -> bool:
        return fnmatch(leaf.name, f"*{self.leaf}") and any(fnmatch(node, one) for one in self.nodes.split())


SHARED_FILES = OnlyIf("waves/*.yaml: files*", "wave/*", "waves that share a file are one node, and its name says so")
"""A node of waves looks for others that share their files; given all waves it looks at the files of each. Which waves
it is of is part of what it reads, and its own files are: a file that it comes to share makes another node of it."""

COARSE = ("wave/*", "links/*", "outcomes/*", "answers/*", "findings/*", "redeliveries/*", "redelivery/*", "codebook/*")
"""Nodes that name parts of declarations for every layout of a deposit, more than one study reads of them. Of these it
is asserted that they are due when what they touch changes, and not yet that they are due only then."""

ONLY_IF = (
    OnlyIf("items.yaml: *.codes*", "figure/trend", "a claim compares results on different scales"),
    OnlyIf("items.yaml: *.range", "figure/trend paper/*", "a sentence or claim compares results on different scales"),
    OnlyIf("study.yaml: areas.*.range", "paper/*", "a sentence compares results on different scales"),
    OnlyIf("items.yaml: *.reverse", "paper/*", "the codes of the item are groups that the paper names"),
    OnlyIf("figures/*.yaml: labels*", "figure/* paper/*", "what is labelled is drawn, or claimed"),
    OnlyIf("figures/*.yaml: outcomes", "paper/*", "another figure of the paper draws the same measure"),
    OnlyIf("figures/*.yaml: terms", "paper/*", "another figure of the paper draws the same measure"),
    OnlyIf("models/*.yaml: outcomes", "paper/*", "the model takes arms together, or weights as delivered"),
    OnlyIf("models/means.yaml: standard_errors", "estimates/means", "the weights are those of a weight set"),
    OnlyIf("models/*.yaml: products", "estimates/*", "a term of the model is a product"),
    OnlyIf("study.yaml: arms.*.title", "figure/*", "the figure has no name for the arm"),
    OnlyIf("study.yaml: title", "figure/*", "the study names no source"),
    OnlyIf("waves/*.yaml: *fieldwork*", "estimates/* paper/*", "the arm of the file is analysed"),
    OnlyIf("waves/*.yaml: *variables*", "paper/*", "the file holds the item"),
    OnlyIf("waves/*.yaml: number", "paper/*", "names of variables hold the number of the wave"),
    OnlyIf("waves/*.yaml: mark", "paper/*", "names of variables hold the mark of the wave"),
    OnlyIf("waves/*.yaml: title", "figure/*", "the study has one arm"),
)
"""Every leaf that makes a node due which does not touch it here, and what would have to be so for it to do so."""


@dataclass
class Wrong:
    leaves: list[str]
    fixed: list[str]
    reasons: set[OnlyIf]


@pytest.mark.thorough
def test_an_edit_of_a_leaf_makes_due_what_reads_it(observed: Observed) -> None:
    """A seeded sample of the leaves."""
    chosen = random.Random(2026).sample(list(leaves(observed.root)), SAMPLE)
    found = wrong(observed, chosen)
    assert not found.leaves, "\n".join(found.leaves)


@pytest.mark.slow
def test_an_edit_of_every_leaf_makes_due_what_reads_it(observed: Observed) -> None:
    """All of them; what is excused is met, and leaves without another valid value are few."""
    every = list(leaves(observed.root))
    found = wrong(observed, every)
    assert not found.leaves, "\n".join(found.leaves)
    unused = set(ONLY_IF) - found.reasons
    assert not unused, f"nothing makes use of these reasons: {unused}"
    assert len(found.fixed) < len(every) / 4, "\n".join(found.fixed)
