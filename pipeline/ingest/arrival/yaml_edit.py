"""A value written into a YAML file: only its own text changes, every other byte of the file stays as it is.

Where a value stands is taken from the parser (ruamel.yaml), and the edited file is read again: it is saved only if it
says what it said before and the new value, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from pipeline.errors import CohesionError
from pipeline.files import write_bytes
from pipeline.specs.strict_yaml import Position, parse


class YamlFile:
    """A YAML file to be edited value by value. Raises ``CohesionError`` for what cannot be edited safely."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = path.read_bytes().decode("utf-8")
        self.expected = self._data(self.text)

    def set(self, position: Position, values: Mapping[str, str | int | list[str]], *, near: str) -> None:
        """Give keys of a mapping their values; new keys come next to the key ``near``."""
        new = dict(values)
        for key in values:
            pair = _pair(self._node(position, MappingNode), key)
            if pair is not None:
                self._replace(*pair, str(new.pop(key)))
        if new:
            self._insert(self._node(position, MappingNode), near, new)
        _at(self.expected, position).update(values)
        self._check()

    def append(self, position: Position, value: str) -> None:
        """Add an item to a list."""
        sequence = self._node(position, SequenceNode)
        if not sequence.value:
            raise self._cannot("an empty list")
        last = sequence.value[-1]
        if sequence.flow_style:
            self._put(last.end_mark.index, f", {value}")
        else:
            indent = " " * sequence.start_mark.column
            self._put(self._end_of_line(last), f"{indent}- {value}{self._newline()}")
        _at(self.expected, position).append(value)
        self._check()

    def save(self) -> None:
        write_bytes(self.path, self.text.encode())

    def _node(self, position: Position, kind: type[Any]) -> Any:
        """The node at a position, as parsed from the text as it now is."""
        try:
            node: Node | None = YAML().compose(self.text)
        except YAMLError:
            raise self._cannot("a file that is not YAML") from None
        for part in position:
            if isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
            else:
                pair = _pair(node, str(part)) if isinstance(node, MappingNode) else None
                node = pair[1] if pair else None
        if not isinstance(node, kind):
            raise self._cannot(f"`{'.'.join(map(str, position))}`, which is not written there")
        return node

    def _replace(self, key: Node, node: Node, value: str) -> None:
        if not isinstance(node, ScalarNode):
            raise self._cannot("a value that is a list or a mapping")
        start, end = node.start_mark.index, node.end_mark.index
        if start == end:  # an empty value, which the parser may place further down
            self._put(self.text.index(":", key.end_mark.index) + 1, f" {value}")
        else:
            self.text = self.text[:start] + value + self.text[end:]

    def _insert(self, mapping: Any, near: str, values: Mapping[str, str | int | list[str]]) -> None:
        found = _pair(mapping, near)
        if found is None:
            raise self._cannot(f"a mapping without `{near}`")
        key, value = found
        pairs = [f"{name}: {_written(new)}" for name, new in values.items()]
        if mapping.flow_style:
            self._put(key.start_mark.index, "".join(f"{pair}, " for pair in pairs))
        else:
            indent = " " * key.start_mark.column
            self._put(self._end_of_line(value), "".join(f"{indent}{pair}{self._newline()}" for pair in pairs))

    def _put(self, place: int, new: str) -> None:
        self.text = self.text[:place] + new + self.text[place:]

    def _end_of_line(self, node: Node) -> int:
        """Where the line after a value begins; a file that does not end in a line break gets one."""
        place = node.end_mark.index
        if node.end_mark.column == 0 and place > node.start_mark.index:
            return int(place)
        end = self.text.find("\n", place)
        if end < 0:
            self.text += self._newline()
            return len(self.text)
        return end + 1

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


def _written(value: str | int | list[str]) -> str:
    return f"[{', '.join(value)}]" if isinstance(value, list) else str(value)


def _pair(mapping: Any, key: str) -> tuple[Any, Any] | None:
    return next((pair for pair in mapping.value if pair[0].value == key), None)


def _at(data: Any, position: Position) -> Any:
    for part in position:
        data = data[part]
    return data
