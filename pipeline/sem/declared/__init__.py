"""Structural models as a study declares them, to the table of every model's results."""

from pipeline.sem.declared.dispatch import fit_declared

__all__ = ["fit_declared"]
