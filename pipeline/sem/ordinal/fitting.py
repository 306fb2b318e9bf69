"""How a model of ordered items is fitted: diagonally weighted least squares, and over whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from pipeline.errors import ModelError
from pipeline.sem.engine.fitting import refuse_unknown


@dataclass(frozen=True)
class OrdinalFitting:
    """``estimator``: WLSMV, the only one. ``missing``: pairwise (each correlation over those who answered both items;
    everybody with an answer counts) or listwise. ``weights`` are sampling weights; ``cluster`` sums scores by cluster
    in standard errors and tests and leaves estimates as they are. ``starts``, ``seed``, ``gate`` as in ``Fitting``.

    Raises ModelError for values that there are not.
    """

    estimator: str = "WLSMV"
    missing: str = "pairwise"
    group: str | None = None
    cluster: str | None = None
    weights: str | None = None
    starts: int = 1
    seed: int = 1
    gate: bool = True

    def __post_init__(self) -> None:
        if self.estimator != "WLSMV":
            raise ModelError(f"ordered items are not estimated by {self.estimator!r}", todo="Use WLSMV (the default).")
        if self.missing not in ("pairwise", "listwise"):
            raise ModelError(
                f"ordered items have no treatment of missing answers {self.missing!r}", todo="Use pairwise or listwise."
            )
        if self.starts < 1:
            raise ModelError("a search needs one start at least", where="starts", count=self.starts)

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        """From keywords. Raises ModelError for one that there is not."""
        refuse_unknown(options, [one.name for one in fields(cls)])
        return cls(**options)
