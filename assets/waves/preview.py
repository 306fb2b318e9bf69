"""The drift report of a wave that nobody has confirmed yet: made in a copy of the root, which is thrown away."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from assets.building import Running, plan_build
from assets.engine.workspace import Workspace
from assets.reported import findings_in_words
from assets.waves.accept import accept
from pipeline.errors import CohesionError
from pipeline.files import write_bytes
from pipeline.paths import Paths
from pipeline.specs import Study, load_project

COPIED = ("data/studies", "data/areas", "data/concepts.yaml", "data/keys", "data/withdrawn", "data/kept", "reports")
MADE = ("wave", "labels", "receipt", "joins", "links", "linked", "outcomes", "redeliveries")
"""Tables of the warehouse on which a drift report rests: those of the waves before are not read again."""


def preview(workspace: Workspace, study: Study, wave: str, folder: Path) -> tuple[Path, str]:
    """Write the report; returns where it lies, and in words how many findings it holds. Nothing else changes.

    Raises ``CohesionError`` where the wave cannot be read as it is declared.
    """
    with TemporaryDirectory(prefix="cohesion-") as scratch:
        paths = Paths(Path(scratch).resolve())
        _copy(workspace.paths, paths, study)
        aside = _opened(paths, study, folder)
        for _ in accept(aside, aside.project.studies[study.key], wave, folder, _unasked):
            pass
        aside = _opened(paths, study, folder)
        plan = plan_build(aside, [study.key], [f"findings/{study.key}"])
        with Running(aside, plan) as running:
            for _ in running.reports():
                pass
        page = paths.drift_file(study.key)
        failures = {name: why for name, why in running.failures.items() if name != f"findings/{study.key}"}
        if failures or not page.is_file():
            raise CohesionError(next(iter((failures or running.failures).values()), "no drift report could be made"))
        target = workspace.paths.drift_preview(study.key, wave)
        write_bytes(target, page.read_bytes())
        words = (findings_in_words(aside, node) for node in plan.nodes)
        return target, next(filter(None, words), "nothing found")


def _opened(paths: Paths, study: Study, folder: Path) -> Workspace:
    return Workspace(paths, load_project(paths), {study.key: folder.resolve()})


def _copy(of: Paths, to: Paths, study: Study) -> None:
    """Declarations, key, and the tables of the waves before; outputs are replaced whole, so that links do no harm."""
    for name in COPIED:
        source, target = of.root / name, to.root / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("build", "release"))
        elif source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    for name in MADE:
        for source in (of.warehouse / name / study.key, *of.warehouse.glob(f"{name}/{study.key}.*")):
            target = to.root / source.relative_to(of.root)
            if source.is_dir():
                shutil.copytree(source, target, copy_function=_link)
            elif source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                _link(str(source), str(target))


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _unasked(_: str, __: Mapping[str, Sequence[str]]) -> None:
    """Nothing is confirmed for good: nobody has to be asked."""
