"""The people of an index: their area as text, and their weight in the wave."""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from pipeline.errors import CohesionError
from pipeline.index.checks import require_columns, require_same_keys

ROLE = "area"
CODE = "area_code"
HEAD = ("person_id", "study", "arm", "wave", "fieldwork_start")
DESIGN = ("stratum", "psu", "household_id")
"""Columns of the design, where the panel has them: of the standard errors of areas."""


def people(
    panel: pl.DataFrame,
    *,
    area: str,
    arms: Sequence[str] = (),
    waves: Sequence[str] = (),
    weights: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The rows of the panel that an index is of, with ``area`` (text) and ``weight``, in the order of arm, wave, area.

    ``area``: a score, or the role ``area`` (the column ``area_code``). ``weights``: ``person_id, wave, scaled_weight``;
    without them, or where a wave of an arm has none, everybody weighs 1. Raises CohesionError for columns, arms and
    waves that are not there.
    """
    source = CODE if area == ROLE else area
    require_columns(panel, (*HEAD, source), "the panel has")
    for name in (key for key in ("arm", "wave") if panel.schema[key].is_numeric()):
        raise CohesionError("must be text", where=name, todo="Name it, such as `w01`.")
    for name, chosen in (("arm", arms), ("wave", waves)):
        strange = sorted(set(chosen) - set(panel[name].unique()))
        if strange:
            raise CohesionError(f"nobody in the panel is in this {name}", where=strange[0])
    kept = panel.filter(
        pl.col("arm").is_in(list(arms)) if arms else pl.lit(True),
        pl.col("wave").is_in(list(waves)) if waves else pl.lit(True),
    )
    for name in (key for key in ("person_id", "wave", "arm") if kept[key].null_count()):
        raise CohesionError(f"rows without a {name}", where=name, count=kept[name].null_count(), todo="Correct them.")
    made = kept.with_columns(area_text(kept.schema[source], source).alias("area"))
    one_spelling(made["area"], source)
    return _weighed(made, weights)


def area_text(kind: pl.DataType, column: str) -> pl.Expr:
    """A code as text: 4 and 4.0 are ``4``, and spaces around it no part of it."""
    code = pl.col(column)
    if not kind.is_float():
        text = code.cast(pl.String).str.strip_chars()
        return pl.when(text != "").then(text)
    whole = code == code.round(0)
    return pl.when(whole).then(code.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(code.cast(pl.String))


def one_spelling(codes: pl.Series, where: str) -> None:
    """Refuse codes that differ in case, leading zeros, or spaces alone: they would be two areas."""
    seen: dict[str, str] = {}
    counts = codes.drop_nulls().value_counts()
    for code, count in sorted(counts.iter_rows()):
        other = seen.setdefault(spelled(code), code)
        if other != code:
            what = f"`{other}` and `{code}` are one code in two spellings"
            todo = "Write it in one way in every wave, or declare both as one area in area_sets.yaml."
            raise CohesionError(what, where=where, count=count, todo=todo)


def spelled(code: str) -> str:
    """A code without what its spelling may differ in.

    >>> spelled("n01 ") == spelled("N01"), spelled("04") == spelled("4.0"), spelled("N1") == spelled("N01")
    (True, True, False)
    """
    plain = "".join(code.split()).casefold()
    whole = re.fullmatch(r"0*(\d+)(\.0*)?", plain)
    return whole[1] if whole else plain


def _weighed(frame: pl.DataFrame, weights: pl.DataFrame | None) -> pl.DataFrame:
    if weights is None:
        return frame.with_columns(weight=pl.lit(1.0))
    require_columns(weights, ("person_id", "wave", "scaled_weight"), "the weights have")
    require_same_keys(frame, weights, ("person_id", "wave"))
    if not weights.schema["scaled_weight"].is_numeric():
        raise CohesionError("weights must be numbers", where="scaled_weight", todo="Correct the weights.")
    below = weights.filter(pl.col("scaled_weight") < 0).height
    if below:
        todo = "Correct the weights."
        raise CohesionError("weights must not be negative", where="scaled_weight", count=below, todo=todo)
    if weights.select("person_id", "wave").is_duplicated().any():
        raise CohesionError("a person has more than one weight in a wave", where="weights")
    joined = frame.join(
        weights.select("person_id", "wave", weight="scaled_weight"), on=["person_id", "wave"], how="left"
    )
    none = pl.col("weight").is_null().all().over("arm", "wave")
    return joined.with_columns(weight=pl.when(none).then(1.0).otherwise("weight"))
