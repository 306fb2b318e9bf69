"""The law of the engine: any sequence of edits followed by a build gives the bytes of a clean build."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from engine_runs import outputs, unbuilt
from published_study import make_published
from small_study import build, deposit, rows

from pipeline.paths import Paths

Edit = Callable[[Path, random.Random], None]


def text(file: str, *pairs: tuple[str, str]) -> Edit:
    """Turn one of the texts of a file into the other, whichever is there."""

    def edit(root: Path, rng: random.Random) -> None:
        path = root / file
        content = path.read_text()
        old, new = rng.choice(pairs)
        is_new = new in content and (old in new or old not in content)
        path.write_text(content.replace(new, old, 1) if is_new else content.replace(old, new, 1))

    return edit


def answers(root: Path, rng: random.Random) -> None:
    """A corrected deposit: some answers differ, or some people are gone."""
    frame = rows()
    changed = [rng.randrange(11) if rng.random() < 0.2 else value for value in frame["lifesat"]]
    deposit(root, "first", frame.with_columns(lifesat=pl.Series(changed)).head(40 - rng.randrange(3)))


def damage(root: Path, rng: random.Random) -> None:
    """An output is gone, or cut short."""
    paths = Paths(root)
    files = sorted(path for path in (*paths.warehouse.rglob("*.parquet"), *paths.build.rglob("*.*")) if path.is_file())
    if files:
        file = rng.choice(files)
        file.unlink() if rng.random() < 0.5 else file.write_bytes(file.read_bytes()[:-1])


STUDY = "data/studies/first"
EDITS: tuple[Edit, ...] = (
    answers,
    damage,
    text("data/concepts.yaml", ("label: Life satisfaction", "label: Satisfaction"), ("label: Age", "label: Years")),
    text(f"{STUDY}/study.yaml", ("short_title: ", "short_title: The "), ("population: ", "population: All ")),
    text(f"{STUDY}/items.yaml", ("4: Not at all strongly", "4: Not strongly"), ("Overall, how", "How")),
    text(f"{STUDY}/items.yaml", ("range: [0, 10]", "range: [0, 12]"), ("label: Woman", "label: A woman")),
    text(f"{STUDY}/scales.yaml", ("minimum_answered: 2", "minimum_answered: 1"), ("score: mean", "score:  mean")),
    text("reports/models/satisfied.yaml", ("wave_effects: false", "wave_effects: false\ncorrection: stata")),
    text("reports/models/shares.yaml", ("[life_satisfaction]", "[life_satisfaction, belonging]")),
    text("reports/figures/belonging.yaml", ("title: Belonging", "title: How belonging")),
    text("reports/figures/stayed.yaml", ("title: Who answered", "title: Who took part")),
    text("reports/papers/small.md", ("Some people", "A few people"), (":::figure stayed\n", ":::table reliability\n")),
    text("reports/templates/paper.html.j2", ("</body>", "<!-- note --></body>")),
    text("reports/templates/drift.html.j2", ("</body>", "<!-- note --></body>")),
)  # fmt: skip


def clean_build(root: Path, aside: Path) -> dict[str, bytes]:
    """What is made from the same declarations, deposits and key where nothing was made before."""
    shutil.rmtree(aside, ignore_errors=True)
    build(unbuilt(root, aside))
    return outputs(aside)


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    root = make_published(tmp_path_factory.mktemp("law") / "clone")
    assert not [report.message for report in build(root).values() if report.message]
    return root


def follow(base: Path, tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    root = tmp_path / "clone"
    shutil.copytree(base, root)
    for _ in range(rng.randint(1, 3)):
        for edit in rng.choices(EDITS, k=rng.randint(1, 3)):
            edit(root, rng)
        failed = [report.message for report in build(root).values() if report.message]
    if not failed:
        made, expected = outputs(root), clean_build(root, tmp_path / "aside")
        assert sorted(made) == sorted(expected)
        assert [name for name in made if made[name] != expected[name]] == []
    assert not [report for report in build(root).values() if not report.message], "a second build makes nothing"


@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=[pytest.mark.thorough] if seed > 2 else []) for seed in range(12)]
)
def test_a_sequence_of_edits_ends_where_a_clean_build_does(base, tmp_path, seed):
    follow(base, tmp_path, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 300))
def test_two_hundred_sequences(base, tmp_path, seed):
    follow(base, tmp_path, seed)
