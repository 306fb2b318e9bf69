"""From the declaration of a dynamic model (``pipeline.specs.dynamic``) to the arguments of its family's function."""

from __future__ import annotations

from typing import Any

from pipeline.specs.families import FAMILIES
from pipeline.specs.families.dynamic import OPTIONS


def dynamic_options(name: str, spec: Any) -> dict[str, Any]:
    """Outcome, terms and those options that the family's record takes. What the gates reject is withheld."""
    takes = FAMILIES[spec.family].keys
    given = {option: getattr(spec, option) for option in OPTIONS if option in takes}
    asked = {"outcome": spec.outcome, "exposures": spec.exposures, "covariates": spec.covariates}
    gated = {"withhold": True} if "steps" in takes else {}
    return {**asked, **given, **gated, "confidence": spec.confidence, "model": name}
