"""What figures and papers say of where they come from: the stamp of their step, their models and their deposits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from assets.engine.canonical import digest
from assets.engine.node import Key, Stamp
from pipeline.specs import AnyModel, Study
from pipeline.specs.multiverse import Multiverse
from pipeline.specs.provenance import Deposit, Made, Provenance

if TYPE_CHECKING:
    import polars as pl

SHORT = 8
DELIVERED = "design_weight"


def made(models: Mapping[str, AnyModel], study: Study) -> dict[str, Made]:
    """Model → the waves and the weight that it rests on."""
    return {name: Made(_waves(model, study), _weight(model)) for name, model in models.items()}


def _waves(model: AnyModel, study: Study) -> tuple[str, ...]:
    """The waves that a model names, or else all of its arms."""
    named = tuple(getattr(model, "waves", ()) or ())
    if isinstance(model, Multiverse):
        named = tuple(sorted({wave for waves in model.choices.waves.values() for wave in waves})) or named
    arms = tuple(getattr(model, "arms", ()) or ()) or tuple(study.about.arms)
    own = {wave for arm in arms if arm in study.about.arms for wave in study.about.arms[arm].waves}
    return named or tuple(wave for wave in study.waves if wave in own)


def _weight(model: AnyModel) -> str:
    weight = getattr(model, "weights", None)
    if isinstance(model, Multiverse) and model.choices.weights:
        return "weights as each analysis says"
    if not weight:
        return "unweighted"
    return "weights as delivered" if weight == DELIVERED else f"weight set {weight}"


def receipts(study: str, waves: Iterable[str]) -> dict[str, Mapping[str, Key]]:
    """The input that says which files the waves came in."""
    return {"receipts": {wave: ("receipt", study, wave) for wave in waves}}


def provenance(
    stamp: Stamp, models: Mapping[str, Made], frames: Collection[pl.DataFrame], waves: Iterable[str]
) -> Provenance:
    """Where an output comes from. Of the receipts only the files count: when they came is no part of a result."""
    deposits = tuple(
        Deposit(*row) for frame in frames for row in frame.select("wave", "arm", "file", "sha256").iter_rows()
    )
    inputs = [f"{name}={sha256}" for name, sha256 in stamp.inputs.items() if not name.startswith("receipts/")]
    build = digest(stamp.version, *inputs, *(f"{one.wave} {one.arm} {one.sha256}" for one in deposits))
    return Provenance(build, f"{stamp.package}+{stamp.code[:SHORT]}", models, deposits, tuple(waves))
