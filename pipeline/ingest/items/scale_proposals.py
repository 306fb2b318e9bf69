"""Batteries proposed as scales, in comments: which items are scored together is a decision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipeline.ingest.items.entries import CHECK
from pipeline.ingest.items.grids import Entry, Grid
from pipeline.ingest.items.keys import free_key
from pipeline.ingest.items.stems import FEWEST
from pipeline.specs.yaml_text import quoted

ALPHA, AGAINST = "alpha", "against"
"""Notes on a question of a battery: its alpha, in words; and why it is keyed against the others."""


def scale_proposals(arranged: Iterable[Grid | Entry]) -> str:
    """Entries of scales.yaml as comments, one for each battery of ordered answers."""
    blocks = list(arranged)
    grids = [block for block in blocks if isinstance(block, Grid)]
    items = {block[0] for block in blocks if not isinstance(block, Grid)} | {
        key for grid in grids for key, _ in grid.rows
    }
    return "\n".join(line for grid in grids if _may_be_scored(grid) for line in _lines(grid, items))


def _may_be_scored(grid: Grid) -> bool:
    """Whether the codes have an order: by their labels, or since the answers go together."""
    rows = [question for _, question in grid.rows]
    has_order = all(ALPHA in row.notes or CHECK not in row.notes.get("kind", "") for row in rows)
    return len(rows) >= FEWEST and has_order and all(row.kind == "ordinal" for row in rows)


def _lines(grid: Grid, items: set[str]) -> Iterator[str]:
    notes = [question.notes for _, question in grid.rows]
    alpha = {note.get(ALPHA, "") for note in notes}
    told = alpha.pop() if len(alpha) == 1 else ""
    against = [key for key, question in grid.rows if AGAINST in question.notes]
    yield f"# {free_key(grid.key, items)}:  # {len(grid.rows)} items on the same codes{f'; {told}' if told else ''}"
    yield f"#   label: {quoted(grid.stem.rstrip(' .:…') or grid.key)}"
    yield f"#   items: [{', '.join(key for key, _ in grid.rows)}]"
    yield f"#   minimum_answered: {-(-len(grid.rows) // 2)}  # half of them"
    if against:
        yield f"#   reverse: [{', '.join(against)}]  # keyed against the others"
