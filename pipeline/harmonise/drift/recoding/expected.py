"""What the same people's answers would be, one wave later, if only people changed and not the codes.

Ordered answers are cut from a normal trait: its change between waves has a mean, a spread and a correlation, and some
people simply repeat themselves. So P(now = j | before = a) is known for every state on a grid of those four. Sources:
the polychoric model (Olsson 1979, Psychometrika 44) with the thresholds of the wave before; the mover–stayer model
(Goodman 1961) for the people who repeat themselves and for categories without an order.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

CHANGE, SPREAD = 0.3, 0.12
"""Standard deviations of the mean change (in standard deviations) and of the log ratio of spreads that are usual."""
POINTS = 4
"""Points within a category at which the trait is evaluated."""
FLOOR = 1e-6
RHO = np.array([0.0, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.92])
DELTA = np.array([-0.9, -0.6, -0.4, -0.2, 0.0, 0.2, 0.4, 0.6, 0.9])
LOG_SPREAD = np.array([-0.2, 0.0, 0.2])
REPEAT = np.array([0.0, 0.2, 0.4])


@dataclass(frozen=True)
class Grid:
    """States of the trait: one row each of correlation, change, log ratio of spreads and share who repeat."""

    states: Matrix

    @cached_property
    def moves(self) -> tuple[Matrix, NDArray[np.int64]]:
        """The different states of correlation, change and spread, and which of them each state has."""
        moves, place = np.unique(self.states[:, :3], axis=0, return_inverse=True)
        return moves, place.ravel()

    @cached_property
    def prior(self) -> Matrix:
        """Log density of each state, but for a constant: how usual such a change is."""
        _, delta, log_spread, _ = self.states.T
        return np.asarray(-((delta / CHANGE) ** 2 + (log_spread / SPREAD) ** 2) / 2)

    @cached_property
    def allowance(self) -> Matrix:
        """Share of a misfit of the shares that is due to the wave before being a sample too.

        Its shares are taken as those of the population. Where answers are stable, their error cancels out; where they
        are not, the shares of two waves differ by twice the variance of one: by ``2 / (1 + r)`` of it.
        """
        rho, _, _, repeat = self.states.T
        return np.asarray((1 - (1 - repeat) * rho - repeat) / 2)

    def around(self, state: int, width: float) -> Grid:
        """A finer grid about one state."""
        rho, delta, log_spread, repeat = self.states[state]
        return grid(
            np.clip(rho + width * np.array([-0.08, -0.04, 0, 0.04, 0.08]), 0, 0.97),
            delta + width * np.array([-0.1, -0.05, 0, 0.05, 0.1]),
            log_spread + width * np.array([-0.1, 0, 0.1]),
            np.clip(repeat + width * np.array([-0.1, 0, 0.1]), 0, 0.9),
        )


def grid(rho: Matrix, delta: Matrix, log_spread: Matrix, repeat: Matrix) -> Grid:
    """Every combination of the four."""
    axes = np.meshgrid(rho, delta, log_spread, repeat, indexing="ij")
    return Grid(np.column_stack([axis.ravel() for axis in axes]))


COARSE = grid(RHO, DELTA, LOG_SPREAD, REPEAT)
SCREEN = grid(RHO[1::2], DELTA[::2], np.zeros(1), REPEAT[:2])
"""A few states, enough to say which items need the others."""


def ordered(before: Matrix, over: Grid) -> Matrix:
    """P(now = j | before = a) for each state: states × categories × categories, from the counts of the wave before."""
    from scipy.special import ndtr, ndtri

    shares = (before + 0.5) / (before + 0.5).sum()
    below = np.concatenate([[0.0], np.cumsum(shares)[:-1]])
    traits = ndtri(below[:, None] + shares[:, None] * (np.arange(POINTS) + 0.5) / POINTS)  # categories × points
    thresholds = ndtri(np.clip(np.cumsum(shares)[:-1], 1e-9, 1 - 1e-9))
    moves, place = over.moves
    rho, delta, spread = moves[:, 0], moves[:, 1], np.exp(moves[:, 2])
    centre = delta[:, None, None] + (spread * rho)[:, None, None] * traits
    width = spread * np.sqrt(1 - rho**2)
    under = ndtr((thresholds - centre[..., None]) / width[:, None, None, None]).mean(axis=2)
    cumulative = np.concatenate([np.zeros((*under.shape[:2], 1)), under, np.ones((*under.shape[:2], 1))], axis=2)
    moved = np.diff(cumulative, axis=2)[place]
    repeat = over.states[:, 3][:, None, None]
    return np.asarray(np.maximum((1 - repeat) * moved + repeat * np.eye(len(before)), FLOOR))
