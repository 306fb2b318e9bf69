"""Tables that a worker keeps for its next nodes: few, and small ones."""

from pathlib import Path

import polars as pl
import pytest

from assets.engine import store
from assets.engine.loaded import Loaded, held_by
from pipeline.paths import Paths


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of tables as they are read; each has as many bytes as its name says."""
    found: list[str] = []

    def load(_: Paths, key: tuple[str, ...], __: str) -> pl.DataFrame:
        found.append(key[0])
        return pl.DataFrame({"x": pl.repeat(1, int(key[0]) // 8, dtype=pl.Int64, eager=True)})

    monkeypatch.setattr(store, "load", load)
    return found


@pytest.mark.parametrize(
    ("names", "read_again"),
    [
        (["80", "88", "80"], []),
        (["80", "800", "80"], ["80"]),
        (["8000", "8000"], ["8000"]),
        (["80", "8000", "80"], []),
        (["8", "16", "24", "32", "8", "32"], ["8"]),
    ],
    ids=["kept", "the-oldest-goes", "too-large", "too-large-moves-nothing", "few"],
)
def test_tables_are_kept_while_they_are_few_and_small(read: list[str], names: list[str], read_again: list[str]) -> None:
    loaded = Loaded(tables=3, size=850)
    for name in names:
        loaded.load(Paths(Path()), (name,), "")
    assert read == [*dict.fromkeys(names), *read_again]


def test_a_cell_of_text_takes_what_points_to_it_as_well() -> None:
    answers = pl.DataFrame({"answer": ["1", "2"] * 500})
    assert held_by(answers) == 1_000 * (16 + 1)  # estimated_size counts the letter alone
    assert held_by(pl.DataFrame({"answer": [1, 2] * 500})) == 1_000 * 8
