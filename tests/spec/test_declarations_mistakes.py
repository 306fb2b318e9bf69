"""Every mistake a person makes in a declaration is named with its file, its line, what was expected, the nearest name.

Each case takes a small valid project (the template study with a model, a figure and a paper), puts one mistake into
one file, and states the whole message. The line in the message is the line of the mistake.
"""

import re
import shutil
from pathlib import Path

import pytest

from pipeline.errors import DeclarationErrors
from pipeline.paths import REPOSITORY, Paths
from pipeline.specs import load_project
from pipeline.specs.error_kinds import ERROR_KINDS
from pipeline.specs.families import FAMILIES
from pipeline.specs.family import SHARED
from pipeline.specs.figure_kinds import FIGURE_KINDS

STUDY = "data/studies/example"
MODEL = """question: Are people who belong more satisfied with life?
study: example
family: pooled
outcome: life_satisfaction
exposures: [belonging]
"""
MEANS = """question: How satisfied are people?
study: example
family: design_means
outcomes: [life_satisfaction]
"""
FIGURE = """study: example
kind: trend
title: People are satisfied with life
models: [satisfaction]
claims:
  - {model: satisfaction, term: life_satisfaction, says: positive}
"""
PAPER = """---
title: A paper
study: example
models: [satisfaction]
figures: [satisfaction]
---
Prose.
"""


def takes_no(family: str, key: str) -> str:
    """The refusal of a key: the keys that the family takes, and the families that take this one, by their records."""
    record = FAMILIES[family]
    *others, last = [
        f"`{name}`" for name, one in FAMILIES.items() if key in one.keys and one.structural == record.structural
    ]
    by = f"{', '.join(others)} and {last}" if others else last
    keys = ", ".join(sorted(record.keys - SHARED))
    return f"`{key}`: a `{family}` model takes no `{key}`; it takes {keys}. `{key}` is taken by {by}."


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(REPOSITORY / "data" / "studies" / "_template", tmp_path / STUDY)
    shutil.copy(REPOSITORY / "data" / "concepts.yaml", tmp_path / "data" / "concepts.yaml")
    reports = {
        "models/belonging_and_satisfaction.yaml": MODEL,
        "models/satisfaction.yaml": MEANS,
        "figures/satisfaction.yaml": FIGURE,
        "papers/findings.md": PAPER,
    }
    for name, text in reports.items():
        file = tmp_path / "reports" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path


def spoil(project: Path, name: str, old: str, new: str) -> None:
    file = project / name
    text = file.read_text()
    assert text.count(old) == 1, f"{name} holds {old!r} {text.count(old)} times"
    file.write_text(text.replace(old, new))


def line_of(project: Path, name: str, marked: str) -> int:
    return next(number for number, line in enumerate((project / name).read_text().splitlines(), 1) if marked in line)


def problems(project: Path) -> list[str]:
    with pytest.raises(DeclarationErrors) as caught:
        load_project(Paths(project))
    return caught.value.problems


ABOUT, ITEMS, SCALES, WAVE, WEIGHTS, TARGETS = (
    f"{STUDY}/{name}"
    for name in ("study.yaml", "items.yaml", "scales.yaml", "waves/w01.yaml", "weights.yaml", "targets.csv")
)
IMPUTATION = f"{STUDY}/imputation.yaml"
HEAD = "wave,arm,variable,category,share,source\n"
LINE = "  waves: [w01]\n"
MODEL_FILE = "reports/models/belonging_and_satisfaction.yaml"
FIGURE_FILE = "reports/figures/satisfaction.yaml"
PAPER_FILE = "reports/papers/findings.md"

