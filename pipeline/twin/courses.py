"""Who takes part in which waves: the courses of a study's people; those of few people are a chain from wave to wave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.twin.margins import Codes, codes_of

Course = tuple[str, ...]
"""Of each wave: ``PRESENT``, or why not (empty where nobody said)."""
PRESENT = "present"
RARE: Course = ("rare",)
FINAL = ("dead", "moved", "withdrawn")
"""Outcomes after which nobody takes part."""


@dataclass(frozen=True)
class Courses:
    """``margin`` orders the courses by how often people take part; ``chain``: for the rare ones, wave → state before →
    (states, shares).
    """

    margin: Codes
    named: tuple[Course, ...]
    chain: tuple[dict[str, tuple[tuple[str, ...], np.ndarray]], ...]

    def scores(self, courses: Sequence[Course]) -> np.ndarray:
        """The normal score of each person's course."""
        known = {course: str(place) for place, course in enumerate(self.named)}
        return self.margin.scores([known.get(course, known.get(RARE, "0")) for course in courses])

    def drawn(self, scores: np.ndarray, random: np.random.Generator) -> list[Course]:
        """A course for each score; nobody is absent from every wave unless such a course is common."""
        found = (self.named[int(place)] for place in self.margin.drawn(scores, random))
        return [self._walk(random) if course == RARE else course for course in found]

    def _walk(self, random: np.random.Generator) -> Course:
        for _ in range(100):
            course: list[str] = []
            for wave in self.chain:
                before = course[-1] if course else ""
                states, shares = wave.get(before) or wave["*"]
                course.append(states[int(random.choice(len(states), p=shares))])
            if PRESENT in course:
                return consistent(course)
        return consistent([PRESENT, *[""] * (len(self.chain) - 1)])


def courses_of(courses: Sequence[Course], smallest: int) -> Courses:
    """Learn courses. One that fewer than ``smallest`` people have is no course of its own."""
    counts = Counter(courses)
    common = [course for course, count in counts.items() if count >= smallest]
    rare = [course for course in courses if counts[course] < smallest]
    common.sort(key=lambda course: (course.count(PRESENT), course))
    if rare:
        usual = np.mean([course.count(PRESENT) for course in rare])
        place = next((at for at, course in enumerate(common) if course.count(PRESENT) >= usual), len(common))
        common.insert(place, RARE)
    named = tuple(common)
    known = {course: str(place) for place, course in enumerate(named)}
    values = [known.get(course, known.get(RARE, "0")) for course in courses]
    return Courses(codes_of(values, [(str(place),) for place in range(len(named))]), named, _chain(rare))


def _chain(rare: Sequence[Course]) -> tuple[dict[str, tuple[tuple[str, ...], np.ndarray]], ...]:
    waves = len(rare[0]) if rare else 0
    found = []
    for wave in range(waves):
        by: dict[str, Counter[str]] = {"*": Counter()}
        for course in rare:
            before = course[wave - 1] if wave else ""
            by.setdefault(before, Counter())[course[wave]] += 1
            by["*"][course[wave]] += 1
        found.append({before: _shares(counts) for before, counts in by.items()})
    return tuple(found)


def _shares(counts: Counter[str]) -> tuple[tuple[str, ...], np.ndarray]:
    states = tuple(sorted(counts))
    shares = np.array([counts[state] for state in states], dtype=float)
    return states, shares / shares.sum()


def consistent(course: Sequence[str]) -> Course:
    """The course without an end (dead, moved, withdrawn) before a wave in which the person takes part again."""
    last = max((at for at, state in enumerate(course) if state == PRESENT), default=-1)
    return tuple("" if at < last and state in FINAL else state for at, state in enumerate(course))
