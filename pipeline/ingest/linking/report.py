"""The links of a study: the ids of all its waves read again, compared while they are in memory, and reported in counts.

Ids exist as such only while files are read, so this cannot be made from the warehouse; and nothing that could be kept
for it (not the ids, nor a sketch of them) would be worth the risk of being found. The order in which
waves arrive makes no difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.errors import DepositError
from pipeline.ingest.arrival.find import find_file
from pipeline.ingest.declared import read_waves
from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.formats.numbers import codes_of_columns
from pipeline.ingest.linking.kinds import CONTRADICTS, LISTED, PROPOSED, UNDECLARED
from pipeline.ingest.linking.links import Links, link_waves
from pipeline.ingest.parts.part import Part
from pipeline.ingest.parts.together import under_names_of_arm
from pipeline.ingest.people.ids import in_arm, normalise_ids
from pipeline.ingest.people.pseudonyms import pseudonymise
from pipeline.ingest.people.sorting import Register, ids_in, rows_of_withdrawn
from pipeline.ingest.quarantine.answer_labels import declared_codes
from pipeline.ingest.quarantine.trials import without_test_records
from pipeline.specs.deposits import WaveFile
from pipeline.specs.project import Study
from pipeline.specs.sources import role_columns, source_variable
from pipeline.tables import LINK_KINDS

Place = tuple[str, str, str]
ID = "deposited_id"
KEPT = ("row", ID, "person_id", "arm", "set_apart")
"""Columns of the ids of a wave besides variables."""


def lasting_items(study: Study) -> list[str]:
    """The items that a person's links are tested by: what does not change in a life."""
    return [key for key, item in study.items.items() if item.time_constant]


def deposited_ids(
    study: Study, known: Register, loaded: Mapping[str, pl.DataFrame], receipts: Mapping[str, pl.DataFrame]
) -> tuple[dict[str, pl.DataFrame], list[str]]:
    """By wave, one row per row of its files that has an id: the id as deposited, and the variables of lasting items.

    And the lasting items that are evidence of links: told in more than one place. What one column says for all waves
    (of a wide file, or of a file joined by the person) is the same whoever is linked.

    Columns: ``arm``, ``row``, ``deposited_id``, ``person_id``, ``set_apart`` (it is not in the wave table ``loaded``),
    and the source variables as text of codes. People who withdrew are not there. For the memory of one step only:
    never to be stored. Raises ``DepositError`` for a file that cannot be read as declared, or is no longer the one of
    the receipt with which its wave was loaded.
    """
    parts: dict[str, list[pl.DataFrame]] = {wave: [] for wave in study.waves}
    places: dict[str, set[Place]] = {item: set() for item in lasting_items(study)}
    for waves in study.deliveries():
        taken = read_waves(study, waves, known.folder, columns=_columns, partial=True)
        for wave in waves:
            for file, part in zip(study.waves[wave].files, taken[wave], strict=True):
                if isinstance(part, DepositError):
                    raise part
                _ensure_loaded(file, part.deposit, receipts[wave])
                deposit = without_test_records(study, wave, file, part.deposit)
                parts[wave].append(_rows(study, wave, file, deposit, known, loaded[wave]))
                for item, own in places.items():
                    own |= {place for place in [_place(study, wave, file, part, item)] if place is not None}
    evidence = [item for item, own in places.items() if len(own) > 1]
    return {wave: pl.concat(found, how="diagonal") for wave, found in parts.items()}, evidence


def _place(study: Study, wave: str, file: WaveFile, part: Part, item: str) -> Place | None:
    """The file, the column and the rows in which a part finds an item; None where it does not ask it."""
    variable = source_variable(study, wave, file, item)
    if variable is None:
        return None
    for one in part.joined:
        if variable in one.added:
            return str(one.receipt["file"]), one.added[variable], ""
    return file.file, variable, str(sorted(file.chosen.items()))


def _ensure_loaded(file: WaveFile, deposit: Deposit, receipts: pl.DataFrame) -> None:
    if deposit.receipt["sha256"] not in receipts.filter(pl.col("arm") == file.arm)["sha256"]:
        raise DepositError(
            "is not the file that was loaded: it was changed since",
            where=str(deposit.receipt["file"]),
            todo="Build its wave again, or put the file that was loaded back in its place.",
        )


