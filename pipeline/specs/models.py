"""Every kind of model declaration: its family says which class reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel

from pipeline.specs.families import FAMILIES
from pipeline.specs.family import load
from pipeline.specs.reader import build
from pipeline.specs.report import Model
from pipeline.specs.strict_yaml import Source, read
from pipeline.specs.structural import StructuralModel

AnyModel = Model | StructuralModel


def declare(**keys: Any) -> AnyModel:
    """A model as its file would declare it, for notebooks: ``declare(family="logit", outcome="helped", …)``.

    ``question`` and ``study`` may be left out. Raises ``pydantic.ValidationError`` for what a file may not hold.
    """
    family = keys.get("family")
    kind: Any = load(FAMILIES[family].declaration) if isinstance(family, str) and family in FAMILIES else Model
    found: AnyModel = kind.model_validate({"question": "?", "study": "s", **keys})
    return found


def load_model(path: Path, name: str, _: type[BaseModel] | None = None) -> tuple[AnyModel | None, Source]:
    """One model from one file: its ``family`` says which keys it may have."""
    source = read(path, name)
    family = source.data.get("family") if isinstance(source.data, dict) else None
    if isinstance(family, str) and family not in FAMILIES:
        source.report(("family",), f"`family` is `{family}`; {FAMILIES.expected(family)}")
        return None, source
    kind: Any = load(FAMILIES[family].declaration) if isinstance(family, str) else Model
    found: AnyModel | None = build(source.data, kind, source, ())
    return found, source
