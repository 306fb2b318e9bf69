"""The part of a declaration that a node may see: the fields it names, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel

D = TypeVar("D")
Tree = Mapping[str, "Tree"]
"""Field → what is seen of it; an empty mapping sees all.

``*`` stands for every member of a mapping or a list, ``#`` for the keys of a mapping without what they stand for.
"""
KEYS = "#"


class Hidden:
    """What stands in place of a part that a node did not say it reads. Any use of it is a mistake in the node."""

    def __init__(self, name: str) -> None:
        self._name = name

    def _refuse(self, *_: object) -> NoReturn:
        raise AttributeError(f"`{self._name}` is not among what this step says it reads: add it to its view")

    __iter__ = __len__ = __bool__ = __getitem__ = __contains__ = __str__ = __call__ = _refuse

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._refuse()

    def __reduce__(self) -> tuple[type[Hidden], tuple[str]]:
        return Hidden, (self._name,)


HIDDEN = Hidden("what the keys of this mapping stand for")


@lru_cache(maxsize=256)
def tree_of(paths: tuple[str, ...]) -> Tree:
    """``("about.title", "items.*.codes")`` as a tree. A path that ends early sees all below it."""
    tree: dict[str, Any] = {}
    for path in sorted(paths, key=len):
        branch, whole = tree, False
        for part in path.split("."):
            whole = part in branch and not branch[part]
            if whole:
                break
            branch = branch.setdefault(part, {})
        if not whole:
            branch.clear()
    return tree


def view(declared: D, paths: Iterable[str]) -> D:
    """``declared`` with those parts alone; the others raise ``AttributeError`` when they are touched.

    Raises ``AttributeError`` for a path that the declaration does not have.
    """
    return _seen(declared, tree_of(tuple(dict.fromkeys(paths))))  # type: ignore[no-any-return]


def _seen(value: Any, tree: Tree) -> Any:
    if not tree:
        return value
    if isinstance(value, BaseModel):
        return _model(value, tree)
    if is_dataclass(value) and not isinstance(value, type):
        return _record(value, tree)
    if isinstance(value, Mapping):
        if KEYS in tree:
            return dict.fromkeys(value, HIDDEN)
        return {key: _seen(held, tree.get(key, tree.get("*", {}))) for key, held in value.items() if _has(tree, key)}
    if isinstance(value, tuple):
        return tuple(_seen(held, tree["*"]) for held in value)
    return value


def _has(tree: Tree, key: str) -> bool:
    return "*" in tree or key in tree


def _model(value: BaseModel, tree: Tree) -> BaseModel:
    kind = type(value)
    unknown = set(tree) - set(kind.model_fields)
    if unknown:
        raise AttributeError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
    made = kind.__new__(kind)
    held = {name: _seen(value.__dict__[name], part) for name, part in tree.items()}
    object.__setattr__(made, "__dict__", held)
    object.__setattr__(made, "__pydantic_fields_set__", value.__pydantic_fields_set__ & set(held))
    object.__setattr__(made, "__pydantic_extra__", None)
    object.__setattr__(made, "__pydantic_private__", None)
    return made


def _record(value: Any, tree: Tree) -> Any:
    names = [name.name for name in fields(value)]
    unknown = set(tree) - set(names)
    if unknown:
        raise AttributeError(f"{type(value).__name__} has no {', '.join(sorted(unknown))}")
    made = object.__new__(type(value))
    for name in names:
        held = _seen(getattr(value, name), tree[name]) if name in tree else Hidden(f"{type(value).__name__}.{name}")
        object.__setattr__(made, name, held)
    return made
