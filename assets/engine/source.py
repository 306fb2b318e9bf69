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


class _Reader:
    """Walks statements once: writes their code without docstrings and positions, and notes the names that it uses.

    What only runs when a declaration is read is left out, since a node reads the declaration that came of it.
    """

    def __init__(self) -> None:
        self.text: list[str] = []
        self.names: dict[str, None] = {}
        self.imports: dict[str, tuple[str, str]] = {}

    def read(self, node: object) -> None:
        """A node of the syntax tree, a list of them, or a plain value."""
        if isinstance(node, ast.AST):
            self._read_node(node)
        elif isinstance(node, list):
            self.text.append("[")
            for each in node:
                self.read(each)
            self.text.append("]")
        else:
            self.text.append(repr(node))

    def _read_node(self, node: ast.AST) -> None:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            if any(_called(decorator) in LOAD_ONLY for decorator in node.decorator_list):
                return
            node.body = _without_texts(node)
        self._note(node)
        self.text.append(type(node).__name__)
        for name in node._fields:
            value = getattr(node, name, None)
            if value is not None and value != []:
                self.text.append(name)
                self.read(value)
        self.text.append(";")

    def _note(self, node: ast.AST) -> None:
        """The names and imports of one node of the tree."""
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            self.imports |= _imported(node)
        elif isinstance(node, (ast.Name, ast.Attribute)):
            if dotted := _dotted(node):
                self.names[dotted] = None
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and MODULE.fullmatch(node.value):
            self.names[node.value] = None


def _called(decorator: ast.expr) -> str:
    inner = decorator.func if isinstance(decorator, ast.Call) else decorator
    return inner.id if isinstance(inner, ast.Name) else ""


def _is_text(part: ast.stmt) -> bool:
    return isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant) and isinstance(part.value.value, str)


def _without_texts(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> list[ast.stmt]:
    """The body without its docstring; in a class without those of its members, too."""
    if isinstance(node, ast.ClassDef):
        return [part for part in node.body if not _is_text(part)] or [ast.Pass()]
    return (node.body[1:] or [ast.Pass()]) if _is_text(node.body[0]) else node.body


def _definition(statements: list[ast.stmt]) -> Definition:
    reader = _Reader()
    reader.read(statements)
    text = "\x00".join(reader.text)
    return Definition(
        hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16], tuple(reader.names), reader.imports
    )


def _dotted(node: ast.expr) -> str:
    """``a.b.c`` of an attribute of a name; nothing for an attribute of something else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""
