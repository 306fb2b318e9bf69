"""How the degrees of freedom of fixed effects are computed."""

from __future__ import annotations

from typing import Literal

Degrees = Literal["normal", "satterthwaite", "kenward_roger"]
