"""Which parts of the declarations each node reads: what is not named here, it cannot see.

A path ends at the part that is seen with all below it; ``*`` stands for every member. That no more and no less is
named than is read is a test (``tests/integration/test_build_reads.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from assets.engine.view import view
from pipeline.specs import AnyModel, Model, StructuralModel, Study
from pipeline.specs.components import COMPONENTS
from pipeline.specs.families import FAMILIES
from pipeline.specs.figure_kinds import SHARED_STUDY, FigureKind
from pipeline.specs.formats import FORMATS
from pipeline.specs.paper_parts import PAPER_SECTIONS, PAPER_TABLES, PaperPart, requests
from pipeline.specs.writers import WRITERS

Record = tuple[str, Any]
D = TypeVar("D", bound=BaseModel)

ALL = ("key", "about", "items", "scales", "waves", "caveats", "weights", "targets", "imputation")
SAMPLE = LINKS = OUTCOMES = FINDINGS = ANSWERS = IMPUTING = ALL
RELIABILITY = ("key", "scales.*.items", "scales.*.reverse")
_SCORING = ("concept", "items", "score", "minimum_answered", "reverse")
PANEL = (
    *(f"scales.*.{part}" for part in _SCORING),
    "items.*.concept",
    *(f"about.areas.*.{part}" for part in ("table", "column", "code", "by")),
)
WEIGHTING = (
    "about.arms.*.waves",
    "about.design.lonely_psu",
    *(f"targets.*.{part}" for part in ("wave", "arm", "variable", "category", "share")),
)
WEIGHT_SET = ("waves", "who", "arms", "base", "response", "margins", "trim", "replicates")
IMPUTATION_SET: tuple[str, ...] = ()


def wave_of(wave: str) -> tuple[str, ...]:
    """What a wave's table is made from: its own declaration, and what holds for all waves."""
    return ("key", "about", "items", f"waves.{wave}")


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


WORDS = frozenset({"question", "assumed", "reason"})
"""Parts of a model's declaration that are printed, and fit nothing."""


def model(declared: D) -> D:
    """A model as its fit reads it: without its words."""
    return view(declared, sorted(set(type(declared).model_fields) - WORDS))


def modelling(declared: Model, study: Study) -> tuple[str, ...]:
    """What a regression reads of its study: conventions of its design, and the waves of its weight set."""
    weights = (f"weights.{declared.weights}.waves",) if declared.weights in study.weights else ()
    return ("key", "about.design", "about.arms.*.waves", *weights)


def structural(declared: StructuralModel) -> tuple[str, ...]:
    """What a structural model reads of its study: the calendar, and of items how they are scored."""
    return ALL
