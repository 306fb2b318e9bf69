"""``cohesion bundle``: one file with what a partner needs, of a study that is built."""

from __future__ import annotations

import csv
import io
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from assets.bundles.archive import write_bundle
from assets.bundles.contents import DECLARED, TABLES, TWIN, TWIN_DECLARED, declared_files
from assets.bundles.environment import environment
from assets.bundles.graph import code_of, needed, nodes_of
from assets.bundles.numbers import NUMBERS, OF_TWIN, as_csv, numbers_of, of_csv
from assets.bundles.people import key_of_bundle, rekeyed, tables_of_people
from assets.bundles.running import Progress, built
from assets.engine import store
from assets.engine.code import Code
from assets.engine.columns import without_people
from assets.engine.node import Key, Node
from assets.engine.workspace import Workspace
from pipeline.errors import CohesionError
from pipeline.paths import REPOSITORY, SHIPPED, Paths

OF_PANEL, OF_TWIN_ROWS = "panel", "twin"
RECEIPTS = "receipts.csv"
COMPARED = ("answers", "panel")
"""Tables of people of which a hash tells whether they came out the same, without their pseudonyms."""


@dataclass(frozen=True)
class Made:
    """A bundle as it was written."""

    file: Path
    sha256: str
    size: int
    numbers: int
    withheld: int
    people: tuple[str, ...]


def make_bundle(workspace: Workspace, study: str, target: Path, rows: str = "", progress: Progress = print) -> Made:
    """Write the bundle of a study that is built. ``rows``: "panel", "twin" (which is built, too) or nothing.

    Raises ``CohesionError`` if something of the study is not built, or not of what is declared now.
    """
    nodes = nodes_of(workspace, study)
    _check_built(workspace, study, nodes)
    numbers = numbers_of(workspace, study)
    if numbers.absent or not numbers.frame.height:
        raise CohesionError("no numbers of it are built", where=study, todo=f"Run `cohesion build --study {study}`.")
    members = {f"{DECLARED}{place}": content for place, content in declared_files(
        workspace.paths, workspace.project, study).items()}  # fmt: skip
    of_csv(as_csv(numbers.frame))  # what a partner could not read is not sent
    members |= {NUMBERS: as_csv(numbers.frame), RECEIPTS: _receipts(workspace, study), **_code_files()}
    people: tuple[str, ...] = ()
    of_twin: dict[str, object] = {}
    if rows == OF_PANEL:
        tables, people = _tables(workspace, study, needed(nodes))
        members |= tables
    elif rows == OF_TWIN_ROWS:
        more, of_twin = _twin(workspace, study, progress)
        members |= more
    about = {
        "study": study,
        "rows": rows,
        "generated": workspace.uses_sample(workspace.project.studies[study]),
        "environment": environment(),
        "commit": _commit(),
        "code": code_of(nodes, Code(cache=workspace.paths.code_cache)),
        "tables": hashes_of(workspace, study),
        "withheld": numbers.withheld,
        "twin": of_twin,
        "withdrawals": workspace.paths.withdrawn(study).is_file(),
    }
    sha256 = write_bundle(target, about, members)
    return Made(target, sha256, target.stat().st_size, numbers.frame.height, numbers.withheld, people)


def _twin(workspace: Workspace, study: str, progress: Progress) -> tuple[dict[str, bytes], dict[str, object]]:
    """The twin of a study: its files, its declarations and its own numbers; and what the manifest says of it."""
    import tempfile

    from assets.twins.make import make_twin
    from pipeline.specs import load_project

    with tempfile.TemporaryDirectory(prefix="cohesion-twin-") as folder:
        paths = Paths(Path(folder).resolve())
        make_twin(workspace, study, paths.root, progress=progress)
        made = Workspace(paths, load_project(paths))
        failures = built(made, nodes_of(made, study), {}, progress)
        for name, why in failures.items():
            progress(f"  ✗ not of the twin: {name}: {why}")
        files = {f"{TWIN}{file.name}": file.read_bytes() for file in sorted(paths.raw(study).iterdir())}
        declared = declared_files(paths, made.project, study)
        numbers = numbers_of(made, study)
        if not numbers.frame.height:
            raise CohesionError("no number can be computed of its twin", where=study)
        members = {**files, **{f"{TWIN_DECLARED}{place}": content for place, content in declared.items()}}
        members[OF_TWIN] = as_csv(numbers.frame)
        return members, {"tables": hashes_of(made, study), "withheld": numbers.withheld}


def _check_built(workspace: Workspace, study: str, nodes: list[Node]) -> None:
    from assets.engine.plan import make_plan

    plan = make_plan(workspace, nodes, nodes)
    waiting = [node.name for node in plan.nodes if node.name in plan.due | plan.following]
    if waiting:
        raise CohesionError(
            f"is not built of what is declared now: {waiting[0]} is due",
            where=study,
            count=len(waiting),
            todo=f"Run `cohesion build --study {study}` first.",
        )


def _receipts(workspace: Workspace, study: str) -> bytes:
    """Which files the numbers rest on: wave, name and SHA-256 of each, and nothing of what is in them."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("wave", "file", "sha256"))
    writer.writerows(receipts_of(workspace, study))
    return out.getvalue().encode()


def receipts_of(workspace: Workspace, study: str) -> list[tuple[str, str, str]]:
    """One (wave, file, SHA-256) per file that a wave was read from."""
    found: dict[tuple[str, str, str], None] = {}
    for wave in workspace.project.studies[study].waves:
        for table in ("receipt", "joins"):
            if workspace.paths.table(table, study, wave).is_file():
                frame = store.load(workspace.paths, (table, study, wave)).select("file", "sha256")
                found.update(dict.fromkeys((wave, file, sha256) for file, sha256 in frame.iter_rows()))
    return list(found)


def _tables(workspace: Workspace, study: str, keys: tuple[Key, ...]) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """The tables that travel under pseudonyms of their own, and which of them have a row for a person."""
    from pipeline.ingest import load_key

    frames = {key: store.load(workspace.paths, key) for key in keys}
    contents = [workspace.paths.table(*key).read_bytes() for key in keys]
    made = rekeyed(frames, key_of_bundle(load_key(workspace.paths.pseudonym_key), study, contents))
    people = tuple("/".join(key) for key in tables_of_people(frames))
    return {f"{TABLES}{'/'.join(key)}.parquet": content for key, content in made.items()}, people


def hashes_of(workspace: Workspace, study: str) -> Mapping[str, str]:
    """Table → the hash of what it holds without pseudonyms, of those that are built."""
    return {
        name: without_people(store.load(workspace.paths, (name, study)))
        for name in COMPARED
        if workspace.paths.table(name, study).is_file()
    }


def _code_files() -> dict[str, bytes]:
    """The project's own lock file and settings, of this installation; none where it was installed otherwise."""
    files = {f"code/{name}": REPOSITORY / name for name in ("pyproject.toml", "uv.lock")}
    return {name: file.read_bytes() for name, file in files.items() if file.is_file()}


def _commit() -> str:
    """The commit of the code, with a mark if it was changed since; empty where nobody knows, as of an installed one."""
    if SHIPPED != REPOSITORY:
        return ""
    try:
        said = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=40", "--match="],
            cwd=REPOSITORY, capture_output=True, text=True, timeout=10, check=False,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ""
    return said.stdout.strip() if said.returncode == 0 else ""
