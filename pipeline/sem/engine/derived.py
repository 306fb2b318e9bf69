"""Derived effects: functions of a model's parameters, written as expressions (lavaan's ``:=``)."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.options import known_options
from pipeline.sem.engine.bootstrap import Bootstrap
from pipeline.sem.engine.result import Result
from pipeline.specs.expressions import reference, tree

Value = Callable[[np.ndarray], np.ndarray]
"""From parameters (… × parameters) to the values of an expression (…)."""
Lookup = Callable[[str, tuple[str, ...]], int]
"""The number of the parameter that ``name`` or ``name[a, b]`` means. Raises ModelError for none."""

FUNCTIONS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "abs": np.abs,
}
OPERATIONS: Mapping[type[ast.operator], Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide, ast.Pow: np.power,
}  # fmt: skip


@dataclass(frozen=True)
class Expressions:
    """Named expressions, compiled: each with the parameters that it reads."""

    names: tuple[str, ...]
    values: tuple[Value, ...]
    reads: tuple[int, ...]

    def __call__(self, theta: np.ndarray) -> np.ndarray:
        """The values (… × expressions) at parameters (… × parameters)."""
        with np.errstate(all="ignore"):
            found = [np.broadcast_to(value(theta), theta.shape[:-1]) for value in self.values]
        return np.stack(found, axis=-1)


@known_options
def derived_effects(result: Result, expressions: Mapping[str, str]) -> pl.DataFrame:
    """One row per expression: estimate, standard error by the delta method, z, p and 95 % interval.

    Expressions are of labels, numbers, ``+ - * / **``, ``exp``, ``log``, ``sqrt``, ``abs`` and of the expressions
    before them: ``{"indirect": "a * b", "share": "indirect / (indirect + c)"}``. lavaan's ``:=``. Other intervals of
    them come from a ``bootstrap`` of the result (``expression_intervals``).

    Raises ModelError for an unknown label or function, and a value that is not finite.
    """
    made = labelled(result, expressions)
    return evaluated(result, made)


def evaluated(result: Result, made: Expressions) -> pl.DataFrame:
    """The rows of ``derived_effects`` of expressions that are compiled."""
    value = made(result.state.theta)
    bad = [name for name, one in zip(made.names, value, strict=True) if not np.isfinite(one)]
    if bad:
        raise ModelError("a derived effect is not finite", where=", ".join(bad), todo="Correct its expression.")
    return result.derived(made, made.names, made.reads)


def labelled(result: Result, expressions: Mapping[str, str]) -> Expressions:
    """The expressions over the labels of a model's free parameters."""
    at: dict[str, int] = {}
    for number, row in enumerate(result.state.model.free):
        if row.label:
            at.setdefault(row.label, number)

    def lookup(name: str, within: tuple[str, ...]) -> int:
        if within or name not in at:
            known = ", ".join(list(at)[:12]) or "none"
            raise ModelError("no free parameter has this label", where=name, todo=f"There are: {known}.")
        return at[name]

    return compiled(expressions, lookup)


def compiled(expressions: Mapping[str, str], lookup: Lookup) -> Expressions:
    """Expressions as functions. Raises ModelError for one that cannot be read."""
    values: dict[str, Value] = {}
    reads: set[int] = set()
    for name, text in expressions.items():
        try:
            values[name] = _value(tree(name, text), name, values, lookup, reads)
        except ValueError as problem:
            raise ModelError(str(problem), where=name) from None
    return Expressions(tuple(values), tuple(values.values()), tuple(sorted(reads)))


def _value(node: ast.expr, where: str, known: Mapping[str, Value], lookup: Lookup, reads: set[int]) -> Value:
    def inner(one: ast.expr) -> Value:
        return _value(one, where, known, lookup, reads)

    if isinstance(node, ast.Constant):
        number = float(node.value)  # type: ignore[arg-type]
        return lambda theta: np.full(theta.shape[:-1], number)
    if isinstance(node, ast.UnaryOp):
        operand, sign = inner(node.operand), -1.0 if isinstance(node.op, ast.USub) else 1.0
        return lambda theta: sign * operand(theta)
    if isinstance(node, ast.BinOp):
        left, right, operation = inner(node.left), inner(node.right), OPERATIONS[type(node.op)]
        return lambda theta: operation(left(theta), right(theta))
    if isinstance(node, ast.Call):
        function, argument = FUNCTIONS[node.func.id], inner(node.args[0])  # type: ignore[attr-defined]
        return lambda theta: function(argument(theta))
    name, within = reference(node, where)
    if not within and name in known:
        return known[name]
    place = lookup(name, within)
    reads.add(place)
    return lambda theta: theta[..., place]


@known_options
def expression_intervals(result: Result, made: Bootstrap, expressions: Mapping[str, str]) -> pl.DataFrame:
    """One row per expression: estimate, and the standard error and interval of the bootstrap ``made`` of the result."""
    one = labelled(result, expressions)
    return made.of(result, one, one.names)
