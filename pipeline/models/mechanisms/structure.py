"""Which variable leads to which: the equations of a mediation model, and the paths from exposure to outcome."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.errors import ModelError

ARROW = " → "
"""Between the mediators of a path, in the group of its row."""


@dataclass(frozen=True)
class Structure:
    """Exposures, stages of mediators and outcome; a mediator depends on the exposures and on all earlier stages."""

    exposures: tuple[str, ...]
    stages: tuple[tuple[str, ...], ...]
    outcome: str

    @classmethod
    def of(
        cls, exposures: Sequence[str], mediators: Sequence[str], outcome: str, order: str | Sequence[Sequence[str]]
    ) -> Structure:
        """From the declared ``order``: ``parallel``, ``serial`` or stages. Raises ModelError for another."""
        if order == "serial" and len(mediators) < 2:
            raise ModelError("a serial order needs two or more mediators", where="order", count=len(mediators))
        stages: Sequence[Sequence[str]]
        if order == "parallel":
            stages = [mediators]
        elif order == "serial":
            stages = [[name] for name in mediators]
        else:
            stages = [list(stage) for stage in order]
        staged = [name for stage in stages for name in stage]
        if not mediators or sorted(staged) != sorted(mediators) or not all(stages):
            raise ModelError("the stages name each mediator once", where="order", todo=f"Place {', '.join(mediators)}.")
        named = [*exposures, *staged, outcome]
        twice = next((name for name in named if named.count(name) > 1), None)
        if twice is not None:
            raise ModelError(
                "is named twice among exposures, mediators and outcome", where=twice, todo="Give it one role."
            )
        return cls(tuple(exposures), tuple(tuple(stage) for stage in stages), outcome)

    @property
    def mediators(self) -> tuple[str, ...]:
        return tuple(name for stage in self.stages for name in stage)

    @property
    def equations(self) -> dict[str, tuple[str, ...]]:
        """Variable that is explained → exposures and mediators that explain it."""
        found: dict[str, tuple[str, ...]] = {}
        before: tuple[str, ...] = ()
        for stage in self.stages:
            found |= dict.fromkeys(stage, (*self.exposures, *before))
            before += stage
        return found | {self.outcome: (*self.exposures, *before)}

    @property
    def paths(self) -> tuple[tuple[str, ...], ...]:
        """The mediators of every specific indirect path, the shortest first, in their order."""
        found = sorted(self._chains(0), key=len)
        return tuple(path for path in found if path)

    def _chains(self, stage: int) -> Iterator[tuple[str, ...]]:
        if stage == len(self.stages):
            yield ()
            return
        for later in self._chains(stage + 1):
            yield later
            for mediator in self.stages[stage]:
                yield (mediator, *later)

    def edges(self, exposure: str, path: Sequence[str]) -> list[tuple[str, str]]:
        """(explained, explaining) of each step from exposure to outcome."""
        steps = [exposure, *path, self.outcome]
        return [(later, earlier) for earlier, later in pairwise(steps)]
