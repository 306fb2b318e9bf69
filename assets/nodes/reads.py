"""Which parts of the declarations each node reads: what is not named here, it cannot see.

A path ends at the part that is seen with all below it; ``*`` stands for every member. That no more and no less is
named than is read is a test (``tests/integration/test_build_leaves.py``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from assets.engine.view import view
from pipeline.specs import AnyModel, ImputationSet, Model, StructuralModel, Study, WeightSet
from pipeline.specs.components import COMPONENTS
from pipeline.specs.declared_terms import placed_terms
from pipeline.specs.families import FAMILIES
from pipeline.specs.figure_kinds import FIGURE_KINDS, SHARED_STUDY, FigureKind
from pipeline.specs.figures import Figure
from pipeline.specs.formats import FORMATS
from pipeline.specs.index import Index
from pipeline.specs.mixed import MixedModel
from pipeline.specs.paper_parts import PAPER_SECTIONS, PAPER_TABLES, PaperPart, requests
from pipeline.specs.writers import WRITERS

Record = tuple[str, Any]
D = TypeVar("D", bound=BaseModel)


def _under(path: str, *parts: str) -> tuple[str, ...]:
    """Several parts below one path."""
    return tuple(f"{path}.{part}" for part in parts)


_ARMS = ("about.arms.*.waves",)
_FIELDWORK = ("fieldwork.start", "fieldwork.end")
_CALENDAR = (
    *_ARMS,
    *_under("waves.*", *_FIELDWORK),
    *_under("waves.*.files.*", "arm", *_FIELDWORK),
)
"""When each arm was in the field."""
_LOCATED = ("variable", "waves", "arms", "asked_when")
"""Of an item: where it was asked, and under which name it lies in a file."""
_CODED = ("kind", "codes", "range", "reverse", "recode", "missing", "blank")
"""Of an item: what its answers become."""
_VALUES = ("codes.#", "range", "recode")
"""Of an item: which values it can take. What its answers are called is no part of that."""
_LAYOUT = ("arm", "file", "mode", "columns", "prefix", "names", "variables", "not_asked", *_FIELDWORK)
_FORM = (
    *("format", "encoding", "delimiter", "decimal", "thousands", "sheet", "header_row", "footer_rows", "layout"),
    "limits",
)
_READING = (
    *_FORM,
    *("answers", "date_format", "of_source", "rows", "present"),
    *_under("join.*", *_FORM, "file", "of_source", "on", "relation", "names", "take"),
)
"""Of a file of a wave: what lies in it under which name, and how it is read."""
_WAVE = ("number", "columns", "prefix", "names", "mark", "variables", "not_asked", *_FIELDWORK)
_OTHERWISE = _under("exceptions.*", "codes", "recode", "reverse", "range", "times", "plus", "missing")
_IDS = (
    "columns",
    "unprefixed",
    "names",
    "sources.*.left_out",
    "ids",
    "doubtful",
    "issued",
    "withdrawals",
    "missing",
    "arms.*.waves",
)

OUTCOMES = (
    "key",
    *_under("about", "arms.*.waves", "columns", "ids", "missing", "names", "outcomes", "sources", "withdrawals"),
    *_under("waves.*", "number", "mark", *_FIELDWORK),
    *_under("waves.*.files.*", "arm", *_FIELDWORK),
)
LINKS = (
    "key",
    *_under("about", "arms.*.title", "paradata.test", *_IDS),
    *_under("items.*", "time_constant", *_LOCATED, *_CODED),
    *_under("waves.*", "decisions", "paradata.test", *_WAVE, *_OTHERWISE),
    *_under("waves.*.files.*", "refreshment", *_LAYOUT, *_READING),
)
ANSWERS = (
    "key",
    *_under("about", "columns", "unprefixed", "names", "doubtful", "missing", "arms.*.waves"),
    *_under("items.*", "carry", *_LOCATED, *_CODED),
    *_under("waves.*", "decisions", *_WAVE, *_OTHERWISE),
    *_under("waves.*.files.*", *_LAYOUT),
)
FINDINGS = (
    *ANSWERS,
    *_under("about", "title", "synthetic", "arms.*.title", "arms.*.waves"),
    *_under("items.*", "label", "wording", "original", "concept", "time_constant", "from_labels", "battery"),
    *_under("scales.*", "label", "items", "reverse"),
    *_under("waves.*.files.*", "rows", "present"),
    "waves.*.title",
    "waves.*.exceptions.*.wording",
    "waves.*.exceptions.*.reason",
)
CODEBOOK = (
    "key",
    *_under("about", "title", "source", "funder", "synthetic", "population", "citation", "licence"),
    *_under(
        "about",
        "arms.*.title",
        "arms.*.waves",
        "columns",
        "unprefixed",
        "names",
        "disclosure.smallest",
        "disclosure.counts",
    ),
    *_under("items.*", "label", "wording", "original", "kind", "concept", "battery", "source", "assumed", "reason"),
    *_under("items.*", "routing", "reverse", "value_labels", *_LOCATED),
    *_under("scales.*", "label", "items", "score", "assumed", "reason"),
    *_under("waves.*", "title", "mode", "assumed", "reason", *_WAVE),
    *_under("waves.*.exceptions.*", "wording", "verdict", "reason"),
    *_under("waves.*.files.*", *_LAYOUT),
)
SAMPLE = (
    "key",
    *_under("about", "arms.*.waves", "columns", "unprefixed", "names", "missing"),
    *_under("items.*", "label", *_LOCATED, *_CODED),
    *_under("scales.*", "concept", "items", "reverse"),
    *_under("waves.*", *_WAVE, *_OTHERWISE),
    *_under("waves.*.files.*", "refreshment", *_LAYOUT, *_READING),
)
RELIABILITY = ("key", "scales.*.items", "scales.*.reverse")
PANEL = (
    *_under("scales.*", "concept", "items", "score", "minimum_answered", "reverse"),
    "items.*.concept",
    *_under("about.areas.*", "table", "column", "code", "by", "vintage", "date", "over_time", "unmatched"),
)
AREA_SET = ("vintage", "recorded", "lookups", "rest", "splits", "overlap", "areas.*.codes")
WEIGHT_SET = ("waves", "who", "arms", "base", "response", "margins", "trim", "replicates")
IMPUTATION_SET = (
    "measures",
    "lasting",
    "passive",
    "arms",
    "waves",
    "who",
    "missed_waves",
    "imputations",
    "iterations",
    "seed",
)

PROGRAMME = (
    *("by", "arms", "outcomes", "waves", "design", "scale", "people", "standardiser", "weights", "cluster"),
    *_under("areas.*", "code", "start"),
    *_under("comparison", "arms", "codes", "waves"),
    *("smallest_effect", "moderators", "method"),
)


def waves_of(waves: Iterable[str]) -> tuple[str, ...]:
    """What the tables of waves are made from: their own declarations, and what holds for all waves."""
    files = ("refreshment", "sha256", "rows", "join.*.sha256", "join.*.rows", *_LAYOUT, *_READING)
    return (
        "key",
        *_under("about", "paradata", *_IDS),
        *_under("items.*", "kind", "codes", "recode", "range", "missing", "time_constant", *_LOCATED),
        *(path for wave in waves for path in _under(f"waves.{wave}", "decisions", "paradata", *_WAVE, *_OTHERWISE)),
        *(path for wave in waves for path in _under(f"waves.{wave}.files.*", *files)),
    )


def redelivery_of(wave: str, together: Iterable[str]) -> tuple[str, ...]:
    """What a delivery of a wave, and the one before it, are compared by: its table, and the means of its scores.

    ``together``: the waves that share its files.
    """
    return (
        *waves_of(together),
        *_under(f"waves.{wave}.files.*", "earlier", "join.*.earlier"),
        *_under("items.*", "concept", "reverse", "blank"),
        *_under("scales.*", "concept", "items", "score", "minimum_answered", "reverse"),
    )


def scoring_index(declared: Index) -> tuple[str, ...]:
    """What persons' scores read of an index; of weights what their method takes."""
    methods = {"declared": ("weights.domains", "weights.indicators"), "budget": ("weights.budget",)}
    return (
        *("area", "arms", "waves", "composed", "aggregation", "coverage", "smallest_shown", "ranked"),
        *_under("domains.*.indicators.*", "direction", "range", "goalposts", "reference"),
        *_under("normalisation", "method", "bounds", "mean_sd", "cap"),
        *_under("outliers", "method", "winsorised", "skew", "kurtosis"),
        "weights.method",
        *methods.get(declared.weights.method, ()),
    )


