"""A wave arrives: the deposit folders are watched, and what a new file concerns is rebuilt. Nightly, everything is."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg

from assets import store
from assets.fingerprints import hash_of_file
from assets.graph import Key, Node, Workspace
from pipeline.specs import Study

SETTLED_SECONDS = 10
"""A file that changed later than this is still being written."""


@dataclass(frozen=True)
class Arrival:
    """A declared wave whose files lie in the folder, whole and at rest."""

    study: str
    wave: str
    hash: str

    @property
    def run_key(self) -> str:
        """The same bytes never start a second run, whatever the file is called."""
        return f"{self.study}/{self.wave}/{self.hash}"


@dataclass(frozen=True)
class Sighting:
    """What lies in the deposit folders: waves ready to load, and files that no wave declares."""

    arrivals: tuple[Arrival, ...]
    undeclared: Mapping[str, tuple[str, ...]]
    unsettled: tuple[str, ...]
    repeated: tuple[str, ...] = ()  # in words: files that are a wave which is loaded already
    held: tuple[str, ...] = ()  # in words: declared waves whose bytes nobody has confirmed
    misnamed: tuple[str, ...] = ()  # in words: files that are not opened, because of what is in their names


def look(workspace: Workspace, now: float | None = None) -> Sighting:
    """Compare the deposit folders with the declarations. Sample deposits do not arrive: they are made on demand."""
    now = time.time() if now is None else now
    arrivals: list[Arrival] = []
    undeclared: dict[str, tuple[str, ...]] = {}
    unsettled: list[str] = []
    repeated: list[str] = []
    held: list[str] = []
    misnamed: list[str] = []
    for study in workspace.project.studies.values():
        folder = workspace.deposit_folder(study)
        if workspace.uses_sample(study) or not folder.is_dir():
            continue
        claimed: set[Path] = set()
        for wave, declared in study.waves.items():
            files = [sorted(folder.glob(file.file)) for file in declared.files]
            claimed.update(path for found in files for path in found)
            files = [_one_of_the_same(found) for found in files]
            if all(len(found) == 1 for found in files):
                paths = [found[0] for found in files]
                hashes = [hash_of_file(path) for path in paths]
                if any(now - path.stat().st_mtime < SETTLED_SECONDS for path in paths):
                    unsettled.append(f"{study.key}/{wave}")
                elif hashes != [file.sha256 for file in declared.files]:
                    held.append(f"{study.key}/{wave}: `cohesion wave accept {study.key} {wave}` confirms its receipt")
                else:
                    arrivals.append(Arrival(study.key, wave, "-".join(found[:12] for found in hashes)))
        lists = {study.about.issued, study.about.withdrawals, *(file.refreshment for _, _, file in study.files())}
        lists |= {report.file for report in study.about.outcomes}
        others = [path for path in sorted(folder.iterdir()) if path.is_file() and path not in claimed]
        others = [path for path in others if not path.name.startswith((".", "~$")) and path.name not in lists]
        others, refused = _by_name(others)
        misnamed += [f"{study.key}: {words}" for words in refused]
        loaded = loaded_hashes(workspace, study) if others else {}
        again = {path.name: loaded[found] for path in others if (found := hash_of_file(path)) in loaded}
        repeated += [f"{study.key}: {name} is already loaded as {wave}" for name, wave in again.items()]
        named = tuple(path.name for path in others if path.name not in again)
        if named:
            undeclared[study.key] = named
    return Sighting(tuple(arrivals), undeclared, tuple(unsettled), tuple(repeated), tuple(held), tuple(misnamed))


def _by_name(paths: list[Path]) -> tuple[list[Path], list[str]]:
    """The files whose names are safe to open and to show, and why the others are left alone."""
    from pipeline.errors import DepositError
    from pipeline.ingest.arrival.find import check_file_name

    safe, refused = [], []
    for path in paths:
        try:
            check_file_name(path.name)
            safe.append(path)
        except DepositError as error:
            refused.append(str(error))
    return safe, refused


def _one_of_the_same(paths: list[Path]) -> list[Path]:
    """One file where all are the same bytes under several names."""
    return paths[:1] if len({hash_of_file(path) for path in paths}) == 1 else paths


def loaded_hashes(workspace: Workspace, study: Study) -> dict[str, str]:
    """SHA-256 → the wave that is loaded from these bytes, and since when."""
    found = {}
    for wave in study.waves:
        key = ("receipt", study.key, wave)
        if store.record(workspace.paths, key):
            since = time.strftime("%d %B %Y, %H:%M", time.localtime(workspace.paths.table(*key).stat().st_mtime))
            found |= {text: f"{wave}, since {since}" for text in store.load(workspace.paths, key)["sha256"]}
    return found


def draft_undeclared(workspace: Workspace, sighting: Sighting) -> list[str]:
    """Write a proposed declaration for each file that no wave declares, once; in words, where it lies or why not.

    It lies among the output, not among the declarations: until somebody has read it, it means nothing.
    """
    from pipeline.errors import DepositError
    from pipeline.files import write_bytes
    from pipeline.ingest.arrival.draft import draft_wave

    said = []
    for key, names in sighting.undeclared.items():
        study = workspace.project.studies[key]
        wave = f"w{max((int(name[1:]) for name in study.waves), default=0) + 1:02}"
        for name in names:
            target = workspace.paths.draft_file(key, name)
            path = workspace.deposit_folder(study) / name
            if target.exists() or time.time() - path.stat().st_mtime < SETTLED_SECONDS:
                continue
            try:
                text = draft_wave(study, wave, next(iter(study.about.arms)), path)
            except DepositError as error:
                said.append(f"{key}: {error}")
                continue
            write_bytes(target, text.encode())
            said.append(
                f"{key}: a declaration of {path.name} is proposed in {target.relative_to(workspace.paths.root)}"
            )
    return said


def following(nodes: list[Node], start: Key) -> list[Key]:
    """A key and every key made from it."""
    found = {start}
    for node in nodes:
        if found.intersection(node.keys) or found.intersection(node.inputs):
            found.update(node.keys)
    return [key for node in nodes for key in node.keys if key in found]


def deposit_sensor(nodes: list[Node], workspace: Workspace) -> dg.SensorDefinition:
    """Starts one run for each wave whose bytes have not been seen; names files that no wave declares."""

    @dg.sensor(
        name="deposits",
        target=dg.AssetSelection.all(),
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Watches the deposit folders. The same bytes never start a second run.",
    )
    def deposits(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        cursor = _Cursor.read(context.cursor)
        sighting = look(workspace)
        changes = list(cursor.changes(workspace, nodes))
        for words in draft_undeclared(workspace, sighting):
            context.log.info(words)
        for wave in sighting.held:
            context.log.info(f"held, not loaded: {wave}")
        for words in sighting.misnamed:
            context.log.info(words)
        new = [arrival for arrival in sighting.arrivals if arrival.run_key not in cursor.seen]
        if not new:
            skipped = "; ".join(_words(sighting)) or "Nothing new in the deposit folders."
            return dg.SensorResult(skip_reason=skipped, asset_events=changes, cursor=cursor.write())
        requests = [
            dg.RunRequest(
                run_key=arrival.run_key,
                asset_selection=[
                    dg.AssetKey(list(key)) for key in following(nodes, ("wave", arrival.study, arrival.wave))
                ],
                tags={"study": arrival.study, "wave": arrival.wave},
            )
            for arrival in new
        ]
        cursor.seen |= {arrival.run_key for arrival in new}
        return dg.SensorResult(run_requests=requests, asset_events=changes, cursor=cursor.write())

    return deposits


@dataclass
class _Cursor:
    """What the sensor remembers: the bytes for which it started a run, and how fresh each study was said to be."""

    seen: set[str] = field(default_factory=set)
    fresh: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str | None) -> "_Cursor":
        found = json.loads(text or "{}")
        return cls(set(found)) if isinstance(found, list) else cls(set(found.get("seen", [])), found.get("fresh", {}))

    def write(self) -> str:
        return json.dumps({"seen": sorted(self.seen), "fresh": self.fresh})

    def changes(self, workspace: Workspace, nodes: list[Node]) -> Iterator[dg.AssetCheckEvaluation]:
        """The freshness of every study of which something else is to be said than before."""
        from assets.freshness import evaluation

        for study in workspace.project.studies.values():
            words, event = evaluation(workspace, study, nodes)
            if self.fresh.get(study.key) != words:
                self.fresh[study.key] = words
                yield event


def _words(sighting: Sighting) -> Iterator[str]:
    for study, names in sighting.undeclared.items():
        yield f"{study}: {len(names)} files that no wave declares ({', '.join(names[:5])})"
    yield from sighting.repeated
    yield from sighting.misnamed
    if sighting.held:
        yield f"held until somebody confirms the file: {'; '.join(sighting.held)}"
    if sighting.unsettled:
        yield f"still being written: {', '.join(sighting.unsettled)}"


def nightly() -> dg.ScheduleDefinition:
    """Rebuilds everything at three in the morning, once switched on."""
    return dg.ScheduleDefinition(
        name="nightly", job_name="build_all", cron_schedule="0 3 * * *", execution_timezone="Europe/London"
    )
