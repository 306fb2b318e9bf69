"""After scheduled runs one page says what arrived, moved and waits; it is handed on by mail and webhook if so set."""

import base64
import http.server
import json
import re
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest
from engine_runs import workspace_of
from published_study import make_published
from small_study import build, deposit, rows

from assets.building import plan_build, record
from assets.dagster.digest import digest_sensor
from assets.dagster.retention import delete_old
from assets.digests.contents import Digest, RunSaid, digest
from assets.digests.hooks import hand_on
from assets.digests.page import text, write_page
from pipeline.paths import Paths

pytestmark = pytest.mark.thorough
RUN = RunSaid("0123abcd", "first", "w01 arrived", "ended well", 0.0)
PASSWORD, TOKEN = "correct/horse+battery", "a token=of 1"
LOGIN = base64.b64encode(f"\0panel\0{PASSWORD}".encode()).decode()
ADDRESS = "http://127.0.0.1:3000/reports/digests/today.html"


def rebuilt(root: Path) -> None:
    """A build as it is kept for ``cohesion diff``."""
    assert not [report.message for report in build(root).values() if report.message]
    workspace = workspace_of(root)
    assert not record(workspace, plan_build(workspace))


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Digest]:
    """A study whose file was corrected between two builds, and in whose folder another file lies."""
    root = make_published(tmp_path_factory.mktemp("digest") / "root")
    rebuilt(root)
    time.sleep(1.1)  # builds are dated by the second
    since = time.time()
    corrected = rows()
    deposit(root, "first", corrected.with_columns(lifesat=corrected["lifesat"].reverse()))
    (root / "data" / "raw" / "first" / "second.csv").write_text("id\nP001\n")
    rebuilt(root)
    found, number = digest(workspace_of(root), [RUN], since, None)
    assert number == 2
    return root, found


def test_it_says_what_arrived_moved_and_waits(moved):
    root, found = moved
    assert found.arrived[0].startswith("The study's full title, 2024 (w01): 40 rows, SHA-256 ")
    assert {model.model for model in found.models} == {"satisfied", "shares"}
    assert any("study_wave_1.csv" in cause or "deposit" in cause for cause in found.causes)
    ((_, tasks),) = found.waiting
    assert "second.csv is declared by no wave" in [task.what for task in tasks]
    assert re.match(r"1 wave arrived, \d+ estimates moved, \d+ things? waits? for a person$", found.headline)
    again, _ = digest(workspace_of(root), [RUN], time.time(), 2)
    assert (again.arrived, again.models) == ((), ())
    assert again.unsaid == "Nothing that is computed or printed has changed since."


def test_the_page_names_nobody_and_a_second_one_lies_beside_it(moved):
    root, found = moved
    page = write_page(Paths(root), found, ("Mailed to 1 address by localhost.",))
    assert page == Paths(root).digest_file(f"{found.made:%Y-%m-%d}")
    said = page.read_text()
    for words in ("What arrived", "What moved", "satisfied: ", "second.csv is declared by no wave", "Mailed to"):
        assert words in said
    for each in (said, text(found, ADDRESS)):
        assert not re.search(r"\bP0\d\d\b", each)
    assert write_page(Paths(root), found, ()).name == f"{found.made:%Y-%m-%d}-2.html"


class Smtp(socketserver.StreamRequestHandler):
    """As much of a mail server as a client needs: it takes what it is given."""

    def handle(self) -> None:
        self.say("220 test")
        while line := self.rfile.readline().decode().strip():
            verb = line.split()[0].upper()
            self.server.heard.append(line)
            if verb == "DATA":
                self.say("354 go on")
                lines = []
                while (part := self.rfile.readline()) != b".\r\n":
                    lines.append(part.decode())
                self.server.mails.append("".join(lines))
            elif verb == "AUTH" and self.server.refuses:
                self.say(f"535 not {line.split()[-1]}")
                continue
            self.say("221 bye" if verb == "QUIT" else "235 fine" if verb == "AUTH" else
                     "250-test\r\n250 AUTH PLAIN" if verb == "EHLO" else "250 ok")  # fmt: skip

    def say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


@contextmanager
def mail_server(refuses: bool = False) -> Iterator[socketserver.ThreadingTCPServer]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Smtp) as server:
        server.daemon_threads, server.heard, server.mails, server.refuses = True, [], [], refuses
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@contextmanager
def web_server(status: int = 200) -> Iterator[http.server.ThreadingHTTPServer]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.got.append((dict(self.headers), json.loads(body)))
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.got = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_it_is_mailed(moved, monkeypatch):
    monkeypatch.setenv("COHESION_SMTP_PASSWORD", PASSWORD)
    with mail_server() as server:
        settings = {
            "digest_mail": "ada@example.org, grace@example.org", "digest_from": "panel@example.org",
            "digest_server": f"127.0.0.1:{server.server_address[1]}", "digest_security": "none", "digest_user": "panel",
        }  # fmt: skip
        assert list(hand_on(settings, moved[1], ADDRESS)) == ["Mailed to 2 addresses by 127.0.0.1."]
    assert f"AUTH PLAIN {LOGIN}" in server.heard
    (mail,) = server.mails
    assert "To: ada@example.org, grace@example.org" in mail
    assert "What waits for a person" in mail
    assert PASSWORD not in mail


