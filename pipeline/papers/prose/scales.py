"""Whether two results are on one scale, so that one may be called larger than the other."""

from __future__ import annotations

from pipeline.papers.prose.origin import Origin
from pipeline.specs.components import COMPONENTS


def incomparable(one: Origin, other: Origin) -> str:
    """Why two results may not be compared, in words that follow "but"; empty if they may.

    Effects are in units of their outcome for one unit of their term: those of other outcomes or terms are compared only
    where they are standardised, or where both scales are declared with the same ends. Paths from one wave to the next
    are always compared standardised. Levels are compared on one scale, of which measurement did not differ.
    """
    return _measured_alike(one, other) or unlike(one, other)


def _measured_alike(one: Origin, other: Origin) -> str:
    caution = one.caution or other.caution
    if not caution or one.outcome != other.outcome or one.place == other.place:
        return ""
    component = COMPONENTS.get(one.component)
    if component is not None and component.is_association:
        return f"{one.what} may not be compared with {other.what}: {caution}"
    return f"levels of {one.what} may not be compared with those of {other.what}: {caution}"


def unlike(one: Origin, other: Origin) -> str:
    """Why two results are not on one scale; empty if they are, or are no results of a model."""
    kinds = [COMPONENTS[origin.component] for origin in (one, other) if origin.component in COMPONENTS]
    if len(kinds) < 2 or not any(kind.in_units or kind.compared for kind in kinds):
        return ""
    if one.component != other.component and any(kind.is_path or kind.derived for kind in kinds):
        return _other_scale(one, other, "lag_standardised" if any(kind.is_path for kind in kinds) else "")
    if (one.outcome, one.term) == (other.outcome, other.term):
        return ""
    if any(kind.is_path for kind in kinds):
        return _other_scale(one, other, "lag_standardised")
    if kinds[0].compared and kinds[1].compared:
        apart = None not in (one.ranges[0], other.ranges[0]) and one.ranges[0] != other.ranges[0]
        return _other_scale(one, other, "") if apart else ""
    same = None not in one.ranges and one.ranges == other.ranges
    return "" if same else _other_scale(one, other, "")


def _other_scale(one: Origin, other: Origin, component: str) -> str:
    reason = f"{one.what} and {other.what} are on different scales"
    return f'{reason}; compare their standardised estimates (component="{component}")' if component else reason
