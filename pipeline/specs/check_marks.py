"""Names declared with the wave's mark where the pattern of names puts it before them: they would bear it twice."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipeline.specs.deposits import NO_COLUMN
from pipeline.specs.project import Study
from pipeline.specs.sources import around_names, bare_name
from pipeline.specs.strict_yaml import Position, Source

_PLAIN = re.compile(r"[\W_\d]")
"""A mark with a sign or a number in it: of letters alone (``ahhwtrp``) any name may begin."""


def check_marks(study: Study, about: Source, sources: Mapping[str, Source]) -> None:
    """Report names of columns that begin and end as the pattern of their wave has it. ``sources``: wave → its file."""
    told: set[tuple[Position, str]] = set()
    for wave, declared, file in study.files():
        if not _PLAIN.search("".join(around_names(study, wave, file))):
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
                if name in (bare, NO_COLUMN, *study.about.unprefixed) or (place, name) in told:
                    continue
                told.add((place, name))
                source.report(place, _said(wave, name, bare, "".join(around_names(study, wave, file))))


def _said(wave: str, name: str, bare: str, mark: str) -> str:
    return (
        f"`{name}` bears the mark `{mark}` of {wave}, which `names` adds to it: names here are without the mark. Write "
        f"`{bare}`; or list `{name}` under `unprefixed` of study.yaml if it is called so in every wave."
    )
