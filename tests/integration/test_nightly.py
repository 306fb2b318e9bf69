"""The schedule ``nightly`` asks for what is due, study by study; one with a mistake or without files stops no other."""

import datetime as dt
import shutil
from pathlib import Path

import dagster as dg
import pytest
from engine_runs import workspace_of
from shared import ROOT
from small_study import build, make_root

from assets.dagster.arrivals import nightly
from assets.dagster.jobs import people_jobs
from assets.web.job_names import STUDY, config_of
from pipeline.paths import Paths


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_root(tmp_path / "root", ("first", "second"))


def tonight(root: Path) -> dg.SkipReason | list[dg.RunRequest]:
    jobs = {job.name: job for job in people_jobs(workspace_of(root).project, Paths(root))}
    schedule = nightly(Paths(root), jobs[STUDY])
    with dg.DagsterInstance.ephemeral() as instance:
        when = dt.datetime(2026, 11, 29, 3, tzinfo=dt.UTC)
        context = dg.build_schedule_context(instance=instance, scheduled_execution_time=when)
        found = schedule.evaluate_tick(context)
    return list(found.run_requests or []) or found.skip_message


def test_each_study_of_which_something_is_due_gets_one_run(root):
    first, second = tonight(root)
    assert first.run_config == config_of(STUDY, study="first")
    assert (second.tags["study"], second.tags["why"]) == ("second", "nightly")
    assert first.run_key == "first 2026-11-29", "the same night never asks twice"


@pytest.mark.thorough
def test_nothing_due_is_said(root):
    build(root)
    assert tonight(root) == "Nothing has changed."


def test_a_study_without_files_or_with_a_mistake_is_left_out(root):
    shutil.rmtree(root / "data" / "raw" / "second")
    (only,) = tonight(root)
    assert only.tags["study"] == "first"
    third = root / "data" / "studies" / "third"
    shutil.copytree(ROOT / "data" / "studies" / "_template", third)
    jobs = people_jobs(workspace_of(root).project, Paths(root))
    (third / "scales.yaml").write_text("belonging: {label: [}\n")
    schedule = nightly(Paths(root), next(job for job in jobs if job.name == STUDY))
    with dg.DagsterInstance.ephemeral() as instance:
        when = dt.datetime(2026, 11, 29, 3, tzinfo=dt.UTC)
        found = schedule.evaluate_tick(dg.build_schedule_context(instance=instance, scheduled_execution_time=when))
    assert [request.tags["study"] for request in found.run_requests or ()] == ["first"]
