"""Which declarations a paper reads: parts of its study, of its models and figures, and the labels it prints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pipeline.specs.families import FAMILIES
from pipeline.specs.figures import names_given
from pipeline.specs.models import AnyModel
from pipeline.specs.paper_parts import PAPER_SECTIONS, PAPER_TABLES, Labelled, PaperPart, Request, requests
from pipeline.specs.papers import Paper
from pipeline.specs.plan import PLAN_READS
from pipeline.specs.project import Project, Study
from pipeline.specs.ranges import score_ranges
from pipeline.specs.terms import measures
from pipeline.specs.weights import WeightSet
from pipeline.specs.yardstick import Yardstick

FIGURE_READS = (
    "kind",
    "title",
    "subtitle",
    "note",
    "claims",
    "per",
    "labels",
    "models",
    "outcomes",
    "terms",
    "percent",
)
"""What a paper reads of the declarations of its figures."""

_MODEL_READS = frozenset(
    {
        "question", "family", "effects", "wave_effects", "lags", "residuals", "means", "covariates", "time_varying",
        "over", "group", "criterion", "missing", "ordinal", "weights", "waves", "arms", "outcome", "outcomes",
        "yardstick",
    }
)  # fmt: skip
_WITHIN = {"criterion": ("criterion.cfi_drop", "criterion.rmsea_rise", "criterion.p")}
_NAMES_CONCEPTS = (
    "outcome", "outcomes", "exposures", "covariates", "categorical", "constructs", "time_varying", "group",
    "mediators",
)  # fmt: skip

_STUDY_READS = (
    "key", "methods", "plan",
    "about.title", "about.source", "about.synthetic", "about.twin", "about.citation", "about.population",
    "about.licence",
    "about.arms.*.title", "about.arms.*.waves", "about.unprefixed", "about.names", "about.disclosure",
    "caveats",
    "items.*.label", "items.*.concept",
    "scales.*.concept", "scales.*.items",
    "waves.*.title", "waves.*.mode", "waves.*.fieldwork.start", "waves.*.fieldwork.end",
    "waves.*.exceptions.*.reason", "waves.*.exceptions.*.wording", "waves.*.exceptions.*.verdict",
    "waves.*.prefix", "waves.*.variables", "waves.*.not_asked", "waves.*.files.*.arm",
    "waves.*.files.*.fieldwork.start", "waves.*.files.*.fieldwork.end", "waves.*.files.*.prefix",
    "waves.*.files.*.variables", "waves.*.files.*.not_asked", "waves.*.files.*.names", "waves.*.names", "waves.*.mark",
    "waves.*.number", "about.columns", "waves.*.columns", "waves.*.files.*.columns",
)  # fmt: skip
_ITEM_READS = (
    "label", "concept", "wording", "original", "codes", "recode", "reverse", "assumed", "variable", "waves", "arms",
)  # fmt: skip


def model_reads(model: AnyModel, *, planned: bool = False) -> tuple[str, ...]:
    """What a paper reads of the declaration of one of its models; of a ``planned`` one, what its plan says, too."""
    taken = _MODEL_READS & (FAMILIES[model.family].keys | {"weights", "waves", "arms"})
    taken |= PLAN_READS & set(type(model).model_fields) if planned else set()
    return tuple(sorted(path for name in taken for path in _WITHIN.get(name, (name,))))


def study_reads(paper: Paper, text: str, project: Project) -> tuple[str, ...]:
    """What a paper reads of the declarations of its study: paths such as ``items.*.label``. ``text``: its markdown."""
    study, concepts = project.studies[paper.study], set(concepts_of(paper, text, project))
    items = _items_of(study, concepts)
    own = [f"items.{item}.{name}" for item in items for name in _ITEM_READS]
    own += [f"items.{item}.range" for item in items if study.items[item].codes and study.items[item].reverse]
    used = weight_sets_of(paper, project) or ("none",)  # a name that no set has: the paper sees that there is none
    sets = (f"weights.{name}.label" for name in used)
    return (*_STUDY_READS, *own, *sets)


def labels_of(paper: Paper, text: str, project: Project) -> dict[str, str]:
    """Concept or scale → label, of those that the paper may print.

    The name that the paper's figures have for it comes first, so that tables and figures agree; a concept's own label
    comes before its scale's.
    """
    drawn: dict[str, str] = {}
    for figure in paper.figures:
        drawn = names_given(project.figures[figure], project.models) | drawn
    scales = {scale.concept or key: scale.label for key, scale in project.studies[paper.study].scales.items()}
    found = {}
    for name in concepts_of(paper, text, project):
        if name in drawn:
            found[name] = drawn[name]
        elif name in project.concepts:
            found[name] = project.concepts[name].label
        elif name in scales:
            found[name] = scales[name]
    return found


def planned_models(study: Study) -> frozenset[str]:
    """The models that the study's plan names; none without one."""
    return frozenset(one.model for one in study.plan.hypotheses.values()) if study.plan is not None else frozenset()


