"""What the monitor says of an area: where to look next, never a verdict on a place."""

from __future__ import annotations

WHERE = "look at the questions behind it, and at what happened there; it says nothing of why"
SIGNALS = {
    "below": f"fell by more than {{reason}}: {WHERE}",
    "within": "within what {reason}",
    "above": "rose by more than {reason}; it says nothing of why",
}
REASONS = {
    "this_wave": "sampling and the usual differences between areas explain",
    "earlier_waves": "sampling and the differences between areas in this and earlier waves explain",
    "sampling": "sampling explains",
}
ALONE = "{areas} cannot show how much areas usually differ, so that a usual difference may be behind it"
AROUND = "no common change is taken off, since of {areas} it cannot be told which moved"
EARLY = "early sign from a few questions, with a larger error than a whole measure: "


def signal_words(signal: str, basis: str = "this_wave", areas: int = 0, around_none: bool = False) -> str:
    """What a signal means, by what it is judged: of few ``areas``, sampling alone, and around no change."""
    found = SIGNALS[signal].format(reason=REASONS[basis])
    named = "one area" if areas == 1 else f"{areas} areas"
    if basis == "sampling" and signal != "within":
        found += f"; {ALONE.format(areas=named)}"
    elif basis == "sampling":
        found += f", which is all that {named} can be judged by"
    return f"{found}; {AROUND.format(areas=named)}" if around_none else found


def early_words(note: str) -> str:
    """The same of a measure of few questions."""
    return EARLY + note


def few_people(fewest: int) -> str:
    """Why an area is not judged."""
    return f"fewer than {fewest} people on one side"
