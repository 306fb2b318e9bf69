"""What is taken from a paper for those who read no paper: a summary of two pages, and a slide for each figure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pipeline.errors import PaperError
from pipeline.papers.content import Block, Callout, Document, FigureBlock, anchors_of
from pipeline.papers.results import nearest
from pipeline.specs.writers import TEXTS, Part

MOST = 2
"""Figures in a summary: more do not fit on its two pages, and rarely do two."""

BEFORE, AFTER = ("warning", "findings", "meaning"), ("recommendations", "limits")
"""The boxes of a paper that its summary holds, before and after the figures."""


def with_extracts(document: Document, in_summary: Sequence[str] = ()) -> Document:
    """A paper with its summary and its slides: without key findings it has no summary, without figures no slides.

    ``in_summary``: keys of the figures that the summary shows; by default the first of the paper.
    Raises ``PaperError`` for a key that is not a figure of the paper's text, and for more than two.
    """
    drawn = {block.key: block for block in document.blocks if isinstance(block, FigureBlock)}
    for key in in_summary:
        if key not in drawn:
            raise PaperError(f"`in_summary` names `{key}`, which the text does not show{nearest(key, drawn)}")
    if len(in_summary) > MOST:
        raise PaperError(f"`in_summary` names {len(in_summary)} figures; a summary of two pages has {MOST} at most")
    shown = [drawn[key] for key in in_summary] or list(drawn.values())[:1]
    extracts: list[Document] = []
    if any(isinstance(block, Callout) and block.tone == "findings" for block in document.blocks):
        boxes: list[Block] = [*_boxes(document, BEFORE), *shown, *_boxes(document, AFTER)]
        extracts.append(_extract(document, "summary", "In brief", boxes))
    if drawn:
        extracts.append(_extract(document, "slides", "Figures", drawn.values()))
    return _acquainted(replace(document, extracts=tuple(extracts)))


def _acquainted(document: Document) -> Document:
    """The paper with all of its documents, each of which knows which others are read as text."""
    texts = [one.part for one in document.documents if one.part in TEXTS]
    made = {
        one.part: replace(one, beside=tuple(part for part in texts if part != one.part)) for one in document.documents
    }
    extracts = tuple(made[one.part] for one in document.extracts)
    return replace(made["paper"], annex=made.get("annex"), extracts=extracts)


def _boxes(document: Document, tones: Sequence[str]) -> list[Callout]:
    boxes = [block for block in document.blocks if isinstance(block, Callout) and block.tone in tones]
    return sorted(boxes, key=lambda box: tones.index(box.tone))


def _extract(document: Document, part: Part, named: str, blocks: Iterable[Block]) -> Document:
    """A document of some blocks; what else the paper and its annex hold lies elsewhere."""
    made = replace(document, title=f"{named}: {document.title}", blocks=tuple(blocks), part=part, annex=None)
    own = set(anchors_of(made))
    apart: dict[str, Part] = dict.fromkeys(anchors_of(document), "paper")
    if document.annex is not None:
        apart |= dict.fromkeys(anchors_of(document.annex), "annex")
    return replace(made, elsewhere={anchor: where for anchor, where in apart.items() if anchor not in own})
