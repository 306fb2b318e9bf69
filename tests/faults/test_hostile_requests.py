"""No request that others could make a browser send, or that was made by hand, gets past the guard of the web server."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from pydantic import SecretStr
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from assets.web.guard.body import LARGEST
from assets.web.guard.exposure import Exposure
from assets.web.guard.middleware import Guard, person_of
from assets.web.guard.operations import LONGEST, read_document

PORT, NAME = 3000, "cohesion.example.org"
SECRET = "0123456789abcdef0123456789abcdef"
HERE = Exposure(PORT)
BEHIND = Exposure(PORT, "127.0.0.1", NAME, SecretStr(SECRET))
LAUNCH = "mutation { launchRun { __typename } }"
READ = "{ assetNodes { id } }"
WATCH = "subscription { locationStateChangeEvents { __typename } }"
DEEP = "{" + "a{" * 3000 + "a" + "}" * 3001


class Pages:
    """The application behind the guard: notes what reaches it."""

    def __init__(self) -> None:
        self.reached: list[tuple[str, str, object]] = []

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "websocket":
            await self.socket(WebSocket(scope, receive, send))
        elif scope["type"] == "http":
            body = b""
            if scope["method"] == "POST":
                body = (await receive()).get("body", b"")
            self.reached.append((scope["method"], scope["path"], json.loads(body) if body else scope["query_string"]))
            self.person, self.headers = person_of(scope), dict(scope["headers"])
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
            await send({"type": "http.response.body", "body": b"page"})

    async def socket(self, websocket: WebSocket) -> None:
        await websocket.accept("graphql-ws")
        with contextlib.suppress(WebSocketDisconnect):
            while True:
                self.reached.append(("websocket", websocket.url.path, await websocket.receive_json()))
                await websocket.send_json({"type": "data"})


@pytest.fixture
def pages() -> Pages:
    return Pages()


def client(pages: Pages, exposure: Exposure = HERE, record=None) -> TestClient:
    base = f"http://127.0.0.1:{PORT}" if exposure.secret is None else f"http://{NAME}"
    return TestClient(Guard(pages, exposure, record), base_url=base, follow_redirects=False)


def through_proxy(role: str = "staff", user: str = "ada") -> dict[str, str]:
    return {"X-Cohesion-Proxy": SECRET, "X-Cohesion-Role": role, "X-Cohesion-User": user}


def posted(query: object = LAUNCH, **more: object) -> dict:
    return {"method": "POST", "url": "/graphql", "json": {"query": query, **more}}


def typed(content_type: str, content: bytes = json.dumps({"query": LAUNCH}).encode()) -> dict:
    return {"method": "POST", "url": "/graphql", "content": content, "headers": {"Content-Type": content_type}}


def asked(query: str, **more: str) -> dict:
    return {"method": "GET", "url": "/graphql", "params": {"query": query, **more}}


HOSTILE = {
    # another name leads here (DNS rebinding), or none
    "host-of-another-site": {"url": "/", "headers": {"Host": "evil.example"}},
    "host-with-our-port": {"url": "/", "headers": {"Host": f"evil.example:{PORT}"}},
    "host-without-port": {"url": "/", "headers": {"Host": "127.0.0.1"}},
    "host-with-another-port": {"url": "/", "headers": {"Host": "127.0.0.1:80"}},
    "host-that-begins-so": {"url": "/", "headers": {"Host": f"localhost:{PORT}.evil.example"}},
    "host-with-a-dot": {"url": "/", "headers": {"Host": f"localhost.:{PORT}"}},
    "host-with-a-user": {"url": "/", "headers": {"Host": f"evil@localhost:{PORT}"}},
    "host-empty": {"url": "/", "headers": {"Host": ""}},
    "host-of-this-machine-in-full": {"url": "/", "headers": {"Host": f"0.0.0.0:{PORT}"}},
    # a page of another site asks
    "origin-of-another-site": {**posted(), "headers": {"Origin": "https://evil.example"}},
    "origin-null": {**posted(), "headers": {"Origin": "null"}},
    "origin-of-another-port": {**posted(), "headers": {"Origin": "http://127.0.0.1:8000"}},
    "origin-over-tls": {**posted(), "headers": {"Origin": f"https://127.0.0.1:{PORT}"}},
    "origin-that-begins-so": {**posted(), "headers": {"Origin": f"http://127.0.0.1:{PORT}.evil.example"}},
    "origin-of-the-other-name": {**posted(), "headers": {"Origin": f"http://localhost:{PORT}"}},
    "origin-empty": {**posted(), "headers": {"Origin": ""}},
    "referer-of-another-site": {**posted(), "headers": {"Referer": "https://evil.example/page"}},
    "referer-that-begins-so": {**posted(), "headers": {"Referer": f"http://127.0.0.1:{PORT}.evil.example/"}},
    "fetched-across-sites": {**posted(), "headers": {"Sec-Fetch-Site": "cross-site"}},
    "fetched-from-a-neighbour": {**posted(), "headers": {"Sec-Fetch-Site": "same-site"}},
    "read-across-sites": {**asked(READ), "headers": {"Sec-Fetch-Site": "cross-site"}},
    "logs-across-sites": {"url": "/logs/run/compute/x.out", "headers": {"Sec-Fetch-Site": "cross-site"}},
    "asked-whether-it-may": {"method": "OPTIONS", "url": "/graphql", "headers": {"Origin": "https://evil.example"}},
    # a change by GET
    "mutation-by-get": asked(LAUNCH),
    "mutation-with-an-alias": asked("mutation { looks: launchRun { __typename } }"),
    "mutation-second": asked(f"query A {READ} mutation B {{ launchRun {{ __typename }} }}", operationName="A"),
    "mutation-behind-a-comment": asked(f"# query\n{LAUNCH}"),
    "mutation-behind-commas": asked(f",,,\ufeff{LAUNCH}"),
    "mutation-in-a-fragment": asked("mutation { ...f } fragment f on Mutation { launchRun { __typename } }"),
    "mutation-with-a-directive": asked("mutation @skip(if: false) { launchRun { __typename } }"),
    "subscription-by-get": asked(WATCH),
    "query-said-twice": {"url": f"/graphql?query={READ}&query={LAUNCH}"},
    "query-kept-elsewhere": {"url": "/graphql", "params": {"extensions": '{"persistedQuery":{"sha256Hash":"00"}}'}},
    "query-by-an-id": {"url": "/graphql", "params": {"queryId": "launch"}},
    "no-query": {"url": "/graphql"},
    "by-head": {"method": "HEAD", "url": "/graphql", "params": {"query": READ}},
    "by-a-method-in-a-header": {**asked(LAUNCH), "headers": {"X-HTTP-Method-Override": "POST"}},
    "page-for-trying-with-a-mutation": {**asked(LAUNCH), "headers": {"Accept": "text/html"}},
    # what a form can send without asking first
    "form": typed("application/x-www-form-urlencoded", b"query=mutation{launchRun{__typename}}"),
    "form-with-parts": typed("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="query"'),
    "plain-text": typed("text/plain"),
    "plain-text-that-names-json": typed("text/plain; application/json"),
    "json-in-a-list-of-types": typed("text/plain, application/json"),
    "graphql-as-such": typed("application/graphql", LAUNCH.encode()),
    "no-type": {"method": "POST", "url": "/graphql", "content": b"{}"},
    "query-in-the-address": {"method": "POST", "url": "/graphql", "params": {"query": LAUNCH}},
    "compressed": {**posted(READ), "headers": {"Content-Encoding": "gzip"}},
    # what cannot be read
    "no-json": typed("application/json", b"query"),
    "half-json": typed("application/json", b'{"query": "'),
    "json-of-another-encoding": typed("application/json", json.dumps({"query": READ}).encode("utf-16")),
    "json-that-is-deep": typed("application/json", b"[" * 100_000),
    "several-at-once": typed("application/json", json.dumps([{"query": READ}]).encode()),
    "a-text": typed("application/json", b'"query"'),
    "a-number": typed("application/json", b"1" * 5000),
    "query-is-a-list": posted([READ]),
    "query-is-empty": posted(" "),
    "query-is-missing": posted(None),
    "query-is-no-graphql": posted("launch!"),
    "query-is-a-schema": posted("type Query { a: Int }"),
    "query-with-a-schema": posted("type A { b: Int } { a }"),
    "query-is-only-a-fragment": posted("fragment f on Query { version }"),
    "query-is-long": posted("{" + "a " * LONGEST + "}"),
    "query-is-deep": posted(DEEP),
    "query-of-many-tokens": posted("{" + "a," * 30_000 + "}"),
    "query-of-many-comments": posted("#\n" * 30_000 + READ),
    "subscription-by-post": posted(WATCH),
    "persisted": posted(None, extensions={"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}),
    "persisted-with-its-query": posted(READ, extensions={"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}),
    "by-id": posted(None, id="launch"),
    "unknown-key": posted(READ, batch=True),
    "variables-are-a-text": posted(READ, variables="{}"),
    "operation-is-a-list": posted(READ, operationName=["a"]),
    "too-large": typed("application/json", b'{"query": "' + b" " * LARGEST + b'{a}"}'),
    # addresses and methods
    "report-materialization": {"method": "POST", "url": "/report_asset_materialization/paper/a", "json": {}},
    "report-check": {"method": "POST", "url": "/report_asset_check/paper/a?passed=true", "json": {}},
    "report-observation": {"method": "POST", "url": "/report_asset_observation/paper/a", "content": b""},
    "notebook": {"url": "/notebook?repoLocName=cohesion&path=/home/a.ipynb"},
    "notebook-by-its-old-name": {"url": "/dagit/notebook?repoLocName=cohesion&path=/home/a.ipynb"},
    "post-a-page": {"method": "POST", "url": "/"},
    "post-the-graph-with-a-slash": {**posted(), "url": "/graphql/"},
    "put": {"method": "PUT", "url": "/reports/papers/a.html", "content": b"x"},
    "delete": {"method": "DELETE", "url": "/reports/papers/a.html"},
    "patch": {"method": "PATCH", "url": "/graphql", "json": {"query": LAUNCH}},
    "own-method": {"method": "LAUNCH", "url": "/graphql"},
    "climbs": {"url": "/logs/%2e%2e/%2e%2e/keys/pseudonym.out"},
    "climbs-with-backslashes": {"url": "/logs/..%5c..%5ckeys.out"},
    "a-null": {"url": "/reports/papers/a.html%00"},
    "a-line-break": {"url": "/reports/papers/a%0d%0aSet-Cookie:x.html"},
}  # fmt: skip


@pytest.mark.parametrize("request_", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_request_is_refused(pages, request_):
    answer = client(pages).request(**{"method": "GET", **request_})
    assert 400 <= answer.status_code < 500
    assert pages.reached == []
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors" in answer.headers["content-security-policy"]
    assert "access-control-allow-origin" not in answer.headers
    assert "evil" not in answer.text


@pytest.mark.parametrize("exposure", [HERE, BEHIND], ids=["here", "behind-a-proxy"])
@pytest.mark.parametrize(
    "request_",
    [
        {"url": "/"}, {"url": "/reports/papers/a.html"}, {"url": "/assets/wave/a/w01?view=checks"}, {"url": "/runs"},
        {"method": "HEAD", "url": "/"}, {"url": "/logs/run/compute/x.out"}, {"url": "/download_debug/run"},
        {"url": "/", "headers": {"Sec-Fetch-Site": "cross-site", "Referer": "https://mail.example/"}},
        {"url": "/graphql", "headers": {"Accept": "text/html"}}, asked(READ), asked(READ, variables='{"a": 1}'),
        posted(), posted(READ, variables={"a": [1]}, operationName=None), posted("# a launch\n" + LAUNCH),
        {**posted(), "headers": {"Sec-Fetch-Site": "same-origin"}},
        typed("application/json; charset=utf-8"), typed("Application/JSON"),
    ],
)  # fmt: skip
def test_what_staff_and_their_browser_send_is_passed_on(pages, request_, exposure):
    sent = {"method": "GET", **request_}
    if exposure is BEHIND:
        sent["headers"] = {**sent.get("headers", {}), **through_proxy()}
    answer = client(pages, exposure).request(**sent)
    assert answer.status_code == 200
    assert [reached[0] for reached in pages.reached] == [sent["method"]]
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST"])
def test_each_name_of_this_machine_answers_to_pages_of_its_own(pages, name):
    origin = f"http://{name.lower()}:{PORT}"
    answer = client(pages).request(**posted(), headers={"Host": f"{name}:{PORT}", "Origin": origin})
    assert answer.status_code == 200


def test_what_is_passed_on_is_what_was_read(pages):
    """Two readers of one text may read it differently: the second is given another text."""
    text = b'{"query": "mutation { launchRun { a } }", "query": "{ a }", "variables": {"x": 1e2}}'
    client(pages).request(**typed("application/json; a=b", text))
    assert pages.reached == [("POST", "/graphql", {"query": "{ a }", "variables": {"x": 100.0}, "operationName": None})]
    assert pages.headers[b"content-type"] == b"application/json"
    client(pages).request(**asked("{ a }", variables='{"x":1,"x":2}'))
    assert pages.reached[1][2] == b"query=%7B+a+%7D&variables=%7B%22x%22%3A+2%7D"


def test_a_mutation_has_its_own_names_whatever_it_calls_itself():
    found = read_document(
        "mutation { query: wipeAssets { a: __typename } ...f ... on Mutation { reloadWorkspace { b } } }"
        "fragment f on Mutation { launchRun { ...f } }"
    )
    assert found.changes == ("wipeAssets", "launchRun", "reloadWorkspace")
    assert {"wipeAssets", "__typename", "launchRun", "reloadWorkspace", "b"} == found.fields


# behind a proxy ------------------------------------------------------------------------------------------------------
FORGED = {
    "nothing": {},
    "a-role-alone": {"X-Cohesion-Role": "staff", "X-Cohesion-User": "ada"},
    "another-secret": {**through_proxy(), "X-Cohesion-Proxy": SECRET[:-1] + "0"},
    "half-a-secret": {**through_proxy(), "X-Cohesion-Proxy": SECRET[:16]},
    "an-empty-secret": {**through_proxy(), "X-Cohesion-Proxy": ""},
    "a-secret-of-other-signs": {**through_proxy(), "X-Cohesion-Proxy": "é".encode("latin-1")},
    "no-role": {**through_proxy(), "X-Cohesion-Role": ""},
    "an-unknown-role": through_proxy("admin"),
    "the-role-of-nobody-here": through_proxy("reader"),
    "two-roles-in-one": through_proxy("staff, partner"),
    "no-user": through_proxy(user=""),
    "an-odd-user": through_proxy(user="ada; role=staff"),
    "underscores": {"X_Cohesion_Proxy": SECRET, "X_Cohesion_Role": "staff", "X_Cohesion_User": "ada"},
    "who-it-was-forwarded-for": {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": NAME},
}  # fmt: skip


@pytest.mark.parametrize("headers", FORGED.values(), ids=FORGED.keys())
@pytest.mark.parametrize("request_", [{"url": "/"}, {"url": "/server_info"}, asked(READ), posted()])
def test_only_the_proxy_is_answered(pages, headers, request_):
    answer = client(pages, BEHIND).request(**{"method": "GET", **request_}, headers=headers)
    assert answer.status_code == 403
    assert pages.reached == []
    assert SECRET[:8] not in answer.text


def test_two_secrets_are_none(pages):
    doubled = [*through_proxy().items(), ("X-Cohesion-Proxy", SECRET)]
    assert client(pages, BEHIND).get("/", headers=doubled).status_code == 403
    doubled = [*through_proxy("partner").items(), ("X-Cohesion-Role", "staff")]
    assert client(pages, BEHIND).get("/", headers=doubled).status_code == 403


def test_no_page_sees_the_secret(pages):
    client(pages, BEHIND).get("/", headers=through_proxy())
    assert not [name for name in pages.headers if name.startswith(b"x-cohesion")]
    assert pages.person.name == "ada"
    client(pages).get("/", headers=through_proxy("partner"))
    assert not [name for name in pages.headers if name.startswith(b"x-cohesion")]
    assert pages.person.may_change, "on this machine nobody is a partner by saying so"


@pytest.mark.parametrize("origin", ["https://evil.example", f"http://{NAME}", f"http://127.0.0.1:{PORT}", "null"])
def test_behind_the_proxy_only_the_public_name_is_its_own_site(pages, origin):
    headers = {**through_proxy(), "Origin": origin}
    assert client(pages, BEHIND).request(**posted(), headers=headers).status_code == 403
    assert pages.reached == []
    assert client(pages, BEHIND).request(**posted(), headers={**headers, "Origin": f"https://{NAME}"}).is_success


def test_health_is_told_to_everybody_and_says_nothing_else(pages):
    answer = client(pages, BEHIND).get("/health", headers={"Host": "10.1.2.3:3000"})
    assert (answer.status_code, answer.text) == (200, "ok")
    assert client(pages, BEHIND).post("/health").status_code == 403


def mutations() -> list[str]:
    from dagster_graphql.schema import create_schema

    return sorted(create_schema().graphql_schema.mutation_type.fields)


@pytest.mark.parametrize("role", ["partner", "reader"])
def test_whoever_may_only_read_can_ask_for_no_mutation_that_dagster_has(pages, role):
    exposure = BEHIND if role == "partner" else Exposure(PORT, read_only=True)
    headers = through_proxy("partner") if role == "partner" else {}
    names = mutations()
    assert len(names) > 30
    for name in names:
        answer = client(pages, exposure).request(
            **posted(f"mutation {{ a: {name} {{ __typename }} }}"), headers=headers
        )
        assert answer.status_code == 403, name
    assert pages.reached == []
    assert client(pages, exposure).request(**posted(READ), headers=headers).status_code == 200
    assert not pages.person.may_change


def test_a_read_only_server_is_so_for_staff_behind_the_proxy_too(pages):
    exposure = Exposure(PORT, "127.0.0.1", NAME, SecretStr(SECRET), read_only=True)
    assert client(pages, exposure).request(**posted(), headers=through_proxy()).status_code == 403
    assert client(pages, exposure).get("/logs/a/b.out", headers=through_proxy()).status_code == 200


@pytest.mark.parametrize(
    "request_",
    [
        {"url": "/logs/run/compute/x.err"}, {"url": "/download_debug/run"}, {"url": "/reports/drafts/elsoc/w.yaml"},
        {"url": "/reports/digests/today.html"}, {"url": "/reports//papers/a.html"}, {"url": "/reports/new/a.html"},
        posted("{ capturedLogs(logKey: []) { stdout } }"),
        posted("{ run: x { logs: capturedLogs { stdout } } }"),
        posted("{ ...f } fragment f on Query { a { capturedLogs { b } } }"),
        posted('{ utilizedEnvVarsOrError(repositorySelector: {repositoryName: "a"}) { __typename } }'),
    ],
)  # fmt: skip
def test_a_partner_is_not_shown_what_processes_print(pages, request_):
    sent = {"method": "GET", **request_}
    assert client(pages, BEHIND).request(**sent, headers=through_proxy("partner")).status_code == 403
    assert pages.reached == []
    assert client(pages, BEHIND).request(**sent, headers=through_proxy("staff")).status_code == 200


def test_a_change_is_noted_with_its_name_before_it_is_made(pages):
    noted = []

    def record(person, changes, variables):
        assert pages.reached == []
        noted.append((person.name, changes, variables))

    client(pages, BEHIND, record).request(**posted(variables={"a": 1}), headers=through_proxy())
    assert noted == [("ada", ("launchRun",), {"a": 1})]
    assert len(pages.reached) == 1
    client(pages, BEHIND, record).request(**posted(READ), headers=through_proxy())
    assert len(noted) == 1


def test_what_cannot_be_noted_is_not_done(pages):
    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    assert client(pages, BEHIND, fail).request(**posted(), headers=through_proxy()).status_code == 503
    assert pages.reached == []


# websockets ----------------------------------------------------------------------------------------------------------
OWN = f"http://127.0.0.1:{PORT}"


def connect(pages: Pages, path: str = "/graphql", exposure: Exposure = HERE, **headers: str):
    host = {"Host": NAME if exposure.secret else f"127.0.0.1:{PORT}"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client(pages, exposure).websocket_connect(path, headers={**host, "Origin": OWN, **named})


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": f"http://localhost:{PORT}"},
        {"Host": "evil.example"}, {"Host": f"evil.example:{PORT}", "Origin": f"http://evil.example:{PORT}"},
        {"Sec_Fetch_Site": "cross-site"}, {"Origin": f"{OWN}.evil.example"},
    ],
)  # fmt: skip
def test_a_page_of_another_site_opens_no_websocket(pages, headers):
    with pytest.raises(WebSocketDisconnect), connect(pages, **headers):
        pass
    assert pages.reached == []


@pytest.mark.parametrize("path", ["/", "/graphql/", "/reports/papers/a.html", "/runs"])
def test_nothing_else_listens_to_a_websocket(pages, path):
    with pytest.raises(WebSocketDisconnect), connect(pages, path):
        pass


def start(query: object, **more: object) -> str:
    return json.dumps({"type": "start", "id": "1", "payload": {"query": query, "variables": {}, **more}})


@pytest.mark.parametrize(
    "message",
    [
        start(LAUNCH), start(READ), start(f"{WATCH} {LAUNCH}"), start(None), start("launch!"), start(DEEP),
        start(WATCH, extensions={"persistedQuery": {}}), start(WATCH, more=1), "no json", "[]", "1" * 5000, '"start"',
        '{"type": "start"}', '{"type": "start", "payload": []}', '{"type": "subscribe", "payload": {}}', "{}",
        "[" * 90_000,
    ],
)  # fmt: skip
def test_a_websocket_carries_subscriptions_and_nothing_else(pages, message):
    with connect(pages) as websocket:
        websocket.send_text('{"type": "connection_init", "payload": {}}')
        websocket.receive_json()
        websocket.send_text(message)
        with pytest.raises(WebSocketDisconnect) as closed:
            websocket.receive_json()
        assert closed.value.code == 1008
    assert [reached[2]["type"] for reached in pages.reached] == ["connection_init"]


def test_a_subscription_is_passed_on(pages):
    with connect(pages) as websocket:
        websocket.send_text(start(WATCH, operationName="w", extensions={}))
        websocket.receive_json()
    passed = {"query": WATCH, "variables": {}, "operation_name": "w"}
    assert pages.reached == [("websocket", "/graphql", {"type": "start", "id": "1", "payload": passed})]


def test_a_partner_subscribes_to_no_output_of_processes(pages):
    headers = {**through_proxy("partner"), "Origin": f"https://{NAME}"}
    with connect(pages, exposure=BEHIND, **headers) as websocket:
        websocket.send_text(start('subscription { a: capturedLogs(logKey: ["x"]) { stdout } }'))
        with pytest.raises(WebSocketDisconnect):
            websocket.receive_json()
    assert pages.reached == []


# by hand, over a socket ----------------------------------------------------------------------------------------------
@contextlib.contextmanager
def serving(pages: Pages) -> Iterator[int]:
    """The guarded pages on a port of this machine, as ``cohesion ui`` serves them."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    config = uvicorn.Config(
        Guard(pages, Exposure(port)), port=port, log_level="critical", lifespan="off", proxy_headers=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield port
    finally:
        server.should_exit = True
        thread.join(10)