def areas_of_index(declared: Index) -> tuple[str, ...]:
    """What the areas read of an index: its measures, how they are composed and replicated, and who is ranked."""
    return (
        *_COMPOSING,
        *("confidence", "smallest_shown", "ranked", "rounds"),
        *_under("small_areas", "method", "covariates", "transform", "benchmarked", "margins"),
        *_under("uncertainty", "draws", "choices"),
        *(("uncertainty.perturbed",) if "random" in declared.uncertainty.choices.weights else ()),
    )


def changes_of_index(declared: Index) -> tuple[str, ...]:
    """What changes of areas read of an index: its measures, how they are composed, and what is compared."""
    compared = _under("benchmarks.*", "label", "measure", "value", "std_error", "waves", "wording", "mode")
    by_people = declared.composed == "persons" and declared.uncertainty.weights is None
    drawn = ("uncertainty.seed", "uncertainty.replicates") if by_people else ()
    return (
        *(path for path in _COMPOSING if path not in drawn),
        *("confidence", "smallest_shown", "base_wave", "comparison", "rounds"),
        *(compared if declared.benchmarks else ("benchmarks",)),
    )


_COMPOSING = (
    "domains.*.indicators.#",
    *("aggregation", "coverage", "composed"),
    *_under("normalisation", "method", "bounds", "mean_sd"),
    *_under("uncertainty", "seed", "replicates", "weights"),
    *_under("outliers", "method", "winsorised", "skew", "kurtosis"),
    *_under("weights", "method", "domains", "indicators", "budget"),
)
"""How areas are composed of persons' indicators, in the sample and in replicates."""
COHERENCE_OF_INDEX = (
    "domains.*.indicators.#",
    "coverage.indicators",
    "confidence",
    "smallest_shown",
    "uncertainty.seed",
    "rounds",
)
MONITOR_OF_INDEX = ("domains.*.indicators.#", "composed", "monitor", "smallest_shown", "rounds")


