"""Where the draft of a wave belongs: the folders of its study, what is the study's own there, and the wave's name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.errors import CohesionError
from pipeline.ingest.arrival.template import example_wave, is_the_templates, own_waves
from pipeline.specs.project import Study
from pipeline.specs.wave_names import misnamed


@dataclass(frozen=True)
class Place:
    """Where a study's declarations lie, those of the template, and its deposits."""

    folder: Path
    template: Path
    deposits: Path


def next_wave(study: Study, place: Place, file: Path) -> str:
    """The wave after the last that is the study's own, or that for which the template names the file."""
    if example := example_wave(study, place.folder, place.template, file):
        return example
    own = own_waves(study, place.template, place.deposits, file)
    width = max((len(key) - 1 for key in own), default=2)
    return f"w{max((int(key[1:]) for key in own), default=0) + 1:0{width}}"


def check_name(study: Study, place: Place, wave: str, file: Path) -> None:
    """Raise ``CohesionError`` for a name that no wave, or no further wave of this study, can have."""
    own = own_waves(study, place.template, place.deposits, file)
    wrong = misnamed(wave, own)
    if wrong:
        raise CohesionError(wrong.removesuffix("."), where="--wave", todo="Nothing was written.")
    if own and len(wave) > max(map(len, own)):
        raise CohesionError(
            f"`{wave}` has three digits, and the other waves have two",
            where="--wave",
            todo=f"Name them all with three first (w001), or call it w{int(wave[1:]):02}. Nothing was written.",
        )


def own_part(study: Study, place: Place, file: Path) -> Study:
    """The study without the template's example items and waves."""
    has_examples = is_the_templates(place.folder / "items.yaml", place.template / "items.yaml")
    return replace(
        study,
        items={} if has_examples else study.items,
        waves=own_waves(study, place.template, place.deposits, file),
    )
