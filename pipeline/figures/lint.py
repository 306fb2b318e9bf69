"""A drawn figure checked as a reader meets it: every text readable, every shape visible, nothing told by colour alone.

A figure that fails is not built. The rules: text does not overlap, is not cut off or covered, has a contrast of 4.5:1
with whatever lies behind it and is at least 9 pt in print; shapes have a contrast of 3:1 with the page, by their fill
or their outline; fills that meet and series of one plot can be told apart in grey and with colour blindness.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.errors import PaperError
from pipeline.figures.findings import PHONE, PRINT, Finding, Medium
from pipeline.figures.style import styled
from pipeline.options import known_options

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipeline.figures.draw import Drawing


@known_options
@styled
def lint(figure: Figure, medium: Medium = PRINT) -> list[Finding]:
    """What is wrong with a drawn figure, shown in a medium; nothing if it can be published."""
    from pipeline.figures.lint_shapes import shape_findings
    from pipeline.figures.lint_text import text_findings

    return [*text_findings(figure, medium), *shape_findings(figure)]


def require_readable(drawing: Drawing) -> None:
    """Raises ``PaperError`` that names everything wrong with a drawing on a page and on a phone."""
    problems = [f"{PRINT.where}: {finding.says}" for finding in lint(drawing.figure)]
    problems += [f"{PHONE.where}: {finding.says}" for finding in lint(drawing.narrow, PHONE)]
    if problems:
        listed = "; ".join(problems[:5]) + (f"; and {len(problems) - 5} more" if len(problems) > 5 else "")
        raise PaperError(
            f"the figure “{drawing.title}” cannot be read as drawn: {listed}",
            todo="Shorten labels, draw fewer groups or waves, or divide it into several figures.",
        )
