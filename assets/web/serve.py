"""The web server of ``cohesion ui``: the start page and the reports, and behind them every route of Dagster's."""

import argparse
import functools
import logging
import threading
import time
from typing import Any

import uvicorn
from anyio import CapacityLimiter, to_thread
from dagster import DagsterInstance
from dagster._core.workspace.context import WorkspaceProcessContext, WorkspaceRequestContext
from dagster._core.workspace.load_target import GrpcServerTarget
from dagster._grpc.client import DagsterGrpcClient
from dagster_webserver.version import __version__
from dagster_webserver.webserver import DagsterWebserver
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from assets.web import files
from assets.web.changes import note_change
from assets.web.guard.exposure import exposure
from assets.web.guard.middleware import Guard, person_of
from assets.web.guard.operations import MUTATION, read_document
from assets.web.links import LOCATION, REPORTS
from assets.web.queries import AT_ONCE, SharedAnswers, key_of
from assets.web.services import PATIENCE_SECONDS
from assets.web.start import start_page
from assets.web.state import Remembered, State, gather
from pipeline.paths import Paths

STATEMENT_TIMEOUT, POOL_RECYCLE, POOL_OVERFLOW = 15_000, 3_600, 20
"""As Dagster's own web server sets them: milliseconds, seconds, connections."""
IDLE_SECONDS = 75
"""So long a connection is kept for the next request: longer than the proxy keeps it, since a request that meets the end
of its connection is lost."""
MESSAGE_BYTES = 256 * 1024
ENDING_SECONDS = 1
"""So long open connections are waited for at the end: Dagster's pages hold theirs as long as they are open."""


class CohesionWebserver(DagsterWebserver[WorkspaceProcessContext, Any]):
    """Dagster's web server, with the pages of this project before its own."""

    def __init__(self, process_context: WorkspaceProcessContext, paths: Paths) -> None:
        super().__init__(process_context, live_data_poll_rate=2000)
        self._paths = paths
        self._remembered = Remembered(lambda: gather(paths))
        self._writing, self._written = threading.Lock(), dict[bool, tuple[State, str]]()
        self._shared, self._limit = SharedAnswers(), CapacityLimiter(AT_ONCE)

    def build_routes(self) -> list[Any]:
        own = [
            Route("/", self.start),
            Route(REPORTS, lambda _: RedirectResponse("/")),
            Route(f"{REPORTS}/{{path:path}}", self.report),
        ]
        return [*own, *super().build_routes()]  # type: ignore[no-untyped-call]

    def _make_request_context(self, conn: HTTPConnection) -> WorkspaceRequestContext:
        """Dagster's own view of the graph, without its buttons for those who may change nothing."""
        context = self._process_context.create_request_context(conn)
        if person_of(conn.scope).may_change:
            return context
        return WorkspaceRequestContext(
            instance=context.instance,
            current_workspace=context.get_current_workspace(),
            process_context=context.process_context,
            version=context.version,
            source=conn,
            read_only=True,
        )

    async def execute_graphql_request(
        self, request: Request, query: str, variables: dict[str, Any] | None, operation_name: str | None
    ) -> JSONResponse:
        """As Dagster does it, in a thread; what many ask at once is worked out once."""
        thread = functools.partial(self.graphql_execution_thread, request, query, variables, operation_name)
        work = functools.partial(to_thread.run_sync, thread, limiter=self._limit)
        if MUTATION in read_document(query).kinds:
            return await self._shared.change(functools.partial(to_thread.run_sync, thread))
        may_change = person_of(request.scope).may_change
        return await self._shared.answer(key_of(query, variables, operation_name, may_change=may_change), work)

    async def start(self, request: Request) -> Response:
        """The start page."""
        page = await run_in_threadpool(self._start_page, read_only=not person_of(request.scope).may_change)
        return HTMLResponse(page, headers=files.HEADERS)

    def _start_page(self, *, read_only: bool) -> str:
        """Written once for each state that is gathered."""
        state = self._remembered.now()
        with self._writing:
            written, page = self._written.get(read_only, (None, ""))
            if written is not state:
                page = start_page(self._paths, state, read_only=read_only)
                self._written[read_only] = state, page
            return page

    async def report(self, request: Request) -> Response:
        """A file of ``reports/build/``."""
        return await run_in_threadpool(files.respond, self._paths, request)


def main() -> None:
    """Serve until the process is ended, on this machine's own address or behind a proxy."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--socket", required=True)
    parser.add_argument("--host", required=True)
    parser.add_argument("--name", default="")
    parser.add_argument("--behind-proxy", action="store_true")
    parser.add_argument("--read-only", action="store_true")
    asked = parser.parse_args()
    seen = exposure(asked.port, asked.host, behind_proxy=asked.behind_proxy, name=asked.name, read_only=asked.read_only)
    logging.getLogger("dagster").setLevel(logging.WARNING)
    paths = Paths.from_environment()
    _wait_for_code(asked.socket)
    with DagsterInstance.get() as instance:
        instance.optimize_for_webserver(STATEMENT_TIMEOUT, POOL_RECYCLE, POOL_OVERFLOW)
        target = GrpcServerTarget(host="localhost", port=None, socket=asked.socket, location_name=LOCATION)
        with WorkspaceProcessContext(
            instance, version=__version__, read_only=seen.read_only, workspace_load_target=target
        ) as context:
            server = CohesionWebserver(context, paths)
            uvicorn.run(
                Guard(server.create_asgi_app(), seen, functools.partial(note_change, paths)),
                host=seen.host,
                port=seen.port,
                log_level="warning",
                proxy_headers=False,
                server_header=False,
                ws_max_size=MESSAGE_BYTES,
                timeout_keep_alive=IDLE_SECONDS,
                timeout_graceful_shutdown=ENDING_SECONDS,
            )


def _wait_for_code(socket: str) -> None:
    """Until the code server answers: the first page then shows the graph and not that it is loading."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        try:
            DagsterGrpcClient(socket=socket).ping("")
            return
        except Exception:
            time.sleep(0.2)


if __name__ == "__main__":
    main()
