"""What a record of a model family holds."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

SHARED = frozenset(
    {"question", "study", "family", "waves", "arms", "confidence", "assumed", "reason", "yardstick", "smallest_effect"}
)
"""Keys that every model may have."""

REGRESSION = "pipeline.specs.report:Model"
STRUCTURAL = "pipeline.specs.structural:StructuralModel"

CLOSED_FORM, ITERATIVE, SIMULATED = "closed_form", "iterative", "simulated"
"""How a number is computed, from the strictest: what another machine may change of it (``specs.tolerances``)."""


@dataclass(frozen=True)
class Family:
    """What is known of a model family.

    ``label`` names it in a table, ``method`` is its sentence in a methods appendix. ``function`` and ``declaration``
    are written ``module:name``: what fits the model, and the class of its declaration. ``needs`` are the keys a
    declaration must have (``"a|b"``: at least one of them), ``takes`` those that it may have. All may have ``SHARED``.
    """

    key: str
    label: str
    method: str
    function: str
    needs: tuple[str, ...]
    takes: frozenset[str]
    components: tuple[str, ...]
    declaration: str = REGRESSION
    weighted: bool = False  # its estimates take weights, delivered or those of a weight set
    imputed: bool = False  # fitted on each completed panel, and pooled
    repeatable: bool = False  # a sensitivity model may estimate one of its results again
    on_disk: str = ""  # ``module:function`` that fits it where the panel stays on disk; none: it needs its rows
    kernel: bool = False  # its function takes ``repeated``: fits of many panels, on arrays
    reads_items: bool = False  # reads answers to single items, not only scores
    log_scale: bool = False  # coefficients are log odds, printed as odds ratios
    fewest_constructs: int = 1
    fewest_items: int = 2  # that a scale has, where items are read
    shown_with: str | None = None  # a paper shows it only along with a model of this family
    takes_out_levels: bool = False  # persons' levels: what never changes within a person has no coefficient
    computed: str = CLOSED_FORM  # or ITERATIVE, or SIMULATED

    @property
    def keys(self) -> frozenset[str]:
        """Every key that a declaration of the family may have."""
        needed = {name for alternatives in self.needs for name in alternatives.split("|")}
        return SHARED | needed | self.takes

    @property
    def splits(self) -> bool:
        """Whether its exposures have a coefficient within persons and one between them."""
        return "within" in self.components and bool({"between", "contextual"} & set(self.components))

    @property
    def on_design(self) -> bool:
        """Whether its standard errors come from the survey design."""
        return "lonely_psu" in self.takes

    @property
    def structural(self) -> bool:
        """Whether it is a model of covariances and means over waves."""
        return "constructs" in self.needs


def load(reference: str) -> Callable[..., Any]:
    """What ``module:name`` names; only that module is imported."""
    module, name = reference.split(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found
