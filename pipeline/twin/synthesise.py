"""A synthetic twin of a panel: people who do not exist, who answer, leave out and leave as the study's people do."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from pipeline.errors import CohesionError
from pipeline.twin.clusters import assigned
from pipeline.twin.columns import SMALLEST, Columns
from pipeline.twin.copula import correlations, factor, latent, without_chance
from pipeline.twin.courses import PRESENT, Course
from pipeline.twin.gaps import EMPTY
from pipeline.twin.margins import Array
from pipeline.twin.repeats import with_repeats
from pipeline.twin.study import LASTING, Learnt, first_known, learn, people_of

FEWEST = 30
"""A twin of fewer people would be them."""
OUTCOMES = "outcomes"


def synthetic_twin(
    waves: Mapping[str, pl.DataFrame],
    columns: Columns | None = None,
    *,
    outcomes: pl.DataFrame | None = None,
    seed: int = 1,
    smallest: int = SMALLEST,
) -> dict[str, pl.DataFrame]:
    """A twin of the waves of one arm: frames of the same columns, one row per invented person; and ``outcomes``.

    ``waves``: wave → one row per person, ``person_id`` and columns of codes as text. ``columns``: what they are.
    ``outcomes``: one row per person and wave of which a field report speaks (``person_id, wave, outcome``).

    Codes, missing codes (of each column and together), courses through the waves and all pairwise associations are
    those of the study, as a Gaussian copula carries them (``twin.copula``), in as many people. What fewer than
    ``smallest`` people have in common is not kept. No row is a row of the study, but a twin gives no formal guarantee.

    Raises ``CohesionError`` for fewer than ``FEWEST`` people, a person twice in a wave, or a column that is no text.
    """
    asked = columns or Columns()
    _check(waves)
    people = people_of(waves, _by_wave(outcomes))
    if people.count < FEWEST:
        raise CohesionError(f"a twin of fewer than {FEWEST} people would be them", count=people.count)
    learnt = learn(people, asked, smallest)
    scores = _drawn(learnt, seed)
    random = np.random.default_rng([seed, 2])
    courses = learnt.courses.drawn(scores[:, learnt.index["course"]], random)
    made = {wave: _wave(learnt, wave, at, courses, scores, random) for at, wave in enumerate(people.waves)}
    made = with_repeats(learnt, made, np.random.default_rng([seed, 3]))
    for column, strata in asked.clusters.items():
        made = _with_clusters(learnt, made, column, strata, scores)
    if outcomes is not None:
        made[OUTCOMES] = _outcomes(people.waves, courses)
    return made


def _check(waves: Mapping[str, pl.DataFrame]) -> None:
    for wave, frame in waves.items():
        if "person_id" not in frame.columns or frame["person_id"].is_duplicated().any():
            raise CohesionError("needs a column `person_id` with each person once", where=wave)
        other = [name for name, kind in frame.schema.items() if kind != pl.String]
        if other:
            raise CohesionError(f"`{other[0]}` is not a column of text: give codes as they are written", where=wave)


def _by_wave(outcomes: pl.DataFrame | None) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for person, wave, outcome in (
        outcomes.select("person_id", "wave", "outcome").iter_rows() if outcomes is not None else ()
    ):
        found.setdefault(wave, {})[person] = outcome
    return found


def _drawn(learnt: Learnt, seed: int) -> Array:
    """Normal scores of as many new people, correlated as those of the study would be before they were cut."""
    found, count = correlations(np.column_stack(learnt.scores))
    root = factor(latent(without_chance(found, count), np.vstack(learnt.hermite)))
    random = np.random.default_rng([seed, 1])
    return np.asarray(random.standard_normal((learnt.people.count, root.shape[1])) @ root.T)


def _name(person: int) -> str:
    return f"t{person + 1:06d}"


def _wave(
    learnt: Learnt, wave: str, at: int, courses: list[Course], scores: Array, random: np.random.Generator
) -> pl.DataFrame:
    """One wave: who is there, what they leave out, what they answer."""
    rows = np.array([person for person, course in enumerate(courses) if course[at] == PRESENT], dtype=int)
    gaps = learnt.gaps[wave]
    blank: dict[str, list[str | None]] = {name: [None] * len(rows) for name in learnt.people.cells[wave]}
    for number, gap in enumerate(gaps.found):
        level = scores[rows, learnt.index[wave, number]] if gap.who is not None else random.random(len(rows))
        chosen = _largest(level, gap.share)
        for column in gap.columns:
            cells = blank[column]
            for place in chosen:
                cells[place] = gap.code if cells[place] is None else cells[place]
    made: dict[str, list[str | None]] = {"person_id": [_name(int(row)) for row in rows]}
    for column, cells in blank.items():
        if column in gaps.never:
            made[column] = [gaps.never[column] or None] * len(rows)
        elif column in learnt.columns.clusters:
            made[column] = [None] * len(rows)
        else:
            made[column] = _answers(learnt, wave, column, rows, cells, scores, random)
    return pl.DataFrame(made, schema=dict.fromkeys(made, pl.String))


def _largest(scores: Array, share: float) -> list[int]:
    """The places of the largest scores, as large a share as asked."""
    many = round(share * len(scores))
    return [int(place) for place in np.argsort(-scores, kind="stable")[:many]]


def _answers(
    learnt: Learnt, wave: str, column: str, rows: Array, cells: list[str | None], scores: Array,
    random: np.random.Generator,
) -> list[str | None]:  # fmt: skip
    place = (LASTING if column in learnt.lasting else wave, column)
    own = scores[:, learnt.index[place]]
    margin = learnt.margins[place]
    if place[0] == LASTING:
        fixed = margin.drawn(own, np.random.default_rng([0, learnt.index[place]]))
        answers = [fixed[int(row)] for row in rows]
        return [(cell or None) if cell is not None else answers[at] for at, cell in enumerate(cells)]
    asked = [at for at, cell in enumerate(cells) if cell is None]
    drawn = iter(margin.drawn(own[rows[asked]], random)) if asked else iter(())
    return [next(drawn) if cell is None else cell or None for cell in cells]


def _with_clusters(
    learnt: Learnt, made: dict[str, pl.DataFrame], column: str, strata: str, scores: Array
) -> dict[str, pl.DataFrame]:
    """The waves with a sampling unit for each person, the same in each of them."""
    key = ("cluster", column)
    if key not in learnt.index:
        return made
    people = learnt.people
    mine = [EMPTY] * people.count
    for frame in made.values():
        for name, stratum in zip(frame["person_id"], frame[strata], strict=True) if strata in frame.columns else ():
            mine[int(name[1:]) - 1] = mine[int(name[1:]) - 1] or (stratum or EMPTY)
    real = first_known(people, strata) if strata else [EMPTY] * people.count
    units = assigned(mine, scores[:, learnt.index[key]], real, first_known(people, column))
    known = {_name(person): unit for person, unit in enumerate(units)}
    return {
        wave: frame.with_columns(frame["person_id"].replace_strict(known, return_dtype=pl.String).alias(column))
        if column in frame.columns
        else frame
        for wave, frame in made.items()
    }


def _outcomes(waves: tuple[str, ...], courses: list[Course]) -> pl.DataFrame:
    """One row per person and wave of which the invented field report speaks; who takes part is ``present``."""
    rows = [
        (_name(person), wave, state)
        for person, course in enumerate(courses)
        for wave, state in zip(waves, course, strict=True)
        if state
    ]
    return pl.DataFrame(rows, schema={"person_id": pl.String, "wave": pl.String, "outcome": pl.String}, orient="row")
