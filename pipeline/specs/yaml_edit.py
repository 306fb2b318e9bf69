"""A value written into a YAML file: only its own text changes, every other byte of the file stays as it is.

Where a value stands is taken from the parser (ruamel.yaml), and the edited file is read again: it is saved only if it
says what it said before and the new value, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from pipeline.errors import CohesionError, one_line
from pipeline.files import write_bytes
from pipeline.specs.strict_yaml import Position, parse
from pipeline.specs.yaml_text import mapping

Written = str | int | list[str] | dict[str, str] | dict[str, object]


@dataclass(frozen=True)
class Change:
    """Values for keys of the mapping at ``position``; new keys come next to the key ``near``.

    ``comments`` stand behind new keys, where the mapping is written line by line.
    """

    position: Position
    values: Mapping[str, Written]
    near: str
    comments: Mapping[str, str] = field(default_factory=dict)


class YamlFile:
    """A YAML file to be edited value by value. Raises ``CohesionError`` for what cannot be edited safely."""

    def __init__(self, path: Path, text: str | None = None) -> None:
        self.path = path
        self.text = path.read_bytes().decode("utf-8") if text is None else text
        self.expected = self._data(self.text)

    def set(self, position: Position, values: Mapping[str, Written], *, near: str) -> None:
        """Give keys of a mapping their values; new keys come next to the key ``near``."""
        self.set_each([Change(position, values, near)])

    def set_each(self, changes: Sequence[Change]) -> None:
        """Make several changes at once: the file is parsed once for all of them."""
        tree = self._tree()
        splices: list[tuple[int, int, str]] = []
        for change in changes:
            node, new = self._within(tree, change.position, MappingNode), dict(change.values)
            for key in change.values:
                pair = _pair(node, key)
                if pair is not None:
                    splices.append(self._replaced(*pair, _written(new.pop(key))))
            if new:
                splices.append(self._inserted(node, replace(change, values=new)))
            _at(self.expected, change.position).update(change.values)
        for start, end, text in sorted(splices, reverse=True):
            self.text = self.text[:start] + text + self.text[end:]
        self._check()

    def append(self, position: Position, value: str) -> None:
        """Add an item to a list."""
        sequence = self._within(self._tree(), position, SequenceNode)
        if not sequence.value:
            raise self._cannot("an empty list")
        last = sequence.value[-1]
        if sequence.flow_style:
            self._put(last.end_mark.index, f", {value}")
        else:
            self._put(*self._as_lines(last, f"{' ' * sequence.start_mark.column}- {value}{self._newline()}"))
        _at(self.expected, position).append(value)
        self._check()

    def save(self) -> None:
        write_bytes(self.path, self.text.encode())

    def _tree(self) -> Node | None:
        """The nodes as parsed from the text as it now is."""
        try:
            tree: Node | None = YAML().compose(self.text)
        except YAMLError:
            raise self._cannot("a file that is not YAML") from None
        return tree

    def _within(self, node: Node | None, position: Position, kind: type[Any]) -> Any:
        """The node at a position."""
        for part in position:
            if isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
            else:
                pair = _pair(node, str(part)) if isinstance(node, MappingNode) else None
                node = pair[1] if pair else None
        if not isinstance(node, kind):
            raise self._cannot(f"`{'.'.join(map(str, position))}`, which is not written there")
        return node

    def _replaced(self, key: Node, node: Node, value: str) -> tuple[int, int, str]:
        if not isinstance(node, ScalarNode):
            raise self._cannot("a value that is a list or a mapping")
        start, end = node.start_mark.index, node.end_mark.index
        if start == end:  # an empty value, which the parser may place further down
            place = self.text.index(":", key.end_mark.index) + 1
            return place, place, f" {value}"
        return start, end, value

    def _inserted(self, node: Any, change: Change) -> tuple[int, int, str]:
        found = _pair(node, change.near)
        if found is None:
            raise self._cannot(f"a mapping without `{change.near}`")
        key, value = found
        pairs = {name: f"{name}: {_written(new)}" for name, new in change.values.items()}
        if node.flow_style:
            place = key.start_mark.index
            return place, place, "".join(f"{pair}, " for pair in pairs.values())
        said = {name: f"  # {one_line(comment)}" for name, comment in change.comments.items()}
        indent = " " * key.start_mark.column
        lines = [f"{indent}{pair}{said.get(name, '')}{self._newline()}" for name, pair in pairs.items()]
        place, text = self._as_lines(value, "".join(lines))
        return place, place, text

    def _put(self, place: int, new: str) -> None:
        self.text = self.text[:place] + new + self.text[place:]

    def _as_lines(self, node: Node, lines: str) -> tuple[int, str]:
        """Where lines after a value begin, and the lines; with a line break before them where the file ends in none."""
        place = node.end_mark.index
        if node.end_mark.column == 0 and place > node.start_mark.index:
            return int(place), lines
        end = self.text.find("\n", place)
        return (len(self.text), self._newline() + lines) if end < 0 else (end + 1, lines)

    def _newline(self) -> str:
        return "\r\n" if "\r\n" in self.text else "\n"

    def _check(self) -> None:
        if self._data(self.text) != self.expected:
            raise self._cannot("anchors, aliases or another unusual form")

    def _data(self, text: str) -> Any:
        source = parse(text, self.path, self.path.name)
        if source.problems:
            raise self._cannot(f"a mistake in it ({source.problems[0].removesuffix('.')})")
        return source.data

    def _cannot(self, what: str) -> CohesionError:
        return CohesionError(
            f"cannot be edited by this program, because of {what}",
            where=self.path.name,
            todo="Nothing was changed. Write the value into the file by hand.",
        )


def edit(path: Path, change: Callable[[YamlFile], None]) -> None:
    """Edit a YAML file and save it; nothing is saved if ``change`` raises an error."""
    file = YamlFile(path)
    change(file)
    file.save()


def _written(value: Written) -> str:
    if isinstance(value, dict):
        return mapping(value)
    if isinstance(value, bool):
        return str(value).lower()
    return f"[{', '.join(value)}]" if isinstance(value, list) else str(value)


def _pair(mapping: Any, key: str) -> tuple[Any, Any] | None:
    return next((pair for pair in mapping.value if pair[0].value == key), None)


def _at(data: Any, position: Position) -> Any:
    for part in position:
        data = data[part]
    return data
