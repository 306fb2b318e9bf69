"""The jobs of the UI and its start page, on a small study with a paper: run in this process, as the UI runs them."""

import os
import re
import time
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from engine_runs import workspace_of
from published_study import make_published
from running_ui import fill_in
from shared import ROOT
from small_study import rows

from assets.building import Running, plan_build
from assets.dagster.books import keep_books
from assets.dagster.code_location import definitions
from assets.dagster.declared import declared
from assets.web.job_names import config_of
from assets.web.start import start_page
from assets.web.state import gather
from pipeline.errors import CohesionError
from pipeline.files import sha256_of
from pipeline.paths import Paths


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = make_published(tmp_path / "root")
    fill_in(root / "data" / "studies" / "first" / "study.yaml")
    settle(root)
    monkeypatch.setenv("COHESION_ROOT", str(root))
    monkeypatch.setenv("HOME", str(root))
    return root


def settle(root: Path) -> None:
    """The files lie there since a while."""
    for file in (root / "data" / "raw" / "first").iterdir():
        os.utime(file, (time.time() - 60,) * 2)


def run(root: Path, job: str, **chosen: object) -> tuple[bool, str]:
    """Whether a job succeeded, and all that its run says."""
    with dg.DagsterInstance.ephemeral() as instance:
        made = definitions(declared(Paths(root))).resolve_job_def(job)
        done = made.execute_in_process(config_of(job, **chosen), instance=instance, raise_on_error=False)
        said = [entry.user_message for entry in instance.all_logs(done.run_id)]
        said += [str(event.event_specific_data) for event in done.all_events if event.is_step_failure]
        materialised = {event.asset_key.to_user_string() for event in done.get_asset_materialization_events()}
    return done.success, "\n".join([*said, *sorted(materialised)])


def accepted(root: Path) -> str:
    sha256 = sha256_of(root / "data" / "raw" / "first" / "study_wave_1.csv")
    success, said = run(root, "accept_a_wave", study="first", wave="w01", sha256=sha256[:6])
    assert success, said
    return said


@pytest.mark.parametrize("given", ["", "abc", "zzzzzz", "000000", "{right} ffffff"])
def test_a_wave_is_accepted_only_by_who_knows_its_bytes(root, given):
    sha256 = sha256_of(root / "data" / "raw" / "first" / "study_wave_1.csv")
    before = (root / "data" / "studies" / "first" / "waves" / "w01.yaml").read_bytes()
    success, said = run(root, "accept_a_wave", study="first", wave="w01", sha256=given.format(right=sha256[:6]))
    assert not success
    assert f"study_wave_1.csv begins {sha256[:12]}" in said
    assert "stack=[]" in said.replace(" ", "")
    assert (root / "data" / "studies" / "first" / "waves" / "w01.yaml").read_bytes() == before


@pytest.mark.thorough
def test_an_accepted_wave_is_built_and_noted(root):
    assert "✓ study_wave_1.csv: 40 rows" in accepted(root)
    assert '"accept"' in (root / "data" / "audit" / "audit.jsonl").read_text()
    success, said = run(root, "rebuild_a_study", study="first")
    assert success, said
    assert {"paper/small", "estimates/satisfied"} <= set(said.splitlines())
    success, said = run(root, "one_model", model="satisfied")
    assert success
    assert "Nothing has changed." in said
    (root / "reports" / "build" / "papers" / "small.html").unlink()
    success, said = run(root, "papers_only", paper="small")
    assert success, said
    assert {line for line in said.splitlines() if re.fullmatch("(paper|estimates|figure)/[a-z]+", line)} == {
        "paper/small"
    }


@pytest.mark.thorough
def test_every_column_is_described(root):
    accepted(root)
    with dg.DagsterInstance.ephemeral() as instance:
        made = definitions(declared(Paths(root))).resolve_job_def("rebuild_a_study")
        done = made.execute_in_process(config_of("rebuild_a_study", study="first"), instance=instance)
        events = done.get_asset_materialization_events()
    schemas = {event.asset_key.to_user_string(): event.materialization.metadata for event in events}
    for name, metadata in schemas.items():
        for column in metadata["dagster/column_schema"].value.columns:
            assert column.description, (name, column.name)
    answers = schemas["answers/first"]["dagster/column_schema"].value.columns
    assert any("satisfied" in column.description for column in answers), "items are described by their wording"


def test_a_choice_that_was_declared_later_is_offered(root):
    file = root / "reports" / "papers" / "small.md"
    text = file.read_text()
    file.unlink()
    for job in ("papers_only", "check_a_release"):
        definitions(declared(Paths(root))).resolve_job_def(job)
    file.write_text(text)
    for job in ("papers_only", "check_a_release"):
        made = definitions(declared(Paths(root))).resolve_job_def(job)
        assert dg.validate_run_config(made, config_of(job, paper="small"))


