"""``cohesion release``: check refuses, two people sign just these bytes, publish copies once and keeps a register."""

from __future__ import annotations

from types import SimpleNamespace

import polars as pl
import pytest
from typer.testing import CliRunner

from assets.commands import release
from pipeline.audit import read_audit
from pipeline.papers.disclosure.record import cells_as_csv, cells_of_csv
from pipeline.papers.disclosure.release import Release, checked_version, lines_of_csv, person
from pipeline.paths import Paths
from pipeline.specs.disclosure import Disclosure
from pipeline.specs.writers import WRITERS

GOOD = [
    {"statistic": "count", "value": 30.0, "area": "a", "table": "t", "place": "Table 1, a"},
    {"statistic": "count", "value": 40.0, "area": "b", "table": "t", "place": "Table 1, b"},
]
BAD = [*GOOD, {"statistic": "count", "value": 4.0, "area": "c; d=e %", "table": "t", "place": "Table 1, c"}]


class Desk:
    """A root with one built paper, and the commands as a person types them."""

    def __init__(self, root, monkeypatch):
        self.paths, self.version = Paths(root), "1.0"
        monkeypatch.setattr(release, "_project", lambda _paper: (self.paths, self.project()))
        for writer in WRITERS.values():
            self.write(f"a_paper.{writer.suffix}", b"words")
        self.write("a_paper_annex.html", b"more words")
        self.cells(GOOD)

    def project(self):
        paper = SimpleNamespace(version=self.version, study="s", figures=())
        study = SimpleNamespace(about=SimpleNamespace(disclosure=Disclosure()))
        return SimpleNamespace(papers={"a_paper": paper}, studies={"s": study})

    def write(self, name, content):
        place = self.paths.build / "papers" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)

    def cells(self, rows):
        self.write("a_paper_cells.csv", cells_as_csv(pl.DataFrame(rows)))

    def run(self, *words):
        found = CliRunner().invoke(release.release_app, [words[0], "a_paper", *words[1:]])
        assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
        return found.exit_code, " ".join(found.output.split())

    def sign(self, name, role="output checker"):
        return self.run("sign", "--name", name, "--role", role)


@pytest.fixture
def desk(tmp_path, monkeypatch):
    return Desk(tmp_path, monkeypatch)


def test_check_says_what_is_refused_where_and_what_to_do(desk):
    assert desk.run("check")[0] == 0
    desk.cells(BAD)
    code, said = desk.run("check")
    assert code == 1
    assert "Table 1, c: it is about fewer than 10 people. Merge" in said
    assert desk.sign("Ada Lovelace")[0] == 1


def test_two_different_people_sign_and_then_it_is_published(desk):
    assert desk.run("publish")[0] == 1
    assert desk.sign("Ada Lovelace")[0] == 0
    code, said = desk.sign(" ada  LOVELACE ")
    assert (code, "has signed these files already" in said) == (1, True)
    assert "1 of 2 people" in desk.run("publish")[1]
    assert desk.sign("Grace Hopper", "principal investigator")[0] == 0
    assert desk.run("publish")[0] == 0
    folder = desk.paths.released("a_paper", "1.0")
    assert (folder / "a_paper_annex.html").read_bytes() == b"more words"
    assert (folder / "SHA256SUMS").is_file()
    (row,) = lines_of_csv(desk.paths.release_register.read_bytes(), Release)
    assert row.signed_by == "Ada Lovelace (output checker); Grace Hopper (principal investigator)"
    assert not [place for place in folder.parent.iterdir() if place.name.startswith(".")]
    assert [entry.action for entry in read_audit(desk.paths).entries] == [
        "publish",
        "sign",
        "publish",
        "sign",
        "publish",
    ]


def test_what_goes_out_leads_to_nothing_that_does_not_go_with_it(desk):
    """A page leads to the codebook beside the built papers, which no release of a paper has: there it is words."""
    stays = (
        b'<a href="#methods">Methods</a> <a class="number" id="number-1-use" href="a_paper_annex.html#number-1">3</a> '
        b'<a href="https://example.org/">web</a> <a href="mailto:a@example.org">mail</a>'
    )
    page = b'<td><a href="../codebooks/s.html#trust">\xe2\x80\x9cDo you\ntrust?\xe2\x80\x9d</a></td>'
    desk.write("a_paper.html", stays + page + b'<a id="x" href="gone.html" class="y">gone</a>')
    publish(desk)
    out = (desk.paths.released("a_paper", "1.0") / "a_paper.html").read_bytes()
    words = b'<td>\xe2\x80\x9cDo you\ntrust?\xe2\x80\x9d</td><span id="x">gone</span>'
    assert out == stays + words


