"""Queries that many readers ask at once are worked out once, and never from before a change."""

import asyncio

import pytest
from starlette.responses import JSONResponse

from assets.web.queries import SharedAnswers, key_of


class Slow:
    """Answers when it is let; counts how often it was asked."""

    def __init__(self, answer: object = "answer") -> None:
        self.asked, self.answer, self.may = 0, answer, asyncio.Event()

    async def __call__(self) -> JSONResponse:
        self.asked += 1
        asked = self.asked
        await self.may.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return JSONResponse({"data": f"{self.answer} {asked}"}, status_code=207)


async def _started(*tasks: asyncio.Task) -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_readers_of_the_same_share_one_answer():
    async def body() -> None:
        shared, slow = SharedAnswers(), Slow()
        readers = [asyncio.create_task(shared.answer("key", slow)) for _ in range(50)]
        await _started()
        slow.may.set()
        answers = await asyncio.gather(*readers)
        assert slow.asked == 1
        assert {(answer.body, answer.status_code) for answer in answers} == {(b'{"data":"answer 1"}', 207)}
        assert len({id(answer) for answer in answers}) == 50, "each has an answer of its own to add headers to"
        await shared.answer("key", slow)
        assert slow.asked == 2, "what was worked out is not kept"

    asyncio.run(body())


def test_whoever_asks_after_a_change_is_not_given_what_was_begun_before_it():
    async def body() -> None:
        shared, before, after, change = SharedAnswers(), Slow("before"), Slow("after"), Slow("change")
        first = asyncio.create_task(shared.answer("key", before))
        await _started()
        changing = asyncio.create_task(shared.change(change))
        await _started()
        during = asyncio.create_task(shared.answer("key", after))
        await _started()
        change.may.set()
        await changing
        last = asyncio.create_task(shared.answer("key", after))
        await _started()
        assert (before.asked, after.asked) == (1, 2)
        before.may.set()
        after.may.set()
        assert b"before" in (await first).body
        assert b"after" in (await during).body
        assert b"after" in (await last).body

    asyncio.run(body())


def test_a_reader_who_leaves_takes_nothing_from_the_others():
    async def body() -> None:
        shared, slow = SharedAnswers(), Slow()
        leaving, staying = (asyncio.create_task(shared.answer("key", slow)) for _ in range(2))
        await _started()
        leaving.cancel()
        await _started()
        slow.may.set()
        assert (await staying).status_code == 207
        assert slow.asked == 1

    asyncio.run(body())


def test_a_failure_is_told_to_all_and_not_kept():
    async def body() -> None:
        shared, failing, well = SharedAnswers(), Slow(ValueError("no")), Slow()
        readers = [asyncio.create_task(shared.answer("key", failing)) for _ in range(3)]
        await _started()
        failing.may.set()
        well.may.set()
        assert [str(found) for found in await asyncio.gather(*readers, return_exceptions=True)] == ["no"] * 3
        assert (await shared.answer("key", well)).status_code == 207

    asyncio.run(body())


@pytest.mark.parametrize(
    "other",
    [("{ b }", {"x": 1}, None, True), ("{ a }", {"x": 2}, None, True), ("{ a }", {"x": 1}, "o", True),
     ("{ a }", {"x": 1}, None, False), ("{ a }", None, None, True)],
)  # fmt: skip
def test_what_is_asked_otherwise_or_by_others_is_another_question(other):
    def key(query, variables, operation, may):
        return key_of(query, variables, operation, may_change=may)

    own = key("{ a }", {"x": 1, "y": 2}, None, True)
    assert own == key("{ a }", {"y": 2, "x": 1}, None, True)
    assert own != key(*other)
    assert key("{ a }", {"x": 1}, None, True) != key(*other)
