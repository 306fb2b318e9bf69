"""A paper of a declared study: what the declarations say becomes the paper's context."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from pipeline.papers.cautions import cautions_of
from pipeline.papers.claims import check
from pipeline.papers.content import Document, FigureFile
from pipeline.papers.study_context import StudyContext, Exceptional, Fieldwork, ModelNote, Question
from pipeline.papers.render import render_paper
from pipeline.papers.results import Fact
from pipeline.papers.structural_note import structural_note
from pipeline.specs.sources import source_variable
from pipeline.specs.structural import StructuralModel
from pipeline.specs.targets import category_name

if TYPE_CHECKING:
    from pipeline.specs.models import AnyModel
    from pipeline.specs.project import Project, Study
    from pipeline.specs.papers import Paper
    from pipeline.specs.study import Item, Wave

METHODS = {
    "design_means": "Weighted means by wave, with standard errors from weights, strata and clusters",
    "within_between": "Linear model with the person's own mean and the deviation from it, and a random intercept",
    "fixed_effects": "Fixed effects for people: change within a person only",
    "random_effects": "Random effects for people",
    "between": "Least squares over people's own means",
    "design_quantiles": "Weighted quantiles by wave, with intervals from weights, strata and clusters",
    "design_changes": "Weighted change between waves, with standard errors that know the same people answered both",
    "design_differences": "Weighted differences between groups, with standard errors from the design",
    "design_association": "Rao–Scott test of association in the weighted table, from weights, strata and clusters",
    "design_regression": "Weighted regression, with standard errors from weights, strata and clusters",
    "pooled": "Least squares over all answers, ignoring who gave them",
    "first_difference": "Change from one wave to the next on change in the exposure",
    "hausman": "Hausman test of random against fixed effects",
    "mundlak": "Test of whether within and between effects differ",
    "logit": "Logistic regression",
    "sensitivity": "One result estimated in several ways",
    "attrition": "Logistic regression of still answering on answers in the earlier wave",
}


def render_study_paper(
    source: Path,
    *,
    paper: Paper,
    project: Project,
    results: pl.DataFrame,
    tables: Mapping[str, pl.DataFrame],
    figures: Mapping[str, Mapping[str, str]],
    figure_file: Callable[[str, str], Path],
) -> Document:
    """The paper at ``source`` as a typed document, with everything its study declares.

    ``results``: ``Estimates`` of the paper's models. ``tables``: participation, reliability. ``figures``: key → its
    ``FigureRecord``; ``figure_file(key, suffix)`` → its file.

    Raises ``UnsoundPaperError`` with every mistake, among them titles of figures that the results do not support.
    """
    study = project.studies[paper.study]
    context = context_of(study, project, paper)
    files = {key: figure_of(key, record, project, figure_file) for key, record in figures.items()}
    name = f"reports/papers/{source.name}"
    return render_paper(
        source,
        results=results,
        context=context,
        tables=tables,
        figures=files,
        facts=facts_of(tables["participation"], context) if "participation" in tables else {},
        name=name,
        problems=_titles(paper, project, results),
        cautions=cautions_of(tables.get("comparability"), _grouped(project)),
    )


def _grouped(project: Project) -> dict[str, str]:
    """Model → the column whose groups it tells apart."""
    return {name: model.group for name, model in project.models.items() if model.group}


def _titles(paper: Paper, project: Project, results: pl.DataFrame) -> list[str]:
    """What the titles of the paper's figures say and the results do not support."""
    problems = []
    for key in paper.figures:
        figure = project.figures[key]
        for problem in check(figure.claims, results):
            problems.append(f"reports/figures/{key}.yaml: the result does not support “{figure.title}”: {problem}.")
    return problems


