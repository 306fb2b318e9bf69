"""Change within persons of an ordered outcome: fixed-effects ordered logit, by blowing up and clustering (BUC)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.models.declared import ModelSpec
from pipeline.models.outcomes.answers import declared
from pipeline.models.outcomes.conditional import Stacked, conditional_table
from pipeline.models.outcomes.rows import OutcomeRows
from pipeline.models.outcomes.within_persons import changers
from pipeline.models.weighting import Weighted


@public(once=True, ordered=True)
def fixed_effects_ordered_logit(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    confidence: float = 0.95,
    model: str = "fixed_effects_ordered_logit",
    **options: Unpack[OutcomeRows],
) -> pl.DataFrame:
    """One row per coefficient and odds ratio, from change within persons only.

    Each person's answers are cut at every category (y ≥ 2, y ≥ 3 …), the copies in which a person changes are stacked,
    and one conditional logit is fitted to all of them, with errors clustered by person (BUC: Baetschmann, Staub &
    Winkelmann 2015, JRSS A 178, 685–703; Stata: ``feologit``). Whatever is lasting about a person cancels out, where
    they put the thresholds as well. Rows of ``sample`` count those whose answer never changes. A composite likelihood:
    its value is no log-likelihood of the answers, and AIC compares nothing but the same rows.

    Raises ModelError if nobody's answer changes, or a term does in nobody whose answer does.

    >>> import polars as pl
    >>> from pipeline.models import fixed_effects_ordered_logit
    >>> panel = pl.DataFrame({
    ...     "person_id": [p for p in "abcdef" for _ in range(3)], "wave": ["w01", "w02", "w03"] * 6,
    ...     "contact": [1.0, 2.0, 3.0, 2.0, 1.0, 4.0, 3.0, 4.0, 2.0, 1.0, 5.0, 2.0, 2.0, 4.0, 1.0, 2.0, 2.0, 3.0],
    ...     "trust": [1, 2, 3, 2, 3, 4, 4, 2, 1, 1, 3, 3, 2, 3, 3, 4, 4, 4],
    ... })
    >>> table = fixed_effects_ordered_logit(panel, "trust", ["contact"])
    >>> table.filter(term="persons_without_change")["estimate"].to_list()
    [1.0]
    """
    given: OutcomeRows = {"correction": "stata", **options}
    whole, used = changers(frame, outcome, exposures, covariates, given, kind="ordered")
    return conditional_table(
        whole, used, _blown_up(used.data.outcome, used.data.person),
        confidence=confidence, model=model, family="fixed_effects_ordered_logit",
    )  # fmt: skip


def _blown_up(outcome: np.ndarray, person: np.ndarray) -> Stacked:
    """The copies of persons, one for each cut at which some of their answers lie on either side."""
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for cut in np.unique(outcome)[1:]:
        above = (outcome >= cut).astype(float)
        share = np.bincount(person, above) / np.bincount(person)
        rows = np.flatnonzero(((share > 0) & (share < 1))[person])
        parts.append((above[rows], rows, person[rows] + (int(person.max()) + 1) * len(parts)))
    values, rows, group = (np.concatenate(each) for each in zip(*parts, strict=True))
    return Stacked(values, rows, np.unique(group, return_inverse=True)[1])


def fit(name: str, spec: ModelSpec, panel: pl.DataFrame, _: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    return declared(fixed_effects_ordered_logit, name, spec, panel, rows)
