"""Which models an export's scripts compute again: those behind the numbers on page one of papers, or all of a study."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from assets.engine import store
from assets.engine.node import Key
from assets.engine.workspace import Workspace
from pipeline.specs import Study
from pipeline.specs.scripts import SCRIPT_FAMILIES

if TYPE_CHECKING:
    import polars as pl

    from pipeline.exports.scripts.call import Call

REPLICATED = ("replicates", "replicate_weights")
KEY = ("model", "outcome", "term", "component", "wave", "group")
"""What names a row of estimates in the table of a paper's numbers, in this order."""


def keys_of(workspace: Workspace, study: Study) -> dict[str, Key]:
    """Name → key of every table that the scripts are made from."""
    found: dict[str, Key] = {
        f"estimates {name}": ("estimates", name)
        for name, model in workspace.project.models.items()
        if model.study == study.key
    }
    for name, paper in workspace.project.papers.items():
        if paper.study == study.key:
            found |= {f"paper {name}": ("paper", name), f"passages {name}": ("passages", name)}
    for name, declared in study.weights.items():
        if declared.replicates:
            found |= {f"{table} {name}": (table, study.key, name) for table in REPLICATED}
    return found


def calls(
    workspace: Workspace, study: Study, hashes: Mapping[str, str], stata: Mapping[str, str], *, every: bool
) -> "list[Call]":
    """The models, each with the estimates that are compared. ``hashes``: of the tables of ``keys_of``."""
    from pipeline.exports.scripts.call import Call, Replicated

    keys = keys_of(workspace, study)
    tables = {name: store.load(workspace.paths, key, hashes[name]) for name, key in keys.items()}
    replicated = {
        name: Replicated(tables[f"replicate_weights {name}"], tables[f"replicates {name}"]["variance_factor"].to_list())
        for name, declared in study.weights.items()
        if declared.replicates
    }
    headlines = set() if every else set(_headlines(tables))
    every = every or not headlines  # no paper prints numbers of the study yet
    made = []
    for name, model in workspace.project.models.items():
        if model.study != study.key:
            continue
        rows = tables[f"estimates {name}"]
        if not every:
            rows = _among(rows, headlines)
            if not rows.height:
                continue
        made.append(Call(name, model, study, _compared(rows, model.family), stata, replicated))
    return made


def _headlines(tables: "Mapping[str, pl.DataFrame]") -> Iterator[tuple[str, ...]]:
    """The rows of estimates behind the numbers that papers print on page one: before their first section."""
    for name, passages in tables.items():
        kind, _, paper = name.partition(" ")
        if kind != "passages":
            continue
        front = passages.filter(part="paper", section="", kind="sentence")
        printed = {number for numbers in front["numbers"] for number in numbers.split()}
        numbers = tables[f"paper {paper}"]
        for number, rows in numbers.select("number", "rows").iter_rows():
            if number in printed:
                yield from (tuple(row) for row in json.loads(rows))


def _among(rows: "pl.DataFrame", wanted: set[tuple[str, ...]]) -> "pl.DataFrame":
    keys = [tuple(value or "" for value in row) for row in rows.select(KEY).iter_rows()]
    return rows.filter([key in wanted for key in keys])


def _compared(rows: "pl.DataFrame", family: str) -> "pl.DataFrame":
    """The rows with an estimate, of the components that the scripts compute."""
    import polars as pl

    components = list(SCRIPT_FAMILIES[family].components)
    return rows.filter(pl.col("component").is_in(components) & pl.col("estimate").is_not_null())
