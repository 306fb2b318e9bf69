"""The format of declarations: a number in study.yaml, by which those of another version are known before they are read.

A step that changes the shape or the meaning of declarations has a number; ``pipeline/migration`` holds the steps.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.paths import Paths
from pipeline.specs.reader import build
from pipeline.specs.strict_yaml import Source, read

FORMAT = 3
"""What this version reads and writes."""
FIRST = 1
"""The format of studies that were declared before formats had numbers; they do not say it."""
KEY = "format"


def load_about(path: Path, name: str, kind: type[Any]) -> tuple[Any, Source]:
    """A study.yaml without its number; None, and one mistake, where that is another one than ``FORMAT``."""
    source = read(path, name)
    said = source.data.pop(KEY) if isinstance(source.data, dict) and KEY in source.data else None
    wrong = _wrong(said) if said is not None else ""
    if wrong:
        source.report((KEY,), wrong)
        return None, source
    return build(source.data, kind, source, ()), source


def is_of_another_format(source: Source) -> bool:
    """Whether a study.yaml is in another format, so that nothing else of its study can be judged."""
    return (KEY,) in source.faulty


def said_format(source: Source) -> int | None:
    """The number in a study.yaml that was read as it stands; None where it does not say one.

    Raises ``ValueError`` with what is wrong with it, where it is no format that this version knows.
    """
    said = source.data.get(KEY) if isinstance(source.data, dict) else None
    if said is None:
        return None
    if not isinstance(said, int) or isinstance(said, bool) or not FIRST <= said <= FORMAT:
        raise ValueError(_wrong(said))
    return said


def unsaid_formats(paths: Paths) -> list[str]:
    """The studies, without the templates, whose study.yaml does not say its format: read as they stand."""
    files = sorted(file for file in paths.studies.glob("*/study.yaml") if not file.parent.name.startswith(("_", ".")))
    return [file.parent.name for file in files if KEY not in _keys(file)]


def _keys(file: Path) -> set[str]:
    data = read(file, file.name).data
    return set(data) if isinstance(data, dict) else {KEY}


def _wrong(said: object) -> str:
    """What is wrong with a number; empty for ``FORMAT``."""
    if not isinstance(said, int) or isinstance(said, bool) or said < FIRST:
        return f"`{KEY}` is `{said}`; expected the number of the format in which the study is declared: {FORMAT}."
    if said > FORMAT:
        return (
            f"is declared in format {said}, and this version of cohesion-panel reads {FORMAT}. "
            "Install the version that it was written with."
        )
    if said < FORMAT:
        return (
            f"is declared in format {said}, and this version of cohesion-panel reads {FORMAT}. "
            "`cohesion migrate --check` shows what has to change, and `cohesion migrate` changes it."
        )
    return ""
