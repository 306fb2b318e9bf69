"""The link report of a built panel: counted by kind, checked, shown, and naming nobody."""

from pathlib import Path

import polars as pl
import pytest
from engine_runs import plan_of
from panel_study import (
    ABOUT,
    ISSUED,
    STUDY,
    changed,
    clean,
    declare_study,
    declare_wave,
    make_panel,
    raw,
    rebuild,
    write_sav,
)

from assets.engine import store
from assets.engine.run import attempt, task_of
from pipeline.paths import Paths

NO_LIST = ABOUT.replace("issued: ids.csv\n", "").replace("doubtful: set_aside\n", "")

LONGER = NO_LIST.replace("{4}", "{4,5}")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_panel(tmp_path / "root")


def deliver(root: Path, wave: str, frame: pl.DataFrame) -> None:
    """Another file for a wave, confirmed by its hash if waves are."""
    path = raw(root) / f"clean_w{wave[2:]}.sav"
    write_sav(path, frame)
    declare_wave(root, wave, path.name)


def kinds(root: Path, wave: str) -> dict[tuple[str, str], int]:
    links = store.load(Paths(root), ("links", STUDY)).filter(pl.col("later") == wave)
    return {(row["earlier"], row["kind"]): row["count"] for row in links.iter_rows(named=True) if row["count"]}


def checks(root: Path) -> dict[str, str]:
    reports = rebuild(root)
    return {check.name: " ".join(check.found) for check in reports[f"links/{STUDY}"].checks}


def test_everybody_is_known(root: Path) -> None:
    found = checks(root)
    assert (found["linked"], found["new_people"], found["facts"]) == ("", "", "")
    assert kinds(root, "w02") == {("w01", "exact"): 60}
    linked = store.load(Paths(root), ("linked", STUDY))
    assert linked.select("wave", "people", "known", "compared", "contradict").rows() == [
        ("w02", 60, 60, 60, 0),
        ("w03", 60, 60, 60, 0),
    ]


def test_ids_that_went_wrong_in_a_wave(root: Path) -> None:
    """One in lower case, which the rule of the study mends, and one that is nobody's."""
    declare_study(root, NO_LIST)
    deliver(root, "w02", changed(pid={40: "p1040", 59: "P9999"}))
    found = checks(root)
    assert kinds(root, "w02") == {("w01", "exact"): 58, ("w01", "normalised"): 1, ("w01", "new"): 1}
    assert "w02: 1 of 60 people are new and on no list" in found["new_people"]
    assert kinds(root, "w03")["w01", "returned"] == 1  # P1059, whom the second wave called P9999


def test_a_near_id_is_a_proposal_by_row_and_links_nobody(root: Path) -> None:
    declare_study(root, LONGER)
    deliver(root, "w02", changed(pid={23: "P10239"}))
    checks(root)
    assert kinds(root, "w02")["w01", "likely"] == 1
    (proposal,) = pl.read_parquet(Paths(root).quarantined(STUDY, "w02", "links")).iter_rows(named=True)
    assert (proposal["row"], proposal["earlier"], proposal["earlier_row"], proposal["distance"]) == (24, "w01", 24, 1)
    people = [set(store.load(Paths(root), ("wave", STUDY, wave))["person_id"]) for wave in ("w01", "w02")]
    assert len(people[1] - people[0]) == 1


def test_ids_of_strangers_show_in_lasting_facts(root: Path) -> None:
    """The ids of the wave were shifted by one row: everybody is known, and half changed sex as chance would have it."""
    deliver(root, "w02", clean("w02").with_columns(pid=pl.Series([*ISSUED[1:], ISSUED[0]])))
    found = checks(root)
    assert "w02: of 60 people linked with w01, 60 have different lasting facts" in found["facts"]
    assert found["linked"] == ""


def test_a_wave_that_links_nobody_stops(root: Path) -> None:
    declare_study(root, NO_LIST)
    strangers = clean("w02").with_columns(pid=pl.Series([f"P{5000 + 7 * k}" for k in range(60)]))
    deliver(root, "w02", strangers)
    report = rebuild(root)[f"links/{STUDY}"]
    assert "0.0% of the ids in `pid` are linked with earlier waves (60 people)" in report.message
    text = (root / "data" / "studies" / STUDY / "waves" / "w02.yaml").read_text()
    decided = "decisions: [{finding: unlinked, item: person_id, decision: accept, reason: a fresh sample}]\n"
    (root / "data" / "studies" / STUDY / "waves" / "w02.yaml").write_text(text + decided)
    assert rebuild(root)[f"links/{STUDY}"].message == ""


def test_nobody_is_named(root: Path) -> None:
    declare_study(root, LONGER)
    deliver(root, "w02", changed(pid={23: "P10239", 24: "P9999"}))
    told = "\n".join(report.to_json() for report in rebuild(root).values())
    written = [path.read_bytes() for path in (*Paths(root).quarantine.rglob("*links*"), Paths(root).drift_file(STUDY))]
    for identity in (*ISSUED, "P10239", "P9999"):
        assert identity not in told
        assert not any(identity.encode() in content for content in written if content)


def test_a_file_that_was_changed_after_it_was_loaded_is_not_read_for_links(root: Path) -> None:
    rebuild(root)
    write_sav(raw(root) / "clean_w2.sav", changed(pid={23: "P9999"}))
    plan = plan_of(root, lambda node: node.name == f"links/{STUDY}")
    (node,) = [node for node in plan.nodes if node.name == f"links/{STUDY}"]
    as_before = plan.states[node.name].record.inputs
    message = attempt(task_of(node, root, "changed", as_before)).message
    assert "clean_w2.sav: is not the file that was loaded: it was changed since" in message
