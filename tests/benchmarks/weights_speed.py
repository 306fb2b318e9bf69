"""Raking, bootstrap with re-raking, and imputation beside R's survey and mice, on this machine in the same run.

    OMP_NUM_THREADS=1 uv run python tests/benchmarks/weights_speed.py [--panel FOLDER_WITH_ELSOC_WAVES]

Needs R with survey, mice and jsonlite. Prints seconds of processor time, which other work on the machine disturbs
least, and ratios (R over ours). The bootstrap in R is run for 20 replicates and mice for one imputation: both are
linear in their number and scaled up. Without ``--panel`` the imputation runs on a simulated panel of the same size and
shape. Ours rakes to 1e-10 of each share; R as its defaults say (ten rounds).
"""

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.imputation.chained import impute
from pipeline.imputation.plan import Plan, Rule
from pipeline.imputation.wide import widen
from pipeline.weights.raking import rake
from pipeline.weights.replicates import rake_replicates, replicate_weights

SIZES = [2, 3, 4, 5, 6, 8]
WAVES = {"w01": 2016, "w02": 2017, "w03": 2018, "w04": 2019, "w05": 2021}
CONCEPTS = {
    "contact": ["r06"],
    "positive": ["r07"],
    "negative": ["r08"],
    "liking": ["r09"],
    "anxiety": ["r11"],
    "outgroup_trust": ["r16"],
    "threat": ["r12_03", "r12_04"],
    "general_trust": ["c02"],
    "fairness": ["c04"],
    "neighbour_trust": ["t01"],
    "belonging": ["t02_01", "t02_02", "t02_03", "t02_04"],
    "sociability": ["t03_01", "t03_02", "t03_03", "t03_04"],
    "political_trust": ["c05_01", "c05_02", "c05_07"],
    "life_satisfaction": ["s01"],
}


def people(n: int, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """``n`` persons in six correlated margins of 2 to 8 categories, and population shares that differ from theirs."""
    rng = np.random.default_rng(seed)
    lean = rng.normal(size=n)
    columns, targets = {}, []
    for place, size in enumerate(SIZES):
        score = 0.5 * lean + rng.normal(size=n)
        columns[f"m{place}"] = [f"c{code}" for code in np.digitize(score, np.linspace(-1.2, 1.2, size - 1))]
        shares = rng.dirichlet(np.full(size, 20.0))
        targets += [(f"m{place}", f"c{code}", share) for code, share in enumerate(shares)]
    frame = pl.DataFrame(columns | {"y": lean + rng.normal(size=n)})
    return frame, pl.DataFrame(targets, schema=["variable", "category", "share"], orient="row")


def simulated_panel() -> pl.DataFrame:
    """2,928 persons, 63 five-point columns of five waves, a quarter missing as in a panel that people leave."""
    rng = np.random.default_rng(3)
    person = rng.normal(size=(2928, 1, 1)) + 0.5 * rng.normal(size=(2928, 13, 1))
    answers = np.clip(np.round(3 + 0.8 * person + 0.8 * rng.normal(size=(2928, 13, 5))), 1, 5)
    gone = rng.random((2928, 1, 5)) < np.array([0.0, 0.15, 0.24, 0.26, 0.41])
    answers[np.broadcast_to(gone, answers.shape)] = np.nan
    answers[rng.random(answers.shape) < 0.04] = np.nan
    columns = {f"x{item}_{wave}": answers[:, item, wave] for item in range(13) for wave in range(5)}
    return pl.DataFrame(columns).fill_nan(None).select(list(columns)[:63])


def chilean_panel(folder: Path) -> pl.DataFrame:
    """The 14 concepts of the five ELSOC waves, side by side; a concept not asked in a wave has no column there."""
    import pyreadstat

    parts = []
    for wave, year in WAVES.items():
        raw = pyreadstat.read_sav(folder / f"ELSOC_{wave.upper()}_{year}.sav", user_missing=True)[0]
        frame = pl.from_pandas(raw)
        concepts = [_concept(frame, name, items) for name, items in CONCEPTS.items()]
        person = pl.col("idencuesta").cast(pl.Int64).cast(pl.String).alias("person_id")
        parts.append(frame.select(person, pl.lit(wave).alias("wave"), *concepts))
    wide = widen(pl.concat(parts), list(CONCEPTS), list(WAVES)).drop("person_id")
    return wide.rename({name: name.replace("@", "_") for name in wide.columns})


def _concept(frame: pl.DataFrame, name: str, items: list[str]) -> pl.Expr:
    if not set(items) <= set(frame.columns):
        return pl.lit(None, pl.Float64).alias(name)
    values = [pl.col(item).cast(pl.Float64, strict=False) for item in items]
    valid = [pl.when(value > -100).then(value) for value in values]
    return (pl.sum_horizontal(valid, ignore_nulls=False) / len(items)).alias(name)


def seconds(job: Callable[[], object]) -> float:
    start = time.process_time()
    job()
    return time.process_time() - start


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--panel", type=Path, help="folder with the five ELSOC waves as .sav")
    asked = arguments.parse_args()
    big, big_targets = people(100_000, 1)
    boot, boot_targets = people(20_000, 2)
    panel = chilean_panel(asked.panel) if asked.panel else simulated_panel()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = {"big": big, "big_targets": big_targets, "boot": boot, "boot_targets": boot_targets, "panel": panel}
        for file, frame in files.items():
            frame.write_csv(folder / f"{file}.csv")
        subprocess.run(["Rscript", str(Path(__file__).with_name("weights_peer.R")), name], check=True)
        theirs = json.loads((folder / "peer.json").read_text())
        their_weights = pl.read_csv(folder / "big_weights.csv")["weight"].to_numpy()
    ours = rake(big, big_targets)
    gap = float(np.abs(ours.weights.to_numpy() / their_weights - 1).max())
    rows = [
        (
            "raking 100,000 x 6 margins",
            theirs["rake_s"],
            min(seconds(lambda: rake(big, big_targets)) for _ in range(3)),
        ),
        (
            "500 bootstrap replicates, re-raked, 20,000 persons",
            theirs["bootstrap_s"] * 500 / theirs["bootstrap_replicates"],
            seconds(lambda: bootstrap(boot, boot_targets)),
        ),
        (
            f"20 imputations of {panel.width} columns x {panel.height} persons, 5 rounds",
            theirs["mice_s"] * 20,
            seconds(lambda: impute(panel, Plan({c: Rule() for c in panel.columns}), iterations=5, seed=1)),
        ),
    ]
    for job, other, own in rows:
        print(f"{job:60s} R {other:8.2f} s   ours {own:7.2f} s   ratio {other / own:6.1f}")
    print(f"survey::rake to 1e-10 too: {theirs['rake_tight_s']:.2f} s; raked weights differ by at most {gap:.0e}")


def bootstrap(frame: pl.DataFrame, targets: pl.DataFrame) -> tuple[float, float]:
    """A weighted mean with its standard error, every replicate raked anew."""
    drawn = replicate_weights(frame, "bootstrap", replicates=500, seed=1)
    return rake_replicates(drawn, frame, targets).ratio(frame["y"].to_numpy())


if __name__ == "__main__":
    main()
