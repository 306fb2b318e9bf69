"""Lasting facts that were recorded once, carried to the other waves of the person; and the ledger of that."""

from __future__ import annotations

import polars as pl

from pipeline.specs.project import Study

CARRIED = "carried"
"""Begins the code of a value that was recorded in another wave."""
WHERE = ("not_asked", "blank")
"""Only where nothing was asked, or nothing said, is a value carried: who refused keeps that."""


def carried(study: Study, answers: pl.DataFrame, ledger: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Answers and ledger with the items that are declared to ``carry``: of each person the value first recorded."""
    for key in (key for key, item in study.items.items() if item.carry):
        stated = answers.drop_nulls(key).unique("person_id", keep="first", maintain_order=True)
        facts = answers.select("person_id").join(
            stated.select("person_id", pl.col(key).alias("fact")), on="person_id", how="left", maintain_order="left"
        )["fact"]
        reason = answers[f"{key}_reason"]
        fills = facts.is_not_null() & answers[key].is_null() & reason.is_in(list(WHERE)).fill_null(False)
        if not fills.any():
            continue
        filled = answers.select("wave", "arm", fact=facts, reason=reason.cast(pl.String)).filter(fills)
        ledger = _accounted(ledger, key, filled, is_number=study.items[key].kind == "number")
        answers = answers.with_columns(
            pl.select(pl.when(fills).then(facts).otherwise(answers[key])).to_series().alias(key),
            pl.select(pl.when(fills).then(None).otherwise(reason)).to_series().alias(f"{key}_reason"),
        )
    return answers, ledger


def _accounted(ledger: pl.DataFrame, key: str, filled: pl.DataFrame, *, is_number: bool) -> pl.DataFrame:
    """The ledger with as many fewer answers missing, and as many more valued, as were filled."""
    rows = ledger.to_dicts()
    for (wave, arm, reason), own in filled.group_by("wave", "arm", "reason", maintain_order=True):
        left = own.height
        of_arm = [row for row in rows if (row["wave"], row["arm"], row["item"]) == (wave, arm, key)]
        for row in (row for row in of_arm if row["reason"] == reason):
            taken = min(left, row["count"])
            row["count"] -= taken
            left -= taken
        like = of_arm[0]
        values = [(None, own.height)] if is_number else own.group_by("fact").len().sort("fact").rows()
        for value, count in values:
            code = CARRIED if value is None else f"{CARRIED} {value:g}"
            known = next((row for row in of_arm if row["code"] == code), None)
            if known is not None:
                known["count"] += count
                continue
            added = {**like, "code": code, "value": value, "is_valued": True, "reason": None, "count": count}
            rows.append(added)
            of_arm.append(added)
    return pl.DataFrame(rows, schema=ledger.schema)
