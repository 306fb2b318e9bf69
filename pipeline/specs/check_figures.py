"""What figures say of other declarations: their models exist, are of their study, and of a family they can draw."""

from __future__ import annotations

import re

from pipeline.specs import names
from pipeline.specs.comparing import finding_of
from pipeline.specs.figure_kinds import FIGURE_KINDS, ChartOptions, ProgrammeOptions
from pipeline.specs.figures import BOUND, Claim, Figure, is_bound
from pipeline.specs.names import StudyNames, known
from pipeline.specs.reading import Reading
from pipeline.specs.strict_yaml import Position, Source

SHARES = re.compile(r"\d[\d.,]* ?(?:%|per ?cent\b|percentage points?\b)|[ivxlcdm]+ ?(?:%|per ?cent\b)", re.IGNORECASE)
"""A percentage that a figure may not state in words of its own; that of an interval is none of a result."""


def check_figure(figure: Figure, source: Source, reading: Reading) -> None:
    """Report every contradiction between a figure and the other declarations into ``source``."""
    known(source, ("study",), [figure.study], names.studies(reading), "a study in data/studies")
    known(source, ("models",), figure.models, names.reports(reading, "models"), "a model in reports/models")
    record = FIGURE_KINDS[figure.kind]
    said = finding_of(figure.heading)
    if said and not (figure.claims or is_bound(figure.title)) and "claims" in record.takes:
        source.report(
            ("title",),
            f"states a finding (“{said}”) that nothing checks. Declare under `claims` what has to hold for it to be "
            "true, or let the title only name what is shown.",
        )
    _check_typed(figure, source)
    families = record.families
    for name in figure.models:
        model = reading.models.get(name)
        if model is None:
            continue
        if model.study != figure.study:
            source.report(
                ("models",), f"the model `{name}` is of the study `{model.study}`, the figure of `{figure.study}`."
            )
        if model.family not in families:
            source.report(
                ("models",),
                f"the model `{name}` is of the family `{model.family}`, which a `{figure.kind}` figure cannot draw; "
                f"it draws {', '.join(families)}.",
            )
    _check_options(figure, source, reading)
    for index, claim in enumerate(figure.claims):
        _check_claim(claim, ("claims", index), figure, source, reading)


def _check_typed(figure: Figure, source: Source) -> None:
    """Its words state no percentage that no result is bound to."""
    for key in ("title", "subtitle", "note"):
        for numeral in SHARES.findall(BOUND.sub("", getattr(figure, key) or "")):
            source.report(
                (key,), f"`{numeral.strip()}` is typed. Bind it to a result, or let the {key} only name what is shown."
            )


def _check_options(figure: Figure, source: Source, reading: Reading) -> None:
    """The waves and the arm that only some kinds name."""
    if figure.options is None or figure.study not in reading.parts:
        return
    study = StudyNames(figure.study, reading)
    wave, arm = getattr(figure.options, "wave", None), getattr(figure.options, "arm", None)
    waves = [*getattr(figure.options, "waves", ()), *([wave] if wave else [])]
    known(source, ("wave" if wave else "waves",), waves, study.waves, f"a wave of `{figure.study}`")
    if isinstance(figure.options, ProgrammeOptions):
        _check_programme(figure, figure.options.programme, source, reading)
    if isinstance(figure.options, ChartOptions):
        _check_chart(figure, source, reading)
    known(source, ("arm",), [arm] if arm else [], study.arms, f"an arm of `{figure.study}`")


def _check_programme(figure: Figure, named: str | None, source: Source, reading: Reading) -> None:
    """The programme is declared, and the figure draws one of its outcomes."""
    declared = reading.parts[figure.study].further.get("programmes", {})
    if named is None and len(declared) != 1:
        some = "none" if not declared else f"several: name `programme`, one of {', '.join(declared)}"
        source.report((), f"draws a programme, of which `{figure.study}` declares {some}.")
        return
    named = named or next(iter(declared))
    known(source, ("programme",), [named], list(declared), f"a programme of `{figure.study}`")
    if len(figure.outcomes) != 1:
        source.report(("outcomes",) if figure.outcomes else (), "a forest plot of a programme draws one of `outcomes`.")
    elif named in declared:
        outcomes = list(declared[named].outcomes)
        known(source, ("outcomes",), figure.outcomes, outcomes, f"an outcome of the programme `{named}`")


def _check_chart(figure: Figure, source: Source, reading: Reading) -> None:
    """The study has an index, and the chart draws one of its measures."""
    index = reading.parts[figure.study].further.get("index")
    if index is None:
        source.report((), f"draws the monitor of an index, and `{figure.study}` declares none.")
        return
    if len(figure.outcomes) > 1:
        source.report(("outcomes",), "a control chart draws one measure of the index.")
    known(source, ("outcomes",), figure.outcomes, list(index.measures), f"a measure of the index of `{figure.study}`")


def _check_claim(claim: Claim, position: Position, figure: Figure, source: Source, reading: Reading) -> None:
    if claim.model is not None:
        known(source, (*position, "model"), [claim.model], list(figure.models), "one of this figure's models")
    if claim.wave and figure.study in reading.parts:
        waves = StudyNames(figure.study, reading).waves
        known(source, (*position, "wave"), [claim.wave], waves, f"a wave of `{figure.study}`")
    if isinstance(claim.than, Claim):
        _check_claim(claim.than, (*position, "than"), figure, source, reading)
