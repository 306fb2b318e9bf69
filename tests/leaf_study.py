"""A small study that declares something of every kind: two arms, three waves, weights, imputation, areas, models."""

import shutil
from pathlib import Path

from leaf_asked import FIGURES, MODELS, PAPER, STUDY
from leaf_deposits import areas, deposit
from shared import ROOT

CONCEPTS = """
life_satisfaction:
  {label: Life satisfaction, definition: How satisfied one is., dimension: wellbeing, direction: higher is more,
   range: [0, 10], source: OECD}
belonging:
  {label: Belonging, definition: Feeling part of a place., dimension: belonging, direction: higher is more, source: CLS}
contact_quantity:
  {label: Contact, definition: How often one meets others., dimension: contact, direction: higher is more, source: none}
is_woman: {label: Woman, definition: Whether a woman., dimension: person, direction: one is a woman, source: none}
age: {label: Age, definition: Age in years., dimension: person, direction: higher is older, source: none}
deprivation: {label: Deprivation, definition: Of the area., dimension: area, direction: higher is more, source: none}
own_share: {label: Own share, definition: Of the area., dimension: area, direction: higher is more, source: none}
political_trust: {label: Trust, definition: In politics., dimension: trust, direction: higher is more, source: none}
"""
ABOUT = """
title: A panel that declares everything
short_title: Everything
population: People who do not exist
citation: Nobody (2024)
licence: none
source: Made up for a test
funder: Nobody
synthetic: true
twin: false
arms:
  main: {title: Main sample, waves: [w01, w02, w03], description: Everyone}
  boost: {title: Boost sample, waves: [w02, w03], assumed: true, reason: nobody knows when it began}
columns: {person_id: pid, weight: wt, strata: stratum, psu: psu, area: lad, interview_date: intdate}
unprefixed: [pid]
ids: {strip: true, case: upper, pattern: 'P\\d{4}'}
missing: {-9: no_answer, -8: dont_know}
doubtful: set_aside
issued: ids.csv
outcomes:
  - {file: field.csv, arm: main, id: person, waves: {w01: out1, w02: out2},
     codes: {1: complete, 2: refused, 3: no_contact}}
partial_below: 0.5
paradata: {duration_in: minutes, speeders: 0.2, stragglers: 500, complete: 90, test: [Test], set_aside: [stragglers]}
design: {lonely_psu: adjust, subset: domain}
events:
  - {date: 2020-03-23, label: First lockdown, until: 2020-07-04}
areas:
  deprivation:
    {table: deprivation.csv, column: score, vintage: "2019", date: 2019-09-26, source: made up, range: [0, 100]}
  own_share:
    {table: own.csv, column: share, by: is_woman, vintage: "2011", date: 2011-03-27, source: made up, range: [0, 1]}
headline: contact_quantity
"""
ITEMS = """
satisfied:
  {label: Satisfied, wording: How satisfied are you?, concept: life_satisfaction, variable: sat, kind: number,
   range: [0, 10]}
belonging_battery:
  stem: How much do you agree?
  source: A battery of three
  codes: {1: Strongly agree, 2: Agree, 3: Disagree, 4: Strongly disagree}
  reverse: true
  rows:
    here: {wording: I belong here, variable: b1}
    stay: {wording: I plan to stay, variable: b2, label: Plans to stay}
    help: {wording: People help each other, variable: b3, assumed: true, reason: the wording is not public}
contact:
  label: Contact
  wording: How often do you meet people of another group?
  original: Wie oft?
  concept: contact_quantity
  variable: meet
  codes: {1: Never, 2: Sometimes, 3: Often}
  missing: {7: refused}
  blank: no_answer
  routing: everyone
  source: made up
woman:
  {label: Woman, wording: Sex, concept: is_woman, variable: sex, kind: nominal, codes: {1: Man, 2: Woman},
   recode: {1: 0, 2: 1}, time_constant: true}
age: {label: Age, wording: Age, concept: age, kind: number, range: [16, 110]}
trust:
  label: Trust
  wording: Do you trust politics?
  concept: political_trust
  codes: {1: 'No', 2: 'Yes'}
  waves: [w01, w02]
  arms: [main]
"""
SCALES = """
belonging: {label: Belonging here, items: [here, stay, help], score: mean, minimum_answered: 2}
"""
WAVES = {
    "w01": """
title: 2019
number: 1
fieldwork: {start: 2019-01-01, end: 2019-03-31}
mode: face to face
files:
  - {arm: main, file: main1.csv, format: csv, encoding: utf-8, delimiter: ";", decimal: ",", header_row: 2,
     columns: {duration: minutes, test: remark}, date_format: "%d/%m/%Y"}
paradata: {speeders: 0.1, stragglers: 600}
""",
    "w02": """
title: 2020
fieldwork: {start: 2020-01-01, end: 2020-03-31, assumed: true, reason: the end was not written down}
mode: online
prefix: b_
files:
  - {arm: main, file: main2.sav, format: sav, columns: {progress: done}, variables: {contact: b_often}}
  - {arm: boost, file: boost2.csv, format: csv, fieldwork: {start: 2020-02-01, end: 2020-04-30}, prefix: "",
     not_asked: [age], refreshment: new2.csv}
exceptions:
  here: {reason: another wording, wording: I feel at home, verdict: near,
         codes: {1: Fully agree, 2: Agree, 3: Disagree, 4: Disagree fully}}
  satisfied: {reason: eleven steps before, verdict: same, range: [0, 10]}
""",
    "w03": """
title: 2021
fieldwork: {start: 2021-01-01, end: 2021-03-31}
mode: online
columns: {weight: weight3}
variables: {stay: remain}
files:
  - {arm: main, file: main3.csv, format: csv}
  - {arm: boost, file: boost3.csv, format: csv, not_asked: [age]}
not_asked: []
decisions:
  - {finding: new_people, item: person_id, decision: accept, reason: they were invited}
""",
}
WEIGHTS = """
stayers:
  label: People who answered every wave
  waves: [w01, w02, w03]
  who: all
  arms: [main]
  response: {method: propensity, predictors: [age, is_woman], categorical: [is_woman], reference: {is_woman: "0"}}
  margins: {variables: [is_woman], wave: w01, method: rake, unanswered: keep}
  trim: {lower: 0.1, upper: 6}
  replicates: {kind: bootstrap, number: 12, seed: 3}
first: {label: People of the first wave, waves: [w01], base: none}
"""
TARGETS = """wave,arm,variable,category,share,source
w01,,is_woman,0,0.49,register
w01,,is_woman,1,0.51,register
"""
IMPUTATION = """
main:
  label: Everyone
  measures:
    life_satisfaction: {method: pmm, donors: 4, predictors: [belonging, is_woman, contact_quantity]}
    belonging: {}
    contact_quantity: {method: norm, bounds: [1, 3], predictors: [is_woman, life_satisfaction]}
  lasting: {is_woman: {method: logit}}
  passive: [belonging]
  arms: [main]
  waves: [w01, w02, w03]
  who: {present_in: [w01], at_least: 1}
  missed_waves: true
  imputations: 4
  iterations: 10
  seed: 5
"""
INDEX = """
title: An index of everything
area: area
labels: {A0: North, A1: South}
arms: [main]
waves: [w01, w02, w03]
rounds: {main: {w03: w04}}
within_days: 30
domains:
  trust_in_politics: {label: Trust, indicators: [political_trust]}
  life:
    label: Life
    indicators: {belonging: {}, contact_quantity: {direction: lower, range: [1, 4]}, life_satisfaction: {}}
normalisation: {method: own_range, bounds: [1, 100]}
weights: {method: declared, domains: {life: 2}, indicators: {belonging: 3}}
aggregation: {domains: arithmetic, index: geometric}
coverage: {indicators: 0.4, domains: 0.5}
base_wave: w01
comparison: {areas: [A1], label: The first area}
benchmarks:
  - {measure: life, value: 50, std_error: 1, label: The country, source: made up, waves: [w01], wording: same,
     mode: same}
smallest_shown: 10
ranked: {n_effective: 12, reliability: 0.1}
small_areas: {method: reml, covariates: [deprivation]}
uncertainty:
  {seed: 3, draws: 50, replicates: 50, choices: {weights: [equal, declared], aggregation: [arithmetic, geometric]}}
"""
PROGRAMME = """
events:
  label: Events in two areas
  by: area
  arms: [main]
  areas:
    north: {label: North, code: A0, start: w02}
    south: {label: South, code: A1, start: w02}
    west: {label: West, code: A2, start: w03}
  comparison: {arms: [main], codes: [A3, A4, A5], waves: {w01: w01, w02: w02, w03: w03}, within_days: 40}
  outcomes: [belonging]
  waves: [w02, w03]
  design: before_after
  scale: standardised
  people: same
  standardiser: programme
  weights: stayers
  cluster: psu
  smallest_effect: 0.1
  moderators: {size: {north: 1, south: 2, west: 3}}
  method: {heterogeneity: REML, test: knha, prediction: k_minus_2, confidence: 0.9}
"""
CAVEATS = """Each assumption is rated.

| assumption | quality | impact | why |
|---|---|---|---|
| The weight represents the population | medium | high | nobody said how it was made |
"""