BODY = json.dumps({"query": LAUNCH}).encode()
JSON = b"Content-Type: application/json\r\n"


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(b"POST /graphql HTTP/1.1\r\nHost: evil.example\r\n" + JSON, id="host"),
        pytest.param(b"POST /graphql HTTP/1.1\r\n" + JSON, id="no-host"),
        pytest.param(b"POST /graphql HTTP/1.0\r\n" + JSON, id="no-host-in-1.0"),
        pytest.param(b"POST /graphql HTTP/1.1\r\nHost: OWN\r\nHost: evil.example\r\n" + JSON, id="two-hosts"),
        pytest.param(b"POST /graphql HTTP/1.1\r\nHost: OWN\r\nHost: OWN\r\n" + JSON, id="one-host-twice"),
        pytest.param(b"POST /graphql HTTP/1.1\r\nHost: OWN, evil.example\r\n" + JSON, id="hosts-in-one"),
        pytest.param(b"POST http://evil.example/graphql HTTP/1.1\r\nHost: evil.example\r\n" + JSON, id="absolute"),
        pytest.param(b"POST /graphql HTTP/1.1\r\nHost: OWN\r\nOrigin: http://OWN\r\nOrigin: http://e\r\n", id="two"),
        pytest.param(b"POST /graphql HTTP/1.1\r\nHost: OWN\r\nContent-Type: text/plain\r\n" + JSON, id="two-types"),
        pytest.param(b"POST /%67raphql/../graphql HTTP/1.1\r\nHost: OWN\r\n" + JSON, id="climbs"),
        pytest.param(b"GET /graphql?query=mutation%7BlaunchRun%7Ba%7D%7D HTTP/1.1\r\nHost: OWN\r\n" + JSON, id="get"),
        pytest.param(b"GET /%67raphql?query=mutation%7Ba%7D HTTP/1.1\r\nHost: OWN\r\n", id="get-encoded"),
        pytest.param(b"post /graphql HTTP/1.1\r\nHost: OWN\r\n" + JSON, id="method-in-lower-case"),
        pytest.param(b"POST /graphql HTTP/1.1\r\nHost: OWN\r\nContent-Length: 0\r\n" + JSON, id="two-lengths"),
    ],
)  # fmt: skip
def test_a_request_made_by_hand_is_refused(pages, lines):
    with serving(pages) as port:
        head = lines.replace(b"OWN", f"127.0.0.1:{port}".encode())
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(head + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(BODY) + BODY)
            answer = connection.recv(1 << 16)
    assert answer.split()[1][:1] == b"4"
    assert pages.reached == []


