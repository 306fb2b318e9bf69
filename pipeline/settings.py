"""The settings of a project: ``cohesion.toml`` in its folder, or ``[tool.cohesion]`` of a clone's pyproject.toml."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pipeline.errors import CohesionError
from pipeline.root import MARKER

SETTINGS: Mapping[str, tuple[type, str]] = {
    "version": (str, "the version of cohesion-panel that this project is built with"),
    "scheduler": (str, "the address of the Dask scheduler that builds it, if not this machine"),
    "look_seconds": (int, "how many seconds pass between two looks into the deposit folders"),
    "run_days": (int, "for how many days the records of runs are kept in the UI"),
    "address": (str, "where the UI is reached, for links in digests"),
    "digest_mail": (str, "to whom digests are mailed: addresses with commas between"),
    "digest_from": (str, "the address that digests are mailed from"),
    "digest_server": (str, "the mail server, as host:port"),
    "digest_security": (str, "how the mail server is reached: starttls, tls or none"),
    "digest_user": (str, "the user of the mail server; the password is COHESION_SMTP_PASSWORD"),
    "digest_webhook": (str, "the address that digests are posted to; a token for it is COHESION_WEBHOOK_TOKEN"),
    "warehouse": (str, "the address of the warehouse that machines share, s3://bucket/folder, if any"),
    "builds": (int, "how many builds are kept for `cohesion diff`"),
}
"""Key → what its value is, and what it says."""


class SettingsError(CohesionError):
    """The settings of a project cannot be read, or are none."""


def settings_of(root: Path) -> dict[str, Any]:
    """Key → value, of what is set; nothing where a project sets nothing.

    Raises ``SettingsError`` for a file that is no TOML, a key that is no setting, or a value of another kind.
    """
    own, shared = _read(root / MARKER), _read(root / "pyproject.toml").get("tool", {}).get("cohesion", {})
    if own and shared:
        raise SettingsError(
            "there are settings in two files", where=MARKER, todo="Take [tool.cohesion] out of pyproject.toml."
        )
    name = MARKER if own else "pyproject.toml"
    found = own or shared
    for key, value in found.items():
        _check(key, value, name)
    return dict(found)


def _check(key: str, value: object, name: str) -> None:
    if key not in SETTINGS:
        close = get_close_matches(key, SETTINGS, n=1)
        hint = f"; did you mean `{close[0]}`?" if close else ""
        raise SettingsError(f"`{key}` is not a setting{hint}", where=name, todo=f"There are: {', '.join(SETTINGS)}.")
    kind, words = SETTINGS[key]
    if type(value) is not kind or (kind is int and int(str(value)) < 1) or value == "":
        wanted = "a text" if kind is str else "a whole number of at least 1"
        raise SettingsError(f"`{key}` has to be {wanted}: {words}", where=name)


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot be read: {error}", where=file.name) from None


def setting(root: Path, variable: str, key: str) -> str:
    """A setting as text: the environment variable first, then what the project says; empty where nothing does."""
    return os.environ.get(variable) or str(settings_of(root).get(key, ""))
