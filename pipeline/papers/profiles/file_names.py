"""What the files of areas are called: their names in plain letters, which no two areas share."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

LONGEST = 60


def slug(text: str) -> str:
    """Small letters, digits and underscores.

    >>> slug("Blackburn with Darwen"), slug("Valparaíso"), slug("../etc"), slug("北")
    ('blackburn_with_darwen', 'valparaiso', 'etc', 'area')
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:LONGEST].strip("_") or "area"


def file_names(labels: Mapping[str, str], taken: Iterable[str] = ("overview",)) -> dict[str, str]:
    """Area → the name of its files without their ending; the code follows where two names would be alike.

    >>> file_names({"1": "St. Ives", "2": "St Ives", "3": "Kent"})
    {'1': 'st_ives_1', '2': 'st_ives_2', '3': 'kent'}
    """
    reserved = set(taken)
    wanted = {area: slug(label) for area, label in labels.items()}
    names = list(wanted.values())
    found: dict[str, str] = {}
    for area in sorted(wanted):
        own = wanted[area]
        alone = names.count(own) == 1 and own not in reserved
        name = own if alone else f"{own}_{slug(area)}"
        while name in reserved or name in found.values():
            name = f"{name}_x"
        found[area] = name
    return {area: found[area] for area in labels}
