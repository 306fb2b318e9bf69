"""Declarations of an older format: refused in one sentence, brought up to date step by step, all or none."""

import shutil
from pathlib import Path

import pytest
from published_study import make_published
from shared import ROOT
from small_study import make_root
from typer.testing import CliRunner

from assets.commands.main import app
from assets.projects.begin import begin_project
from assets.projects.pinned import pinned_versions
from assets.projects.repin import repinned
from pipeline.errors import CohesionError, DeclarationErrors
from pipeline.migration import STEPS, migrate, migrations
from pipeline.migration.declared import Declared
from pipeline.paths import Paths
from pipeline.settings import settings_of
from pipeline.specs import load_project, load_studies
from pipeline.specs.format import FIRST, FORMAT
from pipeline.specs.strict_yaml import read

LINE = f"format: {FORMAT}"
READS = f"this version of cohesion-panel reads {FORMAT}"


@pytest.fixture
def root(tmp_path):
    return make_root(tmp_path)


def about(root: Path, study: str = "first") -> Path:
    return root / "data" / "studies" / study / "study.yaml"


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def run(root: Path, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["migrate", *words, "--root", str(root)])
    return done.exit_code, done.output


def state(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_there_is_one_step_for_each_number():
    assert [step.to for step in STEPS] == list(range(FIRST + 1, FORMAT + 1))
    assert all(step.words and step.function.__doc__ for step in STEPS)


def test_what_comes_with_the_code_is_in_the_present_format():
    found = migrations(Paths(ROOT))
    assert {one.study for one in found} >= {"_template", "_household_template", "elsoc"}
    assert [one.changes for one in found if one.changes] == []
    assert all(one.said == FORMAT for one in found)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        *((said, f"is declared in format {said}, and {READS}. Install the version") for said in (FORMAT + 1, 999)),
        *((said, f"is declared in format {said}, and {READS}. `cohesion migrate") for said in range(FIRST, FORMAT)),
        *((said, f"`format` is `{said}`; expected the number of the format") for said in (0, "two", "3.0", "[3]")),
        ("true", "`format` is `True`; expected the number of the format"),
    ],
)
def test_a_study_in_another_format_is_refused_in_one_sentence(tmp_path, said, message):
    root = make_published(tmp_path)
    change(about(root), LINE, f"format: {said}")
    change(about(root), "title: ", "a_key_of_that: ")
    change(root / "data/studies/first/items.yaml", "wording", "wordings")
    change(root / "reports/models/satisfied.yaml", "family: pooled", "family: of_that_format")
    with pytest.raises(DeclarationErrors) as error:
        load_project(Paths(root))
    assert len(error.value.problems) == 1
    place = (
        f"data/studies/first/study.yaml:{about(root).read_text().split(chr(10) + 'format: ')[0].count(chr(10)) + 2}: "
    )
    assert error.value.problems[0].startswith(place)
    assert message in error.value.problems[0]


def test_other_studies_go_on_beside_one_in_another_format(tmp_path):
    root = make_root(tmp_path, ("first", "second"))
    change(about(root, "second"), LINE, f"format: {FORMAT + 1}")
    for study in ("first", "second"):
        for key in ("title", "short_title", "population", "citation", "licence"):
            text = about(root, study).read_text()
            about(root, study).write_text(text.replace(f"\n{key}: ", f"\n{key}: x", 1))
    project, aside = load_studies(Paths(root), ["first"])
    assert (list(project.studies), list(aside)) == (["first"], ["second"])
    assert len(aside["second"]) == 1


def test_a_study_that_says_no_format_is_read_as_it_stands_and_check_says_so(root):
    shutil.rmtree(about(root, "_template").parent, ignore_errors=True)
    change(about(root), LINE, "# none")
    done = CliRunner().invoke(app, ["check", "--root", str(root)])
    assert done.exit_code == 0, done.output
    assert "data/studies/first/study.yaml: does not say its `format`, and is read as 3. An older one: " in done.output
    change(about(root), "# none", LINE)
    assert "format" not in CliRunner().invoke(app, ["check", "--root", str(root)]).output


