"""Missing answers: one node a set of imputation.yaml, whose cells every model completes the panel from."""

from typing import Any

from assets.fingerprints import code_of, digest
from assets.graph import Key, Node, Output, Tables, Workspace
from pipeline.specs import Project, Study


def nodes(project: Project) -> list[Node]:
    """``imputations/<study>/<set>`` for every declared set."""
    return [_imputations(study, name) for study in project.studies.values() for name in study.imputation]


def imputation_keys(study: Study, name: str | None) -> tuple[Key, ...]:
    """The table of the imputation set that a model names; nothing without one."""
    return (("imputations", study.key, name),) if name else ()


def _imputations(study: Study, name: str) -> Node:
    declared = study.imputation[name]
    key, mixing = ("imputations", study.key, name), ("convergence", study.key, name)
    panel, answers, participation = ((table, study.key) for table in ("panel", "answers", "participation"))

    def compute(_: Workspace, tables: Tables) -> Output:
        from pipeline.imputation.declared import impute_declared
        from pipeline.imputation.diagnostics import chain_mixing, convergence, problems
        from pipeline.scales import score_ranges
        from pipeline.tables import Convergence, Imputations

        made = impute_declared(declared, study, tables[panel], tables[answers], tables[participation])
        mixed = chain_mixing(made.trace)
        told = convergence(tables[panel], made.cells, made.trace)
        found = problems(tables[panel], made.cells, mixed, score_ranges(study))
        return Output(
            tables={key: made.cells, mixing: told},
            schemas={key: Imputations, mixing: Convergence},
            problems=found,
            metadata={key: _shown(told, declared.imputations), mixing: {"convergence": _table(told)}},
        )

    return Node(
        keys=(key, mixing),
        inputs=(panel, answers, participation),
        group="weigh",
        study=study.key,
        description=f"{study.about.short_title}: {declared.label or name} ({declared.imputations} imputations).",
        version=digest(
            declared.digest,
            str(study.calendar),
            study.digest_of("items"),
            study.digest_of("scales"),
            code_of("imputation", "specs"),
        ),
        compute=compute,
        kinds=frozenset({"polars"}),
        checks=("unchanged", "in_range", "mixed"),
    )


def _shown(told: Any, imputations: int) -> dict[str, object]:
    return {
        "imputations": imputations,
        "measures": int(told["concept"].n_unique()),
        "largest_share_filled": round(float(told["share_filled"].max()), 3),
        "largest_r_hat": round(float(told["r_hat"].max() or 1.0), 3),
    }


def _table(told: Any) -> str:
    """The convergence table as Markdown, the worst chains first."""
    columns = ["arm", "concept", "wave", "filled", "share_filled", "mean_answered", "mean_filled", "r_hat"]
    rows = told.sort("r_hat", descending=True, nulls_last=True).select(columns).head(40).rows()
    lines = [" | ".join(columns), " | ".join("---" for _ in columns)]
    lines += [" | ".join(f"{cell:.3g}" if isinstance(cell, float) else str(cell or "") for cell in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)
