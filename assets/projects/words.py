"""What ``cohesion init`` writes itself: settings, README, what git ignores, and what Dagster is started with."""

from __future__ import annotations

from collections.abc import Mapping

from assets.projects.pinned import PACKAGE
from pipeline.root import MARKER
from pipeline.settings import SETTINGS

IGNORED = (
    "raw", "fetched", "sample", "warehouse", "quarantine", "kept", "withdrawn", "builds", "erasing", "instance", "keys",
    "audit", "exports",
)  # fmt: skip
"""Folders of ``data/`` that hold answers, secrets, or what is made from both: never in git."""

WORKSPACE = """\
load_from:
  - python_module:
      module_name: assets.dagster.definitions
      working_directory: .
      location_name: cohesion
"""
ENVIRONMENT = """\
# Read by `dagster dev`: runs are kept in this folder, and nothing is reported to anyone.
DAGSTER_HOME=${PWD}/data/instance
DAGSTER_DISABLE_TELEMETRY=1
"""


def gitignore() -> str:
    """What git leaves out: everything below ``data/`` that is no declaration, and what is built."""
    return "".join(f"/data/{name}/\n" for name in IGNORED) + "/reports/build/\n__pycache__/\n.venv/\n"


def settings(version: str) -> str:
    """The settings of a new project, which also mark its folder; those that may be set stand in comments."""
    width = max(map(len, SETTINGS))
    others = (f"# {key:<{width}} =   # {words}\n" for key, (_, words) in SETTINGS.items() if key != "version")
    return (
        "# The settings of this project. This file marks its folder: commands find it from every folder below.\n\n"
        f'version = "{version}"  # of {PACKAGE}; another version stops with a message, until `cohesion migrate`\n\n'
        f"{''.join(others)}"
    )


def requirements(versions: Mapping[str, str]) -> str:
    """Every library in the version with which the project was begun, for pip and uv."""
    head = "# What this project was begun with. On another machine, with the wheel of cohesion-panel in WHEELS:\n"
    how = "#   uv venv && uv pip install --find-links WHEELS -r requirements.txt\n"
    return head + how + "".join(f"{name}=={version}\n" for name, version in versions.items())


def readme(title: str, example: str | None) -> str:
    """The README of a project."""
    if example:
        first = f"It holds the example `{example}`: run `cohesion check`, then `cohesion build`."
    else:
        first = (
            "It holds no study yet. Copy `data/studies/_template/` to `data/studies/my_study/` (of a household panel,\n"
            "`_household_template/`) and let `cohesion check` say what is missing;\n"
            "[data/studies/README.md](data/studies/README.md) says how."
        )
    return f"""# {title}

A project of Cohesion Panel: declarations in, findings papers out.

{first}

| here | what |
|---|---|
| `{MARKER}` | the settings, and the version that builds this project |
| `data/concepts.yaml`, `data/studies/` | the vocabulary; one folder of declarations for each study |
| `data/raw/<study>/` | deposited files, as received; not in git |
| `reports/models/`, `figures/`, `papers/` | one file each |
| `reports/build/` | papers, figures, codebooks: what is built; not in git |
| `requirements.txt` | every library in its version |

```
cohesion check          every mistake in the declarations, with file and line
cohesion build          what is due, from deposits to papers
cohesion ui             the asset graph in the browser
cohesion key backup     copy the key of the pseudonyms to a safe place
```

Each works in this folder and below it, and elsewhere with `--root DIR`. Folders that hold answers are not in git:
keep copies of `data/raw/`, `data/keys/` and `data/withdrawn/` elsewhere.
"""
