"""Answers as words: when two labels are one, and whether each text that a file may hold stands for one code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.specs.deposits import WaveFile
from pipeline.specs.project import Study
from pipeline.specs.sources import source_variable
from pipeline.specs.strict_yaml import Source

_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "\u00a0": " "})

Place = tuple[str, str, bool]
"""An item, one of its codes, and whether the wave's exception declares it."""


def plain(text: str) -> str:
    """A label as it is compared: without regard to case, to spaces at the ends and to the shape of apostrophes."""
    return " ".join(text.translate(_APOSTROPHES).split()).casefold()


def check_answer_words(study: Study, wave: str, file: WaveFile, items: Source, waves: Source) -> None:
    """Report codes of one variable that share a label, where ``file`` holds labels in place of codes.

    The text alone could not say which of them somebody chose.
    """
    if file.answers != "labels":
        return
    for variable, places in _places(study, wave, file).items():
        first: dict[str, Place] = {}
        for place, label in places:
            other = first.setdefault(plain(label), place)
            if other[1] != place[1]:
                _report(place, other, label, f"{file.file} ({wave}, `{variable}`)", items, waves)


def _places(study: Study, wave: str, file: WaveFile) -> dict[str, list[tuple[Place, str]]]:
    """Variable → every code that an item declares for it, with its label."""
    found: dict[str, list[tuple[Place, str]]] = {}
    for key in study.items:
        variable = source_variable(study, wave, file, key)
        if variable is not None:
            found.setdefault(variable, []).extend(_codes(study, wave, key))
    return found


def _codes(study: Study, wave: str, key: str) -> Iterator[tuple[Place, str]]:
    exception = study.waves[wave].exceptions.get(key)
    is_exception = exception is not None and bool(exception.codes)
    codes: Mapping[str, str] = exception.codes if exception and exception.codes else study.items[key].codes
    for code, label in codes.items():
        yield (key, code, is_exception), label


def _report(place: Place, other: Place, label: str, where: str, items: Source, waves: Source) -> None:
    (item, code, is_exception), (other_item, other_code, _) = place, other
    source, head = (waves, ("exceptions", item)) if is_exception else (items, (item,))
    of = "" if item == other_item else f" of `{other_item}`"
    message = (
        f"code `{code}` has the label of code `{other_code}`{of}, “{' '.join(label.split())}”, and {where} holds "
        "labels in place of codes: nobody could tell the two apart. "
        "Ask for the file with codes (`answers: codes`), or give each its own label."
    )
    if all(message not in problem for problem in source.problems):
        source.report((*head, "codes", code), message)
