"""Field reports and cross-wave files: what became of each person at each wave, under pseudonyms from here on."""

from __future__ import annotations

import re
from dataclasses import replace

import polars as pl

from pipeline.errors import DepositError
from pipeline.ingest.arrival.find import find_file
from pipeline.ingest.declared import whole_request
from pipeline.ingest.formats.columns import some
from pipeline.ingest.formats.numbers import answer_codes
from pipeline.ingest.formats.request import limits_of
from pipeline.ingest.isolation.read import answer_to
from pipeline.ingest.people.ids import in_arm, normalise_ids
from pipeline.ingest.people.pseudonyms import pseudonymise
from pipeline.ingest.people.sorting import Register, fingerprints
from pipeline.ingest.people.withdrawals import read_withdrawals
from pipeline.specs.base import canonical_code
from pipeline.specs.outcome_columns import no_outcome, outcome_arm, outcome_columns, outcome_file
from pipeline.specs.outcomes import OutcomeList
from pipeline.specs.project import Study

CODE = re.compile(r"-?\w{1,6}")
"""What may be named in a message: a longer text could be an interviewer's remark about somebody."""

SCHEMA = {"person_id": pl.String, "arm": pl.String, "wave": pl.String, "outcome": pl.String}


def field_outcomes(study: Study, known: Register) -> pl.DataFrame:
    """One row per person and wave that the study's field reports say something of: ``person_id, arm, wave, outcome``.

    People who withdrew, by the study's list or this installation's, are ``withdrawn`` from the wave in the field on
    that day on; who wishes to be erased is in no row. Raises ``DepositError``, with counts only, for a column or code
    that is not as declared, ids that are blank or twice in a list, and a person and wave in two lists.
    """
    tables = [_of_list(study, report, known) for report in study.about.outcomes]
    if not tables:
        return pl.DataFrame(schema=SCHEMA)
    found = pl.concat(tables)
    twice = found.height - found.select("person_id", "wave").n_unique()
    if twice:
        raise DepositError(
            "persons have an outcome of the same wave in two lists",
            where=", ".join(report.file for report in study.about.outcomes),
            count=twice,
            todo="Keep one.",
        )
    return found


def _of_list(study: Study, report: OutcomeList, known: Register) -> pl.DataFrame:
    arm = outcome_arm(study.about, report)
    frame, ids = _listed(study, report, known)
    withdrawn = _withdrawn(study, ids, arm, known)
    rows = []
    for wave, column in outcome_columns(study, report).items():
        period = study.fieldwork(wave, arm)
        left = (withdrawn["date"] <= period.end).fill_null(False)
        outcome = _decoded(study, frame[column], report, outcome_file(study.about, report).file)
        said = outcome.is_in(["moved", "dead"]).fill_null(False)
        outcome = outcome.set(left & ~said, "withdrawn")
        rows.append(pl.DataFrame({"person_id": ids, "outcome": outcome}).with_columns(wave=pl.lit(wave)))
    erased = ids.filter((withdrawn["scope"] == "erase").fill_null(False))
    table = pl.concat(rows).drop_nulls("outcome").filter(~pl.col("person_id").is_in(erased.implode()))
    people = pseudonymise(in_arm(table["person_id"], arm, study.about.ids.within), known.key, study.key)
    return table.with_columns(people.alias("person_id"), arm=pl.lit(arm)).select(list(SCHEMA))


def _listed(study: Study, report: OutcomeList, known: Register) -> tuple[pl.DataFrame, pl.Series]:
    """The list as deposited, and its ids as the study's rule writes them."""
    declared = outcome_file(study.about, report)
    path = find_file(known.folder, declared.file)
    id_column = report.id or str(study.about.columns.person_id)
    wanted = (id_column, *outcome_columns(study, report).values())
    asked = replace(
        whole_request(path.resolve(), declared, wanted),
        columns=wanted,
        limits=limits_of(path.stat().st_size, declared.limits.seconds, declared.limits.gigabytes),
        projected=declared.layout == "plain",
    )
    deposit = answer_to(asked)
    frame = deposit.frame
    for column in wanted:
        if column not in frame.columns:
            close = deposit.absent.get(column)
            raise DepositError(
                f"the field report has no column `{column}`" + (f"; it has `{close}`" if close else ""),
                where=path.name,
                todo="Correct `outcomes` in study.yaml, or ask for the list again.",
            )
    rule = study.about.ids
    ids = normalise_ids(frame[id_column], strip=rule.strip, case=rule.case, pattern=rule.pattern)
    for wrong, what in ((ids.is_null(), "rows without an id"), (ids.is_duplicated(), "rows that share an id")):
        if wrong.any():
            where, count = f"{path.name}, column {id_column}", int(wrong.sum())
            raise DepositError(f"the field report has {what}", where=where, count=count, todo="One row a person.")
    return frame, ids


def _decoded(study: Study, codes: pl.Series, report: OutcomeList, file: str) -> pl.Series:
    """Outcomes for codes; null where the cell is empty, or has a missing code of the study."""
    means = {canonical_code(code): outcome for code, outcome in report.codes.items()}
    texts = answer_codes(codes).str.strip_chars()
    texts = texts.set((texts == "") | texts.is_in(list(no_outcome(study.about, report))), None)
    strange = texts.filter(texts.is_not_null() & ~texts.is_in(list(means)))
    if strange.len():
        named = some([f"`{code}`" for code in strange.unique().sort() if CODE.fullmatch(code)])
        raise DepositError(
            "outcome codes that are not declared" + (f": {named}" if named else ""),
            where=f"{file}, column {codes.name}",
            count=strange.len(),
            todo="Declare what they mean under `codes` of the report in study.yaml.",
        )
    return texts.replace_strict(means, default=None, return_dtype=pl.String)


def _withdrawn(study: Study, ids: pl.Series, arm: str, known: Register) -> pl.DataFrame:
    """``scope`` and ``date`` of withdrawal of each id, null for who has not withdrawn."""
    lists = [pl.DataFrame(schema={"id": pl.String, "scope": pl.String, "date": pl.Date})]
    if study.about.withdrawals:
        rule, path = study.about.ids, find_file(known.folder, study.about.withdrawals)
        id_column = str(study.about.columns.person_id)
        lists.append(read_withdrawals(path, id_column, strip=rule.strip, case=rule.case))
    if known.withdrawn is not None and known.withdrawn.height:
        marks = pl.DataFrame(
            {"id": ids, "mark": fingerprints(in_arm(ids, arm, study.about.ids.within), known.key, study.key)}
        )
        here = known.withdrawn.rename({"id": "mark"}).join(marks, on="mark").select("id", "scope", "date")
        lists.append(here)
    listed = pl.concat(lists).sort(pl.col("scope") == "erase", descending=True, maintain_order=True)
    listed = listed.group_by("id", maintain_order=True).agg(pl.col("scope").first(), pl.col("date").min())
    return pl.DataFrame({"id": ids}).join(listed, on="id", how="left", maintain_order="left")
