"""Models of covariances and means over waves: cross-lagged, growth, measurement, invariance."""

from typing import Any

from assets.fingerprints import code_of, digest
from assets.graph import Node, Output, Tables, Workspace
from pipeline.specs import StructuralModel, Study


def structural(name: str, model: StructuralModel, study: Study) -> Node:
    """``estimates/<model>``, from the panel and, where items are analysed, from the answers."""
    key, panel, answers = ("estimates", name), ("panel", model.study), ("answers", model.study)

    def compute(_: Workspace, tables: Tables) -> Output:
        from pipeline.sem.declared import fit_declared
        from pipeline.tables import Estimates

        made = fit_declared(name, model, tables[panel], study, tables.get(answers))
        return Output(
            tables={key: made},
            schemas={key: Estimates},
            metadata={key: {"question": model.question, "family": model.family, "estimates": preview(made)}},
        )

    declared = (study.about.digest, *map(study.digest_of, ("scales", "items", "waves")))
    return Node(
        keys=(key,),
        inputs=(panel, answers) if model.reads_items else (panel,),
        group="model",
        study=model.study,
        description=f"{model.question} ({model.family})",
        version=digest(model.digest, *declared, code_of("sem", "specs")),
        compute=compute,
        kinds=frozenset({"python"}),
    )


def preview(estimates: Any) -> str:
    """The first rows as a Markdown table; estimates are about groups, never about one person."""
    columns = ["component", "term", "wave", "group", "estimate", "std_error", "p_value"]
    rows = estimates.select(columns).head(20).rows()
    lines = [" | ".join(columns), " | ".join("---" for _ in columns)]
    lines += [" | ".join(f"{cell:.4g}" if isinstance(cell, float) else str(cell or "") for cell in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)
