"""What each stage costs from 10,000 to 20 million person-waves: time and memory, beside DuckDB's bare scan.

    uv run python tests/benchmarks/cost.py [--sizes 10000,100000] [--scratch FOLDER] [--write]

Each stage runs in a process of its own, on tables on disk (`pipeline.on_disk`), with `COHESION_MEMORY=6GB`. Time is
seconds of processor time, which other work on the machine disturbs least; peak memory is what the system says of the
process, the interpreter and its libraries included. Beside it, in another process, DuckDB alone reads every value of
the same columns of the same files, on one thread. Prints a table and asserts nothing. With `--write`,
`reports/gallery/cost.csv` and `cost.svg`, the picture of the README, are made anew; `--picture` draws it again.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import large_panel

ROOT = Path(__file__).resolve().parents[2]
GALLERY = ROOT / "reports" / "gallery"
SIZES = (10_000, 100_000, 1_000_000, 10_000_000, 20_000_000)
MEMORY = "6GB"
STUDY = large_panel.STUDY
CHILD = (
    "import json, resource, subprocess, sys; done = subprocess.run(sys.argv[1:]); "
    "used = resource.getrusage(resource.RUSAGE_CHILDREN); "
    "print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e9])); sys.exit(done.returncode)"
)
"""A process that runs one command, and says what that took and how much memory it had at most."""


def made(root: Path, name: str) -> Path:
    return root / "data" / "warehouse" / f"{name}.parquet"


def waves(root: Path) -> dict[str, Path]:
    return {path.stem: path for path in sorted((root / "data" / "warehouse" / "wave" / STUDY).glob("*.parquet"))}


def study_of(root: Path):
    from pipeline.paths import Paths
    from pipeline.specs import load_project

    return load_project(Paths(root)).studies[STUDY]


def harmonise(root: Path) -> None:
    from pipeline.harmonise import account
    from pipeline.harmonise import harmonise as harmonised
    from pipeline.on_disk import on_disk

    files = waves(root)
    found = harmonised(study_of(root), files)
    assert not account(found.ledger, {wave: on_disk(path) for wave, path in files.items()}, found.answers)
    found.answers.write(made(root, "answers"))


def participation(root: Path) -> None:
    from pipeline.participation import absences, patterns, response_rates
    from pipeline.participation import participation as everybody

    table = everybody(made(root, "answers"), study_of(root).calendar, study=STUDY)
    for count in (response_rates, patterns, absences):
        assert count(table).height
    table.write(made(root, "participation"))


def weights(root: Path) -> None:
    """As delivered; and of those who answered any wave, raked to sex."""
    import polars as pl

    from pipeline.weights import Recipe, people, weight_set
    from pipeline.weights.delivered import delivered_weights

    delivered_weights(made(root, "answers")).write(made(root, "weights"))
    tables = made(root, "answers"), made(root, "participation")
    asked = people(*tables, list(waves(root)), columns=["design_weight", "woman"], rule="any")
    targets = pl.DataFrame({"variable": ["woman"] * 2, "category": ["0", "1"], "share": [0.49, 0.51]})
    recipe = Recipe(response="none", predictors=(), targets=targets, unanswered="keep")
    weight_set(asked, recipe, base_weight="design_weight").table.write_parquet(made(root, "panel_weights"))


def panel(root: Path) -> None:
    from pipeline.scales import panel as scored

    scored(study_of(root), made(root, "answers")).write(made(root, "panel"))


def means(root: Path) -> None:
    """Two measures by wave and sex."""
    from pipeline.models import design_means

    design = {"weight": "design_weight", "strata": "stratum", "psu": "psu"}
    measures = ["political_trust", "conspiracy_belief"]
    design_means(made(root, "panel"), measures, by=("wave", "is_woman"), **design).write_parquet(made(root, "means"))


def effects(root: Path) -> None:
    """Two-way, weighted, clustered by person."""
    from pipeline.models import fixed_effects

    terms = ("political_trust", ["contact_quantity"], ["conspiracy_belief"])
    how = {"effects": "person_and_wave", "weights": "design_weight"}
    fixed_effects(made(root, "panel"), *terms, **how).write_parquet(made(root, "effects"))


def hybrid(root: Path) -> None:
    from pipeline.models import within_between

    terms = ("political_trust", ["contact_quantity"], ["is_woman"])
    within_between(made(root, "panel"), *terms).write_parquet(made(root, "hybrid"))


INDEX = "person_id, wave"
STAGES: dict[str, tuple[str, Callable[[Path], None], str, str]] = {
    "harmonise": ("Harmonise", harmonise, f"wave/{STUDY}/*", "*"),
    "participation": ("Participation", participation, "answers", f"{INDEX}, arm"),
    "weights": ("Weights", weights, "answers", f"{INDEX}, study, arm, design_weight, woman"),
    "panel": ("Panel of scores", panel, "answers", "*"),
    "means": (
        "Design means",
        means,
        "panel",
        f"{INDEX}, political_trust, conspiracy_belief, is_woman, design_weight, stratum, psu",
    ),
    "effects": (
        "Fixed effects",
        effects,
        "panel",
        f"{INDEX}, political_trust, contact_quantity, conspiracy_belief, design_weight",
    ),
    "hybrid": ("Within–between", hybrid, "panel", f"{INDEX}, political_trust, contact_quantity, is_woman"),
}
"""Name → in words, what runs, and the table and columns that it reads."""


def scan(root: Path, name: str) -> None:
    """DuckDB alone: a hash of every value of the same columns."""
    import duckdb

    _, _, table, columns = STAGES[name]
    read = f"SELECT {columns} FROM read_parquet('{root}/data/warehouse/{table}.parquet')"
    with duckdb.connect(config={"threads": 1, "memory_limit": "1500MB"}) as connection:
        connection.execute(f"SELECT bit_xor(hash(COLUMNS(*))) FROM ({read})").fetchall()


def measure(*arguments: str) -> tuple[float, float]:
    """Seconds of processor time and peak memory (GB) of a process of this script."""
    environment = {**os.environ, "COHESION_MEMORY": MEMORY, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", CHILD, sys.executable, __file__, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(arguments)} failed:\n{done.stderr[-3000:]}")
    seconds, peak = json.loads(done.stdout.splitlines()[-1])
    return seconds, peak


def measured(sizes: list[int], scratch: Path | None) -> Iterator[dict[str, object]]:
    """One row per size and stage."""
    for size in sizes:
        with tempfile.TemporaryDirectory(dir=scratch) as folder:
            root = Path(folder) / "root"
            root.mkdir()
            large_panel.declare(root)
            rows = large_panel.write(root, size)
            for name, (words, *_) in STAGES.items():
                (seconds, peak), (bare, least) = (measure(f"--{what}", name, str(root)) for what in ("stage", "scan"))
                row = {"person_waves": rows, "stage": words, "seconds": round(seconds, 2), "peak_gb": round(peak, 3)}
                row |= {"scan_seconds": round(bare, 2), "scan_gb": round(least, 3)}
                print("  ".join(f"{value:>15}" for value in row.values()), flush=True)
                yield row


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--sizes", default=",".join(map(str, SIZES)))
    asked.add_argument("--scratch", type=Path)
    asked.add_argument("--write", action="store_true")
    asked.add_argument("--picture", action="store_true")
    asked.add_argument("--stage", nargs=2)
    asked.add_argument("--scan", nargs=2)
    options = asked.parse_args()
    if options.stage:
        STAGES[options.stage[0]][1](Path(options.stage[1]))
    elif options.scan:
        scan(Path(options.scan[1]), options.scan[0])
    elif not options.picture:
        import polars as pl

        found = []
        for row in measured([int(size) for size in options.sizes.split(",")], options.scratch):
            found.append(row)
            if options.write:  # as far as it is: the largest sizes take long
                pl.DataFrame(found).write_csv(GALLERY / "cost.csv")
    if options.write or options.picture:
        import cost_picture

        cost_picture.draw(GALLERY / "cost.csv", GALLERY / "cost.svg")


if __name__ == "__main__":
    main()