def test_a_choice_is_checked_before_anything_runs(root):
    for job, chosen in (("rebuild_a_study", {"study": "nowhere"}), ("one_model", {"model": "x"})):
        with dg.DagsterInstance.ephemeral() as instance, pytest.raises(dg.DagsterInvalidConfigError):
            definitions(declared(Paths(root))).resolve_job_def(job).execute_in_process(
                config_of(job, **chosen), instance=instance
            )


@pytest.mark.thorough
def test_a_new_wave_is_drafted_with_its_drift(root):
    accepted(root)
    frame = rows().with_columns(belong1=pl.lit(2), belong2=pl.lit(2))
    frame.write_csv(root / "data" / "raw" / "first" / "study_wave_2.csv")
    settle(root)
    success, said = run(root, "new_wave", study="first", file="study_wave_2.csv", arm="", items=False)
    assert success, said
    assert "/reports/drafts/first/w02_drift.html" in said, said
    page = root / "reports" / "build" / "drafts" / "first" / "w02_drift.html"
    assert "every answer is the same" in page.read_text().lower()
    assert not (root / "data" / "warehouse" / "findings").exists(), "nothing else was made"
    assert "sha256" not in (root / "data" / "studies" / "first" / "waves" / "w02.yaml").read_text().replace("# ", "#")


@pytest.mark.thorough
def test_the_start_page_says_what_waits_and_what_is_stale(root):
    state = gather(Paths(root))
    (study,) = state.studies
    assert [task.what for task in study.tasks] == ["2024 (w01) awaits confirmation"]
    assert study.tasks[0].link is not None
    assert study.tasks[0].link.address.startswith("/locations/cohesion/jobs/accept_a_wave/playground/setup?config=")
    assert sha256_of(root / "data" / "raw" / "first" / "study_wave_1.csv")[:12] in study.tasks[0].todo
    assert study.due_count
    accepted(root)
    assert run(root, "rebuild_everything")[0]
    (study,) = gather(Paths(root)).studies
    assert not study.due_count
    assert not study.tasks
    assert [paper.title for paper in study.papers] == ["A small paper"]
    file = root / "reports" / "models" / "satisfied.yaml"
    file.write_text(file.read_text().replace("wave_effects: false", "wave_effects: false\nweights: design_weight"))
    (study,) = gather(Paths(root)).studies
    assert "estimates/satisfied" in study.due["what it is declared or computed by has changed"]
    assert study.papers[0].is_stale
    page = start_page(Paths(root), gather(Paths(root)))
    assert "to be rebuilt" in page
    assert "Rebuild this study" not in start_page(Paths(root), gather(Paths(root)), read_only=True)


def test_a_mistake_in_a_declaration_is_told_on_the_start_page(root):
    file = root / "data" / "studies" / "first" / "study.yaml"
    file.write_text(file.read_text() + "nonsense: <script>alert(1)</script>\n")
    page = start_page(Paths(root), gather(Paths(root)))
    assert "The declarations of first cannot be read" in page
    assert "nonsense" in page
    assert "<script" not in page


@pytest.mark.thorough
def test_a_build_from_the_command_line_is_a_run_of_the_same_job(root):
    accepted(root)
    workspace = workspace_of(root)
    plan = plan_build(workspace)
    with Running(workspace, plan, workers=0) as running:
        assert keep_books(workspace, plan, running) == []
    with dg.DagsterInstance.get() as instance:
        (found,) = instance.get_runs()
    assert (found.job_name, found.status) == ("rebuild_a_study", dg.DagsterRunStatus.SUCCESS)
    assert found.tags["why"] == "command line"
    assert found.remote_job_origin is not None
    assert found.remote_job_origin.location_name == "cohesion"


def test_a_build_that_ends_by_a_fault_of_the_program_is_no_success(root, monkeypatch):
    accepted(root)
    workspace = workspace_of(root)
    plan = plan_build(workspace)

    def broken(*_):
        raise ValueError("columns do not match")

    monkeypatch.setattr("assets.engine.build.Build.run", broken)
    fault = r"the build ended by a fault of the program \(ValueError\)"
    with Running(workspace, plan, workers=0) as running, pytest.raises(CohesionError, match=fault):
        keep_books(workspace, plan, running)
    with dg.DagsterInstance.get() as instance:
        assert [one.status for one in instance.get_runs()] == [dg.DagsterRunStatus.FAILURE]


def test_a_clone_is_known_by_its_jobs():
    names = {job.name for job in definitions(declared(Paths(ROOT))).jobs or ()}
    assert {"new_wave", "accept_a_wave", "rebuild_a_study", "papers_only", "one_model", "check_a_release"} <= names


def test_a_withdrawal_is_not_a_job_of_the_browser(root):
    success, said = run(root, "withdraw_a_person")
    assert not success
    assert "cohesion withdraw STUDY ID" in said
