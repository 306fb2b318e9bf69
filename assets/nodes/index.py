"""A study's index: persons' scores, and its areas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assets.engine.node import Node, Output, Tables
from assets.engine.outside import OutsideFile
from assets.engine.view import view
from assets.engine.workspace import Workspace
from assets.nodes import reads
from pipeline.specs import Study
from pipeline.specs.area_sets import AreaSet
from pipeline.specs.index import AREA_ROLE, Index


def nodes(workspace: Workspace) -> list[Node]:
    """``index/<study>`` and ``areas/<study>`` of every study that declares an index."""
    studies = workspace.project.studies.values()
    return [
        node
        for study in studies
        if study.index is not None
        for node in (_index(workspace, study, study.index), _areas(workspace, study, study.index))
    ]


def make_index(
    tables: Tables,
    *,
    index: Index,
    ranges: Mapping[str, Any],
    area_set: AreaSet | None,
    lookups: Mapping[str, OutsideFile],
) -> Output:
    """Persons' domains and index, their indicators, and how they were made."""
    import polars as pl

    from pipeline.index import in_declared_areas, lookup_table, person_scores, vintage_logged
    from pipeline.tables import IndexMethods, index_schema, indicators_schema

    panel = tables["panel"]
    if area_set is not None:
        traced = {name: lookup_table(file.path) for name, file in lookups.items()}
        panel = in_declared_areas(panel, area_set, traced, index.area)
    made = person_scores(panel, index, ranges, tables["weights"])
    methods = made.methods if area_set is None else vintage_logged(made.methods, area_set)
    scored = made.index.filter(pl.col("index").is_not_null())
    return Output(
        {"index": made.index, "indicators": made.indicators, "index_methods": methods},
        {
            "index": index_schema(list(index.domains)),
            "indicators": indicators_schema(list(index.indicators)),
            "index_methods": IndexMethods,
        },
        metadata={"index": {"people with an index": scored.select(pl.col("person_id").n_unique()).item()}},
    )


def _index(workspace: Workspace, study: Study, index: Index) -> Node:
    from pipeline.specs.ranges import score_ranges

    chosen = study.area_sets.get(index.area)
    lookups = chosen.lookups if chosen is not None else ()

    ranges = score_ranges(study)
    return Node(
        make_index,
        reads={
            "index": view(index, reads.scoring_index(index)),
            "ranges": {name: ranges[name] for name in index.indicators},
            "area_set": chosen if chosen is None else view(chosen, reads.AREA_SET),
            "lookups": {name: OutsideFile(workspace.paths.areas / name) for name in lookups},
        },
        inputs={"panel": ("panel", study.key), "weights": ("weights", study.key)},
        outputs={name: (name, study.key) for name in ("index", "indicators", "index_methods")},
        group="score",
        study=study.key,
        description=f"{study.about.short_title}: each person's score of every domain of {index.title}, and how.",
        kinds=frozenset({"polars"}),
    )


def make_areas(
    tables: Tables, *, index: Index, labels: Mapping[str, str], covariates: Sequence[str], census: OutsideFile | None
) -> Output:
    """Areas with their estimates, what may be shown of them, and their ranks."""
    import polars as pl

    from pipeline.index import (
        area_covariates,
        area_table,
        census_table,
        index_changes,
        index_coherence,
        index_uncertainty,
        with_rank_intervals,
    )
    from pipeline.tables import AreaChanges, AreaPairs, Areas, AreaSensitivity, Coherence

    panel, scores, indicators = tables["panel"], tables["index"], tables["indicators"]
    design = panel.select("person_id", "wave", *(name for name in DESIGN if name in panel.columns))
    known = area_covariates(scores, panel, covariates) if covariates else None
    margins = panel.select("person_id", "wave", *index.small_areas.margins) if census is not None else None
    counts = census_table(census.path, index.small_areas.margins) if census is not None else None
    areas = area_table(
        index, scores, indicators, design, labels=labels, area_measures=known, margins=margins, census=counts
    )
    found = index_uncertainty(index, areas, scores, indicators, design)
    areas = with_rank_intervals(areas, found.intervals)
    whole = areas.filter(pl.col("measure") == "index")
    return Output(
        {
            "areas": areas,
            "area_changes": index_changes(index, scores, indicators, design),
            "area_pairs": found.pairs,
            "area_sensitivity": found.sensitivity,
            "coherence": index_coherence(index, scores, indicators),
        },
        {
            "areas": Areas,
            "area_changes": AreaChanges,
            "area_pairs": AreaPairs,
            "area_sensitivity": AreaSensitivity,
            "coherence": Coherence,
        },
        metadata={
            "areas": {
                "areas shown": whole.filter("is_shown")["area"].n_unique(),
                "areas ranked": whole.filter("is_ranked")["area"].n_unique(),
            }
        },
    )


DESIGN = ("stratum", "psu", "household_id")
AREA_TABLES = ("areas", "area_changes", "area_pairs", "area_sensitivity", "coherence")


def _areas(workspace: Workspace, study: Study, index: Index) -> Node:
    census = index.small_areas.census
    return Node(
        make_areas,
        reads={
            "index": view(index, reads.areas_of_index(index)),
            "labels": area_labels(study, index),
            "covariates": index.small_areas.covariates,
            "census": OutsideFile(workspace.paths.areas / census) if census else None,
        },
        inputs={
            "index": ("index", study.key),
            "indicators": ("indicators", study.key),
            "panel": ("panel", study.key),
        },
        outputs={name: (name, study.key) for name in AREA_TABLES},
        group="score",
        study=study.key,
        description=f"{study.about.short_title}: its areas on {index.title}, with intervals, and what may be shown.",
        kinds=frozenset({"polars"}),
        effort=3.0,
    )


def area_labels(study: Study, index: Index) -> dict[str, str]:
    """Area → its name: as the index says it, else the label of the answer, else the tile of maps."""
    tiles = {code: tile.label for code, tile in study.about.tiles.items()}
    item = study.items.get(study.scored_items().get(index.area, "")) if index.area != AREA_ROLE else None
    codes = dict(item.codes) if item is not None and not item.recode else {}
    chosen = study.area_sets.get(index.area)
    sets = {key: area.label for key, area in chosen.areas.items()} if chosen is not None else {}
    return {**tiles, **codes, **sets, **index.labels}
