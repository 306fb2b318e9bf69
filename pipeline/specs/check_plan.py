"""What the plan of a study says of its other declarations: models, concepts, waves and sets that exist."""

from __future__ import annotations

from pipeline.specs.families import FAMILIES
from pipeline.specs.names import StudyNames, known, reports
from pipeline.specs.plan import Plan
from pipeline.specs.reading import Reading
from pipeline.specs.terms import measures


def check_plan(key: str, declared: StudyNames, reading: Reading) -> None:
    """Report what the plan of one study names and there is not."""
    plan = reading.parts[key].further.get("plan")
    if not isinstance(plan, Plan):
        return
    source, scored = reading.sources[key, "plan"], f"a concept that `{key}` measures"
    for name, one in plan.hypotheses.items():
        place = ("hypotheses", name)
        known(source, (*place, "model"), [one.model], reports(reading, "models"), "a model in reports/models")
        known(source, (*place, "family"), [one.family], list(FAMILIES), "a model family")
        known(source, (*place, "outcome"), [one.outcome], declared.scores, scored)
        for part in ("exposures", "covariates"):
            known(source, (*place, part), measures(getattr(one, part)), declared.scores, scored)
        known(source, (*place, "waves"), one.waves, declared.waves, f"a wave of `{key}`")
        known(source, (*place, "arms"), one.arms, declared.arms, f"an arm of `{key}`")
        known(source, (*place, "weights"), [one.weights] if one.weights else [], declared.weights, "a weight set")
        sets = [one.imputation] if one.imputation else []
        known(source, (*place, "imputation"), sets, declared.imputation, f"an imputation set of `{key}`")
        model = reading.models.get(one.model)
        if model is not None and model.study != key:
            source.report(
                (*place, "model"), f"the model `{one.model}` is of the study `{model.study}`, not of `{key}`."
            )
