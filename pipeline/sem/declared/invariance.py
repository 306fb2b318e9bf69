"""Declared measurement invariance: does a scale measure alike in every wave or group?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.sem.declared.material import Material, chosen
from pipeline.sem.declared.rows import Rows
from pipeline.sem.families.decision import Configural, Criterion, Invariance
from pipeline.sem.families.invariance import invariance
from pipeline.specs.project import Study
from pipeline.specs.structural import InvarianceCriterion, StructuralModel

LEVELS = ("none", "configural", "thresholds", "metric", "scalar", "strict")
STEP = {
    "cfi": "cfi", "rmsea": "rmsea", "srmr": "srmr", "tli": "tli", "delta_cfi": "delta_cfi",
    "delta_rmsea": "delta_rmsea", "delta_srmr": "delta_srmr",
}  # fmt: skip


def fit(
    name: str, model: StructuralModel, panel: pl.DataFrame, study: Study, answers: pl.DataFrame | None
) -> pl.DataFrame:
    """One row per scale, level of invariance and measure, and what the ladder concludes.

    Components ``configural``, ``metric``, ``scalar``, ``strict`` (``partial ...``): chi_square, cfi, rmsea, srmr, the
    differences from the level before, and ``holds`` (1 or 0, the reason in ``note``). Component ``invariance``:
    ``means_comparable``, ``means_partially_comparable`` (1 or 0), ``level`` (in words in ``note``); ``latent_mean``:
    by wave or group against the first, ``latent_mean_partial`` with the freed items differing.
    """
    material, rows = chosen(model, panel, study, answers), Rows(model.confidence)
    for construct in model.constructs:
        waves = material.waves(construct)
        if model.over == "waves":
            _tested(rows, construct, material, waves, None)
        else:
            for wave in waves:
                _tested(rows, construct, material, (wave,), wave)
    return rows.table(name, "invariance", covariance=material.errors)


def _tested(rows: Rows, construct: str, material: Material, waves: Sequence[str], wave: str | None) -> None:
    """One scale taken up the ladder, over waves or (``wave``) over the groups of one wave."""
    spec, items = material.spec, material.items[construct]
    rule = _rule(spec.criterion)
    factors: list[Any]
    if wave is None:
        frame, factors = material.wide(items, waves), [[f"{item}_{one}" for item in items] for one in waves]
    else:
        frame, factors = material.rows.filter(pl.col("wave") == wave), [*items]
    options = {**material.options, **({"ordered": True} if spec.ordinal else {"partial": spec.partial})}
    try:
        if wave is None and len(waves) < 2:
            raise ModelError("one wave has all the items: there is nothing to compare")
        found = invariance(frame, {construct: factors}, criterion=rule, **options)
    except np.linalg.LinAlgError:
        reason = "the covariances of the answers are singular: one item, or one wave, copies another"
        rows.withheld(construct, "invariance", "means_comparable", reason, wave=wave)
        return
    except ModelError as problem:
        rows.withheld(construct, "invariance", "means_comparable", problem, wave=wave)
        return
    start = len(rows.found)
    _steps(rows, construct, found, wave)
    _concluded(rows, construct, found, wave)
    _means(rows, construct, found, waves, wave)
    first = found.models["configural"]
    rows.add(construct, "invariance", "persons_left_out", float(first.dropped), wave=wave,
             note="; ".join(first.notes) or None)  # fmt: skip
    for row in rows.found[start:]:
        row["n_persons"] = first.n


def _rule(declared: InvarianceCriterion) -> Criterion:
    """The declared rule in the words of the ladder."""
    first = declared.configural
    bounds = Configural(first.cfi, first.rmsea, first.srmr) if first else None
    return Criterion(declared.cfi_drop, declared.rmsea_rise, declared.p, bounds)


def _steps(rows: Rows, construct: str, found: Invariance, wave: str | None) -> None:
    for step in found.table.iter_rows(named=True):
        level, reason = step["level"], step["reason"]
        if step["decision"] == "withheld":
            rows.withheld(construct, level, "holds", reason, wave=wave)
            continue
        rows.add(construct, level, "chi_square", step["chisq"], df=step["df"], p_value=step["p"], wave=wave)
        for theirs, ours in STEP.items():
            if step[theirs] is not None:
                rows.add(construct, level, ours, step[theirs], wave=wave)
        if step["delta_chisq"] is not None:
            tested = {"df": step["delta_df"], "p_value": step["delta_p"], "note": step["note"]}
            rows.add(construct, level, "delta_chi_square", step["delta_chisq"], wave=wave, **tested)
        said = "; ".join(filter(None, (step["decision"], reason, f"freed: {step['freed']}" if step["freed"] else "")))
        rows.add(construct, level, "holds", float(step["decision"] != "fails"), wave=wave, note=said)


def _concluded(rows: Rows, construct: str, found: Invariance, wave: str | None) -> None:
    failed = found.table.filter(pl.col("decision") == "fails")
    why = f"{failed['level'][0]} invariance fails: {failed['reason'][0]}" if failed.height else None
    freed = f"freed: {', '.join(found.freed)}" if found.freed else None
    rows.add(construct, "invariance", "level", float(LEVELS.index(found.level)), wave=wave, note=found.level)
    rows.add(construct, "invariance", "means_comparable", float(found.means_comparable), wave=wave, note=why)
    partly = float(found.means_partially_comparable)
    rows.add(construct, "invariance", "means_partially_comparable", partly, wave=wave, note=freed)


def _means(rows: Rows, construct: str, found: Invariance, waves: Sequence[str], wave: str | None) -> None:
    """Latent means against the first wave or group, with every item alike and with those freed."""
    for row in found.trend.iter_rows(named=True):
        place = {"wave": waves[int(row["place"]) - 1]} if wave is None else {"wave": wave, "group": row["place"]}
        rows.add(construct, "latent_mean", "mean", row["mean"], std_error=row["std_error"], **place)
        if row["mean_partial"] is not None:
            error = row["std_error_partial"]
            rows.add(construct, "latent_mean_partial", "mean", row["mean_partial"], std_error=error, **place)
