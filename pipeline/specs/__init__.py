"""The declarations: what a person writes in YAML, read strictly into frozen objects."""

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
