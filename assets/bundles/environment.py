"""What a build ran on: Python, libraries, BLAS, processor. Nothing here names a person, a folder or a machine."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
from pathlib import Path

from assets.engine.code import version_of, version_of_package

LIBRARIES = "libraries"


def environment() -> dict[str, object]:
    """``project``, ``python``, ``libraries`` → version, ``blas``, ``system``, ``processor``, ``cores``."""
    return {
        "project": version_of_package(),
        "python": platform.python_version(),
        LIBRARIES: libraries(),
        "blas": _blas(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": _cores(),
    }


def libraries() -> dict[str, str]:
    """Distribution → installed version, of each that the project names."""
    try:
        asked = importlib.metadata.requires("cohesion-panel") or []
    except importlib.metadata.PackageNotFoundError:
        asked = []
    names = {re.split(r"[^A-Za-z0-9_.-]", text, maxsplit=1)[0] for text in asked if "extra ==" not in text}
    return {name: version_of(name) for name in sorted(names)}


def _blas() -> str:
    """The BLAS that numpy was built with, and its version."""
    import numpy as np

    built = np.show_config(mode="dicts") or {}
    found = built.get("Build Dependencies", {}).get("blas", {})
    return " ".join(filter(None, (str(found.get("name", "")), str(found.get("version", ""))))) or "unknown"


def _processor() -> str:
    """The model of the processor, where the system says it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def _cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
