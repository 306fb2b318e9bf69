"""Figures: one node a file of reports/figures."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from assets.engine.node import UNSTAMPED, Key, Node, Output, Stamp, Tables
from assets.engine.view import view
from assets.engine.workspace import Workspace
from assets.nodes import reads, stamps
from assets.nodes.comparability import comparability_key
from assets.nodes.ingest import below
from assets.nodes.stamps import provenance
from pipeline.specs import AnyModel, Claim, Figure, Study
from pipeline.specs.figure_kinds import FIGURE_KINDS
from pipeline.specs.figures import concepts_of, is_bound
from pipeline.specs.paper_reads import groups_of, pooling_waves, ranges_of, smallest_of, yardsticks_of
from pipeline.specs.provenance import Made
from pipeline.specs.taken_together import arms_together
from pipeline.specs.yardstick import Yardstick

SUFFIXES = ("png", "svg", "narrow.svg", "csv")


def nodes(workspace: Workspace) -> list[Node]:
    """``figure/<figure>`` for every declared figure."""
    return [_figure(workspace, name, figure) for name, figure in workspace.project.figures.items()]


def make_figure(
    tables: Tables,
    *,
    name: str,
    figure: Figure,
    study: Study,
    labels: Mapping[str, str],
    models: Mapping[str, AnyModel],
    claims: tuple[Claim, ...],
    groups: Mapping[str, str],
    ranges: Mapping[str, tuple[float, float]],
    smallest: Mapping[str, float],
    yardsticks: Mapping[str, Yardstick],
    pooling: tuple[str, ...],
    made: Mapping[str, Made],
    waves: tuple[str, ...],
    together: tuple[tuple[str, ...], ...],
    stamp: Stamp = UNSTAMPED,
) -> Output:
    """One row: the figure's words and the hashes of its files. What its title claims is judged before it is drawn.

    Raises ``PaperError`` with every claim that the results do not support.
    """
    import polars as pl

    from pipeline.figures import draw, rendered
    from pipeline.papers import judge_figure
    from pipeline.tables import FigureRecord

    frames = list(tables.get("estimates", {}).values())
    comparability = tables.get("comparability")
    title, twin = figure.title, study.about.twin
    if claims or is_bound(title):
        title = judge_figure(
            name, figure.title, claims, pl.concat(frames) if frames else None,
            comparability=comparability, groups=groups, labels=labels, ranges=ranges, smallest=smallest,
            participation=tables.get("participation"), pooling=pooling, twin=twin, yardsticks=yardsticks,
        )  # fmt: skip
    drawn = draw(
        figure,
        study,
        title=title,
        estimates=pl.concat(frames) if frames else None,
        participation=tables.get("participation"),
        labels=dict(labels),
        models=dict(models),
        comparability=comparability,
        panel=tables.get("panel"),
        pooling=pooling,
        programme=tables.get("programme"),
        monitor=tables.get("monitor"),
        provenance=provenance(stamp, made, stamps.received(tables), waves),
        together=together,
    )
    files = rendered(drawn)
    record = {"figure": name, "title": drawn.title, "source": drawn.source, "alt": drawn.alt, "note": drawn.note}
    record["made"] = drawn.provenance.short() if drawn.provenance is not None else ""
    record |= {
        f"{suffix.replace('.', '_')}_sha256": hashlib.sha256(content).hexdigest() for suffix, content in files.items()
    }
    shown = {"figure": {"alt": drawn.alt}}
    return Output({"figure": pl.DataFrame([record])}, {"figure": FigureRecord}, files=files, metadata=shown)


def _figure(workspace: Workspace, name: str, figure: Figure) -> Node:
    project, paths = workspace.project, workspace.paths
    kind, study = FIGURE_KINDS[figure.kind], project.studies[figure.study]
    models = {model: project.models[model] for model in figure.models}
    inputs: dict[str, Key | Mapping[str, Key]] = {}
    if "estimates" in kind.needs and models:
        inputs["estimates"] = {model: ("estimates", model) for model in models}
    whole = ("participation", "panel", "programme", "monitor")
    inputs |= {table: (table, figure.study) for table in whole if table in kind.needs}
    judged = bool(figure.claims) or is_bound(figure.title) or "comparability" in kind.needs
    inputs |= comparability_key(figure.study, project) if judged else {}
    own = stamps.made(models, study, project.models)
    waves = tuple(dict.fromkeys(wave for one in own.values() for wave in one.waves)) or tuple(study.waves)
    inputs |= stamps.receipts(study, waves)
    labels = {
        concept: project.concepts[concept].label
        for concept in concepts_of(figure, models)
        if concept in project.concepts
    }
    return Node(
        make_figure,
        reads={
            "name": name,
            "figure": view(figure, figure.drawn),
            "study": view(study, reads.drawing(kind)),
            "labels": labels,
            "claims": figure.claims,
            "groups": groups_of(models),
            "ranges": ranges_of(models.values(), study, project) if figure.claims or is_bound(figure.title) else {},
            "smallest": smallest_of(models.values(), study, project) if figure.claims or is_bound(figure.title) else {},
            "yardsticks": yardsticks_of(models) if is_bound(figure.title) else {},
            "together": arms_together(figure, project.models, study),
            "pooling": pooling_waves(models, project.models),
            "models": {model: reads.drawn_model(kind, declared) for model, declared in models.items()},
            "made": own,
            "waves": waves,
        },
        inputs=inputs,
        outputs={"figure": ("figure", name)},
        files={suffix: below(paths, paths.figure_file(name, suffix)) for suffix in SUFFIXES},
        group="draw",
        study=figure.study,
        description=figure.heading,
        kinds=frozenset({"matplotlib"}),
        code=(kind.function,),
        records=(*reads.kind_records([figure]), *reads.family_records(models)),
        stamped=True,
    )
