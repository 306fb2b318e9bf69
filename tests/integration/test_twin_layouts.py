"""A twin in each layout that declarations know: read as the study's own deposits are, and of the same answers."""

from collections.abc import Callable
from pathlib import Path

import engine_runs
import layout_study
import polars as pl
import pytest
from confirmed import confirm_all
from layout_study import STUDY, ingested
from layout_twins import TWINS, long, one_a_wave
from leaf_study import make_everything
from typer.testing import CliRunner

from assets.commands.main import app
from assets.engine import store
from assets.engine.workspace import Workspace
from assets.twins.make import make_twin
from pipeline.ingest.wave_table import WaveTable
from pipeline.paths import Paths
from pipeline.specs import load_project

pytestmark = pytest.mark.thorough


def built_waves(root: Path) -> tuple[Workspace, dict[str, WaveTable]]:
    """The workspace of a root in which the wave tables lie, and these."""
    paths = Paths(root)
    tables = ingested(root)
    for wave, made in tables.items():
        target = paths.table("wave", STUDY, wave)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(store.table_bytes(made.frame))
    return Workspace(paths, load_project(paths)), tables


@pytest.mark.parametrize("layout", [one_a_wave, *TWINS], ids=lambda layout: str(layout.__name__))
def test_a_twin_in_this_layout_is_read_as_declared(tmp_path: Path, layout: Callable[[Path], Path]) -> None:
    workspace, real = built_waves(layout(tmp_path / "real"))
    made = make_twin(workspace, STUDY, tmp_path / "twin", progress=lambda _: None)
    assert made.people == {"main": pytest.approx(120, abs=3)}
    twin = ingested(tmp_path / "twin")
    declared = load_project(Paths(tmp_path / "twin")).studies[STUDY]
    assert declared.about.twin
    assert declared.about.synthetic
    assert all(file.sha256 is not None for wave in declared.waves.values() for file in wave.files)
    for wave, table in real.items():
        mine, other = table.frame, twin[wave].frame
        assert other.height == pytest.approx(mine.height, rel=0.06)
        assert not set(mine["person_id"]) & set(other["person_id"])
        for item in ("q1", "q2"):
            if item in mine.columns and item in other.columns:
                codes = set(other[item].drop_nulls())
                assert codes <= set(mine[item].drop_nulls())
                assert len(codes) >= 3


def test_the_layouts_hold_one_twin(tmp_path: Path) -> None:
    """The same answers give the same invented people, however the files lie."""
    harmonised = []
    for layout in (one_a_wave, long):
        workspace, _ = built_waves(layout(tmp_path / layout.__name__))
        make_twin(workspace, STUDY, tmp_path / f"{layout.__name__}_twin", progress=lambda _: None)
        answers = layout_study.harmonised(tmp_path / f"{layout.__name__}_twin").answers
        harmonised.append(answers.select("wave", "q1", "q2", "size", "sex").sort(pl.all()))
    assert harmonised[0].equals(harmonised[1])


def test_a_study_that_declares_everything_has_a_twin_that_builds(tmp_path: Path) -> None:
    """Arms, lists, field reports, households, areas, weights, imputation, models, figures and a paper."""
    root = make_everything(tmp_path / "everything")
    confirm_all(root)
    engine_runs.build(root)
    study = next(iter(load_project(Paths(root)).studies))
    said = CliRunner().invoke(app, ["twin", study, "--to", str(tmp_path / "twin")], env={"COHESION_ROOT": str(root)})
    assert said.exit_code == 0, said.output
    reports = engine_runs.build(tmp_path / "twin")
    failed = {name: report.message for name, report in reports.items() if report.message}
    assert not failed
    paper = next((tmp_path / "twin" / "reports" / "build" / "papers").glob("*.html"))
    assert "Synthetic twin" in paper.read_text()
