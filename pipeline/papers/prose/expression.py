"""The expressions of bindings: calls of named functions, and bars that hand their results to filters.

``est("model", "term").conf_low | dp(2)``. The grammar is Python's, of which only names, calls, attributes, constants
and bars are evaluated: an expression reaches nothing that it is not given.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipeline.errors import PaperError
from pipeline.papers.prose.quantity import Quantity
from pipeline.papers.results import nearest

PARTS = frozenset({"conf_low", "conf_high", "std_error", "p_value", "statistic", "df", "n_obs", "n_persons"})
"""What may follow the dot of a result."""

Function = Callable[..., object]


@dataclass(frozen=True)
class Language:
    """What expressions may name: ``functions`` to call, and ``filters`` that may follow a bar."""

    functions: Mapping[str, Function]
    filters: Mapping[str, Function]

    def value(self, expression: str) -> object:
        """The value of an expression. Raises ``PaperError`` in plain words for whatever is wrong with it."""
        shown = f"`{{{{ {expression} }}}}`"
        try:
            tree = ast.parse(f"({expression})", mode="eval").body
        except (SyntaxError, ValueError):
            raise PaperError(f"{shown} cannot be read", todo="Check quotes, brackets and bars.") from None
        try:
            return _Evaluation(self, shown).value(tree)
        except (TypeError, AttributeError, ValueError, OverflowError):
            raise PaperError(
                f"{shown} cannot be evaluated",
                todo="Check the names and order of its arguments, and that a printing filter comes last.",
            ) from None


@dataclass(frozen=True)
class _Evaluation:
    language: Language
    shown: str

    def value(self, node: ast.expr) -> object:
        match node:
            case ast.Constant(value=str() | int() | float() | None as constant):
                return constant
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
                return -number
            case ast.Name(id=name):
                return self.function(name)
            case ast.Attribute(value=held, attr=name):
                return self.part(held, name)
            case ast.BinOp(op=ast.BitOr(), left=left, right=right):
                return self.filtered(left, right)
            case ast.Call(func=ast.Name(id=name)):
                return self.called(self.function(name), node)
        raise PaperError(f"{self.shown} is not a result, a fact or words that a paper can print")

    def called(self, function: Function, call: ast.Call, *first: object) -> object:
        given = [self.value(argument) for argument in call.args]
        named = {str(keyword.arg): self.value(keyword.value) for keyword in call.keywords}
        return function(*first, *given, **named)

    def filtered(self, left: ast.expr, right: ast.expr) -> object:
        match right:
            case ast.Name(id=name):
                return self.filter(name)(self.value(left))
            case ast.Call(func=ast.Name(id=name)):
                return self.called(self.filter(name), right, self.value(left))
        raise PaperError(f"{self.shown} cannot be read", todo="After a bar stands a filter, such as `dp(2)`.")

    def part(self, held: ast.expr, name: str) -> object:
        value = self.value(held)
        if name not in PARTS or not isinstance(value, Quantity):
            raise PaperError(f"{self.shown} asks for something that a result does not have{nearest(name, PARTS)}")
        part: Quantity | None = getattr(value, name)
        return part

    def function(self, name: str) -> Function:
        if name not in self.language.functions:
            raise PaperError(f"`{name}` is not known here{nearest(name, self.language.functions)}")
        return self.language.functions[name]

    def filter(self, name: str) -> Function:
        if name not in self.language.filters:
            raise PaperError(f"`{name}` is not a filter{nearest(name, self.language.filters)}")
        return self.language.filters[name]
