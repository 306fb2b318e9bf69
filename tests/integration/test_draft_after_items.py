"""A file of several waves is drafted as such whether its items are declared already or not."""

from pathlib import Path

import polars as pl
import pytest
import yaml
from layout_study import STUDY, as_the_template, make_root, run

PEOPLE = 60
CODES = ("Never", "Often", "Always")


def answers(wave: int) -> pl.DataFrame:
    """Two questions; the second is not asked in wave 2."""
    return pl.DataFrame(
        {
            "id": [f"P{1000 + 7 * person}" for person in range(PEOPLE)],
            "wave": [wave] * PEOPLE,
            "talk": [1 + (person + wave) % 3 for person in range(PEOPLE)],
            "meet": [None if wave == 2 else 1 + (2 * person + wave) % 3 for person in range(PEOPLE)],
            "more": [1 + (person + 2 * wave) % 3 for person in range(PEOPLE)],
        }
    )


def long_file(path: Path) -> None:
    pl.concat([answers(wave) for wave in (1, 2, 3)]).write_csv(path)


def wide_file(path: Path) -> None:
    wide = pl.DataFrame({"id": answers(1)["id"]})
    for wave in (1, 2, 3):
        columns = ["talk", "more"] if wave == 2 else ["talk", "meet", "more"]
        wide = wide.with_columns(answers(wave)[name].alias(f"{name}_w{wave}") for name in columns)
    wide.write_csv(path)


FILES = {"long": long_file, "wide": wide_file}


def study(tmp_path: Path, layout: str) -> tuple[Path, Path]:
    root = make_root(tmp_path, {})
    as_the_template(root)
    file = root / "data/raw" / STUDY / f"{layout}.csv"
    FILES[layout](file)
    return root, file


def codebook(tmp_path: Path, names: tuple[str, ...] = ("talk", "meet")) -> str:
    file = tmp_path / "codebook.csv"
    rows = [f"{name};Do you {name}?;{code};{label}" for name in names for code, label in enumerate(CODES, 1)]
    file.write_text("variable;question;code;label\n" + "\n".join(rows) + "\n")
    return str(file)


def waves(root: Path) -> dict[str, dict]:
    folder = root / "data/studies" / STUDY / "waves"
    return {path.stem: yaml.load(path.read_text(), yaml.BaseLoader) for path in sorted(folder.glob("w*.yaml"))}


@pytest.mark.parametrize("layout", FILES)
def test_items_first_gives_every_wave(tmp_path: Path, layout: str) -> None:
    root, file = study(tmp_path, layout)
    run(root, "items", "draft", codebook(tmp_path), "--study", STUDY)
    said = run(root, "wave", "draft", STUDY, str(file))
    assert "holds 3 waves" in said
    assert "1 column is read by no item" in said
    made = waves(root)
    assert list(made) == ["w01", "w02", "w03"]
    places = [wave["files"][0] for wave in made.values()]
    if layout == "long":
        assert [place["rows"] for place in places] == [{"wave": "1"}, {"wave": "2"}, {"wave": "3"}]
    else:
        assert all("present" in place for place in places)
    assert [wave.get("not_asked") for wave in made.values()] == [None, ["meet"], None]
    text = (root / "data/studies" / STUDY / "waves/w01.yaml").read_text()
    assert "#   more: {label:" in text
    run(root, "check")
    run(root, "wave", "accept", STUDY, "w01", "--yes")


@pytest.mark.parametrize("layout", FILES)
def test_items_first_and_the_others_from_the_file(tmp_path: Path, layout: str) -> None:
    root, file = study(tmp_path, layout)
    run(root, "items", "draft", codebook(tmp_path, ("talk",)), "--study", STUDY)
    run(root, "wave", "draft", STUDY, str(file), "--items")
    items = yaml.load((root / "data/studies" / STUDY / "items.yaml").read_text(), yaml.BaseLoader)
    assert list(items) == ["talk", "meet", "more"]
    assert items["talk"]["codes"] == {"1": "Never", "2": "Often", "3": "Always"}
    assert [wave.get("not_asked") for wave in waves(root).values()] == [None, ["meet"], None]
    run(root, "check")


def test_items_declared_by_the_names_of_one_wave_are_not_read_as_several(tmp_path: Path) -> None:
    root, file = study(tmp_path, "wide")
    run(root, "items", "draft", codebook(tmp_path, ("talk_w1", "talk_w2", "meet_w1")), "--study", STUDY)
    run(root, "wave", "draft", STUDY, str(file))
    assert list(waves(root)) == ["w01"]
