"""A panel for tests of twins: made-up people with traits, who answer, leave out and leave."""

import numpy as np
import polars as pl

from pipeline.twin import Columns

WAVES = ("w01", "w02", "w03")
ITEMS = ("trust", "belong", "contact", "help")
MISSING = frozenset({"-9", "-8", "-1"})
COLUMNS = Columns(
    missing=dict.fromkeys((*ITEMS, "income", "job", "follow", "follow_more"), MISSING),
    numbers=frozenset({"income", "weight"}),
    nominal=frozenset({"job", "stratum"}),
    lasting=frozenset({"woman"}),
    clusters={"psu": "stratum"},
)


def panel(seed: int, people: int = 1200) -> dict[str, pl.DataFrame]:
    """Wave → one row per person: ordered answers with stable traits, an amount, a nominal column, gaps, attrition."""
    random = np.random.default_rng(seed)
    psu = random.integers(60, size=people)
    trait = random.normal(size=people) + 0.4 * random.normal(size=60)[psu]
    woman = (random.random(people) < 0.55 + 0.1 * (trait > 0)).astype(int)
    stays = np.ones(people, dtype=bool)
    found = {}
    for number, wave in enumerate(WAVES):
        if number:
            stays = stays & (random.random(people) < 0.9 - 0.15 * (trait < -0.5))
        rows = np.nonzero(stays | ((random.random(people) < 0.03) & (number > 0)))[0]
        found[wave] = _wave(random, rows, trait, woman, psu)
    return found


def _wave(random, rows, trait, woman, psu) -> pl.DataFrame:
    many = len(rows)
    columns: dict[str, list[str]] = {"person_id": [f"p{row:05}" for row in rows]}
    for at, item in enumerate(ITEMS):
        score = trait[rows] * (0.8 if at != 2 else -0.5) + random.normal(size=many) * 0.7
        codes = np.clip(np.round(3 + score), 1, 5).astype(int).astype(str).astype(object)
        codes[random.random(many) < 0.04] = "-9"
        codes[random.random(many) < 0.03] = "-8"
        columns[item] = codes.tolist()
    columns["trust"] = ["6" if at < 3 else code for at, code in enumerate(columns["trust"])]
    filters = random.random(many) < 0.3
    follow = (
        np.clip(np.round(2 + trait[rows] * 0.5 + random.normal(size=many)), 1, 3).astype(int).astype(str).astype(object)
    )
    more = random.integers(1, 4, size=many).astype(str).astype(object)
    follow[filters], more[filters] = "-1", "-1"
    columns |= {"follow": follow.tolist(), "follow_more": more.tolist()}
    income = np.exp(7 + 0.4 * trait[rows] + 0.3 * random.normal(size=many)).round(1)
    columns["income"] = ["-9" if random.random() < 0.08 else str(value) for value in income]
    usual = (rows * 7) % 3 + 2 * (trait[rows] > 0.3)
    changed = np.where(random.random(many) < 0.3, random.integers(5, size=many), usual)
    columns["job"] = [str(code) for code in changed.tolist()]
    columns["weight"] = [str(value) for value in np.round(np.exp(0.3 * random.normal(size=many)), 3)]
    columns["woman"] = [str(1 + one) for one in woman[rows].tolist()]
    columns["psu"] = [f"u{one}" for one in psu[rows].tolist()]
    columns["stratum"] = [str(one % 4) for one in psu[rows].tolist()]
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
