"""Lasting facts that were recorded once, carried to the other waves of the person; and the ledger of that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from pipeline.on_disk import BATCH, OnDisk, database, quoted, written
from pipeline.specs.project import Study

CARRIED = "carried"
"""Begins the code of a value that was recorded in another wave."""
WHERE = ("not_asked", "blank")
"""Only where nothing was asked, or nothing said, is a value carried: who refused keeps that."""
COUNTED = ("wave", "arm", "reason", "fact")


def carried(study: Study, answers: Any, ledger: pl.DataFrame) -> tuple[Any, pl.DataFrame]:
    """Answers and ledger with the items that are declared to ``carry``: of each person the value first recorded.

    ``answers``: a frame, or a table on disk.
    """
    keys = [key for key, item in study.items.items() if item.carry]
    if not keys:
        return answers, ledger
    answers, counts = _on_disk(answers, keys) if isinstance(answers, OnDisk) else _in_memory(answers, keys)
    for key, filled in counts.items():
        if filled.height:
            ledger = _accounted(ledger, key, filled, is_number=study.items[key].kind == "number")
    return answers, ledger


def _in_memory(answers: pl.DataFrame, keys: list[str]) -> tuple[pl.DataFrame, dict[str, pl.DataFrame]]:
    facts = {}
    for key in keys:
        stated = answers.drop_nulls(key).unique("person_id", keep="first", maintain_order=True)
        facts[key] = answers.select("person_id").join(
            stated.select("person_id", pl.col(key).alias("fact")), on="person_id", how="left", maintain_order="left"
        )["fact"]
    return _filled(answers, facts)


def _on_disk(answers: OnDisk, keys: list[str]) -> tuple[OnDisk, dict[str, pl.DataFrame]]:
    """Each person's facts are found by DuckDB, and laid beside the rows in their order."""
    counts: dict[str, list[pl.DataFrame]] = {key: [] for key in keys}
    firsts = ", ".join(
        f"arg_min({quoted(key)}, file_row_number) FILTER ({quoted(key)} IS NOT NULL) AS f{place}"
        for place, key in enumerate(keys)
    )
    facts = ", ".join(f"f{place}" for place in range(len(keys)))
    with database() as connection:
        connection.execute(f"CREATE TABLE facts AS SELECT person_id, {firsts} FROM {answers.sql} GROUP BY person_id")
        connection.execute(
            f"CREATE TABLE beside AS SELECT a.file_row_number AS place, {facts} "
            f"FROM {answers.sql} a JOIN facts USING (person_id) ORDER BY place"
        )

        def batches() -> Iterator[pl.DataFrame]:
            for number, batch in enumerate(answers.slices()):
                start = number * BATCH
                within = f"place >= {start} AND place < {start + batch.height}"
                found = connection.sql(f"SELECT {facts} FROM beside WHERE {within} ORDER BY place").pl()
                made, own = _filled(batch, {key: found[f"f{place}"] for place, key in enumerate(keys)})
                for key, rows in own.items():
                    counts[key].append(rows)
                yield made

        made = written(batches, answers.schema, answers.height)
    by_key = {key: pl.concat(found) for key, found in counts.items() if found}
    return made, {key: _counted(found, pl.col("n").sum()) for key, found in by_key.items()}


def _filled(answers: pl.DataFrame, facts: Mapping[str, pl.Series]) -> tuple[pl.DataFrame, dict[str, pl.DataFrame]]:
    """The answers with each row's facts where nothing was asked or said; and counts of what was filled, by key."""
    counts = {}
    for key, own in facts.items():
        reason = answers[f"{key}_reason"]
        fills = own.is_not_null() & answers[key].is_null() & reason.is_in(list(WHERE)).fill_null(False)
        rows = answers.select("wave", "arm", fact=own, reason=reason.cast(pl.String)).filter(fills)
        counts[key] = _counted(rows, pl.len())
        if not fills.any():
            continue
        answers = answers.with_columns(
            pl.select(pl.when(fills).then(own).otherwise(answers[key])).to_series().alias(key),
            pl.select(pl.when(fills).then(None).otherwise(reason)).to_series().alias(f"{key}_reason"),
        )
    return answers, counts


def _counted(rows: pl.DataFrame, how: pl.Expr) -> pl.DataFrame:
    return rows.group_by(COUNTED, maintain_order=True).agg(n=how.cast(pl.Int64))


def _accounted(ledger: pl.DataFrame, key: str, filled: pl.DataFrame, *, is_number: bool) -> pl.DataFrame:
    """The ledger with as many fewer answers missing, and as many more valued, as were filled."""
    rows = ledger.to_dicts()
    for (wave, arm, reason), own in filled.group_by("wave", "arm", "reason", maintain_order=True):
        count = int(own["n"].sum())
        left = count
        of_arm = [row for row in rows if (row["wave"], row["arm"], row["item"]) == (wave, arm, key)]
        for row in (row for row in of_arm if row["reason"] == reason):
            taken = min(left, row["count"])
            row["count"] -= taken
            left -= taken
        like = of_arm[0]
        values = [(None, count)] if is_number else own.select("fact", "n").sort("fact").rows()
        for value, many in values:
            code = CARRIED if value is None else f"{CARRIED} {value:g}"
            known = next((row for row in of_arm if row["code"] == code), None)
            if known is not None:
                known["count"] += many
                continue
            added = {**like, "code": code, "value": value, "is_valued": True, "reason": None, "count": many}
            rows.append(added)
            of_arm.append(added)
    return pl.DataFrame(rows, schema=ledger.schema)
