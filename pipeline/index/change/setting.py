"""Scores of people with their design, by area and wave: what every comparison of areas is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

import numpy as np
import polars as pl

from pipeline.errors import CohesionError
from pipeline.index.change.cells import Cell, cell_of
from pipeline.index.change.checks import one_study, require, same_rows
from pipeline.index.change.common import CommonScores, Compose
from pipeline.index.change.design import Design, LonelyPsu, Subset, design_of
from pipeline.index.checks import require_weights
from pipeline.index.rounds import Rounds, with_round
from pipeline.specs.disclosure import SMALLEST

Key = tuple[str, ...]
"""Whose rows: (area, wave), or (the name of a comparison, wave)."""


class DesignColumns(TypedDict, total=False):
    """Columns of the design and rules: ``weight`` (None: each counts once), ``strata``, ``psu``, and names of columns.

    ``lonely_psu``: the rule for strata of one unit. ``subset``: whether units outside an area count (``domain``, as R's
    ``svyby``) or not (``answered``). ``smallest``: the fewest people of a number.
    """

    weight: str | None
    strata: str | None
    psu: str | None
    lonely_psu: LonelyPsu
    subset: Subset
    confidence: float
    smallest: int
    person: str
    wave: str
    area: str


@dataclass(frozen=True)
class Others:
    """The people that areas are compared with: the places of their rows, and the areas that are among them."""

    rows: np.ndarray
    areas: frozenset[str]


@dataclass(frozen=True)
class Setting:
    """Arrays of one entry per row with a weight; ``rows``: (area, wave) → the places of its rows.

    ``rounds``: names, and ``round_of_row`` the place of each among them; ``called``: whether these are waves or rounds.
    ``questionnaire``: a code of arm and wave. ``area_of_row``, ``arm_of_row``: text, null where there is none.
    """

    study: str
    weights: np.ndarray
    persons: np.ndarray
    design: Design
    scores: CommonScores
    waves: tuple[str, ...]
    wave_of_row: np.ndarray
    rounds: tuple[str, ...]
    round_of_row: np.ndarray
    called: str
    questionnaire: np.ndarray
    area_of_row: pl.Series
    arm_of_row: pl.Series
    rows: Mapping[Key, np.ndarray]
    confidence: float
    smallest: int
    _cells: dict[tuple[object, ...], Cell] = field(default_factory=dict)
    _asked: dict[int, frozenset[str]] = field(default_factory=dict)

    @property
    def areas(self) -> list[str]:
        return sorted({key[0] for key in self.rows})

    def place(self, wave: str) -> int:
        """Where the wave stands in the order of waves."""
        return self.waves.index(wave)

    def round_of(self, area: str, wave: str) -> str:
        """The round of an area's wave."""
        return self.rounds[int(self.round_of_row[self.rows[area, wave][0]])]

    def in_round(self, rows: np.ndarray, name: str) -> np.ndarray:
        """Which of these rows are of the round."""
        return np.asarray(self.round_of_row[rows] == self.rounds.index(name))

    def waves_of(self, area: str, measure: str) -> list[str]:
        """The waves in which anybody of the area has the measure."""
        has = ~np.isnan(self.scores.given(measure))
        return [wave for wave in self.waves if (area, wave) in self.rows and has[self.rows[area, wave]].any()]

    def comparison(self, arm: str | None, areas: Sequence[str]) -> Others | None:
        """Whose rows areas are compared with. Raises CohesionError for an arm or area in which nobody is."""
        if arm is not None and areas:
            raise CohesionError("both an arm and areas to compare with", where="comparison_arm", todo="Give one.")
        if arm is None and not areas:
            return None
        held, named = (self.arm_of_row, [arm]) if arm is not None else (self.area_of_row, list(areas))
        missing = [name for name in named if not (held == name).any()]
        if missing:
            raise CohesionError(f"nobody is in `{missing[0]}`", where="comparison", todo="Name one that has people.")
        inside = held.is_in([name for name in named if name is not None]).fill_null(False)
        among = self.area_of_row.filter(inside).drop_nulls().unique().to_list()
        if set(self.areas) <= set(among):
            what = "every area has people of the comparison, so that none is left to be compared"
            raise CohesionError(what, where="comparison", todo="Name other areas, or another arm.")
        return Others(np.flatnonzero(inside.to_numpy()), frozenset(among))

    def common(self, sides: Sequence[np.ndarray]) -> tuple[frozenset[str] | None, tuple[frozenset[str], ...]]:
        """The indicators that every side was asked, and what each questionnaire asked; None where that is not known.

        What was asked is a fact of a questionnaire, looked up among all who got it (an arm in a wave): in a small area
        nobody may have answered what everybody was asked.
        """
        if not self.scores.knows_indicators:
            return None, ()
        codes = np.unique(np.concatenate([np.unique(self.questionnaire[rows]) for rows in sides]))
        asked = tuple(self._asked_in(int(code)) for code in codes)
        return frozenset.intersection(*asked), asked

    def cell(
        self, measure: str, rows: np.ndarray, key: Key, kept: frozenset[str] | None, asked: Sequence[frozenset[str]]
    ) -> Cell:
        """The mean of these rows, scored on the indicators ``kept`` of those ``asked``."""
        values = self.scores.values(measure, kept, asked)
        identity = (measure, key, id(values))
        if identity not in self._cells:
            self._cells[identity] = cell_of(values, self.weights, rows, self.design, self.persons)
        return self._cells[identity]

    def _asked_in(self, code: int) -> frozenset[str]:
        if code not in self._asked:
            self._asked[code] = self.scores.answered_by(np.flatnonzero(self.questionnaire == code))
        return self._asked[code]


