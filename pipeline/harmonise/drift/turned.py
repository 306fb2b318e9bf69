"""Items whose answers were turned round while their labels were not."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.harmonise.drift.change import against_earlier, kappa
from pipeline.harmonise.drift.finding import Finding
from pipeline.harmonise.drift.history import Beside
from pipeline.harmonise.drift.rest import Items, bounds, turned_against
from pipeline.specs.project import Study


def turned_findings(study: Study, beside: Beside, z: float) -> Iterator[Finding]:
    """Items reversed against the same people's earlier answers, or against the items they were associated with.

    ``z``: standard errors that a correlation must lie below zero, so that none of the file's items does by chance.
    """
    ordered = {
        key: reading
        for key, reading in beside.now.items()
        if study.items[key].kind == "ordinal" and not study.items[key].time_constant and not reading.absent
    }
    now = Items(ordered)
    rest = _turned_against(beside, now, z)
    for key, reading in ordered.items():
        where = f"{beside.file.file}, `{reading.rule.variable}`"
        within = against_earlier((beside.correlation(key, wave) for wave, _ in beside.earlier.get(key, [])), z)
        beside_rest = None if within is None and _runs_along(beside, key, z) else rest.get(key)
        said = _said(within, beside_rest)
        if said:
            both = within is not None and beside_rest is not None
            people = within[1] if within is not None else beside_rest[2] if beside_rest is not None else 0
            yield Finding(
                beside.file.arm, key, "reversed", "warns", said, where,
                "Compare the order of the answers in the two questionnaires. If it is the other one, "
                f"{reversing_exception(study, beside, key)}; if not, decide `accept`.",
                count=people, confidence=0.99 if both else 0.97,
            )  # fmt: skip


def swapped_findings(study: Study, beside: Beside, z: float) -> Iterator[Finding]:
    """Categories that changed places: the same people agree with their earlier answer less often than by chance."""
    for key, now in beside.now.items():
        item = study.items[key]
        if item.kind != "nominal" or item.time_constant or now.absent or key not in beside.before:
            continue
        found = kappa(beside.same_people(key))
        if found is not None and found[0] + z * found[1] < 0:
            share = found[2]
            yield Finding(
                beside.file.arm, key, "swapped", "warns",
                f"{1 - share:.0%} of the same people are in another category than in the wave before, more than by "
                f"chance (kappa {found[0]:.2f}).",
                f"{beside.file.file}, `{now.rule.variable}`",
                "Compare the codes in the two questionnaires, and which group was asked about; declare an exception.",
                count=round((1 - share) * found[3]), confidence=0.99,
            )  # fmt: skip


def reversing_exception(study: Study, beside: Beside, key: str) -> str:
    """The exception of a wave whose answers to an item are in the other order."""
    item, declared = study.items[key], study.waves[beside.wave].exceptions.get(key)
    if item.recode or (declared is not None and declared.recode):
        return f"declare an exception in waves/{beside.wave}.yaml with the values of its `recode` turned round"
    now = item.reverse if declared is None or declared.reverse is None else declared.reverse
    reason, reverse = "answers in the other order in this wave", "false" if now else "true"
    return f"declare in waves/{beside.wave}.yaml: `exceptions: {{{key}: {{reason: {reason}, reverse: {reverse}}}}}`"


def _turned_against(beside: Beside, now: Items, z: float) -> dict[str, tuple[float, float, int]]:
    """Each item beside the items it was associated with in the wave that asked it last (see ``turned_against``)."""
    found: dict[str, tuple[float, float, int]] = {}
    for wave in dict.fromkeys(beside.last(key) for key in now.names if key in beside.before):
        then = {key: dict(beside.earlier[key])[wave] for key in now.names if wave in dict(beside.earlier.get(key, []))}
        turned = turned_against(now, Items(then), z)
        found |= {key: what for key, what in turned.items() if beside.last(key) == wave}
    return found


def _said(within: tuple[float, int] | None, rest: tuple[float, float, int] | None) -> str:
    parts = []
    if within is not None:
        parts.append(f"the same people's answers run against those of the wave before (r = {within[0]:.2f})")
    if rest is not None:
        parts.append(
            f"the item runs against those it went with (item-rest correlation {rest[1]:.2f}, {rest[0]:.2f} before)"
        )
    return f"{'; '.join(parts)}." if parts else ""


def _runs_along(beside: Beside, key: str, z: float) -> bool:
    """Whether answers correlate with the same people's of any wave before: then others were turned, not this one."""
    for wave, _ in beside.earlier.get(key, []):
        found = beside.correlation(key, wave)
        if found is not None and bounds(found, z)[0] > 0:
            return True
    return False
