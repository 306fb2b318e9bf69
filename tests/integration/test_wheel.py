"""The installed package, without the clone: a project is begun, checked and built, and is the same as the clone's."""

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from shared import ROOT
from small_study import rows

UV = shutil.which("uv")
PORT = 3486
PROGRAM = """
from pipeline.paths import SHIPPED, Paths
from pipeline.specs import load_project
print(SHIPPED, len(load_project(Paths()).studies))
"""


def run(*command: object, where: Path, **environment: str) -> str:
    """Run a command outside the clone; its output."""
    done = subprocess.run(
        [str(word) for word in command], cwd=where, env=environment or None, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    if UV is None:
        pytest.skip("needs uv")
    folder = tmp_path_factory.mktemp("wheel")
    run(UV, "build", "--wheel", "--quiet", "--out-dir", folder, ROOT, where=folder)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The programs of an environment with the wheel, whose libraries are those of this one."""
    folder = tmp_path_factory.mktemp("elsewhere")
    run(UV, "venv", "--quiet", "--python", sys.executable, "venv", where=folder)
    run(UV, "pip", "install", "--quiet", "--python", "venv", "--no-deps", "--offline", wheel, where=folder)
    site = next((folder / "venv").rglob("site-packages"))
    (site / "libraries.pth").write_text(f"{Path(pytest.__file__).parents[1]}\n")
    return folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "cohesion"


def test_the_wheel_holds_every_declaration_and_template_of_the_clone(wheel):
    import zipfile

    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode:
        pytest.skip("needs git")
    held = set(zipfile.ZipFile(wheel).namelist())
    wanted = (
        "data/studies/",
        "data/areas/",
        "reports/models/",
        "reports/figures/",
        "reports/papers/",
        "reports/templates/",
    )
    files = [name for name in tracked.stdout.split("\0") if name.startswith(wanted) or name == "data/concepts.yaml"]
    assert len(files) > 150
    assert [name for name in files if f"assets/shipped/{name}" not in held] == []
    assert [name for name in held if "instance" in name.split("/") or name.startswith(("tests", "data/"))] == []


@pytest.mark.thorough
def test_an_installed_package_knows_no_clone(installed, tmp_path):
    said = run(installed.parent / "python", "-c", PROGRAM, where=tmp_path)
    assert str(ROOT) not in said
    assert said.endswith("assets/shipped 3\n")
    assert "there is no project here, nor in a folder above" in _fails(installed, "check", where=tmp_path)


def cohesion(program: Path, *words: str, where: Path) -> str:
    """Run the program with an empty home and nothing of this environment."""
    return run(program, *words, where=where, PATH=os.environ["PATH"], HOME=str(where))


def _fails(*command: object, where: Path) -> str:
    done = subprocess.run([str(word) for word in command], cwd=where, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    return done.stderr


def small(root: Path) -> None:
    """A study of a new project, from its template, with one file."""
    shutil.copytree(root / "data/studies/_template", root / "data/studies/small")
    about = root / "data/studies/small/study.yaml"
    for key in ("title", "short_title", "population", "citation", "licence"):
        about.write_text(about.read_text().replace(f"\n{key}: ", f"\n{key}: My ", 1))
    caveats = root / "data/studies/small/caveats.md"
    caveats.write_text("# Caveats\n")
    (root / "data/raw/small").mkdir(parents=True)
    rows().write_csv(root / "data/raw/small/study_wave_1.csv")


@pytest.mark.thorough
def test_a_project_is_begun_checked_and_built_by_an_installed_package(installed, tmp_path):
    cohesion(installed, "init", "demo", where=tmp_path)
    assert "0 studies" in cohesion(installed, "check", where=tmp_path / "demo")
    said = cohesion(installed, "build", where=tmp_path / "demo")
    assert "no study is declared yet" in said
    assert "built in" in said
    small(tmp_path / "demo")
    cohesion(installed, "check", where=tmp_path / "demo" / "data" / "studies" / "small")
    cohesion(installed, "wave", "accept", "small", "w01", where=tmp_path / "demo")
    cohesion(installed, "build", where=tmp_path / "demo")
    assert (tmp_path / "demo" / "reports/build/codebooks/small.html").is_file()
    assert "Nothing has changed" in cohesion(installed, "build", where=tmp_path / "demo")
    assert "Nothing to do" in cohesion(installed, "migrate", where=tmp_path / "demo")


@pytest.mark.slow
def test_an_example_built_by_the_installed_package_has_the_bytes_of_the_clone(installed, tmp_path):
    cohesion(installed, "init", "one", "--example", "parallel_lives", where=tmp_path)
    shutil.copytree(tmp_path / "one", tmp_path / "other")
    cohesion(installed, "build", where=tmp_path / "one")
    shutil.copytree(tmp_path / "one/data/keys", tmp_path / "other/data/keys")
    cohesion(Path(sys.executable).parent / "cohesion", "build", where=tmp_path / "other")
    papers = sorted((tmp_path / "one/reports/build/papers").iterdir())
    assert len(papers) > 10
    for file in papers:
        assert file.read_bytes() == (tmp_path / "other/reports/build/papers" / file.name).read_bytes(), file.name


@pytest.mark.thorough
def test_the_user_interface_of_an_installed_package_answers(installed, tmp_path):
    cohesion(installed, "init", "demo", where=tmp_path)
    with subprocess.Popen(
        [installed, "ui", "--port", str(PORT)], cwd=tmp_path / "demo", stdout=subprocess.PIPE, text=True,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)}, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if "http" in line:
                    break
            with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/", timeout=60) as answer:
                assert answer.status == 200
                assert b"<html" in answer.read()
        finally:
            process.send_signal(signal.SIGINT)
            _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < until:
        time.sleep(0.1)
    if process.poll() is None:
        process.kill()