def _columns(study: Study, wave: str, file: WaveFile) -> list[str]:
    """The columns by which people are linked: the id, lasting items, and what marks test records."""
    roles = role_columns(study, wave, file)
    variables = [source_variable(study, wave, file, item) for item in lasting_items(study)]
    return list(dict.fromkeys(name for name in (roles["person_id"], *variables, roles.get("test")) if name))


def _rows(
    study: Study, wave: str, file: WaveFile, deposit: Deposit, known: Register, loaded: pl.DataFrame
) -> pl.DataFrame:
    column = role_columns(study, wave, file)["person_id"]
    rule = study.about.ids
    given = deposit.frame[column]
    ids = normalise_ids(given, strip=rule.strip, case=rule.case)
    gone = rows_of_withdrawn(study, wave, file, ids, column, known)
    numbers = pl.Series("row", deposit.row_numbers or range(1, deposit.frame.height + 1), dtype=pl.Int64)
    people = pseudonymise(in_arm(ids, file.arm, rule.within), known.key, study.key, known.pseudonyms)
    own = loaded.filter(pl.col("arm") == file.arm)["person_id"]
    coded = declared_codes(study, wave, file, deposit.frame)
    variables = codes_of_columns(coded.drop(column))
    made = pl.DataFrame([numbers, given.alias(ID), people, *variables.iter_columns()]).with_columns(
        arm=pl.lit(file.arm), set_apart=~people.is_in(own.implode())
    )
    made = under_names_of_arm(study, wave, file, made, KEPT, lasting_items(study))
    return made.filter(~gone & ids.is_not_null())


def link_study(
    study: Study,
    ids: Mapping[str, pl.DataFrame],
    facts: Mapping[str, pl.DataFrame],
    folder: Register,
    evidence: Sequence[str],
) -> Links:
    """One row per arm, pair of waves and kind (contract ``Links``), and one row per proposal.

    ``ids`` by wave as from ``deposited_ids``, and ``evidence``; ``facts`` by wave, row by row, the values of lasting
    items.
    """
    counts, proposals = [], []
    issued = ids_in(study, find_file(folder.folder, study.about.issued)) if study.about.issued else []
    for arm, declared in study.about.arms.items():
        waves = {
            wave: pl.concat([ids[wave].select("arm", "row", ID, "set_apart"), facts[wave]], how="horizontal")
            .filter(pl.col("arm") == arm)
            .drop("arm")
            for wave in declared.waves
        }
        rule = study.about.ids
        made = link_waves(
            waves,
            ID,
            facts=lasting_items(study),
            strip=rule.strip,
            case=rule.case,
            refreshment=_refreshment(study, arm, folder),
            issued=issued,
            evidence=evidence,
        )
        counts.append(made.counts.select(pl.lit(study.key).alias("study"), pl.lit(arm).alias("arm"), pl.all()))
        proposals.append(made.proposals.with_columns(arm=pl.lit(arm)))
    found = pl.concat(counts).with_columns(pl.col("kind").cast(pl.Enum(LINK_KINDS)))
    return Links(found, pl.concat(proposals))


def _refreshment(study: Study, arm: str, known: Register) -> dict[str, list[str]]:
    return {
        wave: ids_in(study, find_file(known.folder, file.refreshment))
        for wave, _, file in study.files()
        if file.arm == arm and file.refreshment
    }


def linked_people(links: pl.DataFrame) -> pl.DataFrame:
    """One row per arm and wave (contract ``Linked``), from the counts by pair of waves and kind."""

    def total(name: str, kinds: Sequence[str]) -> pl.Expr:
        return pl.col("count").filter(pl.col("kind").is_in(kinds)).sum().alias(name)

    people = links.filter(pl.col("kind") != CONTRADICTS)
    counted = people.group_by("study", "arm", wave="later", maintain_order=True).agg(
        pl.col("of").max().alias("people"),
        total("known", ["exact", "normalised"]),
        total("returned", ["returned"]),
        total("doubtful", PROPOSED),
        total("expected", LISTED),
        total("new", UNDECLARED),
        pl.col("earlier").max(),
    )
    facts = links.filter(pl.col("kind") == CONTRADICTS)
    facts = facts.select("arm", "earlier", "by_chance", wave="later", contradict="count", compared="of")
    made = counted.join(facts, on=["arm", "wave", "earlier"], how="left", maintain_order="left")
    made = made.with_columns(pl.col("contradict", "compared").fill_null(0))
    return made.select(
        "study",
        "arm",
        "wave",
        "people",
        "known",
        "returned",
        "doubtful",
        "expected",
        "new",
        "compared",
        "contradict",
        "by_chance",
    )
