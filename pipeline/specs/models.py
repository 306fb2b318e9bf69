"""Every kind of model declaration, told apart by its family."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from pydantic import BaseModel

from pipeline.specs.reader import build, nearest
from pipeline.specs.report import Family, Model
from pipeline.specs.strict_yaml import Source, read
from pipeline.specs.structural import StructuralFamily, StructuralModel

AnyModel = Model | StructuralModel

FAMILIES: tuple[str, ...] = (*get_args(Family), *get_args(StructuralFamily))


def load_model(path: Path, name: str, _: type[BaseModel] | None = None) -> tuple[AnyModel | None, Source]:
    """One model from one file: its ``family`` says which keys it may have."""
    source = read(path, name)
    family = source.data.get("family") if isinstance(source.data, dict) else None
    if isinstance(family, str) and family not in FAMILIES:
        *others, last = (f"'{name}'" for name in FAMILIES)
        hint = nearest(family, FAMILIES) or "."
        source.report(("family",), f"`family` is `{family}`; expected {', '.join(others)} or {last}{hint}")
        return None, source
    kind: type[AnyModel] = StructuralModel if family in get_args(StructuralFamily) else Model
    return build(source.data, kind, source, ()), source
