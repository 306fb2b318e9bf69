"""Profiles of areas: one node a study for its areas, one over all studies for the national picture and for funders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from assets.engine.node import File, Key, Node, Output, Tables
from assets.engine.outside import OutsideFile
from assets.engine.workspace import Workspace
from assets.nodes.ingest import below
from assets.nodes.preview import first_rows
from pipeline.specs import Study
from pipeline.specs.base import Period
from pipeline.specs.index import Index
from pipeline.specs.index_rounds import round_of
from pipeline.specs.profile import Profiles

if TYPE_CHECKING:
    import datetime as dt

    import polars as pl

    from pipeline.papers.content import FigureFile
    from pipeline.papers.profiles import About, StudyAreas

Words = Mapping[str, Any]
"""What a study says of itself, as plain texts and numbers."""
OPTIONAL = ("area_changes", "monitor", "programme")
"""Tables that say more, where there are any."""
KEY = ("national", "areas")
CELLS = "cells"
"""Every number that the pages print, as the frame that is judged before they go out."""
WRITTEN = {"html": "paper.html.j2", "pdf": "paper.typ", "xlsx": ""}
"""Writer of papers → its template, for documents over many areas."""
SCALE = (0.0, 100.0)
ON_HALF_A_PAGE = 20
"""So many areas a figure of half a page can hold."""


def nodes(workspace: Workspace, others: Sequence[Node]) -> list[Node]:
    """``profiles/<study>`` of every study with areas, and ``national/areas`` over them. ``others``: all other nodes."""
    made = {key for node in others for key in node.keys}
    studies = [
        study
        for study in workspace.project.studies.values()
        if study.index is not None and ("areas", study.key) in made
    ]
    found = [_profiles(workspace, study, study.index, made) for study in studies if study.index is not None]
    return [*found, *([_national(workspace, studies, made)] if studies else [])]


def make_profiles(
    tables: Tables,
    *,
    words: Words,
    labels: Mapping[str, str],
    settings: Profiles,
    calendar: Mapping[tuple[str, str], tuple[dt.date, dt.date]],
    programmes: Mapping[str, Words],
    tiles: Mapping[str, tuple[int, int]],
    templates: Mapping[str, OutsideFile],
    boundaries: OutsideFile | None,
) -> Output:
    """One row per number that a profile prints; the profiles and the overview are its pages."""
    from pipeline.figures.overview import boundaries_of, drawing_files, overview_drawings
    from pipeline.papers import written
    from pipeline.papers.disclosure.record import cells_as_csv
    from pipeline.papers.profiles import (
        Programme,
        fieldwork_of,
        file_names,
        overview,
        profile_cells,
        profile_html,
        profile_numbers,
        profile_pdf,
        profiles,
    )
    from pipeline.tables import ProfileNumber

    about, changes = _about(words), tables.get("area_changes")
    given = {"labels": labels, "settings": settings, "about": about, "smallest": words["smallest"]}
    fieldwork = fieldwork_of(tables["index"], calendar)
    made = profiles(
        tables["areas"],
        changes,
        **given,
        fieldwork=fieldwork,
        monitor=tables.get("monitor"),
        effects=tables.get("programme"),
        programmes={name: Programme(**said) for name, said in programmes.items()},
    )
    names = file_names({area: content.label for area, content in made.items()})
    layout = {name: file.path.read_bytes() for name, file in templates.items()}
    files: dict[str, bytes] = {}
    for area, content in made.items():
        files[f"pages/{names[area]}.html"] = profile_html(content, layout["profile.html.j2"])
        files[f"pages/{names[area]}.pdf"] = profile_pdf(content, layout["profile.typ"])
    shown = [content for content in made.values() if not content.withheld]
    documents = []
    if shown:
        declared, own = settings.boundaries, None
        if declared is not None and boundaries is not None:
            own = boundaries_of(boundaries.path.read_bytes(), declared.code, declared.file)
        drawings = overview_drawings(
            tables["areas"], labels=labels, source=about.study, tiles=tiles, boundaries=own,
            boundaries_source=_source_of(settings), scale=settings.scale.capitalize(), confidence=about.confidence,
            synthetic=about.synthetic, smallest=words["smallest"], waves={**about.waves, **about.rounds},
        )  # fmt: skip
        figures = {name: _figure(drawing, drawing_files(drawing)) for name, drawing in drawings.items()}
        pages = {area: f"{names[area]}.html" for area in made}
        document = overview(tables["areas"], changes, **given, figures=figures, pages=pages, fieldwork=fieldwork)
        documents.append(document)
        files |= {f"overview_{writer}": written(document, writer, layout.get(name)) for writer, name in WRITTEN.items()}
    files[CELLS] = cells_as_csv(profile_cells(made.values(), documents))
    numbers = profile_numbers(made.values())
    metadata = {
        "profiles": {
            **first_rows(_scores(numbers), "area", "wave", "printed"),
            "areas": len(made),
            "areas withheld": len(made) - len(shown),
        }
    }
    return Output({"profiles": numbers}, {"profiles": ProfileNumber}, files, metadata=metadata)


def _scores(numbers: pl.DataFrame) -> pl.DataFrame:
    """Of each area its score on the index, as its page prints it."""
    import polars as pl

    found = numbers.filter(pl.col("source").str.starts_with("areas/"), measure="index", column="estimate")
    return found.unique("area", keep="first", maintain_order=True)


def _about(words: Words) -> About:
    from pipeline.papers.profiles import About

    return About(**{name: value for name, value in words.items() if name not in ("smallest", "funder")})


def _source_of(settings: Profiles) -> str:
    declared = settings.boundaries
    return f"Boundaries: {declared.source}, {declared.vintage}, {declared.licence}" if declared is not None else ""


def _figure(drawing: Any, files: Mapping[str, bytes]) -> FigureFile:
    from pipeline.papers import FigureFile

    return FigureFile(
        files["svg"], drawing.alt, drawing.title, drawing.source, note=drawing.note, narrow=files["narrow"]
    )


def make_national(
    tables: Tables,
    *,
    studies: Mapping[str, Words],
    labels: Mapping[str, Mapping[str, str]],
    names: Mapping[str, Any],
    common: tuple[str, ...],
    templates: Mapping[str, OutsideFile],
) -> Output:
    """One row per measure, study and arm of the national picture, of about one time; pages are files."""
    import polars as pl

    from pipeline.figures.overview import common_drawings, drawing_files
    from pipeline.papers import written
    from pipeline.papers.disclosure import cleared
    from pipeline.papers.disclosure.record import cells_as_csv
    from pipeline.papers.profiles import Names, concept_levels, file_names, funder_page, national_picture, profile_cells
    from pipeline.tables import CommonLevels

    layout = {name: file.path.read_bytes() for name, file in templates.items()}
    studies = {key: words for key, words in studies.items() if key in tables.get("areas", {})}
    synthetic = any(words["synthetic"] for words in studies.values())
    indicators = [tables["indicators"][key] for key in common if key in studies]
    levels = concept_levels(pl.concat(indicators, how="diagonal")) if indicators else CommonLevels.create_empty()
    files: dict[str, bytes] = {}
    judged = [profile_cells(())]
    if levels.height:
        known = Names(**names)
        rows = {place: f"{known.studies[place[0]]}, {title}" for place, title in known.arms.items()}
        drawings = common_drawings(
            levels,
            concepts=known.concepts,
            rows=rows,
            periods=known.periods,
            source="Cohesion Panel",
            synthetic=synthetic,
        )
        figures = {name: _figure(drawing, drawing_files(drawing)) for name, drawing in drawings.items()}
        counts = max([10, *(words["counts"] for words in studies.values())])
        picture = national_picture(levels, names=known, figures=figures, synthetic=synthetic, counts=counts)
        judged.append(cleared(picture))
        files |= {f"national_{writer}": written(picture, writer, layout.get(name)) for writer, name in WRITTEN.items()}
    funders = _by_funder(studies)
    stems = file_names({funder: funder for funder in funders})
    for funder, keys in funders.items():
        of_funder = [_study_areas(tables, studies[key], labels[key], key) for key in keys]
        page = funder_page(funder, of_funder)
        judged.append(cleared(page, (name for one in of_funder for name in one.areas["label"].drop_nulls().unique())))
        for writer in ("html", "pdf"):
            files[f"funders/{stems[funder]}.{writer}"] = written(page, writer, layout[WRITTEN[writer]])
    files[CELLS] = cells_as_csv(pl.concat(judged, how="diagonal_relaxed"))
    shown = first_rows(levels, "concept", "study", "arm", "wave", "estimate")
    return Output({"national": levels}, {"national": CommonLevels}, files, metadata={"national": shown})


def _by_funder(studies: Mapping[str, Words]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, words in studies.items():
        if words["funder"]:
            found.setdefault(words["funder"], []).append(key)
    return found


def _study_areas(tables: Tables, words: Words, labels: Mapping[str, str], key: str) -> StudyAreas:
    from pipeline.papers.profiles import StudyAreas

    changes = tables.get("area_changes", {}).get(key)
    about, areas = _about(words), tables["areas"][key]
    return StudyAreas(
        areas, changes, labels, about, words["smallest"], _ranking(areas, labels, about, words["smallest"]), key
    )


def _ranking(areas: pl.DataFrame, labels: Mapping[str, str], about: About, smallest: int) -> FigureFile | None:
    """All areas of a study in one figure, where half a page has room for them."""
    from pipeline.figures.overview import drawing_files, overview_drawings

    if not areas.height or not 1 < areas["area"].n_unique() <= ON_HALF_A_PAGE:
        return None
    drawings = overview_drawings(
        areas, labels=labels, source=about.study, confidence=about.confidence, synthetic=about.synthetic,
        smallest=smallest, waves={**about.waves, **about.rounds},
    )  # fmt: skip
    first = drawings.get("ranking_1")
    return None if first is None else _figure(first, drawing_files(first))


def _profiles(workspace: Workspace, study: Study, index: Index, made: set[Key]) -> Node:
    paths, key = workspace.paths, study.key
    declared = index.profile.boundaries
    folder = below(paths, paths.profiles(key))
    optional = {table: (table, key) for table in OPTIONAL if (table, key) in made}
    return Node(
        make_profiles,
        reads={
            "words": study_words(study, index),
            "labels": measure_labels(workspace, index),
            "settings": _settings(study, index),
            "calendar": {place: (one.start, one.end) for place, one in _periods(study).items()},
            "programmes": _programmes(workspace, study, index) if "programme" in optional else {},
            "tiles": {code: (tile.row, tile.column) for code, tile in study.about.tiles.items()},
            "templates": _templates(workspace, "profile.html.j2", "profile.typ"),
            "boundaries": OutsideFile(paths.areas / declared.file) if declared is not None else None,
        },
        inputs={"areas": ("areas", key), "index": ("index", key), **optional},
        outputs={"profiles": ("profiles", key)},
        files={
            "pages": File(folder.path, is_folder=True),
            CELLS: below(paths, paths.profile_cells(key)),
            **{
                f"overview_{writer}": below(
                    paths, paths.profile_file(key, "overview", writer), is_page=writer == "html"
                )
                for writer in WRITTEN
            },
        },
        group="write",
        study=key,
        description=f"{study.about.short_title}: two pages on each area, and an overview of all.",
        kinds=frozenset(WRITTEN),
        code=tuple(f"pipeline.papers.writers.{writer}:write" for writer in WRITTEN),
        effort=6.0,
    )


def _programmes(workspace: Workspace, study: Study, index: Index) -> dict[str, Words]:
    """What profiles say of the programmes whose areas are those of the index."""
    concepts = workspace.project.concepts
    return {
        key: {
            "label": declared.label,
            "description": declared.description,
            "areas": {area.code: name for name, area in declared.areas.items()},
            "outcomes": {name: concepts[name].label for name in declared.outcomes if name in concepts},
            "units": "standard deviations" if declared.scale == "standardised" else "units of each outcome",
            "smallest": declared.smallest_effect,
        }
        for key, declared in study.programmes.items()
        if declared.by == index.area
    }


def _national(workspace: Workspace, studies: Sequence[Study], made: set[Key]) -> Node:
    paths = workspace.paths
    indexed = {study.key: (study, study.index) for study in studies if study.index is not None}
    changes = {key: ("area_changes", key) for key in indexed if ("area_changes", key) in made}
    common = tuple(key for key, (_, index) in indexed.items() if _is_on_scale(index))
    return Node(
        make_national,
        reads={
            "studies": {key: _headline_words(study, index) for key, (study, index) in indexed.items()},
            "labels": {key: measure_labels(workspace, index) for key, (_, index) in indexed.items()},
            "names": _names(workspace, [indexed[key] for key in common]),
            "common": common,
            "templates": _templates(workspace),
        },
        inputs={
            "areas": {key: ("areas", key) for key in indexed},
            "indicators": {key: ("indicators", key) for key in common},
            **({"area_changes": changes} if changes else {}),
        },
        outputs={"national": KEY},
        files={
            "funders": File(below(paths, paths.funder_pages).path, is_folder=True),
            CELLS: below(paths, paths.national_cells),
            **{
                f"national_{writer}": below(paths, paths.profile_file("", "national", writer), is_page=writer == "html")
                for writer in WRITTEN
            },
        },
        group="write",
        study="all",
        description="What several studies and arms measure at about the same time; and a page for each funder.",
        kinds=frozenset(WRITTEN),
        code=tuple(f"pipeline.papers.writers.{writer}:write" for writer in WRITTEN),
        tolerant=True,  # a study whose files are not here is in no picture, and stops no build
        effort=3.0,
    )


def _templates(workspace: Workspace, *further: str) -> dict[str, OutsideFile]:
    names = (*filter(None, WRITTEN.values()), *further)
    return {name: OutsideFile(workspace.paths.template(name)) for name in names}


def _is_on_scale(index: Index) -> bool:
    """Whether its indicators run from 0 to 100 on the range of their questions, as those of other studies do."""
    return index.normalisation.method == "own_range" and index.normalisation.bounds == SCALE


def study_words(study: Study, index: Index) -> dict[str, Any]:
    """What a study says of itself, for the small print of its profiles."""
    about, scale = study.about, index.normalisation
    has_ends = scale.method in ("own_range", "min_max", "goalposts")
    low, high = scale.bounds
    return {
        "study": about.title,
        "synthetic": about.synthetic,
        "waves": {key: wave.title for key, wave in study.waves.items()},
        "rounds": _rounds(study, index),
        "out_of": f"out of {high:g}" if has_ends and low == 0 else "",
        "ends": (low, high) if has_ends else None,
        "population": about.population,
        "counts": about.disclosure.counts,
        "confidence": index.confidence,
        "smallest_difference": index.smallest_difference,
        "smallest": max(index.smallest_shown, about.disclosure.smallest),
        "funder": about.funder,
        "facts": tuple(
            (name, text)
            for name, text in (
                ("The index", index.description),
                ("Funder", about.funder),
                ("Source", about.source),
                ("Licence of the data", about.licence),
                ("To be cited as", about.citation),
            )
            if text
        ),
    }


def _rounds(study: Study, index: Index) -> dict[str, str]:
    """Round → its months, where arms have calendars of their own; empty where rounds are waves."""
    from pipeline.papers.declared import period_words

    if not index.rounds:
        return {}
    found: dict[str, list[Period]] = {}
    for (arm, wave), period in _periods(study).items():
        if (not index.arms or arm in index.arms) and (not index.waves or wave in index.waves):
            found.setdefault(round_of(index.rounds, arm, wave), []).append(period)
    return {
        name: period_words(Period(start=min(one.start for one in own), end=max(one.end for one in own)))
        for name, own in found.items()
    }


def _periods(study: Study) -> dict[tuple[str, str], Period]:
    """Arm and wave → when its people were asked."""
    return {
        (arm, wave): study.fieldwork(wave, arm)
        for arm, waves in study.calendar.items()
        for wave in waves
        if wave in study.waves
    }


def _headline_words(study: Study, index: Index) -> dict[str, Any]:
    """What of it stands on pages over several studies."""
    return {name: text for name, text in study_words(study, index).items() if name not in ("facts", "population")}


def measure_labels(workspace: Workspace, index: Index) -> dict[str, str]:
    """Measure → what readers call it: the index, its domains, and its indicators by their concepts."""
    concepts = workspace.project.concepts
    indicators = {name: concepts[name].label for name in index.indicators if name in concepts}
    domains = {key: domain.label for key, domain in index.domains.items()}
    return {"index": index.profile.index_label, **indicators, **domains}


def _settings(study: Study, index: Index) -> Profiles:
    """With the declared name of the comparison and vintage of the areas, where the profile has no own words of them."""
    from pipeline.specs.profile import with_comparison

    settings = with_comparison(index.profile, index.comparison.label if index.comparison is not None else "")
    chosen = study.area_sets.get(index.area)
    if chosen is None or settings.vintage:
        return settings
    return settings.model_copy(update={"vintage": f"{chosen.label}: codes of {chosen.vintage}"})


def _names(workspace: Workspace, indexed: Sequence[tuple[Study, Index]]) -> dict[str, Any]:
    """What readers call indicators, studies, arms and waves; and the question behind each indicator of each study."""
    from pipeline.papers.declared import period_words

    concepts = workspace.project.concepts
    named = dict.fromkeys(name for _, index in indexed for name in index.indicators)
    studies = [study for study, _ in indexed]
    return {
        "concepts": {key: concepts[key].label for key in named if key in concepts},
        "studies": {
            study.key: f"{study.about.short_title}{' (synthetic)' if study.about.synthetic else ''}"
            for study in studies
        },
        "arms": {(study.key, key): arm.title for study in studies for key, arm in study.about.arms.items()},
        "waves": {(study.key, key): wave.title for study in studies for key, wave in study.waves.items()},
        "periods": {
            (study.key, *place): period_words(period) for study in studies for place, period in _periods(study).items()
        },
        "questions": {
            (study.key, name): text
            for study, index in indexed
            for name, text in _questions(study).items()
            if name in index.indicators
        },
    }


def _questions(study: Study) -> dict[str, str]:
    """Score → how it was asked: the wording of its question, or the first of several and how many there are."""
    found = {}
    for concept, key in study.scored_items().items():
        found[concept] = study.items[key].wording or study.items[key].label
    for key, scale in study.scales.items():
        items = [study.items[name] for name in scale.items if name in study.items]
        if items:
            first = items[0].wording or items[0].label
            more = f" ({scale.score} of {len(items)} questions, this the first)" if len(items) > 1 else ""
            found[scale.concept or key] = f"{first}{more}"
    return found
