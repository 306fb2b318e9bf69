"""Where the web server listens and under which names: this machine alone, or behind a proxy that knows who asks."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from pydantic import SecretStr

from pipeline.errors import CohesionError
from pipeline.secret import need_secret

LOOPBACK = "127.0.0.1"
PROXY_SECRET = "proxy_secret"
_SECRET = re.compile(r"[A-Za-z0-9_-]{32,200}")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*(?::[1-9][0-9]{{0,4}})?")


@dataclass(frozen=True)
class Exposure:
    """``name`` and ``secret`` are set behind a proxy: the public name, with a port if it is not 443."""

    port: int
    host: str = LOOPBACK
    name: str = ""
    secret: SecretStr | None = None
    read_only: bool = False

    @property
    def is_behind_proxy(self) -> bool:
        return self.secret is not None

    @property
    def here(self) -> str:
        """Where this machine itself reaches the server."""
        address = ipaddress.ip_address(self.host)
        if address.is_unspecified:
            return f"http://{LOOPBACK if address.version == 4 else '[::1]'}:{self.port}"
        return f"http://{self.host if address.version == 4 else f'[{self.host}]'}:{self.port}"

    @property
    def public(self) -> str:
        """Where people reach it."""
        return f"https://{self.name}" if self.name else self.here

    @property
    def origins(self) -> dict[str, str]:
        """``Host`` of a request → the origin that a page of it has."""
        names = ["127.0.0.1", "localhost", "[::1]"]
        hosts = {f"{name}:{self.port}": f"http://{name}:{self.port}" for name in names}
        if self.port == 80:
            hosts |= {name: f"http://{name}" for name in names}
        if self.name:
            hosts |= {self.name: self.public}
        return hosts


def exposure(
    port: int, host: str = LOOPBACK, *, behind_proxy: bool = False, name: str = "", read_only: bool = False
) -> Exposure:
    """What was asked for, if it is safe.

    Raises ``CohesionError`` if others than this machine could reach the server and no proxy stands before it, and if
    its secret or its name is missing or is no such thing.
    """
    address = _address(host)
    if not behind_proxy:
        if not address.is_loopback:
            raise CohesionError(
                "would open the asset graph to the network: it asks nobody who they are, and whoever reaches it can "
                "start runs and wipe assets",
                where=f"--host {host}",
                todo="Leave --host out, and put the proxy before it that `cohesion proxy config` sets up; in a "
                "container say --behind-proxy as well.",
            )
        if name:
            raise CohesionError("is for a server behind a proxy", where="--name", todo="Say --behind-proxy as well.")
        return Exposure(port, str(address), read_only=read_only)
    return Exposure(port, str(address), public_name(name), proxy_secret(), read_only)


def proxy_secret() -> SecretStr:
    """The secret that the proxy sends with each request. Raises ``CohesionError`` if it is missing or too weak."""
    secret = need_secret(PROXY_SECRET, "a server behind a proxy")
    if not _SECRET.fullmatch(secret.get_secret_value()):
        raise CohesionError(
            "is not 32 to 200 letters, digits, - and _",
            where="COHESION_PROXY_SECRET",
            todo="Make one: openssl rand -hex 32.",
        )
    return secret


def public_name(name: str) -> str:
    """The name that people type, in lower case. Raises ``CohesionError`` if it is missing or no name of a host."""
    lower = name.strip().lower().removesuffix(":443")
    if not _NAME.fullmatch(lower) or len(lower) > 253:
        raise CohesionError(
            "is not the public name of a server",
            where=f"--name {name}",
            todo="Give it without https://: cohesion.example.org. A port follows it if it is not 443.",
        )
    return lower


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    if host == "localhost":
        return ipaddress.ip_address(LOOPBACK)
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        raise CohesionError(
            "is no address to listen on", where=f"--host {host}", todo=f"Give an IP address; {LOOPBACK} if left out."
        ) from None