# file, what is written there, the mistake put in its place, text on the line the message must name, the message
MISTAKES = {
    "unknown key, with the nearest": (
        ITEMS, "variable: lifesat", "varible: lifesat", "varible",
        "`life_satisfied.varible` is not a valid key; did you mean `variable`?",
    ),
    "unknown key far from any": (
        SCALES, "score: mean", "colour: blue", "colour",
        "`belonging.colour` is not a valid key; valid keys here: "
        "assumed, reason, label, concept, items, score, minimum_answered, reverse.",
    ),
    "unknown key inside a list": (
        WAVE, "encoding: utf-8", "encodng: utf-8", "encodng",
        "`files.0.encodng` is not a valid key; did you mean `encoding`?",
    ),
    "repeated key": (
        ITEMS, "  range: [0, 10]", "  range: [0, 10]\n  range: [0, 11]", "range: [0, 11]",
        "the key `range` appears twice (first on line 17). Keep one.",
    ),
    "repeated item": (
        ITEMS, "woman:", "feels_belonging:  # again", "# again",
        "the key `feels_belonging` appears twice (first on line 19). Keep one.",
    ),
    "missing key": (
        ITEMS, "  wording: Sex of the person interviewed.\n", "", "woman:",
        "the key `wording` is missing from `woman`.",
    ),
    "a word that is not a choice": (
        ABOUT, "lonely_psu: fail", "lonely_psu: certain", "certain",
        "`design.lonely_psu` is `certain`; expected 'certainty', 'adjust', 'remove', 'average' or "
        "'fail'; "
        "did you mean `certainty`?",
    ),
    "a reason that is not one": (
        ABOUT, "-8: dont_know", "-8: dont_kow", "dont_kow",
        "`missing.-8` is `dont_kow`; expected 'routed_out', 'refused', 'dont_know', 'no_answer', 'proxy' or 'blank'; "
        "did you mean `dont_know`?",
    ),
    "an outcome that is none": (
        ABOUT, "missing:\n", "outcomes: [{file: a.csv, waves: {w01: o}, codes: {1: deceased}}]\nmissing:\n",
        "a.csv",
        "`outcomes.0.codes.1` is `deceased`; expected 'complete', 'partial', 'proxy', 'refused', 'no_contact', "
        "'other', 'lost', 'not_issued', 'withdrawn', 'moved' or 'dead'; did you mean `dead`?",
    ),
    "a field report of a wave that is none": (
        ABOUT, "missing:\n", "outcomes: [{file: a.csv, waves: {w02: o}, codes: {1: dead}}]\nmissing:\n", "a.csv",
        "`w02` is not a wave of the arm `main`; did you mean `w01`?",
    ),
    "a field report of an arm that is none": (
        ABOUT, "missing:\n", "outcomes: [{file: a.csv, arm: boost, waves: {w01: o}, codes: {1: dead}}]\nmissing:\n",
        "a.csv",
        "`boost` is not an arm of study.yaml; declared: main.",
    ),
    "a name in capitals": (
        ITEMS, "woman:", "Woman:", "Woman:",
        "`Woman` must be a name in small letters, digits and underscores.",
    ),
    "a wave with a wrong name": (
        ABOUT, "waves: [w01]", "waves: [w1]", "waves:",
        r"`arms.main.waves.0` is `w1`; expected a text of the form ^w\d{2,3}$.",
    ),
    "no such date": (
        WAVE, "end: 2024-06-30", "end: 2024-06-31", "06-31",
        "`2024-06-31` is not a calendar date.",
    ),
    "a period that runs backwards": (
        WAVE, "end: 2024-06-30", "end: 2024-04-30", "fieldwork:",
        "`fieldwork`: the end 2024-04-30 is before the start 2024-05-01.",
    ),
    "a hash that is not one": (
        WAVE, "encoding: utf-8", "sha256: abc", "sha256: abc",
        "`files.0.sha256` is `abc`; expected a text of the form ^[0-9a-f]{64}$.",
    ),
    "a scale naming no item": (
        SCALES, "[feels_belonging, plans_to_stay]", "[feels_belonging, plan_to_stay]", "items:",
        "`plan_to_stay` is not an item of this study; did you mean `plans_to_stay`?",
    ),
    "a scale without items": (
        SCALES, "[feels_belonging, plans_to_stay]", "[]", "items:",
        "`belonging.items` is empty; at least one is expected.",
    ),
    "a scale of names": (
        SCALES, "[feels_belonging, plans_to_stay]", "[feels_belonging, woman]", "items:",
        "`woman` is nominal: its codes are names, not amounts, and cannot be scored.",
    ),
    "more answers wanted than items": (
        SCALES, "minimum_answered: 2", "minimum_answered: 3", "belonging:",
        "`belonging`: `minimum_answered` is 3, but the scale has 2 items.",
    ),
    "an item naming no concept": (
        ITEMS, "concept: is_woman", "concept: is_womn", "is_womn",
        "`is_womn` is not a concept of data/concepts.yaml; did you mean `is_woman`?",
    ),
    "two measures of a concept": (
        ITEMS, "concept: is_woman", "concept: life_satisfaction  # again", "# again",
        "`life_satisfaction` is already measured by `life_satisfied`. "
        "Score the two together in scales.yaml, or give one another concept.",
    ),
    "an answer code that is a missing code": (
        ITEMS, "{1: Very strongly, 2: Fairly strongly,", "{1: Very strongly, -9: Fairly strongly,", "-9:",
        "code `-9` is an answer here and a missing code elsewhere.",
    ),
    "a recode that forgets a code": (
        ITEMS, "recode: {1: 0, 2: 1}", "recode: {1: 0}", "woman:",
        "`woman`: `recode` and `codes` must name the same codes; they differ in 2.",
    ),
    "a code that is not a number": (
        ITEMS, "{1: Man, 2: Woman}\n  recode: {1: 0, 2: 1}", "{m: Man, 2: Woman}", "woman:",
        "`woman`: answer codes are numbers; `m` is not.",
    ),
    "an item without codes": (
        ITEMS, "  codes: {1: Man, 2: Woman}\n  recode: {1: 0, 2: 1}\n", "", "woman:",
        "`woman`: an item of kind `nominal` lists its answer `codes`; or declare `kind: number`.",
    ),
    "assumed without a reason": (
        ITEMS, "  reason: an example of an item whose wording is not public\n", "", "plans_to_stay:",
        "`plans_to_stay`: `assumed: true` needs a `reason`: papers print it.",
    ),
    "a range upside down": (
        ITEMS, "range: [0, 10]", "range: [10, 0]", "range:",
        "`life_satisfied.range`: a range runs from the lowest to the highest, not from 10 to 0.",
    ),
    "values out of the concept's range": (
        ITEMS, "recode: {1: 0, 2: 1}", "recode: {1: 0, 2: 2}", "recode: {1: 0",
        "the values of `woman` run from 0 to 2, but its concept `is_woman` from 0 to 1. Recode it.",
    ),
    "an item twice in a scale": (
        SCALES, "[feels_belonging, plans_to_stay]", "[plans_to_stay, plans_to_stay]", "items:",
        "`plans_to_stay` is listed twice. Keep one.",
    ),
    "an exception for what was not asked": (
        WAVE, "mode: online", "not_asked: [woman]\nexceptions:\n  woman: {reason: other codes}", "other codes",
        "`woman` is `not_asked` in this wave: it has no exception.",
    ),
    "a decision about no item": (
        WAVE, "mode: online",
        "decisions:\n  - {item: womn, finding: wording, decision: accept, reason: a slip}", "womn",
        "`womn` is not an item of this study, nor `weight` or `person_id`; did you mean `woman`?",
    ),
    "a decision about no finding": (
        WAVE, "mode: online",
        "decisions:\n  - {item: woman, finding: wordng, decision: accept, reason: a slip}", "wordng",
        "`wordng` is not a kind of finding; did you mean `wording`?",
    ),
    "a decision that cannot be carried out": (
        WAVE, "mode: online",
        "decisions:\n  - {item: person_id, finding: unlinked, decision: set_aside, reason: new people}", "unlinked",
        "`person_id` cannot be set aside: accept the finding, or ask for the file again.",
    ),
    "a decision taken twice": (
        WAVE, "mode: online",
        "decisions:\n  - {item: woman, finding: wording, decision: accept, reason: a slip}\n"
        "  - {item: woman, finding: wording, decision: set_aside, reason: no slip}", "no slip",
        "`wording` of `woman` is decided twice in this wave. Keep one.",
    ),
    "a wave without a file": (
        WAVE, "    file: study_wave_1.csv ", "    #", "- arm: main",
        "the key `file` is missing from `files.0`.",
    ),
    "a wave with an empty file name": (
        WAVE, "file: study_wave_1.csv", 'file: ""', "file:",
        "`files.0.file` is empty; at least one is expected.",
    ),
    "a wave without files": (
        WAVE, "files:\n  - arm: main\n"
        "    file: study_wave_1.csv         # below data/raw/<study>, or below --deposits\n"
        "    format: csv                    # sav, zsav, dta, csv, xlsx, parquet: declared, never guessed\n"
        "    encoding: utf-8\n    delimiter: \",\"\n", "", "title: 2024",
        "the key `files` is missing from the file.",
    ),
    "a format that is not read": (
        WAVE, "format: csv ", "format: cvs ", "cvs",
        "`files.0.format` is `cvs`; expected 'sav', 'zsav', 'dta', 'csv', 'xlsx' or 'parquet'; did you mean `csv`?",
    ),
    "a file of no arm": (
        WAVE, "arm: main", "arm: man", "arm: man",
        "`man` is not an arm of study.yaml; did you mean `main`?",
    ),
    "no variable for the id": (
        ABOUT, "  person_id: id ", "  #", "",
        "no variable holds the person's id: say `columns: {person_id: ...}` here or in study.yaml.",
    ),
    "an arm listing a wave without a file": (
        ABOUT, "waves: [w01]", "waves: [w01, w02]", "waves:",
        "`w02` is not a wave with a file in waves/; did you mean `w01`?",
    ),
    "a wave naming no item": (
        WAVE, "mode: online", "not_asked: [plan_to_stay]", "not_asked: [plan",
        "`plan_to_stay` is not an item of this study; did you mean `plans_to_stay`?",
    ),
    "an exception out of the item's range": (
        WAVE, "mode: online",
        "exceptions:\n  woman:\n    reason: other codes\n    recode: {1: 0, 2: 2}", "recode: {1: 0, 2: 2}",
        "code `2` becomes 2, out of the item's range 0 to 1.",
    ),
    "a model naming no concept": (
        MODEL_FILE, "outcome: life_satisfaction", "outcome: life_satisfacton", "outcome:",
        "`life_satisfacton` is not a concept that `example` measures; did you mean `life_satisfaction`?",
    ),
    "a model of no study": (
        MODEL_FILE, "study: example", "study: exemple", "study:",
        "`exemple` is not a study in data/studies; did you mean `example`?",
    ),
    "a model of a family that does not exist": (
        MODEL_FILE, "family: pooled", "family: pooling", "family:",
        f"`family` is `pooling`; {FAMILIES.expected('pooling')}",
    ),
    "a model without an exposure": (
        MODEL_FILE, "exposures: [belonging]\n", "", "question:",
        "the file: a `pooled` model needs `outcome` and `exposures`.",
    ),
    "attrition to no wave": (
        MODEL_FILE, "family: pooled\noutcome: life_satisfaction\n", "family: attrition\nfrom_wave: w01\n", "question:",
        "the file: an `attrition` model needs `from_wave`, `exposures` and one of `to_wave`, `to_waves`, `sets`.",
    ),
    "attrition backwards": (
        MODEL_FILE, "family: pooled\noutcome: life_satisfaction\n",
        "family: attrition\nfrom_wave: w02\nto_waves: [w01]\n", "question:",
        "the file: an `attrition` model looks at waves after its `from_wave` (w02).",
    ),
    "attrition to a set of unknown waves": (
        MODEL_FILE, "family: pooled\noutcome: life_satisfaction\n",
        "family: attrition\nfrom_wave: latest\nsets: {all: [w01, w07]}\n", "sets:",
        "`w07` is not a wave of `example`; did you mean `w01`?",
    ),
    "a model of a thing by itself": (
        MODEL_FILE, "exposures: [belonging]", "exposures: [belonging, life_satisfaction]", "exposures:",
        "`life_satisfaction` is the outcome: it cannot be an exposure too.",
    ),
    "a model of a wave that is not there": (
        MODEL_FILE, "exposures: [belonging]", "exposures: [belonging]\nwaves: [w03]", "w03",
        "`w03` is not a wave of `example`; did you mean `w01`?",
    ),
    "a figure of no model": (
        FIGURE_FILE,
        "models: [satisfaction]\nclaims:\n  - {model: satisfaction, term: life_satisfaction, says: positive}\n",
        "models: [satisfactions]\n", "models:",
        "`satisfactions` is not a model in reports/models; did you mean `satisfaction`?",
    ),
    "a figure of no such kind": (
        FIGURE_FILE, "kind: trend", "kind: trned", "kind:",
        f"`kind` is `trned`; {FIGURE_KINDS.expected('trned')}",
    ),
    "a key of another kind of figure": (
        FIGURE_FILE, "claims:", "terms: [belonging]\nclaims:", "terms:",
        "`terms`: a figure of the kind `trend` takes no `terms`; it takes claims, events, groups, labels, models, "
        "outcomes, percent, y_label, y_range.",
    ),
    "a figure that cannot draw its model": (
        FIGURE_FILE, "kind: trend", "kind: path", "models:",
        "the model `satisfaction` is of the family `design_means`, which a `path` figure cannot draw; "
        "it draws riclpm, clpm, lcm_sr, autoregressive_trajectory.",
    ),
    "a claim on another model": (
        FIGURE_FILE, "{model: satisfaction,", "{model: belonging_and_satisfaction,", "- {model",
        "`belonging_and_satisfaction` is not one of this figure's models; did you mean `satisfaction`?",
    ),
    "a claim that says nothing": (
        FIGURE_FILE, "says: positive", "says: positve", "- {model",
        "`claims.0.says` is `positve`; expected 'positive', 'negative', 'not_different_from_zero', 'greater_than', "
        "'less_than', 'not_different_from', 'about_the_same_as' or 'between'; did you mean `positive`?",
    ),
    "a comparison with nothing": (
        FIGURE_FILE, "says: positive", "says: greater_than", "- {model",
        "`claims.0`: `says: greater_than` needs `than`: the result or number it is compared with.",
    ),
    "a paper with a figure that is not there": (
        PAPER_FILE, "figures: [satisfaction]", "figures: [satisfactoin]", "figures:",
        "`satisfactoin` is not a figure in reports/figures; did you mean `satisfaction`?",
    ),
    "a paper without front matter": (
        PAPER_FILE, "---\ntitle", "title", "title",
        "must begin with front matter between two `---` lines: title, study, models, figures.",
    ),
    "a weight set of a wave that is not there": (
        WEIGHTS, "  waves: [w01]\n# first", "  waves: [w02]\n# first", "  waves: [w02]",
        "`w02` is not a wave of this study; did you mean `w01`?",
    ),
    "a weight set predicting from no score": (
        WEIGHTS, LINE + "#", LINE + "  who: any\n  response: {predictors: [belongin]}\n#", "belongin]",
        "`belongin` is not a score of the study; did you mean `belonging`?",
    ),
    "a response model without predictors": (
        WEIGHTS, LINE + "#", LINE + "  response: {method: classes}\n#", "method: classes",
        "`first_wave.response`: `method: classes` needs `predictors`; without any, give `method: none`.",
    ),
    "a response model of a single wave": (
        WEIGHTS, LINE + "#", LINE + "  response: {predictors: [belonging]}\n#", "first_wave:",
        "`first_wave`: everyone asked has answered this one wave: name an earlier `source`, or `method: none`.",
    ),
    "post-stratification by two variables": (
        WEIGHTS, LINE + "#", LINE + "  margins: {variables: [is_woman, belonging], method: post_stratify}\n#",
        "method: post_stratify",
        "`first_wave.margins`: `method: post_stratify` takes one variable; use `rake`, or cross them in the data.",
    ),
    "a bootstrap without a seed": (
        WEIGHTS, LINE + "#", LINE + "  replicates: {kind: bootstrap}\n#", "kind: bootstrap",
        "`first_wave.replicates`: a bootstrap needs a `seed`: the same build gives the same numbers.",
    ),
    "margins without targets": (
        WEIGHTS, LINE + "#", LINE + "  margins: {variables: [is_woman]}\n#", "margins: {variables",
        "targets.csv has no shares of `is_woman` for w01 in the arm `main`.",
    ),
    "a target of no score": (
        TARGETS, HEAD, HEAD + "w01,main,is_womn,1,1,census\n", "is_womn",
        "`is_womn` is not a score of this study; did you mean `is_woman`?",
    ),
    "a target of a value that nobody can have": (
        TARGETS, HEAD, HEAD + "w01,main,is_woman,2,1,census\n", "is_woman,2",
        "`2` is not a value of `is_woman`; its values are 0, 1.",
    ),
    "shares that do not add up": (
        TARGETS, HEAD, HEAD + "w01,main,is_woman,0,0.5,census\nw01,main,is_woman,1.0,0.4,census\n", "is_woman,0",
        "the shares of `is_woman` for w01, main sum to 0.9, not to 1. Correct one of its 2 categories.",
    ),
    "a share that is not a number": (
        TARGETS, HEAD, HEAD + "w01,main,is_woman,0,half,census\n", "half",
        "the share `half` is not a number; write 0.49 for 49 per cent.",
    ),
    "a column of targets that is not known": (
        TARGETS, "category", "categry", "wave,arm",
        "the header is wave,arm,variable,category,share,source; `category` is missing; "
        "`categry` is not a column; did you mean `category`.",
    ),
    "a model of a weight that is not there": (
        MODEL_FILE, "family: pooled", "family: pooled\nweights: first_wve", "first_wve",
        "`first_wve` is not a weight of the panel or a set of `example`; did you mean `first_wave`?",
    ),
    "standard errors that are of no kind": (
        MODEL_FILE, "family: pooled", "family: pooled\nstandard_errors: cr22", "standard_errors",
        "`standard_errors.kind`: `cr22` is no kind of standard errors; "
        + ERROR_KINDS.expected("cr22").removesuffix("?") + "?",
    ),
    "an option that a kind of standard errors does not have": (
        MODEL_FILE, "family: pooled", "family: pooled\nstandard_errors: {kind: cr2, lags: 2}", "standard_errors",
        "`standard_errors`: `cr2` standard errors take no `lags`; they take `cluster`.",
    ),
    "standard errors that a family does not have": (
        MODEL_FILE, "family: pooled", "family: random_effects\nstandard_errors: wild_bootstrap", "standard_errors",
        "`standard_errors`: `wild_bootstrap` standard errors are not defined for a `random_effects` model: each draw "
        "would have to estimate the variances of persons and residuals again. It is for `between`, "
        "`first_difference`, `fixed_effects`, `pooled`.",
    ),
    "standard errors over time of one row a person": (
        MODEL_FILE, "family: pooled", "family: between\nstandard_errors: driscoll_kraay", "standard_errors",
        "`standard_errors`: `driscoll_kraay` standard errors are not defined for a `between` model: it has one row for "
        "each person, so that there is no order in time. It is for `first_difference`, `fixed_effects`, `mundlak`, "
        "`pooled`, `random_effects`.",
    ),
    "clusters that no column holds": (
        MODEL_FILE, "family: pooled", "family: pooled\nstandard_errors: {kind: cr2, cluster: area_cod}", "cluster",
        "`area_cod` is not a column to cluster by; did you mean `area_code`?",
    ),
    "clustered standard errors without clusters": (
        MODEL_FILE, "family: pooled", "family: pooled\ncluster: none\nstandard_errors: cr2", "standard_errors",
        "`standard_errors`: `cr2` standard errors need clusters: name their column in `cluster`.",
    ),
    "design-based errors of a family that is not on the design": (
        MODEL_FILE, "family: pooled", "family: pooled\nstandard_errors: taylor", "standard_errors",
        "`standard_errors`: `standard_errors: taylor` is for the design families; a `pooled` model clusters.",
    ),
    "a model of replicates that are not declared": (
        MODEL_FILE, "family: pooled", "family: pooled\nweights: first_wave\nstandard_errors: replicates",
        "standard_errors",
        "the weight set `first_wave` declares no `replicates`.",
    ),
    "weights for a family that takes none": (
        MODEL_FILE, "family: pooled", "family: between\nweights: first_wave", "weights:",
        takes_no("between", "weights"),
    ),
    "errors by household for a family without clusters": (
        MODEL_FILE, "family: pooled", "family: within_between\ncluster: household_id", "cluster:",
        takes_no("within_between", "cluster"),
    ),
    "a curve for a family that is not asked again": (
        MODEL_FILE, "exposures: [belonging]", "exposures: [belonging]\ntipping: {concept: belonging, deltas: [0, 1, 2]}", "tipping:",  # noqa: E501
        takes_no("pooled", "tipping"),
    ),
    "a wave to stay until for a family without one": (
        MODEL_FILE, "exposures: [belonging]", "exposures: [belonging]\nto_wave: w01", "to_wave:",
        takes_no("pooled", "to_wave"),
    ),
    "a rule of the design for a family that is not on it": (
        MODEL_FILE, "exposures: [belonging]", "exposures: [belonging]\nlonely_psu: adjust", "lonely_psu:",
        takes_no("pooled", "lonely_psu"),
    ),
    "a term with a concept that is not measured": (
        MODEL_FILE, "exposures: [belonging]", "exposures: [belonging * life_satisfction]", "exposures:",
        "`life_satisfction` is not a concept that `example` measures; did you mean `life_satisfaction`?",
    ),
    "an interaction without its parts": (
        MODEL_FILE, "exposures: [belonging]", "exposures: [belonging, 'belonging : is_woman']", "exposures:",
        "`exposures`: `belonging:is_woman` is an interaction without its part `is_woman`: its coefficient depends on "
        "where the scales have their zero. Add `is_woman`, or write `belonging * is_woman`.",
    ),
    "a power without its measure": (
        MODEL_FILE, "exposures: [belonging]", "exposures: ['belonging^2']", "exposures:",
        "`exposures`: `belonging^2` is a power without `belonging` itself: add `belonging`.",
    ),
    "a power of a category": (
        MODEL_FILE, "exposures: [belonging]", "exposures: [belonging, 'belonging^2']\ncategorical: [belonging]",
        "exposures:",
        "`exposures`: `belonging^2` is a power of a category, which is no number: name the category alone.",
    ),
    "a lag where one wave is used": (
        MODEL_FILE, "exposures: [belonging]", "exposures: [lag(belonging)]\nwaves: [w01]", "exposures:",
        "`lag(belonging)` needs waves 1 apart of one arm's calendar among those that are used, and the measure in the "
        "earlier one: name more `waves`.",
    ),
    "one wave for a family that compares people with themselves": (
        MODEL_FILE, "family: pooled", "family: fixed_effects", "exposures:",
        "a `fixed_effects` model compares people with themselves, and only w01 is used: name more `waves`.",
    ),
    "no term at all": (
        MODEL_FILE, "exposures: [belonging]", "exposures: ['belonging ** 2']", "exposures:",
        None,
    ),
    "a measure to impute that is no concept": (
        IMPUTATION, "    life_satisfaction: {} ", "    life_satisfction: {} ", "measures",
        "`life_satisfction` is not a concept that `example` measures; did you mean `life_satisfaction`?",
    ),
    "a method of imputation that is none": (
        IMPUTATION, "{method: logit}\n  #", "{method: logits}\n  #", "logits",
        "`main.lasting.is_woman.method` is `logits`; expected 'pmm', 'lrd', 'norm', 'logit' or 'category'; "
        "did you mean `logit`?",
    ),
    "bounds for answers that occur": (
        IMPUTATION, "    belonging: {}", "    belonging: {bounds: [1, 5]}", "bounds: [1, 5]",
        "`main.measures.belonging`: `bounds` are for `method: norm` and `lrd`; `pmm` only gives answers that occur.",
    ),
    "a passive scale that is not in the set": (
        IMPUTATION, "passive: [belonging]", "passive: [is_woman]", "main:",
        "`main`: `is_woman` is passive, but not one of the `measures`.",
    ),
    "a predictor from outside the set": (
        IMPUTATION, "    belonging: {}", "    belonging: {predictors: [age]}", "main:",
        "`main`: `age` predicts `belonging`, but is not in the set: add it to `measures`.",
    ),
    "a set imputed without a seed": (
        IMPUTATION, "  seed: 1\n", "", "main:", "the key `seed` is missing from `main`.",
    ),
    "a passive measure that no scale scores": (
        IMPUTATION, "passive: [belonging]", "passive: [life_satisfaction]", "passive",
        "`life_satisfaction` is not scored by a scale of `example`; declared: belonging.",
    ),
    "a model of a set that is not declared": (
        MODEL_FILE, "family: pooled", "family: pooled\nimputation: mian", "mian",
        "`mian` is not an imputation set of `example`; did you mean `main`?",
    ),
    "a sensitivity model of nothing": (
        MODEL_FILE, "family: pooled\noutcome: life_satisfaction\nexposures: [belonging]", "family: sensitivity",
        "question:", "the file: a `sensitivity` model needs `of`, `result` and one of `weights`, `imputation`.",
    ),
    "not YAML": (SCALES, "belonging:\n", "belonging: [\n", "items:", None),
    "a tab": (SCALES, "  score: mean", "\tscore: mean", "score: mean", None),
}  # fmt: skip


