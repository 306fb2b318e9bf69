"""The audit log: every entry is found again, and every line that was edited, removed or put in is noticed."""

from __future__ import annotations

import multiprocessing
import stat
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from hostile_texts import PAYLOADS
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from assets.commands.main import app
from assets.provenance.decided import note_decisions
from pipeline.audit import Entry, note, read_audit
from pipeline.errors import CohesionError
from pipeline.paths import Paths

HOSTILE = list(PAYLOADS.values())


def filled(root: Path, count: int = 6) -> Paths:
    paths = Paths(root)
    for number in range(count):
        note(paths, "accept", f"elsoc w{number:02}", {"rows": number, "file": "W01.sav"}, who=("Ada", "account"))
    return paths


def lines(paths: Paths) -> list[bytes]:
    return paths.audit.read_bytes().splitlines(keepends=True)


def test_entries_come_back_in_order_for_their_owner_alone(tmp_path):
    paths = filled(tmp_path)
    found = read_audit(paths)
    assert [entry.about for entry in found.entries] == [f"elsoc w{number:02}" for number in range(6)]
    assert found.entries[2].details == {"rows": 2, "file": "W01.sav"}
    assert (found.problems, found.notes) == ([], [])
    assert stat.S_IMODE(paths.audit.stat().st_mode) == 0o600
    assert stat.S_IMODE(paths.audit.parent.stat().st_mode) == 0o700


@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_whatever_is_changed_of_the_lines_is_found(tmp_path_factory, data):
    paths = filled(tmp_path_factory.mktemp("log"))
    before = lines(paths)
    place = data.draw(st.integers(0, len(before) - 1))
    change = data.draw(st.sampled_from(["edit", "remove", "double", "swap", "cut the end", "empty"]))
    after = list(before)
    if change == "edit":
        after[place] = after[place].replace(b"Ada", b"Bob")
    elif change == "remove":
        del after[place]
    elif change == "double":
        after.insert(place, after[place])
    elif change == "swap":
        other = data.draw(st.integers(0, len(before) - 1).filter(lambda one: one != place))
        after[place], after[other] = after[other], after[place]
    elif change == "cut the end":
        after = after[:place]
    else:
        after = []
    paths.audit.write_bytes(b"".join(after))
    assert read_audit(paths).problems


def test_a_log_written_anew_is_found_by_a_hash_that_was_noted(tmp_path):
    note(Paths(tmp_path / "a"), "accept", "elsoc w00")
    noted = read_audit(filled(tmp_path / "a")).last
    anew = filled(tmp_path / "b", 9)
    assert read_audit(anew).problems == []
    assert "that was noted" in read_audit(anew, noted).problems[0]
    assert read_audit(Paths(tmp_path / "a"), noted[:12]).problems == []
    with pytest.raises(CohesionError, match="not the hash of a line"):
        read_audit(anew, "12")


def test_a_line_cut_by_a_crash_is_told_and_stops_nothing(tmp_path):
    paths = filled(tmp_path)
    with paths.audit.open("ab") as file:
        file.write(b'{"time": "2026-01-01')
    assert "not written to its end" in read_audit(paths).notes[0]
    note(paths, "sign", "a_paper 1.0")
    found = read_audit(paths)
    assert (found.problems, found.entries[-1].action) == ([], "sign")
    assert "not written to its end" in found.notes[0]
    paths.audit.write_bytes(paths.audit.read_bytes().replace(b"2026-01-01\n", b"2025-01-01\n"))
    assert read_audit(paths).problems


def test_any_text_is_one_line(tmp_path):
    paths = Paths(tmp_path)
    made = [note(paths, "decide", f"a {text}", {"reason": text}, who=(f"Ada {text}", "git")) for text in HOSTILE]
    found = read_audit(paths)
    assert (found.entries, found.problems) == (made, [])
    assert len(lines(paths)) == len(HOSTILE)


