"""From a declared structural model and a panel to its table of estimates, by the function its record names."""

from __future__ import annotations

import polars as pl

from pipeline.errors import ModelError
from pipeline.options import known_options
from pipeline.specs.families import FAMILIES
from pipeline.specs.family import load
from pipeline.specs.project import Study
from pipeline.specs.structural import StructuralModel


@known_options
def fit_declared(
    name: str, spec: StructuralModel, panel: pl.DataFrame, study: Study, answers: pl.DataFrame | None = None
) -> pl.DataFrame:
    """The Estimates table of the declared structural model ``name``.

    ``panel``: one row per person and wave with every score. ``answers``: the same rows with every item, where the model
    reads items. A result whose gate failed is withheld: its rows have no estimate, and ``note`` says why.

    Raises ModelError, naming the model, where what is declared cannot be asked of these answers.
    """
    try:
        table: pl.DataFrame = load(FAMILIES[spec.family].function)(name, spec, panel, study, answers)
    except ModelError as error:
        where = ", ".join(filter(None, (f"model {name}", error.where)))
        raise ModelError(error.what, where=where, count=error.count, todo=error.todo) from error
    return table