def figure_of(
    key: str, record: Mapping[str, str], project: Project, figure_file: Callable[[str, str], Path]
) -> FigureFile:
    """A drawn figure's files and words."""
    declared, narrow = project.figures[key], figure_file(key, "narrow.svg")
    return FigureFile(
        figure_file(key, "png").read_bytes(),
        figure_file(key, "svg").read_bytes(),
        record["alt"],
        record["title"],
        record["source"],
        declared.subtitle,
        record.get("note", declared.note),
        narrow.read_bytes() if narrow.exists() else None,
    )


def context_of(study: Study, project: Project, paper: Paper) -> StudyContext:
    """Everything that the declarations of a study say and a paper prints."""
    about = study.about
    fieldwork = {
        (arm, wave): Fieldwork(
            study.waves[wave].title, period_words(study.fieldwork(wave, arm)), study.waves[wave].mode
        )
        for arm, waves in study.calendar.items()
        for wave in waves
        if wave in study.waves
    }
    facts = (("Population", about.population), ("Data", about.source or about.title), ("Licence", about.licence))
    return StudyContext(
        about.title,
        about.synthetic,
        about.citation,
        tuple((label, value) for label, value in facts if value),
        tuple((assumption.what, assumption.reason) for assumption in study.assumptions),
        study.caveats,
        questions_of(study),
        _labels(study, project),
        {key: _note(project.models[key], study) for key in paper.models if key in project.models},
        fieldwork,
        about.source or about.title,
        _exceptions(study),
        {key: item.label for key, item in study.items.items()},
    )


def _exceptions(study: Study) -> tuple[Exceptional, ...]:
    """What waves did otherwise, wave by wave; what a wave did with a question's wording stands first."""
    return tuple(
        Exceptional(
            key,
            item,
            exception.verdict,
            f"“{exception.wording}”: {exception.reason}" if exception.wording else exception.reason,
        )
        for key, wave in study.waves.items()
        for item, exception in wave.exceptions.items()
    )


def _labels(study: Study, project: Project) -> dict[str, str]:
    labels = {key: concept.label for key, concept in project.concepts.items()}
    labels |= {key: scale.label for key, scale in study.scales.items() if key not in labels}
    labels |= {key: wave.title for key, wave in study.waves.items()}
    labels |= {f"weights {key}": declared.label for key, declared in study.weights.items()}
    labels |= _values(study)
    return labels | {key: arm.title for key, arm in study.about.arms.items()}


def _values(study: Study) -> dict[str, str]:
    """``concept=value`` → what the answer was called, of concepts that one item measures."""
    found = {}
    for concept, key in study.scored_items().items():
        item = study.items[key]
        for code, label in item.codes.items() if not item.reverse else ():
            found[f"{concept}={category_name(str(item.recode.get(code, code)))}"] = label
    return found


def _note(model: AnyModel, study: Study) -> ModelNote:
    method = METHODS.get(model.family, model.family.replace("_", " "))
    if isinstance(model, StructuralModel):
        return structural_note(model)
    extras = []
    if model.family == "fixed_effects" and model.effects == "person_and_wave":
        extras.append("fixed effects for waves")
    elif model.wave_effects and model.family in ("fixed_effects", "within_between", "pooled", "random_effects"):
        extras.append("a term for each wave")
    if model.covariates:
        extras.append(f"held constant: {', '.join(name.replace('_', ' ') for name in model.covariates)}")
    weighted = study.weights.get(model.weights or "")
    if weighted is not None:
        extras.append(f"weighted for those who left ({weighted.label[:1].lower()}{weighted.label[1:]})")
    return ModelNote(model.question, "; ".join([method, *extras]), model.family.replace("_", " ").capitalize())


def questions_of(study: Study) -> dict[str, tuple[Question, ...]]:
    """Concept → the questions that measure it here: those of its scale, or the item itself."""
    found: dict[str, tuple[str, ...]] = {concept: (item,) for concept, item in study.scored_items().items()}
    found |= {scale.concept or key: scale.items for key, scale in study.scales.items()}
    return {
        concept: tuple(_question(study, item, study.items[item]) for item in items if item in study.items)
        for concept, items in found.items()
    }


