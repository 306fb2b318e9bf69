"""The list of keys in data/studies/index_keys.md has every key of the declarations with its default, and no other."""

import re
import typing

import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from pipeline.paths import REPOSITORY
from pipeline.specs.area_sets import AreaSet
from pipeline.specs.index import Index
from pipeline.specs.programme import Programme

DECLARED = {"index.yaml": Index, "programme.yaml": Programme, "area_sets.yaml": AreaSet}
EVERYWHERE = {"assumed", "reason"}
ROW = re.compile(r"^\| `([^`]+)` \| (?:`([^`]*)`)? ?\| ?(.+) \|$", re.MULTILINE)
PAGE = (REPOSITORY / "data" / "studies" / "index_keys.md").read_text(encoding="utf-8")


def inside(kind: object) -> typing.Iterator[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for part in typing.get_args(kind):
        yield from inside(part)


def keys(
    model: type[BaseModel], given: BaseModel | None = None, before: str = ""
) -> typing.Iterator[tuple[str, object]]:
    """Every key with its default, as a path; groups of keys that are one mapping alone are no rows of their own."""
    for name, field in model.model_fields.items():
        if name in EVERYWHERE:
            continue
        default = getattr(given, name) if given is not None else field.get_default(call_default_factory=True)
        below = next(inside(field.annotation), None)
        many = "dict[" in str(field.annotation) or "tuple[" in str(field.annotation)
        if below is None or (many and field.is_required()):
            yield f"{before}{name}", default
        if below is not None:
            set_apart = default if isinstance(default, BaseModel) else None
            yield from keys(below, set_apart, f"{before}{name}.{'*.' if many else ''}")


def written(default: object) -> str:
    """A default as YAML has it; nothing where it is empty or there is none."""
    if default is PydanticUndefined or default in ((), {}, None, ""):
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple):
        return f"[{', '.join(f'{one:g}' if isinstance(one, float) else str(one) for one in default)}]"
    return str(default)


@pytest.mark.parametrize("file", DECLARED)
def test_every_key_is_listed_with_its_default(file: str) -> None:
    section = PAGE.split(f"\n## {file}\n", 1)[1].split("\n## ", 1)[0]
    listed = {key: default for key, default, _ in ROW.findall(section)}
    assert listed == {key: written(default) for key, default in keys(DECLARED[file])}
