"""The kinds of link between two waves (``pipeline.tables.LINK_KINDS``) by group, and the columns of their tables."""

from __future__ import annotations

import polars as pl

LINKED = ("exact", "normalised", "returned")
PROPOSED = ("written_otherwise", "likely", "unproven", "ambiguous")
LISTED = ("refreshment", "issued")
UNDECLARED = ("new", "contradicted")
CONTRADICTS = "facts_contradict"
COUNTS = {
    "earlier": pl.String,
    "later": pl.String,
    "kind": pl.String,
    "count": pl.Int64,
    "of": pl.Int64,
    "quarantined": pl.Int64,
    "by_chance": pl.Float64,
    "near": pl.Int64,
    "once": pl.Int64,
}
PROPOSALS = {
    "later": pl.String,
    "row": pl.Int64,
    "earlier": pl.String,
    "earlier_row": pl.Int64,
    "kind": pl.String,
    "distance": pl.Int8,
    "facts_agree": pl.Int64,
    "facts_contradict": pl.Int64,
}
NEAREST = {name: dtype for name, dtype in PROPOSALS.items() if name not in ("later",)}
