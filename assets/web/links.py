"""Addresses on the port of ``cohesion ui``: of files in ``reports/build/``, of assets and of jobs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import quote

import yaml

from assets.web.job_names import config_of

REPORTS = "/reports"
LOCATION = "cohesion"
BUILD = PurePosixPath("reports/build")


@dataclass(frozen=True)
class Link:
    """An address and its words."""

    words: str
    address: str


def report_link(path: str) -> str:
    """The address of a file below ``reports/build/``; ``path`` is below the root, as nodes have it."""
    return f"{REPORTS}/{quote(PurePosixPath(path).relative_to(BUILD).as_posix())}"


def is_report(path: str) -> bool:
    """Whether a file lies where reports lie."""
    return PurePosixPath(path).is_relative_to(BUILD)


def asset_link(*key: str) -> str:
    """The page of an asset."""
    return f"/assets/{'/'.join(quote(part, safe='') for part in key)}"


def checks_link(*key: str) -> str:
    """The checks of an asset."""
    return f"{asset_link(*key)}?view=checks"


def job_link(job: str, config: Mapping[str, object] | None = None) -> str:
    """The launchpad of a job, filled in."""
    place = f"/locations/{LOCATION}/jobs/{quote(job)}/playground"
    if not config:
        return place
    text = yaml.safe_dump(config_of(job, **config), sort_keys=False, allow_unicode=True)
    return f"{place}/setup?config={quote(text)}"


def run_link(run_id: str) -> str:
    """The page of a run."""
    return f"/runs/{quote(run_id)}"
