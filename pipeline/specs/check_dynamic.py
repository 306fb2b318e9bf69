"""What declarations of dynamic models say of a study: waves enough, and instruments that it measures."""

from __future__ import annotations

from pipeline.specs.dynamic import DynamicModel
from pipeline.specs.names import StudyNames, known, once
from pipeline.specs.reading import Reading
from pipeline.specs.strict_yaml import Source


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
            f"a `{model.family}` model with {model.outcome_lags} `outcome_lags` needs {model.fewest_waves} waves or "
            f"more, and has {waves}.",
        )
