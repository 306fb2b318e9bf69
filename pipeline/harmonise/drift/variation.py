"""Items without variation: absent, empty, or with one answer for everybody."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.harmonise.drift.finding import MANY, Finding, Severity
from pipeline.harmonise.drift.reading import Reading
from pipeline.specs.deposits import WaveFile
from pipeline.specs.study import Item


def variation_findings(
    file: WaveFile, key: str, item: Item, now: Reading, before: Reading | None, where: str
) -> Iterator[Finding]:
    """That nobody answered an item, or that all answers are the same."""
    if now.absent:
        return
    if now.height and now.valued_rows == 0 and not now.unknown and not _routed_out_before(now, before):
        yield Finding(
            file.arm, key, "empty", "warns", "nobody has an answer.", where,
            "List the item under `not_asked` if it was not asked; otherwise ask for the file again.",
            count=now.height,
        )  # fmt: skip
    elif now.valued_rows >= MANY and len(now.tally) == 1:
        severity = _constant(item, now, before)
        if severity:
            was = "" if before is None else f"; {len(before.tally)} different ones in the wave before"
            yield Finding(
                file.arm, key, "constant", severity, f"every answer is the same{was}.", where,
                "Ask whether the column was overwritten; scales and reliability leave a constant item out.",
                count=now.valued_rows, confidence=0.9 if severity == "warns" else 0.5,
            )  # fmt: skip


def not_in_file(file: WaveFile, key: str, variable: str, nearest: str | None, rows: int, stops: bool) -> Finding:
    """That the file lacks an item's variable. A renamed one (``nearest``) may be found again; another was not asked."""
    hint = f"; the closest name in the file is `{nearest}`" if nearest else ""
    becomes = (
        "" if stops else "; its answers are set aside" if nearest else "; the item counts as not asked in this wave"
    )
    return Finding(
        file.arm, key, "not_in_file", "blocks" if stops or nearest else "warns",
        f"the file has no variable `{variable}`{hint}{becomes}.",
        file.file,
        "Give the name it has under `variables` of the wave, or list the item under `not_asked`.",
        count=rows, confidence=0.99,
    )  # fmt: skip


def _routed_out_before(now: Reading, before: Reading | None) -> bool:
    """Whether the item did not apply to anybody of this arm before either."""
    return now.share("routed_out") == 1 and before is None


def _constant(item: Item, now: Reading, before: Reading | None) -> Severity | None:
    """How bad it is that all answers are the same. A category that everybody of an arm is in may be by design."""
    if before is not None and before.varies:
        return "warns"
    if now.shared:
        return None  # recoded from a variable that another item reads: in this arm all are of one kind
    if item.kind == "ordinal":
        return "warns"
    return "notes" if before is None else None
