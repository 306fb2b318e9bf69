"""Every number that a study prints, from what lies built below a root: one row each, by which two builds are compared.

Numbers that may not be published are left out, as papers leave them out: those of fewer people than the study's
smallest cell, and those of which nobody knows how many people they are of.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import polars as pl

from assets.bundles.aggregates import AGGREGATES, Aggregate
from assets.bundles.kinds import Kinds
from assets.engine import store
from assets.engine.workspace import Workspace
from pipeline.errors import CohesionError
from pipeline.papers.disclosure.rules import refused_cells
from pipeline.papers.results import estimate_of
from pipeline.specs.disclosure import MARK
from pipeline.specs.tolerances import COUNTED

COLUMNS = {"table": pl.String, "row": pl.String, "column": pl.String, "value": pl.String}
NUMBERS = "expected/numbers.csv"
"""The member of a bundle with all numbers; beside it those of the twin."""
OF_TWIN = "expected/numbers_of_twin.csv"
BETWEEN = "; "

ESTIMATED = ("estimate", "std_error", "statistic", "df", "p_value", "conf_low", "conf_high", "n_obs", "n_persons")
SAMPLE = "sample"
"""The component of estimates that counts."""
NAMING = ("component", "outcome", "term", "wave", "group")
PACKAGE = "csv.zip"
"""Every table of a paper and the data of its figures, as printed."""
STAMPED = ("files_table.csv",)


@dataclass(frozen=True)
class Numbers:
    """``frame``: one row per number (``COLUMNS``), its ``value`` as text at full precision. ``withheld``: how many rows
    were left out because they may not be published. ``absent``: tables that are not built. ``kinds``: how a number is
    computed, where its table alone does not say it.
    """

    frame: pl.DataFrame
    withheld: int = 0
    absent: tuple[str, ...] = ()
    kinds: Mapping[tuple[str, str, str], str] = field(default_factory=dict)

    @cached_property
    def by_key(self) -> dict[tuple[str, str, str], str]:
        """Table, row and column → value."""
        return {(table, row, column): value for table, row, column, value in self.frame.iter_rows()}


def as_csv(numbers: pl.DataFrame) -> bytes:
    return numbers.select(list(COLUMNS)).write_csv().encode()


def of_csv(content: bytes) -> Numbers:
    """Raises ``CohesionError`` for bytes that are no such table, or a number that stands there twice."""
    try:
        frame = pl.read_csv(io.BytesIO(content), schema=COLUMNS)
    except (pl.exceptions.PolarsError, ValueError):
        raise CohesionError("is no table of numbers", where=NUMBERS) from None
    repeated = frame.filter(pl.struct("table", "row", "column").is_duplicated())
    if repeated.height:
        table, row, column, _ = repeated.row(0)
        raise CohesionError("stands there twice", where=f"{table}, {row}, {column}")
    return Numbers(frame)


def numbers_of(workspace: Workspace, study: str) -> Numbers:
    """Every number of a study, of what is built; tables that are not are named."""
    return _Reading(workspace, study).all()


class _Reading:
    def __init__(self, workspace: Workspace, study: str) -> None:
        self._workspace, self._paths, self._key = workspace, workspace.paths, study
        self._study = workspace.project.studies[study]
        self._rules = self._study.about.disclosure
        self._withheld = 0
        self._absent: list[str] = []
        self._kinds = Kinds(workspace, study)
        self._known: dict[tuple[str, str, str], str] = {}

    def all(self) -> Numbers:
        found = [*self._estimates(), *self._aggregates(), *self._papers()]
        return Numbers(
            pl.DataFrame(found, schema=COLUMNS, orient="row"), self._withheld, tuple(self._absent), self._known
        )

    def _load(self, *key: str) -> pl.DataFrame | None:
        try:
            return store.load(self._paths, key)
        except CohesionError:
            self._absent.append("/".join(key))
            return None

    def _estimates(self) -> Iterator[tuple[str, ...]]:
        for name, model in self._workspace.project.models.items():
            frame = self._load("estimates", name) if model.study == self._key else None
            for row in frame.iter_rows(named=True) if frame is not None else ():
                if self._may_not_leave(row):
                    self._withheld += 1
                    continue
                named = BETWEEN.join(f"{part}={row[part]}" for part in NAMING if row[part] is not None)
                if row["component"] == SAMPLE:
                    self._known[f"estimates/{name}", named, "estimate"] = COUNTED
                yield from _values(f"estimates/{name}", named, row, ESTIMATED)

    def _may_not_leave(self, row: Mapping[str, Any]) -> bool:
        """Whether papers, too, would withhold a row of estimates."""
        if row["estimate"] is None:
            return False
        cell = estimate_of(row)
        number = {"statistic": cell.statistic, "value": cell.value, "n": cell.n, "weighted": True, "df": cell.df}
        kinds = {"n": pl.Float64, "df": pl.Float64}
        return bool(refused_cells(pl.DataFrame([number], schema_overrides=kinds), self._rules))

    def _aggregates(self) -> Iterator[tuple[str, ...]]:
        for aggregate in AGGREGATES:
            for key in self._keys(aggregate.table):
                frame = store.load(self._paths, key) if self._paths.table(*key).is_file() else None
                for row in frame.iter_rows(named=True) if frame is not None else ():
                    if self._is_withheld(aggregate, row):
                        self._withheld += 1
                        continue
                    named = BETWEEN.join(f"{part}={row[part]}" for part in aggregate.naming if row[part] is not None)
                    yield from _values("/".join(key), named, row, aggregate.values)

    def _is_withheld(self, aggregate: Aggregate, row: Mapping[str, Any]) -> bool:
        """Whether a row is of too few people, or of nobody knows how many; pages print none of those either."""
        if any(isinstance(row[name], str) and MARK in row[name] for name in aggregate.values):
            return True
        smallest = self._rules.smallest
        if aggregate.of_index and self._study.index is not None:
            smallest = max(smallest, self._study.index.smallest_shown)
        return any(row[name] is None or row[name] < smallest for name in aggregate.people)

    def _keys(self, table: str) -> Iterator[tuple[str, ...]]:
        """The keys of a table of the study: one, or one for each weight set or imputation set."""
        yield (table, self._key)
        names = dict.fromkeys((*self._study.weights, *self._study.imputation))  # a set of each may have one name
        yield from ((table, self._key, name) for name in names)

    def _papers(self) -> Iterator[tuple[str, ...]]:
        for name, paper in self._workspace.project.papers.items():
            frame = self._load("paper", name) if paper.study == self._key else None
            if frame is None:
                continue
            for row in frame.iter_rows(named=True):
                if row["value"] is None or MARK in row["printed"]:
                    self._withheld += 1
                    continue
                named = f"{row['number']}{BETWEEN}{row['source']}"
                models = {str(result[0]) for result in json.loads(row["rows"])}
                self._known[f"paper/{name}", named, "value"] = self._kinds.of_models(sorted(models))
                yield from _values(f"paper/{name}", named, row, ("value",))
                yield f"paper/{name}", named, "printed", row["printed"]
            yield from self._printed(name)

    def _printed(self, paper: str) -> Iterator[tuple[str, ...]]:
        """Each cell with a digit of each table of a paper and of the data of its figures, as printed."""
        file = self._paths.paper_file(paper, PACKAGE)
        with zipfile.ZipFile(file) as package:
            for name in package.namelist():
                if name.endswith(".csv") and name not in STAMPED:
                    yield from _cells(f"tables/{paper}/{name}", package.read(name).decode("utf-8-sig"))


def _cells(table: str, text: str) -> Iterator[tuple[str, ...]]:
    """The numbers of one CSV file; a row is named by its texts, and by its place."""
    rows = csv.reader(io.StringIO(text))
    names = next(rows, [])
    for place, row in enumerate(rows, start=1):
        words = [cell for cell in row if cell and not any(sign.isdigit() for sign in cell)]
        named = BETWEEN.join([f"row {place}", *words[:2]])
        for column, cell in zip(names, row, strict=False):
            if any(sign.isdigit() for sign in cell):
                yield table, named, column, cell


def _values(table: str, row: str, values: Mapping[str, Any], columns: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for column in columns:
        if values[column] is not None:
            yield table, row, column, json.dumps(values[column])
