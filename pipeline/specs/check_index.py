"""What index.yaml says of the other declarations of its study: scores, arms, waves and weight sets that exist."""

from __future__ import annotations

from pipeline.paths import Paths
from pipeline.specs.index import AREA_ROLE, Index
from pipeline.specs.names import StudyNames, known, once
from pipeline.specs.profile import ANY
from pipeline.specs.ranges import score_ranges
from pipeline.specs.reading import Parts, Reading
from pipeline.specs.strict_yaml import Source


def check_index(key: str, parts: Parts, declared: StudyNames, reading: Reading) -> None:
    """Report what the index of one study names and the study does not have."""
    index = parts.further.get("index")
    if not isinstance(index, Index):
        return
    source = reading.sources[key, "index"]
    _check_indicators(index, declared, reading, source)
    _check_area(index, parts, declared, source)
    _check_waves(index, parts, declared, source)
    _check_weights(index, declared, source)
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
        known(source, place, one.indicators, declared.scores, f"a score of `{declared.key}`")
        if study is None or declared.scores is None or reading.problems:
            continue
        ranges, items = score_ranges(study), study.scored_items()
        for name, said in one.indicators.items():
            item = study.items.get(items.get(name, ""))
            if item is not None and item.kind == "nominal" and not item.recode:
                what = f"`{name}` is an answer without an order: recode it to a share, or leave it out."
                source.report((*place, name) if said.model_fields_set else place, what)
            low, high = ranges.get(name, (None, None))
            if said.range is None and (low is None or high is None or low >= high):
                source.report(place, f"`{name}` has no range of its own: say its lowest and highest value in `range`.")


def _check_area(index: Index, parts: Parts, declared: StudyNames, source: Source) -> None:
    sets = parts.further.get("area_sets", {})
    if index.area in sets:
        if sets[index.area].splits == "share" or sets[index.area].overlap:
            what = f"`{index.area}` counts a person in several areas (`splits: share` or `overlap`)"
            source.report(("area",), f"{what}, which an index cannot: say otherwise in area_sets.yaml.")
    elif index.area != AREA_ROLE:
        what = f"a score of `{declared.key}`, nor the role `area`, nor an entry of area_sets.yaml"
        known(source, ("area",), [index.area], declared.scores and [*declared.scores, *sets], what)
    elif parts.about is not None and not _has_area(parts):
        source.report(("area",), "the study has no column with the role `area`: name it in study.yaml, `columns`.")
    known(source, ("arms",), index.arms, declared.arms, f"an arm of `{declared.key}`")
    once(source, ("arms",), index.arms)
    if index.comparison is not None and index.comparison.arm is not None:
        known(source, ("comparison", "arm"), [index.comparison.arm], declared.arms, f"an arm of `{declared.key}`")
        if index.arms and index.comparison.arm not in index.arms:
            source.report(("comparison", "arm"), f"`{index.comparison.arm}` is not among the `arms` of the index.")


def _has_area(parts: Parts) -> bool:
    about = parts.about
    columns = [about.columns if about else None, *(wave.columns for wave in parts.waves.values())]
    columns += [file.columns for wave in parts.waves.values() for file in wave.files]
    return any(getattr(one, "area", None) for one in columns)


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


def _check_measures(index: Index, parts: Parts, source: Source) -> None:
    measures = list(index.measures)
    for number, one in enumerate(index.benchmarks):
        known(source, ("benchmarks", number, "measure"), [one.measure], measures, "a measure of the index")
    known(source, ("monitor", "measures"), index.monitor.measures, measures, "a measure of the index")
    known(source, ("monitor", "early"), index.monitor.early, list(index.indicators), "an indicator of the index")
    shown = index.profile
    known(source, ("profile", "smallest_differences"), shown.smallest_differences, measures, "a measure of the index")
    what = f"a measure of the index, nor `{ANY}`"
    known(source, ("profile", "evidence"), shown.evidence, [*measures, ANY], what)
    areas = list(parts.about.areas) if parts.about else []
    known(source, ("small_areas", "covariates"), index.small_areas.covariates, areas, "an area measure of study.yaml")
    _check_census(index, parts, source)


def _check_census(index: Index, parts: Parts, source: Source) -> None:
    """The census table is there, with a column for the area, each margin and the count."""
    said = index.small_areas
    scores = [item.concept or key for key, item in parts.items.items()]
    scores += [scale.concept or key for key, scale in parts.scales.items()]
    known(source, ("small_areas", "margins"), said.margins, scores, "a score of the study")
    if not said.census:
        return
    file = Paths(source.path.resolve().parents[3]).areas / said.census
    if not file.is_file() or "/" in said.census:
        source.report(("small_areas", "census"), f"data/areas/{said.census} is missing. Put the table there.")
        return
    lines = (line for line in file.read_text(encoding="utf-8-sig").splitlines() if not line.startswith("#"))
    header = [cell.strip() for cell in next(lines, "").split(",")]
    lacking = [name for name in ("area_code", *said.margins, "count") if name not in header]
    if lacking:
        source.report(("small_areas", "census"), f"data/areas/{said.census} has no column `{lacking[0]}`.")
