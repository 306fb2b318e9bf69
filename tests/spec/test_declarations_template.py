"""A copied template says what is still to be filled in."""

import shutil

import pytest
from shared import ROOT

from pipeline.errors import DeclarationErrors
from pipeline.paths import Paths
from pipeline.specs import load_project


def test_words_of_the_template_are_told_with_file_and_line(tmp_path):
    studies = tmp_path / "data" / "studies"
    shutil.copytree(ROOT / "data" / "studies" / "_template", studies / "_template")
    shutil.copytree(ROOT / "data" / "studies" / "_template", studies / "mine")
    shutil.copy(ROOT / "data" / "concepts.yaml", tmp_path / "data")
    with pytest.raises(DeclarationErrors) as error:
        load_project(Paths(tmp_path))
    lines = (studies / "mine" / "study.yaml").read_text().splitlines()
    for name in ("title", "short_title", "population", "citation", "licence"):
        line = next(number for number, text in enumerate(lines, 1) if text.startswith(f"{name}:"))
        assert f"data/studies/mine/study.yaml:{line}: `{name}` is still the template's. Say what it is here." in str(
            error.value
        )
    assert "data/studies/mine/caveats.md:5: is still the template's." in str(error.value)
    assert len(error.value.problems) == 6
