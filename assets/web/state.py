"""What the start page says of each study, from records and declarations: no row of a person is read."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from assets import reported, standing
from assets.building import plan_build
from assets.deposits import look
from assets.engine import store
from assets.engine.build import is_building
from assets.engine.node import Node
from assets.engine.plan import Plan
from assets.engine.workspace import Workspace
from assets.nodes import all_nodes
from assets.waves.accept import hashes_of
from assets.web import job_names
from assets.web.links import Link, checks_link, job_link, report_link
from assets.web.shared_pages import shared_pages
from pipeline.errors import CohesionError, DeclarationErrors
from pipeline.ingest.arrival.sightings import Sighting
from pipeline.paths import Paths
from pipeline.specs import Study, load_studies
from pipeline.specs.writers import links

SHOWN = 12
"""So many characters of a SHA-256."""
FRESH_SECONDS = 5.0
"""So long one state is shown before it is gathered again."""


@dataclass(frozen=True)
class Paper:
    """A paper that is built, with its documents, its first page as a picture, and whether it is of an earlier state."""

    title: str
    page: str
    documents: tuple[Link, ...]
    cover: str
    built: str
    is_stale: bool


@dataclass(frozen=True)
class Task:
    """Something that waits for a person: what, what to do, and where it is done."""

    what: str
    todo: str
    link: Link | None = None


@dataclass(frozen=True)
class StudyState:
    """One study on the start page."""

    key: str
    title: str
    is_synthetic: bool
    newest: str
    built: str
    papers: tuple[Paper, ...]
    reports: tuple[Link, ...]
    tasks: tuple[Task, ...]
    due: dict[str, list[str]] = field(default_factory=dict)
    waits: str = ""
    rebuild: str = ""

    @property
    def due_count(self) -> int:
        return sum(map(len, self.due.values()))


@dataclass(frozen=True)
class State:
    """All that the start page shows. ``problem``: why the declarations cannot be read, if so; ``left_out``: studies
    whose own declarations cannot be, with their mistakes; ``shared``: pages over several studies."""

    studies: tuple[StudyState, ...] = ()
    problem: str = ""
    is_building: bool = False
    digest: Link | None = None
    shared: tuple[Link, ...] = ()
    left_out: tuple[tuple[str, tuple[str, ...]], ...] = ()


def gather(paths: Paths) -> State:
    """How all studies stand now. A mistake in the declarations is shown on the page."""
    try:
        project, mistakes = load_studies(paths, ())
        workspace = Workspace(paths, project)
        nodes = all_nodes(workspace)
        plan = plan_build(workspace, nodes=nodes)
        sighting = look(workspace)
        studies = tuple(_study(workspace, study, nodes, plan, sighting) for study in workspace.project.studies.values())
    except (CohesionError, DeclarationErrors) as error:
        return State(problem=str(error), is_building=False)
    left_out = tuple((study, tuple(found)) for study, found in mistakes.items())
    return State(
        studies,
        is_building=is_building(workspace),
        digest=_digest(paths),
        left_out=left_out,
        shared=tuple(shared_pages(paths, nodes)),
    )


def _digest(paths: Paths) -> Link | None:
    """The last digest of scheduled runs, if there is one."""
    pages = sorted(paths.digest_file("x").parent.glob("*.html"), key=lambda page: page.stat().st_mtime)
    if not pages:
        return None
    return Link(
        f"What the scheduled runs came to, {standing.changed_at(pages[-1])}",
        report_link(pages[-1].relative_to(paths.root).as_posix()),
    )


def _study(workspace: Workspace, study: Study, nodes: list[Node], plan: Plan, sighting: Sighting) -> StudyState:
    own = [node for node in nodes if node.study == study.key]
    built = standing.papers_built(workspace, study, nodes)
    return StudyState(
        key=study.key,
        title=study.about.title,
        is_synthetic=study.about.synthetic,
        newest=standing.newest(workspace, study),
        built=standing.moment(built) if built is not None else "",
        papers=tuple(found for node in own if (found := _paper(workspace, node, plan)) is not None),
        reports=tuple(_reports(workspace.paths, own)),
        tasks=tuple(_tasks(workspace, study, own, sighting)),
        due={} if study.key in plan.waiting else standing.why_due(plan, study),
        waits=plan.waiting.get(study.key, ""),
        rebuild=job_link(job_names.STUDY, {"study": study.key}),
    )


def _paper(workspace: Workspace, node: Node, plan: Plan) -> Paper | None:
    """A paper that lies there; ``None`` for other nodes, and where none has been built."""
    if node.keys[0][0] != "paper":
        return None
    paths, key = workspace.paths, node.keys[0][1]
    present = [
        Path(file.path) for file in node.files.values() if not file.private and (paths.root / file.path).is_file()
    ]
    page = paths.paper_file(key)
    if not page.is_file():
        return None
    named = {path.name.removeprefix(key): path for path in present}
    documents = tuple(
        Link(words, report_link(named[ending].as_posix())) for ending, words in links().items() if ending in named
    )
    cover = report_link(named[".svg"].as_posix()) if ".svg" in named else ""
    stale = node.name in plan.due | plan.following
    return Paper(
        workspace.project.papers[key].title, documents[0].address, documents, cover, standing.changed_at(page), stale
    )


def _reports(paths: Paths, nodes: list[Node]) -> list[Link]:
    """Drift report, codebook and profiles of areas, where they lie."""
    found = []
    for node in nodes:
        words = {"findings": "Drift between waves", "codebook": "Codebook", "profiles": "Profiles of areas"}.get(
            node.keys[0][0]
        )
        pages = [file.path for file in node.files.values() if file.path.endswith(".html")]
        found += [
            Link(words, report_link(path)) for path in pages if words is not None and (paths.root / path).is_file()
        ]
    return found


def _tasks(workspace: Workspace, study: Study, nodes: list[Node], sighting: Sighting) -> list[Task]:
    """What waits for a person: files, decisions, findings to look at, checks that failed."""
    tasks = [_waiting(workspace, study, one) for one in standing.waiting(workspace, study, sighting)]
    drift = report_link(workspace.paths.drift_file(study.key).relative_to(workspace.paths.root).as_posix())
    for node in nodes:
        if node.keys[0][0] != "findings":
            continue
        counts = reported.findings(workspace, node)
        report = Link("Open the drift report", drift)
        if counts["decide"]:
            todo = "Until somebody has decided, nothing is built from these waves."
            tasks.append(Task(f"{reported.counted(counts['decide'], 'finding')} to be decided", todo, report))
        if counts["look"]:
            found, todo = reported.counted(counts["look"], "finding"), "The waves are used meanwhile."
            tasks.append(Task(f"{found} to look at", todo, report))
    return [*tasks, *_failed(workspace, nodes)]


def _waiting(workspace: Workspace, study: Study, one: standing.Waiting) -> Task:
    if one.wave:
        hashes = hashes_of(study, one.wave, workspace.deposit_folder(study))
        files = "; ".join(f"{name}: SHA-256 {sha256[:SHOWN]}…" for name, sha256 in hashes.items())
        address = job_link(job_names.ACCEPT, {"study": study.key, "wave": one.wave, "sha256": ""})
        return Task(
            f"{study.waves[one.wave].title} ({one.wave}) awaits confirmation",
            f"Compare with what its depositor says, then confirm it. {files}",
            Link("Accept this wave", address),
        )
    if one.file:
        address = job_link(job_names.NEW_WAVE, {"study": study.key, "file": one.file})
        todo = f"A declaration is proposed in {one.draft}." if one.draft else "Nothing of it is read."
        return Task(f"{one.file} is declared by no wave", todo, Link("Draft a wave from it", address))
    return Task(one.words, "It was not opened. Rename it.")


def _failed(workspace: Workspace, nodes: list[Node]) -> list[Task]:
    """Blocking checks that failed when their asset was kept to be read."""
    found = []
    for node in nodes:
        report = store.last_report(workspace.paths, node)
        for check in report.failed if report is not None else ():
            if check.name != "decided":
                what, see = (
                    f"{node.name}: the check “{check.name}” failed",
                    Link("See the check", checks_link(*check.key)),
                )
                found.append(Task(what, "; ".join(check.found), see))
    return found


class Remembered:
    """The state as it was gathered last. It is gathered by one reader at a time; others are shown the one before."""

    def __init__(self, gather: Callable[[], State]) -> None:
        self._gather = gather
        self._lock = threading.Lock()
        self._state: State | None = None
        self._at = 0.0

    def now(self) -> State:
        if self._state is None or time.monotonic() - self._at > FRESH_SECONDS:
            waits = self._state is None
            if self._lock.acquire(blocking=waits):
                try:
                    if self._state is None or time.monotonic() - self._at > FRESH_SECONDS:
                        self._state, self._at = self._gather(), time.monotonic()
                finally:
                    self._lock.release()
        assert self._state is not None
        return self._state
