"""Sections that are written by themselves, named by their records in ``pipeline/specs/paper_parts.py``."""
