"""What opens the UI to others is refused unless it is whole: address, name, secret, users, configuration of nginx."""

from pathlib import Path

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from assets.commands.main import app
from assets.deploy.proxy.nginx import Proxy, nginx_config
from assets.deploy.proxy.users import User, read_users
from assets.web.guard.exposure import exposure
from pipeline.errors import CohesionError

SECRET = "0123456789abcdef0123456789abcdef"
SHA512 = "$6$saltsalt$" + "a" * 86
BCRYPT = "$2y$05$" + "b" * 53


def put(folder: Path, text: str, mode: int = 0o640) -> Path:
    file = folder / "users"
    file.write_text(text)
    file.chmod(mode)
    return file


# where the web server listens ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "::1", "[::1]"])
def test_this_machine_is_listened_on(host):
    seen = exposure(3000, host)
    assert not seen.is_behind_proxy
    assert seen.public.startswith("http://")


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.1.4", "10.0.0.1", "203.0.113.9", "fe80::1", "::ffff:10.0.0.1"]
)
def test_anything_else_is_refused_with_the_reason_and_what_to_do(host):
    with pytest.raises(CohesionError, match=r"asks nobody who they are.*cohesion proxy config.*--behind-proxy"):
        exposure(3000, host)


@pytest.mark.parametrize("host", ["", "example.org", "127.0.0.1:80", "127.0.0.256", "0", "*", "localhost "])
def test_what_is_no_address_is_refused(host):
    with pytest.raises(CohesionError, match="no address"):
        exposure(3000, host)


@pytest.mark.parametrize(
    "secret", ["", "short", "x" * 31, "x" * 201, "with blank " * 4, "$host" * 10, '"' * 40, "é" * 40]
)
def test_behind_a_proxy_a_secret_is_needed_and_a_weak_one_refused(monkeypatch, secret):
    monkeypatch.delenv("COHESION_PROXY_SECRET", raising=False)
    with pytest.raises(CohesionError, match="COHESION_PROXY_SECRET: is not set"):
        exposure(3000, "0.0.0.0", behind_proxy=True, name="cohesion.example.org")
    monkeypatch.setenv("COHESION_PROXY_SECRET", secret)
    with pytest.raises(CohesionError, match="COHESION_PROXY_SECRET") as found:
        exposure(3000, "0.0.0.0", behind_proxy=True, name="cohesion.example.org")
    assert not secret or secret not in str(found.value)


@pytest.mark.parametrize(
    "name",
    ["", "https://a.example.org", "a.example.org/", "a b", "a;b", "-a.org", "a..b", "a:0", "*", "*.org", "é.org"],
)  # fmt: skip
def test_behind_a_proxy_a_public_name_is_needed(monkeypatch, name):
    monkeypatch.setenv("COHESION_PROXY_SECRET", SECRET)
    with pytest.raises(CohesionError, match="public name"):
        exposure(3000, "0.0.0.0", behind_proxy=True, name=name)


def test_behind_a_proxy_every_address_may_be_listened_on(monkeypatch):
    monkeypatch.setenv("COHESION_PROXY_SECRET", SECRET)
    seen = exposure(3000, "0.0.0.0", behind_proxy=True, name="Cohesion.Example.org:443")
    assert (seen.public, seen.here) == ("https://cohesion.example.org", "http://127.0.0.1:3000")
    assert SECRET not in repr(seen)
    with pytest.raises(CohesionError, match="--behind-proxy"):
        exposure(3000, name="cohesion.example.org")


def test_the_command_refuses_before_it_starts_anything():
    done = CliRunner().invoke(app, ["ui", "--host", "0.0.0.0"])
    assert done.exit_code == 1
    assert "Starting" not in done.output
    assert "asks nobody who they are" in " ".join(done.output.split())


