"""What index.yaml says of the other declarations of its study: scores, arms, waves and weight sets that exist."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import get_args

from pipeline.errors import CohesionError
from pipeline.paths import Paths
from pipeline.specs.area_boundaries import boundaries_of
from pipeline.specs.area_census import census_problems
from pipeline.specs.check_index_areas import area_codes, check_areas
from pipeline.specs.check_index_rounds import check_rounds
from pipeline.specs.index import Index
from pipeline.specs.index_parts import Indicator
from pipeline.specs.names import StudyNames, known, once
from pipeline.specs.profile import ANY, Against, Boundaries
from pipeline.specs.ranges import score_ranges
from pipeline.specs.reading import Parts, Reading
from pipeline.specs.strict_yaml import Position, Source

USED_BY = {"goalposts": "goalposts", "reference": "distance"}
"""What is said of an indicator for one normalisation alone."""


def check_index(key: str, parts: Parts, declared: StudyNames, reading: Reading) -> None:
    """Report what the index of one study names and the study does not have."""
    index = parts.further.get("index")
    if not isinstance(index, Index):
        return
    source = reading.sources[key, "index"]
    _check_indicators(index, declared, reading, source)
    check_areas(index, parts, declared, source)
    _check_waves(index, parts, declared, source)
    check_rounds(index, declared, source)
    _check_weights(index, declared, source)
    _check_replicates(index, parts, source)
    _check_measures(index, parts, source)
    smallest = parts.about.disclosure.smallest if parts.about else 0
    if index.smallest_shown < smallest:
        source.report(
            ("smallest_shown",),
            f"`smallest_shown: {index.smallest_shown}` is below the study's `disclosure`, which is {smallest}.",
        )


def _check_indicators(index: Index, declared: StudyNames, reading: Reading, source: Source) -> None:
    study = reading.studies.get(declared.key)
    for domain, one in index.domains.items():
        place = ("domains", domain, "indicators")
        _check_scored(one.indicators, place, declared, reading, source)
        _check_used(index.normalisation.method, one.indicators, place, source)
        if study is None or declared.scores is None or reading.problems:
            continue
        ranges, items = score_ranges(study), study.scored_items()
        for name, said in one.indicators.items():
            item = study.items.get(items.get(name, ""))
            if item is not None and item.kind == "nominal" and not item.recode:
                what = f"`{name}` is an answer without an order: recode it to a share, or leave it out."
                source.report((*place, name) if said.model_fields_set else place, what)
            low, high = ranges.get(name, (None, None))
            if said.range is not None and low is not None and high is not None:
                _check_range(name, said.range, (low, high), (*place, name, "range"), source)
            if said.reference is not None:
                _check_reference(name, said, said.range or (low, high), (*place, name, "reference"), source)
            if said.range is None and (low is None or high is None or low >= high):
                source.report(place, f"`{name}` has no range of its own: say its lowest and highest value in `range`.")


def _check_scored(
    names: Iterable[str], place: Position, declared: StudyNames, reading: Reading, source: Source
) -> None:
    """Each indicator is a score; the name of an item is the name of its score only where it is its concept."""
    items, scores = reading.parts[declared.key].items, declared.scores
    unscored = [name for name in names if name in items and name not in (scores or items)]
    for name in unscored:
        todo = "give it a `concept` in items.yaml, which is the name of its score, or score it in scales.yaml"
        source.report(place, f"`{name}` is an item and no score: {todo}.")
    known(source, place, [name for name in names if name not in unscored], scores, f"a score of `{declared.key}`")


def _check_used(method: str, indicators: Mapping[str, Indicator], place: Position, source: Source) -> None:
    for name, said in indicators.items():
        for key, of in USED_BY.items():
            if key in said.model_fields_set and method != of:
                what = f"`{key}` is for `normalisation: {{method: {of}}}`, and does nothing here: leave it out."
                source.report((*place, name, key), what)


def _check_range(
    name: str, said: tuple[float, float], own: tuple[float, float], place: Position, source: Source
) -> None:
    """Scores beyond the range would be below 0 or above 100."""
    if own[0] < said[0] or own[1] > said[1]:
        narrower = f"answers of `{name}` run from {own[0]:g} to {own[1]:g}, beyond {said[0]:g} to {said[1]:g}"
        source.report(place, f"{narrower}: widen the range, or leave it out.")


def _check_reference(
    name: str, said: Indicator, ends: tuple[float | None, float | None], place: Position, source: Source
) -> None:
    """The distance from a reference at or beyond the worst end would be divided by nothing, or turned round."""
    low, high = ends
    if low is None or high is None or said.reference is None:
        return
    if not (low < said.reference if said.direction == "higher" else said.reference < high):
        worst = f"above {low:g}, the lowest" if said.direction == "higher" else f"below {high:g}, the highest"
        source.report(place, f"the reference of `{name}` must lie {worst} that it can be.")


def _check_waves(index: Index, parts: Parts, declared: StudyNames, source: Source) -> None:
    what = f"a wave of `{declared.key}`"
    known(source, ("waves",), index.waves, declared.waves, what)
    once(source, ("waves",), index.waves)
    base = index.base_wave
    known(source, ("base_wave",), [base] if base else [], declared.waves, what)
    if base and index.waves and base not in index.waves:
        source.report(("base_wave",), f"`{base}` is not among the `waves` of the index.")
    arms = parts.about.arms if parts.about else {}
    for name, arm in arms.items():
        if base in declared.waves and name in (index.arms or arms) and base not in arm.waves:
            lacks = f"the areas of the arm `{name}` have no `{base}`: choose a wave that all have."
            source.report(("base_wave",), lacks)
    for number, one in enumerate(index.benchmarks):
        known(source, ("benchmarks", number, "waves"), one.waves, declared.waves, what)


def _check_weights(index: Index, declared: StudyNames, source: Source) -> None:
    domains, indicators = list(index.domains), list(index.indicators)
    known(source, ("weights", "domains"), index.weights.domains, domains, "a domain of the index")
    known(source, ("weights", "indicators"), index.weights.indicators, indicators, "an indicator of the index")
    for person, points in index.weights.budget.items():
        known(source, ("weights", "budget", person), points, domains, "a domain of the index")
        missing = [name for name in domains if name not in points]
        if missing:
            source.report(
                ("weights", "budget", person), f"`{person}` gave no points to `{missing[0]}`: give 0 or more."
            )
    chosen = index.uncertainty.weights
    known(source, ("uncertainty", "weights"), [chosen] if chosen else [], declared.weights, "a weight set of the study")


def _check_replicates(index: Index, parts: Parts, source: Source) -> None:
    """The weight set has replicates, and people in the waves and arms that the index names."""
    name, place = index.uncertainty.weights, ("uncertainty", "weights")
    chosen = parts.weights.get(name) if name else None
    if chosen is None:
        return
    if chosen.replicates is None:
        source.report(place, f"`{name}` has no replicates: declare them in weights.yaml, or leave `weights` out.")
    if index.waves and not set(index.waves) & set(chosen.waves):
        source.report(place, f"`{name}` is of {', '.join(chosen.waves)}, of which the index has none.")
    if index.base_wave and index.base_wave not in chosen.waves:
        source.report(("base_wave",), f"`{index.base_wave}` is not among the waves of the weight set `{name}`.")
    arm = index.comparison.arm if index.comparison else None
    for where, named in (("arms", index.arms), ("comparison", [arm] if arm else [])):
        lost = [one for one in named if chosen.arms and one not in chosen.arms]
        if lost:
            source.report((where,), f"nobody of `{lost[0]}` is in the weight set `{name}`.")


def _check_measures(index: Index, parts: Parts, source: Source) -> None:
    measures = list(index.measures)
    for number, one in enumerate(index.benchmarks):
        known(source, ("benchmarks", number, "measure"), [one.measure], measures, "a measure of the index")
    known(source, ("monitor", "measures"), index.monitor.measures, measures, "a measure of the index")
    known(source, ("monitor", "early"), index.monitor.early, list(index.indicators), "an indicator of the index")
    _check_groups(index, parts, source)
    shown = index.profile
    known(source, ("profile", "smallest_differences"), shown.smallest_differences, measures, "a measure of the index")
    _check_profile(index, parts, source)
    what = f"a measure of the index, nor `{ANY}`"
    known(source, ("profile", "evidence"), shown.evidence, [*measures, ANY], what)
    areas = list(parts.about.areas) if parts.about else []
    known(source, ("small_areas", "covariates"), index.small_areas.covariates, areas, "an area measure of study.yaml")
    _check_census(index, parts, source)


def _check_profile(index: Index, parts: Parts, source: Source) -> None:
    """What a comparison is called in a sentence is said of one that there is."""
    said, compared = index.profile, index.comparison
    names = [*get_args(Against), *(one.label for one in index.benchmarks)]
    if compared is not None:
        names += filter(None, [compared.label, compared.arm, " + ".join(compared.areas)])
    known(source, ("profile", "compared_with"), said.compared_with, names, "a comparison of the index")
    if said.boundaries is not None:
        _check_boundaries(said.boundaries, area_codes(index, parts), source)


def _check_boundaries(said: Boundaries, codes: Collection[str] | None, source: Source) -> None:
    """Boundaries are a GeoJSON of data/areas, with a polygon of every area that the declarations name."""
    file, name = Paths(source.path.resolve().parents[3]).areas / said.file, f"data/areas/{said.file}"
    place = ("profile", "boundaries", "file")
    if not file.is_file():
        source.report(place, f"{name} is missing. Put the boundaries there.")
        return
    try:
        found = boundaries_of(file.read_bytes(), said.code, name)
    except CohesionError as error:
        source.report(place, str(error))
        return
    absent = [code for code in codes or () if code not in found]
    if absent:
        many = f" and {len(absent) - 1} more" if len(absent) > 1 else ""
        has = ", ".join(sorted(found)[:3])
        source.report(place, f"{name} has no boundary of the area `{absent[0]}`{many}; its `{said.code}` are {has} …")


def _check_groups(index: Index, parts: Parts, source: Source) -> None:
    """Groups are answers with codes as they stand, so that each has a name."""
    items = {item.concept or key: item for key, item in parts.items.items()}
    for name in index.monitor.groups:
        if name not in items:
            known(source, ("monitor", "groups"), [name], list(items), "an answer of the study")
        elif not items[name].codes or items[name].reverse:
            what = f"`{name}` has no groups with a name: choose an answer with `codes` that is not reversed."
            source.report(("monitor", "groups"), what)
    few = index.monitor.fewest_people
    if "fewest_people" in index.monitor.model_fields_set and few < index.smallest_shown:
        what = f"`fewest_people: {few}` is below `smallest_shown`, which is {index.smallest_shown}."
        source.report(("monitor", "fewest_people"), what)


def _check_census(index: Index, parts: Parts, source: Source) -> None:
    """The census table is there, with a column for the area, each margin and the count."""
    said = index.small_areas
    scores = [item.concept or key for key, item in parts.items.items()]
    scores += [scale.concept or key for key, scale in parts.scales.items()]
    known(source, ("small_areas", "margins"), said.margins, scores, "a score of the study")
    if not said.census:
        return
    folder, name = Paths(source.path.resolve().parents[3]).areas, f"data/areas/{said.census}"
    if not (folder / said.census).is_file() or "/" in said.census:
        source.report(("small_areas", "census"), f"{name} is missing. Put the table there.")
        return
    source.problems.extend(census_problems(folder / said.census, name, said.margins))
