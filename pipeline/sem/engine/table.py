"""The parameter table: which paths, variances and means a model has, which are free, equal or fixed.

Operators are the field's: ``=~`` (lhs is measured by rhs), ``~`` (lhs is regressed on rhs), ``~~`` (variance or
covariance), ``~1`` (mean or intercept; rhs empty) and, for ordered items, ``|`` (threshold ``t1``, ``t2``, …) and
``~*~`` (scale).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from pipeline.errors import ModelError
from pipeline.options import known_options

OPERATORS = ("=~", "~", "~~", "~1", "|", "~*~")
Linear = tuple[dict[str, float], float]
"""A linear constraint: Σ coefficient · parameter = constant, parameters by label."""


@dataclass(frozen=True)
class Parameter:
    """One row of a parameter table.

    ``value`` is the fixed value of a parameter that is not free, and the start value of one that is (``None`` leaves
    it to the engine). Parameters with the same label are equal, across groups too. ``group`` counts from 1; 0 stands
    for every group.
    """

    lhs: str
    op: str
    rhs: str = ""
    group: int = 0
    free: bool = True
    value: float | None = None
    label: str = ""
    exogenous: bool = False  # a moment of a covariate: fixed at its sample value, no parameter of the model

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What the row is about, in which group."""
        return self.lhs, self.op, self.rhs, self.group

    def __str__(self) -> str:
        name = f"{self.lhs} ~1" if self.op == "~1" else f"{self.lhs} {self.op} {self.rhs}"
        return f"{name} (group {self.group})" if self.group > 1 else name


@dataclass(frozen=True)
class ParameterTable:
    """Parameters and the linear constraints among their labels."""

    parameters: tuple[Parameter, ...]
    constraints: tuple[Linear, ...] = field(default=())

    def __post_init__(self) -> None:
        seen: set[tuple[str, str, str, int]] = set()
        for row in self.parameters:
            if row.op not in OPERATORS:
                raise ModelError(f"unknown operator {row.op!r}", where=str(row), todo=f"Use one of {OPERATORS}.")
            ends = tuple(sorted((row.lhs, row.rhs))) if row.op == "~~" else (row.lhs, row.rhs)
            key = (ends[0], row.op, ends[1], row.group)
            if key in seen:
                raise ModelError("the parameter is named twice", where=str(row), todo="Keep one row.")
            if not row.free and row.value is None and not row.exogenous:
                raise ModelError("a fixed parameter has no value", where=str(row), todo="Give one, or free it.")
            seen.add(key)

    @property
    def latents(self) -> list[str]:
        """Latent variables, in order of first appearance."""
        return list(dict.fromkeys(row.lhs for row in self.parameters if row.op == "=~"))

    @property
    def observed(self) -> list[str]:
        """Observed variables, in order of first appearance."""
        latent = set(self.latents)
        names = (name for row in self.parameters if row.op != "|" for name in (row.lhs, row.rhs) if name)
        thresholds = (row.lhs for row in self.parameters if row.op == "|")
        return [name for name in dict.fromkeys([*names, *thresholds]) if name not in latent]

    def over_groups(self, groups: int) -> ParameterTable:
        """Rows of group 0 are written out for each group; a label then holds them equal across groups."""
        rows: list[Parameter] = []
        for group in range(1, groups + 1):
            rows += [replace(row, group=group) for row in self.parameters if row.group in (0, group)]
        return ParameterTable(tuple(rows), self.constraints)

    @property
    def covariates(self) -> list[str]:
        """Observed variables whose moments the table marks as those of covariates (lavaan's ``exo``)."""
        marked = (row.lhs for row in self.parameters if row.exogenous and row.op in ("~1", "~~"))
        return list(dict.fromkeys(marked))

    def without_covariate_moments(self, covariates: Sequence[str]) -> ParameterTable:
        """The table without means, variances and covariances among these: they are the sample's, or free by rule."""
        names = set(covariates)
        kept = [
            row
            for row in self.parameters
            if not (row.lhs in names and (row.op == "~1" or (row.op == "~~" and row.rhs in names)))
        ]
        return ParameterTable(tuple(kept), self.constraints)

    def with_intercepts(self) -> ParameterTable:
        """Observed variables without a ``~1`` row get a free intercept (lavaan's ``int.ov.free``)."""
        have = {row.lhs for row in self.parameters if row.op == "~1"}
        added = tuple(Parameter(name, "~1") for name in self.observed if name not in have)
        return ParameterTable((*self.parameters, *added), self.constraints)


