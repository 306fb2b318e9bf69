"""A made-up panel of many waves, declared by waves.csv, for benchmarks: seeded, and written where it is asked for."""

from pathlib import Path

import numpy as np
import polars as pl
from bare_root import bare_root

STUDY = "panel"
GRIDS = {  # battery → concept of its scale
    "belong": "belonging",
    "trust": "political_trust",
    "contact": "contact_quantity",
    "threat": "threat",
    "liking": "outgroup_liking",
    "near": "neighbourliness",
    "mood": "optimism",
}
ROWS = 4
ABOUT = """title: A panel of many waves
short_title: Many waves
population: People who do not exist
citation: None
licence: None
synthetic: true
deposits: data/raw/panel
arms: {{main: {{title: Main, waves: {waves}}}}}
columns: {{person_id: id, weight: wt}}
missing: {{-9: no_answer}}
"""
GRID = """{grid}:
  stem: How much do you agree?
  codes: {{1: a, 2: b, 3: c, 4: d, 5: e}}
  rows: {{{rows}}}
"""
FACTS = """is_woman: {label: Woman, wording: Sex, kind: nominal, codes: {0: man, 1: woman}, time_constant: true,
  concept: is_woman}
age: {label: Age, wording: Age, kind: number, range: [0, 110], concept: age}
"""
MODEL = """question: Is {outcome} higher when {exposure} is?
study: panel
family: within_between
outcome: {outcome}
exposures: [{exposure}]
"""
FIGURES = {
    "within": "study: panel\nkind: coefficients\ntitle: Within and between people\nmodels: [first, second]\n",
    "stayed": "study: panel\nkind: participation\ntitle: Who answered\n",
}
PAPER = """---
title: A paper of many waves
study: panel
models: [first, second]
figures: [within, stayed]
---

## What was found

Some people were asked.

:::figure within

:::figure stayed
"""


def items() -> list[str]:
    return [f"{grid}_{row}" for grid in GRIDS for row in range(ROWS)]


def _scale(grid: str, concept: str) -> str:
    own = ", ".join(f"{grid}_{row}" for row in range(ROWS))
    return f"{concept}: {{label: {grid.capitalize()}, concept: {concept}, items: [{own}]}}\n"


def answers(people: int, waves: int, share: float, seed: int = 1) -> pl.DataFrame:
    """One row per person and wave in which they take part: answers that last, and move a little together."""
    chance = np.random.default_rng(seed)
    lasting = chance.normal(size=(people, 1, len(GRIDS)))
    woman, born = chance.integers(0, 2, people), chance.integers(1930, 1995, people)
    common = chance.normal(size=(people, waves, 1)) * 0.4
    level = lasting + common + chance.normal(size=(people, waves, len(GRIDS))) * 0.5
    own = np.repeat(level, ROWS, axis=2) + chance.normal(size=(people, waves, len(GRIDS) * ROWS)) * 0.6
    codes = np.clip(np.round(own + 3), 1, 5).astype(np.int8)
    codes[chance.random(codes.shape) < 0.02] = -9
    there = chance.random((people, waves)) < share
    person, wave = np.nonzero(there)
    frame = pl.DataFrame(codes[there], schema=items())
    return frame.select(
        pl.Series("id", person + 100_000),
        pl.Series("wave", wave + 1),
        pl.Series("wt", np.round(chance.uniform(0.6, 1.6, person.size), 3)),
        pl.Series("is_woman", woman[person]),
        pl.Series("age", 2000 + wave - born[person]),
        pl.all(),
    )


def make_root(root: Path, people: int, waves: int, share: float) -> int:
    """A root with the study, its deposits (one CSV a wave), two models, two figures and a paper; how many rows."""
    raw, study = bare_root(root, STUDY)
    frame = answers(people, waves, share)
    names = [f"w{number:02}" for number in range(1, waves + 1)]
    rows = ["wave,title,start,end,number,mark,file,rows,sha256"]
    for number, name in enumerate(names, start=1):
        frame.filter(wave=number).drop("wave").write_csv(raw / f"wave_{number:02}.csv")
        rows.append(f"{name},Wave {number},{1999 + number}-01-01,{1999 + number}-02-28,,,,,")
    (study / "waves.csv").write_text("\n".join(rows) + "\n")
    (study / "waves" / "_each.yaml").write_text('files: [{arm: main, file: "wave_{number:02}.csv", format: csv}]\n')
    (study / "study.yaml").write_text(ABOUT.format(waves=f"{names[0]} to {names[-1]}"))
    grids = [
        GRID.format(grid=grid, rows=", ".join(f"{grid}_{row}: Statement {row}" for row in range(ROWS)))
        for grid in GRIDS
    ]
    (study / "items.yaml").write_text("".join(grids) + FACTS)
    (study / "scales.yaml").write_text("".join(_scale(grid, concept) for grid, concept in GRIDS.items()))
    reports = {
        "models/first.yaml": MODEL.format(outcome="belonging", exposure="contact_quantity"),
        "models/second.yaml": MODEL.format(outcome="political_trust", exposure="threat"),
        **{f"figures/{name}.yaml": text for name, text in FIGURES.items()},
        "papers/many.md": PAPER,
    }
    for name, text in reports.items():
        (root / "reports" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "reports" / name).write_text(text)
    return frame.height
