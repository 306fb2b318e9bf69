"""A small study whose areas are sets of codes: a merger and a split are traced by a lookup."""

from pathlib import Path

import polars as pl
from confirmed import confirm_all
from small_study import declare, deposit, make_root

PEOPLE = {"A1": 60, "A2": 50, "A3": 70, "A4": 80, "A5": 40, "A9": 30}
"""Code of 2011 → people. A1 and A2 became B1; A3 became B3 and B4; A9 is in no area."""
LOOKUP = """old_code,new_code,from_vintage,to_vintage,share,source
A1,B1,2011,2021,,a merger
A2,B1,2011,2021,,a merger
A3,B3,2011,2021,0.6,a split
A3,B4,2011,2021,0.4,a split
"""
SETS = """districts:
  label: Districts since 2021
  vintage: "2021"
  recorded: "2011"
  lookups: changes_2021.csv
  rest: left_out
  splits: largest
  areas:
    north: {label: The north, codes: [B1]}
    south: {label: The south, codes: [B3]}
    coast: {label: The coast, codes: [B4, A5]}
    east: {label: The east, codes: [A4]}
"""
INDEX = """title: Cohesion of districts
area: districts
domains:
  life: {label: Satisfaction, indicators: [life_satisfaction]}
  place: {label: At home, indicators: [belonging]}
base_wave: w01
uncertainty: {seed: 1, replicates: 50}
"""


def make_districts(root: Path) -> Path:
    """A root with the study ``first``, confirmed and not built."""
    made = make_root(root)
    codes = [code for code, people in PEOPLE.items() for _ in range(people)]
    random = [(number * 7919) % 97 for number in range(len(codes))]
    frame = pl.DataFrame({
        "id": [f"P{number:03}" for number in range(len(codes))], "weight": [1.0 + one % 3 / 4 for one in random],
        "lifesat": [one % 11 for one in random], "belong1": [1 + one % 4 for one in random],
        "belong2": [1 + (one + 1) % 4 for one in random], "sex": [1 + one % 2 for one in random], "district": codes,
    })  # fmt: skip
    deposit(made, "first", frame)
    declare(made, "first", "study.yaml", "  # area: area_code", "  area: district")
    (made / "data" / "areas").mkdir()
    (made / "data" / "areas" / "changes_2021.csv").write_text(LOOKUP)
    (made / "data" / "studies" / "first" / "area_sets.yaml").write_text(SETS)
    (made / "data" / "studies" / "first" / "index.yaml").write_text(INDEX)
    confirm_all(made)
    return made