def test_the_project_to_be_spoilt_is_valid(project: Path) -> None:
    found = load_project(Paths(project))
    assert set(found.models) == {"belonging_and_satisfaction", "satisfaction"}
    assert found.studies["example"].scores == ("belonging", "life_satisfaction", "is_woman")


@pytest.mark.parametrize("mistake", MISTAKES)
def test_one_mistake_gives_one_message_that_names_its_line(project: Path, mistake: str) -> None:
    name, old, new, marked, message = MISTAKES[mistake]
    spoil(project, name, old, new)
    if mistake in ("two measures of a concept", "an item naming no concept", "repeated item"):
        # the imputation set would then name a concept that nobody measures: a second mistake
        (project / IMPUTATION).unlink()
    (problem,) = problems(project)
    file, line, said = re.fullmatch(r"(.+?):(\d+): (.+)", problem).groups()
    expected = WAVE if mistake == "no variable for the id" else name
    assert file == expected
    assert int(line) == line_of(project, expected, marked or "- arm: main")
    assert said == message or message is None
    assert said.endswith((".", "?"))


SENSITIVITY = """question: Does it matter who answered?
study: example
family: sensitivity
of: belonging_and_satisfaction
result: {term: belonging, component: coefficient}
weights: first_wave
imputation: main
tipping: {concept: life_satisfaction, deltas: [-1, 0, 1]}
"""


