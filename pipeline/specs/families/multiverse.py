"""One result in every defensible analysis of a declared grid, and tests of several models taken together."""

from __future__ import annotations

from pipeline.specs.family import SIMULATED, Family

MULTIVERSES = (
    Family(
        "multiverse",
        "Multiverse",
        "One result in every analysis of a declared grid of choices, with a joint test under the null",
        "pipeline.models.multiverses.grid:multiverse_of",
        needs=("of", "result", "choices"),
        takes=frozenset({"without", "categorical", "imputation", "standardised", "draws", "seed"}),
        components=("cell", "multiverse", "variance_share", "joint_test"),
        declaration="pipeline.specs.multiverse:Multiverse",
        computed=SIMULATED,
    ),
    Family(
        "corrections",
        "Corrections for several tests",
        "Tests of several models taken together: p-values and intervals corrected for how many there are",
        "pipeline.models.multiverses.several_tests:corrected",
        needs=("tests",),
        takes=frozenset({"methods"}),
        components=("corrected",),
        declaration="pipeline.specs.several_tests:Corrections",
    ),
)
