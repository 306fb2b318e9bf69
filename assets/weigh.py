"""Who took part, and the weights: who was eligible, answered, left and returned."""

from typing import Any

from assets.fingerprints import code_of, digest
from assets.graph import Node, Output, Tables, Workspace
from pipeline.specs import Project, Study


def nodes(project: Project) -> list[Node]:
    """``participation/<study>`` and ``weights/<study>``."""
    return [make(study) for study in project.studies.values() for make in (_participation, _weights)]


def _participation(study: Study) -> Node:
    key, answers = ("participation", study.key), ("answers", study.key)
    rates, shapes = ("response_rates", study.key), ("patterns", study.key)
    reports = (("outcomes", study.key),) if study.about.outcomes else ()

    def compute(_: Workspace, tables: Tables) -> Output:
        from pipeline.participation import participation, patterns, reported, response_rates
        from pipeline.tables import Participation, Patterns, ResponseRates

        listed = tables[reports[0]] if reports else None
        outcomes = reported(listed, tables[answers], tuple(study.items), partial_below=study.about.partial_below)
        table = participation(tables[answers], study.calendar, study=study.key, outcomes=outcomes)
        common, rated = patterns(table).head(8), response_rates(table)
        return Output(
            tables={
                key: table,
                rates: rated,
                shapes: patterns(table, by_arm=True, by_cohort=True, style="xtdescribe"),
            },
            schemas={key: Participation, rates: ResponseRates, shapes: Patterns},
            metadata={
                key: {
                    "persons": table["person_id"].n_unique(),
                    "responses": int(table["is_present"].sum()),
                    "commonest_patterns": ", ".join(f"{p}: {n:,}" for p, n in common.select("pattern", "count").rows()),
                },
                rates: _last_rates(rated),
            },
        )

    return Node(
        keys=(key, rates, shapes),
        inputs=(answers, *reports),
        group="weigh",
        study=study.key,
        description=f"{study.about.short_title}: who answered each wave of their arm, who left, who came back.",
        version=digest(str(study.calendar), str(study.about.partial_below), code_of("participation")),
        compute=compute,
        kinds=frozenset({"polars"}),
    )


def _last_rates(rates: Any) -> dict[str, str]:
    """Who was there in the last wave of each arm, for the UI."""
    last = rates.filter(cohort="all").group_by("arm", maintain_order=True).last()
    return {
        row["arm"]: f"{row['achieved']:,} answered {row['wave']}; of the {row['answered_first_wave']:,} who began, "
        f"{row['kept_from_first_wave']:,}; eligible {row['eligible']:,}, asked {row['issued']:,}"
        for row in last.to_dicts()
    }


def _weights(study: Study) -> Node:
    key, answers = ("weights", study.key), ("answers", study.key)

    def compute(_: Workspace, tables: Tables) -> Output:
        from pipeline.tables import Weights
        from pipeline.weights.delivered import delivered_weights, weight_summary

        table = delivered_weights(tables[answers])
        return Output(tables={key: table}, schemas={key: Weights}, metadata={key: weight_summary(table)})

    return Node(
        keys=(key,),
        inputs=(answers,),
        group="weigh",
        study=study.key,
        description=f"{study.about.short_title}: the weights as delivered, and scaled to mean one within arm and wave.",
        version=digest(code_of("weights")),
        compute=compute,
        kinds=frozenset({"polars"}),
    )
