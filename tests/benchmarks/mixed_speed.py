"""Processor seconds of mixed models beside lme4 in one run, on one panel: 60,000 rows of 10,000 people in 200 areas.

    OMP_NUM_THREADS=1 uv run python tests/benchmarks/mixed_speed.py [persons]

Times are those of the whole function, from a frame to a table with tests of the random effects and Satterthwaite's
degrees of freedom (logits: without), against ``lmer``'s and ``glmer``'s fit alone. lme4 needs R; without Rscript only
this side is timed. Nothing is asserted but that lme4 does not reach a higher likelihood.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.models import mixed, mixed_logit

HERE = Path(__file__).resolve().parent
LINEAR = {"exposures": ["x"], "covariates": ["xb", "wave", "age"], "wave_effects": False, "person": "id"}


def panel(persons: int, waves: int = 6, areas: int = 200) -> pl.DataFrame:
    """People with levels and slopes of their own in areas; a tenth of the rows in another place."""
    rng = np.random.default_rng(1)
    rows = persons * waves
    person, area = np.repeat(np.arange(persons), waves), rng.integers(0, areas, persons)
    level, slope = rng.normal(size=persons), 0.3 + 0.2 * rng.normal(size=persons)
    x, xb, age = rng.normal(size=rows), rng.normal(size=persons)[person], rng.normal(size=persons)[person]
    wave = np.tile(np.arange(waves), persons)
    y = 2 + 0.6 * level[person] + slope[person] * x + 0.4 * xb + 0.05 * wave + 0.1 * age + 0.5 * rng.normal(size=rows)
    place = np.where(rng.random(rows) < 0.1, rng.integers(0, areas, rows), area[person])
    chance = 1 / (1 + np.exp(-(1.5 * level[person] + 0.5 * x + 0.5 * xb)))
    return pl.DataFrame(
        {"id": person, "area": area[person], "place": place, "wave": wave, "x": x, "xb": xb, "age": age, "y": y,
         "y3": y + 0.3 * rng.normal(size=areas)[area[person]], "z": (rng.random(rows) < chance).astype(int)}
    )  # fmt: skip


def ours(frame: pl.DataFrame) -> dict[str, tuple[float, float]]:
    """The faster of two runs of each model: processor seconds and log-likelihood."""
    some = frame.filter(pl.col("id") < 1000)
    yes = {"person": "id", "wave": "wave"}
    jobs = {
        "slope": lambda: mixed(frame, "y", random={"id": ["x"]}, degrees="satterthwaite", **LINEAR),
        "areas": lambda: mixed(frame, "y3", random={"id": ["x"], "area": []}, degrees="satterthwaite", **LINEAR),
        "movers": lambda: mixed(frame, "y3", random={"id": ["x"], "place": []}, degrees="satterthwaite", **LINEAR),
        "laplace": lambda: mixed_logit(some, "z", ["x", "xb"], **yes),
        "quadrature": lambda: mixed_logit(some, "z", ["x", "xb"], points=9, **yes),
        "logit_areas": lambda: mixed_logit(some, "z", ["x", "xb"], random={"id": [], "area": []}, **yes),
    }
    found = {}
    for name, job in jobs.items():
        times = []
        for _ in range(2):
            began = time.process_time()
            table = job()
            times.append(time.process_time() - began)
        found[name] = min(times), table.filter(term="log_likelihood")["estimate"][0]
    return found


def theirs(frame: pl.DataFrame) -> dict[str, dict[str, float]]:
    if shutil.which("Rscript") is None:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        frame.write_csv(Path(folder) / "panel.csv")
        subprocess.run(["Rscript", str(HERE / "mixed_peer.R"), folder], check=True, capture_output=True)
        return json.loads((Path(folder) / "peer.json").read_text())


if __name__ == "__main__":
    data = panel(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
    peer = theirs(data)
    for name, (seconds, likelihood) in ours(data).items():
        line = f"{name}: {seconds:.2f} s, log-likelihood {likelihood:.3f}"
        if name in peer:
            again, value = peer[name]["seconds"], peer[name]["logl"]
            line += f"; lme4 {again:.2f} s, {value:.3f}: {again / seconds:.1f} ×"
            assert likelihood > value - 1e-2
        print(line)
