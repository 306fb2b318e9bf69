"""Which source variable holds what, part by part: the part's declaration overrides the wave's, and that the study's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.specs.deposits import NO_COLUMN
from pipeline.specs.variable_names import ends, needs

if TYPE_CHECKING:
    from pipeline.specs.deposits import WaveFile
    from pipeline.specs.project import Study


def prefixed(study: Study, wave: str, file: WaveFile, variable: str) -> str:
    """The name that a variable has in ``file``: with the wave's marks, unless it is declared to bear none."""
    if variable in study.about.unprefixed:
        return variable
    before, behind = around_names(study, wave, file)
    return f"{before}{variable}{behind}"


def bare_name(study: Study, wave: str, file: WaveFile, variable: str) -> str:
    """The name of a variable without the marks of the wave, if it bears them."""
    before, behind = around_names(study, wave, file)
    is_marked = variable.startswith(before) and variable.endswith(behind) and len(variable) > len(before + behind)
    return variable[len(before) : len(variable) - len(behind)] if is_marked else variable


def around_names(study: Study, wave: str, file: WaveFile) -> tuple[str, str]:
    """What stands before and behind the names of variables in ``file``."""
    declared = study.waves[wave]
    pattern = file.names
    if pattern is None and file.prefix is not None:
        return file.prefix, ""
    pattern = pattern or declared.names
    if pattern is None and declared.prefix:
        return declared.prefix, ""
    pattern = pattern or study.about.names
    return ("", "") if pattern is None else around(study, wave, pattern)


def around(study: Study, wave: str, pattern: str) -> tuple[str, str]:
    """What stands before and behind the name in a pattern, in one wave."""
    mark = (study.waves[wave].mark or "") if needs(pattern, "mark") else ""
    return ends(pattern, mark, number_of(study, wave) if needs(pattern, "number") else 0)


def number_of(study: Study, wave: str) -> int:
    """The number of a wave: as declared, or that in its name."""
    declared = study.waves[wave].number
    return int(wave[1:]) if declared is None else declared


def source_variable(study: Study, wave: str, file: WaveFile, item: str) -> str | None:
    """The variable of ``file`` that holds ``item``; ``None`` where the item was not asked in that wave or arm."""
    declared, about_wave = study.items[item], study.waves[wave]
    if declared.waves and wave not in declared.waves:
        return None
    if (declared.arms and file.arm not in declared.arms) or item in (*about_wave.not_asked, *file.not_asked):
        return None
    named = file.variables.get(item) or about_wave.variables.get(item)
    return named or prefixed(study, wave, file, declared.variable or item)


def role_columns(study: Study, wave: str, file: WaveFile) -> dict[str, str]:
    """Role (``person_id``, ``weight``, ``strata`` …) → the variable of ``file`` in that role."""
    columns = file.columns.over(study.waves[wave].columns).over(study.about.columns)
    return {role: prefixed(study, wave, file, name) for role, name in columns.named().items() if name != NO_COLUMN}


def declared_variables(study: Study, wave: str, file: WaveFile) -> list[str]:
    """Every variable of ``file`` that is declared, roles first; nothing else passes ingest."""
    items = (source_variable(study, wave, file, item) for item in study.items)
    names = [*role_columns(study, wave, file).values(), *(name for name in items if name is not None)]
    names += [column for key in study.items for column, _ in conditions(study, wave, file, key)]
    return list(dict.fromkeys(names))


def conditions(study: Study, wave: str, file: WaveFile, item: str) -> list[tuple[str, tuple[str, ...]]]:
    """The columns of which each must have one of its codes for an item to be put to a person; none where all are asked.

    ``asked_when`` names items, or variables that are no item. An item that this wave did not ask decides nothing.
    """
    declared = study.items[item].asked_when
    if not declared or source_variable(study, wave, file, item) is None:
        return []
    found = []
    for name, codes in declared.items():
        is_item = name in study.items
        column = source_variable(study, wave, file, name) if is_item else prefixed(study, wave, file, name)
        found += [(column, codes)] if column is not None else []
    return found
