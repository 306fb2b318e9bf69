"""What a study says of its methods: the items of AAPOR's Transparency Initiative and those that a panel adds.

Every item is declared, or said not to apply, or said not to be reported, with the reason: a blank, "TBC" or "not seen"
is a mistake that `check` reports with its line. ``ANNEX_ITEMS`` says where each item of the annex comes from.
Source: AAPOR Transparency Initiative, disclosure elements; AAPOR Standard Definitions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from pipeline.specs.base import Declaration
from pipeline.specs.records import Records

EMPTY = re.compile(
    r"\W*(tb[acd]|to be (confirmed|added|done|decided|announced)|to do|todo|fixme|not (seen|known|stated|yet|given)"
    r"|unknown|unclear|n\W?a|none|nil|no|yes|not applicable|not reported|see above|as above|x+|lorem ipsum.*)?\W*",
    re.IGNORECASE,
)
"""Texts that say nothing."""


class Statement(Declaration):
    """One item: what is so; or why it does not apply (``not_applicable``) or is not known (``not_reported``)."""

    text: str = ""
    not_applicable: str = ""
    not_reported: str = ""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        said = {name: text for name in type(self).model_fields if (text := getattr(self, name)).strip()}
        if len(said) != 1:
            raise ValueError("say what is so, or `not_applicable: why`, or `not_reported: why`: one of them, not blank")
        ((name, text),) = said.items()
        if EMPTY.fullmatch(text):
            ask = "what is so" if name == "text" else "the reason"
            raise ValueError(
                f"“{text.strip()}” says nothing: give {ask}, or declare `not_applicable: why` or `not_reported: why`"
            )
        return self

    @property
    def words(self) -> str:
        """As the annex prints it."""
        if self.text:
            return self.text.strip()
        kind, reason = ("applicable", self.not_applicable) if self.not_applicable else ("reported", self.not_reported)
        return f"Not {kind}: {reason.strip()}"


def _stated(value: object) -> object:
    """A text stands for itself; nothing at all is a blank one."""
    return {"text": "" if value is None else str(value)} if not isinstance(value, dict | Statement) else value


Said = Annotated[Statement, BeforeValidator(_stated)]


class Methods(Declaration):
    """methods.yaml: one statement for each item; all of them are asked for."""

    sponsor: Said = Field(description="who paid for the study")
    conductor: Said = Field(description="who asked people, and who processed the data")
    frame: Said = Field(description="the list or register from which people were drawn, and whom it leaves out")
    sample_design: Said = Field(
        description="how people were selected: strata, clusters, quotas, or no probability sample"
    )
    recruitment: Said = Field(description="how people were invited, and followed from wave to wave")
    incentives: Said = Field(description="what people were given for taking part")
    modes: Said = Field(description="how people were asked, in which languages, and where that changed")
    questionnaire: Said = Field(description="where the questionnaire is, and what changed in wording or order")
    quality_control: Said = Field(description="checks in the field and of the data")
    consent: Said = Field(description="how people consented, and who approved the study")
    response_rates: Said = Field(
        description="response rates with the AAPOR definition of each, where results have none"
    )
    weighting: Said = Field(description="how delivered weights were made, and to which margins")
    precision: Said = Field(description="how sampling error is estimated, design effects")
    missing_data: Said = Field(description="how unanswered questions and missed waves are treated")
    access: Said = Field(description="how others obtain the data")


Origin = Literal["methods.yaml", "study.yaml", "caveats.md", "the paper", "results"]


@dataclass(frozen=True)
class AnnexItem:
    """One row of the annex's table of methods. ``origin``: where it comes from, under ``key`` if it is declared."""

    key: str
    title: str
    origin: Origin


ANNEX_ITEMS: Records[AnnexItem] = Records(
    "an item of the methods annex",
    AnnexItem("sponsor", "Who sponsored the study", "methods.yaml"),
    AnnexItem("conductor", "Who conducted it", "methods.yaml"),
    AnnexItem("population", "Population", "study.yaml"),
    AnnexItem("frame", "Sampling frame", "methods.yaml"),
    AnnexItem("sample_design", "Sample design", "methods.yaml"),
    AnnexItem("recruitment", "Recruitment and follow-up", "methods.yaml"),
    AnnexItem("incentives", "Incentives", "methods.yaml"),
    AnnexItem("dates", "Dates of fieldwork", "study.yaml"),
    AnnexItem("modes", "Modes and languages", "methods.yaml"),
    AnnexItem("interviews", "People of each wave", "results"),
    AnnexItem("questionnaire", "Questionnaire, and changes of wording or mode", "methods.yaml"),
    AnnexItem("wordings", "Questions as asked", "results"),
    AnnexItem("response_rates", "Response rates (AAPOR definitions)", "methods.yaml"),
    AnnexItem("attrition", "Cumulative response and attrition", "results"),
    AnnexItem("weighting", "Weights", "methods.yaml"),
    AnnexItem("precision", "Sampling error", "methods.yaml"),
    AnnexItem("missing_data", "Missing data", "methods.yaml"),
    AnnexItem("invariance", "Measurement invariance", "results"),
    AnnexItem("drift", "Differences between waves, decided and undecided", "results"),
    AnnexItem("quality_control", "Quality control", "methods.yaml"),
    AnnexItem("consent", "Consent and ethics", "methods.yaml"),
    AnnexItem("plan", "Plan of the analysis", "the paper"),
    AnnexItem("deviations", "Deviations from the plan", "the paper"),
    AnnexItem("assumptions", "Assumptions, by quality and impact", "caveats.md"),
    AnnexItem("access", "Access to the data", "methods.yaml"),
)
"""Key → its record, in the order of the annex."""
