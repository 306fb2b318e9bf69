"""A running `cohesion ui` with options and secrets, for tests, and what programs on this machine ask it."""

import contextlib
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from running_ui import running


@contextlib.contextmanager
def guarded_ui(root: Path, *options: str, **variables: str) -> Iterator[int]:
    """The port of a running UI of a root; what it prints is in ``ui.log`` there."""
    with running(root, *options, asked="health", **variables) as address:
        yield int(address.rpartition(":")[2])


def graphql(port: int, query: str, **variables: object) -> dict:
    """The answer to a query asked as a program on this machine asks it."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql",
        data=json.dumps({"query": query, "variables": variables}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)["data"]
