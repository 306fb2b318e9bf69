"""Writes panel.csv: 150 people, six waves, a third with a hole; y moves itself, x answers to y, k to the person."""

from pathlib import Path

import numpy as np
import polars as pl


def main() -> None:
    rng = np.random.default_rng(14)
    n, waves = 150, 6
    level, u = rng.normal(size=n), rng.binomial(1, 0.4, n).astype(float)
    k = np.round(level + 0.8 * rng.normal(size=n), 2)
    y = level + rng.normal(size=n)
    rows = []
    for wave in range(1, waves + 1):
        x = 0.4 * level + 0.2 * y + rng.normal(size=n)
        z = rng.normal(size=n) + 0.3 * k
        y = 0.5 * y + 0.6 * x + 0.3 * z + level + 0.4 * u + 0.5 * k + 0.1 * wave + rng.normal(size=n)
        rows.append(pl.DataFrame({"person": np.arange(n), "wave": wave, "y": y, "x": x, "z": z, "u": u, "k": k}))
    panel = pl.concat(rows).sort("person", "wave").with_columns(pl.col("y", "x", "z").round(4))
    hole = rng.integers(1, waves + 1, size=n // 3)
    gone = pl.DataFrame({"person": np.arange(0, n, 3)[: len(hole)], "wave": hole.astype(np.int32)})
    panel.join(gone, on=["person", "wave"], how="anti").sort("person", "wave").write_csv(
        Path(__file__).parent / "panel.csv"
    )


if __name__ == "__main__":
    main()
