"""The start page as HTML: what staff want to know before they open anything."""

from assets.web.links import asset_link
from assets.web.state import State
from pipeline.paths import Paths

REFRESH_SECONDS = 15
"""While something is being built the page reads itself again."""


def start_page(paths: Paths, state: State, *, read_only: bool = False) -> str:
    """The page."""
    import jinja2

    file = paths.template("start.html.j2")
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    return environment.from_string(file.read_text(encoding="utf-8")).render(
        state=state,
        asset=lambda name: asset_link(*name.split("/")),
        read_only=read_only,
        refresh=REFRESH_SECONDS,
    )
