"""Names declared with the wave's mark where the pattern of names puts it before them: they would bear it twice."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipeline.specs.deposits import NO_COLUMN
from pipeline.specs.project import Study
from pipeline.specs.sources import around_names, bare_name
from pipeline.specs.strict_yaml import Position, Source

_DISTINCT = re.compile(r"[\W_\d]")
"""What a mark has besides letters: with letters alone (``ahhwtrp``) any name may begin."""


def check_marks(study: Study, about: Source, sources: Mapping[str, Source]) -> None:
    """Report names of columns that begin and end as the pattern of their wave has it. ``sources``: wave → its file."""
    reported: set[tuple[Position, str]] = set()
    for wave, declared, file in study.files():
        mark = "".join(around_names(study, wave, file))
        if not _DISTINCT.search(mark):
            continue
        index = declared.files.index(file)
        for source, position, named in (
            (sources[wave], ("files", index, "columns"), file.columns.named()),
            (sources[wave], ("columns",), declared.columns.named()),
            (about, ("columns",), study.about.columns.named()),
        ):
            for role, name in named.items():
                bare = bare_name(study, wave, file, name)
                place = (*position, role)
                if name in (bare, NO_COLUMN, *study.about.unprefixed) or (place, name) in reported:
                    continue
                reported.add((place, name))
                source.report(place, _said(wave, name, bare, mark))


def _said(wave: str, name: str, bare: str, mark: str) -> str:
    return (
        f"`{name}` bears the mark `{mark}` of {wave}, which `names` adds to it: names here are without the mark. Write "
        f"`{bare}`; or list `{name}` under `unprefixed` of study.yaml if it is called so in every wave."
    )
