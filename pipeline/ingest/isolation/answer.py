"""What the reader process sends back: a deposit or an error, as JSON, followed by the frame as Arrow. No pickle."""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from typing import Any, BinaryIO

import polars as pl

from pipeline.errors import DepositError
from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.formats.reading import attempt
from pipeline.ingest.formats.request import Request
from pipeline.ingest.formats.table import Notice
from pipeline.ingest.isolation.process import ended_without_answer

_LENGTH = 8


def write_answer(request: Request, outgoing: BinaryIO) -> None:
    """Read the file, and write its deposit, or the error in its place."""
    frame = b""
    try:
        deposit = attempt(request)
        frame = _frame_bytes(deposit.frame)
        about = _without_frame(deposit)
    except DepositError as error:
        about = {"error": {"what": error.what, "where": error.where, "count": error.count, "todo": error.todo}}
    about["frame_bytes"] = len(frame)
    header = json.dumps(about).encode()
    outgoing.write(len(header).to_bytes(_LENGTH, "little"))
    outgoing.write(header)
    outgoing.write(frame)


def _without_frame(deposit: Deposit) -> dict[str, Any]:
    return {
        name: [asdict(notice) for notice in value] if name == "notices" else value
        for name, value in vars(deposit).items()
        if name != "frame"
    }


def _frame_bytes(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_ipc(buffer)
    return buffer.getvalue()


def from_bytes(answer: bytes | bytearray, request: Request) -> Deposit:
    """The deposit an answer holds. Raises the ``DepositError`` it holds instead, or one if half of it is missing."""
    start = _LENGTH + int.from_bytes(answer[:_LENGTH], "little")
    if len(answer) < max(start, _LENGTH + 1):
        raise ended_without_answer(request)
    about: dict[str, Any] = json.loads(answer[_LENGTH:start])
    if len(answer) != start + about["frame_bytes"]:
        raise ended_without_answer(request)
    if "error" in about:
        error = about["error"]
        raise DepositError(error["what"], where=error["where"], count=error["count"], todo=error["todo"])
    return Deposit(
        frame=pl.read_ipc(bytes(memoryview(answer)[start:])),
        labels=about["labels"],
        value_labels=about["value_labels"],
        missing_ranges={
            name: [(low, high) for low, high in bounds] for name, bounds in about["missing_ranges"].items()
        },
        receipt=about["receipt"],
        notices=tuple(Notice(**notice) for notice in about["notices"]),
        undeclared=tuple(about["undeclared"]),
        absent=about["absent"],
        set_aside=about["set_aside"],
        row_numbers=None if about["row_numbers"] is None else tuple(about["row_numbers"]),
        findings=tuple(about["findings"]),
    )
