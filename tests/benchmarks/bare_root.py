"""A root without studies, in which a benchmark declares its own."""

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def bare_root(root: Path, study: str) -> tuple[Path, Path]:
    """A root with the project's concepts and templates; the empty folders of a study's deposits and declarations."""
    raw, declared = root / "data" / "raw" / study, root / "data" / "studies" / study
    raw.mkdir(parents=True)
    (declared / "waves").mkdir(parents=True)
    shutil.copy(ROOT / "data" / "concepts.yaml", root / "data")
    shutil.copytree(ROOT / "reports" / "templates", root / "reports" / "templates")
    return raw, declared
