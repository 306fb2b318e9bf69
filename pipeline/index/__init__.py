"""Persons' scores into an index, areas with their uncertainty, changes, the tension monitor, pooled programmes."""
