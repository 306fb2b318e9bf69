"""Every command in a folder that is no project, or that cannot be written to: works, or one clear message."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from shared import ROOT
from small_study import make_root
from typer.testing import CliRunner

from assets.commands.main import app
from assets.projects.begin import begin_project
from assets.provenance.archive import Archive, Entry, hash_of
from pipeline.paths import Paths

COMMANDS = {
    "check": ["check"],
    "sample": ["sample"],
    "build": ["build"],
    "list": ["build", "--list"],
    "ui": ["ui", "--port", "3999"],
    "diff": ["diff"],
    "changelog": ["diff", "--changelog"],
    "builds": ["builds"],
    "audit": ["audit"],
    "bundle": ["bundle", "first"],
    "twin": ["twin", "first", "--to", "twin"],
    "export": ["export", "first"],
    "migrate": ["migrate", "first"],
    "trace": ["trace", "small:1"],
    "items": ["items", "draft", "codebook.csv", "--study", "first"],
    "draft": ["wave", "draft", "first", "new.csv"],
    "preview": ["wave", "preview", "first", "w01"],
    "accept": ["wave", "accept", "first", "w01"],
    "compare": ["wave", "compare", "first", "w01"],
    "withdraw": ["withdraw", "first", "P001", "--scope", "future"],
    "roll-back": ["withdraw", "first", "--roll-back"],
    "backup": ["key", "backup", "elsewhere.key"],
    "key": ["key", "check"],
    "release": ["release", "check", "small"],
    "sign": ["release", "sign", "small", "--name", "Ada Lovelace", "--role", "output checker"],
    "publish": ["release", "publish", "small"],
    "pull": ["warehouse", "pull"],
    "push": ["warehouse", "push"],
    "prune": ["warehouse", "prune"],
    "toolkit": ["toolkit", "first"],
}
ELSEWHERE = {("init",), ("verify",), ("proxy", "config")}
"""Commands that need no project: two make their own, one writes the settings of another program."""
READ_ONLY = {"check", "migrate", "builds", "audit", "diff", "trace", "compare", "key", "backup", "toolkit"}
"""Commands that write nothing into the project, and work on one that is closed as on any other."""


def groups(command_line, path=()):
    """Every command, by its words."""
    commands = getattr(command_line, "commands", None)
    if commands is None:
        yield path
        return
    for name, command in commands.items():
        yield from groups(command, (*path, name))


def test_every_command_is_tried():
    from typer.main import get_command

    tried = {
        tuple(words[: 2 if words[0] in {"items", "wave", "key", "release", "warehouse"} else 1])
        for words in COMMANDS.values()
    }
    assert set(groups(get_command(app))) - ELSEWHERE == tried


def nothing(folder: Path) -> Path:
    return folder / "nothing"


def empty(folder: Path) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


def a_file(folder: Path) -> Path:
    (folder / "file").write_text("no folder")
    return folder / "file"


def broken_link(folder: Path) -> Path:
    (folder / "link").symlink_to(folder / "gone")
    return folder / "link"


PLACES = {
    nothing: "there is no such folder. `cohesion init DIR` begins one.",
    empty: "is not a project: it has no cohesion.toml and no data/studies. `cohesion init DIR` begins one.",
    a_file: "is not a folder. Name the folder of a project.",
    broken_link: "is not a folder. Name the folder of a project.",
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_what_is_no_project_gets_one_message_from_every_command(tmp_path, place, command):
    root = place(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    for words in (["--root", str(root), *COMMANDS[command]], [*COMMANDS[command], f"--root={root}"]):
        done = CliRunner().invoke(app, words)
        assert (done.exit_code, done.output) == (1, f"{root}: {PLACES[place]}\n")
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_without_a_project_above_it_says_how_to_begin_or_name_one(tmp_path, monkeypatch, command):
    monkeypatch.delenv("COHESION_ROOT", raising=False)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, COMMANDS[command])
    said = "there is no project here, nor in a folder above. `cohesion init DIR` begins one. "
    assert done.output == f"{tmp_path}: {said}One that is elsewhere is named by --root DIR, or by COHESION_ROOT.\n"
    assert done.exit_code == 1


def test_a_command_finds_the_project_that_it_is_run_in(tmp_path, monkeypatch):
    monkeypatch.delenv("COHESION_ROOT", raising=False)
    outer, inner = begin_project(tmp_path / "outer"), begin_project(tmp_path / "outer" / "data" / "raw" / "inner")
    for place, root in (
        (outer, outer),
        (outer / "data" / "studies", outer),
        (inner, inner),
        (inner / "reports", inner),
    ):
        monkeypatch.chdir(place)
        (root / "data" / "concepts.yaml").write_text("mistake\n")
        done = CliRunner().invoke(app, ["check"])
        assert "data/concepts.yaml:1: must be a mapping" in done.output
        shutil.copy(ROOT / "data" / "concepts.yaml", root / "data")
        assert "0 studies" in CliRunner().invoke(app, ["check"]).output


def test_what_is_named_goes_before_what_one_is_in_and_is_named_for_one_command_alone(tmp_path, monkeypatch):
    one, other = make_root(tmp_path / "one"), begin_project(tmp_path / "other")
    monkeypatch.chdir(other)
    monkeypatch.setenv("COHESION_ROOT", "")
    assert "0 studies" in CliRunner().invoke(app, ["check"]).output
    monkeypatch.setenv("COHESION_ROOT", str(tmp_path / "nothing"))
    assert "0 studies" in CliRunner().invoke(app, ["check", "--root", "."]).output
    assert os.environ["COHESION_ROOT"] == str(tmp_path / "nothing")
    monkeypatch.setenv("COHESION_ROOT", str(other))
    said = CliRunner().invoke(app, ["wave", "compare", "none", "w01", "--root", str(one)]).output
    assert f"there is no study `none` in {one / 'data' / 'studies'}. Known: first" in said


def test_what_follows_two_dashes_is_no_option(tmp_path):
    done = CliRunner().invoke(app, ["trace", "--root", str(begin_project(tmp_path / "p")), "--", "--root"])
    assert "--root" in done.output
    assert "is no number, figure or table" in done.output


@pytest.mark.parametrize(
    "words", [["--root", "", "check"], ["check", "--root", " "], ["init", "x", "--root", "y"], ["check", "--root"]]
)
def test_a_root_that_names_nothing_is_refused(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 2
    assert "--root" in done.output


def as_nobody(*command: str, root: Path, where: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as somebody who owns nothing here."""
    words = [sys.executable, "-c", "from assets.commands.main import main; main()", *command]
    if os.geteuid() == 0:
        words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *words]
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(where), "COHESION_ROOT": str(root), "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1", "MPLCONFIGDIR": str(where), "LANG": "C.UTF-8",
    }  # fmt: skip
    return subprocess.run(words, cwd=where, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def closed():
    """A project that its reader may not write to, and a folder of the reader's own.

    Not below pytest's folder, which every other run of pytest closes to others again.
    """
    top = Path(tempfile.mkdtemp(prefix="cohesion-places-"))
    top.chmod(0o755)
    root, own = make_root(top / "root"), top / "own"
    Archive(Paths(root)).keep(Entry(0, "abcd1234", "2026-01-02 03:04:05", "", hash_of("{}")), [], {}, 9)
    own.mkdir()
    (own / "codebook.csv").write_text("variable,label\nq,A question\n")
    (own / "new.csv").write_text("id,q\n1,1\n")
    own.chmod(0o777)
    for place in (root, *root.rglob("*")):
        place.chmod(0o555 if place.is_dir() else 0o444)
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("needs setpriv to run as somebody else than root")
    if as_nobody("--version", root=root, where=own).returncode:
        pytest.skip("this Python cannot be run by another user")
    yield root, own
    for place in (root, *root.rglob("*")):
        if place.is_dir():
            place.chmod(0o755)
    shutil.rmtree(top)


@pytest.mark.thorough
@pytest.mark.parametrize("command", COMMANDS)
def test_a_project_that_is_closed_to_its_reader_gets_one_message(closed, command):
    root, own = closed
    before = sorted(root.rglob("*"))
    done = as_nobody(*COMMANDS[command], root=root, where=own)
    said = done.stdout + done.stderr
    assert "Traceback" not in said, said
    if command not in READ_ONLY:
        assert done.returncode == 1, said
        assert said == f"{root}/data: {CLOSED}\n"
    if command in RECORDED:
        assert RECORDED[command] in said
    assert sorted(root.rglob("*")) == before


RECORDED = {"builds": "abcd1234  2026-01-02 03:04 UTC", "diff": "only one build is recorded"}
"""What is read of the builds of a closed project."""
CLOSED = (
    "this folder cannot be written to, so nothing was changed. Copy the project to a folder of yours, or have its "
    "owner give you the right to write."
)


@pytest.mark.parametrize("command", ["check", "builds"])
def test_a_folder_that_may_not_be_read_is_named(tmp_path, monkeypatch, command):
    """The system's refusal, wherever it comes from, is a message too."""

    def refuse() -> None:
        raise PermissionError(13, "Permission denied", str(tmp_path / "closed"))

    monkeypatch.setattr("assets.commands.main.here", refuse)
    monkeypatch.setattr("assets.commands.diff.here", refuse)
    done = CliRunner().invoke(app, [command])
    assert done.output == f"{tmp_path}/closed: may not be read or written by you. Ask its owner for the right to.\n"
