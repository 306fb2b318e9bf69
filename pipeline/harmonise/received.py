"""Whether wave tables are as declared, before anything is made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from pipeline.errors import CohesionError, DepositError
from pipeline.harmonise.crosswalk import Rule
from pipeline.harmonise.head import head_problems
from pipeline.specs.arm_parts import arm_files, further_head
from pipeline.specs.nearest import nearest
from pipeline.specs.project import Study
from pipeline.tables import HEAD

ByArm = Mapping[str, Sequence[Rule]]


def check_received(study: Study, waves: Mapping[str, pl.DataFrame], rules: Mapping[str, ByArm]) -> None:
    """Raise ``DepositError`` for persons twice in a wave, absent variables, weights and dates that are none."""
    _check_names([*further_head(study), *study.items])
    for wave, deposited in waves.items():
        check_persons(deposited, f"{study.key} {wave}")
        _check_arms(study, wave, deposited)
    absent = [line for wave, deposited in waves.items() for line in _absent(study, wave, deposited, rules[wave])]
    if absent:
        raise DepositError(
            "; ".join(absent),
            todo="Give the name it has under `variables` of the wave, or list the item under `not_asked`.",
        )
    unusable = [
        line
        for wave, deposited in waves.items()
        for file in arm_files(study, wave)
        for line in head_problems(study, wave, file, deposited)
    ]
    if unusable:
        raise DepositError(
            "; ".join(unusable),
            todo="Correct `columns` in the wave's declaration, declare the missing codes, or ask for the file again.",
        )


def _check_names(items: Sequence[str]) -> None:
    """The columns of the answers table are the head, the items and their reasons: no name may come twice."""
    columns = [*HEAD, *items, *(f"{item}_reason" for item in items)]
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise CohesionError(
            f"the answers table has a column of its own called {', '.join(twice)}",
            where="items.yaml",
            todo="Give these items another name.",
        )


def _check_arms(study: Study, wave: str, deposited: pl.DataFrame) -> None:
    """Every row belongs to an arm that has a file: otherwise no rule would read its codes."""
    arms = [file.arm for file in arm_files(study, wave)]
    stray = ~pl.col("arm").is_in(arms)
    count = deposited.select((stray | pl.col("arm").is_null()).sum()).item()
    if count:
        raise DepositError(
            "rows of an arm that has no file in this wave",
            where=f"{study.key} {wave}",
            count=count,
            todo="Declare the arm's file under `files` of the wave.",
        )


def check_persons(deposited: pl.DataFrame, where: str) -> None:
    """Raise ``DepositError`` if a person has more than one row, in whatever arms."""
    twice = int((deposited["person_id"].value_counts()["count"] > 1).sum())
    if twice:
        raise DepositError(
            "ids that come more than once, counted over all arms",
            where=where,
            count=twice,
            todo="Keep one row for each person and wave, or set the others aside.",
        )


def _absent(study: Study, wave: str, deposited: pl.DataFrame, by_arm: ByArm) -> Iterator[str]:
    """One line per item whose variable the wave table lacks."""
    files = {file.arm: file.file for file in arm_files(study, wave)}
    for arm, arm_rules in by_arm.items():
        for rule in arm_rules:
            if rule.variable is not None and rule.variable not in deposited.columns:
                hint = nearest(rule.variable, deposited.columns)
                yield f"{files[arm]} has no variable `{rule.variable}` for the item `{rule.item}`{hint}"
