"""Five waves of a hundred items, from labelled files to a first table: under 150 lines written by hand."""

import random
import re
import shutil
from pathlib import Path

import polars as pl
import pyreadstat
import pytest
from shared import ROOT
from typer.testing import CliRunner

from assets.commands.main import app
from assets.engine import store
from pipeline.paths import Paths
from pipeline.specs import load_project

PEOPLE, WAVES = 150, 5
MOST_BY_HAND = 150
BATTERIES = {
    "trust": ("How much do you trust the following?", ("Not at all", "A little", "Some", "A lot", "Completely")),
    "contact": ("How often did you meet them in the past month?", ("Never", "Rarely", "Sometimes", "Often", "Daily")),
    "worry": ("How worried are you?", ("Not at all worried", "A little", "Somewhat", "Very")),
    "agree": ("Do you agree?", ("Strongly disagree", "Disagree", "Neither", "Agree", "Strongly agree")),
    "media": ("How often do you use them?", ("Never", "Monthly", "Weekly", "Daily")),
    "voice": ("How much influence do you have?", ("None", "A little", "Some", "A lot")),
    "place": ("How satisfied are you with it?", ("Very dissatisfied", "Dissatisfied", "Satisfied", "Very satisfied")),
    "worse": ("How often were you treated worse for it?", ("Never", "Rarely", "Sometimes", "Often")),
    "help": ("How likely would they help you?", ("Very unlikely", "Unlikely", "Likely", "Very likely")),
}
MISSING = {88: "No sabe", 99: "Refused"}


def write_wave(file: Path, wave: int) -> None:
    """A labelled file: nine batteries of ten, nine single questions and an age; some people come and go."""
    lasting, chance = random.Random(1), random.Random(wave)
    leanings = [lasting.gauss(0, 1) for _ in range(PEOPLE)]
    ids = lasting.sample(range(10**6, 10**7), PEOPLE)
    here = [place for place in range(PEOPLE) if wave == 1 or chance.random() < 0.85]
    rows: dict[str, list[float]] = {"serial": [float(ids[place]) for place in here]}
    rows["wgt"] = [round(chance.uniform(0.6, 1.6), 3) for _ in here]
    labels, coded = {}, {}
    for name, (stem, answers) in BATTERIES.items():
        for number in range(1, 11):
            column, most = f"{name}_{number}", len(answers)
            labels[column] = f"{stem} - {name.title()} statement {number}"
            coded[column] = {**{float(code): label for code, label in enumerate(answers, 1)}, **MISSING}
            rows[column] = [
                float(chance.choice([88, 99]))
                if chance.random() < 0.03
                else float(min(most, max(1, round((most + 1) / 2 + leanings[place] * 0.7 + chance.gauss(0, 0.8)))))
                for place in here
            ]
    for number in range(1, 10):
        column = f"single{number}_{'abcdefghi'[number - 1]}x"
        labels[column], coded[column] = f"Is it so, in case {number}?", {1.0: "Yes", 2.0: "No", **MISSING}
        rows[column] = [float(chance.choice([1, 1, 2, 88])) for _ in here]
    labels["age"] = "How old are you?"
    rows["age"] = [float(20 + ids[place] % 60 + wave) for place in here]
    pyreadstat.write_sav(pl.DataFrame(rows), file, column_labels=labels, variable_value_labels=coded)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with the template and nothing else, a copy of it, and five files."""
    for name in ("_template", "my_study"):
        shutil.copytree(ROOT / "data" / "studies" / "_template", tmp_path / "data" / "studies" / name)
    shutil.copytree(ROOT / "reports" / "templates", tmp_path / "reports" / "templates")
    shutil.copy(ROOT / "data" / "concepts.yaml", tmp_path / "data")
    raw = tmp_path / "data" / "raw" / "my_study"
    raw.mkdir(parents=True)
    for wave in range(1, WAVES + 1):
        write_wave(raw / f"wave{wave}.sav", wave)
    monkeypatch.setenv("COHESION_ROOT", str(tmp_path))
    return tmp_path


def run(*arguments: str) -> str:
    found = CliRunner().invoke(app, list(arguments))
    assert found.exit_code == 0, found.output
    return found.output


class ByHand:
    """Edits as a person makes them, with every line counted that is written or changed."""

    def __init__(self, root: Path) -> None:
        self.root, self.lines = root, 0

    def change(self, name: str, pattern: str, new: str) -> None:
        file = self.root / name
        text, count = re.subn(pattern, new, file.read_text(), flags=re.MULTILINE)
        assert count == 1, (name, pattern, count)
        file.write_text(text)
        self.lines += 1 + new.count("\n")

    def uncomment(self, name: str, key: str) -> None:
        file = self.root / name
        block = re.search(rf"^# {key}:.*\n(?:#   .*\n)+", file.read_text(), flags=re.MULTILINE)
        assert block is not None
        file.write_text(file.read_text().replace(block.group(), re.sub(r"^# ", "", block.group(), flags=re.MULTILINE)))
        self.lines += block.group().count("\n")

    def write(self, name: str, text: str) -> None:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        self.lines += text.count("\n")


@pytest.mark.slow
def test_five_waves_of_a_hundred_items_take_few_lines_by_hand(root: Path) -> None:
    study, hand = "data/studies/my_study", ByHand(root)
    for key in ("title", "short_title", "population", "citation", "licence"):
        hand.change(f"{study}/study.yaml", rf"^{key}: .*$", f"{key}: My study")
    hand.change(f"{study}/study.yaml", r"^  person_id: .*$", "  person_id: serial")
    hand.change(f"{study}/study.yaml", r"^  weight: .*$", "  weight: wgt")
    raw = root / "data" / "raw" / "my_study"
    said = run("items", "draft", str(raw / "wave1.sav"))
    assert "Wrote 100 items" in said
    for wave in range(1, WAVES + 1):
        run("wave", "draft", "my_study", str(raw / f"wave{wave}.sav"))
    hand.change(f"{study}/items.yaml", r"^  range: .*$", "  range: [18, 110]")
    hand.change(f"{study}/items.yaml", r"^trust:\n", "trust:  # read and found right\n")
    for scale in ("trust", "contact"):
        hand.uncomment(f"{study}/scales.yaml", scale)
    hand.write(
        "reports/models/my_study_means.yaml",
        "question: Do trust and contact change?\nstudy: my_study\nfamily: design_means\noutcomes: [trust, contact]\n",
    )
    run("check")
    for wave in range(1, WAVES + 1):
        run("wave", "accept", "my_study", f"w0{wave}")
    run("build", "--study", "my_study")
    table = store.load(Paths(root), ("estimates", "my_study_means"))
    assert table.height == 2 * WAVES
    assert table["estimate"].is_between(1, 5).all()
    assert hand.lines < MOST_BY_HAND
    declared = load_project(Paths(root)).studies["my_study"]
    assert len(declared.items) == 100
    assert declared.items["trust_1"].missing == {"88": "dont_know", "99": "refused"}
    assert (root / study / "items.yaml").read_text().count("\n") < 300, "a third of an entry for each"
