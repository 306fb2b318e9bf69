"""What parts of one file say of each other: whose rows are whose, who was there, which columns are read for whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

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
SHOWN = 5
"""So many items are named in one message."""


def check_parts(study: Study, about: Source, sources: Mapping[str, Source], *, is_whole: bool = True) -> None:
    """Report every contradiction between the parts of one study, and nothing that follows from one. ``sources``: wave →
    its file. ``is_whole``: every wave could be read."""
    parts = [(wave, index, file) for wave in study.waves for index, file in enumerate(study.waves[wave].files)]
    if is_whole:
        _check_sources(study, about)
    _check_ids(study, about)
    unnamed = [wave for wave, index, file in parts if _lacks_mark(study, wave, file, ("files", index), sources[wave])]
    for wave, index, file in parts:
        _check_join(file, ("files", index), sources[wave])
        named = file.present.any_of if file.present is not None and file.present.any_of != (ITEMS,) else ()
        known(sources[wave], ("files", index, "present", "any_of"), named, list(study.items), "an item of this study")
        for message in _mixed_up(study, wave, file) if is_parted(study, wave, file.arm) else ():
            sources[wave].report(("files", index), message)
    for own in _by_file(parts):
        if not _contradict(own, sources):
            _check_columns(study, [at for at in own if at[0] not in unnamed], sources)


def _by_file(parts: Iterable[At]) -> Iterator[list[At]]:
    """The parts of each file together, in the order of waves."""
    for _, own in groupby(sorted(parts, key=lambda at: at[2].file), key=lambda at: at[2].file):
        yield list(own)


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


def _lacks_mark(study: Study, wave: str, file: WaveFile, position: Position, source: Source) -> bool:
    """Whether the names of a part need a mark that its wave does not say; this is reported, as two ways to name are."""
    declared = study.waves[wave]
    if file.names is not None and file.prefix is not None:
        source.report((*position, "prefix"), "say either `prefix` or `names`, not both.")
    if declared.names is not None and declared.prefix:
        source.report(("prefix",), "say either `prefix` or `names`, not both.")
    own = file.names or (
        "" if file.prefix is not None else declared.names or (not declared.prefix and study.about.names)
    )
    patterns = [own or "", *(one.names or "" for one in file.join)]
    is_lacking = declared.mark is None and any(needs(pattern, "mark") for pattern in patterns)
    if is_lacking:
        source.report((), "`names` holds {mark}, which this wave does not say: `mark: a`, or what its names bear.")
    return is_lacking


def _check_join(file: WaveFile, position: Position, source: Source) -> None:
    """No file is joined twice by one key: what it adds is there after the first time."""
    for index, one in enumerate(file.join):
        if any((one.file, one.on, one.names) == (other.file, other.on, other.names) for other in file.join[:index]):
            source.report((*position, "join", index), f"`{one.file}` is joined by the same key twice. Keep one.")


def _contradict(parts: list[At], sources: Mapping[str, Source]) -> bool:
    """Whether the parts of one file contradict each other in whose rows are whose; reports the first of these."""
    (wave, _, first) = parts[0]
    for later, index, second in parts[1:]:
        if bool(first.chosen) != bool(second.chosen):
            message = f"`{second.file}` serves {wave} as well, and only one of the two says which `rows` are its own."
            sources[later].report(("files", index), message)
            return True
    for place, (later, index, second) in enumerate(parts):
        message = _taken_twice([at for at in parts[:place] if at[2].chosen == second.chosen], later, second)
        if message:
            sources[later].report(("files", index), message)
            return True
    return False


def _taken_twice(before: list[At], wave: str, file: WaveFile) -> str:
    """In words, that a part takes the rows that others take before it, and nobody says who was there when."""
    if not before:
        return ""
    earlier, _, other = before[-1]
    rows = f"`{file.file}`" if not file.chosen else f"`{file.file}` ({', '.join(map(_said, file.chosen.items()))})"
    if earlier == wave:
        return f"{rows} serves two parts of {wave}: say by `rows` which rows are whose."
    unsaid = next((one for one, part in ((earlier, other), (wave, file)) if part.present is None), None)
    if unsaid is None:
        return ""
    return (
        f"a row of {rows} is of {earlier} and of {wave}: say `present` in {unsaid} (`row`, "
        "`{column: ..., codes: [...]}` or `{any_of: items}`), or which `rows` are whose."
    )


def _said(chosen: tuple[str, tuple[str, ...]]) -> str:
    return f"`{chosen[0]}`: {', '.join(chosen[1])}"


def _check_columns(study: Study, parts: list[At], sources: Mapping[str, Source]) -> None:
    """Each wave has columns of its own in a file, which say who was there and what they answered."""
    reported: dict[tuple[str, ...], str] = {}
    shared: set[str] = set()
    for wave, index, file in parts:
        other, items = _same_columns(study, wave, [at for at in parts if at[0] < wave], file)
        if items:
            shared |= {wave, other}
            if items not in reported:
                sources[wave].report(("files", index), _in_words(study, wave, file, other, items))
            reported.setdefault(items, wave)
    for wave, index, file in parts:
        says = file.present is not None and file.present.any_of == (ITEMS,)
        if says and wave not in shared and not presence_items(study, wave, file):
            message = f"no item has a column of its own in {wave}, which could say who was there."
            sources[wave].report(("files", index, "present"), message)


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


def _same_columns(study: Study, wave: str, before: list[At], file: WaveFile) -> tuple[str, tuple[str, ...]]:
    """The first earlier wave for which items that may change are read from the same columns of the same rows; these."""
    own = {key: source_variable(study, wave, file, key) for key, item in study.items.items() if not item.time_constant}
    for other, _, part in before:
        if part.chosen == file.chosen:
            same = [key for key, name in own.items() if name and name == source_variable(study, other, part, key)]
            if same:
                return other, tuple(same)
    return "", ()


def _in_words(study: Study, wave: str, file: WaveFile, other: str, items: tuple[str, ...]) -> str:
    if len(items) == 1:
        return (
            f"`{items[0]}` is read from the column `{source_variable(study, wave, file, items[0])}` in {other} and in "
            f"{wave}: give it the name that it has in this wave (`names`, `variables`), list it under `not_asked`, or "
            "mark the item `time_constant`."
        )
    more = f" and {len(items) - SHOWN:,} more" if len(items) > SHOWN else ""
    return (
        f"{', '.join(f'`{key}`' for key in items[:SHOWN])}{more} are read from the same columns in {other} and in "
        f"{wave}: give them the names that they have in this wave (`names`, `variables`), list them under "
        "`not_asked`, or mark the items `time_constant`."
    )
