"""Deposited files into frames: one reader per format, receipts, pseudonyms, and the safety of untrusted files.

Nothing is imported until it is asked for, so that the reader process (and a command line that wants it warm)
starts in milliseconds.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.ingest.deposit import Deposit, Limits, Request, read_deposit, read_deposits
    from pipeline.ingest.find import check_file_name, find_file
    from pipeline.ingest.ids import check_ids, normalise_ids
    from pipeline.ingest.isolation import warm
    from pipeline.ingest.links import Links, link_waves
    from pipeline.ingest.privacy import scan
    from pipeline.ingest.pseudonyms import load_or_create_key, pseudonymise
    from pipeline.ingest.quarantine import outside, set_values_apart, sort_rows
    from pipeline.ingest.receipts import check_receipt, receipt
    from pipeline.ingest.redelivery import differences
    from pipeline.ingest.search import traces
    from pipeline.ingest.store import keep_deposit, write_parquet
    from pipeline.ingest.withdrawals import read_withdrawals, scope_of

_HOMES = {
    "deposit": ("Deposit", "Limits", "Request", "read_deposit", "read_deposits"),
    "find": ("check_file_name", "find_file"),
    "ids": ("check_ids", "normalise_ids"),
    "isolation": ("warm",),
    "links": ("Links", "link_waves"),
    "pseudonyms": ("load_or_create_key", "pseudonymise"),
    "privacy": ("scan",),
    "quarantine": ("outside", "set_values_apart", "sort_rows"),
    "receipts": ("check_receipt", "receipt"),
    "redelivery": ("differences",),
    "store": ("keep_deposit", "write_parquet"),
    "search": ("traces",),
    "withdrawals": ("read_withdrawals", "scope_of"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Deposit",
    "Limits",
    "Links",
    "Request",
    "check_file_name",
    "check_ids",
    "check_receipt",
    "differences",
    "find_file",
    "keep_deposit",
    "link_waves",
    "load_or_create_key",
    "normalise_ids",
    "outside",
    "pseudonymise",
    "read_deposit",
    "read_deposits",
    "read_withdrawals",
    "receipt",
    "scan",
    "scope_of",
    "set_values_apart",
    "sort_rows",
    "traces",
    "warm",
    "write_parquet",
]


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
