"""What a YAML file may ask of its reader: how deep it nests, and how much its aliases repeat. Measured, never built.

An alias stands for all that its anchor holds, so that seven lines may stand for five million values ("billion laughs"),
and an alias inside its own anchor for a value without end. The events of the parser say so before anything is built.
"""

from __future__ import annotations

from typing import Any

import yaml

DEEPEST = 60
"""Levels within levels; a declaration has six."""
MOST_REPEATED = 20_000
"""Values that aliases may stand for, over a whole file; the largest items.yaml at hand holds fewer."""


class _Measure:
    """Sizes of the values that are open, of those that have an anchor, and of what aliases repeat."""

    def __init__(self) -> None:
        self.open: list[tuple[str | None, int]] = []
        self.sizes: dict[str, int] = {}
        self.repeated = 0

    def take(self, event: Any) -> str | None:
        """Count one event; what is wrong with it, or None."""
        if isinstance(event, yaml.AliasEvent):
            return self._alias(str(event.anchor))
        if isinstance(event, yaml.CollectionStartEvent):
            self.open.append((event.anchor, 1))
            if len(self.open) > DEEPEST:
                return f"nests more than {DEEPEST} levels deep. Write it flatter."
        elif isinstance(event, yaml.CollectionEndEvent):
            self._add(*self.open.pop())
        elif isinstance(event, yaml.ScalarEvent):
            self._add(event.anchor, 1)
        return None

    def _add(self, anchor: str | None, size: int) -> None:
        if anchor is not None:
            self.sizes[anchor] = size
        if self.open:
            name, held = self.open[-1]
            self.open[-1] = (name, held + size)

    def _alias(self, anchor: str) -> str | None:
        if any(anchor == name for name, _ in self.open):
            return f"`*{anchor}` stands inside its own anchor `&{anchor}`: it would never end. Write the value out."
        size = self.sizes.get(anchor, 1)
        self.repeated += size
        if self.repeated > MOST_REPEATED:
            return (
                f"with `*{anchor}` the aliases of this file stand for {self.repeated:,} values; "
                f"at most {MOST_REPEATED:,} are read. Write the values out, without aliases."
            )
        self._add(None, size)
        return None


def beyond_bounds(text: str, loader: Any) -> tuple[int, str] | None:
    """The line (from 0) at which a text asks too much of its reader, and why; None for text that may be read.

    Text that is not YAML at all is left to whoever reads it.
    """
    if _is_plain(text):
        return None
    measure = _Measure()
    try:
        for event in yaml.parse(text, Loader=loader):
            problem = measure.take(event)
            if problem is not None:
                return event.start_mark.line if event.start_mark else 0, problem
    except yaml.YAMLError:
        return None
    return None


def _is_plain(text: str) -> bool:
    """Whether a text is within bounds at a glance: no alias, and nothing that could nest too deep."""
    if "*" in text or text.count("[") + text.count("{") > DEEPEST // 2:
        return False
    deepest = max((len(line) - len(line.lstrip(" -?")) for line in text.splitlines()), default=0)
    return deepest < DEEPEST // 2
