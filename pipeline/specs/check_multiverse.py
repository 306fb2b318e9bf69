"""What a multiverse says of the other declarations: every name in its grid exists, every cell can be estimated."""

from __future__ import annotations

from pipeline.specs.check_imputation import estimated_again
from pipeline.specs.measured.model import check_measured
from pipeline.specs.multiverse import Multiverse
from pipeline.specs.multiverse_cells import Setting, settings
from pipeline.specs.names import StudyNames, known
from pipeline.specs.reading import Reading
from pipeline.specs.report import Model
from pipeline.specs.strict_yaml import Source
from pipeline.specs.weights import DELIVERED

SHOWN = 3
"""So many cells of one mistake are named."""


def check_multiverse(model: Multiverse, source: Source, study: StudyNames, reading: Reading) -> None:
    """Report names in the grid that the study does not have, and combinations that cannot be estimated."""
    _check_names(model, source, study)
    asked = estimated_again(model, source, reading)
    if asked is None or source.problems:
        return
    assert model.result is not None
    if model.result.term not in asked.exposures:
        known(source, ("result", "term"), [model.result.term], list(asked.exposures), f"an exposure of `{model.of}`")
        return
    if asked.wave_effects and {"fixed_effects", "two_way"} <= set(model.choices.family):
        source.report(
            ("choices", "family"),
            f"`two_way` is `fixed_effects` with a term for each wave, which `{model.of}` has: leave one of them out.",
        )
    _check_possible(model, asked, source, study, reading)
    _check_scales(model, source, reading)
    _check_filled(model, asked, source, reading)


def _check_names(model: Multiverse, source: Source, study: StudyNames) -> None:
    chosen, measured = model.choices, f"a concept that `{study.key}` measures"
    for name, waves in chosen.waves.items():
        known(source, ("choices", "waves", name), waves, study.waves, f"a wave of `{study.key}`")
    for name, arms in chosen.arms.items():
        known(source, ("choices", "arms", name), arms, study.arms, f"an arm of `{study.key}`")
    for name, concepts in chosen.covariates.items():
        known(source, ("choices", "covariates", name), concepts, study.scores, measured)
    for part in ("subsets", "in_or_out", "outcome", "exposure"):
        known(source, ("choices", part), getattr(chosen, part), study.scores, measured)
    sets = [name for name in chosen.weights if name not in ("none", DELIVERED)]
    known(source, ("choices", "weights"), sets, study.weights, f"`none` or a weight set of `{study.key}`")
    taken = [name for name in chosen.in_or_out if name in type(chosen).model_fields]
    if taken:
        source.report(("choices", "in_or_out"), f"`{taken[0]}` is the name of a choice: put it into `subsets`.")


def _check_possible(model: Multiverse, asked: Model, source: Source, study: StudyNames, reading: Reading) -> None:
    """One mistake for each reason why cells make no sense, with some of them."""
    lasting = _lasting(study, reading)
    found: dict[str, list[str]] = {}
    unfit: dict[tuple[object, ...], str | None] = {}
    for setting in settings(model, asked):
        reason = setting.impossible or _of_weights(setting, study, reading) or _never_changes(setting, lasting)
        reason = reason or _not_measured(setting, source, study, unfit)
        if reason:
            found.setdefault(reason, []).append(setting.label)
    for reason, cells in found.items():
        more = f" and {len(cells) - SHOWN:,} more" if len(cells) > SHOWN else ""
        source.report(
            ("choices",),
            f"{reason}, so that {len(cells):,} of {len(model.cells):,} cells cannot be estimated "
            f"({' | '.join(cells[:SHOWN])}{more}). Exclude the combination with `without`.",
        )


def _of_weights(setting: Setting, study: StudyNames, reading: Reading) -> str | None:
    """A weight set is for its waves: others would be left out without a word."""
    declared = reading.parts[study.key].weights.get(setting.model.weights or "")
    if declared is None:
        return None
    if setting.errors == "replicates" and declared.replicates is None:
        return f"the weight set `{setting.model.weights}` has no replicates"
    outside = sorted(set(setting.model.waves or study.waves) - set(declared.waves))
    return f"the weight set `{setting.model.weights}` is not for {', '.join(outside)}" if outside else None


CHANGES_ONLY = ("fixed_effects", "first_difference")


def _lasting(study: StudyNames, reading: Reading) -> set[str]:
    """Concepts that are measured once for all: those of items that are declared `time_constant` alone."""
    items = reading.parts[study.key].items.values()
    changing = {item.concept for item in items if not item.time_constant}
    return {item.concept for item in items if item.time_constant and item.concept} - changing


def _never_changes(setting: Setting, lasting: set[str]) -> str | None:
    used = (*setting.model.exposures, *setting.model.covariates)
    constant = [name for name in used if name in lasting]
    if setting.model.family not in CHANGES_ONLY or not constant:
        return None
    return f"`{constant[0]}` never changes within a person, as a `{setting.model.family}` model needs"


def _not_measured(
    setting: Setting, source: Source, study: StudyNames, known_already: dict[tuple[object, ...], str | None]
) -> str | None:
    """Why what the study measures does not allow a cell: said once for cells of the same rows and columns."""
    model, declared = setting.model, study.declared
    if declared is None or setting.missing == "imputed":
        return None
    key = (model.family, model.waves, model.arms, model.outcome, model.exposures, model.covariates)
    if key not in known_already:
        own = Source(source.path, source.name)
        check_measured(model, own, declared)
        known_already[key] = own.problems[0].split(": ", 1)[1].rstrip(".") if own.problems else None
    return known_already[key]


def _check_scales(model: Multiverse, source: Source, reading: Reading) -> None:
    """Measures on different scales may stand side by side only in standard deviations."""
    if model.standardised:
        return
    for part in ("outcome", "exposure"):
        named = getattr(model.choices, part)
        ranges = {name: reading.concepts[name].range for name in named if name in reading.concepts}
        if len(set(ranges.values())) > 1:
            told = ", ".join(f"`{name}` {_range(ends)}" for name, ends in ranges.items())
            source.report(
                ("choices", part),
                f"the measures are on different scales ({told}): declare `standardised: true`, or name others.",
            )


def _range(ends: tuple[float, float] | None) -> str:
    return "without a declared range" if ends is None else f"{ends[0]:g} to {ends[1]:g}"


def _check_filled(model: Multiverse, asked: Model, source: Source, reading: Reading) -> None:
    """Cells on imputed data read only what the imputation set fills."""
    chosen = reading.parts[model.study].imputation.get(model.imputation or "")
    if chosen is None:
        return
    filled = {*chosen.measures, *chosen.lasting}
    imputed = [setting for setting in settings(model, asked) if setting.missing == "imputed"]
    read = dict.fromkeys(name for setting in imputed for name in setting.model.concepts)
    left = [name for name in read if name not in filled]
    if left:
        source.report(
            ("imputation",),
            f"the set `{model.imputation}` does not fill `{left[0]}`, which cells on imputed data read: add it to the "
            "set, or exclude them with `without`.",
        )
