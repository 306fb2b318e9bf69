"""Rules for paradata need the columns that they speak of."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.specs.deposits import WaveFile
from pipeline.specs.paradata import NEEDS, Paradata
from pipeline.specs.reading import Parts
from pipeline.specs.strict_yaml import Source
from pipeline.specs.study import Wave


def check_paradata(parts: Parts, about: Source | None, waves: dict[str, Source]) -> None:
    """Report each rule for which no file has a column with the role."""
    if parts.about is None:
        return
    roles = {key: _roles(parts, wave) for key, wave in parts.waves.items()}
    if about is not None:
        _check(parts.about.paradata, {role for one in roles.values() for role in one}, about, "no wave has")
    for key, wave in parts.waves.items():
        if wave.paradata is not None:
            _check(wave.paradata, roles[key], waves[key], "this wave does not have")
        if not (wave.paradata or parts.about.paradata).test and any(_tests_ids(parts, wave)):
            waves[key].report(
                ("files",),
                "test records are marked by their ids: say which ids those are, `paradata: {test: [TEST, ...]}`.",
            )


def _roles(parts: Parts, wave: Wave) -> set[str]:
    """The roles that some file of a wave has."""
    return {role for file in wave.files for role in _columns(parts, wave, file)}


def _tests_ids(parts: Parts, wave: Wave) -> Iterator[bool]:
    """Of each file of a wave, whether its column of ids also marks test records."""
    for file in wave.files:
        columns = _columns(parts, wave, file)
        yield "test" in columns and columns["test"] == columns.get("person_id")


def _columns(parts: Parts, wave: Wave, file: WaveFile) -> dict[str, str]:
    """Role → column of a file."""
    shared = parts.about.columns.named() if parts.about is not None else {}
    return {**shared, **file.columns.over(wave.columns).named()}


def _check(rules: Paradata, roles: set[str], source: Source, who: str) -> None:
    for key in rules.model_fields_set:
        needed = NEEDS.get(key, "duration")
        if needed not in roles:
            source.report(
                ("paradata", key),
                f"`{key}` is about a column that {who}: say `columns: {{{needed}: ...}}`, or leave it out.",
            )
