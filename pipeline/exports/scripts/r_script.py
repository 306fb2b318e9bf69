"""The R script that computes numbers of a study again from its export, and compares them with the pipeline's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources import files

import polars as pl

from pipeline.exports.scripts.call import KEY, Call, r_text, r_vector
from pipeline.specs.family import load

SCRIPT, FUNCTIONS, EXPECTED = "reproduce.R", "functions.R", "expected.csv"
EVERY_MODEL = ("person_id", "wave", "arm", "is_present", "stratum", "psu", "design_weight")
"""Columns that any model may read."""
TEXTS = ("person_id", "wave", "arm", "stratum", "psu", "area_code", "household_id", "mode")
"""Columns of text, whatever they look like."""


def functions() -> bytes:
    """The estimators in base R."""
    return files("pipeline.exports.scripts").joinpath(FUNCTIONS).read_bytes()


def expected(calls: Sequence[Call]) -> bytes:
    """The numbers of the pipeline, in full precision: one row per estimate that a script compares."""
    rows = [
        call.estimates.select(
            pl.lit(call.name).alias("model"), *(pl.col(name).fill_null("") for name in KEY), "estimate", "std_error"
        )
        for call in calls
        if not call.why_not
    ]
    if not rows:
        return (",".join(("model", *KEY, "estimate", "std_error")) + "\n").encode()
    return pl.concat(rows).write_csv().encode()


def r_script(calls: Sequence[Call], title: str, columns: Sequence[str]) -> bytes:
    """The script. ``columns``: those of the export, in their order."""
    return "\n".join(
        [*_head(calls, title, columns), *(line for call in calls for line in _model(call)), "conclude()", ""]
    ).encode()


def replicate_file(name: str) -> str:
    """The file with the replicate weights of a set."""
    return f"replicates_{name}.csv"


def _head(calls: Sequence[Call], title: str, columns: Sequence[str]) -> Iterator[str]:
    computed = [call for call in calls if not call.why_not]
    wanted = {*EVERY_MODEL, *(name for call in computed for name in call.columns)}
    read = [name for name in columns if name in wanted]
    yield f"# {' '.join(title.split())}: numbers of its papers, computed again from the export."
    yield "# Run in this folder: Rscript reproduce.R"
    yield f"# It needs {FUNCTIONS}, {EXPECTED} and panel.csv beside it; base R does, but for models that say otherwise."
    yield "# Where a number differs by more than the tolerance, it ends with exit status 1."
    yield ""
    yield f"source({r_text(FUNCTIONS)})"
    yield f'expected <- read.csv({r_text(EXPECTED)}, na.strings = "NA",'
    yield f'                     colClasses = c(rep("character", {len(KEY) + 1}), "numeric", "numeric"))'
    yield f'panel <- read_columns("panel.csv", {r_vector(read)},'
    yield f"                      text = {r_vector([name for name in read if name in TEXTS])})"
    sets = {call.replicates: call.replicated[call.replicates] for call in computed if call.replicates}
    for name, replicated in sets.items():
        factors = _factors(replicated.factors)
        yield f"replicates_{name} <- read_replicates({r_text(replicate_file(name))}, {factors})"
    yield ""


def _factors(factors: Sequence[float]) -> str:
    """The factors of the replicates in a variance: one number, if all have the same."""
    if len(set(factors)) == 1:
        return f"rep({factors[0]!r}, {len(factors)})"
    return f"c({', '.join(repr(float(factor)) for factor in factors)})"


def _model(call: Call) -> Iterator[str]:
    yield f"# --- {call.name}: {call.question()}"
    if call.why_not:
        yield f"not_compared({r_text(call.name)}, {r_text(call.why_not)})"
        yield ""
        return
    model = call.model
    chosen = ", ".join(
        f"{name} = {r_vector(values)}" for name, values in (("waves", model.waves), ("arms", model.arms)) if values
    )
    lines = [f"rows <- person_waves(panel{f', {chosen}' if chosen else ''})"]
    if call.weight_set:
        waves = call.study.weights[call.weight_set].waves
        lines.append(f"rows <- with_weight(rows, {r_text(str(call.weight))}, {r_vector(waves)})")
    lines += load(call.record.r)(call)
    lines.append(f"compare({r_text(call.name)}, found, {_tolerance(call)}, expected)")
    if not call.record.packages:
        yield from lines
    else:
        needed = " && ".join(f"requireNamespace({r_text(name)}, quietly = TRUE)" for name in call.record.packages)
        yield f"if ({needed}) {{"
        yield from (f"  {line}" for line in lines)
        yield "} else {"
        missing = f"Install {' and '.join(call.record.packages)} to compare it."
        yield f"  not_compared({r_text(call.name)}, {r_text(missing)})"
        yield "}"
    yield ""


def _tolerance(call: Call) -> str:
    return f"c(estimate = {call.tolerance.relative!r}, std_error = {call.tolerance.uncertainty!r})"
