"""One wave put together from a row of waves.csv, a file of its own, and what all rows share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from string import Formatter
from typing import Any

from pipeline.specs.reader import build
from pipeline.specs.strict_yaml import Position, Source
from pipeline.specs.study import Wave
from pipeline.specs.wave_table import Row

SHARED = "_each.yaml"
_FIELDS = ("wave", "number", "mark")
_OF_A_ROW = ("title", "fieldwork", "number", "mark")


@dataclass
class Layered(Source):
    """What several files say together: a mistake is reported where the value is written.

    ``layers``: position → the file that says what is there and below, and its position in it.
    """

    layers: dict[Position, tuple[Source, Position]] = field(default_factory=dict)

    def place(self, position: Position) -> str:
        ends = (end for end in range(len(position), -1, -1) if position[:end] in self.layers)
        end = next(ends)
        source, at = self.layers[position[:end]]
        return source.place((*at, *position[end:]))


def files_of(data: Any) -> Iterator[tuple[Position, dict[str, Any]]]:
    """Each file that a declaration names, and its place: parts, each followed by what is joined to it."""
    listed = data.get("files") if isinstance(data, dict) else None
    for index, file in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(file, dict):
            yield ("files", index), file
            joined = file.get("join")
            for at, one in enumerate(joined if isinstance(joined, list) else ()):
                if isinstance(one, dict):
                    yield ("files", index, "join", at), one


def name_of_wave(pattern: str, wave: str, number: int | None, mark: str | None) -> str | None:
    """What a pattern names in one wave; None where it needs a mark that the wave has not.

    Raises ``ValueError`` or ``TypeError`` for what is no such pattern.
    """
    fields = [name for _, name, _, _ in Formatter().parse(pattern) if name is not None]
    if not set(fields) <= set(_FIELDS):
        raise ValueError(pattern)
    if mark is None and "mark" in fields:
        return None
    return pattern.format(wave=wave, number=int(wave[1:]) if number is None else number, mark=mark)


class Layers:
    """The declaration of one wave, put together from its row, its own file and what all share."""

    def __init__(
        self,
        wave: str,
        row: Row,
        listed: Source,
        each: Source,
        own: Source | None,
        arms: Mapping[str, Sequence[str]],
    ) -> None:
        self.wave, self.row, self.listed = wave, row, listed
        self.source = Layered(listed.path, listed.name, layers={(): (listed, (row.line,))})
        self.data: dict[str, Any] = {}
        self._lay(each)
        self._leave_out_arms(arms)
        if own is not None:
            self._lay(own)
        self.own = own.data if own is not None and isinstance(own.data, dict) else {}

    def _lay(self, source: Source) -> None:
        for key, value in source.data.items() if isinstance(source.data, dict) else ():
            self.data[key] = deepcopy(value)
            self.source.layers[key,] = (source, (key,))
            kept = {at: line for at, line in self.source.lines.items() if at[:1] != (key,)}
            self.source.lines = kept | {at: line for at, line in source.lines.items() if at[:1] == (key,)}

    def _leave_out_arms(self, arms: Mapping[str, Sequence[str]]) -> None:
        """Of the parts that all waves share, those of arms that have this wave; all, where no arm has it."""
        files = self.data.get("files")
        if not isinstance(files, list):
            return
        kept = [place for place, file in enumerate(files) if not self._is_of_others(file, arms)]
        if not kept or len(kept) == len(files):
            return
        source, position = self.source.layers["files",]
        self.data["files"] = [files[place] for place in kept]
        self.source.layers |= {("files", new): (source, (*position, old)) for new, old in enumerate(kept)}

    def _is_of_others(self, file: Any, arms: Mapping[str, Sequence[str]]) -> bool:
        arm = file.get("arm") if isinstance(file, dict) else None
        return isinstance(arm, str) and arm in arms and self.wave not in arms[arm]

    def declared(self) -> Wave | None:
        before = len(self.listed.problems)
        for key in (key for key in _OF_A_ROW if key in self.row.said):
            if key in self.own:
                are = "are" if key == "fieldwork" else "is"
                self._refuse(f"{_columns_of(key)} of `{self.wave}` {are} said in its own file as well: keep one.")
            self._say((key,), self.row.said[key])
        for key in ("title", "fieldwork"):
            if key not in self.data:
                self._refuse(f"`{self.wave}` has no {_columns_of(key)}.")
        self._place_file()
        self._fill_names()
        self._confirm()
        if len(self.listed.problems) > before or self.source.problems:
            return None
        return build(self.data, Wave, self.source, ())

    def _refuse(self, message: str) -> None:
        self.listed.report((self.row.line,), message)

    def _say(self, position: Position, value: Any) -> None:
        """Put what the row says in its place."""
        place: Any = self.data
        for key in position[:-1]:
            place = place[key]
        place[position[-1]] = value
        self.source.lines[position] = self.row.line
        self.source.layers[position] = (self.listed, (self.row.line,))

    def _place_file(self) -> None:
        """The file, and which of its rows, as far as the row says it."""
        said = {"file": self.row.file, "rows": self.row.chosen}
        given = {key: value for key, value in said.items() if value is not None}
        files = self.data.get("files")
        named = ", ".join(f"`{key}`" for key in given)
        if given and "files" in self.own:
            self._refuse(f"{named} of `{self.wave}` is said in its own file as well (`files`): keep one.")
        elif given and not (isinstance(files, list) and len(files) == 1 and isinstance(files[0], dict)):
            count = len(files) if isinstance(files, list) else 0
            self._refuse(
                f"{named} is of one file, and waves/{SHARED} lists {count} under `files`: list one, or name them "
                'there, as in `file: "wave_{number}.csv"`.'
            )
        else:
            for key, value in given.items():
                self._say(("files", 0, key), value)
        lacking = next((at for at, file in files_of(self.data) if "file" not in file), None)
        if lacking is not None or not isinstance(self.data.get("files"), list):
            self._refuse(f"`{self.wave}` has no `file`, and waves/{SHARED} names none: give it here or there.")

    def _fill_names(self) -> None:
        """``{wave}``, ``{number}`` and ``{mark}`` in the names of files and in the values of rows."""
        for position, file in files_of(self.data):
            if "file" in file:
                file["file"] = self._filled(file["file"], (*position, "file"))
            if isinstance(file.get("rows"), dict):
                file["rows"] = {key: self._filled(one, (*position, "rows")) for key, one in file["rows"].items()}

    def _filled(self, text: Any, position: Position) -> Any:
        if isinstance(text, list):
            return [self._filled(one, position) for one in text]
        if not isinstance(text, str) or "{" not in text:
            return text
        try:
            found = name_of_wave(text, self.wave, self.data.get("number"), self.data.get("mark"))
        except (ValueError, TypeError):
            allowed = "{wave}, {number} (or {number:02}) and {mark}"
            self.source.report(position, f"`{text}` may hold {allowed} alone.")
            return text
        if found is None:
            self._refuse(f"`{self.wave}` has no `mark`, which `{text}` needs.")
        return text if found is None else found

    def _confirm(self) -> None:
        """Hashes and numbers of rows, in the order of the files; a source is confirmed in study.yaml."""
        own = [at for at, file in files_of(self.data) if "format" in file]
        said: dict[str, list[Any]] = {
            "sha256": self.row.hashes, "rows": self.row.counts, "earlier": self.row.earlier
        }  # fmt: skip
        given = {key: values for key, values in said.items() if values}
        for key, values in given.items():
            if "files" in self.own:
                self._refuse(f"`{key}` of `{self.wave}` belongs into its own file, which lists its `files`.")
            elif len(values) > len(own):
                self._refuse(f"`{key}` is of {len(values)} files, and `{self.wave}` has {len(own)} of its own.")
            for at, value in zip(own, values, strict=False):
                if value is not None and value != []:
                    self._say((*at, key), value)


def _columns_of(key: str) -> str:
    return "`start` and `end`" if key == "fieldwork" else f"`{key}`"
