"""Seconds of a wild cluster bootstrap (9,999 draws, 40,000 rows) beside those of wildboottest, in one run.

Prints a table; asserts nothing. wildboottest runs in an environment of its own, which `uv` makes, or in the Python
that is named.

uv run python tests/benchmarks/wild_speed.py [PYTHON_WITH_WILDBOOTTEST]
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from pipeline.models.covariances import wild_cluster_bootstrap

DRAWS = 9_999
PEER = Path(__file__).with_name("wild_peer.py")


def sample(n: int, n_clusters: int, n_terms: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outcome, matrix (the third column varies between clusters, too) and clusters of unequal size."""
    rng = np.random.default_rng(1)
    cluster = np.sort(rng.choice(n_clusters, n, p=rng.dirichlet(np.full(n_clusters, 5.0))))
    matrix = np.column_stack([np.ones(n), rng.normal(size=(n, n_terms - 1))])
    matrix[:, 2] += rng.normal(size=n_clusters)[cluster]
    outcome = 0.05 * matrix[:, 2] + rng.normal(size=n_clusters)[cluster] + rng.normal(size=n)
    return outcome, matrix, cluster


def measured(n_clusters: int, n_terms: int, peer: list[str]) -> str:
    outcome, matrix, cluster = sample(40_000, n_clusters, n_terms)
    seconds = []
    for _ in range(6):
        began = time.perf_counter()
        found = wild_cluster_bootstrap(outcome, matrix, 2, cluster, draws=DRAWS, ties="left_out")
        seconds.append(time.perf_counter() - began)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "data.npz"
        np.savez(file, y=outcome, x=matrix, cluster=cluster)
        made = subprocess.run([*peer, str(PEER), str(file), str(DRAWS)], capture_output=True, text=True, check=True)
    theirs = json.loads(made.stdout.splitlines()[-1])
    ours = min(seconds[1:])
    return (
        f"{n_clusters} clusters, {n_terms} terms: {ours:.3f} s with the interval, p {found.p_value:.4f}; "
        f"wildboottest {theirs['seconds']:.3f} s, p {theirs['p']:.4f}; ratio {theirs['seconds'] / ours:.1f}"
    )


if __name__ == "__main__":
    peer = sys.argv[1:2] or ["uv", "run", "--isolated", "--no-project", "--with", "wildboottest", "python"]
    for shape in ((12, 5), (12, 20), (40, 10)):
        print(measured(*shape, peer), flush=True)
