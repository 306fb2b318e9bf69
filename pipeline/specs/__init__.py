"""The declarations: what a person writes in YAML, read strictly into frozen objects.

Each is imported when it is first asked for: a model of a notebook needs no reader of declarations.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.specs.deposits import Columns, WaveFile
    from pipeline.specs.figures import Claim, Figure
    from pipeline.specs.imputation import Gap, ImputationSet
    from pipeline.specs.load import load_project, load_studies
    from pipeline.specs.models import AnyModel, declare
    from pipeline.specs.papers import Paper
    from pipeline.specs.project import Assumption, Project, Study
    from pipeline.specs.report import Concept, Model
    from pipeline.specs.structural import StructuralModel
    from pipeline.specs.study import AreaMeasure, Arm, Event, Item, Scale, StudyFile, Wave, WaveException
    from pipeline.specs.weights import Target, WeightSet

__all__ = [
    "AnyModel",
    "AreaMeasure",
    "Arm",
    "Assumption",
    "Claim",
    "Columns",
    "Concept",
    "Event",
    "Figure",
    "Gap",
    "ImputationSet",
    "Item",
    "Model",
    "Paper",
    "Project",
    "Scale",
    "StructuralModel",
    "Study",
    "StudyFile",
    "Target",
    "Wave",
    "WaveException",
    "WaveFile",
    "WeightSet",
    "declare",
    "load_project",
    "load_studies",
]

_MODULES = {
    "pipeline.specs.deposits": "Columns WaveFile",
    "pipeline.specs.figures": "Claim Figure",
    "pipeline.specs.imputation": "Gap ImputationSet",
    "pipeline.specs.load": "load_project load_studies",
    "pipeline.specs.models": "AnyModel declare",
    "pipeline.specs.papers": "Paper",
    "pipeline.specs.project": "Assumption Project Study",
    "pipeline.specs.report": "Concept Model",
    "pipeline.specs.structural": "StructuralModel",
    "pipeline.specs.study": "AreaMeasure Arm Event Item Scale StudyFile Wave WaveException",
    "pipeline.specs.weights": "Target WeightSet",
}


def __getattr__(name: str) -> Any:
    for module, names in _MODULES.items():
        if name in names.split():
            return getattr(importlib.import_module(module), name)
    raise AttributeError(f"pipeline.specs has no `{name}`")
