"""Every leaf of every declaration of a root, each with other values that it might have."""

from __future__ import annotations

import datetime as dt
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml
from pydantic import BaseModel

from pipeline.specs.batteries import Battery
from pipeline.specs.families import FAMILIES
from pipeline.specs.family import load
from pipeline.specs.figure_kinds import FIGURE_KINDS
from pipeline.specs.figures import Figure
from pipeline.specs.imputation import ImputationSet
from pipeline.specs.index import Index
from pipeline.specs.papers import Paper
from pipeline.specs.programme import Programme
from pipeline.specs.report import Concept
from pipeline.specs.strict_yaml import parse
from pipeline.specs.study import Item, Scale, StudyFile, Wave
from pipeline.specs.weights import WeightSet

LEFT_OUT = "left out"
Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Leaf:
    """One leaf of a file: its place in it, and the contents of the file with other values, the likeliest first."""

    file: str
    place: Place
    others: Callable[[], Iterator[str]]

    @property
    def name(self) -> str:
        return f"{self.file}: {'.'.join(map(str, self.place)) or 'text'}"


EACH = {"concepts.yaml": Concept, "items.yaml": Item, "scales.yaml": Scale, "weights.yaml": WeightSet,
        "imputation.yaml": ImputationSet, "programme.yaml": Programme}  # fmt: skip
"""Files of named entries, and the class of an entry."""


def normalise(root: Path) -> None:
    """Write every YAML file as its leaves will be written, so that an edit changes nothing else."""
    for file in yaml_files(root):
        front, text, rest = parts_of(file)
        file.write_text(front + written(parse(text, file, file.name).data) + rest, encoding="utf-8")


def yaml_files(root: Path) -> list[Path]:
    found = [*(root / "data").rglob("*.yaml"), *(root / "reports").rglob("*.yaml"), *root.rglob("papers/*.md")]
    return sorted(found)


def parts_of(file: Path) -> tuple[str, str, str]:
    """What is before the YAML of a file, the YAML, and what is after it: the prose of a paper."""
    text = file.read_text(encoding="utf-8")
    if file.suffix != ".md":
        return "", text, ""
    _, front, prose = text.split("---\n", 2)
    return "---\n", front, f"---\n{prose}"


def written(data: Any) -> str:
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return str(yaml.dump(data, Dumper=dumper, allow_unicode=True, sort_keys=False, width=1000))


def leaves(root: Path) -> Iterator[Leaf]:
    """Every leaf below a root: those of declarations, one for each text, table and cell of a CSV file."""
    names = Names(root)
    for file in yaml_files(root):
        front, text, rest = parts_of(file)
        data, name = parse(text, file, file.name).data, file.relative_to(root).as_posix()
        for place, others in places(data, file, names):
            yield Leaf(name, place, partial(_contents, front, rest, data, place, others))
    for file in sorted(chain(root.rglob("*.j2"), root.rglob("caveats.md"), root.rglob("papers/*.md"))):
        text = file.read_text(encoding="utf-8")
        yield Leaf(file.relative_to(root).as_posix(), (), partial(iter, (f"{text}\nMore.\n",)))
    for file in sorted(chain(root.rglob("areas/*.csv"), root.rglob("targets.csv"))):
        yield from _cells(file, file.relative_to(root).as_posix())


def _contents(front: str, rest: str, data: Any, place: Place, others: list[Any]) -> Iterator[str]:
    """The text of a file with each of the other values."""
    yield from (front + written(replaced(data, place, other)) + rest for other in others)


def _cells(file: Path, name: str) -> Iterator[Leaf]:
    """The cells of the first row of a table; where a share changes, that of the second row changes with it."""
    header, *rows = [line.split(",") for line in file.read_text(encoding="utf-8").splitlines()]
    for place, column in enumerate(header):
        texts = []
        for other in (["0.6", "0.4"], ["5"], ["w02", "w02"], ["main", "main"], ["age", "age"], ["other"]):
            changed = [list(row) for row in rows]
            for number, value in enumerate(other):
                changed[number][place] = value
            texts.append("\n".join(",".join(row) for row in (header, *changed)) + "\n")
        yield Leaf(name, (1, column), partial(iter, texts))


