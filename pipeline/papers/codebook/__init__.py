"""The codebook of a study: what was asked of whom in which wave, what each code means, and how many gave it."""

from pipeline.papers.codebook.content import Codebook
from pipeline.papers.codebook.counts import codebook_cells, codebook_counts, people_asked
from pipeline.papers.codebook.csv_file import codebook_csv
from pipeline.papers.codebook.ddi import codebook_ddi
from pipeline.papers.codebook.declared import codebook_of
from pipeline.papers.codebook.page import codebook_html

__all__ = [
    "Codebook",
    "codebook_cells",
    "codebook_counts",
    "codebook_csv",
    "codebook_ddi",
    "codebook_html",
    "codebook_of",
    "people_asked",
]
