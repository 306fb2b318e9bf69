"""Confirming a wave: the hash and the rows of its files written into its declaration, all else left as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.files import write_whole
from pipeline.specs.strict_yaml import Source, read


def confirm(declaration: Path, receipts: Sequence[Mapping[str, object]]) -> None:
    """Write ``sha256`` and ``rows`` of each file, in the order of ``files``, into a wave's declaration."""
    lines = declaration.read_text(encoding="utf-8").splitlines(keepends=True)
    source = read(declaration, declaration.name)
    for index in reversed(range(len(receipts))):  # from the end, so that the lines above keep their numbers
        known = {name: str(receipts[index][name]) for name in ("sha256", "rows") if name in receipts[index]}
        _confirm_file(lines, source, index, known)
    write_whole(declaration, lambda part: part.write_text("".join(lines), encoding="utf-8"))


def _confirm_file(lines: list[str], source: Source, index: int, values: dict[str, str]) -> None:
    new = {}
    for key, value in values.items():
        place = source.lines.get(("files", index, key))
        if place is None:
            new[key] = value
        else:
            lines[place - 1] = re.sub(rf"(\b{key}:\s*)[^,}}\s#]+", rf"\g<1>{value}", lines[place - 1], count=1)
    place = source.lines[("files", index, "file")] - 1
    line = lines[place]
    if "{" in line[: line.index("file:")]:
        text = "".join(f"{key}: {value}, " for key, value in new.items())
        lines[place] = line.replace("file:", f"{text}file:", 1)
    else:
        indent = " " * len(re.match(r"[\s-]*", line).group())  # type: ignore[union-attr]
        lines[place + 1 : place + 1] = [f"{indent}{key}: {value}\n" for key, value in new.items()]


def add_wave(study_file: Path, arm: str, wave: str) -> bool:
    """List a wave among those of an arm in study.yaml, if they stand in one line; whether they now do."""
    source = read(study_file, study_file.name)
    lines = study_file.read_text(encoding="utf-8").splitlines(keepends=True)
    place = source.lines.get(("arms", arm, "waves"))
    if place is None:
        return False
    line = lines[place - 1]
    start = line.find("waves:", line.find(f"{arm}:") + 1 if f"{arm}:" in line else 0)
    found = re.compile(r"waves:\s*\[([^\]]*)\]").search(line, max(start, 0))
    if found is None:
        return False
    listed = [name.strip() for name in found[1].split(",")]
    if wave not in listed:
        lines[place - 1] = f"{line[: found.end() - 1]}, {wave}{line[found.end() - 1 :]}"
        write_whole(study_file, lambda part: part.write_text("".join(lines), encoding="utf-8"))
    return True
