"""Places, values and names as messages say them."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.specs.measured.facts import Measure, Place

SHOWN = 12


def number(value: float) -> str:
    """A value without needless decimals: ``3``, ``0.5``."""
    return f"{value:g}"


def answers(measure: Measure) -> str:
    """What a measure can be: ``0, 1 and 2``, or ``from 0 to 10``."""
    if measure.values is not None and len(measure.values) <= SHOWN:
        return listed(number(value) for value in sorted(measure.values))
    ends = measure.ends
    return "not known" if ends is None else f"from {number(ends[0])} to {number(ends[1])}"


def listed(words: Iterable[str], last: str = "and") -> str:
    """``a, b and c``."""
    found = list(words)
    if len(found) > SHOWN:
        found = [*found[: SHOWN - 1], f"{len(found) - SHOWN + 1:,} more"]
    return f"{', '.join(found[:-1])} {last} {found[-1]}" if len(found) > 1 else "".join(found)


def a_model(family: str) -> str:
    """``a `pooled` model``, ``an `ordered_logit` model``."""
    return f"{'an' if family[0] in 'aeiou' else 'a'} `{family}` model"


def quoted(names: Iterable[str]) -> str:
    return listed(f"`{name}`" for name in names)


def where(places: Iterable[Place]) -> str:
    """Arms with their waves: ``w01 to w03 of regions; w01 of invested``."""
    by_arm: dict[str, list[str]] = {}
    for arm, wave in sorted(places):
        by_arm.setdefault(arm, []).append(wave)
    said = [
        f"{waves[0]} to {waves[-1]} of {arm}" if _is_run(waves) else f"{', '.join(waves)} of {arm}"
        for arm, waves in by_arm.items()
    ]
    return "; ".join(said)


def _is_run(waves: list[str]) -> bool:
    numbers = [int(wave[1:]) for wave in waves if wave[1:].isdigit()]
    return len(waves) > 2 and numbers == list(range(numbers[0], numbers[0] + len(waves))) if numbers else False
