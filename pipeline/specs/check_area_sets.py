"""What area_sets.yaml says of waves and of the lookups in data/areas."""

from __future__ import annotations

from pipeline.paths import Paths
from pipeline.specs.area_chains import half_lost, vintage_cycle
from pipeline.specs.area_lookups import Change, path_of_vintages, read_lookup
from pipeline.specs.area_sets import AreaSet
from pipeline.specs.names import StudyNames, known, once
from pipeline.specs.reading import Parts, Reading
from pipeline.specs.strict_yaml import Source

AREA_ROLE = "area"


def check_area_sets(key: str, parts: Parts, declared: StudyNames, reading: Reading) -> None:
    """Report waves that there are not, lookups with mistakes, and vintages that no lookup leads to."""
    source = reading.sources.get((key, "area_sets"))
    if source is None:
        return
    sets: dict[str, AreaSet] = parts.further.get("area_sets", {})
    folder = Paths(source.path.resolve().parents[3]).areas
    for name, chosen in sets.items():
        _check_names(name, chosen, parts, declared, source)
        once(source, (name, "lookups"), chosen.lookups)
        changes: list[Change] = []
        whole = True
        for table in chosen.lookups:
            if not (folder / table).is_file() or "/" in table:
                source.report((name, "lookups"), f"data/areas/{table} is missing. Put the table there.")
                whole = False
                continue
            rows, of_table = read_lookup(folder / table, f"data/areas/{table}")
            reading.sources[key, "area_lookups", table] = of_table
            changes += rows.values()
            whole = whole and not of_table.problems
        cycle = vintage_cycle(changes)
        if cycle is not None:
            what = f"vintages lead back to where they began: {', '.join(cycle)}"
            source.report((name, "lookups"), f"{what}. Write each change from the older vintage to the newer.")
        elif whole:
            _check_vintages(name, chosen, changes, source)


def _check_names(name: str, chosen: AreaSet, parts: Parts, declared: StudyNames, source: Source) -> None:
    taken = [AREA_ROLE, *(declared.scores or [])]
    if name in taken:
        source.report((name,), f"`{name}` is a score of the study, or the role `{AREA_ROLE}`: give it another name.")
    if isinstance(chosen.recorded, dict):
        known(source, (name, "recorded"), chosen.recorded, declared.waves, f"a wave of `{declared.key}`")
        unsaid = [wave for wave in declared.waves if wave not in chosen.recorded]
        if unsaid:
            todo = "say it of each wave, or one for all"
            source.report((name, "recorded"), f"the vintage of the codes in `{unsaid[0]}` is not said: {todo}.")
    if parts.about is not None and not _names_area(parts):
        source.report(
            (name,), f"no column of `{declared.key}` has the role `{AREA_ROLE}`, whose codes the areas are of."
        )


def _names_area(parts: Parts) -> bool:
    """Whether study.yaml, a wave or a file of one says which column is the area."""
    columns: list[object] = [parts.about.columns if parts.about else None]
    columns += [wave.columns for wave in parts.waves.values()]
    columns += [file.columns for wave in parts.waves.values() for file in wave.files]
    return any(getattr(one, AREA_ROLE, None) for one in columns)


def _check_vintages(name: str, chosen: AreaSet, changes: list[Change], source: Source) -> None:
    for recorded in chosen.vintages:
        path = path_of_vintages(changes, recorded, chosen.vintage)
        if path is None:
            what = f"no lookup leads from codes of {recorded} to those of {chosen.vintage}"
            source.report((name, "recorded"), f"{what}. Name a table of data/areas in `lookups`.")
        elif chosen.rest == "refuse":
            members = [code for area in chosen.areas.values() for code in area.codes]
            for code, lost in half_lost(members, path, changes).items():
                what = (
                    f"of `{code}` ({recorded}) a part is in an area, but {', '.join(lost)} ({chosen.vintage}) in none"
                )
                source.report((name, "areas"), f"{what}: put it into an area, or write `rest: left_out`.")
    for key, area in chosen.areas.items():
        for code in area.codes:
            gone = [one for one in changes if one.old_code == code and one.from_vintage == chosen.vintage]
            if not gone and _abolished(code, chosen.vintage, changes):
                what = f"`{code}` of `{key}` became another code before the vintage {chosen.vintage}"
                source.report((name, "areas", key, "codes"), f"{what}: name the codes of that vintage.")


def _abolished(code: str, vintage: str, changes: list[Change]) -> bool:
    """Whether the code became others in the step to this vintage, and none became it."""
    became = [one for one in changes if one.to_vintage == vintage and one.old_code == code and one.new_code != code]
    return bool(became) and not any(one.to_vintage == vintage and one.new_code == code for one in changes)
