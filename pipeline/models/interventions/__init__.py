"""Interventions and events: who was treated from when, and what changed."""
