"""Panel and declaration into persons' scores and weighted means of areas."""

from pipeline.index.persons.area_means import area_means
from pipeline.index.persons.scores import PersonScores, person_scores

__all__ = ["PersonScores", "area_means", "person_scores"]
