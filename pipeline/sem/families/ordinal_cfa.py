"""Factor analysis of ordered items, over groups."""

from __future__ import annotations

import polars as pl

from pipeline.sem.families.cfa_rows import CfaModel
from pipeline.sem.families.ordinal_rows import group_rows
from pipeline.sem.ordinal.fit import fit_ordinal, ordinal_data
from pipeline.sem.ordinal.fitting import OrdinalFitting
from pipeline.sem.ordinal.result import OrdinalResult


def ordinal_cfa(frame: pl.DataFrame, model: CfaModel, fitting: OrdinalFitting) -> OrdinalResult:
    """Factor analysis of ordered items, over everybody who answered one of them (or, listwise, all).

    ``equal`` over groups: loadings, thresholds, means, latent_variances, latent_covariances. With equal thresholds the
    factor means and the items' scales (``~*~``) of all groups but the first are free, as in lavaan.

    Raises ModelError where an item has one answer only, the search does not converge, or the result is improper.
    """
    data = ordinal_data(frame, model.items, fitting)
    return fit_ordinal(group_rows(model, data.levels, len(data.moments)), data, fitting)
