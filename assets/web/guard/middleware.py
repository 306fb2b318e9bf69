"""The guard: an ASGI application around the web server that passes on only what was read and may be asked."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assets.web.guard.body import json_query, query_of_address, read_body, refuse_large
from assets.web.guard.exposure import Exposure
from assets.web.guard.headers import complete
from assets.web.guard.operations import read_document
from assets.web.guard.places import expected_origin, refuse_other_sites, refuse_reading_elsewhere
from assets.web.guard.refusal import Refusal
from assets.web.guard.roles import (
    BY_GET,
    BY_POST,
    OWN_HEADERS,
    Person,
    Role,
    refuse_document,
    refuse_path,
    who_asks,
)
from assets.web.guard.sockets import guarded_socket

GRAPHQL, HEALTH = "/graphql", "/health"
WITHOUT_LINKS = ("/graphql", "/logs/", "/download_debug/")
"""What costs work or holds more than a page: not fetched from another site, not even by a link."""
PERSON = "cohesion.person"
Record = Callable[[Person, tuple[str, ...], Mapping[str, Any]], None]
"""Told of each change before it is passed on: who, which mutations, with which variables."""
logger = logging.getLogger("cohesion.guard")


class Guard:
    """``app`` as seen through ``exposure``; ``record`` is called for each change that a known person requests."""

    def __init__(self, app: ASGIApp, exposure: Exposure, record: Record | None = None) -> None:
        self._app, self._exposure, self._record = app, exposure, record

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        passed: Callable[[], Awaitable[None]]
        try:
            passed = await self._checked(scope, receive, send)
        except Refusal as refusal:
            return await _refuse(refusal, scope, receive, send)
        return await passed()

    async def _checked(self, scope: Scope, receive: Receive, send: Send) -> Callable[[], Awaitable[None]]:
        """What is to be run for this request. Raises ``Refusal``."""
        headers, path = Headers(scope=scope), scope["path"]
        if path == HEALTH and scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            return lambda: PlainTextResponse("ok")(scope, receive, _completed(send, path))
        refuse_large(headers)
        person = who_asks(headers, self._exposure)
        origin = expected_origin(headers, self._exposure.origins)
        _refuse_odd(path)
        refuse_path(person, path)
        inner = {
            **scope,
            "headers": [pair for pair in scope["headers"] if pair[0].decode("latin-1") not in OWN_HEADERS],
        }
        inner[PERSON] = person
        if scope["type"] == "websocket":
            if path != GRAPHQL:
                raise Refusal(403, "Nothing listens to a websocket there.")
            refuse_other_sites(headers, origin)
            return lambda: guarded_socket(self._app, person, inner, receive, send)
        return await self._request(inner, headers, person, origin, receive, _completed(send, path))

    async def _request(
        self, scope: Scope, headers: Headers, person: Person, origin: str, receive: Receive, send: Send
    ) -> Callable[[], Awaitable[None]]:
        method, path = scope["method"], scope["path"]
        if method in ("GET", "HEAD"):
            if path.startswith(WITHOUT_LINKS):
                refuse_reading_elsewhere(headers)
            if path == GRAPHQL:
                _by_address(scope, method, headers, person)
            return lambda: self._app(scope, receive, send)
        if method != "POST" or path != GRAPHQL:
            raise Refusal(405, "This cannot be asked for in this way.", Allow="GET, HEAD")
        refuse_other_sites(headers, origin)
        asked = json_query(headers, await read_body(receive))
        document = read_document(asked["query"])
        refuse_document(person, document, BY_POST)
        if document.changes:
            await self._note(person, document.changes, asked["variables"] or {})
        again = _with_body(scope, json.dumps(asked).encode(), receive)
        return lambda: self._app(*again, send)

    async def _note(self, person: Person, changes: tuple[str, ...], variables: Mapping[str, Any]) -> None:
        if self._record is None or not person.name:
            return
        try:
            await run_in_threadpool(self._record, person, changes, variables)
        except Exception as error:
            logger.error("A change was refused, since the audit log cannot be written: %s", error)
            raise Refusal(503, "The audit log cannot be written. Nothing was changed.") from None


def person_of(scope: Mapping[str, Any]) -> Person:
    """Who asks, as the guard found it; somebody who may change nothing where no guard stands."""
    found = scope.get(PERSON)
    return found if isinstance(found, Person) else Person(Role.PARTNER)


def _by_address(scope: Scope, method: str, headers: Headers, person: Person) -> None:
    """A query by GET, or Dagster's page for trying them, which reads the address in the browser alone."""
    if method == "HEAD":
        raise Refusal(405, "This cannot be asked for in this way.", Allow="GET, POST")
    sent = QueryParams(scope["query_string"])
    if not sent.multi_items() and "text/html" in headers.get("accept", ""):
        return
    asked = query_of_address(sent)
    refuse_document(person, read_document(asked["query"]), BY_GET)
    said = {**asked, "variables": json.dumps(asked["variables"]) if asked["variables"] is not None else None}
    scope["query_string"] = urlencode({key: value for key, value in said.items() if value is not None}).encode("ascii")


def _with_body(scope: Scope, body: bytes, receive: Receive) -> tuple[Scope, Receive]:
    """The request with another body; whoever waits for more hears of its end as before."""
    kept = [
        pair for pair in scope["headers"] if pair[0] not in (b"content-length", b"content-type", b"transfer-encoding")
    ]
    kept += [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return {**scope, "headers": kept, "query_string": b""}, again


def _refuse_odd(path: str) -> None:
    """Raises ``Refusal`` for an address that climbs, or holds characters that no address of a page has."""
    if any(part in (".", "..") for part in path.split("/")) or "\\" in path or not path.isprintable():
        raise Refusal(400, "There is no such address.")


def _completed(send: Send, path: str) -> Send:
    async def completed(message: Message) -> None:
        if message["type"] == "http.response.start":
            message.setdefault("headers", [])
            complete(MutableHeaders(scope=message), path)
        await send(message)

    return completed


async def _refuse(refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    logger.info("%s %s: %s", scope.get("method", "websocket"), refusal.status, refusal.why)
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    answer: PlainTextResponse | JSONResponse
    headers = {**refusal.headers, "Cache-Control": "no-store", "Connection": "close"}
    if scope["path"] == GRAPHQL:
        said = {"data": None, "errors": [{"message": refusal.why}]}
        answer = JSONResponse(said, status_code=refusal.status, headers=headers)
    else:
        answer = PlainTextResponse(f"{refusal.why}\n", status_code=refusal.status, headers=headers)
    await answer(scope, receive, _completed(send, scope["path"]))
