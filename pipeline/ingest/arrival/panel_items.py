"""Items that are declared already, in the draft of a file of several waves: which columns hold them, wave by wave."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from pipeline.ingest.arrival.draft_variables import undecided, variable_lines
from pipeline.ingest.arrival.expected import Expected
from pipeline.ingest.arrival.matching import Match, matches
from pipeline.ingest.formats.deposit import Deposit
from pipeline.specs.not_asked import in_batteries
from pipeline.specs.project import Study


def declared_in(study: Study, deposit: Deposit, roles: Collection[str]) -> dict[str, Match]:
    """Item → its column, or the one of another name that may hold it. ``deposit``: each name once, for all waves."""
    frame = deposit.frame.drop([column for column in deposit.frame.columns if column in roles])
    return matches(study.items, _names(study), replace(deposit, frame=frame), list(study.about.missing))


def read_already(found: Mapping[str, Match]) -> set[str]:
    """The columns that an item has by their name."""
    return {match.variable for match in found.values() if match.is_its_name}


def to_decide(study: Study, found: Mapping[str, Match]) -> tuple[str, ...]:
    """The items that a column of another name may hold."""
    names = _names(study)
    return tuple(undecided(Expected(names, {}, {}), names, found))


def item_lines(
    study: Study,
    wave: str,
    found: Mapping[str, Match],
    there: Collection[str],
    unasked: Sequence[str],
    batteries: Mapping[str, str | None],
) -> list[str]:
    """The lines ``variables`` and ``not_asked`` of a wave whose columns are ``there``.

    ``unasked``: new items that the wave has no column of; ``batteries``: new item → its battery.
    """
    if not study.items:
        return [f"not_asked: [{', '.join(in_batteries(unasked, batteries))}]"] if unasked else []
    names = {key: name for key, name in _names(study).items() if wave in (study.items[key].waves or (wave,))}
    without = {key for key in names if key in found and found[key].is_its_name and found[key].variable not in there}
    own = {key: match for key, match in found.items() if match.variable in there}
    names = {key: name for key, name in names.items() if key not in without}
    as_named = [key for key in names if key in own and own[key].variable == names[key]]
    in_battery = {**batteries, **{key: item.battery for key, item in study.items.items()}}
    lines = variable_lines(Expected(names, {}, {}), names, own, {}, as_named, in_battery, by="items.yaml")
    empty = [f"  - {name}  # no answer in this wave" for name in in_batteries([*without, *unasked], in_battery)]
    return [*lines, *(empty if "not_asked:" in lines else ["", "not_asked:", *empty] if empty else [])]


def _names(study: Study) -> dict[str, str]:
    return {key: item.variable or key for key, item in study.items.items()}
