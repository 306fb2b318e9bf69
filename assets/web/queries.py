"""Answers to queries that many readers ask at the same time: worked out once, and not while others wait for files."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Hashable
from typing import Any

from starlette.responses import JSONResponse

Work = Callable[[], Awaitable[JSONResponse]]
AT_ONCE = 6
"""Queries worked out at a time. They share one processor's time, whereas files and pages must not wait behind them."""


class SharedAnswers:
    """Whoever asks what is being worked out for another waits for that answer, unless something was changed meanwhile.

    Fifty open pages ask the same queries every few seconds; worked out for each, the last would wait for a minute.
    """

    def __init__(self) -> None:
        self._changes = 0
        self._coming: dict[Hashable, asyncio.Task[JSONResponse]] = {}

    async def answer(self, key: Hashable, work: Work) -> JSONResponse:
        """The answer to a query that changes nothing. What raises raises for all who wait."""
        place = (self._changes, key)
        task = self._coming.get(place)
        if task is None:
            task = asyncio.ensure_future(work())
            self._coming[place] = task
            task.add_done_callback(lambda _: self._coming.pop(place, None))
        found = await asyncio.shield(task)
        return _Again(found.body, found.status_code)

    async def change(self, work: Work) -> JSONResponse:
        """The answer to a mutation: who asks afterwards is not given what was worked out before."""
        self._changes += 1
        try:
            return await work()
        finally:
            self._changes += 1


class _Again(JSONResponse):
    """An answer that was written already."""

    def render(self, content: bytes) -> bytes:
        return content


def key_of(query: str, variables: dict[str, Any] | None, operation: str | None, *, may_change: bool) -> Hashable:
    """Two requests with the same key have the same answer: it depends on nothing else of who asks."""
    return query, json.dumps(variables, sort_keys=True), operation, may_change
