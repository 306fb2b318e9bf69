"""What each answer tells the browser to enforce; the policy that a page has is kept, and completed."""

from starlette.datastructures import MutableHeaders

FRAMES = "frame-ancestors 'self'"
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
CONSOLE = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    f"font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; {FRAMES}"
)
"""Of Dagster's page for trying queries, which has none."""


def complete(headers: MutableHeaders, path: str) -> None:
    """Add what is missing. No page of this server may be shown inside another site's."""
    for name, value in ALWAYS.items():
        if name == "Referrer-Policy":
            headers.setdefault(name, value)
        else:
            headers[name] = value
    policy = headers.get("content-security-policy")
    if policy is None:
        is_page = headers.get("content-type", "").startswith("text/html")
        headers["Content-Security-Policy"] = CONSOLE if path == "/graphql" and is_page else FRAMES
    elif "frame-ancestors" not in policy:
        headers["Content-Security-Policy"] = f"{policy.strip().rstrip(';')}; {FRAMES}"
    if path == "/graphql":
        headers["Cache-Control"] = "no-store"
