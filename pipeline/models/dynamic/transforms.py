"""What takes the person's level out of an equation: first differences, or forward orthogonal deviations.

Both are linear in a person's rows, M_i x_i. A hole in a person's waves costs a difference both rows beside it, a
deviation none (Arellano & Bover 1995; Roodman 2009). Deviations stand a period late, where a difference would stand,
so that the same lags are instruments of both.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

Transformation = Literal["difference", "deviations"]


def transformed_rows(complete: np.ndarray, how: Transformation) -> np.ndarray:
    """Which periods (persons × periods) have a transformed row, from those that are ``complete``."""
    rows = np.zeros_like(complete)
    if how == "difference":
        rows[:, 1:] = complete[:, 1:] & complete[:, :-1]
    else:
        rows[:, 1:] = complete[:, :-1] & (_after(complete)[:, :-1] > 0)
    return rows


def transformed(values: np.ndarray, complete: np.ndarray, how: Transformation) -> np.ndarray:
    """M x of ``values`` (persons × periods × columns), zero where there is no row."""
    present = np.where(complete[:, :, None], values, 0.0)
    made = np.zeros_like(present)
    if how == "difference":
        made[:, 1:] = present[:, 1:] - present[:, :-1]
    else:
        later, n_later = _later(present), _after(complete)[:, :, None]
        mean = later / np.maximum(n_later, 1)
        made[:, 1:] = (np.sqrt(n_later / (n_later + 1)) * (present - mean))[:, :-1]
    return np.where(transformed_rows(complete, how)[:, :, None], made, 0.0)


def transposed(values: np.ndarray, complete: np.ndarray, how: Transformation) -> np.ndarray:
    """M' z of ``values`` (persons × periods × columns) in transformed rows, which are zero where there is no row."""
    moved = np.zeros_like(values)
    moved[:, :-1] = values[:, 1:]  # to the period that the row is of, or starts from
    if how == "difference":
        return np.asarray(values - moved)
    n_later = _after(complete)[:, :, None]
    scale = np.sqrt(n_later / (n_later + 1))
    shares = np.cumsum(moved * scale / np.maximum(n_later, 1), axis=1)
    before = np.zeros_like(shares)
    before[:, 1:] = shares[:, :-1]
    return np.where(complete[:, :, None], moved * scale - before, 0.0)


def _after(complete: np.ndarray) -> np.ndarray:
    """How many complete rows come after each period."""
    return _later(complete[:, :, None].astype(float))[:, :, 0]


def _later(values: np.ndarray) -> np.ndarray:
    """The sum over later periods."""
    sums = np.cumsum(values[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(sums - values)
