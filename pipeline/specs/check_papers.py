"""What papers say of other declarations: models, figures, and the tables and sections that their text asks for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from pipeline.specs import names
from pipeline.specs.families import FAMILIES
from pipeline.specs.figures import names_given
from pipeline.specs.methods import ANNEX_ITEMS
from pipeline.specs.names import known
from pipeline.specs.paper_parts import ANY, PAPER_SECTIONS, PAPER_TABLES, TABLE_OPTIONS, Request, requests
from pipeline.specs.paper_sources import source_problems
from pipeline.specs.papers import Paper
from pipeline.specs.reading import Reading
from pipeline.specs.stated import findings_said, unbound_findings
from pipeline.specs.strict_yaml import Source
from pipeline.specs.structural import StructuralModel

SHOW_LAGS = ("path",)
"""Kinds of figures that draw lags."""

FIGURE_OPTIONS = ("flow", "patterns", "odds", "figure")
"""Options of sections that name a figure."""

UNHELD = (
    "states a finding (“{said}”) that nothing holds. Let a result choose the word, "
    "{{{{ moved(est(…), est(…)) }}}}, or add {{{{ claim(…) }}}} for what has to be true."
)

NAMED = re.compile(r'\b(?:est|headline)\(\s*["\']([^"\']+)["\']')
"""A result that the prose names, by its model."""


def check_paper(paper: Paper, source: Source, reading: Reading) -> None:
    """Report names that do not exist, tables without their models, and cross-lagged models shown alone."""
    known(source, ("study",), [paper.study], names.studies(reading), "a study in data/studies")
    known(source, ("models",), paper.models, names.reports(reading, "models"), "a model in reports/models")
    known(source, ("figures",), paper.figures, names.reports(reading, "figures"), "a figure in reports/figures")
    text = _text(source)
    asked = list(requests(text))
    for one in asked:
        for problem in _problems(one, paper, reading):
            _report(source, one.line, f"`:::{one.name} {' '.join(one.arguments)}` {problem}")
    for match in NAMED.finditer(text):
        if match.group(1) not in paper.models:
            line = text.count("\n", 0, match.start()) + 1
            _report(
                source,
                line,
                f"`{match.group(1)}` is not a model of this paper{_nearest(match.group(1), paper.models)}.",
            )
    _check_findings(paper, text, source)
    for line, problem in source_problems(text, source.path.parent):
        _report(source, line, problem)
    _check_names(paper, source, reading)
    _check_methods(paper, source, reading)
    printed = {match.group(1) for match in NAMED.finditer(text)}
    _check_companions(paper, asked, printed, source, reading)


def _check_findings(paper: Paper, text: str, source: Source) -> None:
    """Report what the text, the title and the summary state as found, and no result holds."""
    for line, said in unbound_findings(text):
        _report(source, line, UNHELD.format(said=said))
    for key in ("title", "subtitle", "summary"):
        said = findings_said(getattr(paper, key))
        if said:
            source.report((key,), UNHELD.format(said=said))


def _check_methods(paper: Paper, source: Source, reading: Reading) -> None:
    """Report what the methods annex has from the paper, and it does not say."""
    study = reading.studies.get(paper.study)
    if study is None or study.methods is None:
        return
    for item in ANNEX_ITEMS.values():
        if item.origin == "the paper" and study.plan is not None:
            if getattr(paper, item.key) is not None:
                source.report(
                    (item.key,),
                    f"`{item.key}` is computed from data/studies/{paper.study}/plan.yaml: leave it out here.",
                )
        elif item.origin == "the paper" and getattr(paper, item.key) is None:
            source.report(
                (item.key,),
                f"the front matter does not say `{item.key}` ({item.title.lower()}), which the annex prints. Say what "
                "is so, or `{not_applicable: why}` or `{not_reported: why}`.",
            )


def _check_names(paper: Paper, source: Source, reading: Reading) -> None:
    """Report what two figures of a paper give two names of their own: its tables take the names of its figures."""
    called: dict[str, dict[str, str]] = {}
    for key in paper.figures:
        figure = reading.figures.get(key)
        if figure is None:
            continue
        for concept, label in names_given(figure, reading.models).items():
            called.setdefault(concept, {}).setdefault(label, key)
    for concept, labels in called.items():
        if len(labels) > 1:
            listed = ", ".join(f"“{label}” in `{key}`" for label, key in labels.items())
            source.report(
                ("figures",),
                f"`{concept}` has {len(labels)} names in the figures of this paper: {listed}. Give it one under "
                "`labels` of each, which its tables then use; units may follow in brackets.",
            )


def _text(source: Source) -> str:
    try:
        return source.path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _report(source: Source, line: int, message: str) -> None:
    source.problems.append(f"{source.name}:{line}: {message}")


def _problems(one: Request, paper: Paper, reading: Reading) -> Iterator[str]:
    """What is wrong with one line that asks for a figure, table or section."""
    if one.name == "figure":
        yield from _figure(one.arguments[0] if one.arguments else "", paper)
    elif one.name == "table":
        yield from _table(one, paper, reading)
    elif one.name == "section":
        yield from _section(one, paper)


def _figure(key: str, paper: Paper) -> Iterator[str]:
    if not key:
        yield f"names no figure; this paper has {', '.join(paper.figures) or 'none'}."
    elif key not in paper.figures:
        yield f"names `{key}`, which is not a figure of this paper{_nearest(key, paper.figures)}."


def _section(one: Request, paper: Paper) -> Iterator[str]:
    key = one.arguments[0] if one.arguments else ""
    if key not in PAPER_SECTIONS:
        yield f"is not a section that is written by itself{_nearest(key, PAPER_SECTIONS)}."
        return
    yield from _options(one, PAPER_SECTIONS[key].takes)
    for name in FIGURE_OPTIONS:
        yield from _figure(one.options[name], paper) if name in one.options else ()
    model = one.options.get("model")
    if model is not None and model not in paper.models:
        yield f"names `{model}`, which is not a model of this paper{_nearest(model, paper.models)}."


def _table(one: Request, paper: Paper, reading: Reading) -> Iterator[str]:
    key, *named = one.arguments or ("",)
    if key not in PAPER_TABLES:
        yield f"is not a kind of table{_nearest(key, PAPER_TABLES)}."
        return
    record = PAPER_TABLES[key]
    yield from _options(one, record.takes | TABLE_OPTIONS)
    if record.prints and not named:
        able = [name for name in paper.models if _estimates(name, record.prints, reading)]
        yield f"does not name the model that it prints; this paper has {', '.join(able) or 'none that it can'}."
    for name in named if record.prints else ():
        if name not in paper.models:
            yield f"names `{name}`, which is not a model of this paper{_nearest(name, paper.models)}."
        elif not _estimates(name, record.prints, reading):
            family = reading.models[name].family
            yield f"cannot print `{name}`: the family `{family}` estimates no {' or '.join(record.prints)}."


def _options(one: Request, takes: frozenset[str]) -> Iterator[str]:
    for option in one.options:
        if option not in takes:
            yield f"takes no `{option}`{_nearest(option, takes)}."


def _estimates(name: str, components: tuple[str, ...], reading: Reading) -> bool:
    """Whether a model estimates one of the components; one that could not be read is not judged."""
    model = reading.models.get(name)
    return model is None or components == ANY or bool(set(components) & set(FAMILIES[model.family].components))


def _check_companions(paper: Paper, asked: list[Request], printed: set[str], source: Source, reading: Reading) -> None:
    """A cross-lagged model is of a paper only with the random-intercept one, and printed only beside its lags."""
    shown = list(_shown(asked, reading))
    mentioned = {*printed, *shown, *(name for one in asked if one.name == "table" for name in one.arguments[1:])}
    for name in paper.models:
        model = reading.models.get(name)
        companion = None if model is None else FAMILIES[model.family].shown_with
        there = _questions(shown if name in mentioned else paper.models, reading)
        if companion is None or not isinstance(model, StructuralModel) or (companion, *_asked_of(model)) in there:
            continue
        source.report(
            ("models",),
            f"`{name}` is a cross-lagged model without random intercepts, which takes lasting differences between "
            f"people for change. Add a `{companion}` model of the same constructs ({', '.join(model.constructs)}), "
            "waves and arms to this paper, and show its lags in a `:::table lags` or a path figure.",
        )


def _questions(models: Iterable[str], reading: Reading) -> set[tuple[object, ...]]:
    """Family and question of each structural model."""
    found = (reading.models.get(name) for name in models)
    return {(model.family, *_asked_of(model)) for model in found if isinstance(model, StructuralModel)}


def _shown(asked: list[Request], reading: Reading) -> Iterator[str]:
    """The models whose lags a table or a figure of the text shows."""
    for one in asked:
        if one.name == "table" and one.arguments[:1] in (("lags",), ("estimates",)):
            yield from one.arguments[1:]
        figure = reading.figures.get(one.arguments[0]) if one.name == "figure" and one.arguments else None
        if figure is not None and figure.kind in SHOW_LAGS:
            yield from figure.models


def _asked_of(model: StructuralModel) -> tuple[object, ...]:
    """What two models must share to be the same question asked with and without random intercepts."""
    return model.study, frozenset(model.constructs), model.waves, frozenset(model.arms)


def _nearest(name: str, others: Iterable[str]) -> str:
    close = get_close_matches(name, list(others), n=1, cutoff=0.5)
    return f"; the nearest is `{close[0]}`" if close else ""