BEFORE = "design:\n  lonely_psu: fail   # a remark\n"
HEAD = "# A study\ntitle: One   # as printed\nlicence: Mine\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (HEAD + BEFORE, HEAD + LINE + "\n" + BEFORE + "  subset: answered\n"),
        (HEAD + "design: {lonely_psu: fail}\n", HEAD + LINE + "\ndesign: {subset: answered, lonely_psu: fail}\n"),
        (HEAD + "arms: {}\n", HEAD + LINE + '\narms: {}\ndesign: {"subset": "answered"}\n'),
        (HEAD + "design:\narms: {}\n", HEAD + LINE + '\ndesign: {"subset": "answered"}\narms: {}\n'),
        (HEAD + "design:\n  subset: domain\n", HEAD + LINE + "\ndesign:\n  subset: domain\n"),
        (HEAD.replace("licence", "source"), HEAD.replace("licence: Mine\n", f"{LINE}\nsource: Mine\n") + "@"),
        (
            (HEAD + BEFORE).replace("\n", "\r\n"),
            (HEAD + LINE + "\n" + BEFORE + "  subset: answered\n").replace("\n", "\r\n"),
        ),
    ],
    ids=["block", "flow", "no-design", "empty", "said", "no-licence", "windows"],
)
def test_a_study_keeps_the_design_that_it_meant_and_every_comment(tmp_path, before, after):
    folder = tmp_path / "data" / "studies" / "mine"
    folder.mkdir(parents=True)
    (folder / "study.yaml").write_bytes(before.encode())
    list(migrate(migrations(Paths(tmp_path))))
    if after.endswith("@"):
        after = after[:-1] + 'design: {"subset": "answered"}\n'
        assert sorted((folder / "study.yaml").read_text().splitlines()) == sorted(after.splitlines())
    else:
        assert (folder / "study.yaml").read_bytes().decode() == after
    assert read(folder / "study.yaml", "study.yaml").problems == []


PAPER = """---
title: One
study: {study}
---
:::table participation
:::table  participation caption="Who"
text :::table participation
:::section participation flow=a
:::table participation_by_arm
"""


def test_a_table_is_called_by_its_new_name_in_papers_about_the_study_alone(root):
    papers = root / "reports" / "papers"
    papers.mkdir(parents=True)
    for study in ("first", "other"):
        (papers / f"{study}.md").write_text(PAPER.format(study=study))
    (papers / "README.md").write_text(":::table participation\n")
    change(about(root), LINE, f"format: {FIRST}")
    found = migrations(Paths(root), ["first"])
    assert [change for change in found[0].changes if "table" in change] == [
        "reports/papers/first.md:5: `:::table participation` is called `:::table response_rates`",
        "reports/papers/first.md:6: `:::table participation` is called `:::table response_rates`",
    ]
    written = [path.name for path in migrate(found)]
    assert written == ["first.md", "study.yaml"], "the number comes last"
    lines = (papers / "first.md").read_text().splitlines()
    assert lines[4:6] == [":::table response_rates", ':::table  response_rates caption="Who"']
    assert lines[6:] == PAPER.splitlines()[6:]
    assert (papers / "other.md").read_text() == PAPER.format(study="other")
    assert (papers / "README.md").read_text() == ":::table participation\n"


@pytest.mark.parametrize("said", [None, *range(FIRST, FORMAT)])
def test_migrating_twice_is_migrating_once_and_check_changes_nothing(tmp_path, said):
    root = make_published(tmp_path)
    paper = root / "reports" / "papers" / "small.md"
    change(paper, ":::figure stayed", ":::figure stayed\n\n:::table participation")
    change(about(root), f"{LINE} ", f"format: {said} " if said else "# ")
    change(about(root), "  subset: domain", "  # subset: domain")
    before = state(root)
    code, listed = run(root, "--check")
    assert (code, state(root)) == (1, before)
    assert listed.endswith("Nothing was changed. `cohesion migrate` does it.\n")
    code, done = run(root)
    assert code == 0, done
    assert done.splitlines()[:-1] == listed.splitlines()[:-1]
    after = state(root)
    assert {name for name in before if before[name] != after[name]} == {
        "data/studies/first/study.yaml", *(["reports/papers/small.md"] if said in (None, 1) else []),
    }  # fmt: skip
    assert run(root) == (0, f"✓ Nothing to do: every study is declared in format {FORMAT}.\n")
    assert run(root, "--check")[0] == 0
    assert state(root) == after