def setting_of(
    scores: pl.DataFrame,
    measures: Sequence[str],
    indicators: pl.DataFrame | None,
    domains: Mapping[str, Sequence[str]],
    compose: Compose | None,
    *,
    rounds: Rounds | None = None,
    weight: str | None = "weight",
    strata: str | None = None,
    psu: str | None = None,
    lonely_psu: LonelyPsu = "certainty",
    subset: Subset = "domain",
    confidence: float = 0.95,
    smallest: int = SMALLEST,
    person: str = "person_id",
    wave: str = "wave",
    area: str = "area",
) -> Setting:
    """Rows with a weight and a wave. Raises CohesionError for what is not there or does not fit."""
    require(scores, [person, wave, area, *measures, *(one for one in (weight, strata, psu) if one)], "scores")
    if not measures:
        raise CohesionError("no measure to compare", where="measures", todo="Name columns that hold scores.")
    if smallest < SMALLEST:
        raise CohesionError(f"fewer than {SMALLEST} people may not be shown", where="smallest")
    if indicators is not None:
        indicators = same_rows(scores, indicators, domains, (person, wave))
    require_weights(scores, weight)
    kept = pl.col(wave).is_not_null() & (pl.lit(True) if weight is None else pl.col(weight).fill_null(0) > 0)
    inside, order = scores.select(kept).to_series(), scores[wave]
    places = inside.arg_true()
    places = places.gather(order.gather(places).arg_sort())
    frame = scores[places]
    if not frame.height:
        raise CohesionError("nobody has a weight", where=str(weight), todo="Give the weights of the waves.")
    rounded = with_round(frame, rounds or {}, wave=wave, area=area)["round"]
    named = rounded.unique(maintain_order=True).to_list()
    names = frame[wave].unique(maintain_order=True).cast(pl.String).to_list()
    waves = frame[wave].cast(pl.String).replace_strict(names, range(len(names)), return_dtype=pl.Int64).to_numpy()
    areas = frame[area].cast(pl.String)
    arms = (
        frame["arm"].cast(pl.String) if "arm" in frame.columns else pl.Series("arm", [None] * frame.height, pl.String)
    )
    weights = frame[weight].cast(pl.Float64).to_numpy() if weight else np.ones(frame.height)
    arm_codes = (arms.fill_null("").rank("dense") - 1).to_numpy().astype(np.int64)
    return Setting(
        study=one_study(frame),
        weights=weights,
        persons=(frame[person].rank("dense") - 1).to_numpy().astype(np.int64),
        design=design_of(frame, person, strata, psu, lonely_psu, subset),
        scores=CommonScores(frame, measures, None if indicators is None else indicators[places], domains, compose),
        waves=tuple(names),
        wave_of_row=waves,
        rounds=tuple(named),
        round_of_row=rounded.replace_strict(named, range(len(named)), return_dtype=pl.Int64).to_numpy(),
        called="round" if rounds else "wave",
        questionnaire=arm_codes * len(names) + waves,
        area_of_row=areas,
        arm_of_row=arms,
        rows=_rows(areas, waves, names),
        confidence=confidence,
        smallest=smallest,
    )


def _rows(areas: pl.Series, waves: np.ndarray, names: Sequence[str]) -> dict[Key, np.ndarray]:
    placed = pl.DataFrame({"area": areas, "wave": waves, "place": np.arange(len(waves))}).drop_nulls("area")
    grouped = placed.group_by("area", "wave", maintain_order=True).agg("place")
    return {(area, names[wave]): np.asarray(places) for area, wave, places in grouped.rows()}
