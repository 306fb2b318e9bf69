"""`cohesion diff` names the input that moved a finding, `cohesion trace` leads back to its question and file.

Seeded changes of a small study that declares everything.
"""

import json
import re
import shutil
import sqlite3
from pathlib import Path

import engine_runs
import polars as pl
import pytest
from confirmed import confirm_all
from leaf_study import make_everything
from seeded_changes import Seed, called, compared, text

from assets.engine import code as engine_code
from assets.provenance.archive import Archive
from assets.provenance.trace import data as traced_data
from assets.provenance.trace import text as traced_text
from assets.provenance.trace import trace
from assets.provenance.words import data, lines
from pipeline.errors import CohesionError
from pipeline.paths import Paths

pytestmark = pytest.mark.thorough
STUDY = "data/studies/panel"


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    root = make_everything(tmp_path_factory.mktemp("diff") / "clone")
    confirm_all(root)
    assert not [report.message for report in engine_runs.build(root).values() if report.message]
    return root


@pytest.fixture
def root(base, tmp_path) -> Path:
    return Path(shutil.copytree(base, tmp_path / "clone"))


def redelivered(root: Path) -> None:
    """The first wave again, with other answers of some people."""
    file = root / "data" / "raw" / "panel" / "main1.csv"
    head, *rows = file.read_text().splitlines()
    frame = pl.read_csv("\n".join(rows).encode(), separator=";", infer_schema=False)
    changed = frame.with_columns(
        sat=pl.when(pl.int_range(pl.len()) % 5 == 0).then(pl.lit("7")).otherwise(pl.col("sat"))
    )
    file.write_text(f"{head}\n{changed.write_csv(separator=';')}")