def weighting(declared: WeightSet) -> tuple[str, ...]:
    """What a weight set reads of its study: strata of one unit matter to its replicates."""
    lonely = ("about.design.lonely_psu",) if declared.replicates else ()
    return (*_ARMS, *lonely, *_under("targets.*", "wave", "arm", "variable", "category", "share"))


def imputing(declared: ImputationSet, study: Study) -> tuple[str, ...]:
    """What an imputation set reads of its study: how passive scales are scored, and the concepts of single items.

    The calendar is read where the set does not name its arms and waves itself.
    """
    scales = _under("scales.*", "concept", "items", "score", "reverse")
    calendar = () if declared.arms and declared.waves else _ARMS
    return (*calendar, *scales, "items.*.concept", *_values_of(declared.passive, study, "concept"))


def _values_of(scored: Iterable[str], study: Study, *more: str) -> tuple[str, ...]:
    """The values that the items of scales can take; ``more`` of what is read of them besides."""
    names = set(scored)
    scales = [scale for key, scale in study.scales.items() if (scale.concept or key) in names]
    items = dict.fromkeys(item for scale in scales for item in scale.items)
    return tuple(path for item in items for path in _under(f"items.{item}", *more, *_VALUES))


def format_code(name: str) -> str:
    """All code of a file format's module."""
    return f"{FORMATS[name].module}:*"


def format_record(name: str) -> Record:
    return "pipeline.specs.formats:FORMATS", FORMATS[name]


def format_records(names: Iterable[str]) -> tuple[Record, ...]:
    return tuple(format_record(name) for name in dict.fromkeys(names))


FAMILY_TABLE = "pipeline.specs.families:FAMILIES"


