"""From a code of one vintage to the codes of another that its people are in, step by step through lookups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from pipeline.errors import CohesionError
from pipeline.specs.area_lookups import Change, path_of_vintages

Parts = dict[str, float | None]
"""Code → the share of the people who are in it; None where that is not known."""


@dataclass(frozen=True)
class Gone(Exception):  # noqa: N818  (not an error that reaches a person)
    """A code that did not exist in the vintage that it is said to be of."""

    vintage: str


@dataclass
class Lookups:
    """Changes of codes between vintages. A code that no change names is the same in both."""

    changes: Sequence[Change]
    _steps: dict[tuple[str, str], tuple[dict[str, Parts], set[str]]] = field(default_factory=dict)

    def parts(self, code: str, start: str, end: str) -> Parts:
        """Raises Gone for a code that was not there in a vintage, CohesionError where no lookup leads on."""
        path = path_of_vintages(self.changes, start, end)
        if path is None:
            what = f"no lookup leads from codes of vintage {start} to those of {end}"
            raise CohesionError(what, where="lookups", todo="Give the table that says how codes changed.")
        found: Parts = {code: 1.0}
        for before, after in pairwise(path):
            found = self._step(found, before, after)
        return found

    def _step(self, parts: Parts, before: str, after: str) -> Parts:
        became, created = self._changes(before, after)
        found: Parts = {}
        for code, share in parts.items():
            if code not in became and code in created:
                raise Gone(before)
            for following, part in became.get(code, {code: 1.0}).items():
                known = None if share is None or part is None else share * part
                sofar = found.get(following, 0.0)
                found[following] = None if known is None or sofar is None else sofar + known
        return found

    def _changes(self, before: str, after: str) -> tuple[dict[str, Parts], set[str]]:
        """Code before → codes after, and the codes that there are only after. Back in time, shares are not known."""
        if (before, after) in self._steps:
            return self._steps[before, after]
        became: dict[str, Parts] = {}
        created: set[str] = set()
        for one in self.changes:
            if (one.from_vintage, one.to_vintage) == (before, after):
                became.setdefault(one.old_code, {})[one.new_code] = one.share
                created.add(one.new_code)
            elif (one.from_vintage, one.to_vintage) == (after, before):
                became.setdefault(one.new_code, {})[one.old_code] = None
                created.add(one.old_code)
        for parts in became.values():
            if len(parts) == 1:
                parts.update(dict.fromkeys(parts, 1.0))
        self._steps[before, after] = became, created
        return became, created
