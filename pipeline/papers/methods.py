"""How a model was answered, in words that follow from its family's record and from what its declaration chose."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.papers.coverage import Coverage, method_of, remarks
from pipeline.papers.phrases import in_sentence, joined
from pipeline.papers.study_context import ModelNote
from pipeline.specs.families import FAMILIES
from pipeline.specs.terms import label_of

if TYPE_CHECKING:
    from pipeline.specs.models import AnyModel

CHOICES = (
    "effects",
    "wave_effects",
    "lags",
    "residuals",
    "means",
    "covariates",
    "time_varying",
    "over",
    "group",
    "criterion",
    "missing",
    "ordinal",
    "weights",
)
"""The keys of a declaration that its method is described by, where its family takes them."""


def model_note(
    model: AnyModel,
    weight_sets: Mapping[str, str],
    labels: Mapping[str, str] | None = None,
    coverage: Coverage | None = None,
    estimated: Collection[str] = (),
) -> ModelNote:
    """The model's question, its method and what was chosen in it. ``weight_sets``, ``labels``: key → label.

    ``labels``: of concepts, waves and arms. ``coverage``: which arms and waves asked what, and have weights.
    ``estimated``: the waves of which it has levels.
    """
    family, coverage = FAMILIES[model.family], coverage or Coverage()
    chosen = {key: getattr(model, key, None) for key in CHOICES if key in family.keys}
    parts = (
        _waves(chosen),
        _equal(chosen),
        _adjusted(chosen, labels or {}),
        _steps(chosen, labels or {}),
        _missing(chosen),
    )
    method = method_of(model, coverage)
    described = [method, *(phrase for part in parts for phrase in part), *_weighted(chosen, weight_sets)]
    waves, arms = (tuple(getattr(model, name, ())) for name in ("waves", "arms"))

    def label(key: str) -> str:
        return (labels or {}).get(key, key)

    described += filter(None, [limits(waves, arms, label)])
    said = tuple(remarks(model, coverage, label, estimated))
    described += [f"{one[0].lower()}{one[1:]}" for one in said]
    return ModelNote(model.question, "; ".join(described), family.label, waves, arms, said)


def limits(waves: Sequence[str], arms: Sequence[str], label: Callable[[str], str]) -> str:
    """The waves and arms that a model is limited to: "in 2016 and 2017, of “Kent, Scotland and Wales”"."""
    named = [[label(key) for key in keys] for keys in (waves, arms)]
    quoted = [[f"“{one}”" if "," in one else one for one in part] for part in named]
    return ", ".join(f"{word} {joined(part)}" for word, part in zip(("in", "of"), quoted, strict=True) if part)


Chosen = Mapping[str, Any]


def _waves(chosen: Chosen) -> Iterator[str]:
    if chosen.get("effects") == "person_and_wave":
        yield "fixed effects for waves"
    elif chosen.get("wave_effects"):
        yield "a term for each wave"


def _equal(chosen: Chosen) -> Iterator[str]:
    """What is set equal over waves, of models from wave to wave."""
    if isinstance(chosen.get("lags"), str):  # of a dynamic model they are how many waves back each term acts
        same = [part for part in ("lags", "residuals", "means") if chosen.get(part) == "equal"]
        yield f"{' and '.join(same)} equal over waves" if same else "lags free at every wave"


def _adjusted(chosen: Chosen, labels: Mapping[str, str]) -> Iterator[str]:
    names = (*(chosen.get("covariates") or ()), *(chosen.get("time_varying") or ()))
    if names:
        yield f"adjusted for: {', '.join(_called(name, labels) for name in names)}"


def _steps(chosen: Chosen, labels: Mapping[str, str]) -> Iterator[str]:
    """What is compared step by step, and the criterion that was declared in advance."""
    if "over" in chosen:
        yield "over waves" if chosen["over"] == "waves" else f"over groups ({_called(chosen['group'], labels)})"
    rule = chosen.get("criterion")
    if rule is None:
        return
    failures = []
    if rule.cfi_drop is not None:
        failures.append(f"CFI falls by more than {rule.cfi_drop:.3f}")
    if rule.rmsea_rise is not None:
        failures.append(f"RMSEA rises by more than {rule.rmsea_rise:.3f}")
    if rule.p is not None:
        failures.append(f"the chi-squared difference has a p value below {rule.p:g}")
    yield f"a step fails if {' or '.join(failures)}, as declared in advance"


def _called(name: str, labels: Mapping[str, str]) -> str:
    """What readers call a concept, within a sentence."""
    return in_sentence(label_of(name.replace(" * ", ":").replace(" : ", ":"), labels))


def _missing(chosen: Chosen) -> Iterator[str]:
    """How missing and ordered answers are treated."""
    if chosen.get("ordinal"):
        yield "ordered answers by diagonally weighted least squares"
    elif "missing" in chosen:
        everyone = "full-information maximum likelihood: everyone with an answer counts"
        yield everyone if chosen["missing"] == "fiml" else "people with complete answers only"


def _weighted(chosen: Chosen, weight_sets: Mapping[str, str]) -> Iterator[str]:
    label = weight_sets.get(chosen.get("weights") or "")
    if label is not None:
        yield f"weighted for non-response ({in_sentence(label)})"
