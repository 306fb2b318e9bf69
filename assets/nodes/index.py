"""A study's index: persons' scores, and its areas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from assets.engine.node import Key, Node, Output, Tables
from assets.engine.outside import OutsideFile
from assets.engine.view import view
from assets.engine.workspace import Workspace
from assets.nodes import reads
from assets.nodes.preview import first_rows, newest_round
from assets.nodes.weight_sets import replicate_keys
from pipeline.specs import Study
from pipeline.specs.area_sets import AreaSet
from pipeline.specs.index import AREA_ROLE, Index


def nodes(workspace: Workspace) -> list[Node]:
    """``index``, ``areas``, ``area_changes`` and ``coherence`` of every study that declares an index."""
    studies = workspace.project.studies.values()
    return [
        node
        for study in studies
        if study.index is not None
        for node in (_index(workspace, study, study.index), *_areas(workspace, study, study.index))
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
        metadata={
            "index": {"people with an index": scored.select(pl.col("person_id").n_unique()).item()},
            "index_methods": first_rows(methods, "step", "measure", "choice", "n"),
        },
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
        group="index",
        study=study.key,
        description=f"{study.about.short_title}: each person's score on {index.title} and its domains, and how.",
        kinds=frozenset({"polars"}),
    )


def make_areas(
    tables: Tables,
    *,
    index: Index,
    labels: Mapping[str, str],
    covariates: Sequence[str],
    census: OutsideFile | None,
    waves: Sequence[str],
) -> Output:
    """Areas with their estimates, what may be shown of them, their ranks in each round, and what these depend on."""
    import polars as pl

    from pipeline.index import area_covariates, area_table, census_table, index_uncertainty, with_rank_intervals
    from pipeline.tables import AreaPairs, Areas, AreaSensitivity

    people, made = _replicated(tables, index, waves)
    panel, scores = tables["panel"], people[0]
    known = area_covariates(scores, panel, covariates) if covariates else None
    margins = panel.select("person_id", "wave", *index.small_areas.margins) if census is not None else None
    counts = census_table(census.path, index.small_areas.margins) if census is not None else None
    areas = area_table(
        index, *people, labels=labels, area_measures=known, margins=margins, census=counts, replicated=made
    )
    found = index_uncertainty(index, areas, *people, replicated=made)
    areas = with_rank_intervals(areas, found.intervals)
    whole = areas.filter(pl.col("measure") == "index")
    ranked = newest_round(whole.filter("is_shown")).sort("estimate", descending=True)
    shown: dict[str, object] = {
        **first_rows(ranked, "label", "wave", "round", "estimate", "conf_low", "conf_high", "rank"),
        "areas shown": whole.filter("is_shown")["area"].n_unique(),
        "areas ranked": whole.filter("is_ranked")["area"].n_unique(),
    }
    if made.resamples.merged:
        shown["strata of one sampling unit, drawn from together"] = made.resamples.merged
    return Output(
        {"areas": areas, "area_pairs": found.pairs, "area_sensitivity": found.sensitivity},
        {"areas": Areas, "area_pairs": AreaPairs, "area_sensitivity": AreaSensitivity},
        metadata={
            "areas": shown,
            "area_pairs": first_rows(
                newest_round(found.pairs.filter(measure="index")), "area", "other", "round", "difference", "probability"
            ),
            "area_sensitivity": first_rows(
                newest_round(found.sensitivity), "kind", "choice", "area", "measure", "round", "value"
            ),
        },
    )


def make_changes(tables: Tables, *, index: Index, waves: Sequence[str]) -> Output:
    """Changes of areas between waves, and their differences from what they are compared with."""
    import polars as pl

    from pipeline.index import index_changes
    from pipeline.tables import AreaChanges

    replicated = index.composed == "areas" or bool(waves)
    people, made = _replicated(tables, index, waves) if replicated else (_people(tables), None)
    changes = index_changes(index, *people, replicated=made)
    whole = newest_round(changes.filter(pl.col("measure") == "index", pl.col("estimate").is_not_null()))
    largest = whole.sort(pl.col("estimate").abs(), descending=True)
    shown = first_rows(largest, "area", "kind", "wave", "against", "estimate", "conf_low", "conf_high")
    return Output({"area_changes": changes}, {"area_changes": AreaChanges}, metadata={"area_changes": shown})


def make_coherence(tables: Tables, *, index: Index) -> Output:
    """Reliability of scales, correlations of domains, and whether areas can be compared."""
    import polars as pl

    from pipeline.index import index_coherence
    from pipeline.tables import Coherence

    made = index_coherence(index, tables["index"], tables["indicators"])
    whole = newest_round(made.filter(pl.col("area").is_null(), pl.col("value").is_not_null()))
    shown = first_rows(whole, "check", "measure", "other", "round", "value", "n_persons")
    return Output({"coherence": made}, {"coherence": Coherence}, metadata={"coherence": shown})


def _people(tables: Tables) -> tuple[Any, Any, Any]:
    """Persons' scores, their indicators, and the columns of the design."""
    return tables["index"], tables["indicators"], design_columns(tables["panel"])


