"""Tables of structural models: lags of models side by side, how well they fit, how far scales measure alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.errors import PaperError
from pipeline.papers.cautions import readable
from pipeline.papers.tables.cells import cell_row, count, number, p_value, with_interval
from pipeline.papers.content import Column, Row, TableBlock, words
from pipeline.papers.study_context import joined
from pipeline.papers.prose.quantity import decimal
from pipeline.papers.results import nearest
from pipeline.papers.paper_context import PaperContext

LEVELS = {
    "configural": "the same questions belong together",
    "thresholds": "answers have the same thresholds",
    "metric": "questions count alike",
    "scalar": "the same level gives the same answer",
    "strict": "the same noise",
}


def lags(paper: PaperContext, names: Sequence[str], options: Mapping[str, str]) -> TableBlock:
    """What goes on to what, model beside model. ``:::table lags RICLPM CLPM standardised=yes``"""
    study, component = paper.study, _component(options)
    found = _rows(paper, names, component)
    body = []
    for outcome, term, wave, group in (
        found.select("outcome", "term", "wave", "group").unique(maintain_order=True).rows()
    ):
        same = (pl.col("outcome") == outcome) & (pl.col("term") == term)
        same &= pl.col("wave").eq_missing(pl.lit(wave)) & pl.col("group").eq_missing(pl.lit(group))
        own = {row["model"]: row for row in found.filter(same).iter_rows(named=True)}
        where = [study.label(part) for part in (wave, group) if part is not None]
        label = f"{study.label(term)} → {_lower(study.label(outcome))}"
        label = f"{study.label(term)}, carried over" if term == outcome else label
        body.append(cell_row(", ".join([label, *where]), *(with_interval(own.get(name)) for name in names)))
    heads = tuple(Column(_short(paper, name), "right") for name in names)
    people = _people(found, names)
    notes = [
        f"What one point more at one wave goes with at the next, with intervals. {people}",
        *_noted(paper, found),
    ]
    return TableBlock(
        None, "", "From one wave to the next", (Column("From → to"), *heads), tuple(body), source=study.source,
        notes=tuple(notes),
    )  # fmt: skip


def _component(options: Mapping[str, str]) -> str:
    """Lags as estimated, standardised, or rescaled to one interval."""
    if options.get("standardised") == "yes":
        return "lag_standardised"
    return "lag_rescaled" if options.get("rescaled") == "yes" else "lag"


def _noted(paper: PaperContext, found: pl.DataFrame) -> list[str]:
    """What models note of their lags; what all of them note is told once, without a name."""
    by_model: dict[str, list[str]] = {}
    for model, note in found.select("model", "note").unique(maintain_order=True).iter_rows():
        by_model.setdefault(model, []).extend((note or "").rstrip(".").split("; "))
    shared = [note for note in next(iter(by_model.values()), []) if all(note in own for own in by_model.values())]
    told = [_sentence(note) for note in dict.fromkeys(shared) if note]
    for model, own in by_model.items():
        left = [note for note in dict.fromkeys(own) if note and note not in shared]
        told += [f"{_short(paper, model)}: {'; '.join(left)}."] if left else []
    return told


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _people(found: pl.DataFrame, names: Sequence[str]) -> str:
    counted = [found.filter(pl.col("model") == name)["n_persons"].max() for name in names]
    told = list(dict.fromkeys(count(people) for people in counted if people is not None))  # type: ignore[arg-type]
    return f"{' and '.join(told)} people." if told else ""


STEPS = {
    "CLPM": "Without random intercepts",
    "RI-CLPM": "With random intercepts",
    "lags equal": "… lags equal over waves",
    "lags and residuals equal": "… residuals, too",
    "lags, residuals and means equal": "… and means",
    "lags equal over groups": "… lags equal over groups",
    "lags equal over waves and groups": "… and over waves",
}
FIT = {"chi_square": "χ²", "df": "df", "cfi": "CFI", "rmsea": "RMSEA", "srmr": "SRMR", "bic": "BIC"}


def fit(paper: PaperContext, names: Sequence[str], options: Mapping[str, str]) -> TableBlock:
    """How well models fit their answers. ``:::table fit MODEL_A MODEL_B``"""
    found = _rows(paper, names, "fit")
    body = []
    for model, wave in found.select("model", "wave").unique(maintain_order=True).rows():
        own = found.filter(pl.col("model") == model, pl.col("wave").eq_missing(pl.lit(wave)))
        label = _asked(paper, model) + (f", {paper.study.label(wave)}" if wave else "")
        body.append(cell_row(label, *_fit_cells(own), count(own["n_persons"].max())))  # type: ignore[arg-type]
    columns = (Column("Model"), *(Column(name, "right") for name in FIT.values()), Column("People", "right"))
    note = "χ²: scaled where standard errors are robust; smaller is better, and none if the model were exactly true."
    return TableBlock(
        None, "", "How well the models fit", columns, tuple(body), source=paper.study.source, notes=(note,)
    )


def _fit_cells(own: pl.DataFrame) -> list[str]:
    by = {row["term"]: row for row in own.iter_rows(named=True)}
    if "chi_square" not in by or by["chi_square"]["estimate"] is None:
        return ["withheld", *("–" for _ in list(FIT)[1:])]
    values = {term: row["estimate"] for term, row in by.items()} | {"df": by["chi_square"]["df"]}
    places = {"chi_square": 1, "df": 0, "bic": 0}
    return ["–" if values.get(term) is None else decimal(values[term], places.get(term, 3)) for term in FIT]


def ladder(paper: PaperContext, names: Sequence[str], options: Mapping[str, str]) -> TableBlock:
    """Nested cross-lagged models, each against the one before. ``:::table ladder MODEL``"""
    found = _rows(paper, names[:1], "ladder")
    body = []
    for step in found["outcome"].unique(maintain_order=True):
        own = found.filter(pl.col("outcome") == step)
        change = next((row for row in own.iter_rows(named=True) if row["term"] == "difference"), None)
        tested = ("–", "–", "–") if change is None else _tested(change)
        body.append(cell_row(STEPS.get(step, step), *_fit_cells(own), *tested))
    heads = (*FIT.values(), "Δχ²", "Δdf", "p")
    columns = (Column("Model"), *(Column(head, "right") for head in heads))
    notes = (
        "The first row sets the model without random intercepts against the one with them, by a mixture of χ² "
        "distributions (variances cannot be negative); each later row holds more equal over waves than the one above.",
        *(
            f"{STEPS.get(row['outcome'], row['outcome'])}: {row['note']}."
            for row in found.filter(pl.col("estimate").is_null()).iter_rows(named=True)
        ),
    )
    return TableBlock(None, "", "Nested models", columns, tuple(body), source=paper.study.source, notes=notes)


def _tested(change: Mapping[str, object]) -> tuple[str, str, str]:
    statistic, df, p = (change[name] for name in ("statistic", "df", "p_value"))
    return decimal(float(statistic), 1), decimal(float(df), 0), p_value(p)  # type: ignore[arg-type]


def invariance(paper: PaperContext, names: Sequence[str], options: Mapping[str, str]) -> TableBlock:
    """How far each scale measures alike, step by step. ``:::table invariance MODEL``"""
    found = _rows(paper, names, None)
    body: list[Row] = []
    for outcome, wave in found.select("outcome", "wave").unique(maintain_order=True).rows():
        own = found.filter(pl.col("outcome") == outcome, pl.col("wave").eq_missing(pl.lit(wave)))
        steps = own.filter(pl.col("term") == "holds")
        concluded = own.filter(pl.col("term") == "means_comparable")
        if steps.is_empty() and concluded.is_empty():
            continue  # latent means by wave
        over = paper.study.label(outcome) + (f", {paper.study.label(wave)}" if wave else "")
        body.append(Row((words(over),)))
        if steps.is_empty():
            body.append(cell_row("Not tested", "–", "–", "–", "–", str(concluded["note"][0]).capitalize()))
        body += [_step(own, row, paper) for row in steps.iter_rows(named=True)]
    columns = (
        Column("Step"), *(Column(head, "right") for head in ("CFI", "ΔCFI", "RMSEA", "ΔRMSEA")), Column("Decision")
    )  # fmt: skip
    told = "; ".join(f"{level}: {said}" for level, said in LEVELS.items() if level in set(found["component"]))
    notes = (f"Each step asks more. {told[:1].upper()}{told[1:]}. Means may be compared from the scalar step on.",)
    return TableBlock(
        None,
        "",
        "Do the questions measure alike?",
        columns,
        tuple(body),
        source=paper.study.source,
        notes=notes,
        wordy=True,
    )


def _step(own: pl.DataFrame, decided: Mapping[str, object], paper: PaperContext) -> Row:
    values = {
        row["term"]: row["estimate"]
        for row in own.filter(pl.col("component") == decided["component"]).iter_rows(named=True)
    }
    shown = [
        "–" if (value := values.get(term)) is None else decimal(value, 3)
        for term in ("cfi", "delta_cfi", "rmsea", "delta_rmsea")
    ]
    level, said = str(decided["component"]), readable(str(decided["note"] or ""), paper.study)
    return cell_row(level.capitalize(), *shown, said[:1].upper() + said[1:])


def reliability_of(paper: PaperContext, names: Sequence[str], options: Mapping[str, str]) -> TableBlock:
    """Alpha, omega and variance extracted by wave. ``:::table coefficients MODEL``"""
    found = _rows(paper, names, "reliability")
    body = []
    for outcome, wave in found.select("outcome", "wave").unique(maintain_order=True).rows():
        own = found.filter(pl.col("outcome") == outcome, pl.col("wave") == wave)
        by = {row["term"]: row for row in own.iter_rows(named=True)}
        alone = [number(by[term]["estimate"]) if term in by else "–" for term in ("omega", "ave")]
        body.append(
            cell_row(
                f"{paper.study.label(outcome)}, {paper.study.label(wave)}",
                with_interval(by.get("alpha")),
                *alone,
            )
        )
    columns = (
        Column("Scale"),
        Column("Alpha (interval)", "right"),
        Column("Omega", "right"),
        Column("Variance extracted", "right"),
    )
    return TableBlock(None, "", "How reliably the scales measure", columns, tuple(body), source=paper.study.source)


def _rows(paper: PaperContext, names: Sequence[str], component: str | None) -> pl.DataFrame:
    """The estimates of the models named, of one component. Raises ``PaperError`` where there are none."""
    if not names:
        raise PaperError("this table names the model that it prints")
    every = paper.results.estimates
    for name in names:
        if name not in every["model"]:
            raise PaperError(f"`{name}` is not a model of this paper{nearest(name, every['model'].unique())}")
    found = pl.concat([every.filter(pl.col("model") == name) for name in names])
    found = found if component is None else found.filter(pl.col("component") == component)
    if found.is_empty():
        raise PaperError(f"`{names[0]}` has no results of the kind `{component}`")
    return found


def _short(paper: PaperContext, name: str) -> str:
    note = paper.study.models.get(name)
    return note.short if note and note.short else name


def _asked(paper: PaperContext, name: str) -> str:
    """A model by its constructs: "Contact and liking, with random intercepts"."""
    own = paper.results.estimates.filter(pl.col("model") == name, pl.col("component") == "lag")
    constructs = own["outcome"].unique(maintain_order=True).to_list()
    if not constructs:
        return _short(paper, name)
    labels = [paper.study.label(one) for one in constructs]
    named = joined([labels[0], *(_lower(label) for label in labels[1:])])
    return f"{named}, {_lower(_short(paper, name))}"


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:] if label[1:2].islower() else label
