"""Decisions about findings, as they enter the audit log: by whom a declaration was written, as git has it."""

from __future__ import annotations

import subprocess
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from assets.engine.workspace import Workspace
from pipeline.audit import LONGEST, note, read_audit, user
from pipeline.errors import CohesionError
from pipeline.paths import Paths
from pipeline.specs.strict_yaml import read

FACTS = ("finding", "decision", "reason")


def note_decisions(workspace: Workspace, studies: Collection[str]) -> str:
    """Enter every decision of these studies that the log does not have yet, and each that is declared no longer.

    Who decided is the author of the line, as ``git blame`` says; where it is not committed, whoever builds. Returns why
    that could not be done.
    """
    paths = workspace.paths
    declared = {
        (f"{study} {wave} {one.item}", tuple(_short(getattr(one, fact)) for fact in FACTS)): (study, wave)
        for study in studies
        for wave, about in workspace.project.studies[study].waves.items()
        for one in about.decisions
    }
    try:
        known = _known(paths, studies)
        for about, facts in [one for one in declared if one not in known]:
            details = dict(zip(FACTS, facts, strict=True))
            author = _author(paths, *declared[about, facts], {"item": about.split()[2], **details})
            note(paths, "decide", about, details, who=author)
        for about, facts in [one for one in known if one not in declared]:
            note(paths, "take_back_decision", about, dict(zip(FACTS, facts, strict=True)))
    except CohesionError as error:
        return str(error)
    return ""


def _known(paths: Paths, studies: Collection[str]) -> dict[tuple[str, tuple[str, ...]], None]:
    """The decisions that hold by the log: made, and not taken back since."""
    found: dict[tuple[str, tuple[str, ...]], None] = {}
    for entry in read_audit(paths).entries:
        if entry.action in ("decide", "take_back_decision") and entry.about.split()[0] in studies:
            decision = entry.about, tuple(str(entry.details.get(fact, "")) for fact in FACTS)
            if entry.action == "decide":
                found[decision] = None
            else:
                found.pop(decision, None)
    return found


def _author(paths: Paths, study: str, wave: str, decision: Mapping[str, str]) -> tuple[str, str]:
    """Who wrote the line, and how that is known."""
    for file, line in _lines(paths.study(study) / "waves", wave, decision):
        command = ["git", "blame", "--line-porcelain", "-L", f"{line},{line}", "--", str(file)]
        try:
            done = subprocess.run(command, cwd=file.parent, capture_output=True, text=True, check=False, timeout=20)
        except (OSError, subprocess.TimeoutExpired):
            break
        facts = dict(row.partition(" ")[::2] for row in done.stdout.splitlines())
        if done.returncode == 0 and set(done.stdout[:40]) != {"0"} and facts.get("author"):
            return facts["author"], "git"
    return user()


def _lines(folder: Path, wave: str, decision: Mapping[str, str]) -> Iterator[tuple[Path, int]]:
    """Where a decision stands, in the wave's own file or in that of all waves; the item may be named by a pattern."""
    for file in (folder / f"{wave}.yaml", folder / "_each.yaml"):
        source = read(file, file.name) if file.is_file() else None
        made = source.data.get("decisions") if source and isinstance(source.data, dict) else None
        for index, one in enumerate(made if isinstance(made, list) else []):
            if isinstance(one, dict) and one.get("finding") == decision["finding"] and source:
                same_reason = _short(str(one.get("reason", ""))) == decision["reason"]
                if one.get("item") == decision["item"] or same_reason:
                    yield file, source.line(("decisions", index))


def _short(text: str) -> str:
    """A text as the log takes it: one line, no longer than it may be."""
    words = " ".join(text.split())
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"