@pytest.mark.parametrize(
    ("action", "about", "details"),
    [("", "x", {}), ("Accept!", "x", {}), ("sign", " ", {}), ("sign", "x", {"A b": 1}), ("sign", "x", {"a": [1]})],
)
def test_what_is_no_entry_is_refused(tmp_path, action, about, details):
    with pytest.raises(CohesionError):
        note(Paths(tmp_path), action, about, details)
    assert not Paths(tmp_path).audit.exists()


def _many(root: str) -> None:
    for number in range(8):
        note(Paths(Path(root)), "accept", f"elsoc w{number:02}")


def test_processes_that_note_at_once_wait_for_each_other(tmp_path):
    context = multiprocessing.get_context("spawn")
    at_once = [context.Process(target=_many, args=(str(tmp_path),)) for _ in range(3)]
    for process in at_once:
        process.start()
    for process in at_once:
        process.join()
    found = read_audit(Paths(tmp_path))
    assert (len(found.entries), found.problems) == (24, [])


def test_who_is_named_by_the_environment_or_the_account(tmp_path, monkeypatch):
    monkeypatch.setenv("COHESION_USER", " Grace  Hopper ")
    assert note(Paths(tmp_path), "sign", "a").who == "Grace Hopper"
    monkeypatch.setenv("COHESION_USER", "")
    monkeypatch.setenv("LOGNAME", "ada")
    found = note(Paths(tmp_path), "sign", "a")
    assert (found.who, found.known_by) == ("ada", "account")


def test_the_command_prints_and_checks(tmp_path, monkeypatch):
    monkeypatch.setenv("COHESION_ROOT", str(tmp_path))
    (tmp_path / "data" / "studies").mkdir(parents=True)
    empty = CliRunner().invoke(app, ["audit"])
    assert (empty.exit_code, "is empty" in empty.output) == (0, True)
    paths = filled(tmp_path)
    whole = CliRunner().invoke(app, ["audit"])
    assert whole.exit_code == 0
    assert "Ada (account)  accept  elsoc w03  [rows: 3; file: W01.sav]" in whole.output
    assert read_audit(paths).last in CliRunner().invoke(app, ["audit", "--check"]).output
    paths.audit.write_bytes(b"".join(lines(paths)[:2] + lines(paths)[3:]))
    broken = CliRunner().invoke(app, ["audit", "--check"])
    assert (broken.exit_code, "line 3 does not follow line 2" in broken.output) == (1, True)


WAVE = """decisions:
  - {finding: wording, item: trust, decision: accept, reason: tested}
  - finding: routing
    item: contact
    decision: accept
    reason: as planned
"""


def workspace_with(root: Path, *decisions: tuple[str, str, str, str]):
    made = [
        SimpleNamespace(item=item, finding=finding, decision=decision, reason=reason)
        for item, finding, decision, reason in decisions
    ]
    study = SimpleNamespace(waves={"w01": SimpleNamespace(decisions=made)})
    return SimpleNamespace(paths=Paths(root), project=SimpleNamespace(studies={"s": study}))


def test_decisions_enter_once_by_who_wrote_them_and_leave_when_taken_back(tmp_path, monkeypatch):
    monkeypatch.setenv("COHESION_USER", "Builder")
    file = tmp_path / "data" / "studies" / "s" / "waves" / "w01.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(WAVE.rsplit("  - ", 1)[0])
    git = ["git", "-c", "user.name=Ada Lovelace", "-c", "user.email=a@b", "-C", str(tmp_path)]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "Decide"]):
        subprocess.run([*git, *words], check=True)
    file.write_text(WAVE)
    both = workspace_with(
        tmp_path, ("trust", "wording", "accept", "tested"), ("contact", "routing", "accept", "as planned")
    )
    assert note_decisions(both, ["s"]) == note_decisions(both, ["s"]) == ""
    entries = read_audit(both.paths).entries
    assert [(one.about, one.who, one.known_by) for one in entries] == [
        ("s w01 trust", "Ada Lovelace", "git"),
        ("s w01 contact", "Builder", "COHESION_USER"),
    ]
    note_decisions(workspace_with(tmp_path, ("trust", "wording", "accept", "tested")), ["s"])
    last: Entry = read_audit(both.paths).entries[-1]
    assert (last.action, last.about) == ("take_back_decision", "s w01 contact")
