"""A new user's way: from undeclared files of five waves to a first paper, by the commands and files of the READMEs."""

import random
import re
import shutil
from pathlib import Path

import pytest
from shared import ROOT
from typer.testing import CliRunner

from assets.commands.main import app

PEOPLE = 150
BATTERIES = {"trust": 4, "contact": 3, "worry": 5}


def panel_file(wave: int) -> str:
    """A CSV of one wave: three batteries, some answers missing, a date-time, a duration, and people who come and go."""
    people = random.Random(1)
    leanings = [people.gauss(0, 1) for _ in range(PEOPLE)]
    ids = people.sample(range(10**6, 10**7), PEOPLE)
    chance = random.Random(wave)
    names = [f"{stem}_{number}" for stem, count in BATTERIES.items() for number in range(1, count + 1)]
    lines = [",".join(["id", "weight", "startdate", "minutes", "region", *names])]
    for leaning, identity in zip(leanings, ids, strict=True):
        if chance.random() < 0.8:
            answers = [min(5, max(1, round(3 + leaning * 0.8 + chance.gauss(0, 0.8)))) for _ in names]
            cells = ["NA" if chance.random() < 0.03 else str(answer) for answer in answers]
            day = f"202{wave}-03-{chance.randrange(1, 29):02}T10:15:00Z"
            region = chance.choice(["North", "South"])
            lines.append(",".join([str(identity), "1.25", day, str(chance.randrange(9, 40)), region, *cells]))
    return "\n".join(lines) + "\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with the template and nothing else, and five files."""
    for folder in ("data/studies/_template", "data/areas", "reports/templates"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "data" / "concepts.yaml", tmp_path / "data")
    raw = tmp_path / "data" / "raw" / "my_study"
    raw.mkdir(parents=True)
    for wave in range(1, 6):
        (raw / f"wave{wave}.csv").write_text(panel_file(wave))
    monkeypatch.setenv("COHESION_ROOT", str(tmp_path))
    return tmp_path


def run(*arguments: str) -> str:
    found = CliRunner().invoke(app, list(arguments))
    assert found.exit_code == 0, found.output
    return found.output


@pytest.mark.slow
def test_five_undeclared_files_become_a_first_paper(root: Path) -> None:
    folder = Path(shutil.copytree(root / "data/studies/_template", root / "data/studies/my_study"))
    for wave in range(1, 6):
        run("wave", "draft", "my_study", str(root / f"data/raw/my_study/wave{wave}.csv"))
    about = (folder / "study.yaml").read_text()
    for key in ("title", "short_title", "population", "citation", "licence"):
        about = re.sub(rf"^{key}: .*$", f"{key}: My study", about, count=1, flags=re.MULTILINE)
    (folder / "study.yaml").write_text(about)
    scales = (folder / "scales.yaml").read_text()
    for scale in ("trust", "contact"):  # two of the proposed scales are taken
        block = re.search(rf"^# {scale}:.*\n(?:#   .*\n)+", scales, flags=re.MULTILINE)
        assert block is not None
        scales = scales.replace(block.group(), re.sub(r"^# ", "", block.group(), flags=re.MULTILINE))
    (folder / "scales.yaml").write_text(scales)
    readme = (ROOT / "reports/README.md").read_text()
    for name, text in re.findall(r"`(reports/\S+)`:\n\n```\w+\n(.*?)```", readme, re.DOTALL):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    run("check")
    for wave in range(1, 6):
        run("wave", "accept", "my_study", f"w0{wave}")
    said = run("build", "--study", "my_study")
    assert "reports/build/papers/my_study_first.html" in said
    annex = (root / "reports/build/papers/my_study_first_annex.html").read_text()
    assert "Drafted from wave1.csv" in annex, "what is not confirmed is said"