def _question(study: Study, key: str, item: Item) -> Question:
    asked: dict[str, str] = {}
    for wave, _, file in study.files():
        variable = source_variable(study, wave, file, key)
        if variable is not None:
            asked[wave] = variable
    differs = [_differs(study.waves[wave], key) for wave in asked if key in study.waves[wave].exceptions]
    return Question(
        key,
        item.label,
        item.wording,
        tuple(dict.fromkeys(asked.values())),
        tuple(asked),
        tuple(item.codes.values()),
        item.assumed,
        tuple(differs),
    )


def _differs(wave: Wave, item: str) -> str:
    """What a wave does differently with an item, why, and how far the answers can be compared."""
    exception = wave.exceptions[item]
    reworded = f"“{exception.wording}”, " if exception.wording else ""
    return f"In {wave.title}: {reworded}{exception.reason.rstrip('.')} (comparability: {exception.verdict})."


def facts_of(participation: pl.DataFrame, context: StudyContext) -> dict[str, Fact]:
    """The numbers of a study that every paper may name.

    ``persons``, ``person_waves`` (interviews), ``arms``; of one arm ``persons.main``, ``person_waves.main``,
    ``waves.main``, ``first_wave.main`` (people), ``retention.main`` (share of the people of its first wave who answered
    its last), ``persons.main.w01``. Where all arms share one calendar, ``waves``, ``first_wave``, ``retention`` and
    ``persons.w01`` need no arm.
    """
    arms = participation["arm"].unique(maintain_order=True).to_list()
    present = participation.filter(pl.col("is_present"))
    facts = {
        "persons": Fact(present["person_id"].n_unique(), "people who ever answered"),
        "person_waves": Fact(present.height, "interviews"),
        "arms": Fact(len(arms), "arms of the study"),
    }
    if len({tuple(participation.filter(pl.col("arm") == arm)["wave"].unique().sort()) for arm in arms}) == 1:
        facts |= _facts(participation, "", "", context)
    for arm in arms:
        facts |= _facts(participation.filter(pl.col("arm") == arm), f".{arm}", f", {context.label(arm)}", context)
    return facts


def _facts(participation: pl.DataFrame, suffix: str, of: str, context: StudyContext) -> dict[str, Fact]:
    """The facts of people with one calendar."""
    present = participation.filter(pl.col("is_present"))
    waves = participation["wave"].unique().sort().to_list()
    start = present.filter(pl.col("wave") == waves[0]).select("person_id")
    kept = present.filter(pl.col("wave") == waves[-1]).join(start, on="person_id", how="semi").height
    facts = {
        "persons": Fact(present["person_id"].n_unique(), f"people who ever answered{of}"),
        "person_waves": Fact(present.height, f"interviews{of}"),
        "waves": Fact(len(waves), f"waves{of}"),
        "first_wave": Fact(start.height, f"people who answered the first wave{of}"),
    }
    if start.height:
        what = f"share of the people of the first wave who answered the last{of}"
        facts["retention"] = Fact(kept / start.height, what, people=f"{start.height:,} people")
    named = {f"{name}{suffix}": fact for name, fact in facts.items()}
    many = dict(present.group_by("wave").len().iter_rows())
    for wave in waves:
        named[f"persons{suffix}.{wave}"] = Fact(many.get(wave, 0), f"people who answered{of}, {context.label(wave)}")
    return named


def period_words(period: object) -> str:
    """ "August to December 2018", "October 2019 to March 2020" """
    start, end = period.start, period.end  # type: ignore[attr-defined]
    if (start.year, start.month) == (end.year, end.month):
        return f"{_month(start)} {start.year}"
    if start.year == end.year:
        return f"{_month(start)} to {_month(end)} {end.year}"
    return f"{_month(start)} {start.year} to {_month(end)} {end.year}"


def _month(day: dt.date) -> str:
    names = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October")
    return (*names, "November", "December")[day.month - 1]
