"""A project in a folder of its own: begun whole or not at all, checked, and pinned to a version."""

import os
import re
from pathlib import Path

import pytest
from shared import ROOT
from typer.testing import CliRunner

from assets.commands.main import app
from assets.projects import begin, words
from assets.projects.begin import begin_project
from assets.projects.pinned import pinned_versions
from pipeline.errors import CohesionError
from pipeline.paths import SHIPPED, Paths
from pipeline.settings import SETTINGS, settings_of
from pipeline.specs import load_project
from pipeline.specs.writers import WRITERS

EXAMPLES = load_project(Paths(SHIPPED)).studies


def init(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["init", *map(str, arguments)])
    return done.exit_code, done.output


@pytest.mark.parametrize("example", [None, *EXAMPLES])
def test_a_new_project_has_no_mistakes_and_only_what_its_example_needs(tmp_path, example):
    options = ("--example", example) if example else ()
    assert init(tmp_path / "demo", *options)[0] == 0
    project = load_project(Paths(tmp_path / "demo"))
    assert list(project.studies) == ([example] if example else [])
    shipped = load_project(Paths(SHIPPED))
    for kind in ("models", "figures", "papers"):
        expected = {key for key, report in getattr(shipped, kind).items() if report.study == example}
        assert set(getattr(project, kind)) == expected
        assert bool(expected) == bool(example)
    names = {path.name for path in (tmp_path / "demo").iterdir()}
    assert names == {
        "cohesion.toml", "requirements.txt", "README.md", ".gitignore", ".env", "workspace.yaml", "data", "reports",
    }  # fmt: skip


@pytest.mark.parametrize("folder", ["new", "new/below/others", "ends in a space?", "mögen", "empty"])
def test_a_project_lies_where_it_is_asked_for(tmp_path, folder):
    (tmp_path / "empty").mkdir()
    assert init(tmp_path / folder)[0] == 0
    assert (tmp_path / folder / "cohesion.toml").is_file()


def test_a_project_can_be_begun_in_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert init(".")[0] == 0
    assert (tmp_path / "README.md").read_text().startswith(f"# {tmp_path.name}\n")
    monkeypatch.delenv("COHESION_ROOT", raising=False)
    assert "0 studies" in CliRunner().invoke(app, ["check"]).output


@pytest.mark.parametrize(
    ("holds", "named"),
    [
        (["notes.txt"], "it holds notes.txt. "),
        ([".git"], "it holds .git. "),
        (list("gfedcba"), "it holds a, b, c, d, e and 2 more. "),
        (["cohesion.toml"], "it holds cohesion.toml. "),
    ],
)
def test_a_folder_that_holds_anything_is_left_as_it_is(tmp_path, holds, named):
    for name in holds:
        (tmp_path / name).write_text("mine")
    assert init(tmp_path) == (1, f"{tmp_path}: is not empty: {named}Name one that is new or empty.\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(holds)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("two\nlines", r"two\nlines: a folder with such signs in its name cannot be a project"),
        ("tab\there", r"tab\there: a folder with such signs in its name"),
        ("turned‮", r"turned\u202e: a folder with such signs in its name"),
        (" ", "a folder with such signs in its name"),
        ("ends ", "a folder with such signs in its name"),
        ("n" * 300, "no project can be written there (File name too long)"),
        ("file", "is a file. Name a folder that is new or empty."),
        ("file/below", "no project can be written there (Not a directory)"),
        ("link", "no project can be written there (File exists)"),
    ],
)
def test_names_that_cannot_be_are_refused(tmp_path, monkeypatch, name, said):
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("")
    Path("link").symlink_to("gone")
    code, output = init(name)
    assert (code, said in output) == (1, True), output
    assert sorted(os.listdir()) == ["file", "link"]  # noqa: PTH208


def test_what_a_killed_run_left_is_no_obstacle(tmp_path):
    (tmp_path / ".beginning-abc" / "data").mkdir(parents=True)
    assert init(tmp_path)[0] == 0
    assert not list(tmp_path.glob(".beginning-*"))


