"""What parts of one file say of each other: whose rows are whose, who was there, which columns are read for whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

from pipeline.specs.arm_parts import is_parted, items_in_arm
from pipeline.specs.deposits import WaveFile
from pipeline.specs.names import known
from pipeline.specs.part_columns import ITEMS, presence_items
from pipeline.specs.project import Study
from pipeline.specs.sources import source_variable
from pipeline.specs.strict_yaml import Position, Source
from pipeline.specs.variable_names import needs

At = tuple[str, int, WaveFile]
"""Wave, place among its files, part."""


def check_parts(study: Study, about: Source, sources: Mapping[str, Source]) -> None:
    """Report every contradiction between the parts of one study. ``sources``: wave → its file."""
    parts = [(wave, index, file) for wave in study.waves for index, file in enumerate(study.waves[wave].files)]
    _check_sources(study, about)
    _check_ids(study, about)
    for wave, index, file in parts:
        _check_names(study, wave, file, ("files", index), sources[wave])
        _check_present(study, wave, file, ("files", index, "present"), sources[wave])
    for one, other in combinations(parts, 2):
        if one[2].file == other[2].file:
            _check_pair(one, other, sources[other[0]])
    for wave, index, file in parts:
        for message in _mixed_up(study, wave, file) if is_parted(study, wave, file.arm) else ():
            sources[wave].report(("files", index), message)
        for message in _same_columns(study, wave, file):
            sources[wave].report(("files", index), message)


def _check_sources(study: Study, about: Source) -> None:
    taken = {part.of_source for _, _, part in study.files()}
    taken |= {one.of_source for _, _, part in study.files() for one in part.join}
    for name in study.about.sources:
        if name not in taken:
            about.report(("sources", name), f"no wave takes anything of the source `{name}`: name it as a `file`.")


def _check_ids(study: Study, about: Source) -> None:
    """Lists without an arm cannot name people whose ids are counted anew in each; nor can one file of several arms."""
    if study.about.ids.within != "arm":
        return
    for name in ("issued", "withdrawals"):
        if getattr(study.about, name) is not None:
            about.report((name,), f"`{name}` does not say the arm, and `ids: {{within: arm}}` counts ids anew in each.")
    arms: dict[str, str] = {}
    for _, _, file in study.files():
        if arms.setdefault(file.file, file.arm) != file.arm:
            about.report(("ids",), f"`within: arm` needs a file for each arm, and `{file.file}` serves several.")
            return


def _check_names(study: Study, wave: str, file: WaveFile, position: Position, source: Source) -> None:
    declared = study.waves[wave]
    if file.names is not None and file.prefix is not None:
        source.report((*position, "prefix"), "say either `prefix` or `names`, not both.")
    if declared.names is not None and declared.prefix:
        source.report(("prefix",), "say either `prefix` or `names`, not both.")
    own = file.names or (
        "" if file.prefix is not None else declared.names or (not declared.prefix and study.about.names)
    )
    patterns = [own or "", *(one.names or "" for one in file.join)]
    if declared.mark is None and any(needs(pattern, "mark") for pattern in patterns):
        source.report((), "`names` holds {mark}, which this wave does not say: `mark: a`, or what its names bear.")


def _check_present(study: Study, wave: str, file: WaveFile, position: Position, source: Source) -> None:
    rule = file.present
    if rule is None or not rule.any_of:
        return
    if rule.any_of != (ITEMS,):
        known(source, (*position, "any_of"), rule.any_of, list(study.items), "an item of this study")
    elif not presence_items(study, wave, file):
        source.report(position, f"no item has a column of its own in {wave}, which could say who was there.")


def _check_pair(one: At, other: At, source: Source) -> None:
    """Two parts of one file, of which one is declared later."""
    (wave, _, first), (later, index, second) = one, other
    position = ("files", index)
    if bool(first.chosen) != bool(second.chosen):
        source.report(
            position, f"`{second.file}` serves {wave} as well, and only one of the two says which `rows` are its own."
        )
    elif first.chosen == second.chosen and wave == later:
        source.report(position, f"`{second.file}` serves two parts of {wave}: say by `rows` which rows are whose.")
    elif first.chosen == second.chosen:
        for part, which in ((first, wave), (second, later)):
            if part.present is None:
                source.report(
                    position,
                    f"a row of `{second.file}` is of {wave} and of {later}: say `present` in {which} (`row`, "
                    "`{column: ..., codes: [...]}` or `{any_of: items}`), or which `rows` are whose.",
                )
                return


def _mixed_up(study: Study, wave: str, file: WaveFile) -> Iterator[str]:
    """In words, items that one file of an arm reads from one column, and another from two."""
    read: dict[str, tuple[str, str | None]] = {}
    for key, (name, variable) in items_in_arm(study, wave, file).items():
        other, before = read.setdefault(name, (key, variable))
        if variable != before:
            yield (
                f"`{other}` and `{key}` are one column in another file of the arm `{file.arm}`, and not in this one: "
                "list one of them under `not_asked` of a file, or make the files arms of their own."
            )


def _same_columns(study: Study, wave: str, file: WaveFile) -> Iterator[str]:
    """In words, each item that is read from the column of another wave, although it may change."""
    for other in study.waves:
        if other >= wave:
            return
        for part in study.waves[other].files:
            if part.file != file.file or part.chosen != file.chosen:
                continue
            for key, item in study.items.items():
                variable = source_variable(study, wave, file, key)
                if variable and not item.time_constant and variable == source_variable(study, other, part, key):
                    yield (
                        f"`{key}` is read from the column `{variable}` in {other} and in {wave}: give it the name that "
                        "it has in this wave (`names`, `variables`), list it under `not_asked`, or mark the item "
                        "`time_constant`."
                    )
