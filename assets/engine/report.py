"""What a run of a node came to: counts, columns and checks, never a row. Plain data, so that it can cross a pipe."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from assets.engine.node import Key

IO, LOST = "io", "lost"
"""Troubles that may pass by themselves."""
DATA_CHECKS = {
    "grain": "The key that identifies a row identifies no other.",
    "ranges": "Every column is there with its type, every value in its range, nothing missing that may not be.",
}
RESULT_CHECKS = {"contract": "The key that identifies a row identifies no other; columns and values are as declared."}


def checks_of(group: str) -> dict[str, str]:
    """The checks of a table: two for data, where staff look for what is wrong; one for what is made from them."""
    return DATA_CHECKS if group in ("ingest", "harmonise", "weigh", "score", "index") else RESULT_CHECKS


@dataclass(frozen=True)
class Check:
    """One check of one table; ``found`` says in words what is wrong, with counts.

    One that does not stop anything (``blocking`` is false) is shown as an error or, with ``severity``, as a warning.
    """

    name: str
    key: Key
    found: tuple[str, ...] = ()
    blocking: bool = True
    severity: str = "error"

    @property
    def passed(self) -> bool:
        return not self.found


@dataclass(frozen=True)
class TableReport:
    """One table: rows, columns as (name, type, range), the hash of its content, and what the UI shows with it.

    ``hashes``: column → hash of its values, of wide tables from which many results are made.
    """

    key: Key
    rows: int
    columns: tuple[tuple[str, str, str], ...]
    sha256: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """One run of a node. Nothing was stored if there is an ``error`` or a check failed (unless it is kept to say why).

    ``awaits``: the error is that somebody has to confirm a file first. ``damaged``: inputs that are not as they were
    stored; they have to be made again first. ``is_current``: nothing had to be done. ``trouble``: the error is none of
    declarations or data, and may pass: ``io`` (disk, network share), ``lost`` (its process was ended).
    """

    node: str
    version: str = ""
    seconds: float = 0.0
    tables: tuple[TableReport, ...] = ()
    checks: tuple[Check, ...] = ()
    error: str = ""
    awaits: bool = False
    damaged: tuple[Key, ...] = ()
    is_current: bool = False
    trouble: str = ""

    @property
    def failed(self) -> list[Check]:
        return [check for check in self.checks if check.blocking and not check.passed]

    @property
    def message(self) -> str:
        """Why nothing was stored, or nothing."""
        if self.error or not self.failed:
            return self.error
        if self.failed[0].name == "decided":
            waiting = "\n    ".join(self.failed[0].found)
            return f"a person has to decide before this can be loaded:\n    {waiting}"
        found = "; ".join(f"{'/'.join(check.key)}: {', '.join(check.found)}" for check in self.failed)
        return f"the check “{self.failed[0].name}” failed; what follows was not built. {found}"

    def to_json(self) -> str:
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_json(cls, text: str) -> Report:
        """Raises ``ValueError``, ``KeyError`` or ``TypeError`` for a text that is no report."""
        fields = json.loads(text)
        tables = tuple(
            TableReport(
                tuple(table["key"]),
                table["rows"],
                tuple((name, dtype, limits) for name, dtype, limits in table["columns"]),
                table["sha256"],
                table["metadata"],
                table.get("hashes", {}),
            )
            for table in fields.pop("tables")
        )
        checks = tuple(
            Check(check["name"], tuple(check["key"]), tuple(check["found"]), check["blocking"], check["severity"])
            for check in fields.pop("checks")
        )
        damaged = tuple(tuple(key) for key in fields.pop("damaged"))
        return cls(**fields, tables=tables, checks=checks, damaged=damaged)
