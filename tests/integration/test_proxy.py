"""nginx as `cohesion proxy config` sets it up: who gets through, and what the web server behind it is told of them.

The web server is a stand-in that writes down every request that reaches it.
"""

import base64
import http.server
import re
import socket
import ssl
import threading

import httpx2 as httpx
import pytest
from running_proxy import HOST, PASSWORDS, SECRET, needs_nginx, running_nginx

pytestmark = [pytest.mark.thorough, needs_nginx]
LAUNCH = {"query": "mutation { launchRun { __typename } }"}
READ = {"query": "{ version }"}


class Backend(http.server.BaseHTTPRequestHandler):
    """Answers everything, and notes it."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.reached.append((self.command, self.path, self.headers))
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Server", "secret-server/1.0")
        if self.path.startswith("/reports"):
            self.send_header("Content-Security-Policy", "default-src 'none'")
            self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Content-Length", "4")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(b"page")

    do_POST = do_HEAD = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture(scope="module")
def backend():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Backend) as server:
        server.daemon_threads = True
        server.reached = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def nginx(backend, tmp_path_factory):
    with running_nginx(tmp_path_factory.mktemp("nginx"), backend.server_address[1]) as running:
        yield running


@pytest.fixture
def reached(backend):
    backend.reached.clear()
    return backend.reached


# who gets through ----------------------------------------------------------------------------------------------------
STRANGERS = {
    "nobody": {},
    "a-wrong-password": {"Authorization": "ada:wrong"},
    "no-password": {"Authorization": "ada:"},
    "the-hash-as-password": {"Authorization": "ada:$6$"},
    "an-unknown-user": {"Authorization": "eve:correct horse"},
    "another-case": {"Authorization": "Ada:correct horse"},
    "a-comment-as-user": {"Authorization": "staff:correct horse"},
    "no-basic": {"Authorization-As-Is": "Bearer " + SECRET},
    "half-a-header": {"Authorization-As-Is": "Basic"},
    "no-base64": {"Authorization-As-Is": "Basic ada:correct horse"},
    "what-the-proxy-says": {"X-Cohesion-Proxy": SECRET, "X-Cohesion-User": "ada", "X-Cohesion-Role": "staff"},
    "as-if-forwarded": {"X-Forwarded-User": "ada", "X-Remote-User": "ada", "X-Forwarded-For": "127.0.0.1"},
    "a-cookie": {"Cookie": "user=ada"},
}  # fmt: skip
ADDRESSES = [
    ("GET", "/"), ("GET", "/graphql"), ("GET", "/graphql?query={version}"), ("GET", "/graphql?query=mutation{a}"),
    ("POST", "/graphql"), ("POST", "/graphql?op=a"), ("POST", "/%67raphql"), ("POST", "/graphql/"),
    ("POST", "/Graphql"), ("GET", "/server_info"),
    ("GET", "/health"), ("GET", "/reports/papers/a.html"), ("GET", "/logs/a.out"),
    ("POST", "/report_asset_materialization/a"), ("GET", "/_next/static/a.js"), ("HEAD", "/"), ("OPTIONS", "/graphql"),
    ("PUT", "/graphql"), ("GET", "/.well-known/x"), ("GET", "/favicon.ico"), ("GET", "/@down"),
]  # fmt: skip


def sent(headers: dict[str, str]) -> dict[str, str]:
    """With the name and password as a browser writes them."""
    made = dict(headers)
    if "Authorization" in made:
        made["Authorization"] = "Basic " + base64.b64encode(made["Authorization"].encode()).decode()
    if "Authorization-As-Is" in made:
        made["Authorization"] = made.pop("Authorization-As-Is")
    return made


@pytest.mark.parametrize("headers", STRANGERS.values(), ids=STRANGERS.keys())
def test_nothing_that_a_stranger_asks_reaches_the_web_server(nginx, reached, headers):
    stranger = nginx.client(**sent(headers))
    for method, address in ADDRESSES:
        answer = stranger.ask(method, address, json=LAUNCH if method == "POST" else None)
        assert answer.status_code in (401, 403, 405), (method, address)
        assert "page" not in answer.text.split()
    assert reached == []


def test_no_websocket_of_a_stranger_reaches_it(nginx, reached):
    for origin in (f"https://{nginx.name}", "https://evil.example"):
        answer = nginx.by_hand(handshake(nginx.name, origin))
        assert re.match(rb"HTTP/1.1 40[13]", answer)
    assert reached == []


def handshake(host: str, origin: str, more: str = "") -> bytes:
    return (
        f"GET /graphql HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nOrigin: {origin}\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n{more}\r\n"
    ).encode()


def test_requests_made_by_hand_reach_it_neither(nginx, reached):
    own = f"Host: {nginx.name}\r\n"
    body = "Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    for lines in (
        f"POST /graphql HTTP/1.0\r\n{own}{body}", f"POST /graphql HTTP/1.1\r\n{body}", "POST /a\r\n\r\n",
        f"POST /graphql HTTP/1.1\r\n{own}{own}{body}", f"POST https://{nginx.name}/graphql HTTP/1.1\r\n{own}{body}",
        f"post /graphql HTTP/1.1\r\n{own}{body}",
        f"POST /graphql HTTP/1.1\r\n{own}Transfer-Encoding: chunked\r\n{body}",
        f"POST //graphql HTTP/1.1\r\n{own}{body}", f"POST /a/../graphql HTTP/1.1\r\n{own}{body}",
        f"POST /graphql HTTP/1.1\r\nHost : {nginx.name}\r\n{body}", f"CONNECT 127.0.0.1:3000 HTTP/1.1\r\n{own}{body}",
        f"GET / HTTP/1.1\r\n{own}X: y\rPOST /graphql HTTP/1.1\r\n{own}{body}", f"TRACE / HTTP/1.1\r\n{own}{body}",
        f"POST /graphql HTTP/1.1\r\n{own}Authorization: Basic YWRhOg==\r\nAuthorization: Basic YWRhOg==\r\n{body}",
    ):  # fmt: skip
        nginx.by_hand(lines.encode())
    assert reached == []


def test_two_lengths_hide_no_second_request(nginx, reached):
    basic = base64.b64encode(f"grace:{PASSWORDS['grace']}".encode()).decode()
    hidden = (
        f"0\r\n\r\nPOST /hidden HTTP/1.1\r\nHost: {nginx.name}\r\nX-Cohesion-Role: staff\r\nContent-Length: 0\r\n\r\n"
    )
    nginx.by_hand(
        f"POST /graphql HTTP/1.1\r\nHost: {nginx.name}\r\nAuthorization: Basic {basic}\r\n"
        f"Transfer-Encoding: chunked\r\nContent-Length: {len(hidden)}\r\nConnection: close\r\n\r\n{hidden}".encode()
    )
    assert [path for _, path, _ in reached if path == "/hidden"] == []


# what the web server is told -----------------------------------------------------------------------------------------
FORGERIES = {
    "nothing": {},
    "a-role": {"X-Cohesion-Role": "staff", "X-Cohesion-User": "ada"},
    "in-other-letters": {"x-COHESION-role": "staff", "x-cohesion-USER": "ada"},
    "with-underscores": {"X_Cohesion_Role": "staff", "X_Cohesion_User": "ada"},
    "another-secret": {"X-Cohesion-Proxy": "0" * 32},
    "hop-by-hop": {"Connection": "close, X-Cohesion-Role, X-Cohesion-Proxy", "X-Cohesion-Role": "staff"},
    "as-if-forwarded": {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil"},
}  # fmt: skip


@pytest.mark.parametrize("headers", FORGERIES.values(), ids=FORGERIES.keys())
@pytest.mark.parametrize(("user", "role"), [("ada", "staff"), ("grace", "partner"), ("nobody", None)])
def test_who_asks_is_what_nginx_found_and_not_what_they_say(nginx, reached, user, role, headers):
    assert nginx.client(user, **headers).ask().status_code == 200
    _, _, told = reached[0]
    assert told.get_all("X-Cohesion-Proxy") == [SECRET]
    assert told.get_all("X-Cohesion-User") == [user]
    assert told.get_all("X-Cohesion-Role") == ([role] if role else None)
    assert told.get_all("Host") == [nginx.name]
    assert told.get_all("X-Forwarded-For") == ["127.0.0.1"]
    assert not [name for name in told if name.lower() in ("authorization", "cookie", "forwarded", "x_cohesion_role")]
    assert "evil" not in str(told)


def test_doubled_headers_are_replaced_as_well(nginx, reached):
    basic = base64.b64encode(f"grace:{PASSWORDS['grace']}".encode()).decode()
    nginx.by_hand(
        f"GET / HTTP/1.1\r\nHost: {nginx.name}\r\nAuthorization: Basic {basic}\r\nConnection: close\r\n"
        "X-Cohesion-Role: staff\r\nX-Cohesion-Role: staff\r\nX-Cohesion-User: ada\r\n\r\n".encode()
    )
    assert reached[0][2].get_all("X-Cohesion-Role") == ["partner"]
    assert reached[0][2].get_all("X-Cohesion-User") == ["grace"]


# what staff may not ask, either --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("method", "url", "headers", "status"),
    [
        ("GET", "/graphql?query=mutation{launchRun{a}}", {}, 405), ("GET", "/graphql?query={version}", {}, 405),
        ("GET", "/graphql", {"Accept": "text/html"}, 405), ("HEAD", "/graphql", {}, 405),
        ("GET", "/%67raphql?query={a}", {}, 405), ("OPTIONS", "/graphql", {}, 405), ("DELETE", "/", {}, 405),
        ("GET", "/graphql?query={a}", {"Upgrade": "h2c", "Connection": "Upgrade"}, 405), ("PUT", "/", {}, 405),
        ("POST", "/graphql", {"Upgrade": "websocket", "Connection": "Upgrade"}, 405),
        ("POST", "/graphql", {"Origin": "https://evil.example"}, 403), ("POST", "/graphql", {"Origin": "null"}, 403),
        ("POST", "/graphql", {"Origin": f"https://{HOST}.evil.example"}, 403),
        ("GET", "/", {"Origin": "https://evil.example"}, 403), ("POST", "/graphql", {"Origin": f"http://{HOST}"}, 403),
        ("POST", "/report_asset_materialization/a", {}, 403), ("POST", "/report_asset_check/a", {}, 403),
        ("GET", "/notebook?path=/a.ipynb", {}, 403), ("GET", "/dagit/notebook", {}, 403),
        ("GET", "/", {"Host": "evil.example"}, None), ("GET", "/", {"Host": "127.0.0.1"}, None),
        ("GET", "/", {"Host": HOST}, 421), ("GET", "/", {"Host": f"{HOST}:1"}, 421), ("GET", "/", {"Host": ""}, None),
    ],
)  # fmt: skip
def test_staff_and_whoever_uses_their_browser_is_refused(nginx, reached, method, url, headers, status):
    try:
        answer = nginx.client("ada", **headers).ask(method, url, json=LAUNCH if method == "POST" else None)
        assert answer.status_code == status or (status is None and answer.status_code in (400, 421))
    except httpx.RemoteProtocolError:
        assert status is None, "the connection was closed without an answer"
    assert reached == []


def test_what_they_may_ask_is_passed_on(nginx, reached):
    ada = nginx.client("ada", Origin=f"https://{nginx.name}")
    assert ada.ask("POST", "/graphql?op=Launch", json=LAUNCH).status_code == 200
    assert ada.ask("GET", "/reports/papers/a%20b.html?x=1").status_code == 200
    assert ada.ask("HEAD", "/").status_code == 200
    assert [path for _, path, _ in reached] == ["/graphql?op=Launch", "/reports/papers/a%20b.html?x=1", "/"]


@pytest.mark.parametrize("path", ["//graphql", "/a/../graphql", "/./graphql", "/%67raphql"])
def test_other_spellings_of_graphql_are_no_way_round(nginx, reached, path):
    basic = base64.b64encode(f"ada:{PASSWORDS['ada']}".encode()).decode()
    own = f"Host: {nginx.name}\r\nAuthorization: Basic {basic}\r\nConnection: close\r\n\r\n"
    answer = nginx.by_hand(f"GET {path}?query=mutation%7Ba%7D HTTP/1.1\r\n{own}".encode())
    assert b" 405 " in answer.split(b"\r\n")[0]
    assert reached == []


def test_a_websocket_is_asked_for_as_one(nginx, reached):
    basic = base64.b64encode(f"ada:{PASSWORDS['ada']}".encode()).decode()
    nginx.by_hand(handshake(nginx.name, f"https://{nginx.name}", f"Authorization: Basic {basic}\r\n"))
    _, path, told = reached[0]
    assert (path, told["Upgrade"], told["Connection"]) == ("/graphql", "websocket", "upgrade")


def test_a_large_request_is_refused_before_it_is_passed_on(nginx, reached):
    answer = nginx.client("ada").ask(
        "POST", "/graphql", content=b"x" * (1 << 20 | 1), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 413
    assert reached == []


# what browsers are told ----------------------------------------------------------------------------------------------
def test_every_answer_has_its_headers_once(nginx, reached):
    ada, stranger = nginx.client("ada"), nginx.client()
    answers = [ada.ask(), ada.ask("GET", "/reports/a.html"), stranger.ask(), ada.ask("GET", "/graphql"), ada.ask("PUT")]
    for answer in answers:
        assert len(answer.headers.get_list("content-security-policy")) == 1
        assert answer.headers.get_list("x-content-type-options") == ["nosniff"]
        assert int(re.search(r"max-age=(\d+)", answer.headers["strict-transport-security"])[1]) >= 31_536_000
        assert "/" not in answer.headers.get("server", "nginx"), "its version is nobody's business"
    assert answers[1].headers["content-security-policy"] == "default-src 'none'", "the policy of a page is kept"
    assert all("frame-ancestors 'none'" in answer.headers["content-security-policy"] for answer in answers[2:])
    assert answers[2].headers["www-authenticate"].startswith("Basic")


def test_plain_http_leads_to_https_and_no_further(nginx, reached):
    address = f"http://127.0.0.1:{nginx.plain}/graphql?query=a"
    answer = httpx.post(address, json=LAUNCH, headers={"Host": HOST}, auth=("ada", PASSWORDS["ada"]))
    assert answer.status_code == 301
    assert answer.headers["location"] == f"https://{nginx.name}/graphql?query=a"
    assert reached == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1"])
def test_old_tls_is_refused(nginx, version):
    context = nginx.context(False)
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    context.set_ciphers("ALL:@SECLEVEL=0")
    with (
        pytest.raises((ssl.SSLError, OSError)),
        socket.create_connection(("127.0.0.1", nginx.port)) as plain,
    ):
        context.wrap_socket(plain, server_hostname=HOST)


@pytest.mark.parametrize("name", ["evil.example", "127.0.0.1", f"{HOST}.evil.example"])
def test_another_name_gets_no_certificate(nginx, reached, name):
    with pytest.raises((ssl.SSLError, OSError)):
        nginx.by_hand(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", server_name=name)
    assert reached == []


def test_whoever_asks_too_much_is_told_so_and_others_are_not(nginx, reached):
    """Guesses at a password count as requests of the name that is guessed at."""
    guesser = nginx.client("eve", password="guess")
    statuses = [guesser.ask().status_code for _ in range(600)]
    assert statuses[0] == 401
    assert 429 in statuses
    assert nginx.client("ada").ask().status_code == 200
    assert len(reached) == 1


def test_a_web_server_that_is_down_is_told_in_words(nginx, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # not listened on
        with running_nginx(tmp_path, taken.getsockname()[1]) as down:
            answer = down.client("ada").ask()
            assert answer.status_code == 503
            assert "does not answer" in answer.text
            assert down.client().ask().status_code == 401
