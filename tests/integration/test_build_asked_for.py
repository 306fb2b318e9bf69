"""An asset materialised by name in the UI: Dagster knows of what had to be made for it, too, and from what."""

from pathlib import Path

import dagster as dg
import pytest
from confirmed import confirm_all
from dagster._core.definitions.data_version import extract_data_provenance_from_entry, extract_data_version_from_entry
from panel_study import STUDY, make_panel

from assets.dagster.code_location import definitions
from assets.dagster.declared import Declared
from assets.engine import store
from assets.engine.workspace import Workspace
from assets.nodes import all_nodes
from pipeline.paths import Paths
from pipeline.specs import load_project

ASKED_FOR = ("answers", STUDY)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    paths = Paths(make_panel(tmp_path / "root"))
    confirm_all(paths.root)
    return Workspace(paths, load_project(paths))


def materialised(workspace: Workspace, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    """As the button *Materialize selected* does."""
    job = definitions(Declared(workspace)).get_implicit_global_asset_job_def()
    return job.execute_in_process(instance=instance, asset_selection=[dg.AssetKey(list(ASKED_FOR))])


def test_what_was_made_for_it_is_known_with_its_content_and_from_what_it_was_made(workspace):
    with dg.DagsterInstance.ephemeral() as instance:
        assert materialised(workspace, instance).success
        made = [node for node in all_nodes(workspace) if store.record(workspace.paths, node) is not None]
        assert {node.name for node in made} > {"/".join(ASKED_FOR), f"wave/{STUDY}/w01"}
        for node in made:
            record = store.record(workspace.paths, node)
            assert record is not None
            for key in node.keys:
                if node.name == "/".join(ASKED_FOR) and key != ASKED_FOR:
                    continue
                entry = instance.get_latest_materialization_event(dg.AssetKey(list(key)))
                assert entry is not None, key
                version = extract_data_version_from_entry(entry)
                assert version is not None
                assert version.value == record.sha256(key)[:16]
                provenance = extract_data_provenance_from_entry(entry)
                assert provenance is not None
                known = {key.to_user_string(): made.value for key, made in provenance.input_data_versions.items()}
                assert set(known) == {"/".join(needed) for needed in node.needs}
                assert all(provenance.has_input_asset(each) for each in provenance.input_data_versions)


@pytest.mark.thorough
def test_a_table_of_a_node_that_was_asked_for_in_part_is_known_as_well(workspace):
    with dg.DagsterInstance.ephemeral() as instance:
        materialised(workspace, instance)
        for name in ("ledger", "crosswalk"):
            assert instance.get_latest_materialization_event(dg.AssetKey([name, STUDY])) is not None


@pytest.mark.thorough
def test_a_second_time_only_what_was_asked_for_is_made_anew(workspace):
    with dg.DagsterInstance.ephemeral() as instance:
        materialised(workspace, instance)
        wave = dg.AssetKey(["wave", STUDY, "w01"])
        before = instance.get_latest_materialization_event(wave)
        materialised(workspace, instance)
        assert before is not None
        assert instance.get_latest_materialization_event(wave).run_id == before.run_id
        events = instance.get_event_records(
            dg.EventRecordsFilter(dg.DagsterEventType.ASSET_MATERIALIZATION, asset_key=dg.AssetKey(list(ASKED_FOR)))
        )
        assert len(events) == 2
