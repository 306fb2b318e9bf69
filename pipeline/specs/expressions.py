"""Expressions of a model's parameters, as declarations and functions write them: read, and what they refer to.

Numbers, ``+ - * / **``, ``exp``, ``log``, ``sqrt``, ``abs``, parameters (``name`` or ``name[a, b]``), and the names of
the expressions before.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

FUNCTIONS = ("exp", "log", "sqrt", "abs")
OPERATIONS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow)
Reference = tuple[str, tuple[str, ...]]
"""A name, and what stands in brackets after it."""
READABLE = "write it like `a * b` or `lag[trust, contact] - lag[contact, trust]`"


def tree(name: str, text: str) -> ast.expr:
    """The expression ``name``. Raises ValueError for one that cannot be read, or has what none may have."""
    try:
        found = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        raise ValueError(f"`{name}` is an expression that cannot be read: {READABLE}") from None
    for _ in _references(found, name):
        pass
    return found


def references(expressions: Mapping[str, str]) -> Iterator[Reference]:
    """What the expressions refer to, other than the expressions before them. Raises ValueError as ``tree``."""
    before: set[str] = set()
    for name, text in expressions.items():
        yield from (one for one in _references(tree(name, text), name) if one[1] or one[0] not in before)
        before.add(name)


def _references(node: ast.expr, where: str) -> Iterator[Reference]:
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
        return
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        yield from _references(node.operand, where)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, OPERATIONS):
        yield from _references(node.left, where)
        yield from _references(node.right, where)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1 and not node.keywords:
        if node.func.id not in FUNCTIONS:
            raise ValueError(f"`{where}` has no function `{node.func.id}`; there are: {', '.join(FUNCTIONS)}")
        yield from _references(node.args[0], where)
    else:
        yield reference(node, where)


def reference(node: ast.expr, where: str) -> Reference:
    """``name`` or ``name[a, b]``. Raises ValueError for anything else."""
    if isinstance(node, ast.Name):
        return node.id, ()
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        names = [part.id for part in parts if isinstance(part, ast.Name)]
        if len(names) == len(parts):
            return node.value.id, tuple(names)
    raise ValueError(f"`{where}` is an expression that cannot be read: {READABLE}")
