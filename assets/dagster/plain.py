"""Failures as people read them: what is wrong, where and what to do, without the places in Dagster's own code."""

from types import TracebackType
from typing import Any

import dagster as dg
from dagster._core.execution.plan import objects
from dagster_shared.error import SerializableErrorInfo

ExcInfo = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]
NAME = "serializable_error_info_from_exc_info"
_with_places: Any = getattr(objects, NAME)


def speak_plainly() -> None:
    """From now on this process records a failure that was raised for people by its words alone."""
    setattr(objects, NAME, _in_words)


def _in_words(exc_info: ExcInfo, **options: Any) -> SerializableErrorInfo:
    error = exc_info[1]
    if isinstance(error, dg.Failure) and error.description:
        in_words: SerializableErrorInfo = SerializableErrorInfo(f"{error.description}\n", stack=[], cls_name=None)
        return in_words
    with_places: SerializableErrorInfo = _with_places(exc_info, **options)
    return with_places
