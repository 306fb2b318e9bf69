"""The GraphQL of a request: one JSON object of limited size, read once and written anew for whoever answers it."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers, QueryParams
from starlette.types import Receive

from assets.web.guard.refusal import Refusal

LARGEST = 1 << 20
"""Bytes of a request: a launchpad's configuration is a few thousand."""
KEYS = frozenset({"query", "variables", "operationName", "extensions"})


def refuse_large(headers: Headers) -> None:
    """Raises ``Refusal`` if a request says of itself that it is too large, or has a length that is no number."""
    for length in headers.getlist("content-length"):
        if not length.isdecimal():
            raise Refusal(400, "The length of the request is no number.")
        if int(length) > LARGEST:
            raise _too_large()


async def read_body(receive: Receive) -> bytes:
    """The whole body. Raises ``Refusal`` if it is too large, whatever it says of itself, or breaks off."""
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refusal(400, "The request broke off.")
        part = message.get("body", b"")
        size += len(part)
        if size > LARGEST:
            raise _too_large()
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def json_query(headers: Headers, body: bytes) -> dict[str, Any]:
    """What a POST asks: ``query``, ``variables`` and ``operationName``.

    Raises ``Refusal`` for another type than JSON, which a form of another site's page can send without asking first.
    """
    types = headers.getlist("content-type")
    if len(types) != 1 or types[0].split(";")[0].strip().lower() != "application/json":
        raise Refusal(415, "GraphQL is sent as application/json.")
    if headers.get("content-encoding", "identity") != "identity":
        raise Refusal(415, "GraphQL is sent as it is, not compressed.")
    try:
        asked = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Refusal(400, "The request is no JSON.") from None
    return checked(asked)


def query_of_address(sent: QueryParams) -> dict[str, Any]:
    """What a GET asks. Raises ``Refusal`` if something is said twice, or is unknown."""
    pairs = sent.multi_items()
    asked: dict[str, Any] = dict(pairs)
    if len(pairs) != len(asked):
        raise Refusal(400, "The address says one thing twice.")
    if asked.get("variables"):
        try:
            asked["variables"] = json.loads(asked["variables"])
        except (ValueError, RecursionError):
            raise Refusal(400, "The variables are no JSON.") from None
    return checked({key: value for key, value in asked.items() if value != ""})


def checked(asked: object) -> dict[str, Any]:
    """Raises ``Refusal`` if this is not one operation as GraphQL over HTTP has it, or names a query kept elsewhere."""
    if not isinstance(asked, dict):
        raise Refusal(400, "The request is not one GraphQL operation as a JSON object; several at once are not taken.")
    if not asked.keys() <= KEYS:
        raise Refusal(400, f"The request holds something else than {', '.join(sorted(KEYS))}.")
    variables, operation = asked.get("variables"), asked.get("operationName")
    if not isinstance(variables, dict | None) or not isinstance(operation, str | None):
        raise Refusal(400, "The variables are no object, or the name of the operation is no text.")
    extensions = asked.get("extensions")
    if extensions is not None and (not isinstance(extensions, Mapping) or "persistedQuery" in extensions):
        raise Refusal(400, "Queries that are kept on the server are not known here.")
    return {"query": asked.get("query"), "variables": variables, "operationName": operation}


def _too_large() -> Refusal:
    return Refusal(413, f"The request is larger than {LARGEST // 1024:,} KiB.")
