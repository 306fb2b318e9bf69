"""index.yaml, ``rounds``: which waves of arms with calendars of their own are of one time.

A wave number is not a date: the first wave of one arm may lie at the fourth of another. Areas are ranked and compared
within a round, which is named as a wave is.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated

from pydantic import AfterValidator

from pipeline.specs.base import Name, WaveName

WITHIN_DAYS = 60
"""So far apart may the fieldwork of one round begin, unless the index says otherwise."""


def number(wave: str) -> int:
    """Where a wave, or a round, stands by its name."""
    return int(wave[1:])


def _in_order(rounds: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Refuse two waves of an arm in one round, and an order that is turned round."""
    for arm, said in rounds.items():
        wrong = out_of_order(said)
        if wrong:
            raise ValueError(f"of `{arm}` {wrong}")
    return rounds


Rounds = Annotated[dict[Name, dict[WaveName, WaveName]], AfterValidator(_in_order)]
"""Arm → its wave → the round it belongs to; a wave that is not named has the round of its own name."""


def round_of(rounds: Mapping[str, Mapping[str, str]], arm: str, wave: str) -> str:
    """The round of an arm's wave.

    >>> round_of({"south": {"w01": "w03"}}, "south", "w01"), round_of({}, "south", "w01")
    ('w03', 'w01')
    """
    return rounds.get(arm, {}).get(wave, wave)


def out_of_order(said: Mapping[str, str]) -> str:
    """What is wrong with the rounds of the waves of one arm, in words; empty where they rise with the waves."""
    for before, after in pairwise(sorted(said, key=number)):
        if said[before] == said[after]:
            return f"`{before}` and `{after}` are both of the round `{said[before]}`: each wave has a round of its own"
        if number(said[before]) > number(said[after]):
            order = f"`{before}` is of `{said[before]}` and `{after}` of `{said[after]}`"
            return f"{order}: later waves are of later rounds"
    return ""
