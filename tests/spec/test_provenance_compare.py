"""Differences of declarations: where, what it said, what it says; and which build is meant."""

import json

import pytest
from typer.testing import CliRunner

from assets.commands.main import app
from assets.provenance.archive import Archive, Entry, hash_of
from assets.provenance.causes import Cause
from assets.provenance.changelog import add_draft
from assets.provenance.choose import choose
from assets.provenance.compare import Change, differences
from assets.provenance.declared import edits
from assets.provenance.diff import Difference, stands_in
from assets.provenance.findings import Moved
from assets.provenance.linking import edits_behind
from assets.provenance.manifest import Manifest, Step, is_kept
from pipeline.errors import CohesionError
from pipeline.paths import Paths


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [("a", "1", "2")]),
        ({"a": 1}, {}, [("a", "1", "")]),
        ({}, {"a": {"b": "x"}}, [("a", "", "{b: x}")]),
        ({"a": ["w01", "w02"]}, {"a": ["w01"]}, [("a", "[w01, w02]", "[w01]")]),
        ({"a": [{"n": 1}, {"n": 2}]}, {"a": [{"n": 2}]}, [("a.0", "{n: 1}", "")]),
        ({"a": [{"n": 1}]}, {"a": [{"n": 3}]}, [("a.0.n", "1", "3")]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, [("order", "a, b", "b, a")]),
        ({"a": "1"}, {"a": 1}, [("a", "1", "1")]),
        ({"a": True}, {"a": None}, [("a", "true", "null")]),
    ],
    ids=["equal", "value", "gone", "come", "plain list", "taken out", "in a list", "order", "text or number", "words"],
)
def test_a_difference_is_a_path_and_both_values(old, new, found):
    assert [(".".join(one.path), one.old, one.new) for one in differences(old, new)] == found


def of_texts(old: dict[str, str], new: dict[str, str]):
    texts = {hash_of(text): text for text in (*old.values(), *new.values())}
    hashes = ({file: hash_of(text) for file, text in each.items()} for each in (old, new))
    return [(one.file, one.line, one.key, one.old, one.new) for one in edits(*hashes, texts.__getitem__)]


ITEMS = "trust:\n  label: Trust\n  codes: {1: Yes, 2: No}\n# a remark\nother:\n  label: Other\n"
PAPER = "---\ntitle: Old\nstudy: s\n---\n\nIt rose.\n\nIt fell.\n"


@pytest.mark.parametrize(
    ("file", "old", "new", "found"),
    [
        ("data/studies/s/items.yaml", ITEMS, ITEMS.replace("2: No", "2: Never"), [(3, "trust.codes.2", "No", "Never")]),
        ("data/studies/s/items.yaml", ITEMS, ITEMS.replace("# a remark\n", "# another\n\n"), []),
        ("reports/papers/p.md", PAPER, PAPER.replace("title: Old", "title: New"), [(2, "title", "Old", "New")]),
        ("reports/papers/p.md", PAPER, PAPER.replace("It fell", "It sank"), [(8, "", "It fell.", "It sank.")]),
        ("data/studies/s/targets.csv", "wave,category,share\nw01,0,0.4\n", "wave,category,share\nw01,0,0.5\n",
         [(2, "w01.0.share", "0.4", "0.5")]),
        ("reports/references.json", '[{"id": "a", "title": "A"}]',
         '[{"id": "b", "title": "B"}, {"id": "a", "title": "C"}]',
         [(1, "a.title", "A", "C"), (1, "b", "", "{id: b, title: B}")]),
        ("data/areas/a.csv", "code,score\nA1,3\n", "code,score\nA1,3\nA2,5\n", [(3, "", "", "A2,5")]),
    ],
    ids=["item", "comment", "front matter", "prose", "cell", "record", "row"],
)  # fmt: skip
def test_an_edit_has_its_file_line_key_and_values(file, old, new, found):
    assert [one[1:] for one in of_texts({file: old}, {file: new})] == found


