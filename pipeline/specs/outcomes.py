"""What became of each person at each wave, as it is declared: a list with a column of outcomes for each wave."""

from __future__ import annotations

from pydantic import Field, model_validator

from pipeline.specs.base import Name, Outcome, WaveName
from pipeline.specs.deposits import Deposited, FileFormat, Pattern


class OutcomeList(Deposited):
    """A field report, or a cross-wave file: one row per person, with a column of outcomes for each wave.

    ``file`` names a CSV list (or one of another ``format``) among the deposits, or a source of study.yaml. ``waves``
    names the column of each wave; or ``variable`` is what all of them are called, with the wave's marks as ``names``
    says, here or in study.yaml. ``codes`` says what each code means; a cell that is empty or has one of the study's
    missing codes gives no outcome. ``id`` is the column of ids, if not the study's; ``arm`` is needed where the study
    has several.
    """

    format: FileFormat = "csv"
    arm: Name | None = None
    id: str | None = None
    waves: dict[WaveName, str] = {}
    variable: str | None = None
    names: Pattern | None = None
    codes: dict[str, Outcome] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_its_columns(self) -> OutcomeList:
        if bool(self.waves) == (self.variable is not None):
            raise ValueError("say the column of each wave (`waves`), or the `variable` that every wave has")
        if self.names is not None and self.variable is None:
            raise ValueError("`names` says how the `variable` of each wave is called; with `waves` leave it out")
        if self.sha256 is not None or self.earlier:
            raise ValueError("a list of outcomes is not confirmed: leave `sha256` and `earlier` out")
        return self
