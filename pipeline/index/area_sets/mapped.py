"""People's codes of areas to areas that are sets of codes of one vintage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.index.area_sets.tracing import Gone, Lookups, Parts
from pipeline.options import OptionError
from pipeline.specs.area_chains import vintage_cycle
from pipeline.specs.area_lookups import SHARE_TOLERANCE, Change, lookup_problems
from pipeline.specs.area_sets import Rest, Splits

SHOWN = 6
COLUMNS = ("old_code", "new_code", "from_vintage", "to_vintage")
MADE = ("area_set", "area_label", "area_vintage", "area_share")


@public()
def area_sets(
    frame: pl.DataFrame,
    sets: pl.DataFrame,
    lookups: pl.DataFrame | None = None,
    *,
    vintage: str,
    recorded: str | None = None,
    area: str = "area",
    code_vintage: str = "code_vintage",
    rest: Rest = "refuse",
    splits: Splits = "refuse",
    overlap: bool = False,
) -> pl.DataFrame:
    """The rows of ``frame`` with ``area_set, area_label, area_vintage, area_share``: the area that each code is in.

    ``sets``: one row per code of an area: ``area_set`` (its key), ``label, code``; codes are of ``vintage``. The codes
    of ``frame`` are of the vintage ``recorded``, or of the one that each row has in ``code_vintage``. ``lookups``: one
    row per change, ``old_code, new_code, from_vintage, to_vintage`` and ``share`` of the old code's people (null: not
    known); codes that it does not name stay as they are. Codes are traced forwards and back, through several vintages.

    ``rest``: a code in no area is refused, ``left_out`` (null), or its ``own`` area. ``splits``: people of a code that
    became several, in different areas, are refused, go to the ``largest`` part, or by ``share`` to each (a row for
    each, with ``area_share``, by which a weight is to be multiplied); parts in the same area are no split. ``overlap``:
    a code may be in several areas (a row for each, with a share of one).

    Rows without a code have none of the four. Raises CohesionError with counts of codes and rows for codes in no area,
    codes that did not exist in their vintage, splits that are not allocated, codes in two areas, shares that do not sum
    to one, and vintages that no lookup leads to.
    """
    taken = [name for name in MADE if name in frame.columns]
    if taken:
        raise CohesionError(f"has a column `{taken[0]}` already", where="frame", todo="Rename it.")
    _require(frame, [area], "frame")
    if recorded is None and code_vintage not in frame.columns:
        what = "says neither of all codes nor of each row of which vintage they are"
        raise OptionError(what, where="frame", todo=f'Write recorded="2011", or give the column `{code_vintage}`.')
    members, labels = _members(sets, overlap)
    tracer = Lookups(_changes(lookups))
    when = pl.lit(recorded) if recorded is not None else pl.col(code_vintage).cast(pl.String)
    rows = frame.with_columns(_code=pl.col(area).cast(pl.String), _when=when)
    undated = rows.filter(pl.col("_code").is_not_null() & pl.col("_when").is_null()).height
    if undated:
        raise CohesionError("codes without a vintage", where=code_vintage, count=undated)
    pairs = rows.drop_nulls("_code").group_by("_code", "_when").len().sort("_code", "_when")
    chosen = _Mapping(members, tracer, vintage, rest, splits)
    found = [(code, when, *place) for code, when, n in pairs.iter_rows() for place in chosen.places(code, when, n)]
    chosen.refuse()
    schema = {"_code": pl.String, "_when": pl.String, "area_set": pl.String, "area_share": pl.Float64}
    table = pl.DataFrame(found, schema=schema, orient="row").with_columns(
        area_label=pl.col("area_set").replace_strict(labels, default=pl.col("area_set"), return_dtype=pl.String),
        area_vintage=pl.when(pl.col("area_set").is_not_null()).then(pl.lit(vintage)),
    )
    joined = rows.join(table, on=["_code", "_when"], how="left", maintain_order="left_right")
    return joined.select(*frame.columns, *MADE)


def _members(sets: pl.DataFrame, overlap: bool) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Code → its areas; area → its label."""
    _require(sets, ["area_set", "label", "code"], "sets")
    table = sets.select(pl.col("area_set", "label", "code").cast(pl.String))
    blank = table.null_count().sum_horizontal().item()
    if blank:
        raise CohesionError("areas, labels or codes that are blank", where="sets", count=int(blank))
    members: dict[str, list[str]] = {}
    labels: dict[str, str] = {}
    for key, label, code in table.unique(maintain_order=True).iter_rows():
        members.setdefault(code, []).append(key)
        if labels.setdefault(key, label) != label:
            raise CohesionError(f"the area `{key}` has two labels", where="sets", todo="Keep one.")
    several = sorted(code for code, keys in members.items() if len(set(keys)) > 1)
    if several and not overlap:
        todo = "Keep each in one, or write overlap=True."
        raise CohesionError(f"codes in several areas: {_some(several)}", where="sets", count=len(several), todo=todo)
    return members, labels


