"""From the lags of a cross-lagged model to the arrows of a path figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.errors import PaperError
from pipeline.figures.style import with_interval
from pipeline.specs.rounding import places_of, to_places

NOW, NEXT = "now", "next"


@dataclass(frozen=True)
class Path:
    """One arrow: from a construct at a wave to a construct at a later one."""

    start: tuple[str, str]
    end: tuple[str, str]
    estimate: float
    low: float | None
    high: float | None

    @property
    def differs_from_zero(self) -> bool:
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)

    def text(self, layout: str = "line") -> str:
        """The estimate with its interval on the same ``line``, ``stacked`` below it, or alone (``brief``)."""
        if layout == "brief" or self.low is None or self.high is None:
            return to_places(self.estimate, places_of((self.low, self.high), value=self.estimate))
        return with_interval(self.estimate, self.low, self.high, between="\n" if layout == "stacked" else " ")


def lag_paths(
    estimates: pl.DataFrame, constructs: Sequence[str], waves: Mapping[str, str], *, standardised: bool = False
) -> tuple[pl.DataFrame, dict[str, str]]:
    """One row per arrow, and the columns it is drawn between: wave → title, or "one wave" and "the next".

    ``estimates``: rows with component ``lag`` or ``lag_standardised``:
    ``term`` at one wave on ``outcome`` at the next; no wave where lags are
    equal over time. ``waves``: every wave with its title, in order.

    Raises ``PaperError`` if the model has no lags, or they are withheld.
    """
    component = "lag_standardised" if standardised else "lag"
    lags = estimates.filter(
        pl.col("component") == component,
        pl.col("outcome").is_in(list(constructs)),
        pl.col("term").is_in(list(constructs)),
    )
    if lags.is_empty():
        raise PaperError("the model has no lags to draw", todo="Name a `riclpm` model and its constructs.")
    if lags["estimate"].null_count() == lags.height:
        raise PaperError(f"the lags are {lags['note'][0]}", todo="Correct the model, or leave its figure out.")
    if lags["group"].drop_nulls().n_unique() > 1:
        raise PaperError("the lags differ by group", todo="Draw a model of one group.")
    equal = lags["wave"].null_count() == lags.height
    shown = {NOW: "One wave", NEXT: "The next"} if equal else _drawn(lags, waves)
    before = {late: early for early, late in zip(list(shown), list(shown)[1:], strict=False)}
    ends = pl.col("wave").fill_null(NEXT) if equal else pl.col("wave")
    return lags.select(
        from_construct="term",
        from_wave=ends.replace_strict(before, return_dtype=pl.String),
        to_construct="outcome",
        to_wave=ends,
        estimate="estimate",
        conf_low="conf_low",
        conf_high="conf_high",
    ), shown


def _drawn(lags: pl.DataFrame, waves: Mapping[str, str]) -> dict[str, str]:
    """The waves that lags lead to, and the one before the first of them."""
    later = sorted(lags["wave"].unique())
    order = sorted(waves)
    first = order[max(order.index(later[0]) - 1, 0)]
    return {wave: waves[wave] for wave in (first, *later)}


def paths_of(paths: pl.DataFrame, constructs: Mapping[str, str], waves: Mapping[str, str]) -> list[Path]:
    """The arrows that are drawn; ``alt_path`` describes the same ones."""
    found = []
    for row in paths.filter(pl.col("estimate").is_not_null()).iter_rows(named=True):
        start, end = (row["from_construct"], row["from_wave"]), (row["to_construct"], row["to_wave"])
        for construct, wave in (start, end):
            if construct not in constructs or wave not in waves:
                raise PaperError(
                    f"a path joins `{construct}` at `{wave}`, which is not among the constructs and waves to be drawn",
                    todo="Name it, or leave the path out.",
                )
        found.append(Path(start, end, row["estimate"], row["conf_low"], row["conf_high"]))
    if not found:
        raise PaperError("there is no path to draw")
    return found
