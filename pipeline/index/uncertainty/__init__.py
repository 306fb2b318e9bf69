"""Sampling and method choices through the whole index, to the ranks."""
