"""The jobs that people start, by name, and with what: for Dagster, the start page and the watch over runs."""

from typing import Any

EVERYTHING, STUDY, PAPERS, MODEL = "rebuild_everything", "rebuild_a_study", "papers_only", "one_model"
NEW_WAVE, ACCEPT, WITHDRAW, RELEASE = "new_wave", "accept_a_wave", "withdraw_a_person", "check_a_release"
BUILD_JOBS = (STUDY, EVERYTHING, PAPERS, MODEL)
"""Jobs that build; so does whatever a person materialises by name."""


def config_of(job: str, **chosen: object) -> dict[str, Any]:
    """The run configuration of a job with these choices."""
    return {"ops": {job: {"config": chosen}}} if chosen else {}
