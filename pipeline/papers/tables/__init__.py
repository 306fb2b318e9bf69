"""The tables of a paper: one function per kind, named by its record in ``pipeline/specs/paper_parts.py``."""
