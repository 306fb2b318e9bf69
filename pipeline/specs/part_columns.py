"""The columns that a part is taken by: which rows are its own, who was there, and by which keys files are joined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.specs.parts import sharing
from pipeline.specs.sources import around, prefixed, source_variable

if TYPE_CHECKING:
    from pipeline.specs.deposits import Joined, WaveFile
    from pipeline.specs.project import Study

ITEMS = "items"
"""What ``any_of`` says for every item that is the wave's own."""


def presence_column(study: Study, wave: str, file: WaveFile) -> str | None:
    """The variable whose codes say who was there."""
    if file.present is None or file.present.column is None:
        return None
    return prefixed(study, wave, file, file.present.column)


def presence_items(study: Study, wave: str, file: WaveFile) -> dict[str, str]:
    """Item → variable of those items of which an answer makes a row an interview; empty without such a rule.

    What is read for another wave too, or does not change in a life, says nothing about this wave.
    """
    if file.present is None or not file.present.any_of:
        return {}
    if file.present.any_of == (ITEMS,):
        return own_items(study, wave, file)
    return {key: name for key in file.present.any_of if (name := source_variable(study, wave, file, key))}


def own_items(study: Study, wave: str, file: WaveFile) -> dict[str, str]:
    """Item → variable of the items that are read for this wave alone and may change."""
    found = {key: name for key in study.items if (name := source_variable(study, wave, file, key))}
    shared = shared_variables(study, wave, file)
    return {key: name for key, name in found.items() if not study.items[key].time_constant and name not in shared}


def shared_variables(study: Study, wave: str, file: WaveFile) -> dict[str, str]:
    """Variable → another wave for which the same column of the same rows is read."""
    found: dict[str, str] = {}
    for other, part in sharing(study.waves, file.file):
        if other != wave and part.chosen == file.chosen:
            names = (source_variable(study, other, part, key) for key in study.items)
            found |= {name: other for name in names if name is not None and name not in found}
    return found


def key_columns(study: Study, wave: str, file: WaveFile, joined: Joined) -> dict[str, str]:
    """Column of the key in the part → its name in the joined file."""
    return {
        prefixed(study, wave, file, here): name_there(study, wave, file, joined, there)
        for here, there in joined.on.items()
    }


def name_there(study: Study, wave: str, file: WaveFile, joined: Joined, name: str) -> str:
    """The name that a variable has in a joined file: as in the part, unless the file has a pattern of its own."""
    if joined.names is None or name in study.about.unprefixed:
        return prefixed(study, wave, file, name)
    before, behind = around(study, wave, joined.names)
    return f"{before}{name}{behind}"


def taking_columns(study: Study, wave: str, file: WaveFile) -> list[str]:
    """Every column by which a part is taken, beside those that are read for themselves."""
    keys = (name for joined in file.join for name in key_columns(study, wave, file, joined))
    present = presence_column(study, wave, file)
    items = presence_items(study, wave, file).values()
    return list(dict.fromkeys([*file.chosen, *([present] if present else []), *keys, *items]))
