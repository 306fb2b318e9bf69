"""Profiles of areas: two pages for each, an overview of all, a national picture, a page for each funder."""

from pipeline.papers.profiles.compose import profile, profiles
from pipeline.papers.profiles.concept_levels import concept_levels
from pipeline.papers.profiles.content import About, AreaProfile
from pipeline.papers.profiles.file_names import file_names
from pipeline.papers.profiles.gate import profile_cells, profile_numbers
from pipeline.papers.profiles.national import Names, StudyAreas, funder_page, national_picture
from pipeline.papers.profiles.overview import overview
from pipeline.papers.profiles.page import profile_html
from pipeline.papers.profiles.pdf import profile_pdf
from pipeline.papers.profiles.programmes import Programme
from pipeline.papers.profiles.small_print import fieldwork_of

__all__ = [
    "About",
    "AreaProfile",
    "Names",
    "Programme",
    "StudyAreas",
    "concept_levels",
    "fieldwork_of",
    "file_names",
    "funder_page",
    "national_picture",
    "overview",
    "profile",
    "profile_cells",
    "profile_html",
    "profile_numbers",
    "profile_pdf",
    "profiles",
]
