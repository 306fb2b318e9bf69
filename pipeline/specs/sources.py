"""Which source variable holds what, file by file: the file's declaration overrides the wave's, and that the study's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.specs.project import Study
    from pipeline.specs.study import WaveFile


def prefixed(study: Study, wave: str, file: WaveFile, variable: str) -> str:
    """The name that a variable has in ``file``: with the wave's prefix, unless it is declared to bear none."""
    prefix = study.waves[wave].prefix if file.prefix is None else file.prefix
    return variable if variable in study.about.unprefixed else f"{prefix}{variable}"


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
    return {role: prefixed(study, wave, file, name) for role, name in columns.named().items()}


def declared_variables(study: Study, wave: str, file: WaveFile) -> list[str]:
    """Every variable of ``file`` that is declared, roles first; nothing else passes ingest."""
    items = (source_variable(study, wave, file, item) for item in study.items)
    names = [*role_columns(study, wave, file).values(), *(name for name in items if name is not None)]
    return list(dict.fromkeys(names))
