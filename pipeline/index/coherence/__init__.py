"""Reliability, correlations, ICC(2) and comparability, before anything is ranked."""
