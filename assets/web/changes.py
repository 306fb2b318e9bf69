"""What people change through the web server, in the audit log: who asked for which of Dagster's mutations."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from assets.web.guard.roles import Person
from pipeline.audit import LONGEST, note
from pipeline.paths import Paths

UNNOTED = frozenset({"logTelemetry", "setNuxSeen"})
"""Dagster's pages send these by themselves; they change nothing of the project."""
NAMES = ("jobName", "pipelineName", "runId", "scheduleName", "sensorName", "repositoryLocationName")
"""What a mutation is about, wherever its variables say it."""


def note_change(paths: Paths, person: Person, changes: tuple[str, ...], variables: Mapping[str, Any]) -> None:
    """One line for a request. Raises ``CohesionError`` if it cannot be written."""
    asked = [change for change in changes if change not in UNNOTED]
    if not asked:
        return
    details = {_words(name): text[:LONGEST] for name, text in sorted(_named(variables))}
    note(paths, "ask_ui", " ".join(asked)[:LONGEST], details, who=(person.name, "proxy"))


def _named(value: object) -> Iterator[tuple[str, str]]:
    """Names and ids in the variables of a mutation; configuration is not looked into."""
    if not isinstance(value, Mapping):
        return
    for name, inner in value.items():
        if name in NAMES and isinstance(inner, str) and inner:
            yield name, inner
        elif name == "assetKeys" or name == "assetSelection":
            yield "assets", json.dumps(inner, ensure_ascii=False)
        elif name != "runConfigData":
            yield from _named(inner)


def _words(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