@known_options
def parameter_table(
    rows: ParameterTable | pl.DataFrame | Iterable[Parameter | Mapping[str, object]],
    constraints: Sequence[str | Linear] = (),
) -> ParameterTable:
    """A checked table from a frame, mappings or parameters; ``constraints`` like ``"a == b"`` or ``"a == 2*b + 1"``.

    A frame has the columns lhs, op, rhs and optionally group, free, value (or lavaan's ``ustart``) and label; without
    ``free``, a row with a value is fixed and one without is free. Rows with op ``==`` are constraints among labels.
    lavaan's own ``parTable`` is read as it is; its ``exo`` marks the moments of covariates.

    Raises ModelError for an unknown operator, a repeated parameter, or a constraint that is not linear.
    """
    if isinstance(rows, ParameterTable):
        extra = tuple(linear(rule) if isinstance(rule, str) else rule for rule in constraints)
        return ParameterTable(rows.parameters, (*rows.constraints, *extra))
    listed = _listed(rows)
    parameters: list[Parameter] = []
    rules = [linear(rule) if isinstance(rule, str) else rule for rule in constraints]
    aliases = _plabels(listed)
    for row in listed:
        if isinstance(row, Parameter):
            parameters.append(row)
        elif row.get("op") == "==":
            text = f"{row['lhs']} == {row['rhs']}"
            for plabel in sorted(aliases, key=len, reverse=True):
                text = text.replace(plabel, aliases[plabel])
            rules.append(linear(text))
        else:
            parameters.append(_parameter(row, aliases))
    return ParameterTable(tuple(parameters), tuple(rule for rule in rules if any(rule[0].values())))


def _listed(rows: object) -> list[Any]:
    """Rows as parameters and mappings that name their ends. Raises ModelError for anything else."""
    if isinstance(rows, pl.LazyFrame):
        rows = rows.collect()
    listed = rows.to_dicts() if isinstance(rows, pl.DataFrame) else list(rows) if isinstance(rows, Iterable) else []
    for row in listed:
        if not isinstance(row, Parameter) and not (isinstance(row, Mapping) and {"lhs", "op"} <= set(row)):
            raise ModelError(
                "a parameter table has rows with lhs, op and rhs", todo="Give a frame, mappings or Parameter rows."
            )
    if not listed:
        raise ModelError("the parameter table is empty", todo="Give a frame, mappings or Parameter rows.")
    return listed


def _plabels(rows: list[Any]) -> dict[str, str]:
    """lavaan names parameters ``.p7.`` where they have no label; those names become labels a parser can read."""
    named = [row for row in rows if isinstance(row, Mapping) and row.get("plabel")]
    return {str(row["plabel"]): _readable(str(row.get("label") or row["plabel"])) for row in named}


def _readable(label: str) -> str:
    return "p_" + label.strip(".") if label.startswith(".") else label


def _parameter(row: Mapping[str, Any], aliases: Mapping[str, str]) -> Parameter:
    given = row.get("value", row.get("ustart"))
    try:
        value = None if given is None or given != given else float(given)
    except (TypeError, ValueError) as problem:
        raise ModelError(
            "a value is not a number", where=f"{row['lhs']} {row['op']} {row.get('rhs') or ''}"
        ) from problem
    free = bool(row["free"]) if row.get("free") is not None else value is None
    exogenous = bool(row.get("exo"))
    label = _readable(str(row.get("label") or aliases.get(str(row.get("plabel") or ""), "")))
    op, rhs = str(row["op"]), str(row.get("rhs") or "")
    rhs, group = "" if op == "~1" else rhs, int(row.get("group") or 0)
    return Parameter(str(row["lhs"]), op, rhs, group, free and not exogenous, value, label, exogenous)


def linear(text: str) -> Linear:
    """``"a == 2*b + 0.5"`` → ({"a": 1, "b": -2}, 0.5). Raises ModelError if the expression is not linear."""
    left, separator, right = text.partition("==")
    if not separator:
        raise ModelError("a constraint needs ==", where=text, todo="Write it like a == b.")
    try:
        (first, one), (second, two) = (_expression(ast.parse(part.strip(), mode="eval").body) for part in (left, right))
    except (SyntaxError, ValueError) as problem:
        raise ModelError("the constraint is not linear in its parameters", where=text) from problem
    names = dict.fromkeys([*first, *second])
    return {name: first.get(name, 0.0) - second.get(name, 0.0) for name in names}, two - one


def _expression(node: ast.expr) -> tuple[dict[str, float], float]:
    if isinstance(node, ast.Name):
        return {node.id: 1.0}, 0.0
    if isinstance(node, ast.Constant):
        return {}, float(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return _scaled(_expression(node.operand), -1.0)
    if isinstance(node, ast.BinOp):
        return _combined(_expression(node.left), node.op, _expression(node.right))
    raise ValueError("not linear")


def _combined(left: Linear, operator: ast.operator, right: Linear) -> Linear:
    if isinstance(operator, ast.Sub):
        right = _scaled(right, -1.0)
    if isinstance(operator, ast.Add | ast.Sub):
        names = dict.fromkeys([*left[0], *right[0]])
        return {name: left[0].get(name, 0.0) + right[0].get(name, 0.0) for name in names}, left[1] + right[1]
    if isinstance(operator, ast.Mult) and not left[0]:
        return _scaled(right, left[1])
    if isinstance(operator, ast.Mult) and not right[0]:
        return _scaled(left, right[1])
    if isinstance(operator, ast.Div) and not right[0]:
        return _scaled(left, 1.0 / right[1])
    raise ValueError("not linear")


def _scaled(expression: Linear, factor: float) -> Linear:
    return {name: factor * value for name, value in expression[0].items()}, factor * expression[1]
