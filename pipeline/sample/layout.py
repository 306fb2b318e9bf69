"""From made-up answers to a deposit's table, by the study's own declarations: names, codes, directions, missing codes.

The declarations say how a file is read; here they are read the other way round, so that there is one account of what
the files look like.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.errors import CohesionError
from pipeline.specs import Study
from pipeline.specs.deposits import WaveFile
from pipeline.specs.sources import role_columns, source_variable
from pipeline.specs.study import Item, WaveException

Array = np.ndarray


@dataclass(frozen=True)
class Layout:
    """One deposited file: ``frame`` with ids as text and codes as numbers (null where a cell is empty), and labels.

    ``tags`` maps a missing code of the frame to the Stata letter that stands for it in the file; empty without.
    """

    frame: pl.DataFrame
    variable_labels: dict[str, str]
    value_labels: dict[str, dict[float, str]]
    missing: dict[float, str]
    tags: dict[float, str]


def lay_out(
    study: Study,
    wave: str,
    file: WaveFile,
    roles: Mapping[str, list[str] | Array],
    values: Mapping[str, Array],
    reasons: Mapping[str, Array],
    given: Mapping[str, Array],
) -> Layout:
    """One row per person: the columns with a role, then every variable once.

    ``roles``: role → texts or numbers. ``values``: item → values as the declarations make them of the codes.
    ``reasons``: item → for each person "" or why there is no answer; items without are answered by all. ``given``:
    item → source codes instead of values, where several codes mean one value.
    """
    names = role_columns(study, wave, file)
    columns: dict[str, pl.Series] = {names[role]: pl.Series(content) for role, content in roles.items()}
    labels: dict[str, str] = {names[role]: role.replace("_", " ").capitalize() for role in roles}
    value_labels: dict[str, dict[float, str]] = {}
    codes = missing_codes(study)
    for key in (*values, *given):
        variable = source_variable(study, wave, file, key)
        if variable is None or variable in columns:
            continue
        item, exception = study.items[key], study.waves[wave].exceptions.get(key)
        content = given[key] if key in given else encode(item, exception, values[key])
        columns[variable] = with_reasons(content, reasons.get(key), codes)
        labels[variable] = item.label
        value_labels[variable] = _labels(item, exception)
    tags = {code: letter for code, letter in _tags(study).items() if file.format == "dta"}
    named = {code: reason.replace("_", " ").capitalize() for reason, code in codes.items()}
    return Layout(pl.DataFrame(columns), labels, value_labels, named, tags)


def encode(item: Item, exception: WaveException | None, values: Array) -> Array:
    """Source codes of an item's values; where several codes mean one value, the first.

    Raises ``CohesionError`` if the declarations have no code for a value.
    """
    if item.kind == "number":
        return values
    found = np.full(len(values), np.nan)
    for value, code in _codes_of(item, exception).items():
        found[values == value] = code
    uncoded = int(np.isnan(found).sum())
    if uncoded:
        raise CohesionError(
            "the sample holds answers for which the declarations have no code",
            where=f"item `{item.label}`",
            count=uncoded,
            todo="Declare every answer code under `codes` of the item.",
        )
    return found


def _codes_of(item: Item, exception: WaveException | None) -> dict[float, float]:
    labels = item.codes if exception is None or exception.codes is None else exception.codes
    recode = exception.recode if exception is not None and exception.recode else item.recode
    reverse = item.reverse if exception is None or exception.reverse is None else exception.reverse
    numbers = [float(code) for code in labels]
    found: dict[float, float] = {}
    for code in labels:
        value = recode.get(code) if recode else min(numbers) + max(numbers) - float(code) if reverse else float(code)
        if isinstance(value, int | float):
            found.setdefault(float(value), float(code))
    return found


def with_reasons(content: Array, reasons: Array | None, codes: Mapping[str, float]) -> pl.Series:
    """Codes, with the missing code of each reason; an empty cell where the reason is "blank"."""
    if reasons is not None:
        content = content.copy()
        for reason in set(reasons.tolist()) - {""}:
            content[reasons == reason] = codes.get(reason, np.nan)
    return pl.Series(content).fill_nan(None)


def missing_codes(study: Study) -> dict[str, float]:
    """Reason → the numeric code that the study declares for it (the first, if several)."""
    found: dict[str, float] = {}
    for code, reason in study.about.missing.items():
        if not code.startswith("."):
            found.setdefault(reason, float(code))
    return found


def _tags(study: Study) -> dict[float, str]:
    """Missing code → the letter that stands for the same reason in the study's Stata files, if it declares one."""
    letters = {reason: code[1] for code, reason in study.about.missing.items() if code.startswith(".")}
    return {code: letters[reason] for reason, code in missing_codes(study).items() if reason in letters}


def _labels(item: Item, exception: WaveException | None) -> dict[float, str]:
    labels = item.codes if exception is None or exception.codes is None else exception.codes
    return {float(code): label for code, label in labels.items()}
