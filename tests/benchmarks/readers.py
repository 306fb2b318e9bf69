"""Fifty readers of a running ``cohesion ui`` at once: how many requests are lost, and how long the others take.

    cohesion ui --port 3000 &
    python tests/benchmarks/readers.py --address http://127.0.0.1:3000 --readers 50 --seconds 300

Each reader opens the start page, follows links to papers and reports, opens pages of Dagster's with their scripts, asks
what those pages ask over GraphQL, and rests between, as people do. A request is lost if it has no answer, an error of
the server, or another length than its answer said.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import random
import re
import statistics
import time
from dataclasses import dataclass, field

import httpx2 as httpx

PATIENCE_SECONDS = 60.0
REST_SECONDS = 1.0
"""On average, between two requests of one reader."""
QUERIES = {
    "assets": "{ assetNodes { id assetKey { path } groupName staleStatus } }",
    "runs": "{ runsOrError(limit: 25) { ... on Runs { results { runId status jobName startTime endTime } } } }",
    "workspace": (
        "{ workspaceOrError { ... on Workspace { locationEntries { name loadStatus locationOrLoadError { ... on "
        "RepositoryLocation { repositories { name jobs { name } schedules { name } sensors { name } } } } } } } }"
    ),
    "daemons": "{ instance { daemonHealth { allDaemonStatuses { daemonType healthy required } } } }",
}
PAGES = ("/runs", "/assets", "/asset-groups", "/automation", "/deployment/locations")
LINK = re.compile(r'(?:href|src)="(/(?!/)[^"#]*)"')


@dataclass
class Told:
    """What happened: latencies in seconds by kind of request, and each lost request in words."""

    latencies: dict[str, list[float]] = field(default_factory=lambda: collections.defaultdict(list))
    lost: list[str] = field(default_factory=list)

    @property
    def answered(self) -> int:
        return sum(map(len, self.latencies.values()))


async def ask(client: httpx.AsyncClient, told: Told, kind: str, url: str, **more: object) -> str:
    """The text of an answer; nothing if it was lost, which is noted."""
    began = time.perf_counter()
    try:
        answer = await client.request("POST" if more else "GET", url, **more)
    except httpx.HTTPError as error:
        told.lost.append(f"{kind} {url}: {type(error).__name__} {error}")
        return ""
    if answer.status_code >= 400 or (more and "errors" in answer.json()):
        told.lost.append(f"{kind} {url}: {answer.status_code} {answer.text[:200]}")
        return ""
    told.latencies[kind].append(time.perf_counter() - began)
    is_text = answer.headers.get("content-type", "").startswith("text/html")
    return answer.text if is_text else ""


async def read(address: str, told: Told, until: float, seed: int) -> None:
    """One reader, with one connection as a browser keeps several, until the time is over."""
    chance = random.Random(seed)
    async with httpx.AsyncClient(base_url=address, timeout=PATIENCE_SECONDS, trust_env=False) as client:
        await asyncio.sleep(chance.random() * REST_SECONDS)
        while time.monotonic() < until:
            start = await ask(client, told, "start page", "/")
            links = [link for link in LINK.findall(start) if link.startswith("/reports/")]
            for link in chance.sample(links, min(3, len(links))):
                await asyncio.sleep(chance.expovariate(1 / REST_SECONDS))
                await ask(client, told, "paper or report", link)
            page = chance.choice(PAGES)
            scripts = LINK.findall(await ask(client, told, "page of Dagster's", page))
            for script in scripts[:6]:
                await ask(client, told, "script", script)
            for name, query in QUERIES.items():
                await ask(client, told, f"query: {name}", f"/graphql?op={name}", json={"query": query})
            await asyncio.sleep(chance.expovariate(1 / REST_SECONDS))


async def measure(address: str, readers: int, seconds: float) -> Told:
    """All readers at once for a time."""
    told, until = Told(), time.monotonic() + seconds
    await asyncio.gather(*(read(address, told, until, seed) for seed in range(readers)))
    return told


def table(told: Told, seconds: float) -> str:
    """What was measured, for people."""
    lines = [f"{'':<22}{'answered':>9}{'median':>9}{'95 %':>9}{'longest':>9}   (milliseconds)"]
    for kind, taken in sorted(told.latencies.items()):
        cut = statistics.quantiles(taken, n=20)[-1] if len(taken) > 1 else taken[0]
        numbers = [1000 * value for value in (statistics.median(taken), cut, max(taken))]
        lines.append(f"{kind:<22}{len(taken):>9,}" + "".join(f"{number:>9,.0f}" for number in numbers))
    lines.append(f"{told.answered:,} answered ({told.answered / seconds:,.0f} a second), {len(told.lost):,} lost")
    return "\n".join([*lines, *told.lost[:20]])


def main() -> None:
    """Measure and print; the exit code says whether a request was lost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--address", default="http://127.0.0.1:3000")
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=300)
    asked = parser.parse_args()
    told = asyncio.run(measure(asked.address, asked.readers, asked.seconds))
    print(table(told, asked.seconds))
    raise SystemExit(bool(told.lost))


if __name__ == "__main__":
    main()
