"""The mapping that fits the same people best, if it does so beyond what change and chance can do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.harmonise.drift.recoding.candidates import Candidate, Links, as_declared, by_assignment, candidates
from pipeline.harmonise.drift.recoding.expected import COARSE, FLOOR, SCREEN, Grid, Matrix, ordered
from pipeline.harmonise.drift.recoding.transitions import Transitions

EVIDENCE, EVIDENCE_UNORDERED = 3.0, 5.0
"""Log odds by which a mapping must beat the codes as declared, its cost paid.

Ordered answers: by simulation (``tests/recovery``) 3 gives under one false alarm in a hundred items whatever their
stability, one in a thousand where it is .2 or more; 5 missed a fifth of the splits among 200 people with .2.
"""
FEW_PEOPLE, FEW_EVIDENCE = 200.0, 4.5
"""Fewer people need more evidence, in proportion up to this much more: their tables are mostly empty."""
EXPLAINED, EXPLAINED_UNORDERED = 0.4, 0.3
"""Share of the misfit of the codes as declared, beyond chance, that a mapping must take away."""
MOVES, REPEATS = 0.08, 0.05
"""Standard deviations by which the mean, and share by which repeated answers, must differ under a mapping."""
SHARES_COUNT = 20.0
"""People's worth of evidence that the shares of unordered categories stay as they were."""
NEW_CODES = 15.0
"""Log odds against all answers standing under codes that nobody gave before; in proportion for a part of them."""


@dataclass(frozen=True)
class Fitted:
    """A mapping and how well it fits. ``evidence`` in log odds, ``explained`` as a share of the misfit."""

    links: Links
    evidence: float
    explained: float


def best_mapping(table: Transitions) -> Fitted | None:
    """The mapping that is clearly better than the codes as declared, or nothing."""
    return (_Ordered(table) if table.ordered else _Unordered(table)).best()


def still_better(table: Transitions, links: Links) -> bool:
    """Whether a mapping that was found elsewhere is better than the codes as declared here, too."""
    search, declared = _Ordered(table) if table.ordered else _Unordered(table), as_declared(table)
    return search.exactly(Candidate(links, 0.0)) > search.declared_exactly(declared)


def matters(table: Transitions, links: Links) -> bool:
    """Whether a mapping moves the mean, or who repeats an answer, by an amount that anybody would notice."""
    repeat = (table.counts[links].sum() - table.counts[as_declared(table).links].sum()) / table.people
    if not table.ordered or repeat >= REPEATS:
        return True
    values = np.array(table.values)
    spread = float(np.sqrt(np.cov(values, fweights=table.before.astype(int))))
    moved = float((mapped(table, links) - np.array(table.symbols)) @ table.now) / table.people
    return abs(moved) >= MOVES * spread


def mapped(table: Transitions, links: Links) -> Matrix:
    """The value on the item's scale of each symbol under a mapping: the mean of the values that it stands for."""
    weights = links * (table.before[:, None] + 0.5)
    stands = (np.array(table.values) @ weights) / np.maximum(weights.sum(axis=0), FLOOR)
    return np.where(links.any(axis=0), stands, np.array(table.symbols))


def _left_alone(table: Transitions, covered: NDArray[np.bool_]) -> Matrix:
    """Log likelihood of the symbols that mappings leave alone, and of all others together; new codes are rare.

    ``covered`` has a row for each mapping: which symbols it covers.
    """
    people, counts = float(table.counts.sum()), np.where(covered, 0.0, table.now)
    alone = counts.sum(axis=-1)
    rest = 1 - alone / people
    said = (counts * np.log(np.maximum(counts / people, FLOOR))).sum(axis=-1) - NEW_CODES * (1 - rest)
    return np.asarray(said + (people - alone) * np.log(np.maximum(rest, FLOOR)))


def _weights(table: Transitions, links: Links) -> Matrix:
    """P(symbol | value) of mappings: a value that several symbols stand for is divided as they are now."""
    shared = links * (table.now + 0.5)
    return np.asarray(shared / np.maximum(shared.sum(axis=-1, keepdims=True), FLOOR))


def _misfit(given: Matrix, expected: Matrix) -> Matrix:
    """States × mappings: log likelihood that the shares of what was ``given`` cost beside those ``expected``.

    ``given`` has a row for each mapping, ``expected`` one for each state: people by symbol.
    """
    shares = expected / np.maximum(expected.sum(axis=1, keepdims=True), FLOOR)
    own = given / np.maximum(given.sum(axis=1, keepdims=True), FLOOR)
    best = (given * np.log(np.maximum(own, FLOOR))).sum(axis=1)
    return np.asarray(np.maximum(best - np.log(np.maximum(shares, FLOOR)) @ given.T, 0.0))