def test_it_is_posted_and_a_redirect_is_not_followed(moved, monkeypatch):
    monkeypatch.setenv("COHESION_WEBHOOK_TOKEN", TOKEN)
    with web_server() as server:
        settings = {"digest_webhook": f"http://127.0.0.1:{server.server_address[1]}/hook"}
        assert list(hand_on(settings, moved[1], ADDRESS)) == ["Posted to the webhook at 127.0.0.1."]
    ((headers, content),) = server.got
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert content["address"] == ADDRESS
    assert content["headline"] == moved[1].headline
    with web_server(302) as server:
        settings = {"digest_webhook": f"http://127.0.0.1:{server.server_address[1]}/hook"}
        (said,) = hand_on(settings, moved[1], ADDRESS)
    assert "302" in said
    assert len(server.got) == 1


def test_hooks_that_fail_are_said_and_stop_nothing(moved, monkeypatch):
    monkeypatch.setenv("COHESION_SMTP_PASSWORD", PASSWORD)
    with mail_server(refuses=True) as server, web_server(500) as web:
        settings = {
            "digest_mail": "ada@example.org", "digest_server": f"127.0.0.1:{server.server_address[1]}",
            "digest_security": "none", "digest_user": "panel",
            "digest_webhook": f"http://127.0.0.1:{web.server_address[1]}/",
        }  # fmt: skip
        mail, post = hand_on(settings, moved[1], ADDRESS)
    assert mail.startswith("This digest was not handed on. mail server 127.0.0.1:")
    assert PASSWORD not in mail
    assert LOGIN not in mail
    assert post.startswith("This digest was not handed on. webhook at 127.0.0.1: ")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"digest_mail": "a@b.org", "digest_server": "mail"}, "has to be host:port"),
        ({"digest_mail": "a@b.org", "digest_security": "ssl"}, "one of starttls, tls, none"),
        (
            {"digest_mail": "a@b.org", "digest_server": "mail.b.org:25", "digest_security": "none", "digest_user": "a"},
            "encrypted",
        ),
        ({"digest_webhook": "http://example.org/x"}, "https:// only"),
        ({"digest_webhook": "file:///etc/passwd"}, "begins with https://"),
    ],
)
def test_what_is_set_wrongly_is_refused_before_anything_is_sent(moved, monkeypatch, settings, words):
    monkeypatch.setenv("COHESION_SMTP_PASSWORD", PASSWORD)
    (said,) = hand_on(settings, moved[1], ADDRESS)
    assert words in said


def test_without_settings_nothing_is_sent(moved):
    assert list(hand_on({}, moved[1], ADDRESS)) == []


def scheduled(instance: dg.DagsterInstance, **tags: str) -> dg.DagsterRun:
    @dg.job(name="rebuild_a_study")
    def rebuild() -> None: ...

    return rebuild.execute_in_process(instance=instance, tags={"study": "first", **tags}).dagster_run


def test_the_sensor_tells_each_scheduled_run_once(moved):
    root, _ = moved
    pages = Paths(root).digest_file("x").parent
    before = set(pages.glob("*.html"))
    with dg.DagsterInstance.ephemeral() as instance:
        sensor = digest_sensor(Paths(root))
        scheduled(instance)
        by_hand = sensor(dg.build_sensor_context(instance))
        assert "No scheduled run" in by_hand.skip_reason.skip_message
        scheduled(instance, **{"dagster/schedule_name": "nightly", "why": "nightly"})
        told = sensor(dg.build_sensor_context(instance))
        (page,) = set(pages.glob("*.html")) - before
        assert f"/reports/digests/{page.name}" in told.skip_reason.skip_message
        assert "(nightly): ended well" in page.read_text()
        again = sensor(dg.build_sensor_context(instance, cursor=told.cursor))
        assert "No scheduled run" in again.skip_reason.skip_message


def test_old_runs_are_deleted_but_for_those_that_are_shown(tmp_path):
    @dg.asset
    def kept() -> None: ...

    month = 30 * 86_400
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        built = dg.materialize([kept], instance=instance)
        old, last = scheduled(instance), scheduled(instance)
        shard = Path(instance.event_log_storage.path_for_shard(old.run_id))
        assert shard.exists()
        assert delete_old(instance, 31, (), now=time.time() + month) == []
        dg.materialize([dg.asset(name="other")(lambda: None)], instance=instance)
        assert delete_old(instance, 29, (), now=time.time() + month) == [old.run_id]
        assert not shard.exists()
        ids = {run.run_id for run in instance.get_runs()}
        assert {built.run_id, last.run_id} <= ids, "the run of an asset's last state, and the last of a job"
        assert instance.get_latest_materialization_event(dg.AssetKey("kept")) is not None
