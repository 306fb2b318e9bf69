"""The container file: what it copies is there and no secret, and its steps make an image that runs closed and alone."""

import os
import re
import shlex
import shutil
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
from container import FILE, FOLDER, rehearse, stages, words_of
from shared import ROOT

from pipeline.paths import Paths

ARGUMENTS, (UV, BUILD, LAST) = stages(FILE.read_text())
PACKAGES = "dist/packages"


def copied() -> list[str]:
    return [name for source, names, _ in BUILD.copies if not source for name in names]


def test_every_image_it_begins_from_has_a_version():
    assert {UV.base, BUILD.base, LAST.base} == set(ARGUMENTS.values())
    for image in ARGUMENTS.values():
        assert re.fullmatch(r"[\w.-]+(/[\w.-]+)+:[\w.-]*\d[\w.-]*", image), image
    assert BUILD.base == LAST.base, "what is compiled for one Python runs on the same"


def test_everything_it_copies_is_in_the_clone_and_in_git():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    for name in copied():
        if name != PACKAGES:
            assert (ROOT / name).exists(), name
            assert any(file == name or file.startswith(f"{name}/") for file in tracked) or tracked == [""], name


def test_it_copies_all_that_the_package_consists_of():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = settings["tool"]["hatch"]["build"]["targets"]["wheel"]
    project = settings["project"]
    needed = {*wheel["packages"], *wheel["force-include"], project["readme"], *project["license-files"]}
    assert needed | {"pyproject.toml", "uv.lock", PACKAGES} == set(copied())


def test_nothing_that_holds_answers_or_a_secret_is_handed_to_the_builder():
    paths = Paths(ROOT)
    private = {
        paths.pseudonym_key, paths.database, paths.raw("study") / "w1.sav", paths.builds / "x", paths.sample / "x",
        paths.withdrawn("study"), paths.kept("study") / "x", paths.instance / "storage", paths.build / "papers" / "x",
        *(paths.root / name for name in (".git/config", ".venv/x", ".env", "tests/x")),
    }  # fmt: skip
    names = {place.relative_to(ROOT).as_posix() for place in private}
    assert [name for name in names if any(name == one or name.startswith(f"{one}/") for one in copied())] == []
    lines = (FOLDER / "Containerfile.dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert [name for name in names if is_handed_over(name, rules)] == []
    assert [name for name in copied() if not is_handed_over(name, rules)] == []


def is_handed_over(name: str, rules: list[str]) -> bool:
    """By the last rule that names a place or a folder above it, as the format has it."""
    handed = True
    above = [name, *(parent.as_posix() for parent in Path(name).parents)][:-1]
    for rule in rules:
        pattern = rule.removeprefix("!").replace("**/", "*")
        if any(fnmatch(place, pattern) and place.count("/") >= rule.count("/") for place in above):
            handed = rule.startswith("!")
    return handed


def test_it_runs_as_nobody_in_particular_and_answers_when_asked_for_its_health():
    user = LAST.all("USER")[-1]
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user), "a number, so that a cluster can tell that it is not root"
    after = LAST.steps[[one for one, _ in LAST.steps].index("USER") :]
    assert "RUN" not in {one for one, _ in after}
    assert f"--uid {user.split(':')[0]}" in " ".join(LAST.all("RUN"))
    assert words_of(LAST.all("ENTRYPOINT")[0]) == ["cohesion"]
    assert words_of(LAST.all("CMD")[0])[0] == "ui"
    options, command = LAST.all("HEALTHCHECK")[0].split("CMD ")
    assert "--timeout" in options
    compile(words_of(command)[2], "health", "exec")
    assert LAST.all("VOLUME") == LAST.all("WORKDIR") == [LAST.environment["COHESION_ROOT"]]


def test_it_is_built_from_the_lock_without_network_and_without_what_only_developers_need():
    command = shlex.split(BUILD.all("RUN")[0])
    assert {"--locked", "--no-dev", "--no-editable"} <= set(command)
    assert BUILD.environment["UV_OFFLINE"] == "1"
    script = (FOLDER / "packages.sh").read_text()
    assert " ".join(command[2:]) in script, "the same packages are fetched as are installed"
    assert BUILD.environment["UV_PYTHON"] in script
    assert f":{BUILD.environment['UV_PYTHON']}-" in BUILD.base
    every = [words for stage in (UV, BUILD, LAST) for one, words in stage.steps if one in {"RUN", "ADD"}]
    assert not [words for words in every if re.search(r"https?:|curl|wget|apt-get|pip install|sudo", words)]


def test_no_layer_names_a_secret():
    for stage in (BUILD, LAST):
        for name in [*stage.environment, *(words.split("=")[0] for words in stage.all("ARG"))]:
            assert not re.search(r"KEY|TOKEN|SECRET|PASS", name)


def test_the_scripts_are_shell():
    for script in FOLDER.glob("*.sh"):
        subprocess.run(["bash", "-n", script], check=True)
        assert os.access(script, os.X_OK)


PROGRAM = """
asked cohesion init . --example parallel_lives
asked cohesion check
asked cohesion build --select 'panel/parallel_lives'
(asked cohesion {command} > {log} 2>&1) & started=$!
for _ in $(seq 180); do grep -q http {log} && break; sleep 1; done
asked {health} && echo HEALTHY
asked touch /opt/x 2>&1 || true
asked sh -c 'id -u; touch /project/mine && echo WRITES'
grep -c . /proc/net/route || true
ls -A project
kill -TERM -1 2>/dev/null || true
"""


@pytest.mark.slow
def test_its_steps_make_what_it_promises(tmp_path):
    """In a scratch root: built from the lock without network, run without rights on a root that is read-only."""
    if os.geteuid() or not all(map(shutil.which, ("unshare", "chroot", "setpriv", "ip", "uv"))):
        pytest.skip("needs root, unshare, chroot, setpriv, ip and uv")
    if subprocess.run(["unshare", "--mount", "--net", "true"], check=False).returncode:
        pytest.skip("namespaces are not allowed here")
    asked = subprocess.run(["uv", "cache", "dir"], capture_output=True, text=True, check=True)
    packages = ROOT / PACKAGES if (ROOT / PACKAGES).is_dir() else Path(asked.stdout.strip())
    health = shlex.join(words_of(LAST.all("HEALTHCHECK")[0].split("CMD ")[1]))
    program = PROGRAM.format(command=shlex.join(words_of(LAST.all("CMD")[0])), log=tmp_path / "ui.log", health=health)
    done = rehearse(tmp_path, packages, program)
    said = done.stdout + done.stderr
    if "network was disabled" in said:
        pytest.skip("not all packages of uv.lock are in the cache: fill dist/packages")
    for line in ("the example parallel_lives", "1 study", "HEALTHY", "Read-only file system", "10001", "WRITES"):
        assert line in said, said
