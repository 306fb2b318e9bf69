"""The names a study declares, read from its files as they stand.

An entry with a mistake of its own still has a name: a reference to it is not a second mistake, and a reference to
nothing is reported at once, not only after the first mistake is corrected.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

from pipeline.specs.nearest import nearest
from pipeline.specs.project import Study
from pipeline.specs.reading import Reading
from pipeline.specs.strict_yaml import Position, Source
from pipeline.specs.wave_files import TABLE

SHOWN = 12
"""So many unknown names are listed in one message."""

Names = list[str] | None
"""Names that may be referred to; ``None`` where the file that would hold them cannot be read."""


def known(source: Source, position: Position, names: Iterable[str], valid: Names, what: str) -> None:
    """Each of ``names`` must be among ``valid``; the message lists or hints at what would be. One message a list."""
    if valid is None:
        return
    some = f"; declared: {', '.join(valid)}." if 0 < len(valid) <= 12 else "."
    unknown = list(dict.fromkeys(name for name in names if name not in valid))
    if len(unknown) == 1:
        source.report(position, f"`{unknown[0]}` is not {what}{nearest(unknown[0], valid) or some}")
    elif unknown:
        hints = {name: re.sub(r"^; (.*)\?$", r" (\1?)", nearest(name, valid)) for name in unknown if not _is_wave(name)}
        told = [f"`{name}`{hints.get(name, '')}" for name in unknown[:SHOWN]]
        more = f" and {len(unknown) - SHOWN:,} more" if len(unknown) > SHOWN else ""
        source.report(position, f"none of {', '.join(told)}{more} is {what}{some}")


def _is_wave(name: str) -> bool:
    """Whether the next name, which is always much like it, would be no hint."""
    return re.fullmatch(r"w\d+", name) is not None


def once(source: Source, position: Position, names: Iterable[str]) -> None:
    """No name may be listed twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            source.report(position, f"`{name}` is listed twice. Keep one.")
        seen.add(name)


class StudyNames:
    """What the files of one study name."""

    def __init__(self, key: str, reading: Reading) -> None:
        self.key, self.reading = key, reading

    @cached_property
    def declared(self) -> Study | None:
        """The study as it is declared; None while one of its files has a mistake, from which others would follow."""
        if any(source.problems for key, source in self.reading.sources.items() if key[0] == self.key):
            return None
        return self.reading.studies.get(self.key)

    @cached_property
    def items(self) -> Names:
        return _names(self._raw("items"))

    @cached_property
    def scales(self) -> Names:
        return _names(self._raw("scales"))

    @cached_property
    def arms(self) -> Names:
        return _names(_inside(self._raw("study"), "arms"))

    @cached_property
    def waves(self) -> list[str]:
        """Those with a declaration; where the table of waves cannot be read, those that it ought to have."""
        table = self.reading.sources.get((self.key, "declares waves", TABLE))
        if table is not None and () in table.faulty:
            about = self.reading.parts[self.key].about
            return sorted({wave for arm in about.arms.values() for wave in arm.waves}) if about is not None else []
        return sorted(key[2] for key in self.reading.sources if key[:2] == (self.key, "waves"))

    @cached_property
    def scores(self) -> Names:
        """Scales, the concepts of items, and area measures: the columns of the panel that models read."""
        scales, items, study = (self._raw(kind) for kind in ("scales", "items", "study"))
        if scales is None or items is None or study is None:
            return None
        scored = [_text(_inside(entry, "concept")) or key for key, entry in scales.items()]
        measured = [_text(_inside(entry, "concept")) for entry in items.values()]
        return list(dict.fromkeys([*scored, *filter(None, measured), *(_names(study.get("areas")) or ())]))

    @cached_property
    def weights(self) -> Names:
        """The weight sets of weights.yaml."""
        return _names(self._raw("weights"))

    @cached_property
    def scored(self) -> Names:
        """The concepts that scales score."""
        scales = self._raw("scales")
        return None if scales is None else [_text(_inside(entry, "concept")) or key for key, entry in scales.items()]

    @cached_property
    def imputation(self) -> Names:
        """The sets of imputation.yaml."""
        return _names(self._raw("imputation"))

    def _raw(self, kind: str) -> dict[str, object] | None:
        source = self.reading.sources.get((self.key, kind))
        if source is None:
            return {}
        return source.data if isinstance(source.data, dict) else None


def concepts(reading: Reading) -> Names:
    """Every concept of data/concepts.yaml."""
    return _names(reading.sources["concepts",].data)


def studies(reading: Reading) -> list[str]:
    """Every study folder."""
    return list(reading.parts)


def reports(reading: Reading, kind: str) -> list[str]:
    """Every file of ``models``, ``figures`` or ``papers``."""
    return [key[1] for key in reading.sources if key[0] == kind and len(key) == 2]


def _inside(data: object, key: str) -> object:
    return data.get(key) if isinstance(data, dict) else None


def _names(data: object) -> Names:
    return list(data) if isinstance(data, dict) else None


def _text(data: object) -> str | None:
    return data if isinstance(data, str) else None
