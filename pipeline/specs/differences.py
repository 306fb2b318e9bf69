"""Models of differences between waves: what only their declarations have."""

from __future__ import annotations

from typing import Literal

from pipeline.specs.report import Model


class DifferenceModel(Model):
    """reports/models/<key>.yaml of first differences.

    ``gaps``: "successive" takes a person's next complete row whatever lies between, "adjacent" the next wave only.
    """

    gaps: Literal["successive", "adjacent"] = "successive"
