"""Models: one node a file of reports/models."""

from typing import Any

from assets.fingerprints import code_of, digest
from assets.graph import Node, Output, Tables, Workspace
from pipeline.specs import Model, Project, Study


def nodes(project: Project) -> list[Node]:
    """``estimates/<model>`` for every declared model."""
    return [_estimates(key, model, project.studies[model.study]) for key, model in project.models.items()]


def _estimates(name: str, model: Model, study: Study) -> Node:
    key, panel = ("estimates", name), ("panel", model.study)

    def compute(_: Workspace, tables: Tables) -> Output:
        from pipeline.models import fit
        from pipeline.tables import Estimates

        made = fit(name, model, tables[panel], study)
        return Output(
            tables={key: made},
            schemas={key: Estimates},
            metadata={key: {"question": model.question, "family": model.family, "estimates": _preview(made)}},
        )

    return Node(
        keys=(key,),
        inputs=(panel,),
        group="model",
        study=model.study,
        description=f"{model.question} ({model.family.replace('_', ' ')})",
        version=digest(model.digest, study.about.design.digest, code_of("models", "specs")),
        compute=compute,
        kinds=frozenset({"python"}),
    )


def _preview(estimates: Any) -> str:
    """The first rows as a Markdown table; estimates are about groups, never about one person."""
    columns = ["component", "term", "wave", "group", "estimate", "std_error", "p_value"]
    rows = estimates.select(columns).head(20).rows()
    lines = [" | ".join(columns), " | ".join("---" for _ in columns)]
    lines += [" | ".join(f"{cell:.4g}" if isinstance(cell, float) else str(cell or "") for cell in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)