def _changes(lookups: pl.DataFrame | None) -> list[Change]:
    if lookups is None:
        return []
    _require(lookups, COLUMNS, "lookups")
    has_share = "share" in lookups.columns
    share = pl.col("share").cast(pl.Float64, strict=False) if has_share else pl.lit(None, pl.Float64)
    table = lookups.select(pl.col(COLUMNS).cast(pl.String), share=share)
    blank = table.select(COLUMNS).null_count().sum_horizontal().item()
    if blank:
        raise CohesionError("codes or vintages that are blank", where="lookups", count=int(blank))
    texts = lookups["share"].count() - table["share"].count() if has_share else 0
    if texts:
        raise CohesionError("shares that are no numbers", where="lookups: share", count=texts)
    wrong = table.filter((pl.col("share") <= 0) | (pl.col("share") > 1 + SHARE_TOLERANCE)).height
    if wrong:
        raise CohesionError("shares that are not above 0 and up to 1", where="lookups: share", count=wrong)
    changes = [Change(*row) for row in table.iter_rows()]
    problems = lookup_problems(dict(enumerate(changes, 1)))
    if problems:
        where, what = min(problems.items())
        raise CohesionError(what.rstrip("."), where=f"lookups, row {where}", count=len(problems))
    cycle = vintage_cycle(changes)
    if cycle is not None:
        todo = "Write each change from the older vintage to the newer."
        raise CohesionError(f"vintages lead back to where they began: {', '.join(cycle)}", where="lookups", todo=todo)
    return changes


@dataclass
class _Mapping:
    """Where the people of each code are; what cannot be placed is collected, so that one message counts all."""

    members: dict[str, list[str]]
    lookups: Lookups
    vintage: str
    rest: Rest
    splits: Splits

    def __post_init__(self) -> None:
        self.keys = {key for keys in self.members.values() for key in keys}
        self.namesakes: dict[str, int] = {}
        self.unmatched: dict[str, int] = {}
        self.gone: dict[str, int] = {}
        self.split: dict[str, int] = {}
        self.unshared: dict[str, int] = {}

    def places(self, code: str, when: str, rows: int) -> Iterator[tuple[str | None, float]]:
        """The areas of one code with the share of its people, each once."""
        try:
            parts = self.lookups.parts(code, when, self.vintage)
        except Gone as gone:
            self.gone[f"{code} ({gone.vintage})"] = rows
            return
        lost = [part for part in parts if part not in self.members]
        if self.rest == "own" and not self.keys.isdisjoint(lost):
            self.namesakes[code] = rows
            return
        if lost and self.rest == "refuse":
            self.unmatched[code if lost == [code] else f"{code} (became {', '.join(lost)})"] = rows
            return
        shares = self._by_area(parts)
        if len({frozenset(self._areas(part)) for part in parts}) == 1:
            yield from ((key, 1.0) for key in self._areas(next(iter(parts))))
            return
        if self.splits == "refuse":
            self.split[code] = rows
            return
        known = {key: share for key, share in shares.items() if share is not None}
        if len(known) < len(shares):
            self.unshared[code] = rows
        elif self.splits == "largest":
            yield max(known, key=lambda key: (known[key], str(key))), 1.0
        else:
            yield from known.items()

    def _areas(self, code: str) -> list[str | None]:
        if code in self.members:
            return list(self.members[code])
        return [code] if self.rest == "own" else [None]

    def _by_area(self, parts: Parts) -> dict[str | None, float | None]:
        shares: dict[str | None, float | None] = {}
        for code, share in parts.items():
            for key in self._areas(code):
                sofar = shares.get(key, 0.0)
                shares[key] = None if share is None or sofar is None else sofar + share
        return shares

    def refuse(self) -> None:
        """Raises CohesionError for the codes that have no place, with how many there are."""
        kinds = [
            (
                self.gone,
                "codes that did not exist in their vintage",
                "Correct their vintage; to a code that took in others and stayed, the lookup leads from itself, too.",
            ),
            (self.unmatched, "codes in no area", 'Add them to one, or write rest="left_out" or "own".'),
            (self.namesakes, "codes in no area that are called as an area is", "Give the area another name."),
            (self.split, "codes that became several, in different areas", 'Write splits="largest" or "share".'),
            (self.unshared, "codes whose parts have no share of its people", "Give `share` in the lookup."),
        ]
        problems = [
            f"{what}: {_some(sorted(found))} ({_many(len(found), 'code')}, {_many(sum(found.values()), 'row')})"
            for found, what, _ in kinds
            if found
        ]
        if problems:
            todo = next(todo for found, _, todo in kinds if found)
            raise CohesionError("; ".join(problems), where=f"areas of vintage {self.vintage}", todo=todo)


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _some(codes: list[str]) -> str:
    shown = ", ".join(f"`{code}`" for code in codes[:SHOWN])
    return f"{shown} and {len(codes) - SHOWN:,} more" if len(codes) > SHOWN else shown


def _require(frame: pl.DataFrame, columns: list[str] | tuple[str, ...], where: str) -> None:
    absent = [name for name in columns if name not in frame.columns]
    if absent:
        there = ", ".join(frame.columns)
        raise CohesionError(f"has no column `{absent[0]}`", where=where, todo=f"It has: {there}.")
