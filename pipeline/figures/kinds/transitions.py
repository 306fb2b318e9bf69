"""How the same people's answers moved from wave to wave: columns of answers joined by bands of people."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from pipeline.door import public
from pipeline.errors import PaperError
from pipeline.figures.alluvial_plot import draw_moves
from pipeline.figures.answer_labels import answer_labels
from pipeline.figures.calendar import wave_titles
from pipeline.figures.data import FEWEST
from pipeline.figures.moves import Moves, data_of, moves_of
from pipeline.figures.picture import Arguments, Material, Picture
from pipeline.figures.sheet import Heading
from pipeline.figures.style import WIDE, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipeline.specs.figures import Figure as FigureSpec
    from pipeline.specs.project import Study


def picture(spec: FigureSpec, study: Study, material: Material) -> Picture:
    """The moves between answers to the one measure in ``spec.outcomes``; of one arm where the options name it."""
    if material.panel is None or len(spec.outcomes) != 1:
        raise PaperError("a figure of moves draws one measure", todo="Name it under `outcomes`.")
    measure, arm = spec.outcomes[0], getattr(spec.options, "arm", None)
    panel = material.panel if arm is None else material.panel.filter(pl.col("arm") == arm)
    titles = wave_titles(study)
    waves = {
        wave: next((t for (one, w), t in titles.items() if w == wave and arm in (one, None)), wave)
        for wave in getattr(spec.options, "waves", ()) or dict.fromkeys(w for one, w in titles if arm in (one, None))
    }
    shared: Arguments = {
        "measure": measure,
        "waves": waves,
        "answers": answer_labels(study, measure, spec.labels),
        "weighted": getattr(spec.options, "weighted", True),
        "absent": getattr(spec.options, "absent", False),
    }
    moves = moves_of(panel, **shared)
    return Picture(_alt(moves), partial(_drawn, moves), data=data_of(moves))


@public(infinite=False)
@styled
def transition_flow(
    panel: pl.DataFrame,
    *,
    measure: str,
    waves: Mapping[str, str],
    answers: Mapping[float, str],
    title: str,
    subtitle: str = "",
    source: str = "",
    weighted: bool = True,
    absent: bool = False,
    synthetic: bool = False,
    note: str = "",
    width: float = WIDE,
) -> Figure:
    """A column of answers for each wave, joined by bands of the people who moved from one to another.

    ``panel``: one row per person and wave (``person_id``, ``wave``, the measure, ``design_weight``). ``waves``: wave →
    label, in order. ``answers``: value → label, from the lowest up. Of people who answered all these waves; with
    ``absent`` of all who answered the first. Weighted by the design weight of the first wave. Moves of fewer than ten
    people are not drawn.

    Raises ``PaperError`` if there are fewer than two waves or ten people.
    """
    moves = moves_of(panel, measure, waves, answers, weighted=weighted, absent=absent)
    words = {"title": title, "subtitle": subtitle, "source": source, "note": note}
    return _drawn(moves, **words, synthetic=synthetic, width=width)


@public(infinite=False)
def alt_transition_flow(
    panel: pl.DataFrame,
    *,
    measure: str,
    waves: Mapping[str, str],
    answers: Mapping[float, str],
    weighted: bool = True,
    absent: bool = False,
) -> str:
    """What ``transition_flow`` with these arguments shows."""
    return _alt(moves_of(panel, measure, waves, answers, weighted=weighted, absent=absent))


def _alt(moves: Moves) -> str:
    """How many gave the same answer, each answer's share at the first and the last wave, and the largest moves."""
    parts = [f"Columns of answers at {len(moves.waves)} waves, joined by bands of {moves.people:,} people."]
    for one, other, same in zip(moves.waves, moves.waves[1:], moves.same, strict=False):
        parts.append(f"From {one} to {other}, {100 * same:.0f}% gave the same answer.")
    for answer in moves.answers:
        if all(counts.get(answer, 0) == 0 or counts[answer] >= FEWEST for counts in moves.counts):
            ends = (f"{100 * shares.get(answer, 0):.0f}%" for shares in (moves.shares[0], moves.shares[-1]))
            parts.append(f"{answer}: {' at first, '.join(ends)} at the end.")
    changed = [move for move in moves.shown[-1] if move.origin != move.destination]
    if changed:
        largest = max(changed, key=lambda move: move.share)
        parts.append(
            f"The largest move to {moves.waves[-1]}: {largest.origin} to {largest.destination}, "
            f"{100 * largest.share:.0f}% of all."
        )
    return " ".join(parts)


@styled
def _drawn(moves: Moves, *, title: str, subtitle: str, source: str, note: str, synthetic: bool, width: float) -> Figure:
    how = "Weighted by the design weight of the first wave" if moves.weighted else "Not weighted"
    key = f"The same {moves.people:,} people (unweighted) at every wave. {how}."
    few = sum(len(some) for some in moves.moves) - sum(len(some) for some in moves.shown)
    key += f" Moves of fewer than {FEWEST} people are left blank." if few else ""
    return draw_moves(Heading(title, subtitle, source, note, key, synthetic), moves, width)
