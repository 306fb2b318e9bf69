"""The files of a study folder: one record of facts each, from which reading, assumptions and hashes are derived.

To add a file: its declaration class and one record here. It is then read, its mistakes are reported with their line,
and what it declares is the attribute ``key`` of a study. (A field of that name in ``Study`` gives it a static type.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import BaseModel

from pipeline.specs.area_sets import AreaSet
from pipeline.specs.batteries import load_items
from pipeline.specs.format import load_about
from pipeline.specs.imputation import ImputationSet
from pipeline.specs.index import Index
from pipeline.specs.methods import Methods
from pipeline.specs.plan import Plan
from pipeline.specs.programme import Programme
from pipeline.specs.reader import load, load_each, load_if_filled, load_text
from pipeline.specs.records import Records
from pipeline.specs.strict_yaml import Source
from pipeline.specs.study import Item, Scale, StudyFile, Wave
from pipeline.specs.targets import read_targets
from pipeline.specs.weights import Target, WeightSet

Reader = Callable[[Path, str, Any], tuple[Any, Source]]
"""(file, what messages call it, declaration class) → what it declares, and its source with the mistakes in it."""


@dataclass(frozen=True)
class StudyPart:
    """One kind of file in a study folder. ``key`` is the attribute of ``Study`` that holds what it declares.

    ``path`` is the file's name, or a pattern (``waves/*.yaml``) of which each file is one entry. ``reader`` is ``load``
    for one declaration, ``load_each`` for a mapping of names. ``empty`` makes what stands for an absent file.
    """

    key: str
    path: str
    holds: str
    """What the file declares, in words: the row of the table in ``data/studies/README.md``."""
    declaration: type[BaseModel] | None
    reader: Reader
    entry: str = ""
    """What readers call one entry of it, in the list of assumptions; empty where there are no entries."""
    required: bool = False
    empty: Callable[[], Any] = dict

    @property
    def is_folder(self) -> bool:
        """Whether there is one file for each entry."""
        return "*" in self.path

    @property
    def source(self) -> str:
        """The key of the file's source: the name of the file or folder without suffix."""
        path = PurePosixPath(self.path)
        return path.parts[0] if self.is_folder else path.stem


STUDY_FILES: Records[StudyPart] = Records(
    "a file of a study",
    StudyPart(
        "about",
        "study.yaml",
        "title, population, citation, licence; arms and their waves; the variables with a role; missing codes; "
        "design; events; the format of the declarations",
        StudyFile,
        load_about,
        required=True,
        empty=lambda: None,
    ),
    StudyPart(
        "items",
        "items.yaml",
        "each question: wording, what it measures, what each answer code becomes, who was asked; batteries",
        Item,
        load_items,
        entry="item",
        required=True,
    ),
    StudyPart("scales", "scales.yaml", "which items are scored together, and how", Scale, load_each, entry="scale"),
    StudyPart(
        "waves",
        "waves/*.yaml",
        "fieldwork, mode, the deposited file (format, SHA-256, rows), what was not asked, what differs in this wave",
        Wave,
        load,
        entry="wave",
    ),
    StudyPart(
        "weights",
        "weights.yaml",
        "weight sets, one for each set of waves that is analysed; without it, weights are as delivered",
        WeightSet,
        load_each,
        entry="weight",
    ),
    StudyPart(
        "targets",
        "targets.csv",
        "population margins for weights: wave, arm, variable, category, share, source",
        Target,
        read_targets,
    ),
    StudyPart(
        "imputation",
        "imputation.yaml",
        "which missing values are imputed, and how: measures by wave, time-constant facts, of whom, number, seed",
        ImputationSet,
        load_each,
        entry="imputation",
    ),
    StudyPart(
        "methods",
        "methods.yaml",
        "who sponsored and conducted the study, frame, design, recruitment, modes, weights, response rates and the "
        "rest of the methods annex; no item may be blank",
        Methods,
        load_if_filled,
        empty=lambda: None,
    ),
    StudyPart(
        "plan",
        "plan.yaml",
        "what was planned before the results were known: hypotheses with their models, when they were fixed, and every "
        "change since; papers print what was done otherwise",
        Plan,
        load_if_filled,
        empty=lambda: None,
    ),
    StudyPart(
        "area_sets",
        "area_sets.yaml",
        "areas that are sets of codes with a vintage, and the lookups by which codes of other vintages are traced",
        AreaSet,
        load_each,
        entry="area set",
    ),
    StudyPart(
        "index",
        "index.yaml",
        "a cohesion index: domains and their indicators, direction, normalisation, weights, aggregation, coverage; "
        "areas, what they are compared with, when they are shown and ranked; method choices, monitor and profiles",
        Index,
        load_if_filled,
        empty=lambda: None,
    ),
    StudyPart(
        "programmes",
        "programme.yaml",
        "programmes of areas: where each ran and from when, what it is compared with, outcomes, weights, the smallest "
        "effect of interest, moderators, how effects are pooled",
        Programme,
        load_each,
        entry="programme",
    ),
    StudyPart(
        "caveats",
        "caveats.md",
        "what is assumed, rated by quality and impact; printed in the technical annex",
        None,
        load_text,
        empty=str,
    ),
)
"""Key → record, in the order in which the files are read."""


def is_study_file(name: str) -> bool:
    """Whether a file of this name, directly in a study folder, is one that is read."""
    return any(part.path == name for part in STUDY_FILES.values())
