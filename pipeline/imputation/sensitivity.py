"""One headline result, estimated in every defensible way, side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.imputation.pooling import pool

Statistic = Callable[[pl.DataFrame, str | None], tuple[float, float]]
"""From a frame and the name of its weight column (None: unweighted) to an estimate and its standard error."""

VERSIONS: dict[str, str] = {
    "unweighted": "everyone who answered, each counted once",
    "weighted": "everyone who answered, weighted for design, nonresponse and margins",
    "complete-case": "only persons with every answer the result uses",
    "balanced": "only persons who took part in every wave",
    "imputed": "everyone, missing answers imputed",
}


@dataclass(frozen=True)
class Version:
    """One way to estimate: a frame (or the completed frames of an imputation set), and the weight to use."""

    name: str
    frames: Sequence[pl.DataFrame]
    weight: str | None = None
    df_complete: float = np.inf


def sensitivity(
    statistic: Statistic, versions: Sequence[Version], *, headline: str = "weighted", level: float = 0.95
) -> pl.DataFrame:
    """One row per version: estimate, standard error, interval, persons, and how far it is from the headline's.

    A version with several frames is pooled by Rubin's rules. ``difference`` is from the ``headline`` version and
    ``difference_in_errors`` that in the headline's standard errors; ``same_conclusion`` says whether the interval
    lies on the same side of zero (or holds it, as the headline's does). ``meaning`` says the version in words.
    """
    rows = [_row(statistic, version, level) for version in versions]
    table = pl.DataFrame(rows)
    main = table.filter(pl.col("version") == headline).row(0, named=True)
    side = pl.col("conf_low").sign() + pl.col("conf_high").sign()
    main_side = float(np.sign(main["conf_low"]) + np.sign(main["conf_high"]))
    return table.with_columns(
        difference=pl.col("estimate") - main["estimate"],
        difference_in_errors=(pl.col("estimate") - main["estimate"]) / main["std_error"],
        same_conclusion=side == main_side,
        is_headline=pl.col("version") == headline,
    )


def _row(statistic: Statistic, version: Version, level: float) -> dict[str, object]:
    from scipy.special import stdtrit

    each = np.array([statistic(frame, version.weight) for frame in version.frames], dtype=float)
    if len(each) > 1:
        pooled = pool(each[:, [0]], each[:, [1]] ** 2, df_complete=version.df_complete, level=level).row(0, named=True)
    else:
        estimate, error = each[0]
        half = float(stdtrit(min(version.df_complete, 1e12), 0.5 + level / 2)) * error
        pooled = {
            "estimate": estimate,
            "std_error": error,
            "conf_low": estimate - half,
            "conf_high": estimate + half,
            "fmi": None,
        }
    frame = version.frames[0]
    persons = frame["person_id"].n_unique() if "person_id" in frame.columns else frame.height
    return {
        "version": version.name,
        "meaning": VERSIONS.get(version.name, version.name),
        **{name: pooled[name] for name in ("estimate", "std_error", "conf_low", "conf_high")},
        "persons": persons,
        "imputations": len(each) if len(each) > 1 else None,
        "fmi": pooled["fmi"],
    }