def test_a_changed_byte_makes_signatures_void(desk):
    desk.sign("Ada Lovelace")
    desk.sign("Grace Hopper")
    desk.write("a_paper.html", b"Words")
    code, said = desk.run("publish")
    assert (code, "0 of 2" in said, "2 signed other files" in said) == (1, True, True)
    assert not desk.paths.released("a_paper", "1.0").exists()


def publish(desk):
    desk.sign("Ada Lovelace")
    desk.sign("Grace Hopper")
    assert desk.run("publish")[0] == 0


def test_a_version_is_published_once(desk):
    publish(desk)
    desk.write("a_paper.html", b"other")
    code, said = desk.run("publish")
    assert (code, "was published before" in said) == (1, True)
    assert (desk.paths.released("a_paper", "1.0") / "a_paper.html").read_bytes() == b"words"


def test_the_same_numbers_may_be_published_again_and_a_withdrawal_may_not_show(desk):
    publish(desk)
    desk.version = "1.1"
    assert desk.run("check")[0] == 0
    desk.cells([{**GOOD[0], "value": 29.0}, GOOD[1]])
    code, said = desk.run("check")
    assert (code, "the difference from release a_paper 1.0" in said) == (1, True)


def test_a_register_that_lost_what_was_published_stops_every_release(desk):
    publish(desk)
    desk.version = "1.1"
    desk.paths.released_cells("a_paper", "1.0").write_bytes(b"statistic,value,where\n")
    assert "is not as it was registered" in desk.run("check")[1]


def test_a_file_that_is_not_built_is_named(desk):
    (desk.paths.build / "papers" / "a_paper.pdf").unlink()
    assert "a_paper.pdf is not built" in desk.run("check")[1]


@pytest.mark.parametrize("version", ["", "../1", "1/2", ".hidden", "1..2", "a b"])
def test_a_version_names_a_folder_and_leads_nowhere_else(version):
    with pytest.raises(Exception, match="version"):
        checked_version(version, "a_paper")


def test_one_person_is_one_person_however_the_name_is_written():
    assert person("Ada  Lovelace") == person("ada lovelace.") != person("Ada Byron")


def test_cells_come_back_as_they_were():
    frame = pl.DataFrame(BAD)
    back = cells_of_csv(cells_as_csv(frame))
    assert back.select(frame.columns).equals(frame)


def test_profiles_of_areas_are_released_together_as_a_paper_is(desk, monkeypatch):
    """Every page of a study's areas goes out at once, judged by what all of them print."""
    name = "profiles_s"
    index = SimpleNamespace(profile=SimpleNamespace(version="2.0"))
    study = SimpleNamespace(key="s", about=SimpleNamespace(disclosure=Disclosure()), index=index)
    project = SimpleNamespace(papers={}, studies={"s": study})
    monkeypatch.setattr(release, "_project", lambda _paper: (desk.paths, project))

    def run(*words):
        found = CliRunner().invoke(release.release_app, [words[0], name, *words[1:]])
        return found.exit_code, " ".join(found.output.split())

    assert "is not built" in run("check")[1]
    for page in ("kent.html", "overview.xlsx"):
        place = desk.paths.profiles("s") / page
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"words")
    desk.paths.profile_cells("s").write_bytes(cells_as_csv(pl.DataFrame(BAD)))
    assert "fewer than 10 people" in run("check")[1]
    desk.paths.profile_cells("s").write_bytes(cells_as_csv(pl.DataFrame(GOOD)))
    assert "2 files" in run("check")[1]
    for signer in ("Ada Lovelace", "Grace Hopper"):
        assert run("sign", "--name", signer, "--role", "output checker")[0] == 0
    assert run("publish")[0] == 0
    assert (desk.paths.released(name, "2.0") / "kent.html").is_file()
    index.profile.version = ""
    assert "have no `version`" in run("check")[1]


def several(desk, monkeypatch, **studies):
    """A project of several studies, without papers; runs a command on something that is released."""
    made = {
        key: SimpleNamespace(key=key, about=SimpleNamespace(disclosure=Disclosure()), index=index)
        for key, index in studies.items()
    }
    monkeypatch.setattr(release, "_project", lambda _name: (desk.paths, SimpleNamespace(papers={}, studies=made)))

    def run(command, name, *words):
        found = CliRunner().invoke(release.release_app, [command, name, *words])
        assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
        return found.exit_code, " ".join(found.output.split())

    return run


