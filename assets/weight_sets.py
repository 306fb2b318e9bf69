"""Weight sets: one node an entry of weights.yaml, for the waves that an analysis reads."""

from assets.fingerprints import code_of, digest
from assets.graph import Key, Node, Output, Tables, Workspace
from pipeline.specs import Project, Study, WeightSet

ABOUT = ("weight_steps", "weight_margins", "weight_balance")
"""What is told of a set besides its weights; papers print them."""


def nodes(project: Project) -> list[Node]:
    """``weights/<study>/<set>`` for every declared set."""
    return [_weight_set(study, name) for study in project.studies.values() for name in study.weights]


def replicate_keys(study: str, name: str) -> tuple[Key, Key]:
    """Where a set's replicates lie: their scales, and the weights."""
    return ("replicates", study, name), ("replicate_weights", study, name)


def _weight_set(study: Study, name: str) -> Node:
    key, declared = ("weights", study.key, name), study.weights[name]
    panel, participation = ("panel", study.key), ("participation", study.key)
    steps, margins, balance = ((table, study.key, name) for table in ABOUT)
    scales, replicated = replicate_keys(study.key, name)

    def compute(_: Workspace, tables: Tables) -> Output:
        from pipeline import tables as contracts
        from pipeline.tables import shaped
        from pipeline.weights.declared import declared_weights
        from pipeline.weights.stored import replicate_tables

        made = declared_weights(name, declared, tables[panel], tables[participation], study)
        schemas = {
            key: contracts.PanelWeights,
            steps: contracts.WeightSteps,
            margins: contracts.WeightMargins,
            balance: contracts.WeightBalance,
        }
        frames = dict(zip(schemas, (made.weights, made.steps, made.margins, made.balance), strict=True))
        output = {place: shaped(frame, schemas[place]) for place, frame in frames.items()}
        if made.replicates is not None:
            with_weight = made.weights.drop_nulls("panel_weight")["person_id"]
            output[scales], output[replicated] = replicate_tables(with_weight, made.replicates)
            schemas[scales] = contracts.ReplicateScales
            schemas[replicated] = contracts.replicate_schema(output[scales]["replicate"].to_list())
        return Output(
            tables=output, schemas=schemas, problems={"weights": made.problems}, metadata={key: _shown(made.steps)}
        )

    return Node(
        keys=(key, steps, margins, balance, *((scales, replicated) if declared.replicates else ())),
        inputs=(panel, participation),
        group="weigh",
        study=study.key,
        description=f"{study.about.short_title}: {declared.label} ({_waves(declared)}).",
        version=digest(
            declared.digest,
            *(target.digest for target in study.targets),
            str(study.calendar),
            study.about.design.digest,
            code_of("weights", "specs"),
        ),
        compute=compute,
        kinds=frozenset({"polars"}),
        checks=("weights",),
    )


def _waves(declared: WeightSet) -> str:
    return f"{'any' if declared.who == 'any' else 'every one'} of {', '.join(declared.waves)}"


def _shown(steps: object) -> dict[str, object]:
    """The last step of each arm, for the UI; no person's weight but the smallest and the largest."""
    last = steps.group_by("arm", maintain_order=True).last()  # type: ignore[attr-defined]
    found: dict[str, object] = {}
    for row in last.to_dicts():
        ends = " to ".join(f"{row[end]:.2f}" for end in ("min", "max"))
        found[row["arm"]] = (
            f"{row['n']:,} weighted, effective n {row['effective_n']:,.0f}, "
            f"design effect {row['design_effect']:.2f}, weights {ends}"
        )
    return found
