"""The picture of what stages cost: time and peak memory by size, each stage a line, DuckDB's bare scan in grey."""

from pathlib import Path

import polars as pl

from pipeline.figures import style

LIMIT_GB = 6.0
FROM = 1_000_000
"""From here on a line shows what growth in proportion would be: before, starting a process is most of the time."""
PANELS = {
    "seconds": ("Processor time, seconds", "scan_seconds"),
    "peak_gb": ("Peak memory, GB", "scan_gb"),
}
TICKS = {"seconds": [1, 10, 100, 1000], "peak_gb": [0.1, 0.3, 1, 3, 6]}
NAMES = {1e4: "10,000", 1e5: "100,000", 1e6: "1 million", 1e7: "10 million"}
COLOURS = (*style.CATEGORICAL, style.INK)


@style.styled
def draw(table: Path, target: Path) -> None:
    """``cost.svg`` from ``cost.csv``; the same bytes every time."""
    import matplotlib.pyplot as plt

    found = pl.read_csv(table)
    stages = found["stage"].unique(maintain_order=True).to_list()
    figure, axes = plt.subplots(1, 2, figsize=(8.4, 3.9))
    for axis, (column, (title, bare)) in zip(axes, PANELS.items(), strict=True):
        for stage, colour, marker in zip(stages, COLOURS, (*style.MARKERS, "x"), strict=True):
            own = found.filter(stage=stage).sort("person_waves")
            axis.plot(
                own["person_waves"],
                own[column],
                color=colour,
                marker=marker,
                markersize=3.5,
                linewidth=1.4,
                label=stage,
            )
        scanned = found.group_by("person_waves").agg(pl.col(bare).max()).sort("person_waves")
        axis.plot(
            *scanned, color=style.FOCUS_GREY, linewidth=3, zorder=1, label="DuckDB reading the same columns (the most)"
        )
        axis.set(xscale="log", yscale="log")
        axis.set_title(title, loc="left", fontsize=style.SUBTITLE)
        axis.set_yticks(TICKS[column], [f"{tick:,g}" for tick in TICKS[column]])
        axis.set_xticks(list(NAMES), list(NAMES.values()))
        axis.minorticks_off()
        axis.grid(color=style.GRID, linewidth=0.6)
        axis.spines[["top", "right"]].set_visible(False)
        axis.set_xlabel("person-waves", color=style.QUIET)
    sizes = found["person_waves"].unique().sort()
    most = found.filter(pl.col("person_waves") >= FROM).sort("person_waves", "seconds")
    start, cost = most.group_by("person_waves", maintain_order=True).last().select("person_waves", "seconds").row(0)
    proportion = [1.3 * cost, 1.3 * cost * sizes[-1] / start]
    axes[0].plot([start, sizes[-1]], proportion, color=style.QUIET, linewidth=1, linestyle=(0, (4, 3)))
    axes[0].text(start, 1.6 * cost, "in proportion ", ha="right", color=style.QUIET, fontsize=style.SMALL)
    axes[1].axhline(LIMIT_GB, color=style.QUIET, linewidth=1, linestyle=(0, (4, 3)))
    axes[1].text(sizes[0], LIMIT_GB * 0.93, "allowed: 6 GB", va="top", color=style.QUIET, fontsize=style.SMALL)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncol=4, frameon=False, fontsize=style.SMALL)
    figure.subplots_adjust(left=0.065, right=0.985, top=0.92, bottom=0.30, wspace=0.16)
    figure.savefig(target, metadata={"Date": None, "Creator": None})
    plt.close(figure)