def built(place, content):
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)


def versions(desk, text):
    built(desk.paths.release_versions, text.encode())


def published(run, name):
    for signer in ("Ada Lovelace", "Grace Hopper"):
        assert run("sign", name, "--name", signer, "--role", "output checker")[0] == 0
    code, said = run("publish", name)
    assert code == 0, said


def test_a_codebook_is_released_as_a_paper_is(desk, monkeypatch):
    run = several(desk, monkeypatch, s=None)
    for suffix in ("html", "csv", "xml"):
        built(desk.paths.codebook_file("s", suffix), b"words")
    built(desk.paths.codebook_cells("s"), cells_as_csv(pl.DataFrame(GOOD)))
    code, said = run("check", "codebook_s")
    assert (code, "`codebook_s` has no version" in said, "reports/release/versions.yaml" in said) == (1, True, True)
    versions(desk, "codebook_s: 1.0\n")
    assert 'Say it as a text: codebook_s: "1.0"' in run("check", "codebook_s")[1]
    versions(desk, 'codebook_s: "1.0"\n')
    assert "3 files" in run("check", "codebook_s")[1]
    published(run, "codebook_s")
    built(desk.paths.codebook_cells("s"), cells_as_csv(pl.DataFrame(BAD)))
    assert "fewer than 10 people" in run("check", "codebook_s")[1]


def test_pages_over_several_studies_are_judged_study_by_study(desk, monkeypatch):
    """A count of one study that an earlier release of it printed otherwise is refused; the same of another is not."""
    index = SimpleNamespace(profile=SimpleNamespace(version="1.0"))
    run = several(desk, monkeypatch, s=index, other=index)
    versions(desk, 'national: "1.0"\n')
    built(desk.paths.profiles("other") / "kent.html", b"words")
    built(desk.paths.profile_cells("other"), cells_as_csv(pl.DataFrame(GOOD)))
    published(run, "profiles_other")
    assert "is not built" in run("check", "national")[1]
    built(desk.paths.funder_pages / "a_funder.pdf", b"words")
    built(desk.paths.profile_file("", "national", "html"), b"words")
    alike = pl.DataFrame([{**GOOD[0], "study": "other"}, {**GOOD[0], "value": 29.0, "study": "s"}])
    built(desk.paths.national_cells, cells_as_csv(alike))
    assert "2 files" in run("check", "national")[1]
    moved = pl.DataFrame([{**GOOD[0], "value": 29.0, "study": "other"}])
    built(desk.paths.national_cells, cells_as_csv(moved))
    assert "the difference from release profiles_other 1.0" in run("check", "national")[1]
    built(desk.paths.national_cells, cells_as_csv(alike))
    published(run, "national")
    built(desk.paths.profile_cells("other"), cells_as_csv(pl.DataFrame([{**GOOD[0], "value": 31.0}])))
    index.profile.version = "1.1"
    said = run("check", "profiles_other")[1]
    assert "the difference from release national 1.0" in said


def test_a_name_that_is_nothing_is_refused_with_those_there_are(desk, monkeypatch):
    index = SimpleNamespace(profile=SimpleNamespace(version="1.0"))
    run = several(desk, monkeypatch, s=index, other=None)
    for name in ("nothing", "profiles_other", "codebook_", "profiles_"):
        said = run("check", name)[1]
        assert "is nothing that can be released; known: profiles_s, codebook_s, codebook_other, national" in said


def test_what_is_kept_of_a_release_is_what_a_reader_knows(desk):
    """Neither the exact number behind a rounded one nor a mean at full precision is in the register."""
    rounded = [
        {"statistic": "count", "value": 30.0, "n": 34.0, "rounding": 10.0, "n_rounding": 10.0, "area": "a"},
        {"statistic": "mean", "value": 3.123456, "n": 34.0, "n_rounding": 10.0, "area": "a"},
        {"statistic": "share", "value": 0.4567, "n": 300.0, "rounding": 0.01, "n_rounding": 1.0, "area": "b"},
    ]
    desk.cells(rounded)
    publish(desk)
    kept = cells_of_csv(desk.paths.released_cells("a_paper", "1.0").read_bytes())
    assert kept["n"].to_list() == [30.0, 30.0, 300.0]
    assert kept["value"].to_list() == [30.0, 1.0, 0.46]
