"""A strict YAML reader: no key is lost, none is guessed, and every value has its line.

YAML's usual readers keep the last of two equal keys, turn ``yes:`` and ``1:`` into one key, and read ``no`` as
false. Here a key is always its text, only ``true`` and ``false`` are booleans, and a repeated key is an error.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from pipeline.specs.yaml_bounds import beyond_bounds

Position = tuple[str | int, ...]

_INTEGER = re.compile(r"[-+]?\d+")
_NUMBER = re.compile(r"[-+]?(\d+\.\d*|\.\d+|\d+)([eE][-+]?\d+)?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
MOST_DIGITS = 300
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}


_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Untagged(_Loader):  # type: ignore[misc]
    """The parser, without YAML's guesses at what kind a value is: ``_scalar`` decides that."""

    def resolve(self, _kind: type[yaml.Node], _value: str | None, _implicit: object) -> str:
        return ""

    def descend_resolver(self, _parent: yaml.Node | None, _index: object) -> None:
        """No value has a kind by its place."""

    def ascend_resolver(self) -> None:
        """As above."""


@dataclass
class Source:
    """A parsed file: its plain data, the line of each value, what was wrong with it, and where."""

    path: Path
    name: str
    data: object = None
    lines: dict[Position, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    faulty: set[Position] = field(default_factory=set)

    def line(self, position: Position) -> int:
        """The line of the value at ``position``, or of the nearest thing that encloses it."""
        while position and position not in self.lines:
            position = position[:-1]
        return self.lines.get(position, 1)

    def place(self, position: Position) -> str:
        """File and line of the value at ``position``, as messages name them."""
        return f"{self.name}:{self.line(position)}"

    def report(self, position: Position, message: str) -> None:
        self.faulty.add(position)
        self.problems.append(f"{self.place(position)}: {message}")


def read(path: Path, name: str) -> Source:
    """Parse a file; problems are collected in the result, never raised. ``name`` is what messages call it."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        source = Source(path, name)
        source.report((), f"is not UTF-8 text (byte {error.start:,}). Save the file as UTF-8.")
        return source
    except OSError:
        source = Source(path, name)
        source.report((), "is missing. Create it; data/studies/_template shows its contents.")
        return source
    return parse(text, path, name)


def parse(text: str, path: Path, name: str, first_line: int = 1) -> Source:
    """Parse YAML text whose first line is ``first_line`` of the file."""
    source = Source(path, name)
    beyond = beyond_bounds(text, _Loader)
    if beyond is not None:
        source.problems.append(f"{name}:{beyond[0] + first_line}: {beyond[1]}")
        return source
    try:
        node = yaml.compose(text, Loader=_Untagged)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = (mark.line if mark else 0) + first_line
        source.problems.append(f"{name}:{line}: is not YAML: {error.problem or error.context}.")
        return source
    except yaml.YAMLError as error:
        line = text.count("\n", 0, getattr(error, "position", 0) or 0) + first_line
        source.problems.append(
            f"{name}:{line}: contains a character that YAML does not allow. Retype the file as plain text."
        )
        return source
    if node is not None:
        source.data = _build(node, (), source, first_line)
    return source


def _build(node: yaml.Node, position: Position, source: Source, first_line: int) -> object:
    source.lines.setdefault(position, node.start_mark.line + first_line)
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, position, source, first_line)
    if isinstance(node, yaml.SequenceNode):
        return [_build(child, (*position, i), source, first_line) for i, child in enumerate(node.value)]
    return _scalar(node, position, source)


def _mapping(node: yaml.MappingNode, position: Position, source: Source, first_line: int) -> dict[str, object]:
    result: dict[str, object] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + first_line
        if not isinstance(key_node, yaml.ScalarNode):
            source.problems.append(f"{source.name}:{line}: a key must be a word or a number, not a list or mapping.")
            continue
        key = key_node.value
        if key in result:
            first = source.lines[(*position, key)]
            source.problems.append(
                f"{source.name}:{line}: the key `{key}` appears twice (first on line {first}). Keep one."
            )
            continue
        source.lines[(*position, key)] = line
        result[key] = _build(value_node, (*position, key), source, first_line)
    return result


def _number(text: str, position: Position, source: Source) -> float | int | str:
    if len(text) > MOST_DIGITS or abs(float(text)) == float("inf"):
        source.report(position, f"is a number of {len(text):,} characters, too large to be one. Correct it.")
        return text
    return int(text) if _INTEGER.fullmatch(text) else float(text)


def _scalar(node: yaml.Node, position: Position, source: Source) -> object:
    text: str = node.value
    if getattr(node, "style", None) in ("'", '"', "|", ">"):
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _NUMBER.fullmatch(text) or _INTEGER.fullmatch(text):
        return _number(text, position, source)
    if _DATE.fullmatch(text):
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            source.report(position, f"`{text}` is not a calendar date.")
    return text
