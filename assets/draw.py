"""Figures: one node a file of reports/figures."""

import hashlib

from assets.fingerprints import code_of, digest
from assets.graph import Node, Output, Tables, Workspace
from assets.structural import comparability_key
from pipeline.specs import Figure, Project


def nodes(project: Project) -> list[Node]:
    """``figure/<figure>`` for every declared figure."""
    return [_figure(key, figure, project) for key, figure in project.figures.items()]


def _figure(name: str, figure: Figure, project: Project) -> Node:
    key = ("figure", name)
    study = project.studies[figure.study]
    participation = ("participation", figure.study)
    models = tuple(("estimates", model) for model in figure.models)
    compared = comparability_key(figure.study, project) if figure.kind == "trend" else ()
    inputs = (*models, *compared) or (participation,)

    def compute(workspace: Workspace, tables: Tables) -> Output:
        import polars as pl

        from pipeline.figures import draw, save_drawing
        from pipeline.tables import FigureRecord

        frames = [tables[model] for model in models]
        drawn = draw(
            figure,
            study,
            estimates=pl.concat(frames) if frames else None,
            participation=tables.get(participation),
            labels={concept: about.label for concept, about in project.concepts.items()},
            models=project.models,
            comparability=tables[compared[0]] if compared else None,
        )
        png, svg = save_drawing(drawn, workspace.paths.figure_file(name, "png").with_suffix(""))
        record = pl.DataFrame(
            [
                {
                    "figure": name,
                    "title": figure.title,
                    "source": drawn.source,
                    "alt": drawn.alt,
                    "note": drawn.note,
                    "png_sha256": _sha256(png.read_bytes()),
                    "svg_sha256": _sha256(svg.read_bytes()),
                }
            ]
        )
        return Output(
            tables={key: record},
            schemas={key: FigureRecord},
            metadata={key: {"alt": drawn.alt, "preview": png, "png": png, "svg": svg}},
        )

    return Node(
        keys=(key,),
        inputs=inputs,
        group="draw",
        study=figure.study,
        description=figure.title,
        version=digest(figure.digest, study.about.digest, study.digest_of("waves"), code_of("figures", "specs")),
        compute=compute,
        kinds=frozenset({"matplotlib"}),
        files=lambda paths: [paths.figure_file(name, suffix) for suffix in ("png", "svg", "narrow.svg")],
    )


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
