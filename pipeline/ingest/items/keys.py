"""Names of items made from names of variables."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from pipeline.tables import HEAD


def free_key(name: str, taken: Collection[str]) -> str:
    """A name in small letters, digits and underscores that is not taken.

    >>> free_key("Q1.a", {"q1_a"}), free_key("1st", ())
    ('q1_a_2', 'item_1st')
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    key = re.sub(r"[^a-z0-9]+", "_", plain).strip("_") or "item"
    key = key if key[0].isalpha() else f"item_{key}"
    number, free = 1, key
    while free in taken:
        number += 1
        free = f"{key}_{number}"
    return free


class Keys:
    """Gives each variable a key of its own; ``taken`` are those that are there already."""

    def __init__(self, taken: Collection[str] = ()) -> None:
        self.taken = {*taken, *HEAD}

    def of(self, name: str) -> str:
        key = free_key(name, self.taken)
        self.taken |= {key, f"{key}_reason"}
        return key
