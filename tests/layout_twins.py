"""One panel in six layouts: one file per wave, long, wide, joined, in two modes, in forty chunks."""

import random
from pathlib import Path

import polars as pl
from layout_study import declare_waves, make_root, write

PEOPLE, WAVES = 120, (1, 2, 3)
ITEMS = """q1: {label: One, wording: One, concept: generalised_trust, codes: {1: a, 2: b, 3: c, 4: d, 5: e}}
q2: {label: Two, wording: Two, concept: get_on_well, codes: {1: a, 2: b, 3: c, 4: d, 5: e}}
size: {label: Size, wording: Size, concept: happiness, kind: number, range: [1, 9]}
sex: {label: Sex, wording: Sex, concept: is_woman, kind: nominal, codes: {1: M, 2: F}, recode: {1: 0, 2: 1},
  time_constant: true}
"""
COLUMNS = ("id", "q1", "q2", "size", "sex")


def panel() -> pl.DataFrame:
    """One row per person and wave, in order: people come and go, move, and leave a few questions out."""
    chance = random.Random(11)
    leaning = {person: chance.gauss(3, 1) for person in range(1, PEOPLE + 1)}
    size = {person: chance.randint(1, 9) for person in leaning}
    rows = []
    for wave in WAVES:
        for person in range(1, PEOPLE + 1):
            here = chance.random() < 0.75 or person == 1
            answers = [min(5, max(1, round(chance.gauss(leaning[person], 0.7)))) for _ in "12"]
            second = None if chance.random() < 0.05 else answers[1]
            if chance.random() < 0.2:
                size[person] = chance.randint(1, 9)
            if here:
                rows.append((person, wave, answers[0], second, size[person], 1 + person % 2))
    schema = dict.fromkeys(("id", "wave", *COLUMNS[1:]), pl.Int64)
    return pl.DataFrame(rows, schema=schema, orient="row")


def texts(frames: dict[str, pl.DataFrame]) -> dict[str, str]:
    return {name: frame.write_csv() for name, frame in frames.items()}


def of(wave: int) -> pl.DataFrame:
    return panel().filter(wave=wave).select(COLUMNS)


def declared(root: Path, files: dict[str, pl.DataFrame], about: str, waves: dict[int, str]) -> Path:
    make_root(root, texts(files))
    write(root, "study.yaml", about, add=True)
    write(root, "items.yaml", ITEMS)
    declare_waves(root, {number: f"files: [{text}]\n" for number, text in waves.items()})
    return root


def one_a_wave(root: Path) -> Path:
    files = {f"w{n}.csv": of(n) for n in WAVES}
    return declared(root, files, "", {n: f"{{arm: main, file: w{n}.csv, format: csv}}" for n in WAVES})


def long(root: Path) -> Path:
    about = "sources: {panel: {file: long.csv, format: csv}}\n"
    part = "{{arm: main, file: panel, rows: {{wave: {n}}}}}"
    return declared(root, {"long.csv": panel()}, about, {n: part.format(n=n) for n in WAVES})


def wide(root: Path) -> Path:
    frame = panel().select("id").unique().sort("id").join(panel().select("id", "sex").unique(), on="id").sort("id")
    for n in WAVES:
        own = of(n).drop("sex").rename({name: f"{name}W{n}" for name in ("q1", "q2", "size")})
        frame = frame.join(own, on="id", how="left", maintain_order="left")
    about = 'names: "{name}W{number}"\nunprefixed: [id, sex]\nsources: {panel: {file: wide.csv, format: csv}}\n'
    part = "{arm: main, file: panel, present: {any_of: items}}"
    return declared(root, {"wide.csv": frame}, about, dict.fromkeys(WAVES, part))


def joined(root: Path) -> Path:
    """Persons, households of each wave, and one file of what lasts."""
    files: dict[str, pl.DataFrame] = {"lasting.csv": panel().select("id", "sex").unique().sort("id", descending=True)}
    for n in WAVES:
        own = of(n).with_columns(hh=pl.col("size") * 7 + n)
        files[f"p{n}.csv"] = own.select("id", "hh", "q1", "q2")
        files[f"h{n}.csv"] = own.select("hh", "size").unique().sort("size", descending=True)
    about = "sources: {lasting: {file: lasting.csv, format: csv}}\n"
    households = "{{file: h{n}.csv, format: csv, on: hh, relation: many_to_one}}"
    join = f"[{households}, {{{{file: lasting, on: id, relation: one_to_one}}}}]"
    part = "{{arm: main, file: p{n}.csv, format: csv, join: " + join + "}}"
    return declared(root, files, about, {n: part.format(n=n) for n in WAVES})


def two_modes(root: Path) -> Path:
    """The first half of each wave by web, the others by phone, who call everything otherwise."""
    files, waves = {}, {}
    other = dict(zip(COLUMNS, ("RespID", "A_1", "A_2", "N", "G"), strict=True))
    for n in WAVES:
        half = of(n).height // 2
        files[f"web{n}.csv"], files[f"phone{n}.csv"] = of(n)[:half], of(n)[half:].rename(other)
        web = f"{{arm: main, file: web{n}.csv, format: csv}}"
        names = "variables: {q1: A_1, q2: A_2, size: N, sex: G}, columns: {person_id: RespID}"
        waves[n] = f"{web}, {{arm: main, file: phone{n}.csv, format: csv, {names}}}"
    return declared(root, files, "", waves)


def forty_chunks(root: Path) -> Path:
    files, waves = {}, {}
    for n in WAVES:
        rows = of(n)
        bounds = [rows.height * chunk // 40 for chunk in range(41)]
        own = {f"w{n}_{chunk:02}.csv": rows[bounds[chunk] : bounds[chunk + 1]] for chunk in range(40)}
        files |= own
        waves[n] = ", ".join(f"{{arm: main, file: {name}, format: csv}}" for name in own)
    return declared(root, files, "", waves)


TWINS = (long, wide, joined, two_modes, forty_chunks)
"""The layouts that are compared with ``one_a_wave``."""
