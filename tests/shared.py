"""Where the shared test material lies: beside the clone, or where ``COHESION_SHARED`` says."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("COHESION_SHARED", ROOT.parent / "shared"))
SHIPPED = ROOT / "tests" / "reference" / "data"


def shared(*parts: str) -> Path:
    """A file of the shared material; the calling test (or module) is skipped where it is absent."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"needs {'/'.join(parts)} of the shared test material", allow_module_level=True)
    return path
