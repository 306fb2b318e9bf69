"""A UI of this root that runs is asked to read the declarations again."""

import json
import urllib.error
import urllib.request
from typing import Any

from assets.web.guard.exposure import LOOPBACK, PROXY_SECRET
from assets.web.guard.roles import ROLE_HEADER, SECRET_HEADER, USER, USER_HEADER, Role
from pipeline.audit import user
from pipeline.paths import Paths
from pipeline.secret import read_secret

SHOWN = "The running asset graph shows it."
NOT_SHOWN = "The running asset graph does not show it yet: press “Reload” on its page “Deployment”, or start it again."
PATIENCE_SECONDS = 90
QUERY = "mutation { reloadWorkspace { __typename } }"


def reload_ui(paths: Paths) -> str:
    """Let it read the declarations again; what to tell the person, and nothing where none is running.

    Behind a proxy the UI answers to whoever has the proxy's secret, which is then read from the environment.
    """
    from assets.dagster.instance import noted_port

    request = urllib.request.Request(
        f"http://{LOOPBACK}:{noted_port(paths)}/graphql",
        data=json.dumps({"query": QUERY}).encode(),
        headers={"Content-Type": "application/json", **_as_proxy()},
    )
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            return SHOWN if _is_reloaded(json.load(answer)) else NOT_SHOWN
    except (urllib.error.HTTPError, TimeoutError):  # it runs, and is busy
        return NOT_SHOWN
    except (OSError, ValueError):
        return ""


def _as_proxy() -> dict[str, str]:
    secret = read_secret(PROXY_SECRET)
    if secret is None:
        return {}
    name = user()[0]
    known = name if USER.fullmatch(name) else "command-line"
    return {SECRET_HEADER: secret.get_secret_value(), ROLE_HEADER: Role.STAFF, USER_HEADER: known}


def _is_reloaded(answer: Any) -> bool:
    found = answer.get("data") if isinstance(answer, dict) else None
    return isinstance(found, dict) and (found.get("reloadWorkspace") or {}).get("__typename") == "Workspace"
