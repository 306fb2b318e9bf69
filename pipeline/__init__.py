"""Cohesion Panel: from wave files to findings papers. The science; nothing in here knows Dagster."""
