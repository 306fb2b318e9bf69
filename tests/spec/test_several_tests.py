"""Mistakes in smallest effects and in shares of change are named with their file and line before all is built."""

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


def test_shares_of_change_are_of_what_changes(project: Path) -> None:  # noqa: F811
    text = "question: ?\nstudy: example\nfamily: variance_shares\noutcome: life_satisfaction\nexposures: [is_woman]\n"
    (project / "reports" / MODEL).write_text(text.replace("?", "Do women differ?"))
    told = "`is_woman` never changes within a person, and has no share of change."
    assert f"reports/{MODEL}:5: {told}" in problems(project)
