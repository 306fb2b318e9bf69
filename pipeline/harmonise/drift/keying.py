"""Items keyed against the rest of their scale or battery, although the declarations say otherwise.

In each group the signs of the first principal component of the correlations, taken after the declared reversals, say
which items run one way and which the other: a rest in which several items are turned round would hide each of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from pipeline.harmonise.drift.finding import Finding
from pipeline.harmonise.drift.history import Beside
from pipeline.harmonise.drift.reading import Reading
from pipeline.harmonise.drift.rest import Items, bounds
from pipeline.harmonise.drift.turned import reversing_exception
from pipeline.specs.project import Study

UNSCORED = 0.2
"""A battery that is no scale may ask about several things: its items run against the rest from this correlation on."""

Signs = Mapping[str, float]


@dataclass(frozen=True)
class Group:
    """Items that belong together, with the sign of each by the declared keying. ``least``: see ``UNSCORED``."""

    name: str
    is_scale: bool
    signs: Signs
    least: float

    @property
    def words(self) -> str:
        return f"the {'scale' if self.is_scale else 'battery'} `{self.name}`"


def keying_findings(study: Study, beside: Beside, turned: Collection[str], z: float) -> Iterator[Finding]:
    """One finding for each item that runs against its scale or battery, beyond chance by ``z`` standard errors.

    ``turned``: items that are reported as reversed in this wave; that they run against the rest follows from it.
    """
    keyed = _keyed(study, beside.now)
    now, said = Items(keyed), set(turned)
    for group in groups(study, keyed):
        signs = {key: -sign if key in turned else sign for key, sign in group.signs.items()}
        for key, found in keyed_against(now, signs, z, group.least).items():
            if key not in said:
                said.add(key)
                yield _finding(study, beside, group, key, found, _before(study, beside, group, key, z))


def groups(study: Study, keys: Collection[str]) -> Iterator[Group]:
    """The scales, and the batteries that are no part of one, of the items that are there."""
    turned = {key for scale in study.scales.values() for key in scale.reverse}
    scored = [set(scale.items) for scale in study.scales.values()]
    for name, scale in study.scales.items():
        yield Group(name, True, {key: -1.0 if key in scale.reverse else 1.0 for key in scale.items if key in keys}, 0.0)
    batteries: dict[str, dict[str, float]] = {}
    for key in keys:
        battery = study.items[key].battery
        if battery is not None:
            batteries.setdefault(battery, {})[key] = -1.0 if key in turned else 1.0
    for battery, signs in batteries.items():
        if not any(set(signs) <= items for items in scored):
            yield Group(battery, False, signs, UNSCORED)


def keyed_against(items: Items, signs: Signs, z: float, least: float = 0.0) -> dict[str, tuple[float, int]]:
    """Item → its correlation with the rest, as keyed, and people: of those on the smaller side, if it is negative.

    Of two items that run against each other the later one is named.
    """
    names = [name for name in signs if name in items.names]
    if len(names) < 2:
        return {}
    sides = _sides(items, names, np.array([signs[name] for name in names]))
    found: dict[str, tuple[float, int]] = {}
    for name in [name for name in names if sides[name] < 0]:
        rest = {other: signs[name] * signs[other] * sides[other] for other in names if other != name}
        correlation = items.with_rest(name, rest)
        if correlation and bounds(correlation, z)[1] < 0 and correlation[0] <= -least:
            found[name] = correlation
    return found


def _sides(items: Items, names: list[str], signs: np.ndarray[tuple[int], np.dtype[np.float64]]) -> dict[str, float]:
    """Item → 1 with the larger side of the group, -1 with the smaller."""
    places = [items.names.index(name) for name in names]
    matrix = items.correlations[np.ix_(places, places)] * np.outer(signs, signs)
    leading = np.linalg.eigh(matrix + np.eye(len(names)))[1][:, -1]
    larger = np.sign(np.sign(np.round(leading, 6)).sum()) or np.sign(round(float(leading.sum()), 6)) or 1.0
    if len(names) == 2 or (larger * leading[0] < 0 and (leading > 0).sum() * 2 == len(names)):
        larger = np.sign(leading[0]) or 1.0
    return dict(zip(names, np.where(larger * leading < 0, -1.0, 1.0).tolist(), strict=True))


def _keyed(study: Study, readings: Mapping[str, Reading]) -> dict[str, Reading]:
    """The items whose answers have a direction."""
    return {
        key: reading
        for key, reading in readings.items()
        if study.items[key].kind != "nominal" and not study.items[key].time_constant and not reading.absent
    }


def _before(study: Study, beside: Beside, group: Group, key: str, z: float) -> float | None:
    """The same correlation in the wave that asked the item last, if it was positive beyond chance then."""
    if key not in beside.before:
        return None
    last = beside.last(key)
    then = {
        name: dict(beside.earlier[name])[last] for name in group.signs if last in dict(beside.earlier.get(name, []))
    }
    items = Items(_keyed(study, then))
    if key not in items.names:
        return None
    rest = {name: group.signs[key] * sign for name, sign in group.signs.items() if name != key}
    found = items.with_rest(key, rest)
    return found[0] if found and bounds(found, z)[0] > 0 else None


def _finding(
    study: Study, beside: Beside, group: Group, key: str, found: tuple[float, int], before: float | None
) -> Finding:
    was = "" if before is None else f"; {before:.2f} in the wave before"
    reverse = reversing_exception(study, beside, key) if before is not None else _reverse(study, group, key)
    return Finding(
        beside.file.arm, key, "against_scale", "warns",
        f"its answers run against the rest of {group.words} (item-rest correlation {found[0]:.2f}{was}; "
        f"{len(group.signs)} items).",
        beside.where(key),
        f"Compare its wording and the order of its answers with the others. If it is keyed the other way, {reverse}; "
        "if not, decide `accept`.",
        count=found[1], confidence=0.95,
    )  # fmt: skip


def _reverse(study: Study, group: Group, key: str) -> str:
    """Which declared keying to change, for all waves."""
    item = study.items[key]
    if group.is_scale:
        declared = study.scales[group.name].reverse
        others = [other for other in declared if other != key]
        listed = others if key in declared else [*declared, key]
        return f"declare in scales.yaml: `{group.name}: {{reverse: [{', '.join(listed)}]}}`"
    if item.reverse:
        return f"take `reverse: true` from `{key}` in items.yaml"
    if item.recode:
        return f"turn the values of `recode` of `{key}` round in items.yaml"
    return f"declare in items.yaml: `{key}: {{reverse: true}}`"