@pytest.mark.parametrize("step", STEPS, ids=lambda step: str(step.to))
def test_each_step_finds_nothing_to_do_where_it_was_done(tmp_path, step):
    root = make_published(tmp_path)
    change(root / "reports/papers/small.md", ":::figure stayed", ":::table participation")
    change(about(root), "  subset: domain", "  # subset: domain")
    declared = Declared(Paths(root), "first")
    assert list(step.function(declared))
    declared.save()
    again = Declared(Paths(root), "first")
    assert (list(step.function(again)), list(again.changed())) == ([], [])


def test_nothing_is_written_if_one_study_cannot_be_brought_up_to_date(tmp_path):
    root = make_root(tmp_path, ("first", "second"))
    change(about(root, "first"), LINE, f"format: {FIRST}")
    for old, new, said in (
        (LINE, f"format: {FORMAT + 1}", f"is declared in format {FORMAT + 1}"),
        (f"format: {FORMAT + 1}", "format: [", "second/study.yaml"),
    ):
        change(about(root, "second"), old, new)
        before = state(root)
        code, output = run(root)
        assert (code, said in output, state(root)) == (1, True, before)
    about(root, "second").write_bytes(b"\xff\xfe")
    assert "data/studies/second/study.yaml: is not UTF-8 text" in run(root)[1]
    about(root, "second").unlink()
    assert "data/studies/second/study.yaml: is missing" in run(root)[1]
    assert "format: 1" in about(root, "first").read_text()


def test_one_study_is_migrated_alone_and_a_format_that_is_not_said_can_be_named(tmp_path):
    root = make_root(tmp_path, ("first", "second"))
    for study in ("first", "second"):
        change(about(root, study), f"{LINE} ", "# ")
        change(about(root, study), "  subset: domain", "  # subset: domain")
    code, output = run(root, "second", "--from", str(FORMAT))
    assert code == 0
    assert "subset: answered" not in about(root, "second").read_text()
    assert f"second: no format said, taken for {FORMAT} → {FORMAT}" in output
    assert LINE not in about(root, "first").read_text()
    run(root, "first")
    assert "  subset: answered\n" in about(root, "first").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["third"], "there is no study `third`. Known: first."),
        (["--from", "0"], f"there is no format 0. There are: {FIRST} to {FORMAT}."),
        (["--from", "9"], f"there is no format 9. There are: {FIRST} to {FORMAT}."),
    ],
)
def test_what_is_not_there_is_refused(root, words, said):
    assert run(root, *words) == (1, f"{said}\n")


def test_a_project_of_another_version_is_pinned_to_this_one(tmp_path):
    root, here = begin_project(tmp_path / "demo"), pinned_versions()["cohesion-panel"]
    marker, libraries = root / "cohesion.toml", root / "requirements.txt"
    whole = marker.read_text(), libraries.read_text()
    marker.write_text(whole[0].replace(f'"{here}"', "'0.0.1'"))
    libraries.write_text("cohesion-panel==0.0.1\n")
    code, listed = run(root, "--check")
    assert (code, f"cohesion.toml: `version` 0.0.1 → {here}" in listed) == (1, True)
    assert settings_of(root)["version"] == "0.0.1"
    assert run(root)[0] == 0
    assert marker.read_text() == whole[0].replace('"', "'", 2)
    assert libraries.read_text() == whole[1]
    assert run(root)[1].startswith("✓ Nothing to do")


def test_a_version_that_cannot_be_found_in_its_file_is_said(tmp_path):
    root = begin_project(tmp_path / "demo")
    (root / "cohesion.toml").write_text('"version" = "0.0.1"\n')
    with pytest.raises(CohesionError, match="not on a line of its own"):
        repinned(root)
