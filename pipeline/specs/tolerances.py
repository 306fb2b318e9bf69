"""How far a number may differ when the same code runs on another machine: one record per way of computing it.

Linear algebra adds in another order with another BLAS, CPU or number of threads; what is computed from it then differs
in its last bits (2e-8 of the value was seen between thread counts and between versions of numpy). An iterative fit
stops a step earlier or later, and a random draw that lies at a threshold falls on the other side.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.specs.family import CLOSED_FORM, ITERATIVE, SIMULATED
from pipeline.specs.records import Records

COUNTED, PRINTED = "counted", "printed"


@dataclass(frozen=True)
class Tolerance:
    """One way of computing numbers. ``relative``: the largest difference that counts as the same, as a share of the
    number, or of its standard error where that is larger; ``uncertainty``: the same of standard errors and what is
    made of them. Zero: not a bit may differ.
    """

    key: str
    label: str
    relative: float
    uncertainty: float
    why: str


TOLERANCES: Records[Tolerance] = Records(
    "a way of computing a number",
    Tolerance(COUNTED, "Counts", 0.0, 0.0, "people and answers are counted"),
    Tolerance(
        CLOSED_FORM,
        "Closed forms",
        1e-7,
        1e-7,
        "linear algebra adds in another order with another BLAS, CPU, number of threads or version of numpy; 2e-8 was "
        "seen",
    ),
    Tolerance(
        ITERATIVE,
        "Iterative fits",
        1e-4,
        1e-3,
        "a likelihood, or weights, fitted step by step: the last step comes earlier or later",
    ),
    Tolerance(
        SIMULATED,
        "Imputed or resampled",
        1e-3,
        1e-2,
        "drawn with a declared seed: a draw at a threshold falls on the other side, and those after it move",
    ),
    Tolerance(PRINTED, "As printed", 0.0, 0.0, "rounded text: the same or not"),
)
"""From the strictest to the loosest, and text; their order is that of the report."""
