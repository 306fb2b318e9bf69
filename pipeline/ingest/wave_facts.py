"""What is known of a wave in addition to its rows: receipts, labels, notices, and where every row received is."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from pipeline.errors import DepositError
from pipeline.ingest.formats.columns import some
from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.parts.part import Part
from pipeline.ingest.quarantine.rows import Sorted
from pipeline.ingest.wave_file import FileRows
from pipeline.specs.deposits import WaveFile
from pipeline.specs.formats import FORMATS
from pipeline.specs.project import Study
from pipeline.specs.sources import declared_variables

LABELS = {
    **dict.fromkeys(("study", "wave", "arm", "variable", "label", "code", "code_label", "missing"), pl.String),
    "is_in_file": pl.Boolean,
    "nearest": pl.String,
    "left_out_item": pl.String,
    "left_out_why": pl.String,
    "answers": pl.Int64,
}

NOT_LEFT_OUT = (None, None, None)


JOINED = {
    **dict.fromkeys(("study", "wave", "arm", "file", "format", "sha256"), pl.String),
    "bytes": pl.Int64,
    "rows": pl.Int64,
    **dict.fromkeys(("joined_to", "key", "relation"), pl.String),
    "without": pl.Int64,
    "unused": pl.Int64,
}


def joined_receipts(study: Study, wave: str, file: WaveFile, part: Part) -> list[dict[str, object]]:
    """What is known of each file that is joined to a part (contract ``Joins``)."""
    return [
        {
            **{"study": study.key, "wave": wave, "arm": file.arm},
            **{name: one.receipt[name] for name in ("file", "format", "sha256", "bytes", "rows")},
            **{name: getattr(one, name) for name in ("joined_to", "key", "relation", "without", "unused")},
        }
        for one in part.joined
    ]


def joined_table(joined: Sequence[Mapping[str, object]]) -> pl.DataFrame:
    return pl.DataFrame(joined, schema=JOINED)


def file_receipt(
    study: Study, wave: str, file: WaveFile, deposit: Deposit, part: Part, arm: FileRows, path: Path
) -> dict[str, object]:
    """What is known of one part: the bytes of its file, where its rows are, when people were interviewed."""
    first, last = arm.interviews
    return {
        "study": study.key,
        "wave": wave,
        "arm": file.arm,
        **{name: value for name, value in deposit.receipt.items() if name != "columns"},
        "rows": arm.sorted.received,
        "in_file": int(deposit.receipt["rows"]),
        "elsewhere": part.elsewhere,
        "left_out": part.left_out,
        "not_present": part.not_present,
        "variables": deposit.receipt["columns"],
        "first_interview": first,
        "last_interview": last,
        "fieldwork_start": study.fieldwork(wave, file.arm).start,
        "fieldwork_end": study.fieldwork(wave, file.arm).end,
        "warnings": len(deposit.notices),
        "received_at": dt.datetime.fromtimestamp(int(path.stat().st_mtime), dt.UTC),
        **_rows(arm.sorted),
    }


def notices_of(study: Study, deposit: Deposit) -> list[str]:
    """What a person should know of a file that loads all the same: counts and names of columns, never a value."""
    found = [notice.message for notice in deposit.notices]
    found += [f"{scan['column']}: {scan['count']:,} cells, {scan['kind']}" for scan in deposit.findings]
    found += [f"{count:,} rows set aside: {rule}" for rule, count in deposit.set_aside.items()]
    if study.about.doubtful == "set_aside" and deposit.undeclared:
        found.append(f"columns that no item is read from, left out: {some(deposit.undeclared)}")
    for column, near in deposit.absent.items():
        hint = f"; the nearest name is `{near}`" if near else ""
        found.append(f"the file has no variable `{column}`{hint}")
    return found


def counts_of(parts: Sequence[Sorted], loaded: int) -> dict[str, int]:
    """Where the rows received are. Raises ``DepositError`` unless every one is in exactly one place."""
    received = sum(part.received for part in parts)
    places = Counter({"loaded": loaded})
    for part in parts:
        places.update({f"quarantined, {reason}": count for reason, count in part.counts().items()})
        places.update({f"set aside, {rule}": count for rule, count in part.set_aside.items()})
    if places.total() != received:
        raise DepositError(
            f"{received:,} rows were received, but {places.total():,} are accounted for",
            todo="This is a mistake in the pipeline; please report it.",
        )
    return {"received": received, **places}


def _rows(part: Sorted) -> dict[str, int | str | None]:
    """Where one file's rows are, and why some are not loaded."""
    reasons = [f"{reason}: {count:,}" for reason, count in {**part.counts(), **part.set_aside}.items()]
    return {
        "loaded": part.loaded.height,
        "quarantined": part.quarantined.height,
        "set_aside": sum(part.set_aside.values()),
        "apart": "; ".join(reasons) or None,
    }


def file_labels(study: Study, wave: str, file: WaveFile, deposit: Deposit) -> list[tuple[object, ...]]:
    """What the file says of each declared variable: its label, the label of each code, which codes are missing."""
    rows: list[tuple[object, ...]] = []
    for variable in declared_variables(study, wave, file):
        head = (study.key, wave, file.arm, variable)
        if variable not in deposit.frame.columns:
            rows.append((*head, None, "", None, None, False, deposit.absent.get(variable), *NOT_LEFT_OUT))
            continue
        codes: Mapping[str, str | None] = deposit.value_labels.get(variable) or {"": None}
        marked = _marked_missing(file, deposit, variable)
        label = deposit.labels.get(variable)
        rows += [(*head, label, code, text, marked, True, None, *NOT_LEFT_OUT) for code, text in codes.items()]
    return rows


def _marked_missing(file: WaveFile, deposit: Deposit, variable: str) -> str | None:
    """The codes that an SPSS file marks as missing, range by range; other formats cannot mark any."""
    if not FORMATS[file.format].marks_missing:
        return None
    return ";".join(f"{low}..{high}" for low, high in deposit.missing_ranges.get(variable, ()))


def labels_table(labels: list[tuple[object, ...]]) -> pl.DataFrame:
    return pl.DataFrame(labels, schema=LABELS, orient="row")
