"""What lies in the deposit folders, compared with the declarations: waves to load, and files that need a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import DepositError
from pipeline.files import sha256_of
from pipeline.ingest.arrival.at_rest import at_rest
from pipeline.ingest.arrival.find import HIDDEN, check_file_name
from pipeline.specs.outcome_columns import outcome_file
from pipeline.specs.parts import every_file
from pipeline.specs.project import Study
from pipeline.specs.study import Wave

Hash = Callable[[Path], str]


@dataclass(frozen=True)
class Arrival:
    """A declared wave whose files lie in the folder, whole, at rest and confirmed."""

    study: str
    wave: str
    hash: str

    @property
    def run_key(self) -> str:
        """The same bytes never start a second run, whatever the file is called."""
        return f"{self.study}/{self.wave}/{self.hash}"


@dataclass(frozen=True)
class Sighting:
    """``arrivals``: waves ready to load. ``undeclared``: by study, names of files that no wave declares.

    In words: ``unsettled`` (still being written), ``repeated`` (loaded already), ``awaiting`` (declared waves whose
    bytes nobody has confirmed) and ``misnamed`` (not opened, because of what is in their names).
    """

    arrivals: tuple[Arrival, ...] = ()
    undeclared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unsettled: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    awaiting: tuple[str, ...] = ()
    misnamed: tuple[str, ...] = ()


def sightings(
    studies: Iterable[Study],
    folders: Mapping[str, Path],
    loaded_hashes: Callable[[str], Mapping[str, str]],
    now: float,
    hash_of: Hash = sha256_of,
) -> Sighting:
    """What is seen in the deposit folders at the time ``now`` (seconds since 1970).

    ``folders`` maps each study whose files arrive from outside to its deposit folder; others are passed over.
    ``loaded_hashes(study)`` maps SHA-256 to the wave that is loaded from these bytes, in words; it is asked only if a
    file is undeclared. ``hash_of`` may remember what it has read.
    """
    seen = [
        _Folder(study, folders[study.key], now, hash_of).sighting(loaded_hashes)
        for study in studies
        if study.key in folders and folders[study.key].is_dir()
    ]
    return Sighting(
        arrivals=tuple(arrival for one in seen for arrival in one.arrivals),
        undeclared={study: names for one in seen for study, names in one.undeclared.items()},
        unsettled=tuple(words for one in seen for words in one.unsettled),
        repeated=tuple(words for one in seen for words in one.repeated),
        awaiting=tuple(words for one in seen for words in one.awaiting),
        misnamed=tuple(words for one in seen for words in one.misnamed),
    )


@dataclass(frozen=True)
class _Folder:
    """The deposit folder of one study at one moment."""

    study: Study
    path: Path
    now: float
    hash_of: Hash

    def sighting(self, loaded_hashes: Callable[[str], Mapping[str, str]]) -> Sighting:
        waves = [self._wave(name, wave) for name, wave in self.study.waves.items()]
        safe, misnamed = self._others()
        loaded = loaded_hashes(self.study.key) if safe else {}
        again = {path.name: loaded[found] for path in safe if (found := self.hash_of(path)) in loaded}
        undeclared = tuple(path.name for path in safe if path.name not in again)
        key = self.study.key
        return Sighting(
            arrivals=tuple(wave for wave in waves if isinstance(wave, Arrival)),
            undeclared={key: undeclared} if undeclared else {},
            unsettled=tuple(wave.words for wave in waves if isinstance(wave, _Unsettled)),
            repeated=tuple(f"{key}: {name} is already loaded as {wave}" for name, wave in again.items()),
            awaiting=tuple(wave.words for wave in waves if isinstance(wave, _Awaiting)),
            misnamed=tuple(f"{key}: {words}" for words in misnamed),
        )

    def _wave(self, name: str, declared: Wave) -> Arrival | _Unsettled | _Awaiting | None:
        """What a declared wave is at this moment; None unless each of its files is there exactly once."""
        files = list({file.file: file for file in every_file(declared)}.values())
        found = [self._one_delivery(file.file) for file in files]
        paths = [path for path in found if path is not None]
        if len(paths) < len(found):
            return None
        key = self.study.key
        moving = [path for path in paths if not at_rest.is_at_rest(path, self.now)]
        if moving:
            return _Unsettled(f"{key}/{name}")
        hashes = [self.hash_of(path) for path in paths]
        if hashes != [file.sha256 for file in files]:
            return _Awaiting(f"{key}/{name}: `cohesion wave accept {key} {name}` confirms its receipt")
        return Arrival(key, name, "-".join(text[:12] for text in hashes))

    def _one_delivery(self, pattern: str) -> Path | None:
        """The file that fits a pattern; the first of several if all are the same bytes, None if they are not."""
        found = sorted(self.path.glob(pattern))
        same = len(found) == 1 or len({self.hash_of(path) for path in found}) == 1
        return found[0] if same else None

    def _others(self) -> tuple[list[Path], list[str]]:
        """Files that no declaration names and whose names are safe to show; and why the rest are not opened."""
        safe, refused = [], []
        for path in self._unclaimed():
            try:
                check_file_name(path.name)
                safe.append(path)
            except DepositError as error:
                refused.append(str(error))
        return safe, refused

    def _unclaimed(self) -> Iterator[Path]:
        about = self.study.about
        declared = (file for wave in self.study.waves.values() for file in every_file(wave))
        names = {file.file for file in (*declared, *about.sources.values())}
        claimed = {path for name in names for path in self.path.glob(name)}
        lists = {about.issued, about.withdrawals, *(outcome_file(about, report).file for report in about.outcomes)}
        lists |= {file.refreshment for _, _, file in self.study.files()}
        for path in sorted(self.path.iterdir()):
            is_deposit = path.is_file() and path not in claimed and path.name not in lists
            if is_deposit and not path.name.startswith(HIDDEN):
                yield path


@dataclass(frozen=True)
class _Unsettled:
    words: str


@dataclass(frozen=True)
class _Awaiting:
    words: str
