"""The container file as instructions, and a rehearsal without an engine: its steps in a scratch root, no network."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from shared import ROOT

FOLDER = ROOT / "assets" / "deploy"
FILE = FOLDER / "Containerfile"


@dataclass
class Stage:
    """One ``FROM`` and what follows it; ``steps``: instruction and its words."""

    base: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def all(self, instruction: str) -> list[str]:
        return [words for one, words in self.steps if one == instruction]

    @property
    def copies(self) -> list[tuple[str, list[str], str]]:
        """(stage or "", sources, target) of each COPY."""
        found = []
        for words in self.all("COPY"):
            *flags, last = [word for word in shlex.split(words) if word.startswith("--from=")] + [""]
            names = [word for word in shlex.split(words) if not word.startswith("--")]
            found.append((flags[0].removeprefix("--from=") if flags else last, names[:-1], names[-1]))
        return found

    @property
    def environment(self) -> dict[str, str]:
        return dict(word.split("=", 1) for words in self.all("ENV") for word in shlex.split(words))


def stages(text: str) -> tuple[dict[str, str], list[Stage]]:
    """The arguments before the first stage with their defaults, and the stages."""
    arguments: dict[str, str] = {}
    found: list[Stage] = []
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        instruction, words = line.split(maxsplit=1)
        assert instruction in KNOWN, line
        if instruction == "ARG":
            name, default = words.split("=", 1)
            arguments[name] = default
        elif instruction == "FROM":
            base, _, name = words.partition(" AS ")
            found.append(Stage(re.sub(r"\$\{(\w+)\}", lambda match: arguments[match.group(1)], base), name))
        else:
            found[-1].steps.append((instruction, words))
    return arguments, found


KNOWN = {
    "ARG", "FROM", "COPY", "ENV", "WORKDIR", "RUN", "LABEL", "USER", "VOLUME", "HEALTHCHECK", "ENTRYPOINT", "CMD",
}  # fmt: skip

SCRIPT = """
set -eu
ip link set lo up
mount --make-rprivate /
mount --bind {root} {root}
cd {root}
for place in {bound}; do mkdir -p .$place; mount --rbind $place .$place; mount -o remount,bind,ro .$place; done
mount -t proc proc proc; mount --bind /dev dev
inside() {{ env -i PATH=/tool:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin chroot . /bin/sh -euc "$1"; }}
inside {build}
rm -rf source packages tool
inside {last}
mount --bind {project} project; chown {user} project
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -o remount,bind,ro .
WHO="--reuid={user} --regid={user} --clear-groups --no-new-privs --bounding-set=-all"
asked() {{ env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot . /usr/bin/setpriv $WHO /usr/bin/env -C /project \\
  {environment} "$@"; }}
{program}
"""


def rehearse(work: Path, packages: Path, program: str) -> subprocess.CompletedProcess[str]:
    """Carry out the steps of the container file, and then ``program``, in which ``asked`` runs as the image's user.

    In a root of its own, without network. ``packages``: the folder that is copied as dist/packages. What the base image
    holds is this system's, read-only; its Python is the one that runs this.
    """
    _, (_, build, last) = stages(FILE.read_text())
    root, project = work / "root", work / "project"
    for name in ("source", "packages", "opt", "project", "tool", "proc", "dev", "tmp"):
        (root / name).mkdir(parents=True)
    project.mkdir()
    shutil.copy(_program("uv"), root / "tool" / "uv")
    for source, names, target in build.copies:
        if not source:
            below = root / "source" / target if target.startswith(".") else root / target.lstrip("/")
            _copy(names, below, packages)
    shutil.copytree("/etc", root / "etc", symlinks=True, ignore=_unreadable)
    values = build.environment | {"UV_PYTHON": sys._base_executable, "HOME": "/tmp"}  # type: ignore[attr-defined]
    script = SCRIPT.format(
        root=root,
        project=project,
        bound=" ".join(_bound(root)),
        user=last.all("USER")[-1].split(":")[0],
        program=program,
        build=shlex.quote(f"export {_words(values)}; cd /source; {'; '.join(build.all('RUN'))}"),
        last=shlex.quote("; ".join(last.all("RUN"))),
        environment=_words(last.environment),
    )
    return subprocess.run(
        ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "bash", "-c", script],
        capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip


def _bound(root: Path) -> list[str]:
    """The folders of this system that the scratch root shows; those that are links are links there, too."""
    found = ["/usr"]
    for name in ("bin", "sbin", "lib", "lib64"):
        place = Path("/", name)
        if place.is_symlink():
            (root / name).symlink_to(place.readlink())
        elif place.is_dir():
            found.append(str(place))
    return found if sys.base_prefix.startswith("/usr") else [*found, sys.base_prefix]


def _program(name: str) -> str:
    """A program itself, where a version manager has put a script of its own in front of it."""
    asked = subprocess.run(
        [name, "run", "--no-project", "sh", "-c", "echo $UV"], capture_output=True, text=True, check=True
    )
    return asked.stdout.strip() or shutil.which(name) or name


def _words(environment: dict[str, str]) -> str:
    return " ".join(f"{name}={shlex.quote(value)}" for name, value in environment.items())


def _copy(names: list[str], target: Path, packages: Path) -> None:
    """COPY of the context: a folder's content into the target, files into it."""
    for name in names:
        source = packages if name == "dist/packages" else ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True, ignore=ignored)
        else:
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)


def _unreadable(folder: str, names: list[str]) -> list[str]:
    places = {name: Path(folder, name) for name in names}
    return [name for name, place in places.items() if not place.is_symlink() and not os.access(place, os.R_OK)]


def words_of(command: str) -> list[str]:
    """The words of an instruction in exec form."""
    found: list[str] = json.loads(command)
    return found
