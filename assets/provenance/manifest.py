"""What a build consists of: each node with what it was made from and what came of it, and every declaration."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

AREAS = ("areas", "area_changes", "area_sensitivity", "coherence", "monitor", "programme")
RESULTS = ("estimates", *AREAS, "national")
"""Tables of findings: of models, of areas with all that is judged of them, of programmes, of several studies."""
KEPT = (*RESULTS, "figure", "paper", "passages")
"""Tables of aggregates and printed words, of which a build keeps the content; never one with a row for a person."""


@dataclass(frozen=True)
class Step:
    """One node of a build. ``version``: its fingerprint without its inputs; ``parts``: the hash of what that is of.

    ``inputs``: name → content hash; ``needs``: name → key; ``outputs``: key → content hash. ``failed``: why it could
    not be made, or empty; what lies there is then of an earlier build. ``columns``: the hash of what is noted of its
    columns: key → column → hash.
    """

    name: str
    group: str
    study: str
    version: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    needs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    parts: str = ""
    failed: str = ""
    columns: str = ""

    @property
    def is_built(self) -> bool:
        return bool(self.outputs)


@dataclass(frozen=True)
class Manifest:
    """A build: its steps by name, and the hash of each declaration by its place below the root."""

    steps: Mapping[str, Step]
    files: Mapping[str, str]

    def to_json(self) -> str:
        return json.dumps({"steps": [asdict(step) for step in self.steps.values()], "files": dict(self.files)})

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Raises ``ValueError``, ``KeyError`` or ``TypeError`` for a text that is no manifest."""
        content: dict[str, Any] = json.loads(text)
        steps = [Step(**step) for step in content["steps"]]
        return cls({step.name: step for step in steps}, content["files"])

    @property
    def makers(self) -> dict[str, Step]:
        """Key of a table → the step that makes it."""
        return {key: step for step in self.steps.values() for key in step.outputs}

    @property
    def uses(self) -> set[str]:
        """The hashes of all contents that it refers to."""
        tables = {sha256 for step in self.steps.values() for key, sha256 in step.outputs.items() if is_kept(key)}
        about = {sha256 for step in self.steps.values() for sha256 in (step.parts, step.columns) if sha256}
        return {*tables, *self.files.values(), *about}


def is_kept(key: str) -> bool:
    """Whether a build keeps the content of a table."""
    return key.split("/")[0] in KEPT
