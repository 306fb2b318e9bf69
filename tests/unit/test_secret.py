"""A secret comes from the environment or from a file of its owner's alone, and no message ever holds it."""

import os
import socket
from pathlib import Path
from urllib.parse import quote

import pytest
from pydantic import SecretStr

from pipeline.errors import CohesionError
from pipeline.secret import HIDDEN, LONGEST, need_secret, read_secret, read_secret_file, redact, redacting

VALUE = "correct horse/battery+staple"


def put(folder: Path, content: bytes = VALUE.encode(), mode: int = 0o600) -> Path:
    file = folder / "password"
    file.write_bytes(content)
    file.chmod(mode)
    return file


def test_a_secret_is_read_from_the_environment(monkeypatch):
    monkeypatch.setenv("COHESION_SMTP_PASSWORD", VALUE)
    found = read_secret("smtp_password")
    assert found.get_secret_value() == VALUE
    assert VALUE not in f"{found} {found!r}"


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_or_from_a_file_that_its_owner_alone_may_read(tmp_path, monkeypatch, ending, mode):
    monkeypatch.setenv("COHESION_SMTP_PASSWORD_FILE", str(put(tmp_path, VALUE.encode() + ending, mode)))
    assert read_secret("smtp_password").get_secret_value() == VALUE


def test_a_link_to_such_a_file_is_followed(tmp_path):
    (tmp_path / "link").symlink_to(put(tmp_path))
    assert read_secret_file(tmp_path / "link").get_secret_value() == VALUE


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o660, 0o666, 0o622, 0o700 | 0o010])
def test_a_file_that_others_may_open_is_refused(tmp_path, mode):
    with pytest.raises(CohesionError, match="chmod 600") as found:
        read_secret_file(put(tmp_path, mode=mode), "COHESION_SMTP_PASSWORD_FILE")
    assert f"{mode:04o}" in str(found.value)
    assert VALUE not in str(found.value)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root, to give a file away")
def test_a_file_of_another_account_is_refused(tmp_path):
    file = put(tmp_path)
    os.chown(file, 12345, 12345)
    with pytest.raises(CohesionError, match="another account"):
        read_secret_file(file)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"), (b"\n", "empty"), (b"  ", "empty"), (b"hush\ntwo", "one line"), (b"hush\n\n", "one line"),
        (b" padded", "one line"), (b"bell\x07", "one line"), (b"null\0", "one line"), (b"\xff\xfe", "UTF-8"),
        (b"x" * (LONGEST + 1), "no secret"),
    ],
)  # fmt: skip
def test_what_is_no_secret_is_refused_without_being_printed(tmp_path, content, says):
    with pytest.raises(CohesionError, match=says) as found:
        read_secret_file(put(tmp_path, content))
    printed = content.decode("latin-1").strip()
    assert not printed or printed not in str(found.value)


def test_what_is_no_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe", 0o600)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        for place in (tmp_path / "none", tmp_path, tmp_path / "pipe", tmp_path / "socket"):
            with pytest.raises(CohesionError, match=r"cannot be read|is not a file"):
                read_secret_file(place)


def test_one_that_is_given_twice_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("COHESION_SMTP_PASSWORD", VALUE)
    monkeypatch.setenv("COHESION_SMTP_PASSWORD_FILE", str(put(tmp_path)))
    with pytest.raises(CohesionError, match="Set one of the two") as found:
        read_secret("smtp_password")
    assert VALUE not in str(found.value)


def test_a_path_is_whole_since_processes_run_in_other_folders(tmp_path, monkeypatch):
    put(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COHESION_SMTP_PASSWORD_FILE", "password")
    with pytest.raises(CohesionError, match="whole path"):
        read_secret("smtp_password")


def test_one_that_is_missing_is_nothing_or_an_error_that_names_both_ways(monkeypatch):
    monkeypatch.delenv("COHESION_SMTP_PASSWORD", raising=False)
    assert read_secret("smtp_password") is None
    with pytest.raises(CohesionError, match=r"COHESION_SMTP_PASSWORD: .*the digest by mail needs it.*_FILE.*0600"):
        need_secret("smtp_password", "the digest by mail")


@pytest.mark.parametrize("name", ["", "SMTP", "smtp-password", "_x", "x_", "a b", "x=y"])
def test_a_name_is_lower_case_words(name):
    with pytest.raises(ValueError, match="lower-case"):
        read_secret(name)


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        (VALUE, f"535 authentication of {VALUE} failed"),
        (VALUE, f"GET https://hooks.example.org/?token={quote(VALUE, safe='')} → 404"),
        (VALUE, "Authorization: Y29ycmVjdCBob3JzZS9iYXR0ZXJ5K3N0YXBsZQ=="),
        ("it's\\so", "no such user 'it\\'s\\\\so'" + repr("it's\\so")),
        ("postgresql://panel:hush@db/books", "could not connect to postgresql://panel:hush@db/books"),
        ("postgresql://panel:hush%2Fnow@db/books", 'password "hush/now" was refused'),
        ("https://u:hush@hooks.example.org/T0", "Basic dTpodXNo and hush"),
        ("https://[bad", "bad address https://[bad"),
    ],
)  # fmt: skip
def test_no_form_of_a_secret_stays_in_a_text(secret, text):
    hidden = redact(text, SecretStr(secret), None)
    assert HIDDEN in hidden
    assert secret not in hidden
    assert "hush" not in hidden
    assert "horse" not in hidden


def test_an_error_inside_is_told_without_the_secret():
    with pytest.raises(CohesionError) as found, redacting("the mail server", SecretStr(VALUE)):
        raise OSError(f"refused {VALUE}\nbye")
    assert str(found.value) == f"the mail server: OSError: refused {HIDDEN}\\nbye."
    assert found.value.__suppress_context__
    with pytest.raises(CohesionError, match=r"db: no \(hidden\)\. Ask"), redacting("db", SecretStr(VALUE)):
        raise CohesionError(f"no {VALUE}", todo="Ask.")
