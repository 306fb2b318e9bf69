"""Options of a mixed model that would mean nothing beside the others are refused, and not passed over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.errors import ModelError


def require_lists(groupings: Mapping[str, Sequence[str]]) -> None:
    """Raises ModelError for the name of a slope where a list of names is taken: its letters would be names."""
    for group, slopes in groupings.items():
        if isinstance(slopes, str):
            todo = f'Write random={{"{group}": ["{slopes}"]}}.'
            raise ModelError("one name where a list of names is taken", where=f"random, {group}", todo=todo)


def refuse_unused(**options: str) -> None:
    """Raises ModelError for the first option that has a text: what it is of, where the model does not have that."""
    for name, what in options.items():
        if what:
            raise ModelError(f"`{name}` is {what}", where=name, todo="Correct it, or leave it out.")
