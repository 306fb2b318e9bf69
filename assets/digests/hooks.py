"""A digest handed on: by mail, or to a webhook. Off unless the settings of the project say to whom."""

from __future__ import annotations

import json
import smtplib
import ssl
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from assets.digests.contents import Digest
from assets.digests.page import text
from pipeline.errors import CohesionError
from pipeline.secret import need_secret, read_secret, redacting

PATIENCE_SECONDS = 20
HERE = ("localhost", "127.0.0.1", "::1")
SECURITY = ("starttls", "tls", "none")
Settings = Mapping[str, Any]


def hand_on(settings: Settings, digest: Digest, address: str) -> Iterator[str]:
    """Hand the digest to each hook that is set; in words, what became of it. A hook that fails stops nothing.

    ``address``: where the page of the digest is read.
    """
    for name, send in HOOKS.items():
        if name not in settings:
            continue
        try:
            yield send(settings, digest, address)
        except CohesionError as error:
            yield f"This digest was not handed on. {error}"


def mail(settings: Settings, digest: Digest, address: str) -> str:
    """Send the digest by SMTP. Raises ``CohesionError``, without the password, where that cannot be done."""
    to = [part.strip() for part in str(settings["digest_mail"]).split(",") if part.strip()]
    host, port = _server(settings)
    security = str(settings.get("digest_security", "starttls"))
    if security not in SECURITY:
        raise CohesionError(f"`digest_security` has to be one of {', '.join(SECURITY)}", where="settings")
    user = settings.get("digest_user")
    password = need_secret("smtp_password", "the mail server's user") if user else None
    if password is not None and security == "none" and host not in HERE:
        raise CohesionError("a password is sent over an encrypted connection only", where="`digest_security`")
    message = EmailMessage()
    message["Subject"] = f"Digest of {digest.made:%d %B %Y}: {digest.headline}"
    message["From"] = str(settings.get("digest_from", to[0]))
    message["To"] = ", ".join(to)
    message.set_content(text(digest, address))
    with redacting(f"mail server {host}:{port}", password):
        _deliver(message, (host, port), security, str(user or ""), password)
    return f"Mailed to {len(to)} address{'' if len(to) == 1 else 'es'} by {host}."


def _deliver(
    message: EmailMessage, server: tuple[str, int], security: str, user: str, password: SecretStr | None
) -> None:
    secure = ssl.create_default_context()
    opened: smtplib.SMTP = (
        smtplib.SMTP_SSL(*server, timeout=PATIENCE_SECONDS, context=secure)
        if security == "tls"
        else smtplib.SMTP(*server, timeout=PATIENCE_SECONDS)
    )
    with opened as connection:
        if security == "starttls":
            connection.starttls(context=secure)
        if password is not None:
            _log_in(connection, user, password)
        connection.send_message(message)


def _log_in(connection: smtplib.SMTP, user: str, password: SecretStr) -> None:
    """A server's answer to a login may repeat what it was given: only its number is reported."""
    try:
        connection.login(user, password.get_secret_value())
    except smtplib.SMTPAuthenticationError as error:
        raise CohesionError(f"did not accept user and password (code {error.smtp_code})") from None


def _server(settings: Settings) -> tuple[str, int]:
    named = str(settings.get("digest_server", "localhost:25"))
    host, _, port = named.rpartition(":")
    if not host or not port.isdigit():
        raise CohesionError(f"`digest_server` has to be host:port, as in mail.example.org:587, not `{named}`")
    return host.strip("[]"), int(port)


def webhook(settings: Settings, digest: Digest, address: str) -> str:
    """Post the digest as JSON; ``text`` holds all of it. Raises ``CohesionError``, without the token."""
    place = str(settings["digest_webhook"])
    parts = urlsplit(place)
    token = read_secret("webhook_token")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise CohesionError("`digest_webhook` has to be an address that begins with https://", where="settings")
    if parts.scheme == "http" and parts.hostname not in HERE:
        raise CohesionError("a digest leaves this machine over https:// only", where="`digest_webhook`")
    content = {
        "title": f"Digest of {digest.made:%d %B %Y}",
        "headline": digest.headline,
        "text": text(digest, address),
        "address": address,
        "runs": [{"study": run.study, "why": run.why, "outcome": run.outcome} for run in digest.runs],
        "arrived": list(digest.arrived),
        "moved": digest.moved,
        "waiting": digest.waiting_count,
    }
    headers = {"Content-Type": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token.get_secret_value()}"
    request = urllib.request.Request(place, data=json.dumps(content).encode(), headers=headers, method="POST")
    with redacting(f"webhook at {parts.hostname}", token), _straight().open(request, timeout=PATIENCE_SECONDS):
        pass
    return f"Posted to the webhook at {parts.hostname}."


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Another place than the one that is set does not get the token."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _straight() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(_NoRedirect)


HOOKS: Mapping[str, Callable[[Settings, Digest, str], str]] = {"digest_mail": mail, "digest_webhook": webhook}
"""The setting that turns a hook on → the hook."""