DECLARED = f"declaration {STUDY}"
CHANGES: dict[str, tuple[Seed, str, set[str]]] = {
    "an item recoded": (
        text(f"{STUDY}/items.yaml", "recode: {1: 0, 2: 1}", "recode: {1: 1, 2: 0}"),
        f"{DECLARED}/items.yaml: woman.recode.", {"follows", "left"},
    ),
    "the codes of a battery turned": (
        text(f"{STUDY}/items.yaml", "  reverse: true\n", ""),
        f"{DECLARED}/items.yaml: belonging_battery.reverse", {"means", "changes", "follows", "fixed"},
    ),
    "a weight trimmed": (
        text(f"{STUDY}/weights.yaml", "upper: 6", "upper: 1.2"),
        f"{DECLARED}/weights.yaml: stayers.trim.upper", {"changes"},
    ),
    "a target margin": (
        text(f"{STUDY}/targets.csv", "w01,,is_woman,0,0.49,register\nw01,,is_woman,1,0.51",
             "w01,,is_woman,0,0.40,register\nw01,,is_woman,1,0.60"),
        f"{DECLARED}/targets.csv: w01.is_woman.", {"changes"},
    ),
    "a wave redelivered": (redelivered, "deposit data/raw/panel/main1.csv", {"means", "follows", "fixed"}),
    "an imputation count": (
        text(f"{STUDY}/imputation.yaml", "imputations: 4", "imputations: 5"),
        f"{DECLARED}/imputation.yaml: main.imputations", {"filled"},
    ),
    "a scale's rule": (
        text(f"{STUDY}/scales.yaml", "minimum_answered: 2", "minimum_answered: 3"),
        f"{DECLARED}/scales.yaml: belonging.minimum_answered", {"means", "fixed"},
    ),
    "a model's exposures": (
        text("reports/models/fixed.yaml", "exposures: [belonging]", "exposures: [belonging, contact_quantity]"),
        "declaration reports/models/fixed.yaml: exposures", {"fixed"},
    ),
    "a level of confidence": (
        text("reports/models/fixed.yaml", "confidence: 0.9", "confidence: 0.95"),
        "declaration reports/models/fixed.yaml: confidence", {"fixed"},
    ),
    "an area table": (
        text("data/areas/deprivation.csv", "A3,19,", "A3,45,"),
        "declaration data/areas/deprivation.csv: A3.2019.2019-09-26.score", {"follows"},
    ),
    "a routing": (
        text(f"{STUDY}/items.yaml", "blank: no_answer", "blank: routed_out"),
        f"{DECLARED}/items.yaml: contact.blank", set(),
    ),
    "an arm pooled": (
        text("reports/models/follows.yaml", "arms: [main]\n", ""),
        "declaration reports/models/follows.yaml: arms", {"follows"},
    ),
    "a label": (
        text("data/concepts.yaml", "label: Belonging", "label: Feeling at home"),
        "declaration data/concepts.yaml: belonging.label", set(),
    ),
    "a caveat": (
        text(f"{STUDY}/caveats.md", "medium | high", "low | high"),
        f"{DECLARED}/caveats.md", set(),
    ),
    "a sentence": (
        text("reports/papers/everything.md", "Some people were asked in", "Many people were asked in"),
        "declaration reports/papers/everything.md", set(),
    ),
    "what a wave did otherwise": (
        text(f"{STUDY}/waves/w02.yaml", "verdict: near,", "verdict: near, reverse: false,"),
        f"{DECLARED}/waves/w02.yaml: exceptions.here.reverse", {"means", "fixed"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("seed", "cause", "moved"), CHANGES.values(), ids=CHANGES)
def test_the_one_seeded_change_is_named_and_nothing_else(root, seed, cause, moved):
    found = compared(root, seed)
    assert called(found), "\n".join(lines(found))
    assert all(one.startswith(cause) for one in called(found)), "\n".join(lines(found))
    assert moved <= {model.model for model in found.models}, "\n".join(lines(found))
    assert not [one for one in found.failed if not one.causes]
    assert all(one.causes for one in (*found.models, *found.sentences)), "\n".join(lines(found, everything=True))


def test_what_a_label_and_a_caveat_change_is_said_and_no_estimate(root):
    found = compared(root, text("data/concepts.yaml", "label: Belonging", "label: Feeling at home"))
    assert not found.models
    assert any("Feeling at home" in one.said.new for one in found.sentences)


def test_a_library_is_named_with_both_versions(root, monkeypatch):
    known = engine_code.version_of

    def another(library: str) -> str:
        return "99.1" if library == "linearmodels" else known(library)

    monkeypatch.setattr(engine_code, "version_of", another)
    found = compared(root)
    assert [(one.kind, one.place, one.new) for one in found.causes] == [("library", "linearmodels", "99.1")]
    assert not found.models
    assert "No estimate moved." in "\n".join(lines(found))[:10_000]


def test_the_code_of_a_family_is_named_by_module_and_function(root, monkeypatch):
    known = engine_code.Code._digest
    place = ("pipeline.models.dispatch", "fit")

    def edited(self, module: str, name: str) -> str:
        return "edited" if (module, name) == place else known(self, module, name)

    monkeypatch.setattr(engine_code, "_CLOSURES", {})
    monkeypatch.setattr(engine_code.Code, "_digest", edited)
    Paths(root).code_cache.unlink()
    found = compared(root)
    assert [(one.kind, one.place, one.what) for one in found.causes] == [("code", "pipeline/models/dispatch.py", "fit")]
    assert not found.models


def test_a_withdrawal_is_named_and_nobody_is(root):
    from pipeline.ingest import installation_key, normalise_ids
    from pipeline.ingest.people.sorting import fingerprints
    from pipeline.ingest.withdrawal.noted import note_withdrawn

    def withdraw(root: Path) -> None:
        import datetime as dt

        paths = Paths(root)
        person = normalise_ids(pl.Series("id", ["P1004"]), strip=True, case="upper")
        mark = fingerprints(person, installation_key(paths), "panel")[0]
        note_withdrawn(paths.withdrawn("panel"), mark, "erase", dt.date(2024, 1, 1))

    found = compared(root, withdraw)
    assert {one.kind for one in found.causes} == {"withdrawal"}
    assert found.models
    assert "P1004" not in "\n".join(lines(found, everything=True))


def test_of_two_changes_each_finding_has_those_on_its_path(root):
    weights, confidence = CHANGES["a weight trimmed"][0], CHANGES["a level of confidence"][0]
    found = compared(root, weights, confidence)
    why = {model.model: {cause.place.rsplit("/", 1)[-1] for cause in model.causes} for model in found.models}
    assert why["fixed"] == {"fixed.yaml"}
    assert why["changes"] == {"weights.yaml"}
    assert why["how_sure"] == {"fixed.yaml", "weights.yaml"}


def test_two_items_recoded_move_each_the_findings_on_their_own_answers(root):
    contact = text(f"{STUDY}/items.yaml", "missing: {7: refused}\n", "missing: {7: refused}\n  reverse: true\n")
    battery = CHANGES["the codes of a battery turned"][0]
    found = compared(root, contact, battery)
    why = {model.model: {cause.what.split(".")[0] for cause in model.causes} for model in found.models}
    assert why["fixed"] == {"belonging_battery"}
    assert why["means"] == {"belonging_battery"}
    assert why["follows"] == {"belonging_battery", "contact"}


def test_an_area_table_and_an_item_are_told_apart(root):
    found = compared(root, CHANGES["an area table"][0], CHANGES["the codes of a battery turned"][0])
    why = {model.model: {cause.place.rsplit("/", 1)[-1] for cause in model.causes} for model in found.models}
    assert why["fixed"] == {"items.yaml"}
    assert why["follows"] == {"items.yaml", "deprivation.csv"}


def test_a_wave_redelivered_and_a_label_are_told_apart(root):
    found = compared(root, redelivered, CHANGES["a label"][0])
    assert {cause.kind for model in found.models for cause in model.causes} == {"deposit"}
    assert {one.kind for one in found.causes} == {"deposit", "declaration"}


def test_nothing_changed_is_the_same_build(root):
    found = compared(root, text(f"{STUDY}/items.yaml", "satisfied:\n", "# a remark\nsatisfied:\n"))
    assert found.old.id == found.new.id
    assert not found.has_moved
    assert "the same build" in "\n".join(lines(found))


def test_an_edit_that_nothing_reads_is_said(root):
    found = compared(root, text(f"{STUDY}/study.yaml", "short_title: Everything", "short_title: All"))
    assert [edit.key for edit in found.unread] == ["short_title"]
    assert not found.has_moved


def test_a_claim_that_no_longer_holds_is_a_paper_that_could_not_be_made(root):
    found = compared(root, text("reports/models/means.yaml", "outcomes: [life_satisfaction, belonging]",
                                "outcomes: [belonging]"))  # fmt: skip
    assert {one.name for one in found.failed} >= {"paper/everything"}
    assert all(cause.place == "reports/models/means.yaml" for one in found.failed for cause in one.causes)


def test_the_reverted_study_is_the_first_build_again(root):
    change = ("reports/models/fixed.yaml", "confidence: 0.9", "confidence: 0.95")
    compared(root, text(*change))
    found = compared(root, text(change[0], change[2], change[1]))
    assert found.old.id == found.new.id
    assert len(Archive(Paths(root)).entries()) == 3


def test_kept_builds_hold_no_row_of_a_person(root):
    """Neither an id nor a pseudonym lies in the archive, nor any table with a row for a person."""
    people = pl.read_parquet(Paths(root).table("wave", "panel", "w01"))["person_id"]
    with sqlite3.connect(Archive(Paths(root)).file) as database:
        contents = [content for (content,) in database.execute("SELECT content FROM contents")]
        contents += [text for row in database.execute("SELECT manifest, uses FROM builds") for text in row]
    tables = [pl.read_parquet(content) for content in contents if isinstance(content, bytes)]
    assert tables
    assert not [table.columns for table in tables if "person_id" in table.columns]
    texts = "\n".join(content for content in contents if isinstance(content, str))
    texts += "\n".join(table.write_json() for table in tables)
    assert not re.search(r"\bP1\d{3}\b", texts)
    assert not [person for person in people if person in texts]


def test_the_comparison_is_data_for_programs_too(root):
    found = data(compared(root, CHANGES["a level of confidence"][0]))
    assert json.loads(json.dumps(found))["causes"][0]["what"] == "confidence"
    assert {row["model"] for row in found["moved"]} >= {"fixed"}
    assert all(row["causes"] == [1] for row in found["moved"])


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("everything:1", ["number ", "result ", "estimates/means", "model means  [reports/models/means.yaml]",
                          "concept life_satisfaction  [data/concepts.yaml:1]", "question satisfied",
                          "“How satisfied are you?”", "variable sat of main1.csv (SHA-256 "]),
        ("everything#number-1", ["number ", "“How satisfied are you?”"]),
        ("1", ["number ", "“How satisfied are you?”"]),
        ("coefficients", ["figure coefficients  [reports/figures/coefficients.yaml]", "model follows",
                          "scale belonging",
                          "answers: 1 “Strongly agree” → 4", "in w02: “I feel at home”", "area table deprivation.csv",
                          "variable meet of main1.csv", "variable b_often of main2.sav", "shown in everything"]),
        ("figure/flow", ["figure flow", "deposit main1.csv"]),
        ("everything:figure-1", ["figure trend"]),
        ("changes", ["model changes", "weight set stayers: data/studies/panel/weights.yaml:1"]),
        ("estimates/filled", ["model filled"]),
        ("panel/panel", ["table panel/panel", "table answers/panel", "deposit boost3.csv"]),
        ("everything:Table 1", ["table Table 1: ", "deposit main1.csv"]),
        ("profiles/panel/A2:1", ["(A2:1)  [areas/panel]", "index An index of everything", "question trust",
                                 "variable meet of main1.csv"]),
        ("profiles/panel/a2.html#number-18", ["Effect on belonging", "programme events", "question stay",
                                              "in w02: “I feel at home”"]),
        ("profiles_panel", ["table profiles/panel", "table areas/panel", "deposit main1.csv"]),
        ("codebook/panel:contact", ["“How often do you meet people of another group?”", "7 → refused",
                                    "variable b_often of main2.sav"]),
        ("codebooks/panel.html#score-belonging", ["scale belonging", "question help"]),
        ("codebook_panel", ["table codebook/panel", "deposit boost3.csv"]),
    ],
)  # fmt: skip
def test_what_was_printed_leads_back_to_wording_and_file(base, asked, found):
    levels = trace(engine_runs.workspace_of(base), asked)
    printed = "\n".join(traced_text(levels))
    assert [text for text in found if text not in printed] == [], printed
    assert json.loads(json.dumps(traced_data(levels), default=str))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("everything:999", "no number of everything"), ("everything:A99", "no table or figure of everything"),
        ("coeficients", "near: coefficients"), ("panel/pannel", "near: panel/panel"), ("", "Say PAPER:12"),
        ("profiles/panel/A2:999", "prints no number `999`"), ("profiles/panel/nowhere:1", "of no area of panel"),
        ("codebook/panel:nothing", "is no question of the codebook of panel"), ("national:trust", "has not been built"),
        ("trend:3.2", "a label in the figure trend has no number"),
        ("everything:sentence", "names no number, table or figure"), ("../../etc/passwd", "is no number"),
    ],
)  # fmt: skip
def test_a_name_that_is_nothing_is_refused_with_near_ones(base, asked, said):
    with pytest.raises(CohesionError, match=re.escape(said)):
        trace(engine_runs.workspace_of(base), asked)


