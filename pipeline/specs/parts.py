"""Parts assembled: what a source of study.yaml says is written into each part that is taken of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from pipeline.specs.deposits import OF_A_SOURCE, Joined, SourceFile, WaveFile
from pipeline.specs.nearest import nearest
from pipeline.specs.strict_yaml import Position, Source
from pipeline.specs.study import StudyFile, Wave

D = TypeVar("D", WaveFile, Joined)


def assembled(about: StudyFile | None, waves: Mapping[str, Wave], sources: Mapping[str, Source]) -> dict[str, Wave]:
    """The waves, each part and joined file with all that is said of it; those with a mistake in that are left out.

    ``sources``: wave → its file, into which mistakes are reported.
    """
    known = about.sources if about is not None else {}
    found = {}
    for key, wave in waves.items():
        if about is None and any(not file.format and "." not in file.file for file in every_file(wave)):
            continue  # it may name sources, and what names them cannot be read
        before = len(sources[key].problems)
        files = tuple(_part(file, ("files", index), known, sources[key]) for index, file in enumerate(wave.files))
        if len(sources[key].problems) == before:
            found[key] = wave.model_copy(update={"files": files})
    return found


def _part(file: WaveFile, position: Position, known: Mapping[str, SourceFile], source: Source) -> WaveFile:
    joined = tuple(
        _filled(one, (*position, "join", index), known, source, {"rows"}) for index, one in enumerate(file.join)
    )
    made = _filled(file, position, known, source, set())
    return made.model_copy(update={"join": joined}) if joined else made


def _filled(file: D, position: Position, known: Mapping[str, SourceFile], source: Source, more: set[str]) -> D:
    """A part, or a joined file, with what its source says of it."""
    owner = ".".join(map(str, position))
    if file.file not in known:
        if not file.format:
            source.report(position, f"the key `format` is missing from `{owner}`{_or_a_source(file.file, known)}.")
        return file
    own = file.model_fields_set & ({*OF_A_SOURCE, *more, "of_source"} - {"file"})
    for key in sorted(own):
        source.report((*position, key), f"`{key}` is said where the source `{file.file}` is declared: leave it out.")
    declared = known[file.file]
    said: dict[str, Any] = {key: getattr(declared, key) for key in OF_A_SOURCE}
    if not isinstance(file.rows, dict):
        said["rows"] = declared.rows
    return file.model_copy(update={**said, "of_source": file.file})


def _or_a_source(file: str, known: Mapping[str, SourceFile]) -> str:
    """What a name without a suffix may have been meant as."""
    if "." in file:
        return ""
    return nearest(file, known) or f"; `{file}` is no source of study.yaml either"


def deliveries(waves: Mapping[str, Wave]) -> list[tuple[str, ...]]:
    """The waves, together where they share a file: what is read once. In the order of the waves."""
    groups: list[tuple[str, ...]] = []
    for key, wave in waves.items():
        files = {file.file for file in wave.files}
        sharing = [group for group in groups if any(files & _names(waves[name]) for name in group)]
        merged = tuple(name for group in sharing for name in group)
        groups = [group for group in groups if group not in sharing] + [(*merged, key)]
    order = list(waves)
    return sorted((tuple(sorted(group, key=order.index)) for group in groups), key=lambda group: order.index(group[0]))


def _names(wave: Wave) -> set[str]:
    return {file.file for file in wave.files}


def sharing(waves: Mapping[str, Wave], file: str) -> Iterator[tuple[str, WaveFile]]:
    """Every part that is taken of a file, with its wave."""
    for key, wave in waves.items():
        yield from ((key, part) for part in wave.files if part.file == file)


def every_file(wave: Wave) -> Iterator[WaveFile | Joined]:
    """The files that a wave is read from, parts and what is joined to them, each declaration once."""
    for part in wave.files:
        yield part
        yield from part.join


def with_files(wave: Wave, change: Callable[[WaveFile | Joined], Mapping[str, Any]]) -> Wave:
    """The wave, each file with what ``change`` says of it."""
    files = []
    for part in wave.files:
        join = tuple(one.model_copy(update=dict(change(one))) for one in part.join)
        files.append(part.model_copy(update={**change(part), "join": join}))
    return wave.model_copy(update={"files": tuple(files)})
