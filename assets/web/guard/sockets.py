"""A websocket of Dagster's pages, message by message: only subscriptions, by people who may have them."""

import json

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assets.web.guard.body import checked
from assets.web.guard.operations import read_document
from assets.web.guard.refusal import Refusal
from assets.web.guard.roles import BY_SOCKET, Person, refuse_document

LARGEST = 256 * 1024
"""Bytes of a message to the server."""
START = "start"
TYPES = frozenset({"connection_init", "connection_terminate", START, "stop"})


async def guarded_socket(app: ASGIApp, person: Person, scope: Scope, receive: Receive, send: Send) -> None:
    """Run ``app`` on the messages that may be passed on; at the first other one the connection is closed."""
    is_closed = False

    async def read() -> Message:
        nonlocal is_closed
        message = await receive()
        if message["type"] == "websocket.receive":
            try:
                return {"type": "websocket.receive", "text": _checked(message, person)}
            except Refusal as refusal:
                is_closed = True
                await send({"type": "websocket.close", "code": 1008, "reason": refusal.why[:120]})
                return {"type": "websocket.disconnect", "code": 1008, "reason": ""}
        return message

    async def write(message: Message) -> None:
        if not is_closed:
            await send(message)

    await app(scope, read, write)


def _checked(message: Message, person: Person) -> str:
    """The message as it was read, written anew. Raises ``Refusal``."""
    try:
        said = json.loads(message.get("text") or "")
    except (ValueError, RecursionError):
        raise Refusal(400, "A message is no JSON.") from None
    if not isinstance(said, dict) or said.get("type") not in TYPES:
        raise Refusal(400, "A message is of no known type.")
    clean = {"type": said["type"]}
    if isinstance(said.get("id"), str | int):
        clean["id"] = said["id"]
    if said["type"] == START:
        asked = checked(said.get("payload"))
        refuse_document(person, read_document(asked["query"]), BY_SOCKET)
        clean["payload"] = {
            "query": asked["query"],
            "variables": asked["variables"],
            "operation_name": asked["operationName"],
        }
    return json.dumps(clean)
