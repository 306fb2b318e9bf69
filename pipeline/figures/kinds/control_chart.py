"""A control chart of areas: each area's change against the limits of what chance explains, a signal by its shape."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl

from pipeline.door import public
from pipeline.errors import PaperError
from pipeline.figures.data import NOTE, PEOPLE, cleared, printed
from pipeline.figures.forest import Mark, Row, Scale, forest
from pipeline.figures.picture import Material, Picture
from pipeline.figures.sheet import Heading
from pipeline.figures.style import DARK_BLUE, DARK_GREY, DARK_PINK, WIDE, styled
from pipeline.specs.disclosure import SMALLEST
from pipeline.specs.rounding import to_places
from pipeline.wave_order import ROUNDS, in_rounds, wave_order

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipeline.specs.figure_kinds import ChartOptions
    from pipeline.specs.figures import Figure as FigureSpec
    from pipeline.specs.project import Study

NEEDED = ("label", "measure", "wave", "against", "fall", "limit_low", "limit_high", "centre", "signal", "n_persons")
LOOKS = {
    "below": ("Below its lower limit", DARK_PINK, "v"),
    "within": ("Within its limits", DARK_BLUE, "o"),
    "above": ("Above its upper limit", DARK_BLUE, "^"),
    "not_judged": ("Not judged", DARK_GREY, "s"),
}
"""Signal → what it is called, its colour and its shape."""
MOST = 45
PLACES = 1


def picture(spec: FigureSpec, study: Study, material: Material) -> Picture:
    """The declared measure and wave of a study's monitor; without a wave the last that has areas with limits."""
    options: Any = spec.options
    declared: ChartOptions = options
    if material.monitor is None:
        raise PaperError("the figure draws the monitor, but there is no table of it", todo="Build it first.")
    measure = spec.outcomes[0] if spec.outcomes else "index"
    table = in_rounds(material.monitor.filter(measure=measure))
    rows = table.filter(round=declared.wave or _last(table, measure))
    if rows["fall"].null_count() == rows.height:
        raise PaperError(f"`{measure}` has no change of an area at `{declared.wave}`", todo="Name another wave.")
    rows = _longest(rows)
    domains = {} if study.index is None else {key: one.label for key, one in study.index.domains.items()}
    named = spec.labels.get(measure) or domains.get(measure, measure.replace("_", " ").capitalize())
    axis = spec.y_label or f"{named}: change in points"
    return Picture(alt_control_chart(rows), partial(control_chart, rows, x_label=axis), data=chart_data(rows))


def _last(table: pl.DataFrame, measure: str) -> str:
    judged = table.filter(pl.col("limit_low").is_not_null())["round"].unique().to_list()
    if not judged:
        raise PaperError(f"no wave of `{measure}` has an area that could be judged", todo="Name another measure.")
    return wave_order([str(wave) for wave in judged])[-1]


