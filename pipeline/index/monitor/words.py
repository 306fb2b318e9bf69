"""What the monitor says of an area: where to look next, never a verdict on a place."""

from __future__ import annotations

SIGNALS = {
    "below": (
        "fell by more than sampling and the usual differences between areas explain: look at the questions behind it, "
        "and at what happened there; it says nothing of why"
    ),
    "within": "within what sampling and the usual differences between areas explain",
    "above": "rose by more than sampling and the usual differences between areas explain; it says nothing of why",
}
EARLY = "early sign from a few questions, with a larger error than a whole measure: "


def signal_words(signal: str) -> str:
    """What a signal means."""
    return SIGNALS[signal]


def early_words(note: str) -> str:
    """The same of a measure of few questions."""
    return EARLY + note


def few_people(fewest: int) -> str:
    """Why an area is not judged."""
    return f"fewer than {fewest} people on one side"


def few_areas(found: int, needed: int) -> str:
    """Why nothing of a wave is judged."""
    return f"{found} areas with enough people, and {needed} are needed to know how much areas usually differ"
