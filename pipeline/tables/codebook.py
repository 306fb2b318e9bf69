"""What a codebook counts."""

from __future__ import annotations

import dataframely as dy


class CodebookCounts(dy.Schema):
    """One row per wave, item and code: what it means, and how many people gave it, unless that is confidential."""

    wave = dy.String(primary_key=True)
    item = dy.String(primary_key=True)
    code = dy.String(primary_key=True)
    label = dy.String(nullable=True)
    value = dy.Float64(nullable=True)
    reason = dy.String(nullable=True)
    count = dy.Int64(nullable=True, min=0)
