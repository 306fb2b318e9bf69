"""What an export says of a column: its label, what its values are called, and why some are missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["text", "number", "flag", "date", "time"]
Measure = Literal["nominal", "ordinal", "scale"]
Role = Literal["", "id", "weight", "answer", "score", "participation", "design"]


@dataclass(frozen=True)
class Variable:
    """One column. ``label``: in full, such as the wording of a question; ``values``: value → its label.

    ``reason`` names the column that says why a value is missing (``refused``, ``not_asked`` …): in SPSS and Stata it
    becomes user-missing codes of the variable itself. ``remark`` is printed in the list of variables alone.
    """

    label: str = ""
    values: Mapping[float, str] = field(default_factory=dict)
    reason: str = ""
    measure: Measure | None = None
    role: Role = ""
    remark: str = ""


REASONS: dict[str, tuple[str, str]] = {
    "not_asked": ("a", "Not asked in this wave"),
    "routed_out": ("i", "Did not apply (routed out)"),
    "refused": ("r", "Refused"),
    "dont_know": ("d", "Do not know"),
    "no_answer": ("n", "No answer"),
    "proxy": ("p", "Answered by somebody else"),
    "blank": ("b", "Left blank"),
    "set_aside": ("s", "Set aside: not as declared"),
    "not_interviewed": ("m", "Not interviewed in this wave"),
}
"""Reason → the letter of Stata's missing value, and what it is called. Others take the letters that are left."""
