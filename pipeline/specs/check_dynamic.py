"""What declarations of dynamic models say of a study: waves enough, and instruments that it measures."""

from __future__ import annotations

from pipeline.specs.check_terms import is_lasting
from pipeline.specs.dynamic import DynamicModel
from pipeline.specs.names import StudyNames, known, once
from pipeline.specs.reading import Reading
from pipeline.specs.strict_yaml import Source
from pipeline.specs.terms import parse

GMM = ("difference_gmm", "system_gmm")


def check_dynamic(model: DynamicModel, source: Source, study: StudyNames, reading: Reading) -> None:
    """Report instruments that the study does not measure, and fewer waves than the lags need."""
    known(source, ("instruments",), model.instruments, study.scores, f"a concept that `{study.key}` measures")
    for key in ("predetermined", "endogenous", "instruments"):
        once(source, (key,), getattr(model, key))
    about = reading.parts[study.key].about
    if about is None:
        return
    arms = [arm for key, arm in about.arms.items() if not model.arms or key in model.arms]
    longest = max((len(arm.waves) for arm in arms), default=0)
    waves = len(model.waves) if model.waves else longest
    if waves < model.fewest_waves:
        source.report(
            ("waves",) if model.waves else ("family",),
            f"a `{model.family}` model with {model.outcome_lags} `outcome_lags`{_further(model)} needs "
            f"{model.fewest_waves} waves or more, and has {waves}.",
        )
    for name, (first, _) in model.instrument_lags.items():
        if waves <= first:
            what = f"`{name}` has no instrument {first} waves back in {waves} waves."
            source.report(("instrument_lags", name), what)
    _check_terms_of_gmm(model, source, reading)
    if model.family == "hausman_taylor":
        _check_instruments(model, source, reading)


def _further(model: DynamicModel) -> str:
    return f" and `lags` of {max(model.lags.values())} waves" if model.lags else ""


def _check_terms_of_gmm(model: DynamicModel, source: Source, reading: Reading) -> None:
    """The outcome's own past is in the model already; differences take out what never changes."""
    for key in ("exposures", "covariates"):
        for entry in getattr(model, key):
            factors = [factor for term in parse(entry) for factor in term.factors]
            if model.family in GMM and any(factor.name == model.outcome and factor.moved for factor in factors):
                why = f"`{entry}` is in the model already: say how many waves back in `outcome_lags`."
                source.report((key,), why)
            if model.family == "difference_gmm" and all(is_lasting(one, reading.parts[model.study]) for one in factors):
                why = f"`{entry}` never changes within a person, and differences take it out: use `system_gmm`."
                source.report((key,), why)


def _check_instruments(model: DynamicModel, source: Source, reading: Reading) -> None:
    """As many exogenous terms that change as endogenous ones that never do; products and lags are not counted."""
    terms = (*model.exposures, *model.covariates)
    lasting = {
        name for name in terms if all(is_lasting(f, reading.parts[model.study]) for f in parse(name)[-1].factors)
    }
    needed, given = set(model.endogenous) & lasting, set(terms) - set(model.endogenous) - lasting
    if len(given) < len(needed) or lasting == set(terms):
        source.report(
            ("endogenous",),
            f"{len(needed)} endogenous terms never change within a person, and {len(given)} exogenous ones do to "
            "instrument them: add such terms, or name fewer endogenous.",
        )