# users ---------------------------------------------------------------------------------------------------------------
def test_users_have_roles(tmp_path):
    file = put(tmp_path, f"# staff\nada:{SHA512}:staff\n\ngrace@partner.org:{BCRYPT}:partner\n")
    assert read_users(file) == [User("ada", "staff"), User("grace@partner.org", "partner")]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("ada", "name:hash:role"), (f"ada:{SHA512}", "name:hash:role"), (f"ada:{SHA512}:staff:more", "name:hash:role"),
        (f"ada:{SHA512}:admin", "role"), (f"ada:{SHA512}:Staff", "role"), (f"ada:{SHA512}:", "role"),
        (f":{SHA512}:staff", "name"), (f"a b:{SHA512}:staff", "name"), (f'a"b:{SHA512}:staff', "name"),
        (f"a$b:{SHA512}:staff", "name"), (f"{'a' * 65}:{SHA512}:staff", "name"), (f" ada:{SHA512}:staff", "name"),
        ("ada:hush:staff", "SHA-512"), ("ada:{PLAIN}hush:staff", "SHA-512"), ("ada:{SHA}aaaa:staff", "SHA-512"),
        ("ada:$apr1$salt$hush:staff", "SHA-512"), ("ada:$1$salt$hush:staff", "SHA-512"), ("ada::staff", "SHA-512"),
        (f"ada:{SHA512[:-1]}:staff", "SHA-512"), (f"ada:$6$rounds=10$salt$hush{'a' * 82}:staff", "too few"),
        (f"ada:$6$rounds=900000$salt$hush{'a' * 82}:staff", "too long"), (f"ada:$2y$04${'b' * 53}:staff", "too few"),
        (f"ada:$2y$12$hush{'b' * 49}:staff", "too long"), (f"ada:{SHA512}:staff\nADA:{SHA512}:partner", "line 2"),
        (f"ada:{SHA512}:staff\nada:{SHA512}:staff", "line 2"), ("", "nobody"), ("# nobody\n", "nobody"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_user_is_refused_without_its_password(tmp_path, line, says):
    with pytest.raises(CohesionError, match=says) as found:
        read_users(put(tmp_path, line))
    assert "hush" not in str(found.value)
    assert "aaaa" not in str(found.value)


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o660, 0o646, 0o620])
def test_a_file_of_users_that_others_may_read_is_refused(tmp_path, mode):
    with pytest.raises(CohesionError, match="chmod 640"):
        read_users(put(tmp_path, f"ada:{SHA512}:staff\n", mode))


# the configuration ---------------------------------------------------------------------------------------------------
def proxy(folder: Path, **other: object) -> Proxy:
    users = put(folder, f"ada:{SHA512}:staff\ngrace:{SHA512}:partner\n")
    return Proxy(
        **{"name": "a.org", "users": users, "certificate": folder / "c", "certificate_key": folder / "k", **other}
    )


def test_the_configuration_names_users_and_roles_and_no_password(tmp_path):
    text = nginx_config(proxy(tmp_path), SecretStr(SECRET))
    assert '"ada" "staff";' in text
    assert '"grace" "partner";' in text
    assert SHA512 not in text
    assert text.count(SECRET) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"name": "a.org;"}, {"name": 'a"b'}, {"name": "a.org b.org"}, {"certificate": Path("/a b")},
        {"certificate_key": Path('/a"')}, {"certificate": Path("/a$b")}, {"certificate": Path("/a;b")},
        {"certificate": Path("/a\n")}, {"upstream": "127.0.0.1"}, {"upstream": "a b:3000"}, {"upstream": "a;:3000"},
        {"upstream": "a:70000"}, {"listen": "443 ssl"}, {"listen": "x"}, {"listen": "999.1.1.1:443"}, {"listen": ""},
        {"listen": "0"}, {"listen_http": "80;"}, {"listen": "[::g]:443"}, {"upstream": "unix:/run/a"},
    ],
)  # fmt: skip
def test_nothing_that_nginx_would_read_otherwise_comes_into_it(tmp_path, other):
    with pytest.raises(CohesionError):
        nginx_config(proxy(tmp_path, **other), SecretStr(SECRET))


def test_the_command_writes_a_file_of_its_owners_alone_and_prints_no_secret(tmp_path, monkeypatch):
    asked = proxy(tmp_path)
    out = tmp_path / "cohesion.conf"
    options = [
        "--name",
        "a.org",
        "--users",
        asked.users,
        "--certificate",
        "/c",
        "--certificate-key",
        "/k",
        "--out",
        out,
    ]
    command = ["proxy", "config", *map(str, options)]
    monkeypatch.delenv("COHESION_PROXY_SECRET", raising=False)
    missing = CliRunner().invoke(app, command)
    assert missing.exit_code == 1
    assert not out.exists()
    monkeypatch.setenv("COHESION_PROXY_SECRET", SECRET)
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert out.stat().st_mode & 0o777 == 0o600
    assert SECRET in out.read_text()
    assert SECRET not in done.output
    assert "cohesion ui --behind-proxy --name a.org" in done.output
