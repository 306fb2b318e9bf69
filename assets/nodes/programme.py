"""Programmes: the effects of each by area and wave, pooled over its areas."""

from __future__ import annotations

from collections.abc import Mapping

from assets.engine.node import Key, Node, Output, Tables
from assets.engine.view import view
from assets.engine.workspace import Workspace
from assets.nodes import reads
from assets.nodes.preview import first_rows
from pipeline.specs import Study
from pipeline.specs.programme import Programme
from pipeline.specs.weights import DELIVERED


def nodes(workspace: Workspace) -> list[Node]:
    """``programme/<study>`` for every study that declares one."""
    return [_programme(study) for study in workspace.project.studies.values() if study.programmes]


def make_programme(tables: Tables, *, declared: Mapping[str, Programme], smallest: int) -> Output:
    """One row per programme, outcome, wave and area, or what is pooled of them."""
    import polars as pl

    from pipeline.index.programmes.declared import programme_table
    from pipeline.tables import Programmes, shaped

    sets = {name.removeprefix("set "): table for name, table in tables.items() if name.startswith("set ")}
    made = programme_table(declared, tables["panel"], sets, smallest)
    pooled = made.filter(pl.col("row") == "pooled", pl.col("estimate").is_not_null())
    columns = ("outcome", "wave", "estimate", "conf_low", "conf_high", "n_areas")
    return Output(
        {"programme": shaped(made, Programmes)},
        {"programme": Programmes},
        metadata={"programme": first_rows(pooled, *columns)},
    )


def _programme(study: Study) -> Node:
    sets = dict.fromkeys(one.weights for one in study.programmes.values() if one.weights not in (None, DELIVERED))
    inputs: dict[str, Key] = {"panel": ("panel", study.key)}
    inputs |= {f"set {name}": ("weights", study.key, str(name)) for name in sets}
    return Node(
        make_programme,
        reads={
            "declared": {name: view(one, reads.PROGRAMME) for name, one in study.programmes.items()},
            "smallest": study.about.disclosure.smallest,
        },
        inputs=inputs,
        outputs={"programme": ("programme", study.key)},
        group="index",
        study=study.key,
        description=f"{study.about.short_title}: what changed in the areas of each programme, one by one and together: "
        f"{', '.join(one.label for one in study.programmes.values())}.",
        kinds=frozenset({"polars"}),
    )
