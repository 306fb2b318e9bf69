"""A declared imputation set, made: from imputation.yaml, panel, answers and participation to imputed cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import polars as pl

from pipeline.errors import CohesionError
from pipeline.imputation.panel import ImputedPanel, PanelRules, impute_panel
from pipeline.imputation.plan import Passive, Rule

if TYPE_CHECKING:
    from pipeline.specs.imputation import Gap, ImputationSet, Who
    from pipeline.specs.project import Study

NOT_APPLICABLE = ("not_asked", "routed_out")
"""Reasons for which there is no answer to impute."""

GONE = ("dead", "moved")
"""Outcomes of a wave after which a person is no longer of the population."""


def impute_declared(
    declared: ImputationSet,
    study: Study,
    panel: pl.DataFrame,
    answers: pl.DataFrame,
    participation: pl.DataFrame,
) -> ImputedPanel:
    """The imputed cells of a declared set, and the trace of its chains.

    ``answers`` has the rows of ``panel`` in the same order. Raises CohesionError where nobody is to be imputed.
    """
    rules = panel_rules(declared, study)
    items = [name for scale in rules.passive.values() for name in scale.parts]
    wide = panel.with_columns(_turned(answers, name, study) for name in dict.fromkeys(items))
    return impute_panel(
        wide,
        rules,
        gaps(declared, study, panel, answers, participation),
        imputations=declared.imputations,
        iterations=declared.iterations,
        seed=declared.seed,
    )


def panel_rules(declared: ImputationSet, study: Study) -> PanelRules:
    """The declaration as rules: a passive scale gives way to its items, each imputed as the scale would have been."""
    scales = {scale.concept or key: scale for key, scale in study.scales.items()}
    parts = {name: tuple(f"{item}{ITEM}" for item in scales[name].items) for name in declared.passive}
    measures = {
        column: _rule(gap, parts) for name, gap in declared.measures.items() for column in parts.get(name, (name,))
    }
    lasting = {name: _rule(gap, parts) for name, gap in declared.lasting.items()}
    return PanelRules(measures, lasting, {name: Passive(parts[name], scales[name].score) for name in parts})


ITEM = " (item)"
"""Set after the name of an item, which may be that of a concept too."""


def _rule(gap: Gap, parts: Mapping[str, tuple[str, ...]]) -> Rule:
    predictors = None
    if gap.predictors is not None:
        predictors = tuple(column for name in gap.predictors for column in parts.get(name, (name,)))
    method = "category" if gap.method in ("logit", "category") else gap.method
    return Rule(method, gap.bounds or (None, None), predictors, gap.donors)  # type: ignore[arg-type]


def _turned(answers: pl.DataFrame, column: str, study: Study) -> pl.Series:
    """An item's answers in the direction in which its scale counts them."""
    from pipeline.specs.study import value_range

    item = column.removesuffix(ITEM)
    ends = value_range(study.items[item])
    reverse = any(item in scale.reverse for scale in study.scales.values())
    values = answers[item] if not (reverse and ends) else sum(ends) - answers[item]
    return values.alias(column)


def gaps(
    declared: ImputationSet, study: Study, panel: pl.DataFrame, answers: pl.DataFrame, participation: pl.DataFrame
) -> pl.DataFrame:
    """One row per person imputed and wave, in the order of the panel: which measures could have been answered.

    Before people join there is no gap, nor after they died or moved out of the population. A wave somebody missed is
    one (unless ``missed_waves`` is off), and so is a question without an answer, unless it was not asked of them.
    """
    rows = _rows(declared, study, panel, participation)
    asked = answers.select("person_id", "wave", *(_askable(study, answers, name) for name in declared.measures))
    joined = rows.join(asked, on=["person_id", "wave"], how="left", maintain_order="left")
    missed = ~pl.col("is_present") & declared.missed_waves
    return joined.select(
        "person_id", "arm", "wave", *(pl.when("is_present").then(name).otherwise(missed) for name in declared.measures)
    )


def _rows(declared: ImputationSet, study: Study, panel: pl.DataFrame, participation: pl.DataFrame) -> pl.DataFrame:
    """The person-waves in which the set's people could have answered, people in the order of the panel."""
    arms = declared.arms or tuple(study.calendar)
    waves = declared.waves or tuple(dict.fromkeys(wave for arm in arms for wave in study.calendar[arm]))
    own = participation.filter(pl.col("arm").is_in(list(arms)), pl.col("wave").is_in(list(waves)))
    chosen = _who(own, declared.who)
    order = panel.select("person_id").unique(maintain_order=True).with_row_index("_place")
    own = own.join(chosen, on="person_id", how="semi").join(order, on="person_id", how="inner")
    own = own.filter(pl.col("status") != "not_yet", ~pl.col("outcome").fill_null("").is_in(list(GONE)))
    if own.is_empty():
        raise CohesionError("nobody answered the waves named", where="imputation set", todo="Correct `who` or `waves`.")
    return own.sort("arm", "_place", "wave").select("person_id", "arm", "wave", "is_present")


def _who(participation: pl.DataFrame, who: Who) -> pl.DataFrame:
    present = participation.filter("is_present").group_by("person_id").agg("wave")
    chosen = present.filter(pl.col("wave").list.len() >= who.at_least)
    for wave in who.present_in:
        chosen = chosen.filter(pl.col("wave").list.contains(wave))
    return chosen.select("person_id")


def _askable(study: Study, answers: pl.DataFrame, concept: str) -> pl.Expr:
    """Whether a concept's questions applied to the person in that wave."""
    scales = {scale.concept or key: scale.items for key, scale in study.scales.items()}
    items: Iterable[str] = scales.get(concept, (study.scored_items().get(concept, ""),))
    reasons = [f"{item}_reason" for item in items if f"{item}_reason" in answers.columns]
    if not reasons:
        return pl.lit(True).alias(concept)
    skipped = pl.any_horizontal(pl.col(name).cast(pl.String).is_in(list(NOT_APPLICABLE)) for name in reasons)
    return (~skipped.fill_null(False)).alias(concept)
