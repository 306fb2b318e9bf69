"""Whether the arms and waves of a structural model ask its constructs, and in which waves they are all asked."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.specs.families import FAMILIES
from pipeline.specs.measured.asked import chosen_places
from pipeline.specs.measured.facts import Place, asked_of, every_place, measure
from pipeline.specs.measured.words import a_model, listed, where
from pipeline.specs.project import Study
from pipeline.specs.strict_yaml import Source
from pipeline.specs.structural import StructuralModel

ONE_BY_ONE = ("invariance", "reliability")
"""Families that take each construct by itself."""


def waves_of(model: StructuralModel, study: Study) -> set[str]:
    """The declared waves, or those in which all constructs are asked; of families that take each by itself, any."""
    places = chosen_places(model, study)
    if model.waves:
        return {wave for _, wave in places}
    each = [{wave for _, wave in places & own} for _, _, own in _measured(model, study)]
    if not each:
        return set()
    return set.union(*each) if model.family in ONE_BY_ONE else set.intersection(*each)


def fewest_waves(model: StructuralModel) -> int:
    """Waves that lags or a course need; one where a wave is analysed by itself."""
    if model.family == "growth":
        return max({"intercept": 2, "linear": 3}.get(model.shape, 4), 3 if model.ordinal else 2)
    if model.family == "change_score":
        return 4 if model.constant_change and len(model.constructs) == 1 else 3
    if model.family == "invariance" and model.over == "waves":
        return 2
    return {"clpm": 2, "riclpm": 3, "autoregressive_trajectory": 4, "lcm_sr": 3}.get(model.family, 1)


def check_constructs(model: StructuralModel, source: Source, study: Study) -> None:
    """Report what is not asked in the chosen arms and waves, and too few waves that ask all of it."""
    places = chosen_places(model, study)
    arms = frozenset(place for place in every_place(study) if not model.arms or place[0] in model.arms)
    held = [("covariates", name, arms) for name in model.covariates]
    held += [("group", model.group, arms)] if model.group else []
    for key, name, own in [*((key, name, places) for key, name, _ in _measured(model, study)), *held]:
        asked = _asked(model, study, key, name)
        if asked is not None and not asked & own:
            known = f"in {where(asked)}" if asked else "nowhere"
            todo = "Choose other `arms` or `waves`, or leave it out."
            source.report((key,), f"`{name}` is not asked there ({where(own)}), but {known}. {todo}")
    if source.problems:
        return
    for _, name, asked in _measured(model, study):
        silent = [wave for wave in model.waves if not any(place[1] == wave for place in asked & places)]
        if silent:
            source.report(
                ("waves",),
                f"`{name}` is not asked in {listed(silent)} of the chosen arms, but in {where(asked & arms)}: "
                "choose other `waves`, or leave it out.",
            )
            return
    needed, found = fewest_waves(model), waves_of(model, study)
    if len(found) < needed and not model.waves:
        source.report(
            ("constructs",),
            f"{a_model(model.family)} needs {needed} wave{'s' if needed > 1 else ''} that ask all of its constructs, "
            f"and the chosen arms have {len(found)}: leave one out, or choose other `arms`.",
        )


def _measured(model: StructuralModel, study: Study) -> Iterator[tuple[str, str, frozenset[Place]]]:
    """Each measure that varies over waves, with its key and the places that ask it."""
    for key in ("constructs", "time_varying"):
        for name in getattr(model, key):
            asked = _asked(model, study, key, name)
            if asked is not None:
                yield key, name, asked


def _asked(model: StructuralModel, study: Study, key: str, name: str) -> frozenset[Place] | None:
    """The places that ask a score, or every item of a construct whose items are analysed; None where not declared."""
    found = measure(study, name)
    if found is None or found.places is None:
        return None
    if key != "constructs" or not (model.indicators or FAMILIES[model.family].reads_items):
        return found.places
    return frozenset.intersection(*(frozenset(asked_of(study, item)) for item in found.items))
