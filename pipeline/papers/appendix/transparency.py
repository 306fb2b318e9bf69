"""The methods of the study as a table: each item of ``specs.methods.ANNEX_ITEMS``, and where what it says comes from.

Declared items are printed as declared; computed ones say what the results show, and lead to the table that shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pipeline.papers.appendix.differences import counted, undecided
from pipeline.papers.appendix.study import ASSUMED, RATED
from pipeline.papers.content import Block, Column, Heading, Link, Paragraph, Row, Runs, TableBlock, words
from pipeline.papers.paper_context import PaperContext
from pipeline.papers.phrases import joined
from pipeline.papers.study_context import StudyContext
from pipeline.specs.methods import ANNEX_ITEMS, AnnexItem

CAPTION = "Disclosure of the methods"
PLACES = {
    "interviews": ("Who could have answered, and who did", "Why people did not answer"),
    "attrition": ("Who stayed, who came back, who joined", "Who answers again", "Who still responds, by wave of entry"),
    "wordings": ("What was asked",),
    "invariance": ("Do the questions measure alike?",),
    "response_rates": ("Who could have answered, and who did",),
    "weighting": ("Weights for the waves analysed, step by step", "Population margins, before and after weighting"),
    "precision": ("The models of this paper",),
    "drift": ("Decisions about differences between waves", "Differences between waves that nobody has decided about"),
    "assumptions": (RATED, ASSUMED),
    "questionnaire": ("What single waves did differently",),
}  # fmt: skip
"""Item → the captions of the tables that show it in detail."""


def transparency(paper: PaperContext, printed: Mapping[str, str]) -> list[Block]:
    """The table, for a study that declares its methods. ``printed``: caption → anchor of each table of the paper."""
    study = paper.study
    if not study.methods:
        return []
    rows = [
        Row((words(item.title), _said(item, paper, printed), words(_origin(item, paper))))
        for item in ANNEX_ITEMS.values()
    ]
    lead = (
        "The items of the Transparency Initiative of the American Association for Public Opinion Research, and those "
        "that a panel adds. What is not known is said to be not reported, with the reason."
    )
    columns = tuple(Column(header) for header in ("Item", "Disclosure", "Source"))
    return [
        Heading(2, words("Methods of the study"), "transparency"),
        Paragraph(words(lead)),
        TableBlock(None, "transparency-table", CAPTION, columns, tuple(rows), wordy=True),
    ]


def _said(item: AnnexItem, paper: PaperContext, printed: Mapping[str, str]) -> Runs:
    """What is declared or computed of an item, and the tables that show it."""
    computed = COMPUTED.get(item.key)
    text = computed(paper) if computed else paper.study.methods[item.key]
    shown = [(caption, printed[caption]) for caption in PLACES.get(item.key, ()) if caption in printed]
    links = tuple(
        run
        for number, (caption, anchor) in enumerate(shown)
        for run in (*words("; " if number else " See "), Link(words(f"“{caption}”"), f"#{anchor}"))
    )
    ended = text if text.endswith((".", "?", "!")) else f"{text}."
    return (*words(ended), *links, *(words(".") if links else ()))


def _origin(item: AnnexItem, paper: PaperContext) -> str:
    """The file and the key that says it, or that it is computed."""
    if item.origin == "results":
        return "computed by the build"
    if item.origin == "the paper" and item.key in paper.study.planned:
        return "plan.yaml" if item.key == "plan" else "computed from plan.yaml, the models and their results"
    if item.origin == "the paper":
        return f"front matter of the paper: {item.key}"
    return f"{item.origin}: {item.key}" if item.origin == "methods.yaml" else item.origin


def _dates(paper: PaperContext) -> str:
    """Each arm's first and last wave."""
    study, calendars = paper.study, _calendars(paper.study)
    parts = []
    for arm, waves in calendars.items():
        first, last = (study.fieldwork[arm, wave].period for wave in (waves[0], waves[-1]))
        name = f"{study.label(arm)}: " if len(calendars) > 1 else ""
        many = f"{len(waves)} waves, the first in {first}, the last in {last}" if len(waves) > 1 else first
        parts.append(f"{name}{many}")
    return "; ".join(parts)


def _calendars(study: StudyContext) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for arm, wave in study.fieldwork:
        found.setdefault(arm, []).append(wave)
    return found


def _drift(paper: PaperContext) -> str:
    """How many differences between waves call for a decision, and of how many somebody has decided."""
    findings = paper.tables.get("findings")
    if findings is None or not findings.height:
        return counted(0, 0)
    return counted(int(findings["decision"].is_not_null().sum()), undecided(findings).height)


def _invariance(paper: PaperContext) -> str:
    """Over what comparability was judged, and for how many scales it fails."""
    judged = paper.tables.get("comparability")
    if judged is None or not judged.height:
        return "Not tested in this study: levels are compared on the assumption that the questions measure alike"
    failed = judged.filter(~judged["is_comparable"])["scale"].unique(maintain_order=True).to_list()
    if not failed:
        return "Tested for the scales of this study; none of those tested fails"
    return (
        f"Levels may not be compared for {joined([paper.study.label(scale) for scale in failed])}, which are marked †"
    )


def _fixed(text: str) -> Callable[[PaperContext], str]:
    return lambda _paper: text


COMPUTED: dict[str, Callable[[PaperContext], str]] = {
    "dates": _dates,
    "drift": _drift,
    "invariance": _invariance,
    "interviews": _fixed("The people of each wave and arm are counted unweighted"),
    "wordings": _fixed("Each question behind a number is printed as asked; the codebook has it with its answers"),
    "attrition": _fixed("Shares of those who answered before, with gaps and without, and who was more likely to leave"),
    "assumptions": _fixed("Each assumption is rated by the quality of what it rests on and by its impact"),
}
"""Item → what the results say of it."""