def test_a_file_that_came_or_went_is_one_edit():
    assert of_texts({"a.yaml": "x: 1"}, {"b.yaml": "x: 1"}) == [
        ("a.yaml", 1, "", "the file", ""),
        ("b.yaml", 1, "", "", "a new file"),
    ]


ROWS = "  rows:\n    here: {label: Here}\n    there: {label: There}\n"
BATTERY = f"grid:\n  codes: {{1: A, 2: B}}\n{ROWS}lone: {{codes: {{1: A}}}}\n"


@pytest.mark.parametrize(
    ("new", "read", "keys"),
    [
        (BATTERY.replace("2: B", "2: C"), ("study", "items", "here", "codes", "2"), ["grid.codes.2"]),
        (BATTERY.replace("label: There", "label: Far"), ("study", "items", "there", "label"),
         ["grid.rows.there.label"]),
        (BATTERY.replace("2: B", "2: C").replace("codes: {1: A}}", "codes: {1: Z}}"),
         ("study", "items", "lone", "codes", "1"), ["lone.codes.1"]),
        (BATTERY.replace("2: B", "2: C").replace("codes: {1: A}}", "codes: {1: Z}}"),
         ("study", "items", "there", "codes", "2"), ["grid.codes.2"]),
    ],
    ids=["a battery", "a row of it", "not the battery", "not the other item"],
)  # fmt: skip
def test_what_a_step_reads_leads_to_the_edit_behind_it(new, read, keys):
    file = "data/studies/s/items.yaml"
    texts = {hash_of(text): text for text in (BATTERY, new)}
    found = edits({file: hash_of(BATTERY)}, {file: hash_of(new)}, texts.__getitem__)
    step = Step("answers/s", "harmonise", "s", "1")
    assert [edit.key for edit in edits_behind(found, step.name, step, Change(read, "B", "C"))] == keys


@pytest.mark.parametrize(
    ("edit", "passage", "stands"),
    [
        ("Trust **rose** by {{ est('m') | dp(2) }} points.", "Trust rose by 0.2 points.", True),
        ("Trust fell.", "Trust rose by 0.2 points.", False),
        ("People were asked. Trust rose since.", "Trust rose since.", True),
        ("", "Trust rose.", False),
    ],
)
def test_an_edit_of_prose_is_found_again_in_print(edit, passage, stands):
    assert stands_in(edit, passage) is stands


def kept(tmp_path, *builds: tuple[str, str], most: int = 100) -> Archive:
    archive = Archive(Paths(tmp_path))
    for name, made in builds:
        content = {hash_of(f"own of {name}"): f"own of {name}", hash_of("shared"): "shared"}
        archive.keep(Entry(0, name, made, "", hash_of(f"own of {name}")), content, content, most)
    return archive


THREE = (("aaaa1111", "2026-01-01 10:00:00"), ("aabb2222", "2026-01-02 10:00:00"), ("cccc3333", "2026-02-01 10:00:00"))


@pytest.mark.parametrize(
    ("asked", "id_"),
    [
        ("last", "cccc3333"), ("previous", "aabb2222"), ("aaaa", "aaaa1111"), ("AABB2", "aabb2222"),
        ("2026-01-31", "aabb2222"), ("2026-01-01", "aaaa1111"),
    ],
)  # fmt: skip
def test_a_build_is_named_by_id_place_or_date(tmp_path, asked, id_):
    assert choose(kept(tmp_path, *THREE), asked).id == id_


@pytest.mark.parametrize("asked", ["a", "aaa", "zzzz", "2025-12-31", "", "lst"])
def test_what_names_no_build_is_refused_with_those_that_there_are(tmp_path, asked):
    with pytest.raises(CohesionError, match=r"Recorded: .*cccc3333|The oldest is of"):
        choose(kept(tmp_path, *THREE), asked)


def test_the_beginning_of_two_ids_names_neither(tmp_path):
    with pytest.raises(CohesionError, match="beginning of 2 ids"):
        choose(kept(tmp_path, ("abcd1", "2026-01-01 10:00:00"), ("abcd2", "2026-01-02 10:00:00")), "abcd")