def family_records(models: Mapping[str, AnyModel]) -> tuple[Record, ...]:
    """The records of the models' families, and of the components of their estimates."""
    families = [FAMILIES[name] for name in dict.fromkeys(str(model.family) for model in models.values())]
    components = dict.fromkeys(name for family in families for name in family.components if name in COMPONENTS)
    return (
        *((FAMILY_TABLE, family) for family in families),
        *(("pipeline.specs.components:COMPONENTS", COMPONENTS[name]) for name in components),
    )


def kind_records(figures: Iterable[Figure]) -> tuple[Record, ...]:
    """The records of the figures' kinds: a paper asks them whether a figure prints numbers or shows levels."""
    kinds = dict.fromkeys(str(figure.kind) for figure in figures)
    return tuple(("pipeline.specs.figure_kinds:FIGURE_KINDS", FIGURE_KINDS[kind]) for kind in kinds)


def writer_records() -> tuple[Record, ...]:
    return tuple(("pipeline.specs.writers:WRITERS", writer) for writer in WRITERS.values())


def part_records(text: str) -> tuple[Record, ...]:
    """The records of the tables and sections that a paper's text asks for."""
    return tuple((table, part) for table, part in _parts(text))


def part_code(text: str) -> tuple[str, ...]:
    """The code of the tables and sections that a paper's text asks for."""
    return tuple(part.function for _, part in _parts(text))


def _parts(text: str) -> list[tuple[str, PaperPart]]:
    home = "pipeline.specs.paper_parts"
    kinds = {"table": (f"{home}:PAPER_TABLES", PAPER_TABLES), "section": (f"{home}:PAPER_SECTIONS", PAPER_SECTIONS)}
    asked = [(kinds[one.name], one.arguments[0]) for one in requests(text) if one.name in kinds and one.arguments]
    found = {(table, key): parts[key] for (table, parts), key in asked if key in parts}
    return [(table, part) for (table, _), part in found.items()]


def drawing(kind: FigureKind) -> tuple[str, ...]:
    """What a kind of figure reads of its study."""
    return ("key", *SHARED_STUDY, *kind.reads_study)


def drawn_model(kind: FigureKind, declared: AnyModel) -> AnyModel:
    """A model as a kind of figure reads it."""
    return view(declared, [path for path in kind.reads_models if path in type(declared).model_fields])


WORDS = frozenset({"question", "assumed", "reason", "yardstick"})
"""Parts of a model's declaration that are printed, and fit nothing."""


def model(declared: D) -> D:
    """A model as its fit reads it: without its words."""
    return view(declared, sorted(set(type(declared).model_fields) - WORDS))


_EQUIVALENCE = ("smallest_effect", "confidence")


def again(declared: Model) -> Model:
    """A sensitivity model as its estimates read it: how they are fitted is for the model that it estimates again."""
    return view(declared, ("family", "of", "result", "weights", "imputation", "tipping", *_EQUIVALENCE))


def modelling(declared: Model, fitted: Model, study: Study) -> tuple[str, ...]:
    """What a regression reads of its study: conventions of the design, waves of its weight set, dates of fieldwork."""
    weights = (f"weights.{declared.weights}.waves",) if declared.weights in study.weights else ()
    moved = any(factor.moved for one in placed_terms(fitted) for factor in one.term.factors)
    calendar = _ARMS if moved else ()
    if isinstance(fitted, MixedModel) and fitted.times == "fieldwork":
        calendar = tuple(dict.fromkeys((*calendar, *_CALENDAR)))
    design = ("about.design",) if any(FAMILIES[model.family].on_design for model in (declared, fitted)) else ()
    return ("key", *calendar, *design, *weights)


def structural(declared: StructuralModel, study: Study) -> tuple[str, ...]:
    """What a structural model reads of its study: when waves were, and where items are analysed how they are scored."""
    dated = declared.times == "fieldwork" or isinstance(declared.event, dt.date)
    calendar = _CALENDAR if dated and "times" in FAMILIES[declared.family].keys else ()
    if not declared.reads_items:
        return ("key", *calendar)
    scales = _under("scales.*", "concept", "items", "reverse")
    return ("key", *calendar, *scales, *_values_of(declared.constructs, study))
