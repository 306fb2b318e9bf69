"""Who took part, and the weights as delivered: who was eligible, answered, left and returned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assets.engine.node import Node, Output, Tables
from assets.engine.workspace import Workspace
from pipeline.specs import Study
from pipeline.specs.arm_parts import arm_files
from pipeline.specs.sources import role_columns
from pipeline.specs.wave_rules import paradata_of
from pipeline.specs.weight_used import weighted_files


def nodes(workspace: Workspace) -> list[Node]:
    """``participation/<study>`` with rates and patterns, and ``weights/<study>``."""
    return [make(study) for study in workspace.project.studies.values() for make in (_participation, _weights)]


def make_participation(
    tables: Tables,
    *,
    study: str,
    calendar: Mapping[str, tuple[str, ...]],
    items: tuple[str, ...],
    partial_below: float | None,
    progress: Mapping[str, Mapping[str, str]],
    complete: Mapping[str, float],
    missing: tuple[str, ...],
) -> Output:
    """One row per person and wave of their arm; response rates, absences and patterns."""
    import polars as pl

    from pipeline.participation import absences, participation, patterns, reported, response_rates
    from pipeline.participation.outcomes import Unfinished, unfinished_interviews
    from pipeline.tables import Absences, Participation, Patterns, ResponseRates

    answers = tables["answers"]
    rules = {wave: Unfinished(columns, complete[wave], missing) for wave, columns in progress.items()}
    unfinished = unfinished_interviews(tables["progressed"], rules) if rules else None
    outcomes = reported(tables.get("outcomes"), answers, items, partial_below=partial_below, unfinished=unfinished)
    table = participation(answers, dict(calendar), study=study, outcomes=outcomes)
    common, rated = patterns(table).head(8), response_rates(table)
    return Output(
        tables={
            "participation": table,
            "response_rates": rated,
            "absences": absences(table),
            "patterns": patterns(table, by_arm=True, by_cohort=True, style="xtdescribe"),
        },
        schemas={
            "participation": Participation,
            "response_rates": ResponseRates,
            "absences": Absences,
            "patterns": Patterns,
        },
        metadata={
            "participation": {
                "persons": table.select(pl.col("person_id").n_unique()).item(),
                "responses": int(table.select(pl.col("is_present").sum()).item()),
                "commonest_patterns": ", ".join(f"{p}: {n:,}" for p, n in common.select("pattern", "count").rows()),
            },
            "response_rates": _last_rates(rated),
        },
    )


def _participation(study: Study) -> Node:
    reported = {"outcomes": ("outcomes", study.key)} if study.about.outcomes else {}
    progress = _progress(study)
    progressed = {"progressed": {wave: ("wave", study.key, wave) for wave in progress}} if progress else {}
    return Node(
        make_participation,
        reads={
            "study": study.key,
            "calendar": study.calendar,
            "items": tuple(study.items),
            "partial_below": study.about.partial_below,
            "progress": progress,
            "complete": {wave: paradata_of(study, wave).complete for wave in progress},
            "missing": tuple(study.about.missing) if progress else (),
        },
        inputs={"answers": ("answers", study.key), **reported, **progressed},
        outputs={table: (table, study.key) for table in ("participation", "response_rates", "absences", "patterns")},
        group="weigh",
        study=study.key,
        description=f"{study.about.short_title}: who answered each wave of their arm, who left, who came back.",
        kinds=frozenset({"polars"}),
        code=("pipeline.participation.on_disk:*",),
        on_disk=frozenset({"answers"}),
    )


def _progress(study: Study) -> dict[str, dict[str, str]]:
    """Wave → arm → the column that says how far an interview came, where there is one."""
    found: dict[str, dict[str, str]] = {}
    for wave, file in [(key, part) for key in study.waves for part in arm_files(study, key)]:
        column = role_columns(study, wave, file).get("progress")
        if column is not None:
            found.setdefault(wave, {})[file.arm] = column
    return found


def _last_rates(rates: Any) -> dict[str, str]:
    """Who was there in the last wave of each arm, for the UI."""
    last = rates.filter(cohort="all").group_by("arm", maintain_order=True).last()
    return {
        row["arm"]: f"{row['achieved']:,} answered {row['wave']}; of the {row['answered_first_wave']:,} who began, "
        f"{row['kept_from_first_wave']:,}; eligible {row['eligible']:,}, asked {row['issued']:,}"
        for row in last.to_dicts()
    }


def make_weights(tables: Tables, *, weighted: tuple[tuple[str, str], ...]) -> Output:
    """One row per person and wave: the weight as delivered, and scaled to mean one within arm and wave.

    ``weighted``: arm and wave of the files that declare a weight.
    """
    from pipeline.tables import Weights
    from pipeline.weights.delivered import delivered_weights, waves_without, weight_summary

    table = delivered_weights(tables["answers"])
    blank = [
        f"{wave}: the weight is blank for everybody of the arm {arm}; nothing weighted is estimated for it"
        for arm, wave in waves_without(table, weighted)
    ]
    return Output(
        {"weights": table},
        {"weights": Weights},
        remarks={"blank_weights": ("warning", blank)},
        metadata={"weights": weight_summary(table)},
    )


def _weights(study: Study) -> Node:
    return Node(
        make_weights,
        reads={"weighted": tuple(sorted(weighted_files(study)))},
        inputs={"answers": ("answers", study.key)},
        outputs={"weights": ("weights", study.key)},
        group="weigh",
        study=study.key,
        description=f"{study.about.short_title}: the weights as delivered, and scaled to mean one within arm and wave.",
        kinds=frozenset({"polars"}),
        remarks={"blank_weights": "Waves whose declared weight is blank for everybody."},
        on_disk=frozenset({"answers"}),
    )
