"""In most tests somebody has confirmed the files: their hashes are written into the declarations."""

import hashlib
from pathlib import Path

from pipeline.ingest.arrival.confirm import confirm
from pipeline.paths import Paths
from pipeline.specs import load_project


def sha256_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def confirm_all(root: Path) -> None:
    """Write the SHA-256 of every deposit that lies under its declared name into its declaration."""
    paths = Paths(root)
    for study in load_project(paths).studies.values():
        for wave, declared in study.waves.items():
            found = [sorted(paths.raw(study.key).glob(file.file)) for file in declared.files]
            if all(found):
                hashes = [{"sha256": sha256_of(files[0])} for files in found]
                if [file.sha256 for file in declared.files] != [each["sha256"] for each in hashes]:
                    confirm(paths.study(study.key) / "waves" / f"{wave}.yaml", hashes)
