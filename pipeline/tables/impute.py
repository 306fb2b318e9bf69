"""What impute makes: the values filled in, and whether the chains mixed."""

from __future__ import annotations

from pipeline.tables.contracts import dy


class Imputations(dy.Schema):
    """One row per imputation and imputed cell of the panel; imputation 0 holds those common to all."""

    imputation = dy.Int64(primary_key=True, min=0)
    person_id = dy.String(primary_key=True)
    wave = dy.String(primary_key=True)
    concept = dy.String(primary_key=True)
    value = dy.Float64()


class Convergence(dy.Schema):
    """One row per arm, wave and concept imputed: share and distribution of imputed values, and convergence."""

    arm = dy.String(primary_key=True)
    wave = dy.String(primary_key=True)
    concept = dy.String(primary_key=True)
    answered = dy.Int64(min=0)
    filled = dy.Int64(min=1)
    share_filled = dy.Float64(min=0, max=1)
    mean_answered = dy.Float64(nullable=True)
    mean_filled = dy.Float64()
    sd_answered = dy.Float64(nullable=True, min=0)
    sd_filled = dy.Float64(nullable=True, min=0)
    r_hat = dy.Float64(nullable=True, min=0)
    autocorrelation = dy.Float64(nullable=True, min=-1, max=1)
