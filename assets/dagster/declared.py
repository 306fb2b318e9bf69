"""The declarations as they are at this moment: sensor, schedule and jobs read them anew, whatever was loaded before."""

import contextlib
import hashlib
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from assets.engine.workspace import Workspace
from assets.provenance.ledger import declarations
from pipeline.errors import CohesionError
from pipeline.paths import Paths
from pipeline.specs import load_studies

_telling = threading.Lock()


@dataclass(frozen=True)
class Declared:
    """The studies whose declarations can be read. ``mistakes``: study → what is wrong with one that cannot.

    ``state``: a hash of all that is declared; ``states``: of each study's own folder.
    """

    workspace: Workspace
    mistakes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    state: str = ""
    states: Mapping[str, str] = field(default_factory=dict)

    def left_out(self) -> list[str]:
        """Of each study that is left out, how many mistakes there are, and the first of them."""
        return [
            f"{study} is left out: {len(found)} mistake{'' if len(found) == 1 else 's'} in its declarations "
            f"(`cohesion check` lists all). {found[0]}"
            for study, found in self.mistakes.items()
        ]


def declared(paths: Paths, studies: Collection[str] = ()) -> Declared:
    """Read the declarations; a study with a mistake is left out, and stops no other.

    Raises ``DeclarationErrors`` for mistakes in what all studies share, or in one of ``studies``.
    """
    texts = dict(declarations(paths))
    project, mistakes = load_studies(paths, studies)
    own: dict[str, list[str]] = {study: [] for study in project.studies}
    for place, text in texts.items():
        parts = place.split("/")
        if parts[:2] == ["data", "studies"] and parts[2] in own:
            own[parts[2]] += [place, text]
    state = _hash([part for item in texts.items() for part in item])
    return Declared(Workspace(paths, project), mistakes, state, {study: _hash(found) for study, found in own.items()})


def _hash(texts: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def tell_ui(paths: Paths) -> None:
    """Let the UI read the declarations again, without waiting until it has."""
    from assets.waves.running import reload_ui

    def tell() -> None:
        with _telling, contextlib.suppress(CohesionError):
            reload_ui(paths)

    if not _telling.locked():
        threading.Thread(target=tell, daemon=True, name="reload").start()
