"""Every table and column has words: comments in the database, from contracts and from what studies declare."""

from __future__ import annotations

import inspect
from pathlib import Path

import dataframely as dy
import duckdb
import polars as pl
import pytest
from hostile_texts import PAYLOADS

import pipeline.tables as contracts
from assets.engine.workspace import Workspace
from assets.nodes import all_nodes
from assets.nodes.comments import declared_comments
from assets.nodes.database import make_database
from pipeline.paths import REPOSITORY, Paths
from pipeline.specs import load_project
from pipeline.tables.words import COLUMNS, TABLES, comments, described
from pipeline.texts import visible

CONTRACTS = {
    "area_changes": "AreaChanges", "area_pairs": "AreaPairs", "area_sensitivity": "AreaSensitivity", "areas": "Areas",
    "coherence": "Coherence", "index_methods": "IndexMethods", "monitor": "Monitor",
    "monitor_next": "MonitorNext", "programme": "Programmes",
    "absences": "Absences", "comparability": "Comparability", "convergence": "Convergence", "crosswalk": "Crosswalk",
    "database": "DatabaseTables", "estimates": "Estimates", "figure": "FigureRecord", "findings": "Findings",
    "imputations": "Imputations", "joins": "Joins", "labels": "Labels", "ledger": "Ledger", "linked": "Linked",
    "links": "Links", "outcomes": "FieldOutcomes", "paper": "PaperNumber", "participation": "Participation",
    "passages": "PaperPassage", "patterns": "Patterns", "receipt": "Receipt", "redelivery": "Redeliveries",
    "reliability": "Reliability", "replicates": "ReplicateScales", "response_rates": "ResponseRates",
    "sample": "SampleFiles", "transitions": "Transitions", "variation": "Variation", "weights": "Weights",
    "weights of a set": "PanelWeights", "weight_balance": "WeightBalance", "weight_margins": "WeightMargins",
    "weight_steps": "WeightSteps", "national": "CommonLevels", "profiles": "ProfileNumber",
}  # fmt: skip


def schemas() -> dict[str, type[dy.Schema]]:
    found = {name: getattr(contracts, name) for name in dir(contracts)}
    return {name: one for name, one in found.items() if inspect.isclass(one) and issubclass(one, dy.Schema)}


def test_every_contract_is_a_kind_of_table():
    assert set(CONTRACTS.values()) == set(schemas())


@pytest.mark.parametrize("kind", CONTRACTS)
def test_the_words_are_those_of_the_contract(kind):
    contract = schemas()[CONTRACTS[kind]]
    assert TABLES[kind].grain == inspect.getdoc(contract).splitlines()[0]
    without = [name for name in contract.columns() if name not in {**COLUMNS, **TABLES[kind].columns}]
    assert without == []
    assert set(TABLES[kind].columns) <= set(contract.columns())


def test_every_table_of_the_project_has_words_of_its_own():
    project = load_project(Paths(REPOSITORY))
    keys = {key for node in all_nodes(Workspace(Paths(REPOSITORY), project)) for key in node.keys}
    assert [key for key in keys if "extension" in described(key).grain] == []
    said = declared_comments(project)
    assert set(said) <= {"/".join(key) for key in keys}
    answers = said["answers/elsoc"]
    assert answers["likes_outgroup"] == "How much do you like [the group named] who live in Chile?"
    assert "trust" in said["panel/elsoc"]["generalised_trust"].casefold()


def test_the_database_lacks_no_comment_whatever_is_declared(tmp_path):
    texts = list(PAYLOADS.values())
    frame = pl.DataFrame({"person_id": ["a"], "it's": [1.0], 'a "b"': [2.0], "x": [None]})
    crosswalk = pl.DataFrame({name: ["1"] for name in contracts.Crosswalk.columns()})
    tables = {f"answers/s{number}": frame for number in range(3)} | {"crosswalk/s0": crosswalk, "own/thing": frame}
    declared = {
        f"answers/s{number}": {"": texts[number], "it's": texts[-number], 'a "b"': "'; drop table x"}
        for number in range(3)
    }
    made = make_database({"tables": tables}, declared=declared)
    assert ("main", "labels", 1) in made.tables["tables"].rows()
    base = open_database(made.files["database"], tmp_path)
    assert base.execute(WITHOUT).fetchall() == []
    asked = base.execute("select comment from duckdb_columns() where schema_name = 'answers' and column_name = 'it''s'")
    assert [row[0] for row in asked.fetchall()] == [visible(texts[-number]) for number in range(3)]
    assert base.sql("from answers.s1").pl().drop("x").rows() == frame.drop("x").rows()


WITHOUT = """
    select schema_name || '.' || table_name from duckdb_tables() where coalesce(comment, '') = ''
    union all
    select table_name || '.' || column_name from duckdb_columns() where not internal and coalesce(comment, '') = ''
"""


def open_database(content: bytes, folder: Path) -> duckdb.DuckDBPyConnection:
    (folder / "made.duckdb").write_bytes(content)
    return duckdb.connect(str(folder / "made.duckdb"), read_only=True)


def test_comments_fall_back_to_the_kind_of_column():
    title, words = comments(("answers", "s"), ["person_id", "trust"], {"": "A study"})
    assert title.endswith("A study")
    assert words == {"person_id": COLUMNS["person_id"], "trust": TABLES["answers"].others}
