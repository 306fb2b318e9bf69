"""Parquet: labels, names of values and reasons for missing ones as metadata of the file and of each column."""

from __future__ import annotations

import json
from pathlib import Path

from pipeline.exports.dataset import DataSet


def write(data: DataSet, path: Path) -> None:
    """Write the data set with a ``description`` and ``value_labels`` (JSON) in the metadata of each column."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = data.frame.to_arrow()
    fields = [field.with_metadata(described(data, field.name)) for field in table.schema]
    about = {"description": data.title, "notes": json.dumps(list(data.notes), ensure_ascii=False)}
    pq.write_table(table.cast(pa.schema(fields, metadata=about)), path, compression="zstd")


def described(data: DataSet, name: str) -> dict[str, str]:
    """What is said of one column, as texts by name."""
    about = data.variables[name]
    labels = json.dumps({f"{value:g}": label for value, label in sorted(about.values.items())}, ensure_ascii=False)
    facts = {
        "description": about.label,
        "role": about.role,
        "measure": about.measure or "",
        "value_labels": labels if about.values else "",
        "missing_reason": about.reason,
        "remark": about.remark,
    }
    return {key: text for key, text in facts.items() if text}
