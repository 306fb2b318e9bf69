"""Declarations of an older format, brought to the one that is read: one small step for each number."""

from pipeline.migration.migrate import Migration, migrate, migrations
from pipeline.migration.steps import STEPS, Step

__all__ = ["STEPS", "Migration", "Step", "migrate", "migrations"]
