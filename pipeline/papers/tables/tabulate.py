"""The tables of a paper, made from frames: ``:::table kind name option=value``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from pipeline.errors import PaperError
from pipeline.papers import participation_tables, structural_tables, weight_tables
from pipeline.papers.tables.attrition import attrition
from pipeline.papers.content import TableBlock
from pipeline.papers.tables.estimates import estimates, means, models
from pipeline.papers.results import nearest
from pipeline.papers.tables.sensitivity import sensitivity_table
from pipeline.papers.prose.source import Directive
from pipeline.papers.tables.study import items, patterns, reliability
from pipeline.papers.paper_context import PaperContext

KINDS: dict[str, Callable[[PaperContext, Sequence[str], Mapping[str, str]], TableBlock]] = {
    "means": means,
    "models": models,
    "estimates": estimates,
    "response_rates": participation_tables.response_rates,
    "retention": participation_tables.retention,
    "outcomes": participation_tables.outcomes,
    "patterns": patterns,
    "cohorts": participation_tables.cohorts,
    "variation": participation_tables.variation,
    "transitions": participation_tables.transitions,
    "attrition": attrition,
    "weights": weight_tables.weights,
    "margins": weight_tables.margins,
    "balance": weight_tables.balance,
    "sensitivity": sensitivity_table,
    "reliability": reliability,
    "items": items,
    "lags": structural_tables.lags,
    "fit": structural_tables.fit,
    "ladder": structural_tables.ladder,
    "invariance": structural_tables.invariance,
    "coefficients": structural_tables.reliability_of,
}


def table_block(directive: Directive, paper: PaperContext, number: int) -> TableBlock:
    """The table that a ``:::table`` line asks for. Raises ``PaperError`` if it cannot be made."""
    kind, *names = directive.arguments or ("",)
    if kind not in KINDS:
        raise PaperError(f"`{kind}` is not a kind of table{nearest(kind, KINDS)}")
    block = KINDS[kind](paper, names, directive.options)
    caption = directive.options.get("caption", block.caption)
    return replace(
        block, number=number, anchor=f"table-{number}", caption=caption, synthetic=paper.study.synthetic
    )
