"""A model of a notebook needs no reader of declarations: importing it reads none."""

from __future__ import annotations

import subprocess
import sys

import pytest

import pipeline.specs


def test_every_name_of_the_room_can_be_had():
    assert all(getattr(pipeline.specs, name).__name__ for name in pipeline.specs.__all__ if name != "AnyModel")
    with pytest.raises(AttributeError, match="no `Studdy`"):
        _ = pipeline.specs.Studdy


def test_models_are_imported_without_the_checks_of_declarations():
    said = (
        "import sys, pipeline.models; print([name for name in sys.modules if name.startswith('pipeline.specs.check')])"
    )
    found = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
