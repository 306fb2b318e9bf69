"""The whole way: `cohesion ui` behind nginx, as staff and partners see it, and as strangers do not."""

import base64
import json
import re
import socket
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from guarded_ui import guarded_ui
from running_proxy import HOST, PASSWORDS, SECRET, needs_nginx, running_nginx
from running_ui import CHROMIUM, FLAGS, NEEDS_BROWSER, command, free_port
from small_study import make_root
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

pytestmark = [pytest.mark.thorough, needs_nginx]
WHERE = 'repositoryLocationName: "cohesion", repositoryName: "__repository__"'
KEY = 'assetKey: {path: ["answers", "first"]}'
SELECTOR = f'{{{WHERE}, jobName: "__ASSET_JOB", assetSelection: [{{path: ["answers", "first"]}}]}}'
NO_RUN = "00000000-0000-0000-0000-000000000000"
CHANGES = {
    "launch-a-run": f'launchRun(executionParams: {{selector: {SELECTOR}, runConfigData: "{{}}", mode: "default"}})',
    "launch-runs": "launchMultipleRuns(executionParamsList: [])",
    "reload": "reloadWorkspace",
    "reload-the-code": 'reloadRepositoryLocation(repositoryLocationName: "cohesion")',
    "shut-code-down": 'shutdownRepositoryLocation(repositoryLocationName: "nowhere")',
    "wipe": 'wipeAssets(assetPartitionRanges: [{assetKey: {path: ["answers", "first"]}}])',
    "report": f'reportRunlessAssetEvents(eventParams: {{eventType: ASSET_OBSERVATION, {KEY}, description: "forged"}})',
    "start-a-sensor": f'startSensor(sensorSelector: {{{WHERE}, sensorName: "SENSOR"}})',
    "stop-runs": f'terminateRuns(runIds: ["{NO_RUN}"])',
    "delete-a-run": f'deleteRun(runId: "{NO_RUN}")',
    "limit": 'setConcurrencyLimit(concurrencyKey: "a", limit: 1)',
    "pause": "setAutoMaterializePaused(paused: true)",
}
RUNS = "{ runsOrError { ... on Runs { results { runId tags { key } } } } }"


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    root = make_root(tmp_path_factory.mktemp("clone"))
    command(root, "wave", "accept", "first", "w01", "--yes")
    for name in ("papers/a.html", "drafts/first/w.yaml", "digests/today.html"):
        (root / "reports" / "build" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "reports" / "build" / name).write_text("as written")
    return root


@pytest.fixture(scope="module")
def secret_file(tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("secret") / "proxy"
    file.touch(mode=0o600)
    file.write_text(f"{SECRET}\n")
    return file


@pytest.fixture(scope="module")
def nginx(root, secret_file, tmp_path_factory):
    port = free_port()
    options = ["--behind-proxy", "--name", f"{HOST}:{port}"]
    with (
        guarded_ui(root, *options, COHESION_PROXY_SECRET_FILE=str(secret_file)) as backend,
        running_nginx(tmp_path_factory.mktemp("nginx"), backend, port) as running,
    ):
        yield running


def asking(change: str) -> str:
    """The mutation with what it is to answer, if that has parts."""
    return change if change.startswith("set") else f"{change} {{ __typename }}"


def audited(root: Path) -> list[dict]:
    log = root / "data" / "audit" / "audit.jsonl"
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def started_by_people(person) -> list[str]:
    """Runs that the watch over the deposit folders did not start by itself: it may have seen the accepted wave."""
    found = person.graphql(RUNS).json()["data"]["runsOrError"]["results"]
    return [run["runId"] for run in found if "dagster/sensor_name" not in {tag["key"] for tag in run["tags"]}]


def sensor(nginx) -> str:
    query = f"{{ sensorsOrError(repositorySelector: {{{WHERE}}}) {{ ... on Sensors {{ results {{ name }} }} }} }}"
    return nginx.client("ada").graphql(query).json()["data"]["sensorsOrError"]["results"][0]["name"]


def test_strangers_get_no_further_than_the_proxy(nginx, root):
    stranger = nginx.client()
    for change in CHANGES.values():
        assert stranger.graphql(f"mutation {{ {asking(change)} }}").status_code == 401
    assert stranger.graphql("{ version }").status_code == 401
    assert nginx.client("ada", "wrong").graphql("{ version }").status_code == 401
    assert nginx.client("nobody").graphql("{ version }").status_code == 403, "who has no role is shown nothing"
    assert nginx.client("nobody").ask().status_code == 403
    assert [entry for entry in audited(root) if entry["action"] == "ask_ui"] == []


@pytest.mark.parametrize(
    "headers", [{}, {"X-Cohesion-Proxy": "0" * 32, "X-Cohesion-Role": "staff", "X-Cohesion-User": "ada"}]
)
@pytest.mark.parametrize("path", ["/", "/graphql?query={version}", "/server_info", "/reports/papers/a.html"])
def test_past_the_proxy_nobody_is_answered(nginx, path, headers):
    for host in (nginx.name, f"127.0.0.1:{nginx.backend}"):
        request = urllib.request.Request(f"http://127.0.0.1:{nginx.backend}{path}", headers={"Host": host, **headers})
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=20)
        assert refused.value.code == 403


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
@pytest.mark.parametrize("disguise", ["", "query: "])
def test_a_partner_changes_nothing(nginx, change, disguise):
    partner = nginx.client("grace", **{"X-Cohesion-Role": "staff", "X-Cohesion-User": "ada"})
    for text in (
        f"mutation {{ {disguise}{asking(change)} }}",
        f"query a {{ version }} mutation b {{ {asking(change)} }}",
    ):
        answer = partner.graphql(text)
        assert answer.status_code == 403, answer.text
        assert "change nothing" in answer.json()["errors"][0]["message"]
        assert partner.ask("GET", "/graphql", params={"query": text}).status_code == 405
    for kind in ("materialization", "check", "observation"):
        assert partner.ask("POST", f"/report_asset_{kind}/answers/first", json={}).status_code == 403
    assert started_by_people(partner) == []


