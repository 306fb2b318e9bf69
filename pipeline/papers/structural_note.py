"""How a structural model was answered, in words."""

from __future__ import annotations

from pipeline.papers.study_context import ModelNote
from pipeline.specs.structural import StructuralModel

METHODS = {
    "riclpm": "Random-intercept cross-lagged panel model: what moves what from wave to wave, within a person",
    "clpm": (
        "Cross-lagged panel model without random intercepts, shown for comparison only: it takes lasting differences "
        "between people for change"
    ),
    "growth": "Latent growth model: people’s level and course, and how much they differ in them",
    "cfa": "Confirmatory factor analysis",
    "invariance": "Measurement invariance: whether the questions measure alike, step by step",
    "reliability": "Cronbach’s alpha and McDonald’s omega by wave",
}
SHORT = {
    "riclpm": "With random intercepts",
    "clpm": "Without random intercepts",
    "growth": "Latent growth model",
    "cfa": "Factor analysis",
    "invariance": "Measurement invariance",
    "reliability": "Reliability",
}


def structural_note(model: StructuralModel) -> ModelNote:
    """The method with what was chosen in it: equalities, missing answers, the criterion declared beforehand."""
    parts = [METHODS[model.family], *_equal(model)]
    if model.covariates or model.time_varying:
        held = (*model.covariates, *model.time_varying)
        parts.append(f"held constant: {', '.join(name.replace('_', ' ') for name in held)}")
    if model.family == "invariance":
        parts += [f"over {'waves' if model.over == 'waves' else model.group}", _criterion(model)]
    if model.family != "reliability" and not model.ordinal:
        everyone = "full-information maximum likelihood, everybody with an answer counts"
        parts.append(everyone if model.missing == "fiml" else "people with every answer only")
    if model.ordinal:
        parts.append("ordered answers by diagonally weighted least squares")
    return ModelNote(model.question, "; ".join(parts), SHORT[model.family])


def _equal(model: StructuralModel) -> list[str]:
    if model.family not in ("riclpm", "clpm"):
        return []
    same = [part for part in ("lags", "residuals", "means") if getattr(model, part) == "equal"]
    return [f"{' and '.join(same)} equal over waves"] if same else ["lags free at every wave"]


def _criterion(model: StructuralModel) -> str:
    rule, parts = model.criterion, []
    if rule.cfi_drop is not None:
        parts.append(f"CFI falls by more than {rule.cfi_drop:.3f}")
    if rule.rmsea_rise is not None:
        parts.append(f"RMSEA rises by more than {rule.rmsea_rise:.3f}")
    if rule.p is not None:
        parts.append(f"the chi-squared difference has a p value below {rule.p:g}")
    return f"a step fails if {' or '.join(parts)}, declared beforehand"
