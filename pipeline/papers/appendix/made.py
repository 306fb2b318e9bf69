"""What a paper was made from: its build, its code, and each data file by its hash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.papers.appendix.plain import plain_rows, wave_of
from pipeline.papers.content import Block, Heading, Paragraph, TableBlock, words
from pipeline.papers.phrases import joined
from pipeline.papers.study_context import StudyContext
from pipeline.specs.provenance import Provenance, after

SHOWN = 16
"""Characters of a SHA-256 that are printed; the metadata of the file have all."""


def made(provenance: Provenance | None, study: StudyContext) -> list[Block]:
    """The build, the code and the data files of a paper; nothing where they are not known."""
    if provenance is None:
        return []
    lead = (
        f"This paper is of build {provenance.build}, made by code {provenance.code}. The same declarations, data files "
        "and code give the same build, and this paper to the byte. Tables and figures name the models, waves and "
        "weights that they rest on; “cohesion trace” leads from each to the questions asked, “cohesion diff” "
        "says what moved between two builds."
    )
    waves: dict[tuple[str, str], list[str]] = {}
    for one in provenance.deposits:
        waves.setdefault((one.file, one.sha256), []).append(wave_of(one.wave, one.arm, study))
    rows = [(joined(list(dict.fromkeys(own))), file, sha256[:SHOWN]) for (file, sha256), own in waves.items()]
    table = plain_rows("files-table", "The data files", ("Wave", "File", f"First {SHOWN} digits of its SHA-256"), rows)
    return [
        Heading(2, words("What this paper was made from"), "made"),
        Paragraph(words(lead)),
        *([table] if rows else []),
    ]


def sourced(blocks: Sequence[Block], provenance: Provenance | None) -> list[Block]:
    """The blocks; below each table stands what it rests on."""
    if provenance is None:
        return list(blocks)
    return [_sourced(block, provenance) if isinstance(block, TableBlock) else block for block in blocks]


def _sourced(block: TableBlock, provenance: Provenance) -> TableBlock:
    if not block.sources:
        return block
    models = [source.removeprefix("estimates/") for source in block.sources if source.startswith("estimates/")]
    return replace(block, source=after(block.source, provenance.of(models).short()))
