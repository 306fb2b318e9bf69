"""Where a request says it was sent to and from: ``Host``, ``Origin``, ``Referer`` and ``Sec-Fetch-Site``."""

from collections.abc import Mapping

from starlette.datastructures import Headers

from assets.web.guard.refusal import Refusal

OWN_SITE = frozenset({"same-origin", "none"})
"""``none``: typed, or opened from outside the browser."""


def expected_origin(headers: Headers, origins: Mapping[str, str]) -> str:
    """The origin that a page of the asked ``Host`` has. Raises ``Refusal`` if it is none of this server's.

    A page of another site whose name was made to lead here (DNS rebinding) sends the name of that site.
    """
    hosts = headers.getlist("host")
    if len(hosts) != 1 or hosts[0].lower() not in origins:
        known = ", ".join(origins)
        raise Refusal(421, f"This server is not known by the name that was asked for. It answers to: {known}.")
    return origins[hosts[0].lower()]


def refuse_other_sites(headers: Headers, expected: str) -> None:
    """Raises ``Refusal`` if a page of another site asks: browsers say so with each request that can change something.

    A program that is no browser sends none of these headers, and cannot be misled by a page.
    """
    origins = headers.getlist("origin")
    if len(origins) > 1 or any(origin != expected for origin in origins):
        raise Refusal(403, "A page of another site asked for this. It was refused.")
    if headers.get("sec-fetch-site", "none") not in OWN_SITE:
        raise Refusal(403, "A page of another site asked for this. It was refused.")
    referer = headers.get("referer")
    if not origins and referer is not None and referer != expected and not referer.startswith(f"{expected}/"):
        raise Refusal(403, "A page of another site asked for this. It was refused.")


def refuse_reading_elsewhere(headers: Headers) -> None:
    """The same for what only reads, but costs work: pages of other sites may link to it, and not fetch it."""
    if headers.get("sec-fetch-site", "none") not in OWN_SITE:
        raise Refusal(403, "A page of another site asked for this. It was refused.")
