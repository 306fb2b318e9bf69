"""How the functions of this room refuse: a ModelError (a CohesionError) with what, where and what to do."""

from __future__ import annotations

from pipeline.errors import ModelError


def refused(what: str, *, where: str = "", count: int | None = None, todo: str = "") -> ModelError:
    """The refusal in one sentence."""
    return ModelError(what, where=where, count=count, todo=todo)
