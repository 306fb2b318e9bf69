"""A source added to study.yaml, whether or not it has others; a key that is there is never written again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline.errors import CohesionError
from pipeline.files import write_bytes
from pipeline.specs.strict_yaml import read
from pipeline.specs.yaml_edit import edit
from pipeline.specs.yaml_text import quoted


def add_source(about: Path, name: str, keys: Mapping[str, object]) -> None:
    """Add the source ``name`` to study.yaml. Raises ``CohesionError`` where that cannot be edited."""
    data = read(about, about.name).data
    if not isinstance(data, dict) or "sources" not in data:
        lines = ["", "sources:", f"  {name}:", *(f"    {key}: {quoted(value)}" for key, value in keys.items())]
        add_lines(about, lines)
        return
    if not isinstance(data["sources"], dict) or not data["sources"]:
        raise CohesionError(
            "has a key `sources` without any", where=about.name, todo="Take it away; the draft writes it anew."
        )
    edit(about, lambda file: file.set(("sources",), {name: dict(keys)}, near=[*data["sources"]][-1]))


def add_lines(about: Path, lines: list[str]) -> None:
    """Add lines at the end of a file."""
    write_bytes(about, (about.read_text(encoding="utf-8").rstrip() + "\n" + "\n".join(lines) + "\n").encode())
