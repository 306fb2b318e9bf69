"""What a model's waves and arms leave of a study: rows at all, clusters that are more than one, waves for lags."""

from __future__ import annotations

from pipeline.specs.arm_parts import HOUSEHOLD
from pipeline.specs.families import FAMILIES
from pipeline.specs.project import Study
from pipeline.specs.reading import Reading
from pipeline.specs.report import Model
from pipeline.specs.sources import role_columns
from pipeline.specs.strict_yaml import Source

COLUMNS = {"psu": "psu", "stratum": "strata", "area_code": "area", HOUSEHOLD: "household"}
"""Columns of the panel that answers have only where a role is declared for them, and the role."""


def check_rows(model: Model, source: Source, reading: Reading) -> None:
    """Report waves that none of the arms has, clusters that are one or nowhere, and more lags than waves."""
    study = reading.studies.get(model.study)
    if study is None:
        return
    arms = {key: arm.waves for key, arm in study.about.arms.items() if not model.arms or key in model.arms}
    used = {wave for waves in arms.values() for wave in waves if not model.waves or wave in model.waves}
    nowhere = [wave for wave in model.waves if wave in study.waves and arms and wave not in used]
    if nowhere:
        which = f"{'the arm' if len(arms) == 1 else 'any of the arms'} {', '.join(arms)}"
        source.report(("waves",), f"`{model.study}` has no {', '.join(nowhere)} in {which}.")
    single = {name for name, count in (("wave", len(used)), ("arm", len(arms))) if count == 1}
    _check_groups(model, source, study, single)
    errors = model.standard_errors
    if errors is not None and errors.lags is not None and used and errors.lags >= len(used):
        source.report(("standard_errors", "lags"), f"{errors.lags} lags need more waves than {len(used)}.")


def _check_groups(model: Model, source: Source, study: Study, single: set[str]) -> None:
    """Groups are several, and of a column that the study has."""
    ways = () if model.standard_errors is None else model.standard_errors.cluster or ()
    own = [model.cluster] if "cluster" in model.model_fields_set & FAMILIES[model.family].takes else []
    named: list[tuple[tuple[str, ...], str]] = [(("standard_errors", "cluster"), name) for name in ways]
    named += [(("cluster",), name) for name in own if name != HOUSEHOLD]
    named += [(("random", name), name) for name in getattr(model, "random", ())]
    for key, name in named:
        if name in single:
            source.report(key, f"the model has one {name}, and groups are several: name more, or another column.")
        elif name in COLUMNS and name not in _declared(study):
            source.report(key, f"`{model.study}` has no `{name}`: name its column, `columns`, in its study.yaml.")


def _declared(study: Study) -> set[str]:
    """Those of ``COLUMNS`` that some answers have."""
    roles = {role for wave, _, file in study.files() for role in role_columns(study, wave, file)}
    own = {name for name, role in COLUMNS.items() if role in roles}
    return own | ({"area_code"} if study.about.areas else set())
