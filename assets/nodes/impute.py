"""Missing answers: one node a set of imputation.yaml, whose cells every model completes the panel from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assets.engine.node import Key, Node, Output, Tables
from assets.engine.view import view
from assets.engine.workspace import Workspace
from assets.nodes import reads
from assets.nodes.preview import markdown_table
from pipeline.specs import ImputationSet, Study


def nodes(workspace: Workspace) -> list[Node]:
    """``imputations/<study>/<set>`` for every declared set."""
    return [_imputations(study, name) for study in workspace.project.studies.values() for name in study.imputation]


def imputation_keys(study: Study, name: str | None) -> dict[str, Key]:
    """The table of the imputation set that a model names; nothing without one."""
    return {"imputations": ("imputations", study.key, name)} if name else {}


def make_imputations(tables: Tables, *, declared: ImputationSet, study: Study, ranges: Mapping[str, Any]) -> Output:
    """One row per imputed cell and imputation; how the chains mixed."""
    from pipeline.imputation.declared import impute_declared
    from pipeline.imputation.diagnostics import chain_mixing, convergence, problems
    from pipeline.tables import Convergence, Imputations

    panel = tables["panel"]
    made = impute_declared(declared, study, panel, tables["answers"], tables["participation"])
    report = convergence(panel, made.cells, made.trace)
    return Output(
        {"imputations": made.cells, "convergence": report},
        {"imputations": Imputations, "convergence": Convergence},
        problems=problems(panel, made.cells, chain_mixing(made.trace), dict(ranges)),
        metadata={"imputations": _shown(report, declared.imputations), "convergence": {"convergence": _table(report)}},
    )


def _imputations(study: Study, name: str) -> Node:
    from pipeline.specs.ranges import score_ranges

    declared = study.imputation[name]
    return Node(
        make_imputations,
        reads={
            "declared": view(declared, reads.IMPUTATION_SET),
            "study": view(study, reads.imputing(declared, study)),
            "ranges": score_ranges(study),
        },
        inputs={table: (table, study.key) for table in ("panel", "answers", "participation")},
        outputs={"imputations": ("imputations", study.key, name), "convergence": ("convergence", study.key, name)},
        group="weigh",
        study=study.key,
        description=f"{study.about.short_title}: {declared.label or name} ({declared.imputations} imputations).",
        kinds=frozenset({"polars"}),
        checks=("unchanged", "in_range", "mixed"),
        effort=20.0,
    )


def _shown(report: Any, imputations: int) -> dict[str, object]:
    return {
        "imputations": imputations,
        "measures": int(report["concept"].n_unique()),
        "largest_share_filled": round(float(report["share_filled"].max() or 0.0), 3),
        "largest_r_hat": round(float(report["r_hat"].max() or 1.0), 3),
    }


def _table(report: Any) -> str:
    """The convergence table as Markdown, the worst chains first."""
    columns = ["arm", "concept", "wave", "filled", "share_filled", "mean_answered", "mean_filled", "r_hat"]
    return markdown_table(report.sort("r_hat", descending=True, nulls_last=True).select(columns).head(40), digits=3)
