"""Papers, and the warehouse as one DuckDB file."""

from pathlib import Path

from assets.fingerprints import code_of, digest, hash_of_file
from assets.graph import Key, Node, Output, Tables, Workspace
from assets.structural import comparability_key
from assets.weight_sets import ABOUT
from pipeline.files import write_whole
from pipeline.specs import Paper, Project

STUDY_TABLES = ("participation", "response_rates", "reliability", "ledger", "findings", "linked")
FOLLOWED = ("variation", "transitions")
"""Tables of a study with a headline measure."""


def nodes(project: Project) -> list[Node]:
    """``paper/<paper>`` for every declared paper."""
    return [_paper(key, paper, project) for key, paper in project.papers.items()]


def _paper(name: str, paper: Paper, project: Project) -> Node:
    key, study = ("paper", name), project.studies[paper.study]
    models = tuple(("estimates", model) for model in paper.models)
    figures = tuple(("figure", figure) for figure in paper.figures)
    names = (*STUDY_TABLES, *(FOLLOWED if study.about.headline else ()))
    about = tuple((table, study.key) for table in names)
    compared = comparability_key(study.key, project)
    receipts = tuple(("receipt", study.key, wave) for wave in study.waves)
    sets = _weight_sets(paper, project)
    weighed = tuple((table, study.key, chosen) for table in ABOUT for chosen in sets)

    def external(workspace: Workspace) -> str:
        template = workspace.paths.templates / "paper.html.j2"
        return digest(hash_of_file(workspace.paths.papers / f"{name}.md"), hash_of_file(template))

    def compute(workspace: Workspace, tables: Tables) -> Output:
        import polars as pl

        from pipeline.files import write_bytes
        from pipeline.papers import paper_numbers, render_study_paper, written
        from pipeline.specs.papers import labels_of
        from pipeline.tables import PaperNumber

        text = (workspace.paths.papers / f"{name}.md").read_text(encoding="utf-8")
        document = render_study_paper(
            name,
            text,
            study=study,
            models={model: project.models[model] for model in paper.models},
            figures={figure: project.figures[figure] for figure in paper.figures},
            labels=labels_of(paper, text, project),
            assumptions=study.assumptions,
            results=pl.concat([tables[model] for model in models]),
            tables={table[0]: tables[table] for table in (*about, *compared)}
            | {"receipts": pl.concat([tables[receipt] for receipt in receipts])}
            | _of_weights(study.key, sets, tables),
            drawn={figure: _drawn(workspace, tables, figure) for figure in paper.figures},
        )
        file = workspace.paths.paper_file(name)
        template = (workspace.paths.templates / "paper.html.j2").read_bytes()
        write_bytes(file, written(document, "html", template))
        numbers = paper_numbers(document, name)
        return Output(
            tables={key: numbers},
            schemas={key: PaperNumber},
            metadata={key: {"paper": file, "numbers_bound": numbers.height}},
        )

    return Node(
        keys=(key,),
        inputs=(*models, *figures, *about, *compared, *receipts, *weighed),
        group="write",
        study=paper.study,
        description=paper.title,
        version=digest(
            paper.digest, study.digest, study.digest_of("weights"), study.caveats, code_of("papers", "specs")
        ),
        compute=compute,
        kinds=frozenset({"html"}),
        external=external,
        files=lambda paths: [paths.paper_file(name)],
    )


def _drawn(workspace: Workspace, tables: Tables, figure: str) -> dict[str, object]:
    """A figure's record with its files as bytes."""
    files = {suffix: workspace.paths.figure_file(figure, suffix) for suffix in ("png", "svg", "narrow.svg")}
    held = {suffix.removesuffix(".svg"): file.read_bytes() for suffix, file in files.items() if file.exists()}
    return {**tables["figure", figure].row(0, named=True), **held}


def _weight_sets(paper: Paper, project: Project) -> tuple[str, ...]:
    """The declared weight sets that the paper's models use."""
    declared = project.studies[paper.study].weights
    named = (str(project.models[model].weights) for model in paper.models)
    return tuple(dict.fromkeys(name for name in named if name in declared))


def _of_weights(study: str, sets: tuple[str, ...], tables: Tables) -> dict[str, object]:
    """Steps, margins and balance of the sets below one another, under the names that papers call them by."""
    import polars as pl

    found = {}
    for table in ABOUT:
        parts = [tables[table, study, name].select(pl.lit(name).alias("weight_set"), pl.all()) for name in sets]
        if parts and any(part.height for part in parts):
            found[table.replace("weight_", "").replace("steps", "weights")] = pl.concat(parts)
    return found


def write_database(workspace: Workspace, keys: list[Key]) -> Path:
    """All tables of the warehouse as one DuckDB file with real tables, built aside and swapped in whole."""
    import duckdb

    target = workspace.paths.database

    def build(part: Path) -> None:
        part.unlink()  # DuckDB wants to make the file itself
        with duckdb.connect(str(part)) as connection:
            for schema in sorted({key[0] for key in keys}):
                connection.execute(f'create schema "{schema}"')
            for key in keys:
                table = "_".join(key[1:])
                source = str(workspace.paths.table(*key)).replace("'", "''")
                connection.execute(f'create table "{key[0]}"."{table}" as from read_parquet(\'{source}\')')

    write_whole(target, build)
    return target
