"""The examples in the docstrings say what the functions do; they must be true."""

import doctest
import importlib
from pathlib import Path

import pytest
from shared import ROOT


def modules_with_examples() -> list[str]:
    files = sorted((ROOT / "pipeline").rglob("*.py"))
    return [name(file) for file in files if ">>> " in file.read_text(encoding="utf-8")]


def name(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@pytest.mark.parametrize("module", modules_with_examples())
def test_examples(module):
    results = doctest.testmod(importlib.import_module(module), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert results.attempted > 0
    assert results.failed == 0
