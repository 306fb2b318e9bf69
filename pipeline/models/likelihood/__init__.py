"""Likelihoods that are maximised by Newton's method, with the scores of each row."""
