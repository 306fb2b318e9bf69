"""Covariance-structure models: parameter tables, likelihood, search, standard errors, fit."""
