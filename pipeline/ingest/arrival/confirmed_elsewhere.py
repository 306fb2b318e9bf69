"""One delivery under two names: it cannot be two waves, nor two files of one wave."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.errors import CohesionError
from pipeline.specs.parts import every_file
from pipeline.specs.project import Study


def refuse_confirmed_elsewhere(study: Study, wave: str, receipts: Mapping[str, Mapping[str, object]]) -> None:
    """Raise ``CohesionError`` if the bytes of a file are confirmed under another name, or lie here under two.

    ``receipts``: declared name → receipt. A file that serves several waves or arms has one name, or is a source.
    """
    known = [
        (sha256, file.file, other)
        for other, declared in study.waves.items()
        for file in every_file(declared)
        for sha256 in (file.sha256, *file.earlier)
        if sha256 and file.file not in receipts
    ]
    here = [(str(receipt["sha256"]), name, wave) for name, receipt in receipts.items()]
    for name, receipt in receipts.items():
        for sha256, other_name, other in (*known, *here):
            if sha256 == receipt["sha256"] and other_name != name:
                raise CohesionError(
                    f"holds the same bytes as {other_name}, which is "
                    f"{f'another file of {wave}' if other == wave else f'confirmed as {other}'}",
                    where=f"{study.key} {wave}, {receipt['file']}",
                    todo="Ask for the right file; nothing was confirmed. If one file serves both, declare it once, "
                    "under one name or as one of `sources`.",
                )
