"""Scripts of an export: R computes every number of every family again, in base R, and says where one differs."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from export_panel import MODELS, exported

from pipeline.specs.families import FAMILIES
from pipeline.specs.scripts import SCRIPT_FAMILIES

needs_r = pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scripts") / "out"
    return folder, exported(folder)


def run_r(folder: Path, name: str = "reproduce.R") -> tuple[int, str]:
    """The script with base R alone, in a locale without letters beyond ASCII."""
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LC_ALL": "C",
        "R_LIBS_SITE": "/nowhere",
        "R_LIBS_USER": "/nowhere",
    }
    done = subprocess.run(["Rscript", name], cwd=folder, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_every_family_says_how_it_is_computed_or_why_not():
    assert set(SCRIPT_FAMILIES) == set(FAMILIES)
    for key, record in SCRIPT_FAMILIES.items():
        assert bool(record.r) != bool(record.why_not), key
        assert set(record.components) <= set(FAMILIES[key].components), key
        assert bool(record.components) == bool(record.r), key


def test_every_family_that_base_r_computes_is_tried():
    tried = {declared.get("family", name) for name, declared in MODELS.items()}
    assert tried == {key for key, record in SCRIPT_FAMILIES.items() if record.r and not record.packages}


@needs_r
def test_r_gives_every_number(made):
    folder, models = made
    code, said = run_r(folder)
    assert code == 0, said[-3000:]
    with (folder / "expected.csv").open() as file:
        numbers = sum(bool(row[part]) for row in csv.DictReader(file) for part in ("estimate", "std_error"))
    found = re.search(r"([\d]+) numbers compared, 0 differ .* greatest relative difference ([\d.]+e[+-]\d+)", said)
    assert found is not None, said[-1000:]
    assert int(found[1]) == numbers > 500
    assert float(found[2]) < 1e-7
    assert all(f"\n{call.name} (" in said for call in models)


@needs_r
@pytest.mark.parametrize("part", ["estimate", "std_error", "row"])
def test_a_number_that_differs_ends_the_script_with_an_error(made, tmp_path, part):
    folder = shutil.copytree(made[0], tmp_path / "out")
    file = folder / "expected.csv"
    rows = list(csv.DictReader(file.open()))
    place = next(at for at, row in enumerate(rows) if row["model"] == "fixed_effects")
    if part == "row":
        rows[place]["term"] = "nothing"
    else:
        rows[place][part] = repr(float(rows[place][part]) * 1.00001)
    with file.open("w", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(row for row in rows if row["model"] == "fixed_effects")
    script = (folder / "reproduce.R").read_text()
    head, *models = re.split(r"(?m)^(?=# --- )", script)
    (folder / "one.R").write_text(
        head + next(one for one in models if one.startswith("# --- fixed_effects:")) + "conclude()\n"
    )
    code, said = run_r(folder, "one.R")
    assert code == 1
    assert re.search(r"\n  x (estimate|se) ", said)
