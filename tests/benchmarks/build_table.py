"""Whole builds beside the same job scripted in R, the imputation kernel beside mice: one run, one table.

    uv run python tests/benchmarks/build_table.py WAVES PEERS

WAVES is the folder with the five deposited files of ELSOC; PEERS holds `elsoc_peer.R` (the same reading, recoding,
means, models and plots) and `mice_peer.R`. Every build is a whole process in an empty warehouse, with Dagster, checks,
drift report and papers. Prints a table and asserts nothing. Large panels: `within_speed.py`; structural models:
`sem_speed.py`; weights: `weights_speed.py`.
"""

import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import polars as pl

ROOT = Path(__file__).resolve().parents[2]
COHESION = str(Path(sys.executable).parent / "cohesion")
CHAINS, ROUNDS = 35, 10


@dataclass
class Took:
    wall: float
    processor: float

    @property
    def busy(self) -> float:
        """The share of the machine's cores that the process kept busy."""
        return self.processor / self.wall / (os.cpu_count() or 1)


def run(command: list[str], root: Path | None = None) -> Took:
    """A whole process with all that it started. Ends with the output of one that fails."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    environment = dict(os.environ) if root is None else {**os.environ, "COHESION_ROOT": str(root)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return Took(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def fresh_root(folder: Path) -> Path:
    """The clone's declarations in a folder without warehouse, instance or output."""
    shutil.copytree(ROOT / "data" / "studies", folder / "data" / "studies")
    shutil.copytree(ROOT / "data" / "areas", folder / "data" / "areas")
    shutil.copy(ROOT / "data" / "concepts.yaml", folder / "data")
    shutil.copytree(ROOT / "reports", folder / "reports", ignore=shutil.ignore_patterns("build"))
    return folder


def line(work: str, took: Took, beside: Took | None = None, name: str = "") -> None:
    ratio = f"{took.wall / beside.wall:5.2f} × {name}" if beside else ""
    cores = f"{took.busy:4.0%} of the cores"
    print(f"{work:<44} {took.wall:7.2f} s  {took.processor:7.1f} s of processor time  {cores}  {ratio}", flush=True)


def replace(file: Path, pattern: str, new: str) -> None:
    """Edit a declaration. Ends if nothing matched."""
    text, count = re.subn(pattern, new, file.read_text(encoding="utf-8"), count=1)
    if not count:
        sys.exit(f"{file} has no {pattern}")
    file.write_text(text, encoding="utf-8")


def without_imputation(root: Path, study: str) -> list[str]:
    """The assets of a study that neither are imputed nor use what is."""
    from assets.engine.workspace import Workspace
    from assets.nodes import all_nodes
    from pipeline.paths import Paths
    from pipeline.specs import load_project

    nodes = [node for node in all_nodes(Workspace(Paths(root), load_project(Paths(root)))) if node.study == study]
    out = {key for node in nodes if node.name.startswith("imputations/") for key in node.keys}
    for node in nodes:  # in the order of the work
        if out.intersection(node.needs):
            out.update(node.keys)
    return ["/".join(node.keys[0]) for node in nodes if not out.intersection(node.keys)]


def builds(waves: Path, peers: Path, folder: Path) -> Path:
    """The builds and edits of the sample and of ELSOC; returns the root in which ELSOC is built."""
    peer = run(["Rscript", str(peers / "elsoc_peer.R"), str(waves), str(folder / "peer")])
    line("elsoc_peer.R", peer)
    sample = fresh_root(folder / "sample")
    line("sample, both studies, to papers", run([COHESION, "build"], sample), peer, "R")
    line("  nothing changed", run([COHESION, "build"], sample))
    replace(sample / "data" / "concepts.yaml", r"(label: Sees the country growing more divided)\n", r"\1 by now\n")
    line("  one concept's label", run([COHESION, "build"], sample))
    model = "buat_trust_random_effects"
    replace(
        sample / "reports" / "models" / f"{model}.yaml",
        r"exposures: \[contact_quantity\]",
        "exposures: [contact_quantity, political_trust]",
    )
    line("  one model", run([COHESION, "build", "--select", f"estimates/{model}"], sample))
    line("  check", run([COHESION, "check"], sample))
    elsoc = fresh_root(folder / "elsoc")
    build = [COHESION, "build", "--study", "elsoc", "--deposits", str(waves)]
    line("ELSOC, all", run(build, elsoc), peer, "R")
    line("  nothing changed", run(build, elsoc))
    part = fresh_root(folder / "part")
    chosen = [word for key in without_imputation(part, "elsoc") for word in ("--select", key)]
    line("ELSOC without imputation and its users", run([*build, *chosen], part), peer, "R")
    return elsoc


def chains(root: Path, peers: Path, folder: Path) -> None:
    """Processor seconds of chains on ELSOC as imputation.yaml declares it, beside mice on the same cells."""
    from pipeline.imputation.declared import impute_declared
    from pipeline.paths import Paths
    from pipeline.specs import load_project

    study = load_project(Paths(root)).studies["elsoc"]
    names = ("panel", "answers", "participation")
    panel, answers, participation = (
        pl.read_parquet(root / "data" / "warehouse" / name / "elsoc.parquet") for name in names
    )
    declared = next(iter(study.imputation.values()))

    def seconds(count: int) -> float:
        began = time.process_time()
        impute_declared(
            declared.model_copy(update={"imputations": count, "iterations": ROUNDS}),
            study, panel, answers, participation,
        )  # fmt: skip
        return time.process_time() - began

    seconds(2)
    few, many = seconds(2), seconds(8)
    ours = (many - few) / 6 / ROUNDS
    lasting, measures = list(declared.lasting), list(declared.measures)
    wide = panel.pivot("wave", index="person_id", values=[*measures, *lasting])
    constant = panel.group_by("person_id", maintain_order=True).agg(pl.col(lasting).drop_nulls().first())
    wide = wide.drop([f"{name}_{wave}" for name in lasting for wave in panel["wave"].unique()], strict=False)
    wide = wide.join(constant, on="person_id", how="left", maintain_order="left")
    wide.select(pl.exclude("person_id")).select(
        [name for name in wide.columns if name != "person_id" and wide[name].n_unique() > 2 - wide[name].null_count()]
    ).with_columns(wide["person_id"]).write_csv(folder / "wide.csv")
    done = subprocess.run(
        ["Rscript", str(peers / "mice_peer.R"), str(folder / "wide.csv"), "2", "generalised_trust|is_woman"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = re.search(r"([\d.]+) s of processor", done.stdout)
    assert found is not None, done.stdout
    theirs = float(found.group(1))
    print(
        f"{CHAINS} chains × {ROUNDS} rounds, ELSOC: {ours * CHAINS * ROUNDS:.1f} s of processor time "
        f"({ours:.4f} s a chain-round; mice {theirs:.2f} s): 1/{theirs / ours:.0f} of mice"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("waves", type=Path)
    parser.add_argument("peers", type=Path)
    options = parser.parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        chains(builds(options.waves.resolve(), options.peers.resolve(), folder), options.peers.resolve(), folder)


if __name__ == "__main__":
    main()
