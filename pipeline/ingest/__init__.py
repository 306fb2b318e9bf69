"""Deposited files into frames: one reader per format, receipts, pseudonyms, and the safety of untrusted files.

Nothing is imported until it is asked for, so that the reader process (and a command line that wants it warm)
starts in milliseconds.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.ingest.arrival.find import check_file_name, find_file
    from pipeline.ingest.arrival.kept import keep_deposit
    from pipeline.ingest.arrival.redelivery import differences
    from pipeline.ingest.formats.deposit import Deposit
    from pipeline.ingest.formats.receipts import check_receipt, receipt
    from pipeline.ingest.formats.request import Limits, Request
    from pipeline.ingest.isolation.process import warm
    from pipeline.ingest.isolation.read import read_deposit, read_deposits
    from pipeline.ingest.linking.links import Links, link_waves
    from pipeline.ingest.people.ids import check_ids, normalise_ids
    from pipeline.ingest.people.key_file import load_key, load_or_create_key
    from pipeline.ingest.people.keys import installation_key
    from pipeline.ingest.people.pseudonyms import pseudonymise
    from pipeline.ingest.people.withdrawals import read_withdrawals, scope_of
    from pipeline.ingest.privacy import scan
    from pipeline.ingest.quarantine.rows import outside, set_values_apart, sort_rows
    from pipeline.ingest.withdrawal.search import traces

_HOMES = {
    "arrival.find": ("check_file_name", "find_file"),
    "arrival.kept": ("keep_deposit",),
    "arrival.redelivery": ("differences",),
    "formats.deposit": ("Deposit",),
    "formats.receipts": ("check_receipt", "receipt"),
    "formats.request": ("Limits", "Request"),
    "isolation.process": ("warm",),
    "isolation.read": ("read_deposit", "read_deposits"),
    "linking.links": ("Links", "link_waves"),
    "people.ids": ("check_ids", "normalise_ids"),
    "people.keys": ("installation_key",),
    "people.key_file": ("load_key", "load_or_create_key"),
    "people.pseudonyms": ("pseudonymise",),
    "people.withdrawals": ("read_withdrawals", "scope_of"),
    "privacy": ("scan",),
    "quarantine.rows": ("outside", "set_values_apart", "sort_rows"),
    "withdrawal.search": ("traces",),
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
    "installation_key",
    "keep_deposit",
    "link_waves",
    "load_key",
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
]


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
