"""Models of covariances and means over waves: cross-lagged, growth, measurement, invariance."""

from typing import Any

from assets.fingerprints import code_of, digest
from assets.graph import Key, Node, Output, Tables, Workspace
from pipeline.specs import AnyModel, Project, StructuralModel, Study


def structural(name: str, model: StructuralModel, study: Study) -> Node:
    """``estimates/<model>``, from the panel and, where items are analysed, from the answers."""
    key, panel, answers = ("estimates", name), ("panel", model.study), ("answers", model.study)

    def compute(_: Workspace, tables: Tables) -> Output:
        from pipeline.sem.declared import fit_declared

        made = fit_declared(name, model, tables[panel], study, tables.get(answers))
        return answered(key, model, made)

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


def comparability_of(study: Study, project: Project) -> list[Node]:
    """``comparability/<study>``: which scales may be compared, as the study's invariance models conclude."""
    tested = invariance_models(study.key, project)
    if not tested:
        return []
    key, inputs = ("comparability", study.key), tuple(("estimates", name) for name in tested)
    over = {name: model.group or "waves" for name, model in tested.items()}

    def compute(_: Workspace, tables: Tables) -> Output:
        import polars as pl

        from pipeline.sem.comparability import comparability
        from pipeline.tables import Comparability

        made = comparability(study.key, over, pl.concat([tables[one] for one in inputs]))
        failed = made.filter(~pl.col("is_comparable"))["scale"].unique().sort().to_list()
        return Output(
            tables={key: made},
            schemas={key: Comparability},
            metadata={key: {"scales that failed scalar invariance": ", ".join(failed) or "none"}},
        )

    return [
        Node(
            keys=(key,),
            inputs=inputs,
            group="model",
            study=study.key,
            description=f"{study.about.short_title}: which scales measure alike over waves and groups.",
            version=digest(str(over), code_of("sem", "specs")),
            compute=compute,
            kinds=frozenset({"polars"}),
        )
    ]


def comparability_key(study: str, project: Project) -> tuple[Key, ...]:
    """The study's table of what may be compared, where it has one."""
    return (("comparability", study),) if invariance_models(study, project) else ()


def invariance_models(study: str, project: Project) -> dict[str, StructuralModel]:
    """The models that test whether the study's scales measure alike."""
    return {
        name: model
        for name, model in project.models.items()
        if isinstance(model, StructuralModel) and model.family == "invariance" and model.study == study
    }


def answered(key: Key, model: AnyModel, estimates: Any) -> Output:
    """The estimates of a model, with its question and the first rows beside them."""
    from pipeline.tables import Estimates

    told = {"question": model.question, "family": model.family, "estimates": _preview(estimates)}
    return Output(tables={key: estimates}, schemas={key: Estimates}, metadata={key: told})


def _preview(estimates: Any) -> str:
    """The first rows as a Markdown table; estimates are about groups, never about one person."""
    columns = ["component", "term", "wave", "group", "estimate", "std_error", "p_value"]
    rows = estimates.select(columns).head(20).rows()
    lines = [" | ".join(columns), " | ".join("---" for _ in columns)]
    lines += [" | ".join(f"{cell:.4g}" if isinstance(cell, float) else str(cell or "") for cell in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)
