"""At which terms a model can predict (`predict_at`)."""

from __future__ import annotations

from typing import Any

from pipeline.specs.declared_terms import placed_terms
from pipeline.specs.families import FAMILIES

TIME = "time"


def misplaced(model: Any) -> str | None:
    """Why the values of ``predict_at`` cannot be predicted at; None: they can."""
    takes = FAMILIES[model.family].keys
    known = [one.term.key for one in placed_terms(model) if not one.term.is_product and len(one.term.factors) == 1]
    known += ["wave"] if "wave_effects" in takes and model.wave_effects and "wave" not in known else []
    known += [TIME] if "shape" in takes else []  # of a course
    for name, values in model.predict_at.items():
        if name not in known:
            return f"`predict_at` names `{name}`, which is no term of the model ({', '.join(known)})"
        if not values:
            return f"`predict_at` has no value for `{name}`"
        if len(set(values)) < len(values):
            return f"`predict_at` names a value of `{name}` twice"
        if name in model.centre or name in model.standardise:
            return f"`{name}` is centred or standardised, so that its values are not those of `predict_at`"
    return None
