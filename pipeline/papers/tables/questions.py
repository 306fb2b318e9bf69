"""What was asked: the questions that measure each concept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.errors import PaperError
from pipeline.papers.content import Column, Row, TableBlock, words
from pipeline.papers.paper_context import PaperContext
from pipeline.papers.phrases import joined
from pipeline.papers.results import nearest
from pipeline.papers.study_context import Question, StudyContext

CAPTION = "What was asked"


def items(paper: PaperContext, names: Sequence[str], _options: Mapping[str, str]) -> TableBlock:
    """What was asked: the wording of every question behind the paper's results, or behind the concepts named."""
    study = paper.study
    body: list[Row] = []
    marks: dict[str, str] = {}
    for concept in names or paper.concepts:
        if concept not in study.questions:
            raise PaperError(f"no question asks about `{concept}`{nearest(concept, study.questions)}")
        body += [
            Row(
                (
                    words(study.label(concept)),
                    (*study.entry(question.item, question.wording), *words(_marks(question, marks))),
                    words(_answers(question)),
                    words(", ".join(question.variables)),
                    words(_asked_in(question, study)),
                )
            )
            for question in study.questions[concept]
        ]
    columns = tuple(Column(header) for header in ("Measure", "Question", "Answers", "Variable", "Asked in"))
    notes = tuple(f"{mark} {remark}" for remark, mark in marks.items())
    return TableBlock(None, "", CAPTION, columns, tuple(body), source=study.source, notes=notes, wordy=True)


OUR_RENDERING = "Our own translation or wording, not the questionnaire’s: see “Assumptions”."
NOT_CONFIRMED = "Assumed, not confirmed by the questionnaire: see “Assumptions”."
_OF_ASSUMED = {NOT_CONFIRMED: "*", OUR_RENDERING: "‡"}


def _marks(question: Question, marks: dict[str, str]) -> str:
    """The marks of a question's remarks; a remark that several questions share is printed once, below the table."""
    rendering = OUR_RENDERING if question.translated else NOT_CONFIRMED
    own = [rendering, *question.remarks] if question.assumed else list(question.remarks)
    for remark in own:
        letters = sum(known not in _OF_ASSUMED for known in marks)
        marks.setdefault(remark, _OF_ASSUMED.get(remark) or _letter(letters))
    return "".join(f"\N{WORD JOINER}{marks[remark]}" for remark in own)


def _letter(number: int) -> str:
    """A raised letter for the remark of that number: ᵃ, ᵇ … then with a figure."""
    letters = "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ"
    return letters[number] if number < len(letters) else f"{letters[number % len(letters)]}{number // len(letters)}"


def _asked_in(question: Question, study: StudyContext) -> str:
    """The waves that asked a question, arm by arm where these differ; where few did not, those."""
    calendars: dict[str, list[str]] = {}
    for arm, wave in study.fieldwork:
        calendars.setdefault(arm, []).append(wave)
    if not question.places:
        return _waves(question.waves, list(dict.fromkeys(wave for _, wave in study.fieldwork)), study)
    told: dict[str, list[str]] = {}
    for arm, every in calendars.items():
        told.setdefault(_waves([wave for wave in every if (arm, wave) in question.places], every, study), []).append(
            arm
        )
    if len(told) == 1:
        return next(iter(told))
    return "; ".join(f"{'; '.join(map(study.label, arms))}: {waves}" for waves, arms in told.items())


def _waves(asked: Sequence[str], every: Sequence[str], study: StudyContext) -> str:
    left_out = [wave for wave in every if wave not in asked]
    if not left_out:
        return "every wave"
    if len(left_out) < len(asked) and len(left_out) <= 2:
        return f"all but {joined([study.label(wave) for wave in left_out])}"
    return joined([study.label(wave) for wave in asked]) or "no wave"


def _answers(question: Question) -> str:
    """The answers offered, from the first to the last."""
    offered = question.answers
    return joined(offered) if len(offered) < 4 else f"{offered[0]} to {offered[-1]} ({len(offered)} answers)"
