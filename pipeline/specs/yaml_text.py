"""Names and labels of files as values in a YAML text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from pipeline.errors import one_line

_NUMBER = re.compile(r"-?\d{1,20}(\.\d+)?", re.ASCII)


def quoted(value: object) -> str:
    """A value in double quotes, a number or a truth value as it is: what stands in it is data, whatever it looks like.

    >>> print(quoted("a: #b"), quoted(3))
    "a: #b" 3
    """
    return one_line(json.dumps(value, ensure_ascii=False))


def mapping(entries: Mapping[str, object]) -> str:
    """A YAML mapping on one line; keys that are numbers are left bare.

    >>> mapping({"1": "Never", "NA": "blank"})
    '{1: "Never", "NA": "blank"}'
    """
    pairs = (f"{key if _NUMBER.fullmatch(key) else quoted(key)}: {quoted(value)}" for key, value in entries.items())
    return "{" + ", ".join(pairs) + "}"
