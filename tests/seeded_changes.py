"""One change of a built study, and what `cohesion diff` says of it."""

from collections.abc import Callable
from pathlib import Path

import engine_runs
from confirmed import confirm_all

from assets.provenance.archive import Archive
from assets.provenance.diff import Difference, difference
from pipeline.paths import Paths

Seed = Callable[[Path], None]


def compared(root: Path, *seeds: Seed) -> Difference:
    """What differs after the seeded changes and a build."""
    for seed in seeds:
        seed(root)
    confirm_all(root)
    engine_runs.build(root)
    archive = Archive(Paths(root))
    first, *_, last = archive.entries() * 2 if len(archive.entries()) == 1 else archive.entries()
    return difference(archive, first, last)


def text(file: str, old: str, new: str) -> Seed:
    """The change of one text in a file below the root."""

    def edit(root: Path) -> None:
        path = root / file
        content = path.read_text(encoding="utf-8")
        assert old in content, f"{file} does not hold {old!r}"
        path.write_text(content.replace(old, new, 1), encoding="utf-8")

    return edit


def called(found: Difference) -> set[str]:
    """Each cause as ``kind place: what``."""
    return {f"{one.kind} {one.place}{f': {one.what}' if one.what else ''}" for one in found.causes}
