"""The parts of one arm in a wave as one: where it came in several files, under the names of the first that has each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.specs.deposits import NO_COLUMN, ROLES, Columns
from pipeline.specs.sources import role_columns, source_variable

if TYPE_CHECKING:
    from pipeline.specs.deposits import WaveFile
    from pipeline.specs.project import Study

MODE, HOUSEHOLD = "mode", "household_id"
"""Columns of the answers that only some studies have."""


def arm_files(study: Study, wave: str) -> tuple[WaveFile, ...]:
    """How each arm of a wave lies in its table: its only part, or all of its parts as one."""
    by_arm: dict[str, list[WaveFile]] = {}
    for file in study.waves[wave].files:
        by_arm.setdefault(file.arm, []).append(file)
    return tuple(parts[0] if len(parts) == 1 else _as_one(study, wave, parts) for parts in by_arm.values())


def is_parted(study: Study, wave: str, arm: str) -> bool:
    """Whether an arm of a wave came in several files."""
    return sum(file.arm == arm for file in study.waves[wave].files) > 1


def _as_one(study: Study, wave: str, parts: list[WaveFile]) -> WaveFile:
    variables: dict[str, str] = {}
    roles: dict[str, str] = {}
    for part in parts:
        found = ((key, source_variable(study, wave, part, key)) for key in study.items)
        variables = {**{key: name for key, name in found if name is not None}, **variables}
        roles = {**role_columns(study, wave, part), **roles}
    said = {
        "file": ", ".join(dict.fromkeys(part.file for part in parts)),
        "variables": variables,
        "not_asked": tuple(key for key in study.items if key not in variables),
        "columns": Columns(**{role: roles.get(role, NO_COLUMN) for role in ROLES}),
        "names": "{name}",
        "prefix": None,
    }
    return parts[0].model_copy(update=said)


def roles_in_arm(study: Study, wave: str, part: WaveFile) -> dict[str, str | None]:
    """Variable of an arm's wave table in a role → that of a part in the same role; None where the part has none."""
    own = role_columns(study, wave, part)
    return {name: own.get(role) for role, name in role_columns(study, wave, _whole(study, wave, part)).items()}


def items_in_arm(study: Study, wave: str, part: WaveFile) -> dict[str, tuple[str, str | None]]:
    """Item → its variable in the arm's wave table, and that of a part; None where the part did not ask it."""
    whole = _whole(study, wave, part)
    names = {key: source_variable(study, wave, whole, key) for key in study.items}
    return {key: (name, source_variable(study, wave, part, key)) for key, name in names.items() if name is not None}


def _whole(study: Study, wave: str, part: WaveFile) -> WaveFile:
    return next(file for file in arm_files(study, wave) if file.arm == part.arm)


def further_head(study: Study) -> tuple[str, ...]:
    """The columns of the answers that this study has in addition: how people were interviewed, and their household."""
    has_mode = any(file.mode is not None for _, _, file in study.files())
    has_household = any("household" in role_columns(study, wave, file) for wave, _, file in study.files())
    return (*([MODE] if has_mode else []), *([HOUSEHOLD] if has_household else []))
