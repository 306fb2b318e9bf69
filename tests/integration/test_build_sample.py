"""The whole graph on the sample, through the command line, in a fresh root: what the README promises."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from pypdf import PdfReader
from shared import ROOT
from svg_text import unstamped

pytestmark = pytest.mark.thorough

PAPERS = ("buat_findings", "pl_findings")


def fresh_root(folder: Path) -> Path:
    """A copy of what a clone tracks."""
    for name in ("studies", "areas"):
        shutil.copytree(ROOT / "data" / name, folder / "data" / name)
    shutil.copy(ROOT / "data" / "concepts.yaml", folder / "data" / "concepts.yaml")
    shutil.copytree(ROOT / "reports", folder / "reports", ignore=shutil.ignore_patterns("build"))
    return folder


def cohesion(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COHESION_ROOT": str(root), "HOME": str(root), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", "from assets.commands.main import main; main()", *arguments]
    return subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True)


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    root = fresh_root(tmp_path_factory.mktemp("clone"))
    return root, cohesion(root, "build")


def test_the_build_ends_with_where_the_papers_lie(built):
    done = built[1]
    assert done.returncode == 0, done.stdout + done.stderr
    for paper in PAPERS:
        assert f"paper: reports/build/papers/{paper}.html" in done.stdout
    assert "elsoc: no deposits" in done.stdout, "a study whose files are not there is left out, and said so"


def test_a_second_build_does_nothing(built):
    root, _ = built
    done = cohesion(root, "build")
    assert "Nothing has changed" in done.stdout
    assert "✓" not in done.stdout


@pytest.mark.parametrize("paper", PAPERS)
def test_a_paper_is_one_file_that_says_what_it_is(built, paper):
    pages = built[0] / "reports" / "build" / "papers"
    texts = [(pages / f"{name}.html").read_text() for name in (paper, f"{paper}_annex")]
    for html in texts:
        assert "synthetic data" in html.lower()
        beside = rf"""(?:\.\./codebooks/\w+\.html#)|{paper}(?:_annex|_summary)?\.html["'#]"""
        assert not re.findall(
            rf"""(?:src|href|srcset)=["'](?!#|data:|mailto:|{beside})(?!https?://[^"']*["']>)""", html
        )
        assert "<script" not in html
        assert not re.search(r"<img(?![^>]*\balt=)", html)
    assert sum(html.count("<img") for html in texts) >= 4


@pytest.mark.parametrize("paper", PAPERS)
def test_a_paper_is_short_and_its_first_result_is_on_the_first_pages(built, paper):
    pages = PdfReader(built[0] / "reports" / "build" / "papers" / f"{paper}.pdf").pages
    assert len(pages) <= 12
    assert "Figure 1" in pages[0].extract_text() + pages[1].extract_text()


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
@pytest.mark.parametrize("study", ["beyond_us_and_them", "parallel_lives"])
def test_r_computes_the_numbers_of_page_one_from_an_export(built, study):
    done = cohesion(built[0], "export", study, "--format", "csv,dta,sav")
    assert done.returncode == 0, done.stdout + done.stderr
    folder = built[0] / "data" / "exports" / study
    ran = subprocess.run(["Rscript", "reproduce.R"], cwd=folder, capture_output=True, text=True)
    found = re.search(r"(\d+) numbers compared, 0 differ", ran.stdout)
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr
    assert found is not None
    assert int(found[1]) >= 8


def test_every_table_and_column_of_the_database_has_a_comment(built):
    import duckdb

    with duckdb.connect(str(built[0] / "data" / "warehouse" / "cohesion.duckdb"), read_only=True) as base:
        bare = base.execute("select table_name from duckdb_tables() where coalesce(comment, '') = ''").fetchall()
        bare += base.execute(
            "select table_name, column_name from duckdb_columns() where not internal and coalesce(comment, '') = ''"
        ).fetchall()
        assert bare == []
        assert base.execute("select count(distinct study) from labels").fetchone() == (2,)


def test_there_are_over_39000_responses(built):
    panel = pl.read_parquet(built[0] / "data" / "warehouse" / "panel" / "beyond_us_and_them.parquet")
    assert panel.height > 39_000


def test_every_answer_is_accounted_for(built):
    for study in ("beyond_us_and_them", "parallel_lives"):
        warehouse = built[0] / "data" / "warehouse"
        ledger = pl.read_parquet(warehouse / "ledger" / f"{study}.parquet")
        answers = pl.read_parquet(warehouse / "answers" / f"{study}.parquet")
        items = ledger["item"].n_unique()
        assert ledger["count"].sum() == answers.height * items


def test_the_warehouse_opens_as_one_database(built):
    import duckdb

    root = built[0]
    with duckdb.connect(str(root / "data" / "warehouse" / "cohesion.duckdb"), read_only=True) as connection:
        rows = connection.sql("select count(*) from panel.parallel_lives").fetchall()[0][0]
    assert rows == pl.read_parquet(root / "data" / "warehouse" / "panel" / "parallel_lives.parquet").height


@pytest.mark.parametrize(
    "name",
    [
        *PAPERS, "profiles_beyond_us_and_them", "profiles_parallel_lives", "codebook_beyond_us_and_them",
        "codebook_parallel_lives", "national",
    ],
)  # fmt: skip
def test_everything_that_can_be_released_passes_the_gate(built, name):
    done = cohesion(built[0], "release", "check", name)
    assert f"✓ {name}" in done.stdout, done.stdout + done.stderr


def test_nobody_is_in_a_paper(built):
    root = built[0]
    people = pl.read_parquet(root / "data" / "warehouse" / "panel" / "parallel_lives.parquet")["person_id"].unique()
    for file in (root / "reports" / "build" / "papers").glob("pl_findings*.html"):
        assert not set(re.findall(r"\bp[0-9a-f]{32}\b", file.read_text())) & set(people)


def test_editing_a_figure_rebuilds_it_and_its_paper_only(built):
    root, _ = built
    file = root / "reports" / "figures" / "pl_areas.yaml"
    file.write_text(file.read_text() + "\n# a comment changes nothing\n")
    assert "Nothing has changed" in cohesion(root, "build").stdout
    declared = file.read_text()
    file.write_text(declared.replace("kind:", "note: Areas as they were in 2011.\nkind:", 1))
    done = cohesion(root, "build")
    made = re.findall(r"✓ (\S+):", done.stdout)
    assert made == ["figure/pl_areas", "paper/pl_findings", "database/tables"], done.stdout + done.stderr


@pytest.mark.parametrize(
    ("shown", "made"), [("figure.svg", "figures/buat_national_trust.svg"), ("paper.svg", "papers/buat_findings.svg")]
)
def test_the_pictures_in_the_readme_are_those_that_are_built(built, shown, made):
    picture = (ROOT / "reports" / "gallery" / shown).read_text()
    assert unstamped(picture) == unstamped((built[0] / "reports" / "build" / made).read_text())
