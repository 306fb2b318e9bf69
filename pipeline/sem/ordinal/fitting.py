"""How a model of ordered items is fitted: diagonally weighted least squares, and over whom."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.errors import ModelError
from pipeline.sem.engine.fitting import Search


@dataclass(frozen=True, kw_only=True)
class OrdinalFitting(Search):
    """``estimator``: WLSMV, the only one. ``missing``: pairwise (each correlation over those who answered both items;
    everybody with an answer counts) or listwise. ``weights`` are sampling weights; ``cluster`` sums scores by cluster
    in standard errors and tests and leaves estimates as they are. ``starts``, ``seed``, ``gate`` as in ``Fitting``.

    Raises ModelError for values that there are not.
    """

    estimator: str = "WLSMV"
    missing: str = "pairwise"

    def __post_init__(self) -> None:
        if self.estimator != "WLSMV":
            raise ModelError(f"ordered items are not estimated by {self.estimator!r}", todo="Use WLSMV (the default).")
        if self.missing not in ("pairwise", "listwise"):
            raise ModelError(
                f"ordered items have no treatment of missing answers {self.missing!r}", todo="Use pairwise or listwise."
            )
        super().__post_init__()
