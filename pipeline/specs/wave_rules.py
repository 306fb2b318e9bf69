"""Rules of a wave: its own where it declares any, else those of its study."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.specs.paradata import Paradata
    from pipeline.specs.project import Study


def paradata_of(study: Study, wave: str) -> Paradata:
    """The rules of a wave: its own, or else the study's."""
    return study.waves[wave].paradata or study.about.paradata
