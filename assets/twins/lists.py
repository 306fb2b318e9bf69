"""What lies beside the waves of a deposit: field reports, issued ids, lists of refreshment and of withdrawals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import polars as pl

from pipeline.specs import Study
from pipeline.specs.deposits import Deposited
from pipeline.specs.outcome_columns import outcome_arm, outcome_columns, outcome_file
from pipeline.specs.outcomes import OutcomeList
from pipeline.twin.courses import PRESENT
from pipeline.twin.layout import TwinFile, with_columns

Ids = Mapping[str, Mapping[str, str]]
"""Arm → person → id as written."""


def with_reports(
    study: Study,
    files: Sequence[TwinFile],
    outcomes: Mapping[str, pl.DataFrame],
    took: pl.DataFrame,
    ids: Ids,
    seed: int,
) -> list[TwinFile]:
    """The files with the study's field reports: of their own, or as columns of a file that has others.

    ``outcomes``: arm → ``person_id, wave, outcome`` of the twin. ``took``: the real outcomes of people who took part
    (``arm, wave, outcome``), by whose shares the twin's are complete or in part.
    """
    found = list(files)
    for number, report in enumerate(study.about.outcomes):
        arm = outcome_arm(study.about, report)
        frame = _report(
            study, report, outcomes.get(arm), took.filter(pl.col("arm") == arm), ids[arm], [seed, 5, number]
        )
        declared, key = outcome_file(study.about, report), frame.columns[0]
        place = next((at for at, file in enumerate(found) if file.declared.file == declared.file), None)
        if place is None:
            found.append(TwinFile(declared, frame))
        else:
            found[place] = with_columns(found[place], frame, key)
    return found


def _report(
    study: Study, report: OutcomeList, outcomes: pl.DataFrame | None, took: pl.DataFrame, ids: Mapping[str, str],
    seed: Sequence[int],
) -> pl.DataFrame:  # fmt: skip
    """One row per person of an arm, a column of codes for each wave."""
    random = np.random.default_rng(list(seed))
    codes: dict[str, str] = {}
    for code, outcome in report.codes.items():
        codes.setdefault(outcome, code)
    key = report.id or str(study.about.columns.person_id)
    frame = pl.DataFrame({"person_id": list(ids), key: list(ids.values())})
    for wave, column in outcome_columns(study, report).items():
        own = outcomes.filter(pl.col("wave") == wave) if outcomes is not None else None
        states = dict(own.select("person_id", "outcome").iter_rows()) if own is not None else {}
        there = took.filter(pl.col("wave") == wave)["outcome"].to_list()
        drawn = (
            [there[int(at)] for at in random.integers(len(there), size=frame.height)] if there else [""] * frame.height
        )
        cells = [
            codes.get(drawn[at] if (state := states.get(person, "")) == PRESENT else state)
            for at, person in enumerate(frame["person_id"])
        ]
        frame = frame.with_columns(pl.Series(column, cells, dtype=pl.String))
    return frame.drop("person_id")


def lists(study: Study, waves: Mapping[str, Mapping[str, pl.DataFrame]], ids: Ids) -> Iterator[TwinFile]:
    """Issued ids, those of each refreshment, and a list of withdrawals with nobody in it."""
    column = str(study.about.columns.person_id)
    if study.about.issued is not None:
        everybody = list(dict.fromkeys(identity for own in ids.values() for identity in own.values()))
        yield _list(study.about.issued, pl.DataFrame({column: everybody}))
    for wave, declared in study.waves.items():
        for file in declared.files:
            if file.refreshment is not None:
                before = [name for name in study.about.arms[file.arm].waves if name < wave]
                known = {person for name in before for person in waves[file.arm][name]["person_id"]}
                new = [ids[file.arm][person] for person in waves[file.arm][wave]["person_id"] if person not in known]
                yield _list(file.refreshment, pl.DataFrame({column: new}, schema={column: pl.String}))
    if study.about.withdrawals is not None:
        yield _list(study.about.withdrawals, pl.DataFrame(schema=dict.fromkeys((column, "scope", "date"), pl.String)))


def _list(name: str, frame: pl.DataFrame) -> TwinFile:
    return TwinFile(Deposited(file=name, format="csv"), frame)
