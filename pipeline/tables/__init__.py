"""Every table's grain, columns, types and ranges: one module per stage.

Asset checks, codebook and UI column schemas derive from these contracts. Tables whose columns depend on a study
(wave, answers, panel) have functions that add the study's columns to a fixed head.
"""

from pipeline.tables.draw import FigureRecord
from pipeline.tables.harmonise import (
    FURTHER_HEAD,
    HEAD,
    MISSING_REASONS,
    Crosswalk,
    Findings,
    Ledger,
    Redeliveries,
    answers_schema,
)
from pipeline.tables.impute import Convergence, Imputations
from pipeline.tables.index import (
    AreaChanges,
    AreaPairs,
    Areas,
    AreaSensitivity,
    Coherence,
    IndexMethods,
    Monitor,
    MonitorNext,
    Programmes,
    index_schema,
    indicators_schema,
)
from pipeline.tables.ingest import (
    INTERVIEW_MODE,
    MARKED_MISSING,
    NOT_IN_FILE,
    ROUTED_OUT,
    SET_ASIDE,
    FieldOutcomes,
    Joins,
    Labels,
    Receipt,
    SampleFiles,
    wave_schema,
)
from pipeline.tables.links import LINK_KINDS, Linked, Links
from pipeline.tables.model import VERSIONS, Comparability, Estimates, estimates
from pipeline.tables.participation import Absences, Participation, Patterns, ResponseRates, Transitions, Variation
from pipeline.tables.score import Reliability, panel_schema
from pipeline.tables.shape import shaped
from pipeline.tables.weigh import (
    PanelWeights,
    ReplicateScales,
    WeightBalance,
    WeightMargins,
    Weights,
    WeightSteps,
    replicate_schema,
)
from pipeline.tables.write import CommonLevels, DatabaseTables, PaperNumber, PaperPassage, ProfileNumber

__all__ = [
    "FURTHER_HEAD",
    "HEAD",
    "INTERVIEW_MODE",
    "LINK_KINDS",
    "MARKED_MISSING",
    "MISSING_REASONS",
    "NOT_IN_FILE",
    "ROUTED_OUT",
    "SET_ASIDE",
    "VERSIONS",
    "Absences",
    "AreaChanges",
    "AreaPairs",
    "AreaSensitivity",
    "Areas",
    "Coherence",
    "CommonLevels",
    "Comparability",
    "Convergence",
    "Crosswalk",
    "DatabaseTables",
    "Estimates",
    "FieldOutcomes",
    "FigureRecord",
    "Findings",
    "Imputations",
    "IndexMethods",
    "Joins",
    "Labels",
    "Ledger",
    "Linked",
    "Links",
    "Monitor",
    "MonitorNext",
    "PanelWeights",
    "PaperNumber",
    "PaperPassage",
    "Participation",
    "Patterns",
    "ProfileNumber",
    "Programmes",
    "Receipt",
    "Redeliveries",
    "Reliability",
    "ReplicateScales",
    "ResponseRates",
    "SampleFiles",
    "Transitions",
    "Variation",
    "WeightBalance",
    "WeightMargins",
    "WeightSteps",
    "Weights",
    "answers_schema",
    "estimates",
    "index_schema",
    "indicators_schema",
    "panel_schema",
    "replicate_schema",
    "shaped",
    "wave_schema",
]
