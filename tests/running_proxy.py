"""nginx as ``cohesion proxy config`` sets it up, on a port of this machine, and people who use it."""

import contextlib
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2 as httpx
import pytest
from pydantic import SecretStr
from running_ui import free_port

from assets.deploy.proxy.nginx import Proxy, nginx_config

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
OPENSSL = shutil.which("openssl")
needs_nginx = pytest.mark.skipif(
    NGINX is None or OPENSSL is None, reason="needs nginx and openssl (Debian packages of these names)"
)
HOST = "cohesion.test"
SECRET = "0123456789abcdef0123456789abcdef"
PASSWORDS = {"ada": "correct horse", "grace": "battery staple", "nobody": "without a role"}
MAIN = """\
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1; {user}
events {{ worker_connections 1024; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    include {folder}/cohesion.conf;
}}
"""


@dataclass
class Running:
    """``port`` is nginx's for HTTPS, ``plain`` its for HTTP; ``backend`` the web server's; ``name`` the public name."""

    folder: Path
    port: int
    plain: int
    backend: int

    @property
    def name(self) -> str:
        return f"{HOST}:{self.port}"

    def context(self, host_is_checked: bool = True) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.folder / "certificate.pem"))
        context.check_hostname = host_is_checked
        return context

    def client(self, user: str = "", password: str | None = None, **headers: str) -> "Person":
        auth = (user, PASSWORDS.get(user, "") if password is None else password) if user else None
        made = httpx.Client(
            verify=self.context(), base_url=f"https://127.0.0.1:{self.port}", auth=auth, timeout=60,
            headers={"Host": self.name, **headers},
        )  # fmt: skip
        return Person(made)

    def by_hand(self, content: bytes, server_name: str = HOST) -> bytes:
        """What nginx answers to these bytes, sent over TLS."""
        with (
            socket.create_connection(("127.0.0.1", self.port), timeout=20) as plain,
            self.context(False).wrap_socket(plain, server_hostname=server_name) as connection,
        ):
            connection.sendall(content)
            connection.settimeout(3)
            answer = b""
            with contextlib.suppress(TimeoutError, ConnectionResetError, ssl.SSLEOFError):
                while b"\r\n\r\n" not in answer and (more := connection.recv(1 << 16)):
                    answer += more
            return answer


@dataclass
class Person:
    """Somebody with a browser or a program, as nginx sees them."""

    http: httpx.Client

    def ask(self, method: str = "GET", url: str = "/", **more: object) -> httpx.Response:
        return self.http.request(method, url, extensions={"sni_hostname": HOST}, **more)

    def graphql(self, query: str, **variables: object) -> httpx.Response:
        return self.ask("POST", "/graphql", json={"query": query, "variables": variables})


@contextlib.contextmanager
def running_nginx(folder: Path, upstream: int, port: int | None = None) -> Iterator[Running]:
    """nginx before a web server on the port ``upstream``, with two users who have roles and one who has none."""
    running = Running(folder, port or free_port(), free_port(), upstream)
    names = ["-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "2"]
    files = ["-keyout", f"{folder}/key.pem", "-out", f"{folder}/certificate.pem"]
    subprocess.run([OPENSSL, "req", "-x509", *kind, *names, *files], check=True, capture_output=True)
    _write_users(folder)
    asked = Proxy(
        running.name, folder / "users", folder / "certificate.pem", folder / "key.pem", f"127.0.0.1:{upstream}",
        f"127.0.0.1:{running.port}", f"127.0.0.1:{running.plain}",
    )  # fmt: skip
    (folder / "cohesion.conf").write_text(nginx_config(asked, SecretStr(SECRET)))
    with (folder / "users").open("a") as users:
        users.write(f"nobody:{_hash(PASSWORDS['nobody'])}\n")
    user = "user root;" if Path("/proc/self").stat().st_uid == 0 else ""
    (folder / "main.conf").write_text(MAIN.format(folder=folder, user=user))
    process = subprocess.Popen([NGINX, "-c", folder / "main.conf", "-e", folder / "error.log"])
    try:
        _wait(running.port, process, folder)
        yield running
    finally:
        process.terminate()
        process.wait(timeout=20)


def _write_users(folder: Path) -> None:
    lines = [f"ada:{_hash(PASSWORDS['ada'])}:staff\n", f"grace:{_hash(PASSWORDS['grace'])}:partner\n"]
    (folder / "users").write_text("".join(lines))
    (folder / "users").chmod(0o640)


def _hash(password: str) -> str:
    made = subprocess.run(
        [OPENSSL, "passwd", "-6", "-stdin"], input=password, text=True, capture_output=True, check=True
    )
    return made.stdout.strip()


def _wait(port: int, process: subprocess.Popen, folder: Path) -> None:
    for _ in range(200):
        if process.poll() is not None:
            pytest.fail(f"nginx ended: {(folder / 'error.log').read_text()[-2000:]}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    pytest.fail("nginx did not answer")
