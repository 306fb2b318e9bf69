"""What index.yaml says of areas: that there are such, and that something is left to compare them with."""

from __future__ import annotations

from pipeline.specs.base import canonical_code
from pipeline.specs.index import AREA_ROLE, Index
from pipeline.specs.names import StudyNames, known, once
from pipeline.specs.reading import Parts
from pipeline.specs.strict_yaml import Source
from pipeline.specs.study import Wave


def check_areas(index: Index, parts: Parts, declared: StudyNames, source: Source) -> None:
    """Report an area that is none, arms that there are not, and areas that the index names and nobody can be in."""
    _check_area(index, parts, declared, source)
    _check_arms(index, declared, source)
    _check_codes(index, parts, source)


def _check_area(index: Index, parts: Parts, declared: StudyNames, source: Source) -> None:
    sets = parts.further.get("area_sets", {})
    if index.area in sets:
        if sets[index.area].splits == "share" or sets[index.area].overlap:
            what = f"`{index.area}` counts a person in several areas (`splits: share` or `overlap`)"
            source.report(("area",), f"{what}, which an index cannot: say otherwise in area_sets.yaml.")
    elif index.area != AREA_ROLE:
        _check_is_a_place(index, parts, source)
        what = f"a score of `{declared.key}`, nor the role `area`, nor an entry of area_sets.yaml"
        known(source, ("area",), [index.area], declared.scores and [*declared.scores, *sets], what)
    elif parts.about is not None and not _has_area(parts):
        source.report(("area",), "the study has no column with the role `area`: name it in study.yaml, `columns`.")


def _check_is_a_place(index: Index, parts: Parts, source: Source) -> None:
    if index.area in {scale.concept or key for key, scale in parts.scales.items()}:
        what = f"`{index.area}` is a scale: areas are the codes of one item, of the role `area` or of a set"
        source.report(("area",), f"{what}.")
    elif index.area in index.indicators:
        source.report(("area",), f"`{index.area}` is an indicator of the index, too. It can be one of the two.")


def _check_arms(index: Index, declared: StudyNames, source: Source) -> None:
    known(source, ("arms",), index.arms, declared.arms, f"an arm of `{declared.key}`")
    once(source, ("arms",), index.arms)
    if index.comparison is not None and index.comparison.arm is not None:
        known(source, ("comparison", "arm"), [index.comparison.arm], declared.arms, f"an arm of `{declared.key}`")
        if index.arms and index.comparison.arm not in index.arms:
            source.report(("comparison", "arm"), f"`{index.comparison.arm}` is not among the `arms` of the index.")
        elif [index.comparison.arm] == list(index.arms or declared.arms or ()):
            lone = f"`{index.comparison.arm}` is the only arm of the index: name `areas` to compare with."
            source.report(("comparison", "arm"), lone)


def _check_codes(index: Index, parts: Parts, source: Source) -> None:
    """Where the declarations say which areas there are, each that the index names is one of them."""
    codes = area_codes(index, parts)
    if codes is None:
        _check_named_codes(index, parts, source)
        return
    known(source, ("labels",), index.labels, codes, f"an area of `{index.area}`")
    named = index.comparison.areas if index.comparison is not None else ()
    known(source, ("comparison", "areas"), named, codes, f"an area of `{index.area}`")
    if named and set(named) >= set(codes):
        source.report(("comparison", "areas"), "these are all areas: none is left to be compared with them.")


def _check_named_codes(index: Index, parts: Parts, source: Source) -> None:
    """Codes of the role `area` are listed nowhere: where `labels` names areas, those to compare with are among them."""
    tiles = parts.about.tiles if parts.about is not None else {}
    if index.area == AREA_ROLE and index.labels and index.comparison is not None:
        what = "named in `labels`, nor a tile of the study"
        known(source, ("comparison", "areas"), index.comparison.areas, [*index.labels, *tiles], what)


def area_codes(index: Index, parts: Parts) -> list[str] | None:
    """The areas of an index, where declarations say which there are: those of a set, or the codes of an item."""
    chosen = parts.further.get("area_sets", {}).get(index.area)
    if chosen is not None:
        return None if chosen.rest == "own" else list(chosen.areas)
    items = [item for item in parts.items.values() if item.concept == index.area]
    if len(items) != 1 or not items[0].codes or items[0].recode:
        return None
    added = [code for wave in parts.waves.values() for code in _added(wave, index.area, parts)]
    return list(dict.fromkeys(canonical_code(code) for code in [*items[0].codes, *added]))


def _added(wave: Wave, score: str, parts: Parts) -> list[str]:
    """The codes of an item that one wave has besides its own."""
    excepted = [
        said for key, said in wave.exceptions.items() if key in parts.items and parts.items[key].concept == score
    ]
    return [code for said in excepted for code in [*(said.codes or {}), *map(str, (said.recode or {}).values())]]


def _has_area(parts: Parts) -> bool:
    about = parts.about
    columns = [about.columns if about else None, *(wave.columns for wave in parts.waves.values())]
    columns += [file.columns for wave in parts.waves.values() for file in wave.files]
    return any(getattr(one, "area", None) for one in columns)