def make_everything(root: Path) -> Path:
    """A root with one study that has every kind of declaration, and what is asked of it."""
    folder = root / "data" / "studies" / STUDY
    declared = {
        "data/concepts.yaml": CONCEPTS,
        **{f"data/areas/{table}": text for table, text in areas().items()},
        **{f"reports/models/{name}.yaml": _asked(name, text) for name, text in MODELS.items()},
        **{f"reports/figures/{name}.yaml": _drawn(name, text) for name, text in FIGURES.items()},
        "reports/papers/everything.md": PAPER,
    }
    files = {
        "study.yaml": ABOUT, "items.yaml": ITEMS, "scales.yaml": SCALES, "weights.yaml": WEIGHTS,
        "targets.csv": TARGETS, "imputation.yaml": IMPUTATION, "index.yaml": INDEX, "programme.yaml": PROGRAMME,
        "caveats.md": CAVEATS,
        **{f"waves/{wave}.yaml": text for wave, text in WAVES.items()},
    }  # fmt: skip
    declared |= {(folder / name).relative_to(root).as_posix(): text for name, text in files.items()}
    for name, text in declared.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text.lstrip("\n"), encoding="utf-8")
    shutil.copytree(ROOT / "reports" / "templates", root / "reports" / "templates")
    deposit(root / "data" / "raw" / STUDY)
    return root


def _asked(name: str, text: str) -> str:
    return f"question: What of {name}?\nstudy: {STUDY}\n{text}"


def _drawn(name: str, text: str) -> str:
    return f"study: {STUDY}\ntitle: About {name}\n{text}"
