"""What a wave says of items by the name of their battery, or by a pattern of names, as items."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from pipeline.specs.study import Item, Wave


def as_items(waves: Mapping[str, Wave], items: Mapping[str, Item]) -> dict[str, Wave]:
    """The waves with ``not_asked`` and ``decisions`` by items. What stands for none stays, for ``check`` to report."""
    return {key: _of_wave(wave, items) for key, wave in waves.items()}


def in_batteries(keys: Iterable[str], batteries: Mapping[str, str | None]) -> list[str]:
    """Items as a declaration says them: the battery where all of its items are among them. ``batteries``: of each item.

    >>> in_batteries(["a_1", "sex", "a_2"], {"a_1": "a", "a_2": "a", "b_1": "b", "b_2": "b", "sex": None})
    ['a', 'sex']
    """
    own = set(keys)
    rows: dict[str, set[str]] = {}
    for key, battery in batteries.items():
        if battery is not None:
            rows.setdefault(battery, set()).add(key)
    whole = {battery for battery, members in rows.items() if len(members) > 1 and members <= own}
    return list(dict.fromkeys(battery if (battery := batteries.get(key)) in whole else key for key in keys))


def _of_wave(wave: Wave, items: Mapping[str, Item]) -> Wave:
    if not any((wave.not_asked, wave.decisions, *(file.not_asked for file in wave.files))):
        return wave
    files = tuple(
        file.model_copy(update={"not_asked": tuple(_unfolded(file.not_asked, items))}) if file.not_asked else file
        for file in wave.files
    )
    decisions = tuple(
        decision if item == decision.item else decision.model_copy(update={"item": item})
        for decision in wave.decisions
        for item in _unfolded([decision.item], items)
    )
    not_asked = tuple(_unfolded(wave.not_asked, items))
    return wave.model_copy(update={"not_asked": not_asked, "files": files, "decisions": decisions})


def _unfolded(names: Iterable[str], items: Mapping[str, Item]) -> Iterator[str]:
    for name in names:
        if "*" in name:
            found = [key for key in items if fnmatchcase(key, name)]
        else:
            found = [] if name in items else [key for key, item in items.items() if item.battery == name]
        yield from found or [name]
