"""Why margins cannot be met together, in words that a field team can act on."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from pipeline.weights.arrays import BoolArray, FloatArray
from pipeline.weights.cells import Cells, listed

PRECISION = 10**9
SLACK = 1e-6


def contradiction(cells: Cells) -> str:
    """Which two margins contradict, and by how much; or that only all of them together do.

    Two margins can be met by some weights exactly if the shares can flow from the categories of one to those of the
    other over the combinations that occur in the sample (a transport problem); where not, the minimum cut names
    the categories whose persons are all found in too small a part of the other margin (Hall's condition).
    """
    for first, second in combinations(range(len(cells.variables)), 2):
        sentence = _pair(cells, first, second)
        if sentence:
            return sentence
    return (
        "each pair of margins could be met, but not all of them together: too few combinations of "
        f"{listed(cells.variables)} occur in the sample"
    )


def _pair(cells: Cells, first: int, second: int) -> str | None:
    occurs = np.zeros((len(cells.categories[first]), len(cells.categories[second])), dtype=bool)
    occurs[cells.codes[first], cells.codes[second]] = True
    stuck = _stuck(occurs, cells.shares[first], cells.shares[second])
    if stuck is None:
        return None
    reached: BoolArray = np.asarray(occurs[stuck].any(axis=0))
    asked, room = cells.shares[first][stuck].sum(), cells.shares[second][reached].sum()
    here = listed([name for name, one in zip(cells.categories[first], stuck, strict=True) if one])
    there = listed([name for name, one in zip(cells.categories[second], reached, strict=True) if one])
    return (
        f"{cells.variables[first]} and {cells.variables[second]} contradict: everyone in {cells.variables[first]} = "
        f"{here} is in {cells.variables[second]} = {there}, but the margins ask for {asked:.1%} of the first and "
        f"allow {room:.1%} in the second"
    )


def _stuck(occurs: BoolArray, supply: FloatArray, demand: FloatArray) -> BoolArray | None:
    """The rows on the source's side of the minimum cut, or None where everything can flow."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import breadth_first_order, maximum_flow

    rows, columns = occurs.shape
    source, sink = rows + columns, rows + columns + 1
    capacity = np.zeros((sink + 1, sink + 1), dtype=np.int32)
    capacity[source, :rows] = np.round(supply * PRECISION)
    capacity[rows : rows + columns, sink] = np.round(demand * PRECISION)
    capacity[:rows, rows : rows + columns] = np.where(occurs, 2 * PRECISION, 0)
    flow = maximum_flow(csr_array(capacity), source, sink)
    if flow.flow_value >= (1 - SLACK) * PRECISION:
        return None
    residual = csr_array((capacity.astype(np.int64) - flow.flow.toarray() > 0).astype(np.int8))
    reachable = breadth_first_order(residual, source, return_predecessors=False)
    return np.isin(np.arange(rows), reachable)