def test_a_result_is_asked_again_only_with_what_is_declared_for_it(project: Path) -> None:
    file = project / "reports" / "models" / "how_sure.yaml"
    file.write_text(SENSITIVITY)
    assert load_project(Paths(project)).models["how_sure"].of == "belonging_and_satisfaction"
    said = {
        ("of: belonging_and_satisfaction", "of: belonging_and_satisfction"): (
            "`belonging_and_satisfction` is not a model in reports/models; did you mean `belonging_and_satisfaction`?"
        ),
        ("deltas: [-1, 0, 1]", "deltas: [-1, 1, 2]"): "`tipping`: `deltas` hold 0: what is imputed.",
        ("concept: life_satisfaction", "concept: life_satisfctn"): (
            "`life_satisfctn` is not a measure of the set `main`; did you mean `life_satisfaction`?"
        ),
    }
    for (old, new), message in said.items():
        file.write_text(SENSITIVITY.replace(old, new))
        (problem,) = problems(project)
        assert problem.endswith(f": {message}")
    file.write_text(SENSITIVITY)
    spoil(project, IMPUTATION, "    life_satisfaction: {} ", "    is_woman: {} ")
    spoil(project, IMPUTATION, "    is_woman: {method: logit}", "    life_satisfaction: {}")
    (problem,) = problems(project)
    assert problem.endswith("`life_satisfaction` is not a measure of the set `main`; declared: is_woman, belonging.")


