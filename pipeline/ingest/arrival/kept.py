"""Kept versions of deposits on disk."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from pipeline.files import sha256_of, write_whole
from pipeline.ingest.formats.receipts import check_receipt
from pipeline.options import known_options
from pipeline.specs.formats import FORMATS

OWNER_READS = 0o400
"""A kept delivery holds answers: its owner alone reads it, and nobody changes it."""


@known_options
def keep_deposit(path: Path, folder: Path, receipt: Mapping[str, str | int]) -> Path:
    """Copy a deposit into ``folder`` under its SHA-256, never under the name it came with; for the owner to read.

    The same bytes are kept once, so that every version stays as it was delivered. Raises ``DepositError`` if the file
    is no longer the one of the receipt.
    """
    kept = folder / f"{receipt['sha256']}{FORMATS[str(receipt['format'])].suffix}"
    if kept.exists():
        return kept

    def copy(draft: Path) -> None:
        shutil.copyfile(path, draft)
        check_receipt({**receipt, "sha256": sha256_of(draft)}, sha256=str(receipt["sha256"]))

    write_whole(kept, copy, mode=OWNER_READS)
    return kept
