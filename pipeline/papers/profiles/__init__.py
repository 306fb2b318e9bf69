"""Profiles of areas: two pages for each, and an overview of all, from the tables of the stage ``index``."""

from pipeline.papers.profiles.compose import profile, profiles
from pipeline.papers.profiles.content import About, AreaProfile
from pipeline.papers.profiles.overview import overview
from pipeline.papers.profiles.page import profile_html
from pipeline.papers.profiles.pdf import profile_pdf

__all__ = ["About", "AreaProfile", "overview", "profile", "profile_html", "profile_pdf", "profiles"]