class Names:
    """The names that declarations use for one another, as far as a leaf may take another of them."""

    def __init__(self, root: Path) -> None:
        study = next((root / "data" / "studies").iterdir())
        own = [file for file in EACH if (study / file).exists()]
        of = {file: list(parse((study / file).read_text(), study, file).data) for file in own}
        items = parse((study / "items.yaml").read_text(), study, "items").data
        batteries = {key: entry for key, entry in items.items() if "rows" in entry}
        rows = [row for entry in batteries.values() for row in entry["rows"]]
        concepts = list(parse((root / "data" / "concepts.yaml").read_text(), root, "concepts").data)
        waves = sorted(file.stem for file in study.glob("waves/*.yaml"))
        reports = [file.stem for kind in ("models", "figures") for file in sorted((root / "reports" / kind).iterdir())]
        arms = list(parse((study / "study.yaml").read_text(), study, "study").data["arms"])
        items = [*(name for name in items if name not in batteries), *rows]
        self.pools = [waves, arms, of["weights.yaml"], of["imputation.yaml"], concepts, items, reports]

    def beside(self, value: object) -> list[str]:
        """Names of things, first of those of the kind that a value names."""
        pools = sorted(self.pools, key=lambda pool: value not in pool)
        return list(dict.fromkeys(name for pool in pools for name in pool if name != value))


def places(data: Any, file: Path, names: Names) -> Iterator[tuple[Place, list[Any]]]:
    """Every leaf of a file's data with other values: what is declared, and what could be."""
    if file.name in EACH:
        for key, entry in data.items():
            kind = Battery if "rows" in entry else EACH[file.name]
            yield from _fields(entry, kind, (key,), names)
            if kind is Battery:
                for row, own in entry["rows"].items():
                    yield from _fields(own, Item, (key, "rows", row), names)
        return
    kinds = {"studies": StudyFile, "index": Index, "waves": Wave, "figures": Figure, "papers": Paper}
    folder = {"study.yaml": "studies", "index.yaml": "index"}.get(file.name, file.parent.name)
    kind = load(FAMILIES[data["family"]].declaration) if folder == "models" else kinds[folder]
    yield from _fields(data, kind, (), names)


def _fields(
    data: dict[str, Any], kind: type[BaseModel], place: Place, names: Names
) -> Iterator[tuple[Place, list[Any]]]:
    known = dict(kind.model_fields)
    if kind is Figure and FIGURE_KINDS[data["kind"]].options:
        known |= FIGURE_KINDS[data["kind"]].options.model_fields
    taken = _taken(data, kind)
    for name, field in known.items():
        if taken is None or name in taken:
            annotation = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
            yield from _leaf(data.get(name, LEFT_OUT), annotation, (*place, name), names)


def _taken(data: dict[str, Any], kind: type[BaseModel]) -> frozenset[str] | None:
    """The keys that a model's family or a figure's kind takes; others are refused in any case."""
    if kind is Figure:
        return FIGURE_KINDS[data["kind"]].keys
    return FAMILIES[data["family"]].keys if "family" in kind.model_fields else None


def _leaf(value: Any, annotation: Any, place: Place, names: Names) -> Iterator[tuple[Place, list[Any]]]:
    plain = _plain(annotation)
    inner = _model(plain)
    if isinstance(value, dict):
        if inner is not None:
            yield from _fields(value, inner, place, names)
        else:
            yield place, [{key: held for key, held in value.items() if key != list(value)[-1]}, LEFT_OUT]
            member = (get_args(_mapping(plain)) or (str, str))[1]
            for key, held in value.items():
                yield from _leaf(held, member, (*place, key), names)
                if not isinstance(held, dict):
                    yield (*place, f"{key} (key)"), [("key", other) for other in ("5", "77", *names.beside(key))]
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for number, held in enumerate(value):
            yield from _leaf(held, _member(plain), (*place, number), names)
        yield place, [value[:-1]]
    else:
        others = _others(value, plain, names)
        yield place, [other for other in others if other != value or type(other) is not type(value)]


