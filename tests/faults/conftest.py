"""A built panel of three clean waves, in which another second wave arrives."""

import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from panel_study import Outcome, arrive, make_panel, rebuild
from shared import SHARED


@pytest.fixture(scope="session")
def panel_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Built panels: of deposits ``made`` here, and of those of the shared ``collection``."""

    @cache
    def built(kind: str) -> Path:
        root = make_panel(tmp_path_factory.mktemp(kind) / "root", kind == "collection")
        assert not [report.message for report in rebuild(root).values() if report.message]
        return root

    return built


@pytest.fixture(params=["made", pytest.param("collection", marks=pytest.mark.slow)])
def panel(request: pytest.FixtureRequest, panel_of: Callable[[str], Path]) -> Path:
    """A built panel: that of deposits made here, and in the slow run that of the collection too."""
    if request.param == "collection" and not (SHARED / "badwaves").exists():
        pytest.skip("the collection of bad waves is not at hand")
    return panel_of(request.param)


@pytest.fixture
def wave_2(request: pytest.FixtureRequest, panel: Path, tmp_path: Path) -> Callable[..., Iterator[Outcome]]:
    """Lets a file arrive in the panel: as ``write`` makes it, or as the collection has it, if it does."""
    is_made = request.node.callspec.params["panel"] == "made"

    def arrivals(file: str, write: Callable[[Path], object], **declared: Any) -> Iterator[Outcome]:
        given = SHARED / "badwaves" / file
        if is_made:
            yield arrive(panel, tmp_path / "made", file, write, **declared)
        elif given.exists():
            yield arrive(panel, tmp_path / "collection", file, lambda path: shutil.copyfile(given, path), **declared)

    return arrivals
