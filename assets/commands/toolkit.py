"""``cohesion toolkit``: which scale, which wording and how many people a local project needs to see its effect."""

from pathlib import Path
from typing import Annotated, Any

import typer

from assets.commands.built import built_tables
from assets.commands.messages import of_studies, said_plainly
from assets.commands.place import here
from assets.engine import store
from assets.engine.node import Key
from assets.engine.workspace import Workspace
from assets.waves.open import open_study
from pipeline.errors import CohesionError
from pipeline.files import write_bytes
from pipeline.specs import Study
from pipeline.specs.index import AREA_ROLE
from pipeline.texts import visible

FORMATS = (".html", ".csv")
AREA_CORRELATION, LEAST_ICC = 0.8, 0.01
"""Of means of areas a wave apart; the least share of the variance that is between areas. Both are printed."""


@said_plainly
def toolkit(
    study: Annotated[str, typer.Argument(help="The study's folder name.")],
    concept: Annotated[
        list[str] | None, typer.Option(help="A score; may be given more than once. All if left out.")
    ] = None,
    effect: Annotated[float, typer.Option(help="The effect to look for, in standard deviations.")] = 0.2,
    areas: Annotated[int, typer.Option(help="Areas with the programme; as many without.")] = 6,
    people: Annotated[int, typer.Option(help="People asked in each area.")] = 50,
    power: Annotated[float, typer.Option(help="The share of studies that are to find it.")] = 0.8,
    alpha: Annotated[float, typer.Option(help="The error rate, two-sided.")] = 0.05,
    to: Annotated[Path | None, typer.Option(help="Write a page (.html) or a table (.csv) there, too.")] = None,
) -> None:
    """Say how a local project can measure what it changes: questions, reliability, people needed, power in areas."""
    from pipeline.index import toolkit as computed
    from pipeline.index.programmes.toolkit_pages import measures_of, told

    if to is not None and to.suffix not in FORMATS:
        raise CohesionError(f"`{to.name}` is neither", where="--to", todo=f"End its name in {' or '.join(FORMATS)}.")
    paths = here()
    workspace = Workspace(paths, of_studies(paths, [study]))
    declared = open_study(workspace, study)
    tables = _tables(workspace, declared)
    measures = measures_of(declared, workspace.project.concepts, tables["reliability"], concept or ())
    plan: dict[str, Any] = {"effect": effect, "areas": areas, "people": people, "power": power, "alpha": alpha}
    plan |= {"area_correlation": AREA_CORRELATION, "least_icc": LEAST_ICC}
    smallest = declared.about.disclosure.smallest
    area = _area(declared, tables["panel"])
    table = computed(tables["panel"], measures, area=area, smallest=smallest, **plan)
    for line in told(table, declared.about.short_title, plan):
        typer.echo(visible(line))
    if to is not None:
        write_bytes(to, _written(workspace, declared, table, plan, to.suffix))
        typer.echo(f"✓ {to}")


def _tables(workspace: Workspace, study: Study) -> dict[str, Any]:
    """The panel and its reliability, as built from what is declared and deposited now."""
    keys: dict[str, Key] = {name: (name, study.key) for name in ("panel", "reliability")}
    current = built_tables(workspace, study, keys)
    return {name: store.load(workspace.paths, key, current[name]) for name, key in keys.items()}


def _area(study: Study, panel: Any) -> str | None:
    """The column of areas: that of the study's index, or the role ``area``, as far as answers have one."""
    named = study.index.area if study.index is not None else AREA_ROLE
    column = "area_code" if named == AREA_ROLE else named
    return column if column in panel.columns and panel[column].null_count() < panel.height else None


def _written(workspace: Workspace, study: Study, table: Any, plan: dict[str, Any], suffix: str) -> bytes:
    if suffix == ".csv":
        return bytes(table.write_csv().encode())
    from pipeline.index.programmes.toolkit_pages import toolkit_html

    template = workspace.paths.template("toolkit.html.j2").read_bytes()
    return toolkit_html(table, study.about.short_title, plan, study.about.synthetic, template)