def _plain(annotation: Any) -> Any:
    """The annotation without what pydantic adds to it, and without ``None``."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, types.UnionType):
        own = [_plain(part) for part in get_args(annotation) if part is not type(None)]
        return own[0] if len(own) == 1 else Union[tuple(own)]  # noqa: UP007
    return annotation


def _parts(plain: Any) -> tuple[Any, ...]:
    return tuple(map(_plain, get_args(plain))) if get_origin(plain) is Union else (plain,)


def _model(plain: Any) -> type[BaseModel] | None:
    return next((part for part in _parts(plain) if isinstance(part, type) and issubclass(part, BaseModel)), None)


def _mapping(plain: Any) -> Any:
    return next((part for part in _parts(plain) if get_origin(part) is dict), dict[str, str])


def _member(plain: Any) -> Any:
    return next((get_args(part)[0] for part in _parts(plain) if get_origin(part) is tuple), str)


def _others(value: Any, plain: Any, names: Names) -> Iterator[Any]:
    """Other values of a leaf, near ones first; at last that it is left out."""
    if isinstance(value, list):
        yield from (value[:-1], value[1:], value[::-1])
        yield from ([*value[:-1], other] for other in _of_kind(_member(plain), value[-1] if value else None, names))
        yield from ([*value, other] for other in _of_kind(_member(plain), None, names))
    else:
        for part in _parts(plain):
            yield from _of_kind(part, value, names)
    yield LEFT_OUT


def _of_kind(plain: Any, value: Any, names: Names) -> Iterator[Any]:
    """Values of a kind, first those near the value that there is."""
    plain = _plain(plain)
    origin, members = get_origin(plain), get_args(plain)
    if origin is Union:
        yield from (other for part in members for other in _of_kind(part, value, names))
    elif origin is Literal:
        yield from members
    elif origin is tuple and len(members) == 2 and members[1] is not Ellipsis:
        yield from ([0, 12], [0, 1], [1, 3], [0.5, 2], [-1, 200])
    elif origin is tuple:
        yield from ([other] for other in _of_kind(members[0], None, names))
    elif origin is dict:
        held = next(iter(_of_kind(members[1], None, names)))
        yield from ({other: held} for other in _of_kind(members[0], None, names))
    elif issubclass(plain, BaseModel):
        yield from _declarations(plain, names)
    else:
        yield from _scalars(plain, value, names)


def _declarations(kind: type[BaseModel], names: Names) -> Iterator[dict[str, Any]]:
    """An empty declaration, and one with what it needs."""
    needed = {name: field.annotation for name, field in kind.model_fields.items() if field.is_required()}
    yield {}
    yield {name: next(iter(_of_kind(annotation, None, names))) for name, annotation in needed.items()}


def _scalars(kind: type, value: Any, names: Names) -> Iterator[Any]:
    if kind is bool:
        yield from (True, False)
    elif kind is dt.date:
        near = value if isinstance(value, dt.date) else dt.date(2020, 2, 2)
        yield from (near + dt.timedelta(days=1), near - dt.timedelta(days=1))
    elif kind in (int, float):
        near = value if isinstance(value, (int, float)) and not isinstance(value, bool) else 1
        yield from (near + 1, near - 1, *((near * 0.9, near + 5, 0.5, 2, 1, 100) if kind is float else (2,)))
    elif kind is str:
        yield from _texts(value, names)


def _texts(value: Any, names: Names) -> Iterator[Any]:
    beside = names.beside(value)
    if isinstance(value, str) and any(value in pool for pool in names.pools):
        yield from beside[:12]
    elif isinstance(value, str):
        yield from (f"{value} indeed", f"{value}b")
    yield from ("another", *beside, "latin-1", ";", "latest", "arm", "%Y-%m-%d", "a" * 64, "psu")


def replaced(data: Any, place: Place, other: Any) -> Any:
    """The data with another value at a place, or without it; ``("key", name)`` renames the key."""
    if not place:
        return other
    first, *rest = place
    if isinstance(data, list):
        return [replaced(held, tuple(rest), other) if number == first else held for number, held in enumerate(data)]
    if not rest and isinstance(other, tuple):
        old = str(first).removesuffix(" (key)")
        return {other[1] if key == old else key: held for key, held in data.items()}
    if not rest and other == LEFT_OUT and isinstance(other, str):
        return {key: held for key, held in data.items() if key != first}
    return {**data, first: replaced(data.get(first), tuple(rest), other)}