def test_a_body_that_never_says_how_long_it_is_ends_at_the_limit(pages):
    with serving(pages) as port, socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(
            b"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nTransfer-Encoding: chunked\r\n" % port + JSON + b"\r\n"
        )
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        with contextlib.suppress(OSError):
            for _ in range(LARGEST // 0x10000 + 2):
                connection.sendall(chunk)
        assert b"413" in connection.recv(1 << 16).split(b"\r\n")[0]
    assert pages.reached == []


def test_a_request_hidden_in_the_body_of_another_is_not_run(pages):
    """Both a length and chunks: what one reader takes for the body, another takes for the next request."""
    hidden = b"0\r\n\r\nPOST /graphql HTTP/1.1\r\nHost: evil.example\r\n" + JSON + b"Content-Length: 0\r\n\r\n"
    with serving(pages) as port, socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        head = b"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nTransfer-Encoding: chunked\r\n" % port
        connection.sendall(head + JSON + b"Content-Length: %d\r\n\r\n" % len(hidden) + hidden)
        connection.recv(1 << 16)
    assert pages.reached == []


def test_a_websocket_made_by_hand_is_refused(pages):
    with serving(pages) as port, socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(
            b"GET /graphql HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
            b"Origin: http://evil.example\r\nSec-WebSocket-Protocol: graphql-ws\r\n\r\n" % port
        )
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 403")