def test_an_example_that_there_is_not_is_named_with_those_that_there_are(tmp_path):
    code, output = init(tmp_path / "demo", "--example", "parallel_live")
    assert code == 1
    assert output.startswith("there is no example `parallel_live`; did you mean `parallel_lives`? There are: ")
    assert not (tmp_path / "demo").exists()


def test_a_project_that_cannot_be_written_whole_is_not_there(tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "empty").mkdir()
    monkeypatch.setattr(begin, "_written", full)
    for folder in (tmp_path / "new", tmp_path / "empty"):
        with pytest.raises(CohesionError, match="No space left on device"):
            begin_project(folder)
    assert [path.name for path in tmp_path.rglob("*")] == ["empty"]


def test_a_project_is_pinned_to_the_version_that_began_it(tmp_path):
    root = begin_project(tmp_path / "demo")
    lines = (root / "requirements.txt").read_text().splitlines()
    pinned = dict(line.split("==") for line in lines if not line.startswith("#"))
    assert pinned == pinned_versions()
    assert {"cohesion-panel", "polars", "dagster", "numpy", "ruamel-yaml"} <= set(pinned)
    assert settings_of(root) == {"version": pinned["cohesion-panel"]}


def test_another_version_stops_every_command_with_what_to_do(tmp_path, monkeypatch):
    root = begin_project(tmp_path / "demo")
    marker = root / "cohesion.toml"
    marker.write_text(marker.read_text().replace('version = "', 'version = "9.'))
    for command in (["check"], ["build"], ["builds"], ["key", "check"]):
        done = CliRunner().invoke(app, [*command, "--root", str(root)])
        assert done.exit_code == 1
        assert done.output.startswith(f"{root}: this project is built with cohesion-panel 9.")
        assert done.output.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version = 1", "cohesion.toml: `version` has to be a text: the version of cohesion-panel"),
        ('version = ""', "cohesion.toml: `version` has to be a text"),
        ("builds = 0", "cohesion.toml: `builds` has to be a whole number of at least 1"),
        ("builds = true", "cohesion.toml: `builds` has to be a whole number of at least 1"),
        ('builds = "7"', "cohesion.toml: `builds` has to be a whole number of at least 1"),
        ('sheduler = "tcp://x"', "cohesion.toml: `sheduler` is not a setting; did you mean `scheduler`? There are: "),
        ("version", "cohesion.toml: cannot be read: "),
    ],
)
def test_a_setting_that_is_none_stops_check_and_build(tmp_path, text, said):
    root = begin_project(tmp_path / "demo")
    (root / "cohesion.toml").write_text(text)
    for command in ("check", "build"):
        done = CliRunner().invoke(app, [command, "--root", str(root)])
        assert (done.exit_code, said in done.output) == (1, True), done.output


def test_settings_lie_in_one_file(tmp_path):
    root = begin_project(tmp_path / "demo")
    (root / "pyproject.toml").write_text("[tool.cohesion]\nbuilds = 3\n")
    with pytest.raises(CohesionError, match="settings in two files"):
        settings_of(root)
    (root / "cohesion.toml").unlink()
    assert settings_of(root) == {"builds": 3}


def test_what_init_writes_names_every_setting_and_ignores_what_a_clone_ignores():
    assert all(re.search(rf"^(# )?{key} += ", words.settings("1"), re.MULTILINE) for key in SETTINGS)
    clone = (ROOT / ".gitignore").read_text().splitlines()
    ignored = {line.strip("*") for line in clone if line.startswith(("/data/", "/reports/"))}
    assert ignored <= set(words.gitignore().splitlines())
    assert (ROOT / "workspace.yaml").read_text() == words.WORKSPACE


def test_a_projects_own_template_goes_before_the_one_that_comes_with_the_code(tmp_path):
    paths = Paths(begin_project(tmp_path / "demo"))
    for name in {writer.template for writer in WRITERS.values() if writer.template}:
        assert paths.template(name) == Paths(SHIPPED).templates / name
        assert paths.template(name).is_file()
    paths.templates.mkdir()
    (paths.templates / "paper.typ").write_text("mine")
    assert paths.template("paper.typ").read_text() == "mine"