def _longest(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of the earlier round that most areas are compared with."""
    counts = rows.group_by("against_round").len().sort("len", "against_round", descending=[True, False])
    return rows.filter(against_round=counts["against_round"][0])


@public()
@styled
def control_chart(
    monitor: pl.DataFrame,
    *,
    title: str,
    subtitle: str = "",
    source: str = "",
    x_label: str = "Change in points",
    synthetic: bool = False,
    note: str = "",
    width: float = WIDE,
) -> Figure:
    """One row per area: its change as a mark over a line that spans its limits; a signal has a shape of its own.

    ``monitor``: rows of one measure and pair of waves (of rounds, where it has these), as ``tension_monitor`` of
    ``pipeline.index`` gives them. Where only falls are looked for the line has no upper end. Areas stand in the order
    of their names, since the chart is no ranking. Areas of fewer than ten people are named without a value. Raises
    ``PaperError`` for other rows.
    """
    shown = _checked(monitor)
    if shown.height > MOST:
        raise PaperError("too many areas for one figure", count=shown.height, todo=f"Draw at most {MOST}.")
    rows = [_row(row, _end(shown)) for row in shown.iter_rows(named=True)]
    heading = Heading(title, subtitle, source, note, _key(shown), synthetic)
    return forest(heading, rows, Scale(x_label, 0.0), "Change (limit)", width)


@public()
def alt_control_chart(monitor: pl.DataFrame) -> str:
    """What ``control_chart`` with these arguments shows: the signals, how many are within, and every change."""
    shown = _checked(monitor)
    counts = {signal: shown.filter(signal=signal)["label"].to_list() for signal in LOOKS}
    waves = f"from {shown['against_round'][0]} to {shown['round'][0]}"
    start = f"Control chart of the change in {shown.height} areas {waves}."
    parts = [f"{LOOKS[signal][0]}: {', '.join(counts[signal])}." for signal in ("below", "above") if counts[signal]]
    parts = parts or ["No area is outside its limits."]
    listed = "; ".join(
        f"{row.label} {row.marks[0].text}" for row in (_row(row, None) for row in shown.iter_rows(named=True))
    )
    return " ".join([start, *parts, f"Change with its limit: {listed}."])


def chart_data(monitor: pl.DataFrame) -> pl.DataFrame:
    """The data behind the chart, one row per area."""
    return cleared(
        (
            {
                "Area": row["label"],
                "Change": printed(row["fall"], PLACES),
                "Lower limit": printed(row["limit_low"], PLACES),
                "Upper limit": printed(row["limit_high"], PLACES),
                "Signal": LOOKS[row["signal"]][0],
                PEOPLE: row["n_persons"],
                NOTE: "" if row["fall"] is not None else f"fewer than {SMALLEST} people, or not asked",
            }
            for row in _checked(monitor).iter_rows(named=True)
        ),
        ("Area", "Signal"),
    )


def _checked(monitor: pl.DataFrame) -> pl.DataFrame:
    missing = [name for name in NEEDED if name not in monitor.columns]
    if missing:
        raise PaperError(f"the monitor has no column `{missing[0]}`", todo="Give what `tension_monitor` returns.")
    own = [name if name in monitor.columns else wave for name, wave in ROUNDS.items()]
    for name in ("measure", *own):
        if monitor[name].n_unique() > 1:
            raise PaperError(f"several values of `{name}` are no one chart", where=name, todo="Choose one.")
    if monitor["fall"].null_count() == monitor.height:
        raise PaperError("there is no change of an area to draw", todo="Name another wave or measure.")
    strange = sorted(set(monitor["signal"].drop_nulls()) - set(LOOKS))
    if strange:
        raise PaperError(f"`{strange[0]}` is no signal", where="signal", todo=f"There are {', '.join(LOOKS)}.")
    return in_rounds(monitor).sort("label")


def _end(shown: pl.DataFrame) -> float:
    """Where lines without an upper limit end: at the largest change or centre that is drawn."""
    return float(shown.select(pl.max_horizontal(pl.col("fall").max(), pl.col("centre").max(), pl.lit(0.0))).item())


def _row(row: Mapping[str, Any], end: float | None) -> Row:
    name, colour, marker = LOOKS[row["signal"]]
    value, people = row["fall"], row["n_persons"]
    if value is None or people is None or people < SMALLEST:
        return Row(row["label"], (Mark(None, None, None, "", colour, marker, "not shown"),))
    low, high = row["limit_low"], row["limit_high"] if row["limit_high"] is not None else end
    text = to_places(value, PLACES) + (" (not judged)" if low is None else f" ({_limits(row)})")
    return Row(row["label"], (Mark(value, low, high, name, colour, marker, text, people, PLACES),))


def _limits(row: Mapping[str, Any]) -> str:
    low = to_places(row["limit_low"], PLACES)
    return low if row["limit_high"] is None else f"{low} to {to_places(row['limit_high'], PLACES)}"


def _key(shown: pl.DataFrame) -> str:
    both = shown["limit_high"].null_count() < shown.height
    judged = shown.filter(pl.col("limit_low").is_not_null())
    if judged.is_empty():
        return "No area could be judged."
    spans = "spans its limits" if both else "begins at its lower limit: a change on the line is within it"
    alarms = judged["expected_false_alarms"][0] if "expected_false_alarms" in judged.columns else None
    rate = "" if alarms is None else f" Of all areas and measures of the wave, {alarms:.2g} false signals are expected."
    few = shown.filter(pl.col("fall").is_null())["label"].to_list()
    hidden = f" Not shown, with under {SMALLEST} people or not asked: {', '.join(few)}." if few else ""
    return f"The line of an area {spans}.{rate}{hidden}"