def groups_of(models: Mapping[str, AnyModel]) -> dict[str, str]:
    """Model → the column whose groups it distinguishes."""
    grouped = {name: model for name, model in models.items() if "group" in FAMILIES[model.family].keys}
    return {name: model.group for name, model in grouped.items() if model.group}


def pooling_waves(models: Mapping[str, AnyModel], every: Mapping[str, AnyModel]) -> tuple[str, ...]:
    """The models that analyse several waves without a term for each. ``every``: also those that others estimate again.

    A regression has such terms unless it declares otherwise, or takes none; a model from wave to wave has means of its
    own for each wave unless it sets them equal.
    """
    return tuple(name for name, model in models.items() if _pools_waves(model, every))


def _pools_waves(model: AnyModel, every: Mapping[str, AnyModel]) -> bool:
    again = every.get(str(getattr(model, "of", None)))
    if again is not None:
        return _pools_waves(again, every)
    family = FAMILIES[model.family]
    if len(model.waves) == 1:
        return False
    if "wave_effects" in family.keys:
        return not getattr(model, "wave_effects", True) and getattr(model, "effects", "") != "person_and_wave"
    return "outcome" in family.needs or getattr(model, "means", None) == "equal"


def yardsticks_of(models: Mapping[str, AnyModel]) -> dict[str, Yardstick]:
    """Model → what its headline measures its effect by."""
    return {name: model.yardstick for name, model in models.items() if model.yardstick is not None}


def ranges_of(models: Iterable[AnyModel], study: Study, project: Project) -> dict[str, tuple[float, float]]:
    """Concept → its lowest and highest value in the study, of those that the models name and that have both."""
    named = {name for model in models for name in _named(model, project.models)}
    ends = score_ranges(study).items()
    return {name: (low, high) for name, (low, high) in ends if name in named and low is not None and high is not None}


def smallest_of(models: Iterable[AnyModel], study: Study, project: Project) -> dict[str, float]:
    """Concept → the smallest difference of interest that the study declares, of those that the models name."""
    named = {name for model in models for name in _named(model, project.models)}
    return {name: value for name, value in study.about.smallest_differences.items() if name in named}


def concepts_of(paper: Paper, text: str, project: Project) -> tuple[str, ...]:
    """The concepts and scales whose labels and questions the paper may print.

    Those that its models name, and those that the tables and sections in its ``text`` print besides.
    """
    study = project.studies[paper.study]
    named = [name for model in paper.models for name in _named(project.models.get(model), project.models)]
    for asked in requests(text):
        part = _part(asked)
        for labelled in part.labelled if part else ():
            named += _printed(labelled, asked, study, weight_sets_of(paper, project))
    return tuple(dict.fromkeys(named))


def weight_sets_of(paper: Paper, project: Project) -> tuple[str, ...]:
    """The declared weight sets that the paper's models use, in the order of the models."""
    declared = project.studies[paper.study].weights
    named = (str(project.models[model].weights) for model in paper.models)
    return tuple(dict.fromkeys(name for name in named if name in declared))


def _named(model: AnyModel | None, models: Mapping[str, AnyModel]) -> Iterator[str]:
    """The concepts of a model, and of the model that it estimates again."""
    if model is None:
        return
    for key in _NAMES_CONCEPTS:
        value = getattr(model, key, None) or ()
        yield from (value,) if isinstance(value, str) else measures(value)
    again = getattr(model, "of", None)
    if again is not None:
        yield from _named(models.get(again), models)


def _part(asked: Request) -> PaperPart | None:
    parts = {"table": PAPER_TABLES, "section": PAPER_SECTIONS}.get(asked.name)
    return parts.get(asked.arguments[0]) if parts and asked.arguments else None


def _printed(labelled: Labelled, asked: Request, study: Study, sets: tuple[str, ...]) -> tuple[str, ...]:
    """What a part of the paper prints under its label."""
    if labelled == "headline":
        return (study.about.headline,) if study.about.headline else ()
    if labelled == "weights":
        return tuple(name for key in sets for name in _variables(study.weights[key]))
    if labelled == "scales":
        return tuple(scale.concept or key for key, scale in study.scales.items())
    named = asked.arguments[1:]
    return named or (study.scores if labelled == "scores" else ())


def _variables(weights: WeightSet) -> tuple[str, ...]:
    """The concepts that a weight set predicts response by, and those of its margins."""
    margins = weights.margins.variables if weights.margins else ()
    return (*weights.response.predictors, *margins)


def _items_of(study: Study, concepts: set[str]) -> tuple[str, ...]:
    """The items that measure the concepts, as single items or in scales."""
    single = (item for concept, item in study.scored_items().items() if concept in concepts)
    scaled = (item for key, scale in study.scales.items() if (scale.concept or key) in concepts for item in scale.items)
    return tuple(dict.fromkeys((*single, *scaled)))
