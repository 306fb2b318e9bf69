"""Declared measurement models: do items measure one thing, alike in every wave and group, and how reliably?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.sem.declared import Material
from pipeline.sem.declared_rows import Rows
from pipeline.sem.invariance import Criterion, Invariance, invariance
from pipeline.sem.measurement import cfa
from pipeline.sem.reliability import alpha, item_table, omega

ROBUST = "robust (Huber-White sandwich), observed information"


def declared_cfa(name: str, material: Material) -> pl.DataFrame:
    """One row per loading, correlation of factors and fit measure, by wave (and group).

    Component ``loading``: ``term`` (an item) on ``outcome`` (its factor); ``loading_standardised``; ``correlation`` of
    factors; ``fit``.
    """
    spec, rows = material.spec, Rows(material.spec.confidence)
    for wave in material.waves(*spec.constructs):
        answered = material.rows.filter(pl.col("wave") == wave)
        try:
            result = cfa(
                answered, dict(material.items), ordered=spec.ordinal,
                **({"group": spec.group} if spec.ordinal else material.options),
            )  # fmt: skip
        except ModelError as problem:
            rows.withheld("model", "fit", "chi_square", problem, wave=wave)
            continue
        start = len(rows.found)
        for row in result.estimates.iter_rows(named=True):
            _loading(rows, row, material, wave)
        rows.fit(result, wave=wave)
        for row in rows.found[start:]:
            row["n_persons"] = result.n
    return rows.table(name, "cfa", covariance=_errors(material))


def _errors(material: Material) -> str:
    if material.spec.ordinal:
        return "robust (diagonally weighted least squares, full weight matrix in the sandwich)"
    return ROBUST if material.spec.estimator == "MLR" else "maximum likelihood"


def _loading(rows: Rows, row: Mapping[str, object], material: Material, wave: str) -> None:
    lhs, rhs, more = str(row["lhs"]), str(row["rhs"]), {"wave": wave, "group": row["group"]}
    if row["op"] == "=~":
        rows.parameter(lhs, "loading", rhs, row, **more)
        rows.add(lhs, "loading_standardised", rhs, row["std_all"], **more)  # type: ignore[arg-type]
    elif row["op"] == "~~" and lhs != rhs and lhs in material.items and rhs in material.items:
        rows.add(lhs, "correlation", rhs, row["std_all"], **more)  # type: ignore[arg-type]


LEVELS = ("none", "configural", "thresholds", "metric", "scalar", "strict")
STEP = {
    "cfi": "cfi", "rmsea": "rmsea", "srmr": "srmr", "tli": "tli", "delta_cfi": "delta_cfi",
    "delta_rmsea": "delta_rmsea", "delta_srmr": "delta_srmr",
}  # fmt: skip


def declared_invariance(name: str, material: Material) -> pl.DataFrame:
    """One row per scale, level of invariance and measure, and what the ladder concludes.

    Components ``configural``, ``metric``, ``scalar``, ``strict`` (``partial ...``): chi_square, cfi, rmsea, srmr, the
    differences from the level before, and ``holds`` (1 or 0, the reason in ``note``). Component ``invariance``:
    ``means_comparable``, ``means_partially_comparable`` (1 or 0), ``level`` (in words in ``note``); ``latent_mean``:
    by wave or group against the first, ``latent_mean_partial`` with the freed items let differ.
    """
    spec, rows = material.spec, Rows(material.spec.confidence)
    for construct in spec.constructs:
        waves = material.waves(construct)
        if spec.over == "waves":
            _tested(rows, construct, material, waves, None)
        else:
            for wave in waves:
                _tested(rows, construct, material, (wave,), wave)
    return rows.table(name, "invariance", covariance=_errors(material))


def _tested(rows: Rows, construct: str, material: Material, waves: Sequence[str], wave: str | None) -> None:
    """One scale taken up the ladder, over waves or (``wave``) over the groups of one wave."""
    spec, items = material.spec, material.items[construct]
    rule = Criterion(spec.criterion.cfi_drop, spec.criterion.rmsea_rise, spec.criterion.p)
    factors: list[Any]
    if wave is None:
        frame, factors = material.wide(items, waves), [[f"{item}_{one}" for item in items] for one in waves]
    else:
        frame, factors = material.rows.filter(pl.col("wave") == wave), [*items]
    options = {"ordered": True, "group": spec.group} if spec.ordinal else {**material.options, "partial": spec.partial}
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
    _concluded(rows, construct, found, wave, items)
    _means(rows, construct, found, waves, wave)
    for row in rows.found[start:]:
        row["n_persons"] = found.models["configural"].n


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
        said = "; ".join(filter(None, (step["decision"], reason, f"let go: {step['freed']}" if step["freed"] else "")))
        rows.add(construct, level, "holds", float(step["decision"] != "fails"), wave=wave, note=said)


def _concluded(rows: Rows, construct: str, found: Invariance, wave: str | None, items: Sequence[str]) -> None:
    failed = found.table.filter(pl.col("decision") == "fails")
    why = f"{failed['level'][0]} invariance fails: {failed['reason'][0]}" if failed.height else None
    freed = f"let go: {', '.join(found.freed)}" if found.freed else None
    rows.add(construct, "invariance", "level", float(LEVELS.index(found.level)), wave=wave, note=found.level)
    rows.add(construct, "invariance", "means_comparable", float(found.means_comparable), wave=wave, note=why)
    partly = float(found.means_partially_comparable)
    rows.add(construct, "invariance", "means_partially_comparable", partly, wave=wave, note=freed)


def _means(rows: Rows, construct: str, found: Invariance, waves: Sequence[str], wave: str | None) -> None:
    """Latent means against the first wave or group, with every item alike and with those let go."""
    for row in found.trend.iter_rows(named=True):
        place = {"wave": waves[int(row["place"]) - 1]} if wave is None else {"wave": wave, "group": row["place"]}
        rows.add(construct, "latent_mean", "mean", row["mean"], std_error=row["std_error"], **place)
        if row["mean_partial"] is not None:
            error = row["std_error_partial"]
            rows.add(construct, "latent_mean_partial", "mean", row["mean_partial"], std_error=error, **place)


def declared_reliability(name: str, material: Material) -> pl.DataFrame:
    """One row per scale, wave and coefficient: Cronbach's alpha, McDonald's omega, variance extracted, alpha without
    each item."""
    spec, rows = material.spec, Rows(material.spec.confidence)
    for construct in spec.constructs:
        items = material.items[construct]
        for wave in material.waves(construct):
            answered = material.rows.filter(pl.col("wave") == wave)
            _reliable(rows, construct, items, answered, wave)
    return rows.table(name, "reliability")


def _reliable(rows: Rows, construct: str, items: Sequence[str], answered: pl.DataFrame, wave: str) -> None:
    component = "reliability"
    try:
        found = alpha(answered, items, level=rows.confidence)
    except ModelError as problem:
        rows.withheld(construct, component, "alpha", problem, wave=wave)
        return
    ends = {"conf_low": found.conf_low, "conf_high": found.conf_high, "n_persons": found.n, "wave": wave}
    rows.add(construct, component, "alpha", found.alpha, std_error=found.std_error, **ends)
    if len(items) < 3:
        return
    for row in item_table(answered, items).iter_rows(named=True):
        rows.add(construct, "alpha_without", row["item"], row["alpha_without"], wave=wave)
    try:
        told = omega(answered, {construct: items}).table.row(0, named=True)
    except ModelError as problem:
        rows.withheld(construct, component, "omega", problem, wave=wave)
        return
    for term in ("omega", "ave"):
        rows.add(construct, component, term, told[term], wave=wave, n_persons=told["n"])
