"""A made-up panel of up to many million person-waves: declared as a study, written by DuckDB, the same every time.

    uv run python tests/benchmarks/large_panel.py ROOT PERSON_WAVES [--deposits]

Ten waves; people miss one in sixteen. Their trust changes with contact, within and between persons, by known amounts.
Writes the study's declarations and its wave tables (as `ingest` makes them), and with `--deposits` the CSV files that
`ingest` reads. Prints how many rows there are.
"""

import argparse
import hashlib
from pathlib import Path

import duckdb
from bare_root import bare_root

STUDY = "large"
WAVES = tuple(f"w{number:02}" for number in range(1, 11))
ABSENT = 1 / 16
WITHIN, BETWEEN = 0.3, 0.5
"""What a point of contact adds to trust: in a person's other waves, and between persons."""

ABOUT = f"""title: A large panel
short_title: Large panel
population: People who do not exist
citation: None
licence: None
synthetic: true
deposits: data/raw/{STUDY}
arms: {{main: {{title: Main, waves: w01 to w10}}}}
columns: {{person_id: id, weight: wt, strata: region, psu: segment, area: district}}
missing: {{-9: refused, -8: dont_know}}
design: {{lonely_psu: certainty}}
"""
ITEMS = """trust: {label: Trust in the local council, wording: How much do you trust the council?, kind: number,
  range: [-20, 30], concept: political_trust}
contact: {label: Contact, wording: How often do you talk to people of other groups?, kind: number,
  range: [-20, 30], concept: contact_quantity}
belief: {label: Conspiracy belief, wording: Secret groups decide what happens., kind: ordinal,
  codes: {1: disagree strongly, 2: disagree, 3: neither, 4: agree, 5: agree strongly}, concept: conspiracy_belief}
woman: {label: Woman, wording: Sex, kind: nominal, codes: {0: man, 1: woman}, time_constant: true, concept: is_woman}
"""
HEADER = "wave,title,start,end,number,mark,file,rows,sha256"

# Numbers between 0 and 1 from a hash of person, wave and purpose: the same on every machine and for every size.
CHANCE = "((hash({keys}, {place}) % 1000003) / 1000003.0)"


def chance(place: int, keys: str = "person") -> str:
    return CHANCE.format(keys=keys, place=place)


def spread(place: int, keys: str = "person") -> str:
    """Roughly normal with variance one: the sum of three uniform numbers, centred."""
    return f"(2.0 * ({' + '.join(chance(place + step, keys) for step in range(3))} - 1.5))"


def rows(persons: int, number: int) -> str:
    """The answers of a wave in SQL, as text: one row per person who takes part."""
    both = f"person, {number}"
    usual, contact = spread(1), f"(3 + 0.8 * {spread(1)} + {spread(10, both)})"
    trust = f"(3 + {BETWEEN - WITHIN} * 0.8 * {usual} + {WITHIN} * {contact} + {spread(20)} + {spread(30, both)})"
    return f"""
        SELECT md5('p' || person) AS id,
            CASE WHEN {chance(40, both)} < 0.02 THEN '-9' ELSE round({trust}, 3)::VARCHAR END AS trust,
            CASE WHEN {chance(41, both)} < 0.02 THEN '-8' ELSE round({contact}, 3)::VARCHAR END AS contact,
            CASE WHEN {chance(42, both)} < 0.03 THEN NULL
                ELSE (1 + floor({chance(43, both)} * 3 + 2 * {chance(44)}))::INTEGER::VARCHAR END AS belief,
            (hash(person, 45) % 2)::VARCHAR AS woman,
            round(0.4 + 1.2 * {chance(46, both)}, 4)::VARCHAR AS wt,
            'r' || (person % 12) AS region, 's' || (person % 600) AS segment, 'd' || (person % 2400) AS district
        FROM range({persons}) people(person) WHERE {chance(47, both)} >= {ABSENT}"""


def persons_for(person_waves: int) -> int:
    """How many people give about so many rows, never fewer."""
    return round(person_waves / len(WAVES) / (1 - ABSENT) * 1.002) + 20


def declare(root: Path) -> None:
    """The study's declarations, in a root of its own."""
    _, study = bare_root(root, STUDY)
    (study / "waves" / "_each.yaml").write_text('files: [{arm: main, file: "wave_{number:02}.csv", format: csv}]\n')
    (study / "study.yaml").write_text(ABOUT)
    (study / "items.yaml").write_text(ITEMS)
    list_waves(root, {})


def list_waves(root: Path, sums: dict[str, str]) -> None:
    """The waves and their months of fieldwork; ``sums``: wave → SHA-256 of its file, which confirms it."""
    lines = [HEADER]
    for place, wave in enumerate(WAVES, 1):
        year = 1999 + place
        lines.append(f"{wave},Wave {place},{year}-01-01,{year}-02-28,,,,,{sums.get(wave, '')}")
    (root / "data" / "studies" / STUDY / "waves.csv").write_text("\n".join(lines) + "\n")


def write(root: Path, person_waves: int, *, deposits: bool = False) -> int:
    """Wave tables in the warehouse of ``root``, or with ``deposits`` the files to ingest; returns how many rows."""
    persons, total, sums = persons_for(person_waves), 0, {}
    folder = root / "data" / "warehouse" / "wave" / STUDY
    folder.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(config={"memory_limit": "2GB", "temp_directory": str(root / "spilled")})
    for number, wave in enumerate(WAVES, start=1):
        made = rows(persons, number)
        if deposits:
            target = root / "data" / "raw" / STUDY / f"wave_{number:02}.csv"
            total += connection.execute(f"COPY ({made}) TO '{target}' (FORMAT csv, HEADER)").fetchall()[0][0]
            sums[wave] = hashlib.sha256(target.read_bytes()).hexdigest()
            continue
        table = f"""SELECT id AS person_id, '{STUDY}' AS study, 'main' AS arm, '{wave}' AS wave,
            row_number() OVER () AS row, * EXCLUDE (id) FROM ({made})"""
        target = folder / f"{wave}.parquet"
        total += connection.execute(f"COPY ({table}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)").fetchall()[0][0]
    if deposits:
        list_waves(root, sums)
    return total


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("root", type=Path)
    asked.add_argument("person_waves", type=int)
    asked.add_argument("--deposits", action="store_true")
    options = asked.parse_args()
    declare(options.root)
    print(f"{write(options.root, options.person_waves, deposits=options.deposits):,} rows")


if __name__ == "__main__":
    main()