def test_the_oldest_builds_are_forgotten_with_what_only_they_used(tmp_path):
    archive = kept(tmp_path, *THREE, most=2)
    assert [entry.id for entry in archive.entries()] == ["aabb2222", "cccc3333"]
    assert archive.content(hash_of("own of aaaa1111")) is None
    assert archive.content(hash_of("shared")) == "shared"


def test_the_archive_is_for_the_owner_alone(tmp_path):
    assert kept(tmp_path, *THREE).file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("table", ["panel/s", "wave/s/w01", "answers/s", "imputations/s/main", "weights/s/all"])
def test_no_table_of_people_is_kept(table):
    assert not is_kept(table)
    step = Step("x", "g", "s", "1", outputs={table: "hash"})
    assert "hash" not in Manifest({"x": step}, {}).uses


def test_a_manifest_is_read_as_it_was_written():
    step = Step("estimates/m", "model", "s", "1", {"panel": "a"}, {"panel": "panel/s"}, {"estimates/m": "b"}, "c", "no")
    made = Manifest({step.name: step}, {"data/concepts.yaml": "d"})
    assert Manifest.from_json(json.dumps(json.loads(made.to_json()))) == made
    assert made.uses == {"b", "c", "d"}


def test_a_move_is_in_standard_errors_of_the_estimate_before():
    row = {"estimate": 1.0, "std_error": 0.2, "note": ""}
    moved = Moved("m", ("trust", "mean", "", "w01", ""), row, {**row, "estimate": 1.5, "std_error": 0.9})
    assert moved.difference == pytest.approx(0.5)
    assert moved.errors == pytest.approx(2.5)
    assert Moved("m", moved.row, row, {**row, "estimate": None}).errors is None


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["diff"], "no build has been recorded yet"),
        (["diff", "abcd", "last"], "no build has been recorded yet"),
        (["builds"], "0 builds"),
        (["trace", "nothing"], "is no number, figure or table"),
    ],
)
def test_a_root_without_builds_is_told_so_in_one_line(tmp_path, monkeypatch, command, said):
    (tmp_path / "data" / "studies").mkdir(parents=True)
    (tmp_path / "data" / "concepts.yaml").write_text("")
    monkeypatch.setenv("COHESION_ROOT", str(tmp_path))
    done = CliRunner().invoke(app, command)
    assert said in done.output
    assert done.exit_code == (0 if command == ["builds"] else 1)
    assert not (tmp_path / "data" / "builds").exists()


def test_a_draft_of_the_changelog_stands_once_and_leaves_what_people_wrote(tmp_path):
    file = tmp_path / "CHANGELOG.md"
    old, new = (Entry(n, name, made, "", "") for n, (name, made) in enumerate(THREE[:2]))
    cause = Cause("declaration", "data/studies/s/items.yaml", "trust.codes.3", "3", "2", 12)
    found = Difference(old, new, causes=[cause])
    assert add_draft(file, found)
    text = file.read_text()
    assert "### Build aabb2222 (2026-01-02), compared with aaaa1111" in text
    assert "1. declaration data/studies/s/items.yaml:12: trust.codes.3: 3 → 2" in text
    file.write_text(text.replace("Findings that moved:", "What a person wrote:"))
    assert not add_draft(file, found)
    assert add_draft(file, Difference(new, Entry(9, "cccc3333", "2026-02-01 10:00:00", "", ""), causes=[cause]))
    both = file.read_text()
    assert both.count("## Unreleased\n") == 1
    assert both.index("cccc3333") < both.index("### Build aabb2222")
    assert "What a person wrote:" in both


def test_a_changelog_without_an_unreleased_part_gets_one_above_the_releases(tmp_path):
    file = tmp_path / "CHANGELOG.md"
    file.write_text("# Changes\n\nOf findings.\n\n## 1.0\n\nFirst.\n")
    old, new = (Entry(n, name, made, "", "") for n, (name, made) in enumerate(THREE[:2]))
    add_draft(file, Difference(old, new))
    text = file.read_text()
    assert text.index("Of findings.") < text.index("## Unreleased") < text.index("### Build") < text.index("## 1.0")
    assert text.endswith("First.\n")
