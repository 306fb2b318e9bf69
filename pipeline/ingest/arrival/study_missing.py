"""Missing codes of a first draft written into study.yaml, where they hold for every item."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.ingest.items.shared_missing import SharedMissing
from pipeline.specs.base import canonical_code
from pipeline.specs.project import Study
from pipeline.specs.yaml_edit import Change, edit


def write_missing(folder: Path, study: Study, shared: SharedMissing) -> Iterator[str]:
    """Write the shared missing codes into study.yaml; in words, which, and what it had said before.

    Raises ``CohesionError``, and writes nothing, where study.yaml cannot be edited.
    """
    if not shared.reasons:
        return
    written = {canonical_code(code): code for code in study.about.missing}
    values = {written.get(code, code): reason for code, reason in shared.reasons.items()}
    comments = {code: shared.comment(code) for code in values}
    near = list(study.about.missing)[-1]
    edit(folder / "study.yaml", lambda file: file.set_each([Change(("missing",), values, near, comments)]))
    for code, reason in values.items():
        before = study.about.missing.get(code)
        was = f", and no longer {before}" if before not in (None, reason) else ""
        yield f"study.yaml now says under `missing` that {code} is {reason}{was}: {shared.comment(code)}."
