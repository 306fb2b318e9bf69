"""In a real browser: staff start a run and watch it; a page of another site, open at the same time, can do nothing."""

import http.server
import threading
import time
from pathlib import Path

import pytest
from guarded_ui import graphql, guarded_ui
from running_ui import NEEDS_BROWSER, browsing, command
from small_study import make_root

pytestmark = [pytest.mark.thorough, NEEDS_BROWSER]
FORGE = (
    'mutation { reportRunlessAssetEvents(eventParams: {eventType: ASSET_OBSERVATION, assetKey: {path: ["answers", '
    '"first"]}, description: "forged"}) { __typename } }'
)
FORGED = (
    '{ assetOrError(assetKey: {path: ["answers", "first"]}) { ... on Asset { assetObservations { description } } } }'
)
HOSTILE_PAGE = """<!doctype html><title>trying</title><iframe name="hidden"></iframe>
<iframe src="UI/runs"></iframe>
<form id="plain" method="post" target="hidden" enctype="text/plain" action="UI/graphql"></form>
<form id="address" method="post" target="hidden" action="UI/graphql?query=QUERY"><input name="query"></form>
<form id="report" method="post" target="hidden"
 action="UI/report_asset_observation/answers/first?description=forged"></form>
<script>
const query = decodeURIComponent("QUERY"), body = JSON.stringify({query}), tries = [];
const input = document.createElement("input");
input.name = body.slice(0, -1) + ', "extensions": {"a": "'; input.value = '"}}';
plain.append(input);
document.querySelector("[name=query]").value = query;
for (const form of [plain, address, report]) tries.push(new Promise(done => {
  frames.hidden.onload = done; form.submit(); setTimeout(done, 700); }));
for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/json"])
  for (const mode of ["no-cors", "cors"])
    tries.push(fetch("UI/graphql", {method: "POST", mode, body, headers: {"Content-Type": type}}).catch(() => 0));
tries.push(fetch("UI/graphql", {method: "POST", mode: "no-cors", body: new Blob([body])}).catch(() => 0));
navigator.sendBeacon("UI/graphql", new Blob([body], {type: "text/plain"}));
for (const url of ["UI/graphql?query=QUERY", "UI/graphql?query=QUERY&x=1"])
  tries.push(fetch(url, {mode: "no-cors"}).catch(() => 0),
    new Promise(done => { const it = new Image(); it.onerror = it.onload = done; it.src = url; }));
tries.push(new Promise(done => {
  const socket = new WebSocket("WS/graphql", "graphql-ws");
  socket.onopen = () => { window.opened = true;
    socket.send(JSON.stringify({id: "1", type: "start", payload: {query}})); setTimeout(done, 700); };
  socket.onerror = done; }));
Promise.all(tries).then(() => setTimeout(() => document.title = "tried", 1500));
</script>"""


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    root = make_root(tmp_path_factory.mktemp("clone"))
    command(root, "wave", "accept", "first", "w01", "--yes")
    return root


@pytest.fixture(scope="module")
def port(root):
    with guarded_ui(root) as port:
        yield port


@pytest.fixture(scope="module")
def browser():
    with browsing() as browser:
        yield browser


@pytest.fixture
def another_site(port):
    """The address of a page that tries everything that a page of another site can try."""
    from urllib.parse import quote

    page = HOSTILE_PAGE.replace("UI", f"http://127.0.0.1:{port}").replace("WS", f"ws://127.0.0.1:{port}")

    class Site(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.replace("QUERY", quote(FORGE)).encode())

        def log_message(self, *_: object) -> None:
            return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_staff_start_a_run_and_watch_it(port, root, browser):
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    refused, frames = [], []
    page.on("response", lambda answer: refused.append((answer.status, answer.url)) if answer.status >= 400 else None)
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))))
    page.goto(f"http://127.0.0.1:{port}/assets/answers/first", wait_until="domcontentloaded")
    page.get_by_role("button", name="Materialize").first.click(timeout=60_000)
    runs: list[dict] = []
    for _ in range(100):
        runs = graphql(port, "{ runsOrError { ... on Runs { results { runId } } } }")["runsOrError"]["results"]
        if runs:
            break
        time.sleep(0.1)
    page.goto(f"http://127.0.0.1:{port}/runs/{runs[0]['runId']}", wait_until="domcontentloaded")
    page.get_by_text("RUN_SUCCESS").first.wait_for(timeout=120_000)
    assert any("RunSuccessEvent" in frame for frame in frames), "the page was told by its websocket"
    assert refused == []


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_a_page_of_another_site_changes_nothing(port, browser, another_site, name):
    page = browser.new_page()
    asked, answered = [], []
    page.on("request", lambda request: asked.append(request.url) if f":{port}/" in request.url else None)
    page.on("response", lambda answer: answered.append((answer.status, answer.url)))
    page.goto(f"http://{name}:{another_site}/", wait_until="domcontentloaded")
    for _ in range(300):
        if page.title() == "tried":
            break
        page.wait_for_timeout(100)
    assert page.title() == "tried"
    assert not page.evaluate("window.opened"), "the websocket was opened"
    assert len(asked) >= 10, asked
    assert [one for one in answered if one[0] < 400 and ("/graphql" in one[1] or "/report" in one[1])] == []
    assert graphql(port, FORGED)["assetOrError"]["assetObservations"] == []
    framed = page.frames[2]
    assert "Dagster" not in framed.content(), "shown in a frame of another site"
    page.close()


def test_a_name_that_was_made_to_lead_here_is_refused(port, browser):
    page = browser.new_page()
    answer = page.goto(f"http://another.localhost:{port}/", wait_until="domcontentloaded")
    assert answer.status == 421
    page.close()


def test_the_forgery_would_have_been_seen(port):
    assert graphql(port, FORGE)["reportRunlessAssetEvents"]["__typename"] == "ReportRunlessAssetEventsSuccess"
    assert graphql(port, FORGED)["assetOrError"]["assetObservations"] == [{"description": "forged"}]
