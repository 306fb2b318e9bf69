"""A forest plot of a programme shows every area, what is pooled and what is expected elsewhere, also in words."""

import polars as pl
import pytest

from pipeline.errors import CohesionError, DeclarationErrors
from pipeline.figures import NARROW, WIDE, alt_programme_forest, lint, programme_forest
from pipeline.index import pooled_effects
from pipeline.paths import REPOSITORY, Paths
from pipeline.specs import load_project


def effects(values: dict[str, float | None], wave: str = "w02") -> pl.DataFrame:
    rows = [
        {"area": name, "wave": wave, "estimate": value, "std_error": None if value is None else 0.1,
         "conf_low": None if value is None else value - 0.2, "conf_high": None if value is None else value + 0.2,
         "df": 80.0, "shared": 0.002, "n_persons": None if value is None else 90, "n_comparison": 500, "note": None}
        for name, value in values.items()
    ]  # fmt: skip
    return pooled_effects(pl.DataFrame(rows, infer_schema_length=None))


SIX = effects({"north": 0.3, "south_end": 0.1, "east": 0.5, "west": 0.2, "mid": 0.35, "far": None})


def test_every_effect_is_said_and_what_is_withheld_has_no_number() -> None:
    words = alt_programme_forest(SIX, labels={"north": "North side"}, smallest=0.1)
    assert "North side: 0.30 (0.10 to 0.50)." in words
    assert "South end: 0.10" in words
    assert "Far: withheld." in words
    assert "All areas, pooled: " in words
    assert "Expected in another area: " in words
    assert words.endswith("Effects below 0.1 are too small to matter.")


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("smallest", [None, 0.1])
def test_it_can_be_read(width: float, smallest: float | None) -> None:
    figure = programme_forest(SIX, title="A programme", smallest=smallest, width=width)
    assert lint(figure) == []


def test_one_area_is_drawn_without_a_pooled_effect() -> None:
    one = effects({"north": 0.3})
    assert "All areas, pooled: withheld." in alt_programme_forest(one)
    assert lint(programme_forest(one, title="A programme")) == []


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (pl.concat([SIX, effects({"north": 0.3, "east": 0.2}, "w03")]), "effects of several waves"),
        (SIX.filter(row="pooled"), "no effect of an area"),
        (SIX.drop("i2"), "no column `i2`"),
    ],
    ids=["several waves", "no area", "another table"],
)
def test_refuses(rows: pl.DataFrame, words: str) -> None:
    with pytest.raises(CohesionError, match=words):
        alt_programme_forest(rows)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("programme: invested_in_cohesion", "programme: invested", "`invested` is not a programme of"),
        ("outcomes: [neighbourliness]", "outcomes: [happiness]", "not an outcome of the programme"),
        ("outcomes: [neighbourliness]", "outcomes: [neighbourliness, optimism]", "draws one of `outcomes`"),
        ("wave: w06", "wave: w09", "not a wave of"),
    ],
    ids=["programme", "outcome", "two outcomes", "wave"],
)
def test_mistakes_are_named_with_file_and_line(old: str, new: str, words: str, tmp_path) -> None:
    for name in ("data/studies", "reports/figures"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("studies/beyond_us_and_them", "studies/_template", "concepts.yaml", "areas"):
        (tmp_path / "data" / name).symlink_to(REPOSITORY / "data" / name)
    text = (REPOSITORY / "reports" / "figures" / "buat_programme.yaml").read_text()
    assert text.count(old) == 1
    (tmp_path / "reports" / "figures" / "buat_programme.yaml").write_text(text.replace(old, new))
    with pytest.raises(DeclarationErrors) as caught:
        load_project(Paths(tmp_path))
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].startswith("reports/figures/buat_programme.yaml:")
    assert words in caught.value.problems[0]
