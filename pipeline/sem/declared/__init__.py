"""Structural models as a study declares them, to the table of every model's results."""

from pipeline.sem.declared.dispatch import fit_declared
from pipeline.sem.declared.further import keeping
from pipeline.sem.declared.imputed import LikelihoodRatios, declared_ratios, likelihood_ratios

__all__ = ["LikelihoodRatios", "declared_ratios", "fit_declared", "keeping", "likelihood_ratios"]