def design_columns(panel: Any) -> Any:
    """One row per person and wave: the columns of the design that the panel has."""
    from pipeline.index.persons.head import DESIGN

    return panel.select("person_id", "wave", *(name for name in DESIGN if name in panel.columns))


def _replicated(tables: Tables, index: Index, waves: Sequence[str]) -> tuple[tuple[Any, Any, Any], Any]:
    """The people of the areas, of the weight set where there is one, and the index in its replicates."""
    from pipeline.index import in_weight_set, index_replicates

    scores, indicators, design = _people(tables)
    if not waves:
        return (scores, indicators, design), index_replicates(index, scores, indicators, design)
    weights, scales = tables["replicate_weights"], tables["replicates"]
    scores, indicators = in_weight_set(scores, indicators, weights, waves)
    made = index_replicates(index, scores, indicators, design, replicate_weights=weights, scales=scales)
    return (scores, indicators, design), made


def _areas(workspace: Workspace, study: Study, index: Index) -> Iterator[Node]:
    """``areas/<study>`` with its pairs and sensitivity, ``area_changes/<study>`` and ``coherence/<study>``."""
    census, chosen = index.small_areas.census, index.uncertainty.weights
    title = study.about.short_title
    waves = study.weights[chosen].waves if chosen else ()
    scored = {name: (name, study.key) for name in ("index", "indicators")}
    inputs: dict[str, Key] = {**scored, "panel": ("panel", study.key)}
    inputs |= replicate_keys(study.key, chosen) if chosen else {}
    shared: dict[str, Any] = {"group": "index", "study": study.key, "kinds": frozenset({"polars"})}
    yield Node(
        make_areas,
        reads={
            "index": view(index, reads.areas_of_index(index)),
            "labels": area_labels(study, index),
            "covariates": index.small_areas.covariates,
            "census": OutsideFile(workspace.paths.areas / census) if census else None,
            "waves": waves,
        },
        inputs=inputs,
        outputs={name: (name, study.key) for name in ("areas", "area_pairs", "area_sensitivity")},
        description=f"{title}: how its areas stand on {index.title}, how sure that is, their ranks in each round.",
        effort=3.0,
        **shared,
    )
    yield Node(
        make_changes,
        reads={"index": view(index, reads.changes_of_index(index)), "waves": waves},
        inputs=inputs,
        outputs={"area_changes": ("area_changes", study.key)},
        description=f"{title}: how its areas changed, and how they differ from those of their round.",
        effort=2.0,
        **shared,
    )
    yield Node(
        make_coherence,
        reads={"index": view(index, reads.COHERENCE_OF_INDEX)},
        inputs=scored,
        outputs={"coherence": ("coherence", study.key)},
        description=f"{title}: how reliable {index.title} is, and whether areas can be compared by it.",
        effort=2.0,
        **shared,
    )


def area_labels(study: Study, index: Index) -> dict[str, str]:
    """Area → its name: as the index says it, else the label of the answer, else the tile of maps."""
    tiles = {code: tile.label for code, tile in study.about.tiles.items()}
    item = study.items.get(study.scored_items().get(index.area, "")) if index.area != AREA_ROLE else None
    codes = dict(item.codes) if item is not None and not item.recode else {}
    chosen = study.area_sets.get(index.area)
    sets = {key: area.label for key, area in chosen.areas.items()} if chosen is not None else {}
    return {**tiles, **codes, **sets, **index.labels}
