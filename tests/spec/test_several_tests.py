"""Mistakes in smallest effects of interest are named with their file and line before anything is built."""

from pathlib import Path

import pytest
from test_declarations_mistakes import problems, project  # noqa: F401

MODEL = "models/contact_and_trust.yaml"
LINES = """question: Is belonging as good as unrelated to satisfaction?
study: example
family: logit
outcome: life_satisfaction
exposures: [belonging]
smallest_effect:
  - {term: belonging, component: %s, effect: 0.1}
"""


@pytest.mark.parametrize(
    ("component", "says"),
    [
        ("odds_ratio", "`odds_ratio` is a ratio, whose null effect is one. Name the `coefficient`"),
        ("rate_ratio", "`rate_ratio` is not a component of a `logit` model"),
    ],
)
def test_a_smallest_effect_is_a_distance_from_zero(project: Path, component: str, says: str) -> None:  # noqa: F811
    (project / "reports" / MODEL).write_text(LINES % component)
    assert any(f"reports/{MODEL}:7" in problem and says in problem for problem in problems(project)), problems(project)
