"""The two distributions of a latent outcome: logistic and normal."""

from __future__ import annotations

from typing import Literal

import numpy as np

Link = Literal["logit", "probit"]

LATENT_VARIANCE: dict[str, float] = {"logit": np.pi**2 / 3, "probit": 1.0}
"""The variance of the latent error."""


def distribution(link: str, at: np.ndarray) -> np.ndarray:
    """F(at)."""
    from scipy.special import expit, ndtr

    return np.asarray(expit(at) if link == "logit" else ndtr(at))


def density(link: str, at: np.ndarray) -> np.ndarray:
    """F'(at), zero where ``at`` is infinite."""
    from scipy.special import expit

    if link == "logit":
        return np.asarray(expit(at) * expit(-at))
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(-0.5 * at**2) / np.sqrt(2 * np.pi))


def slope(link: str, at: np.ndarray) -> np.ndarray:
    """F''(at), zero where ``at`` is infinite."""
    from scipy.special import expit

    if link == "logit":
        return np.asarray(density(link, at) * (expit(-at) - expit(at)))
    return np.asarray(np.where(np.isfinite(at), -np.where(np.isfinite(at), at, 0.0) * density(link, at), 0.0))