def _saturated(table: Transitions) -> float:
    """Log likelihood of a table that fits itself, less what its free cells fit by chance."""
    shares = table.counts / np.maximum(table.before, 1)[:, None]
    filled = (table.before > 0).sum() * max((table.now > 0).sum() - 1, 0)
    return float((table.counts * np.log(np.maximum(shares, FLOOR))).sum()) - float(filled) / 2


class _Search:
    """What both kinds of answers share: score every candidate, and weigh the best against the declarations."""

    least: float

    def __init__(self, table: Transitions) -> None:
        self.table = table
        self.evidence = self.least + FEW_EVIDENCE * max(0.0, 1 - table.people / FEW_PEOPLE)

    def best(self) -> Fitted | None:
        declared = as_declared(self.table)
        tried = [declared, *self.every()]
        costs = np.array([one.cost for one in tried])
        if self.hopeless(self.screened(tried) - costs):
            return None
        scores = self.scores(tried) - costs
        winner = int(np.argmax(scores))
        if scores[winner] - scores[0] < self.evidence / 2:
            return None
        close = [one for one, score in zip(tried, scores, strict=True) if score > scores[winner] - 3][:12]
        exact = np.array([self.exactly(one) - one.cost for one in close])
        base, top = self.declared_exactly(declared), int(np.argmax(exact))
        evidence = float(exact[top]) - base
        missing = max(_saturated(self.table) - base, FLOOR)
        explained = min((evidence + close[top].cost) / missing, 1.0)
        least = EXPLAINED if self.table.ordered else EXPLAINED_UNORDERED
        if evidence < self.evidence or explained < least or not matters(self.table, close[top].links):
            return None
        return Fitted(close[top].links, evidence, explained)

    def every(self) -> Iterator[Candidate]:
        yield from candidates(self.table)
        seen = set()
        for links in self.assignments():
            if links.tobytes() not in seen and not (links == as_declared(self.table).links).all():
                seen.add(links.tobytes())
                yield by_assignment(links)

    def hopeless(self, scores: Matrix) -> bool:
        """Whether no mapping comes near the codes as declared, even on a few states."""
        return float(scores[1:].max(initial=-np.inf) - scores[0]) < -self.evidence / 2

    def assignments(self) -> Iterator[Links]:
        raise NotImplementedError

    def screened(self, tried: Sequence[Candidate]) -> Matrix:
        return self.scores(tried)

    def scores(self, tried: Sequence[Candidate]) -> Matrix:
        return np.array([self.exactly(one) for one in tried])

    def exactly(self, one: Candidate) -> float:
        raise NotImplementedError

    def declared_exactly(self, declared: Candidate) -> float:
        return self.exactly(declared)

    def _assigned(self, gain: Matrix) -> Links:
        from scipy.optimize import linear_sum_assignment

        links = np.zeros(gain.shape, dtype=bool)
        links[linear_sum_assignment(gain, maximize=True)] = True
        return links