def test_every_number_of_a_paper_leads_to_a_result_that_is_there(base):
    numbers = pl.read_parquet(Paths(base).table("paper", "everything"))
    assert numbers.height
    for number in numbers["number"]:
        levels = trace(engine_runs.workspace_of(base), f"everything:{number}")
        assert {"result", "count"} & {level.kind for level in levels}, number
        assert all(level.data.get("estimate") is not None for level in levels if level.kind == "result")


def test_a_level_of_the_page_over_several_studies_leads_to_each_question(base, monkeypatch):
    from assets.provenance.way import Way

    row = {"concept": "contact_quantity", "study": "panel", "wave": "w02", "estimate": 51.25, "n_persons": 60}
    levels = pl.DataFrame([{**row, "arm": "main"}, {**row, "arm": "boost"}])
    known = Way.table
    monkeypatch.setattr(Way, "table", lambda self, *key: levels if key[0] == "national" else known(self, *key))
    for asked in ("national:contact", "national:Contact_Quantity".lower(), "national.html#Contact"):
        printed = "\n".join(traced_text(trace(engine_runs.workspace_of(base), asked)))
        assert "result Contact: panel, boost, w02  [national/areas]" in printed
        assert "variable b_often of main2.sav" in printed
        assert "main1.csv" not in printed
    with pytest.raises(CohesionError, match="It has contact_quantity"):
        trace(engine_runs.workspace_of(base), "national:trust")
