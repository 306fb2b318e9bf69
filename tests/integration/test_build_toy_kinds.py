"""Four kinds that nobody has heard of, each one module and one record, go from the deposit to the paper."""

from contextlib import ExitStack, contextmanager

import polars as pl
import pytest
import toy_family
import toy_figure
import toy_format
import toy_writer
from confirmed import confirm_all
from engine_runs import outputs, plan_of, workspace_of
from published_study import PAPER, make_published
from small_study import declare, rows

from assets.building import Running
from pipeline.errors import DeclarationErrors
from pipeline.paths import Paths
from pipeline.specs import load_project
from pipeline.specs.families import FAMILIES
from pipeline.specs.figure_kinds import FIGURE_KINDS
from pipeline.specs.formats import FORMATS
from pipeline.specs.writers import WRITERS

CSV = """    file: study_wave_1.csv         # below data/raw/<study>, or below --deposits
    format: csv                    # sav, zsav, dta, csv, xlsx, parquet: declared, never guessed
    encoding: utf-8
    delimiter: ","
"""
MODEL = "question: What is the middle answer?\nstudy: first\nfamily: middle\noutcome: life_satisfaction\n"
FIGURE = "study: first\nkind: number\ntitle: The middle answer\nmodels: [middle]\ndigits: 2\n"
BODY = PAPER.replace("shares]", "shares, middle]").replace("stayed]", "stayed, middle]")
BODY += '\n:::figure middle\n\nIt is {{ est("middle", "median") | dp(1) }}.\n'


@contextmanager
def registered():
    with ExitStack() as stack:
        for table, toy in (
            (FORMATS, toy_format),
            (FAMILIES, toy_family),
            (FIGURE_KINDS, toy_figure),
            (WRITERS, toy_writer),
        ):
            stack.enter_context(table.registered(toy.RECORD))
        yield


@pytest.fixture
def root(tmp_path):
    """The small study, deposited in the toy format, with a toy model, a toy figure and a paper that shows both."""
    root = make_published(tmp_path / "clone")
    (root / "data" / "raw" / "first" / "study_wave_1.csv").unlink()
    rows().write_ndjson(root / "data" / "raw" / "first" / "study.jsonl")
    declare(root, "first", "waves/w01.yaml", CSV, "    file: study.jsonl\n    format: jsonl\n")
    (root / "reports" / "models" / "middle.yaml").write_text(MODEL)
    (root / "reports" / "figures" / "middle.yaml").write_text(FIGURE)
    (root / "reports" / "papers" / "small.md").write_text(BODY)
    return root


def built(root, workers):
    with Running(workspace_of(root), plan_of(root), workers=workers) as running:
        made = {report.node for report in running.reports() if not report.is_current}
    assert running.failures == {}
    return made


def test_without_their_records_they_are_refused_by_name(root):
    with pytest.raises(DeclarationErrors) as refused:
        load_project(Paths(root))
    for name in ("jsonl", "middle", "number"):
        assert f"`{name}`" in str(refused.value)


def test_four_toys_go_from_the_deposit_to_the_paper(root):
    with registered():
        confirm_all(root)
        made = built(root, workers=1)
        assert {"wave/first/w01", "estimates/middle", "figure/middle", "paper/small"} <= made
        assert built(root, workers=1) == set(), "nothing has changed"
    middle = rows()["lifesat"].median()
    brief = (Paths(root).build / "papers" / "small.txt").read_text(encoding="utf-8")
    assert brief.splitlines() == ["A small paper", f"{middle:.1f}"]
    page = (Paths(root).build / "papers" / "small.html").read_text(encoding="utf-8")
    assert f"The middle answer is {middle:.2f}." in page
    annex = (Paths(root).build / "papers" / "small_annex.html").read_text(encoding="utf-8")
    assert "The median of all answers, ignoring who gave them" in annex
    estimate = pl.read_parquet(Paths(root).table("estimates", "middle"))
    assert estimate["estimate"].to_list() == [middle]


@pytest.mark.thorough
def test_a_toy_changes_no_other_output(root, tmp_path):
    """A further writer adds a file; every table and figure is what it was."""
    with registered():
        confirm_all(root)
        built(root, workers=0)
        with_toys = outputs(root)
    (root / "reports" / "papers" / "small.md").write_text(PAPER)
    for kind in ("models", "figures"):
        (root / "reports" / kind / "middle.yaml").unlink()
    with FORMATS.registered(toy_format.RECORD):
        made = built(root, workers=0)
    assert made == {"paper/small"}
    assert {name: outputs(root)[name] for name in with_toys if "/figure/" in name and "middle" not in name}