def test_a_partner_reads(nginx):
    partner = nginx.client("grace")
    assert "runs are started by the study team" in partner.ask().text
    assert partner.ask("GET", "/reports/papers/a.html").text == "as written"
    assert partner.ask("GET", "/assets/answers/first").status_code == 200
    permissions = partner.graphql("{ permissions { permission value } }").json()["data"]["permissions"]
    assert {one["value"] for one in permissions} == {False}
    for hidden in ("/reports/drafts/first/w.yaml", "/reports/digests/today.html", "/logs/a/b.out", "/download_debug/a"):
        assert partner.ask("GET", hidden).status_code == 403, hidden


def test_staff_change_what_dagster_lets_them_and_it_is_noted(nginx, root):
    ada = nginx.client("ada", Origin=f"https://{nginx.name}")
    for name, change in CHANGES.items():
        answer = ada.graphql(f"mutation {{ a: {asking(change.replace('SENSOR', sensor(nginx)))} }}")
        assert "may read" not in answer.text, name
        assert "Unauthorized" not in answer.text, name
        assert answer.status_code in (200, 500), (name, answer.text)
    assert started_by_people(ada)
    assert "as written" in ada.ask("GET", "/reports/drafts/first/w.yaml").text
    noted = [entry for entry in audited(root) if entry["action"] == "ask_ui"]
    assert {entry["who"] for entry in noted} == {"ada"}
    assert {entry["known_by"] for entry in noted} == {"proxy"}
    assert {re.match(r"\w+", change)[0] for change in CHANGES.values()} <= {entry["about"] for entry in noted}


def test_the_command_line_tells_the_running_graph(nginx, root, secret_file):
    told = command(root, "wave", "accept", "first", "w01", "--yes", COHESION_PROXY_SECRET_FILE=str(secret_file))
    assert "The running asset graph shows it." in told.stdout, told.stdout + told.stderr
    untold = command(root, "wave", "accept", "first", "w01", "--yes")
    assert "does not show it yet" in untold.stdout, untold.stdout + untold.stderr


def websocket(nginx, user: str = "", origin: str | None = None):
    headers = (
        {"Authorization": "Basic " + base64.b64encode(f"{user}:{PASSWORDS[user]}".encode()).decode()} if user else {}
    )
    return connect(
        f"wss://{nginx.name}/graphql", sock=socket.create_connection(("127.0.0.1", nginx.port)), ssl=nginx.context(),
        additional_headers=headers, subprotocols=["graphql-ws"], origin=origin or f"https://{nginx.name}", proxy=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("user", "origin"), [("", None), ("nobody", None), ("ada", "https://evil.example"), ("grace", "null")]
)
def test_a_websocket_is_for_users_on_pages_of_this_site(nginx, user, origin):
    with pytest.raises(InvalidStatus) as refused, websocket(nginx, user, origin):
        pass
    assert refused.value.response.status_code in (401, 403)


@pytest.mark.parametrize("user", ["ada", "grace"])
def test_live_updates_come_through_the_proxy(nginx, user):
    run = nginx.client("ada").graphql(RUNS).json()["data"]["runsOrError"]["results"][0]["runId"]
    query = f'subscription {{ pipelineRunLogs(runId: "{run}", cursor: null) {{ __typename }} }}'
    with websocket(nginx, user) as live:
        live.send(json.dumps({"type": "connection_init", "payload": {}}))
        assert json.loads(live.recv(30)) == {"type": "connection_ack"}
        live.send(json.dumps({"type": "start", "id": "1", "payload": {"query": query, "variables": {}}}))
        assert json.loads(live.recv(30))["payload"]["data"]["pipelineRunLogs"]["__typename"].startswith(
            "PipelineRunLogs"
        )
        live.send(json.dumps({"type": "start", "id": "2", "payload": {"query": "mutation { reloadWorkspace { a } }"}}))
        with pytest.raises(ConnectionClosed) as closed:
            _read_on(live)
    assert closed.value.rcvd.code == 1008


def _read_on(live) -> None:
    while True:
        live.recv(30)


@NEEDS_BROWSER
@pytest.mark.parametrize(("user", "may"), [("ada", True), ("grace", False)])
def test_each_sees_in_the_browser_what_they_may_do(nginx, user, may):
    from playwright.sync_api import expect, sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*FLAGS, f"--host-resolver-rules=MAP {HOST} 127.0.0.1"]
        )
        context = browser.new_context(
            ignore_https_errors=True, viewport={"width": 1400, "height": 900},
            http_credentials={"username": user, "password": PASSWORDS[user]},
        )  # fmt: skip
        page = context.new_page()
        refused = []
        page.on(
            "response", lambda answer: refused.append((answer.status, answer.url)) if answer.status >= 400 else None
        )
        page.goto(f"https://{nginx.name}/", wait_until="domcontentloaded")
        assert page.get_by_text("runs are started by the study team").count() == int(not may)
        page.goto(f"https://{nginx.name}/assets/answers/first", wait_until="domcontentloaded")
        button = page.get_by_role("button", name="Materialize").first
        button.wait_for(timeout=60_000)
        if may:
            expect(button).to_be_enabled(timeout=60_000)
        else:
            page.wait_for_timeout(5_000)  # every button is disabled until the page knows what its reader may do
            expect(button).to_be_disabled()
        assert [one for one in refused if one[0] != 401] == []
        browser.close()
