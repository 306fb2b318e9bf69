"""What figures and papers say of where they come from: the stamp of their step, their models and their deposits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from assets.engine.canonical import digest
from assets.engine.node import Key, Stamp, Tables
from assets.nodes.ingest import has_joins
from pipeline.specs import AnyModel, Study
from pipeline.specs.measured.used import waves_used
from pipeline.specs.provenance import Deposit, Made, Provenance
from pipeline.specs.weight_used import weight_in_words

if TYPE_CHECKING:
    import polars as pl

SHORT = 8
FILES = ("receipts/", "joins/")
"""Inputs of which the files count, and not when they came or what they matched."""


def made(models: Mapping[str, AnyModel], study: Study, every: Mapping[str, AnyModel]) -> dict[str, Made]:
    """Model → the waves and the weight that it rests on; ``every``: the models that it may be of."""
    return {
        name: Made(waves_used(model, study, every), weight_in_words(model, study, every))
        for name, model in models.items()
    }


def receipts(study: Study, waves: Iterable[str]) -> dict[str, Mapping[str, Key]]:
    """The inputs that say which files the waves came in, and which were joined to them."""
    waves = tuple(waves)
    joined = {wave: ("joins", study.key, wave) for wave in waves if has_joins(study, wave)}
    found: dict[str, Mapping[str, Key]] = {"receipts": {wave: ("receipt", study.key, wave) for wave in waves}}
    return found | ({"joins": joined} if joined else {})


def received(tables: Tables) -> list[pl.DataFrame]:
    """Receipts of the waves, and of the files that were joined to them."""
    return [*tables["receipts"].values(), *tables.get("joins", {}).values()]


def provenance(
    stamp: Stamp, models: Mapping[str, Made], frames: Collection[pl.DataFrame], waves: Iterable[str]
) -> Provenance:
    """Where an output comes from. Of the receipts only the files count: when they came is no part of a result."""
    columns = ("wave", "arm", "file", "sha256")
    rows = dict.fromkeys(row for frame in frames for row in frame.select(columns).iter_rows())
    deposits = tuple(Deposit(*row) for row in rows)
    inputs = [f"{name}={sha256}" for name, sha256 in stamp.inputs.items() if not name.startswith(FILES)]
    build = digest(stamp.version, *inputs, *(f"{one.wave} {one.arm} {one.sha256}" for one in deposits))
    return Provenance(build, f"{stamp.package}+{stamp.code[:SHORT]}", models, deposits, tuple(waves))
