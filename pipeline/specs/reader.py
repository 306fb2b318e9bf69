"""From a YAML file to frozen declarations; every mistake becomes one line with file, line and nearest name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pipeline.specs.nearest import nearest
from pipeline.specs.strict_yaml import Position, Source, parse, read

D = TypeVar("D", bound=BaseModel)


def load(path: Path, name: str, kind: type[D]) -> tuple[D | None, Source]:
    """One declaration from one file."""
    source = read(path, name)
    return build(source.data, kind, source, ()), source


def load_if_filled(path: Path, name: str, kind: type[D]) -> tuple[D | None, Source]:
    """One declaration from one file; None of a file that has nothing but comments, as in the template."""
    source = read(path, name)
    is_empty = source.data is None and not source.problems
    return (None if is_empty else build(source.data, kind, source, ())), source


def load_each(path: Path, name: str, kind: type[D]) -> tuple[dict[str, D], Source]:
    """A mapping of key → declaration from one file."""
    source = read(path, name)
    return each(source, kind), source


def each(source: Source, kind: type[D]) -> dict[str, D]:
    """Key → declaration, of a file that holds a mapping."""
    if source.data is None:
        return {}
    if not isinstance(source.data, dict):
        source.report((), "must be a mapping of names; data/studies/_template shows one.")
        return {}
    found = {}
    for key, data in source.data.items():
        if not re.fullmatch(r"[a-z][a-z0-9_]*", key):
            source.report((key,), f"`{key}` must be a name in small letters, digits and underscores.")
            continue
        declaration = build(data, kind, source, (key,))
        if declaration is not None:
            found[key] = declaration
    return found


def load_text(path: Path, name: str, _kind: None = None) -> tuple[str, Source]:
    """The prose of one file, which declares nothing."""
    source = Source(path, name)
    try:
        return path.read_text(encoding="utf-8"), source
    except UnicodeDecodeError as error:
        source.report((), f"is not UTF-8 text (byte {error.start:,}). Save the file as UTF-8.")
        return "", source


def load_front_matter(path: Path, name: str, kind: type[D]) -> tuple[D | None, Source]:
    """The declaration between the two ``---`` lines at the head of a markdown file."""
    text = path.read_text(encoding="utf-8")
    match = re.match(r"---\n(.*?)^---\s*$", text, flags=re.DOTALL | re.MULTILINE)
    if match is None:
        source = Source(path, name)
        source.report((), "must begin with front matter between two `---` lines: title, study, models, figures.")
        return None, source
    source = parse(match.group(1), path, name, first_line=2)
    return build(source.data, kind, source, ()), source


def build(data: object, kind: type[D], source: Source, position: Position) -> D | None:
    """Validate ``data``; what is wrong goes into ``source.problems``."""
    if data is None and source.problems:
        return None
    try:
        return kind.model_validate(data if data is not None else {})
    except ValidationError as error:
        details = error.errors(include_url=False)
        for detail in details:
            if not _follows_from_another(detail, details, source, position):
                _report(detail, kind, source, position)
        return None


def _follows_from_another(
    detail: ErrorDetails, details: list[ErrorDetails], source: Source, position: Position
) -> bool:
    """Whether the mistake was reported already: in reading the YAML, or as that of the only member of a list."""
    if (*position, *detail["loc"]) in source.faulty:
        return True
    within = len(detail["loc"])
    return detail["type"] == "too_short" and any(
        len(other["loc"]) > within and other["loc"][:within] == detail["loc"] for other in details
    )


def _report(detail: ErrorDetails, kind: type[BaseModel], source: Source, position: Position) -> None:
    where = (*position, *_data_position(detail["loc"], source, position))
    key = ".".join(str(part) for part in where) or "the file"
    last = str(where[-1]) if where else ""
    match detail["type"]:
        case "extra_forbidden":
            known = _known_keys(kind, detail["loc"][:-1])
            hint = nearest(last, known) or f"; valid keys here: {', '.join(known)}"
            message = f"`{key}` is not a valid key{hint}"
        case "missing":
            message = f"the key `{detail['loc'][-1]}` is missing from {_owner(where[:-1])}"
        case "literal_error":
            choices = (detail.get("ctx") or {}).get("expected", "")
            given = str(detail["input"])
            hint = nearest(given, re.findall(r"'([^']+)'", choices))
            message = f"`{key}` is `{given}`; expected {choices}{hint}"
        case "string_pattern_mismatch":
            form = (detail.get("ctx") or {}).get("pattern")
            message = f"`{key}` is `{detail['input']}`; expected a text of the form {form}"
        case "too_short" | "string_too_short":
            message = f"`{key}` is empty; at least one is expected"
        case "value_error":
            message = f"{_owner(where)}: {detail['msg'].removeprefix('Value error, ')}"
        case _:
            message = f"`{key}`: {detail['msg'][0].lower()}{detail['msg'][1:]}"
    message = message if message.endswith(("?", ".")) else f"{message}."
    if f"{source.place(where)}: {message}" not in source.problems:
        source.report(where, message)


def _owner(where: Position) -> str:
    return f"`{'.'.join(str(part) for part in where)}`" if where else "the file"


def _data_position(loc: tuple[int | str, ...], source: Source, position: Position) -> Position:
    """Pydantic's location without the parts that are not in the data (union members, ``[key]``)."""
    found: Position = ()
    for part in loc:
        candidate = (*found, part)
        if (*position, *candidate) in source.lines or part is loc[-1]:
            if part == "[key]" or (
                isinstance(part, str) and re.match(r"(literal|constrained-str|float|str|int)\b", part)
            ):
                continue
            found = candidate
    return found


def _known_keys(kind: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The keys of the declaration that ``loc`` points to, following fields and the values of mappings and lists."""
    current: object = kind
    for part in loc:
        if isinstance(current, type) and issubclass(current, BaseModel) and str(part) in current.model_fields:
            current = _inner(current.model_fields[str(part)].annotation)
    return list(current.model_fields) if isinstance(current, type) and issubclass(current, BaseModel) else []


def _inner(annotation: object) -> object:
    """The declaration class inside ``dict[str, X]``, ``tuple[X, ...]`` or ``X | None``."""
    arguments = getattr(annotation, "__args__", ())
    for argument in reversed(arguments):
        found = _inner(argument)
        if isinstance(found, type) and issubclass(found, BaseModel):
            return found
    return annotation
