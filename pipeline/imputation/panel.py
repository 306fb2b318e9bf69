"""From a panel to a set of imputed cells, and from the cells back to completed panels.

Only what is filled in is kept: one row per imputation and cell. Every model completes the panel from the same cells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from pipeline.errors import CohesionError
from pipeline.imputation.chained import Imputations, impute
from pipeline.imputation.plan import Passive, Plan, Rule
from pipeline.imputation.wide import AT, widen

CARRIED = 0
"""The imputation that holds for all: lasting facts carried to waves that a person missed."""

CELLS = {
    "imputation": pl.Int64,
    "person_id": pl.String,
    "wave": pl.String,
    "concept": pl.String,
    "value": pl.Float64,
}
HEAD = ("study", "arm", "stratum", "psu", "area_code", "household_id", "design_weight")
"""What a wave that a person missed takes from the first wave that they answered."""


@dataclass(frozen=True)
class PanelRules:
    """What is imputed. Predictors of a rule are names of measures (in every wave) and of lasting facts."""

    measures: Mapping[str, Rule]
    lasting: Mapping[str, Rule] = field(default_factory=dict)
    passive: Mapping[str, Passive] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """Measures to lay side by side: those imputed, and the items of passive scales."""
        return list(self.measures)


@dataclass(frozen=True)
class ImputedPanel:
    """``cells``: one row per imputation and cell. ``trace``: one row per arm, imputation, iteration and column."""

    cells: pl.DataFrame
    trace: pl.DataFrame


def impute_panel(
    panel: pl.DataFrame,
    rules: PanelRules,
    gaps: pl.DataFrame,
    *,
    imputations: int = 20,
    iterations: int = 10,
    seed: int,
) -> ImputedPanel:
    """The imputed cells of a panel (one row per person and wave), one arm after the other, each on its own calendar.

    ``gaps`` has one row per person and wave in which there may be a gap to fill, in the order of waves: ``person_id,
    arm, wave`` and one boolean column per measure, true where an answer could have been given. Whatever else is
    missing (not asked, before a person joined) helps the chain and stays missing. Raises CohesionError if an arm has
    nobody, or the rules do not fit its data.
    """
    cells, traces = [], []
    for place, arm in enumerate(gaps["arm"].unique(maintain_order=True)):
        own = gaps.filter(pl.col("arm") == arm)
        people = own.select("person_id").unique(maintain_order=True)
        waves = own["wave"].unique().sort().to_list()
        known = panel.filter(pl.col("arm") == arm).join(people, on="person_id", how="semi")
        wide = _text(widen(known, rules.columns, waves, constant=list(rules.lasting)), rules)
        if not wide.height:
            raise CohesionError("nobody to impute", where=f"arm {arm}")
        plan = wide_plan(wide, rules, waves)
        fillable = _fillable(own, wide, plan)
        done = impute(
            wide,
            plan,
            imputations=imputations,
            iterations=iterations,
            seed=seed + place,
            keep_missing={name: ~can for name, can in fillable.items()},
        )
        cells += [_measured(done, known, fillable, rules), _lasting(done, known, own, rules)]
        traces.append(done.trace.insert_column(0, pl.Series("arm", [arm] * done.trace.height)))
    return ImputedPanel(pl.concat(cells), pl.concat(traces))


def wide_plan(wide: pl.DataFrame, rules: PanelRules, waves: Sequence[str]) -> Plan:
    """The rules of a panel as rules of its wide columns: each measure once for every wave that asked it."""

    def places(name: str) -> list[str]:
        return [name] if name in rules.lasting else [_at(name, wave) for wave in waves if _at(name, wave) in wide]

    def predictors(name: str, column: str, rule: Rule) -> tuple[str, ...] | None:
        if rule.predictors is None:
            return None
        every = [place for other in (name, *rule.predictors) for place in places(other)]
        return tuple(place for place in dict.fromkeys(every) if place != column)

    found = {
        column: replace(rule, predictors=predictors(name, column, rule))
        for name, rule in {**rules.measures, **rules.lasting}.items()
        for column in places(name)
        if wide[column].null_count()
    }
    passive = {
        _at(name, wave): Passive(tuple(_at(part, wave) for part in scale.parts), scale.how)
        for name, scale in rules.passive.items()
        for wave in waves
        if all(_at(part, wave) in wide.columns for part in scale.parts)
    }
    complete = [name for name in wide.columns if name != "person_id" and name not in found]
    return Plan(found, passive, complete)


def completed_panel(panel: pl.DataFrame, cells: pl.DataFrame, imputation: int) -> pl.DataFrame:
    """One row per person and wave: the panel with the cells of imputation 1, 2, ... filled in.

    A wave that a person missed becomes a row after all others, with what lasts (arm, stratum, weight) from the
    person's first interview. No answer that was given is ever replaced.
    """
    filled = cells.filter(pl.col("imputation").is_in([CARRIED, imputation]))
    if filled.is_empty():
        return panel
    wide = filled.pivot(on="concept", index=["person_id", "wave"], values="value", maintain_order=True)
    concepts = [name for name in wide.columns if name in panel.columns and name not in ("person_id", "wave")]
    both = panel.join(wide, on=["person_id", "wave"], how="left", suffix="_filled", maintain_order="left")
    both = both.with_columns(pl.coalesce(name, f"{name}_filled") for name in concepts).select(panel.columns)
    missed = wide.join(panel, on=["person_id", "wave"], how="anti", maintain_order="left")
    head = [name for name in HEAD if name in panel.columns]
    first = panel.group_by("person_id", maintain_order=True).agg(pl.col(name).first() for name in head)
    rows = missed.join(first, on="person_id", how="left", maintain_order="left")
    if "fieldwork_start" in panel.columns:
        days = panel.group_by("arm", "wave", maintain_order=True).agg(pl.col("fieldwork_start").first())
        rows = rows.join(days, on=["arm", "wave"], how="left", maintain_order="left")
    known = [name for name in panel.columns if name in rows.columns]
    return pl.concat([both, rows.select(pl.col(name).cast(panel.schema[name]) for name in known)], how="diagonal")


def _at(name: str, wave: str) -> str:
    return f"{name}{AT}{wave}"


def _text(wide: pl.DataFrame, rules: PanelRules) -> pl.DataFrame:
    """Measures imputed as categories are text to the chain: their codes are names, not amounts."""
    named = {**rules.measures, **rules.lasting}
    columns = [name for name in wide.columns if (rule := named.get(name.split(AT)[0])) and rule.method == "category"]
    return wide.with_columns(pl.col(name).cast(pl.String) for name in columns)


def _fillable(gaps: pl.DataFrame, wide: pl.DataFrame, plan: Plan) -> dict[str, pl.Series]:
    """Wide column → which persons could have answered it."""
    found = {}
    people = wide.select("person_id")
    for column in [name for name in (*plan.rules, *plan.passive) if AT in name]:
        name, wave = column.split(AT)
        if name not in gaps.columns:
            continue
        own = gaps.filter(pl.col("wave") == wave).select("person_id", can=pl.col(name))
        can = people.join(own, on="person_id", how="left", maintain_order="left")["can"]
        found[column] = can.fill_null(value=False)
    return found


def _measured(
    done: Imputations, known: pl.DataFrame, fillable: Mapping[str, pl.Series], rules: PanelRules
) -> pl.DataFrame:
    """The cells of measures and passive scales that nobody answered and somebody could have."""
    parts = {part for scale in rules.passive.values() for part in scale.parts}
    columns = [name for name in fillable if name.split(AT)[0] not in parts]
    people, frames = done.frame["person_id"], done.each()
    made = []
    for column in columns:
        name, wave = column.split(AT)
        if name not in known.columns:
            continue
        answered = known.filter(pl.col("wave") == wave).drop_nulls(name)["person_id"]
        open_cells = fillable[column] & ~people.is_in(answered.implode())
        if not open_cells.any():
            continue
        for imputation, frame in enumerate(frames, start=1):
            values = frame[column].cast(pl.Float64)
            cells = pl.DataFrame({"person_id": people, "value": values}).filter(open_cells)
            made.append(
                cells.drop_nulls("value").select(
                    pl.lit(imputation, pl.Int64).alias("imputation"),
                    "person_id",
                    pl.lit(wave).alias("wave"),
                    pl.lit(name).alias("concept"),
                    "value",
                )
            )
    return pl.concat(made) if made else pl.DataFrame(schema=CELLS)


def _lasting(done: Imputations, known: pl.DataFrame, gaps: pl.DataFrame, rules: PanelRules) -> pl.DataFrame:
    """The cells of lasting facts: carried from the nearest wave before, or after; imputed for who never told."""
    rows = gaps.select("person_id", "wave")
    made = []
    for name in rules.lasting:
        told = known.select("person_id", "wave", value=pl.col(name).cast(pl.Float64))
        at = rows.join(told, on=["person_id", "wave"], how="left", maintain_order="left")
        carried = at.with_columns(
            pl.col("value").forward_fill().backward_fill().over("person_id", order_by="wave").alias("carried")
        ).filter(pl.col("value").is_null())
        made.append(_cells(carried.drop_nulls("carried"), name, CARRIED, pl.col("carried")))
        if name in done.filled:
            never = carried.filter(pl.col("carried").is_null()).select("person_id", "wave")
            for imputation, frame in enumerate(done.each(), start=1):
                values = frame.select("person_id", pl.col(name).cast(pl.Float64).alias("value"))
                filled = never.join(values, on="person_id", how="left", maintain_order="left")
                made.append(_cells(filled, name, imputation, pl.col("value")))
    return pl.concat(made) if made else pl.DataFrame(schema=CELLS)


def _cells(frame: pl.DataFrame, concept: str, imputation: int, value: pl.Expr) -> pl.DataFrame:
    return frame.select(
        pl.lit(imputation, pl.Int64).alias("imputation"),
        "person_id",
        "wave",
        pl.lit(concept).alias("concept"),
        value.alias("value"),
    )


def draws(cells: pl.DataFrame) -> int:
    """How many imputations the cells hold."""
    return int(cells["imputation"].max() or 0)  # type: ignore[arg-type]
