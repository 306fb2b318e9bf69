"""Cohesion Panel on a server."""
