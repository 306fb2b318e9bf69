"""A built panel of three clean waves, in which another second wave arrives."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from panel_study import Outcome, arrive, make_panel, rebuild
from shared import SHARED


@pytest.fixture(scope="session")
def panels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The panel of deposits made here and, where it is at hand, that of the shared collection; both built."""
    kinds = ["made", "collection"] if (SHARED / "badwaves").exists() else ["made"]
    roots = {kind: make_panel(tmp_path_factory.mktemp(kind) / "root", kind == "collection") for kind in kinds}
    for root in roots.values():
        assert not [report.message for report in rebuild(root).values() if report.message]
    return roots


@pytest.fixture
def wave_2(panels: dict[str, Path], tmp_path: Path) -> Callable[..., Iterator[Outcome]]:
    """Lets a file arrive: first as ``write`` makes it, then as the collection has it, if it does."""

    def arrivals(file: str, write: Callable[[Path], object], **declared: Any) -> Iterator[Outcome]:
        yield arrive(panels["made"], tmp_path / "made", file, write, **declared)
        given = SHARED / "badwaves" / file
        if "collection" in panels and given.exists():
            copy = given.read_bytes()
            yield arrive(
                panels["collection"], tmp_path / "collection", file, lambda path: path.write_bytes(copy), **declared
            )

    return arrivals
