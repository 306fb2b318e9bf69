"""What a declaration asks of a fitted model in addition: bootstrap intervals, derived effects, score tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from pipeline.errors import ModelError
from pipeline.sem.declared.material import Material
from pipeline.sem.declared.rows import Rows
from pipeline.sem.engine.bootstrap import Bootstrap, bootstrap
from pipeline.sem.engine.derived import compiled, evaluated
from pipeline.sem.engine.model_bootstrap import bollen_stine
from pipeline.sem.engine.result import Result
from pipeline.sem.engine.score import release_tests, total_release_test

Called = tuple[str, str, str, str | None]
"""Component, outcome, term, wave: what a parameter is called in the table."""
Names = dict[tuple[str, str, str], Called]
"""Parameter (lhs, op, rhs) → what it is called."""


@dataclass(frozen=True)
class Fitted:
    """A fitted model with the draws of its bootstrap, where one is declared."""

    result: Result
    draws: Bootstrap | None

    @property
    def errors(self) -> str:
        """How standard errors were made, in words."""
        if self.draws is None:
            return self.result.covariance_name
        count, failed = len(self.draws.draws), self.draws.failed
        lost = f", {failed:,} without a solution" if failed else ""
        kind = "BCa" if self.draws.interval == "bca" else "percentile"
        return f"bootstrap of {count:,} draws of persons{lost}; {kind} intervals"

    def parameters(self) -> Iterator[dict[str, object]]:
        """The estimates, with standard errors and intervals of the bootstrap where there is one."""
        rows = self.result.estimates.to_dicts()
        if self.draws is None:
            yield from rows
            return
        drawn = {(row["lhs"], row["op"], row["rhs"], row["group"]): row for row in self.draws.table.to_dicts()}
        for row in rows:
            found = drawn.get((row["lhs"], row["op"], row["rhs"], row["group"]))
            yield row if found is None else row | with_interval(row["estimate"], found)


def with_interval(estimate: float, drawn: Mapping[str, float]) -> dict[str, object]:
    """Standard error, z, p and interval of a bootstrap, as ``Rows.parameter`` reads them."""
    from scipy.special import ndtr

    error = drawn["std_error"]
    z = estimate / error if error > 0 else None
    return {
        "std_error": error, "z": z, "p": None if z is None else float(2 * ndtr(-abs(z))),
        "interval": (drawn["conf_low"], drawn["conf_high"]),
    }  # fmt: skip


def add_parameters(rows: Rows, made: Fitted, names: Names) -> None:
    """The parameters that have a name; those that are equal over time have one row for all waves."""
    note = "; ".join(made.result.notes) or None
    added: set[tuple[object, ...]] = set()
    for row in made.parameters():
        called = names.get((str(row["lhs"]), str(row["op"]), str(row["rhs"])))
        if called is None or (*called, row["group"]) in added:
            continue
        added.add((*called, row["group"]))
        component, outcome, term, wave = called
        rows.parameter(outcome, component, term, row, wave=wave, group=row["group"], note=note)


KEPT: ContextVar[list[Result] | None] = ContextVar("kept", default=None)


@contextmanager
def keeping() -> Iterator[list[Result]]:
    """The models that are fitted meanwhile, in order: what tests over imputations need beyond their tables."""
    results: list[Result] = []
    token = KEPT.set(results)
    try:
        yield results
    finally:
        KEPT.reset(token)


def fitted(material: Material, result: Result) -> Fitted:
    """The result with its bootstrap, if the declaration asks for one and the result is not withheld.

    Raises ModelError as ``bootstrap``.
    """
    kept = KEPT.get()
    if kept is not None:
        kept.append(result)
    asked = material.spec.bootstrap
    if asked is None or result.problems:
        return Fitted(result, None)
    made = bootstrap(result, asked.draws, asked.seed, material.spec.confidence, asked.interval)
    return Fitted(result, made)


def add_further(rows: Rows, material: Material, made: Fitted, names: Names, waves: Mapping[str, str]) -> None:
    """Derived effects, the bootstrap of the fit, score tests.

    ``waves``: the left side of a parameter → its wave, where names have none.
    """
    if material.spec.derived:
        _derived(rows, material, made, names)
    if material.spec.bollen_stine is not None:
        _exact_fit(rows, made.result, material.spec.bollen_stine.draws, material.spec.bollen_stine.seed)
    if material.spec.score_tests:
        _score_tests(rows, made.result, names, waves)


def _derived(rows: Rows, material: Material, made: Fitted, names: Names) -> None:
    result, expressions = made.result, material.spec.derived
    places: dict[tuple[str, tuple[str, ...]], int] = {}
    for number, row in enumerate(result.state.model.free):
        called = names.get((row.lhs, row.op, row.rhs)) or names.get((row.rhs, row.op, row.lhs))
        if called is None:
            continue
        component, outcome, term, wave = called
        spoken = term.replace(" ", "_")
        places.setdefault((component, (outcome, spoken) if wave is None else (outcome, spoken, wave)), number)

    def lookup(name: str, within: tuple[str, ...]) -> int:
        if (name, within) not in places:
            known = [f"{one}[{', '.join(parts)}]" for one, parts in places if one == name]
            raise ModelError(
                "no free parameter of this name", where=f"derived {name}[{', '.join(within)}]",
                todo=f"There are: {', '.join(known[:8]) or ', '.join(sorted({one for one, _ in places}))}.",
            )  # fmt: skip
        return places[name, within]

    compiled_ones = compiled(expressions, lookup)
    found = evaluated(result, compiled_ones).to_dicts()
    if made.draws is not None:
        drawn = made.draws.of(result, compiled_ones, compiled_ones.names).to_dicts()
        found = [row | with_interval(row["estimate"], one) for row, one in zip(found, drawn, strict=True)]
    for effect in found:
        rows.parameter("model", "derived", effect["name"], effect, note=expressions[effect["name"]])


def _exact_fit(rows: Rows, result: Result, draws: int, seed: int) -> None:
    found = bollen_stine(result, draws, seed)
    lost = f", {found.failed:,} without a solution" if found.failed else ""
    rows.add(
        "model", "test", "bollen_stine", None, statistic=found.statistic, df=float(found.df), p_value=found.p,
        note=f"exact fit: Bollen–Stine bootstrap, {draws:,} draws of persons{lost}",
    )  # fmt: skip


def _score_tests(rows: Rows, result: Result, names: Names, waves: Mapping[str, str]) -> None:
    tests = release_tests(result)
    if tests.is_empty():
        raise ModelError(
            "nothing is held equal, so that there is nothing to release", where="score_tests",
            todo="Hold `lags`, `residuals` or `means` equal, or leave it out.",
        )  # fmt: skip
    for row in tests.iter_rows(named=True):
        called = names.get((row["lhs"], row["op"], row["rhs"])) or names.get((row["rhs"], row["op"], row["lhs"]))
        if called is None:
            continue
        component, outcome, term, wave = called
        rows.add(
            outcome, "score_test", f"{component} {term}", row["expected_change"], statistic=row["chisq"],
            df=float(row["df"]), p_value=row["p"], wave=wave or waves.get(row["lhs"]), group=row["group"],
            note="change expected if this wave’s parameter is released",
        )  # fmt: skip
    total = total_release_test(result)
    rows.add(
        "model", "test", "equalities", None, statistic=total["chisq"], df=float(total["df"]), p_value=total["p"],
        note="score test of all equalities at once",
    )  # fmt: skip