def test_mistakes_in_many_files_are_told_all_at_once(project: Path) -> None:
    alone = [
        "a word that is not a choice",
        "unknown key, with the nearest",
        "a scale naming no item",
        "a format that is not read",
        "a model naming no concept",
        "a claim that says nothing",
        "a paper with a figure that is not there",
    ]
    for mistake in alone:
        name, old, new, _, _ = MISTAKES[mistake]
        spoil(project, name, old, new)
    found = problems(project)
    assert [problem.split(": ", 1)[1] for problem in found] == [
        MISTAKES[mistake][4] for mistake in sorted(alone, key=lambda mistake: MISTAKES[mistake][0])
    ]


def test_two_mistakes_in_one_entry_are_both_told(project: Path) -> None:
    spoil(project, ITEMS, "  kind: nominal\n", "  kind: nominel\n  colour: red\n")
    assert [problem.split(":")[0] for problem in problems(project)] == [ITEMS, ITEMS]


@pytest.mark.parametrize("name", [ABOUT, ITEMS], ids=["study.yaml", "items.yaml"])
def test_a_missing_file_is_one_message_not_a_flood(project: Path, name: str) -> None:
    (project / name).unlink()
    assert problems(project) == [f"{name}:1: is missing. Create it; data/studies/_template shows its contents."]


def test_a_file_that_is_not_text_is_said_so(project: Path) -> None:
    (project / ITEMS).write_bytes(b"\xff\xfe\x00")
    assert problems(project) == [f"{ITEMS}:1: is not UTF-8 text (byte 0). Save the file as UTF-8."]


def test_yaml_surprises_stay_what_was_written(project: Path) -> None:
    """``no``, ``1`` and ``true`` as codes and labels: YAML's usual readers merge or turn them."""
    spoil(project, ITEMS, "{1: Man, 2: Woman}\n  recode: {1: 0, 2: 1}", "{1: no, 01: yes, 0.0: on}")
    item = load_project(Paths(project)).studies["example"].items["woman"]
    assert item.codes == {"1": "no", "01": "yes", "0.0": "on"}