class _Ordered(_Search):
    """Answers cut from a trait that changes as people do."""

    least = EVIDENCE

    def __init__(self, table: Transitions) -> None:
        super().__init__(table)
        self.few = np.log(ordered(table.before, SCREEN))

    @cached_property
    def log(self) -> Matrix:
        return np.log(ordered(self.table.before, COARSE))

    def assignments(self) -> Iterator[Links]:
        _, delta, _, repeat = SCREEN.states.T
        for log in self.few[(repeat == 0) & (np.abs(delta) < 0.5)]:
            yield self._assigned(log.T @ self.table.counts)

    def screened(self, tried: Sequence[Candidate]) -> Matrix:
        return self._over(tried, self.few, SCREEN)

    def scores(self, tried: Sequence[Candidate]) -> Matrix:
        """The best state of the coarse grid, for all candidates at once."""
        return self._over(tried, self.log, COARSE)

    def _over(self, tried: Sequence[Candidate], logs: Matrix, over: Grid) -> Matrix:
        scores = np.empty(len(tried))
        every = np.array([one.links for one in tried])
        single = (every.sum(axis=1) <= 1).all(axis=1)
        moved = np.matmul(self.table.counts, every[single].transpose(0, 2, 1)).reshape(single.sum(), -1)
        fits = logs.reshape(len(logs), -1) @ moved.T + over.prior[:, None]
        given = every[single] @ self.table.now
        fits += over.allowance[:, None] * _misfit(given, self.table.before @ np.exp(logs))
        scores[single] = fits.max(axis=0) + self._beside(every[single])
        if not single.all():
            expected = np.exp(logs)
            scores[~single] = [self._at(links, expected, over).max() for links in every[~single]]
        return scores

    def _beside(self, links: Links) -> Matrix:
        """Log likelihood of what does not depend on the state: symbols left alone, and values divided among symbols."""
        covered: Links = np.asarray(links.any(axis=1))
        weights = np.where(covered, _weights(self.table, links).sum(axis=1, where=links), 1.0)
        return np.asarray(_left_alone(self.table, covered) + np.log(weights) @ self.table.now)

    def _at(self, links: Links, expected: Matrix, over: Grid) -> Matrix:
        covered: Links = np.asarray(links.any(axis=0))
        symbols = np.maximum(expected @ _weights(self.table, links)[:, covered], FLOOR)
        fits = np.tensordot(np.log(symbols), self.table.counts[:, covered], axes=([1, 2], [0, 1]))
        shares = _misfit(self.table.now[None, covered], self.table.before @ symbols)[:, 0]
        return np.asarray(fits + over.allowance * shares + over.prior + _left_alone(self.table, covered))

    def exactly(self, one: Candidate) -> float:
        fits, over = self._at(one.links, np.exp(self.log), COARSE), COARSE
        best = float(fits.max())
        for width in (1.0, 0.5):
            over = over.around(int(np.argmax(fits)), width)
            fits = self._at(one.links, ordered(self.table.before, over), over)
            best = max(best, float(fits.max()))
        return best

    def declared_exactly(self, declared: Candidate) -> float:
        """As declared, codes that nobody gave before either stand alone or are places that were merely empty."""
        alone = self.exactly(declared)
        empty = [n for n, place in enumerate(self.table.symbols) if place not in self.table.values]
        if not empty or self.table.symbols[empty[0]] not in self.table.declared:
            return alone
        whole = sorted({*self.table.values, *self.table.symbols})
        counts = np.zeros((len(whole), len(self.table.symbols)))
        counts[[whole.index(value) for value in self.table.values]] = self.table.counts
        wider = Transitions(
            tuple(whole), self.table.symbols, self.table.codes, counts, self.table.declared, self.table.ordered
        )
        return max(alone, _Ordered(wider).exactly(as_declared(wider)))


class _Unordered(_Search):
    """Categories without an order: people repeat themselves, or choose as all do now."""

    least = EVIDENCE_UNORDERED

    def __init__(self, table: Transitions) -> None:
        super().__init__(table)
        self.repeat = np.linspace(0, 0.98, 50)

    def assignments(self) -> Iterator[Links]:
        table = self.table
        by_chance = np.outer(table.before, table.now) / table.people
        yield self._assigned(table.counts - by_chance)
        excess = (table.counts - by_chance) / np.sqrt(by_chance + 1)
        yield self._assigned(excess)
        merged = as_declared(table).links.copy()
        gone = np.flatnonzero(~merged.any(axis=1))
        split = merged.copy()
        new = np.flatnonzero(~merged.any(axis=0))
        merged[gone, np.argmax(excess[gone], axis=1)] = True
        split[np.argmax(excess[:, new], axis=0), new] = True
        yield merged
        yield split

    def exactly(self, one: Candidate) -> float:
        table = self.table
        covered = one.links.any(axis=0)
        now = (table.now + 0.5) / (table.now + 0.5).sum()
        weights = _weights(table, one.links)
        repeat = self.repeat[:, None, None]
        expected = np.maximum((1 - repeat) * now + repeat * weights, FLOOR)
        fits = np.log(expected[:, :, covered]) * table.counts[:, covered]
        rest = float((table.counts[:, ~covered] * np.log(now[~covered])).sum())
        return float(fits.sum(axis=(1, 2)).max()) + rest + self._shares(weights, now)

    def _shares(self, weights: Matrix, now: Matrix) -> float:
        """What it counts against a mapping that the shares of the categories would have moved."""
        before = self.table.before / self.table.people
        sent = np.where(weights.any(axis=1), before, 0) @ weights
        lost = before[~weights.any(axis=1)].sum()
        moved = float((sent * np.log(np.maximum(sent, FLOOR) / now)).sum())
        gone = float(lost * np.log(max(lost, FLOOR) / (0.5 / self.table.people))) if lost else 0.0
        return -min(SHARES_COUNT, self.table.people / 4) * (moved + gone)
