"""Who asks, as the proxy says it, and what each role may see and do."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from starlette.datastructures import Headers

from assets.web.guard.exposure import Exposure
from assets.web.guard.operations import MUTATION, QUERY, SUBSCRIPTION, Document
from assets.web.guard.refusal import Refusal

SECRET_HEADER, USER_HEADER, ROLE_HEADER = "x-cohesion-proxy", "x-cohesion-user", "x-cohesion-role"
OWN_HEADERS = frozenset({SECRET_HEADER, USER_HEADER, ROLE_HEADER})
FOR_STAFF = ("/logs", "/download_debug")
"""What processes printed; all events of a run."""
REPORTS = "/reports/"
REPORTS_FOR_ALL = frozenset({"papers", "figures", "codebooks", "profiles", "drift", "release"})
"""The others are for staff: declarations proposed from unconfirmed files, what arrived and waits."""
FIELDS_FOR_STAFF = frozenset({"capturedLogs", "capturedLogsMetadata", "utilizedEnvVarsOrError"})
"""What processes printed, as GraphQL has it, and which variables of the environment they were given."""
FOR_NOBODY = ("/report_asset_", "/notebook", "/dagit/notebook")
USER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


class Role(StrEnum):
    """``READER``: whoever sits at this machine while the server is read-only."""

    STAFF = "staff"
    PARTNER = "partner"
    READER = "reader"


@dataclass(frozen=True)
class Person:
    """Who asks: ``name`` as the proxy knows them; empty on this machine without a proxy."""

    role: Role
    name: str = ""

    @property
    def may_change(self) -> bool:
        return self.role is Role.STAFF


def who_asks(headers: Headers, exposure: Exposure) -> Person:
    """Raises ``Refusal`` if the request did not come through the proxy that stands before this server."""
    if exposure.secret is None:
        return Person(Role.READER if exposure.read_only else Role.STAFF)
    sent = headers.getlist(SECRET_HEADER)
    expected = exposure.secret.get_secret_value()
    if len(sent) != 1 or not hmac.compare_digest(sent[0].encode("latin-1"), expected.encode()):
        raise Refusal(403, "This server answers to its proxy alone. Use the public address.")
    roles, users = headers.getlist(ROLE_HEADER), headers.getlist(USER_HEADER)
    if len(roles) != 1 or len(users) != 1 or roles[0] not in (Role.STAFF, Role.PARTNER) or not USER.fullmatch(users[0]):
        raise Refusal(403, "This account has no role here. Ask whoever keeps the list of users.")
    role = Role(roles[0])
    return Person(Role.READER if exposure.read_only and role is Role.STAFF else role, users[0])


def refuse_path(person: Person, path: str) -> None:
    """Raises ``Refusal`` for an address that is not for this person, or for nobody."""
    if path.startswith(FOR_NOBODY):
        raise Refusal(403, "Nothing is reported or opened by this address: only builds say what was built.")
    is_hidden = path.startswith(REPORTS) and path.split("/")[2] not in REPORTS_FOR_ALL
    if person.role is Role.PARTNER and (is_hidden or path.startswith(FOR_STAFF)):
        raise Refusal(403, "This is for the staff of the study.")


def refuse_document(person: Person, document: Document, allowed: Iterable[str]) -> None:
    """Raises ``Refusal`` if an operation is of a kind that may not be asked for in this way, or by this person."""
    for kind in sorted(document.kinds - set(allowed)):
        raise Refusal(
            405, f"A {kind} cannot be asked for in this way.", Allow="POST" if kind != SUBSCRIPTION else "GET"
        )
    if MUTATION in document.kinds and not person.may_change:
        raise Refusal(403, "You may read everything here and change nothing.")
    if person.role is Role.PARTNER and document.fields & FIELDS_FOR_STAFF:
        raise Refusal(403, "What processes printed and were given is for the staff of the study.")


BY_GET, BY_POST, BY_SOCKET = (QUERY,), (QUERY, MUTATION), (SUBSCRIPTION,)
"""The kinds of operations that each way may carry."""
