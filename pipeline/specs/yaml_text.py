"""Names and labels of files as values in a YAML text."""

from __future__ import annotations

import json

from pipeline.errors import one_line


def quoted(value: object) -> str:
    """A value in double quotes, a number or a truth value as it is: what stands in it is data, whatever it looks like.

    >>> print(quoted("a: #b"), quoted(3))
    "a: #b" 3
    """
    return one_line(json.dumps(value, ensure_ascii=False))
