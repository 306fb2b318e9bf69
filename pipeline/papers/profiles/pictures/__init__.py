"""Small drawings of a profile: strips of scores and of differences, the index over time."""

from pipeline.papers.profiles.pictures.bars import axis_picture, axis_words, bars_of
from pipeline.papers.profiles.pictures.over_time import course_of

__all__ = ["axis_picture", "axis_words", "bars_of", "course_of"]
