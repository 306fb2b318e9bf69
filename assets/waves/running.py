"""A UI of this root that runs is told to read the declarations again."""

import json
import urllib.request

from pipeline.paths import Paths

PATIENCE_SECONDS = 90.0


def reload_ui(paths: Paths) -> bool:
    """Whether a UI runs and has read the declarations again."""
    from assets.dagster.instance import noted_port

    query = json.dumps({"query": "mutation { reloadWorkspace { __typename } }"}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{noted_port(paths)}/graphql", data=query, headers={"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS):
            return True
    except OSError:
        return False
