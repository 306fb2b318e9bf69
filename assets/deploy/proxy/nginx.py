"""nginx before ``cohesion ui``: TLS, users with roles, limits, nothing passed on that another site asks."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from assets.deploy.proxy.users import read_users
from assets.web.guard.exposure import public_name
from pipeline.errors import CohesionError

TEMPLATE = Path(__file__).with_name("nginx.conf.j2")
_PATH = re.compile(r"/[A-Za-z0-9._/@+-]+")
_LISTEN = re.compile(r"(?:(?P<v4>[0-9.]+):|\[(?P<v6>[0-9a-f:]+)\]:)?[1-9][0-9]{0,4}")
LISTEN = "443, or 192.0.2.1:443"
_UPSTREAM = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?:[1-9][0-9]{0,4}")


@dataclass(frozen=True)
class Proxy:
    """``name``: the public name, with a port if it is not 443. ``listen``: ports, or addresses with ports.

    ``upstream``: where ``cohesion ui`` listens. An empty ``listen_http`` leaves plain HTTP to others.
    """

    name: str
    users: Path
    certificate: Path
    certificate_key: Path
    upstream: str = "127.0.0.1:3000"
    listen: str = "443"
    listen_http: str = "80"


def nginx_config(proxy: Proxy, secret: SecretStr) -> str:
    """The configuration, with the secret in it. Raises ``CohesionError`` for what cannot stand there."""
    import jinja2

    name = public_name(proxy.name)
    users_file = _path(proxy.users, "--users")
    environment = jinja2.Environment(
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )  # not HTML; each text that is put in was checked, sign by sign
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        name=name,
        host=name.split(":")[0],
        users=read_users(proxy.users),
        users_file=users_file,
        certificate=_path(proxy.certificate, "--certificate"),
        certificate_key=_path(proxy.certificate_key, "--certificate-key"),
        upstream=_fits(_UPSTREAM, proxy.upstream, "--upstream", "127.0.0.1:3000"),
        listen=_fits(_LISTEN, proxy.listen, "--listen", LISTEN),
        listen_http=_fits(_LISTEN, proxy.listen_http, "--listen-http", LISTEN) if proxy.listen_http else "",
        secret=secret.get_secret_value(),
    )


def _path(path: Path, option: str) -> str:
    whole = path.absolute().as_posix()
    if not _PATH.fullmatch(whole):
        raise CohesionError(
            "a path in nginx's configuration holds letters, digits and . _ / @ + - only",
            where=f"{option} {whole}",
            todo="Put the file elsewhere.",
        )
    return whole


def _fits(pattern: re.Pattern[str], text: str, option: str, example: str) -> str:
    found = pattern.fullmatch(text)
    address = next(filter(None, found.groups()), "::") if found else ""
    if found is None or int(text.rsplit(":", 1)[-1]) > 65535 or not _is_address(address):
        raise CohesionError("is no address", where=f"{option} {text}", todo=f"Like this: {example}.")
    return text


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
