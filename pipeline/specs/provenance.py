"""What a figure, a table or a paper was made from, in one line for readers and in full for its metadata."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

MOST_MODELS = 2
"""So many models are named in a line; the metadata have them all."""
SHORT = 8
"""Characters of a hash in a line."""


@dataclass(frozen=True)
class Deposit:
    """One deposited file, by its SHA-256."""

    wave: str
    arm: str
    file: str
    sha256: str


@dataclass(frozen=True)
class Made:
    """What a model, and what is printed from it, rests on: the waves it takes, and its weight in words."""

    waves: tuple[str, ...] = ()
    weight: str = ""


@dataclass(frozen=True)
class Provenance:
    """Where something printed comes from. All of it is an input of the step that prints, and so the same every time.

    ``build``: the hash of all that it was made from; ``code``: the version of the package and the hash of the code that
    the step runs. ``models``: name → what it rests on. ``waves``: of what rests on no model.
    """

    build: str
    code: str
    models: Mapping[str, Made]
    deposits: tuple[Deposit, ...] = ()
    waves: tuple[str, ...] = ()

    def of(self, models: Iterable[str]) -> Provenance:
        """The part that rests on these models alone; of none of them, all waves."""
        kept = {name: self.models[name] for name in models if name in self.models}
        waves = _together(made.waves for made in kept.values()) or self.waves
        deposits = tuple(one for one in self.deposits if one.wave in waves)
        return Provenance(self.build, self.code, kept, deposits, waves)

    @property
    def all_waves(self) -> tuple[str, ...]:
        return _together(made.waves for made in self.models.values()) or self.waves

    @property
    def weights(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(made.weight for made in self.models.values()))

    @property
    def files(self) -> str:
        """One hash of all deposits, which names them together."""
        import hashlib

        return hashlib.sha256("\n".join(sorted({one.sha256 for one in self.deposits})).encode()).hexdigest()

    def line(self) -> str:
        """One line: "Waves 1–9; unweighted; model m; 9 data files 3f2a91c0; code 0.1.0+1a2b3c4d; build 9f8e7d6c"."""
        files = len({one.sha256 for one in self.deposits})
        data = f"{files} data file{'' if files == 1 else 's'} {self.files[:SHORT]}" if files else ""
        return _joined(*self._rests_on, data, f"code {self.code}", f"build {self.build[:SHORT]}")

    def short(self) -> str:
        """The line where data and code are said once for all: "Waves 1–9; unweighted; model m; build 9f8e7d6c"."""
        return _joined(*self._rests_on, f"build {self.build[:SHORT]}")

    @property
    def _rests_on(self) -> tuple[str, str, str]:
        return waves_in_words(self.all_waves), " and ".join(self.weights), _named(list(self.models))

    def metadata(self) -> dict[str, str]:
        """All of it as texts by name, for the metadata of files."""
        deposits = " ".join(f"{one.wave}/{one.arm}:{one.file}:{one.sha256}" for one in self.deposits)
        found = {
            "build": self.build,
            "code": self.code,
            "waves": " ".join(self.all_waves),
            "weights": "; ".join(self.weights),
            "models": " ".join(self.models),
            "deposits": deposits,
        }
        return {name: text for name, text in found.items() if text}


def after(source: str, line: str) -> str:
    """A source with a line of provenance behind it."""
    return f"{source.rstrip('. ')}. {line}" if source else line


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _together(waves: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple(sorted({wave for each in waves for wave in each}))


def _named(models: list[str]) -> str:
    if not models:
        return ""
    more = f" and {len(models) - MOST_MODELS} more" if len(models) > MOST_MODELS else ""
    return f"model{'s' if len(models) > 1 else ''} {', '.join(models[:MOST_MODELS])}{more}"


def waves_in_words(waves: Sequence[str]) -> str:
    """``w01 w02 w03 w05`` → "Waves 1–3, 5"; names of other forms as they are."""
    numbers = [int(wave[1:]) if wave[:1] == "w" and wave[1:].isdigit() else None for wave in waves]
    if not waves:
        return ""
    if None in numbers:
        return f"Waves {', '.join(waves)}"
    runs: list[list[int]] = []
    for number in (number for number in numbers if number is not None):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    words = [f"{run[0]}–{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs]
    return f"Wave{'s' if len(waves) > 1 else ''} {', '.join(words)}"
