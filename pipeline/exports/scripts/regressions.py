"""Regressions of panels in R and in Stata."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.exports.scripts.call import Call, Raw, r_call, r_vector
from pipeline.specs.families import FAMILIES
from pipeline.specs.report import Model

OPTIONS = ("covariates", "categorical", "wave_effects", "correction", "effects")
DEFAULTS: Mapping[str, object] = {
    "covariates": (), "categorical": (), "wave_effects": True, "correction": "hc1", "effects": "person",
}  # fmt: skip


def in_r(call: Call) -> Iterator[str]:
    """The call of the family's function in ``functions.R``, which is called like the family."""
    model = call.model
    assert isinstance(model, Model)
    if model.family == "attrition":
        yield _attrition(call, model)
        return
    takes = FAMILIES[model.family].keys
    given: dict[str, object] = {"outcome": model.outcome, "exposures": model.exposures}
    given |= {
        name: value for name in OPTIONS if name in takes and (value := _value(call, model, name)) != DEFAULTS[name]
    }
    if "cluster" in takes and call.clusters != ("person_id",):
        given["cluster"] = call.clusters or Raw("NULL")
    if call.weight:
        given["weights"] = call.weight
    if call.replicates:
        given["replicates"] = Raw(f"replicates_{call.replicates}")
    yield f"found <- {r_call(model.family, **given)}"


def _value(call: Call, model: Model, option: str) -> object:
    return call.correction if option == "correction" else getattr(model, option)


def _attrition(call: Call, model: Model) -> str:
    targets = ", ".join(f"{name} = {r_vector(waves)}" for name, waves in targets_of(call, model).items())
    return "found <- " + r_call(
        "attrition",
        targets=Raw(f"list({targets})"),
        exposures=model.exposures,
        covariates=model.covariates or None,
        categorical=model.categorical or None,
        origin=model.from_wave,
    )


def targets_of(call: Call, model: Model) -> dict[str, tuple[str, ...]]:
    """Each target of a model of attrition: the waves that count as staying."""
    if model.to_wave:
        return {model.to_wave: (model.to_wave,)}
    waves = model.to_waves
    if waves == "all":
        arms = model.arms or tuple(call.study.about.arms)
        every = sorted(
            {wave for arm in arms for wave in call.study.calendar[arm]} & set(model.waves or call.study.waves)
        )
        first = every[0] if model.from_wave == "latest" else str(model.from_wave)
        waves = tuple(every[every.index(first) + 1 :])
    return {**{wave: (wave,) for wave in waves}, **model.sets}
