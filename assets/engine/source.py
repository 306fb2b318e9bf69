"""One module of the project, taken apart: its definitions without docstrings and comments, and the names each uses."""

from __future__ import annotations

import ast
import hashlib
import re
from dataclasses import dataclass, field

MODULE = re.compile(r"(pipeline|assets)(\.[a-z_]+)+(:\w+)?")
"""A text that names a module of the project, or something in it: it may be imported by that name."""
LOAD_ONLY = {"model_validator", "field_validator"}
"""Decorators of what runs when a declaration is read: its result, the declaration, is what a node reads."""


@dataclass(frozen=True)
class Definition:
    """A function, class or assignment of a module: the hash of its code, the dotted names it uses, its own imports."""

    digest: str
    names: tuple[str, ...]
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Module:
    """``definitions`` by name; ``imports``: local name → (module, attribute or ""); ``effects``: what else runs."""

    definitions: dict[str, Definition]
    imports: dict[str, tuple[str, str]]
    effects: Definition


OPAQUE = Definition("records", ())
"""A table of records: who looks one up says which (``Node.records``), and a further record changes nobody else."""


def take_apart(text: str) -> Module:
    """The definitions of a module's source."""
    definitions: dict[str, Definition] = {}
    imports: dict[str, tuple[str, str]] = {}
    effects: list[ast.stmt] = []
    for statement in _statements(ast.parse(text).body):
        names = _defines(statement)
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            imports |= _imported(statement)
        elif names:
            made = OPAQUE if _is_table_of_records(statement) else _definition([statement])
            definitions |= {name: _joined(definitions.get(name), made) for name in names}
        else:
            effects.append(statement)
    return Module(definitions, imports, _definition(effects))


def _joined(first: Definition | None, second: Definition) -> Definition:
    """A name that is bound more than once depends on every binding."""
    if first is None:
        return second
    both = tuple(dict.fromkeys((*first.names, *second.names)))
    return Definition(f"{first.digest}{second.digest}", both, {**first.imports, **second.imports})


def _statements(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements of a module without docstrings; the branches of ``if`` and ``try`` around imports are opened."""
    found: list[ast.stmt] = []
    for statement in body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue  # the module's docstring, or that of a constant
        if isinstance(statement, ast.If) and ast.unparse(statement.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            found += _statements(statement.body)
        else:
            found.append(statement)
    return found


def _defines(statement: ast.stmt) -> list[str]:
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [statement.name]
    if isinstance(statement, ast.Assign):
        return [name.id for target in statement.targets for name in ast.walk(target) if isinstance(name, ast.Name)]
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return [statement.target.id]
    return []


def _is_table_of_records(statement: ast.stmt) -> bool:
    value = getattr(statement, "value", None)
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "Records"


def _imported(statement: ast.Import | ast.ImportFrom) -> dict[str, tuple[str, str]]:
    if isinstance(statement, ast.ImportFrom):
        return {alias.asname or alias.name: (str(statement.module), alias.name) for alias in statement.names}
    return {
        alias.asname or alias.name.split(".")[0]: (alias.name if alias.asname else alias.name.split(".")[0], "")
        for alias in statement.names
    }


class _Stripper(ast.NodeTransformer):
    """Takes out docstrings and what only runs when a declaration is read."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST | None:
        if any(_called(decorator) in LOAD_ONLY for decorator in node.decorator_list):
            return None
        node.body = _without_docstring(node.body)
        return self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.body = [part for part in node.body if not _is_text(part)]
        self.generic_visit(node)
        node.body = node.body or [ast.Pass()]
        return node


def _called(decorator: ast.expr) -> str:
    inner = decorator.func if isinstance(decorator, ast.Call) else decorator
    return inner.id if isinstance(inner, ast.Name) else ""


def _is_text(part: ast.stmt) -> bool:
    return isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant) and isinstance(part.value.value, str)


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    return (body[1:] or [ast.Pass()]) if _is_text(body[0]) else body


def _definition(statements: list[ast.stmt]) -> Definition:
    stripped = [made for part in statements if (made := _Stripper().visit(part)) is not None]
    text = "\n".join(ast.dump(part) for part in stripped)
    names: dict[str, None] = {}
    imports: dict[str, tuple[str, str]] = {}
    for part in stripped:
        for node in ast.walk(part):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                imports |= _imported(node)
            elif isinstance(node, (ast.Name, ast.Attribute)) and (dotted := _dotted(node)):
                names[dotted] = None
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and MODULE.fullmatch(node.value):
                names[node.value] = None
    return Definition(hashlib.sha256(text.encode()).hexdigest()[:16], tuple(names), imports)


def _dotted(node: ast.expr) -> str:
    """``a.b.c`` of an attribute of a name; nothing for an attribute of something else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""
