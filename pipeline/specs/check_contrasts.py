"""What a model's contrasts name: terms that it has."""

from __future__ import annotations

from pipeline.specs.contrasts import read_contrast
from pipeline.specs.declared_terms import placed_terms
from pipeline.specs.names import known
from pipeline.specs.report import Model
from pipeline.specs.strict_yaml import Source


def check_contrasts(model: Model, source: Source) -> None:
    """Report a contrast of something that is neither an exposure nor a covariate, nor a wave (`wave[w03]`)."""
    terms = [one.term.key for one in placed_terms(model)]
    for name, text in model.contrasts.items():
        parts = read_contrast(name, text).parts
        plain = [part.name for part in parts if not (part.name == "wave" and part.level)]
        known(source, ("contrasts", name), plain, [*terms, "wave"], "an exposure or covariate of this model")
        waves = [part.level for part in parts if part.name == "wave" and part.level]
        known(source, ("contrasts", name), waves, list(model.waves) or waves, "a wave of this model")
