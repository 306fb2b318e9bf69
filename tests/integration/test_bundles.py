"""A study bundled for partners, and every number of it computed again elsewhere."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import small_study
from typer.testing import CliRunner

from assets.bundles.archive import FORMAT, LONG_AGO, MANIFEST, VERSION, sha256
from assets.bundles.numbers import NUMBERS, OF_TWIN
from assets.commands.main import app
from pipeline.paths import Paths

pytestmark = pytest.mark.thorough
STUDY = "first"
MEANS = """
question: How satisfied are people, and how do they belong?
study: first
family: design_means
outcomes: [life_satisfaction, belonging]
weights: design_weight
"""
BY_SEX = """
question: Are women as satisfied as men?
study: first
family: design_means
outcomes: [life_satisfaction]
group: is_woman
"""
MANY = """
question: Who is satisfied?
study: first
family: logit
outcome: is_woman
exposures: [life_satisfaction]
"""


def run(*arguments: object, root: Path | None = None, exits: int = 0) -> str:
    env = {"COHESION_ROOT": str(root)} if root else {}
    found = CliRunner().invoke(app, [str(argument) for argument in arguments], env=env)
    assert found.exit_code == exits, found.output + str(found.exception)
    return found.output


def verified(bundle: Path, *options: object, exits: int = 0) -> dict:
    """The report of a verification in this process, as programs read it."""
    return json.loads(run("verify", bundle, "--json", "--workers", 0, *options, exits=exits))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small study, built, with two women too few to be counted apart."""
    root = small_study.make_root(tmp_path_factory.mktemp("built"))
    rows = small_study.rows().with_columns(sex=pl.when(pl.int_range(pl.len()) < 34).then(1).otherwise(2))
    small_study.deposit(root, STUDY, rows)
    (root / "data" / "studies" / STUDY / "imputation.yaml").unlink()
    (root / "reports" / "models").mkdir(parents=True)
    for name, text in {"means": MEANS, "by_sex": BY_SEX, "who": MANY}.items():
        (root / "reports" / "models" / f"{name}.yaml").write_text(text)
    small_study.build(root)
    return root


@pytest.fixture(scope="module")
def plain(root: Path) -> Path:
    run("bundle", STUDY, "--to", root / "plain.zip", root=root)
    return root / "plain.zip"


@pytest.fixture(scope="module")
def panel(root: Path) -> Path:
    said = run("bundle", STUDY, "--with", "panel", "--to", root / "panel.zip", root=root)
    assert "PRIVATE" in said
    assert "answers/first" in said
    return root / "panel.zip"


@pytest.fixture(scope="module")
def twin(root: Path) -> Path:
    run("bundle", STUDY, "--with", "twin", "--to", root / "twin.zip", root=root)
    return root / "twin.zip"


def members(bundle: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(bundle) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def written(target: Path, contents: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in contents.items():
            packed.writestr(zipfile.ZipInfo(name, LONG_AGO), content, zipfile.ZIP_DEFLATED)
    return target


def altered(bundle: Path, target: Path, name: str, change: Callable[[bytes], bytes], honest: bool = False) -> Path:
    """A copy with one member changed; ``honest``: its manifest says so."""
    contents = members(bundle)
    contents[name] = change(contents[name])
    if honest:
        manifest = json.loads(contents[MANIFEST])
        manifest["members"][name]["sha256"] = sha256(contents[name])
        contents[MANIFEST] = json.dumps(manifest).encode()
    return written(target, contents)


def test_every_number_is_the_same_from_the_deposits_and_from_the_panel(root, plain, panel):
    deposits = Paths(root).raw(STUDY)
    for found, source in (
        (verified(plain, "--deposits", deposits), "deposits"),
        (verified(panel), "panel"),
    ):
        assert found["source"] == source
        assert not found["differences"]
        counted = {verdict: sum(kind[verdict] for kind in found["counts"].values()) for verdict in ("same", "differs")}
        assert counted["same"] > 50
        assert not found["numbers"]


def test_a_twin_is_compared_with_its_own_numbers_and_holds_no_answer_of_the_study(root, twin, tmp_path):
    found = verified(twin)
    assert found["source"] == "twin"
    assert not found["numbers"]
    assert sum(kind["same"] for kind in found["counts"].values()) > 20
    deposit = Paths(root).raw(STUDY) / "study_wave_1.csv"
    mine, theirs = deposit.read_text().splitlines(), members(twin)["twin/study_wave_1.csv"].decode().splitlines()
    assert mine[0].split(",")[0] == theirs[0].split(",")[0]
    assert not set(mine[1:]) & set(theirs[1:])
    assert not any(name.startswith("tables/") for name in members(twin))
    changed = altered(twin, tmp_path / "changed.zip", OF_TWIN, lambda content: content.replace(b",1.", b",2.", 1), True)
    assert [one["verdict"] for one in verified(changed, exits=1)["numbers"]] == ["differs"]


def test_what_to_build_from_can_be_chosen_and_is_refused_where_there_is_none(root, panel, twin):
    deposits = Paths(root).raw(STUDY)
    assert verified(panel, "--deposits", deposits, "--from", "panel")["source"] == "panel"
    assert verified(twin, "--deposits", deposits)["source"] == "deposits"
    assert "there is none" in verified(panel, "--from", "twin", exits=2)["error"]


def test_the_same_study_gives_the_same_bytes(root, plain, panel):
    for bundle, options in ((plain, ()), (panel, ("--with", "panel"))):
        run("bundle", STUDY, *options, "--to", root / "again.zip", root=root)
        assert (root / "again.zip").read_bytes() == bundle.read_bytes()


def test_a_bundle_holds_no_pseudonym_of_the_warehouse_no_key_and_no_row_unless_asked(root, plain, panel):
    people = pl.read_parquet(Paths(root).table("answers", STUDY))["person_id"]
    key = Paths(root).pseudonym_key.read_bytes()
    for bundle in (plain, panel):
        content = b"".join(members(bundle).values())
        assert not any(person.encode() in content for person in people)
        assert key not in content
        assert bundle.stat().st_mode & 0o077 == 0
    travelled = pl.read_parquet(members(panel)[f"tables/answers/{STUDY}.parquet"])
    assert travelled["person_id"].n_unique() == people.n_unique()
    assert not any(name.endswith(".parquet") for name in members(plain))


def test_numbers_of_too_few_people_stay_at_home(root, plain):
    expected = members(plain)[NUMBERS].decode()
    by_sex = pl.read_parquet(Paths(root).table("estimates", "by_sex"))
    assert by_sex.filter(pl.col("n_persons") < 10).height == 1
    assert expected.count("estimates/by_sex") > 0
    assert "group=1" not in "".join(line for line in expected.splitlines() if "by_sex" in line)


def test_without_rows_and_deposits_it_says_what_is_missing(plain):
    found = verified(plain, exits=2)
    assert "--deposits" in found["error"]


def test_a_changed_number_is_named_as_the_one_that_differs(root, panel, tmp_path):
    name = "component=mean; outcome=belonging"
    line = next(line for line in members(panel)[NUMBERS].decode().splitlines() if name in line and "estimate," in line)
    value = line.rsplit(",", 1)[1]
    other = line.replace(value, repr(float(value) + 0.01))

    def change(content: bytes) -> bytes:
        return content.replace(line.encode(), other.encode())

    for honest in (True, False):
        found = verified(altered(panel, tmp_path / f"{honest}.zip", NUMBERS, change, honest), exits=1)
        [one] = found["numbers"]
        assert (one["table"], one["column"], one["verdict"]) == ("estimates/means", "estimate", "differs")
        assert one["found"] == value
        assert ("altered" in one["reason"]) if honest else (found["altered"] == [NUMBERS])


@pytest.mark.parametrize(
    "name",
    ["declared/data/studies/first/items.yaml", "declared/reports/models/means.yaml", "receipts.csv",
     "tables/answers/first.parquet", "code/uv.lock"],
)  # fmt: skip
def test_a_changed_member_is_named(panel, tmp_path, name):
    found = verified(altered(panel, tmp_path / "altered.zip", name, lambda content: content + b" "), exits=2)
    assert name in found["error"]


def test_other_deposits_are_named_with_what_was_confirmed(root, plain, tmp_path):
    folder = tmp_path / "deposits"
    folder.mkdir()
    small_study.rows().head(39).write_csv(folder / "study_wave_1.csv")
    found = verified(plain, "--deposits", folder, exits=2)
    assert "study_wave_1.csv" in found["numbers"][0]["reason"]
    assert "not the file that was confirmed" in found["numbers"][0]["reason"]


def edited(bundle: Path, target: Path, change: Callable[[dict], None]) -> Path:
    contents = members(bundle)
    manifest = json.loads(contents[MANIFEST])
    change(manifest)
    contents[MANIFEST] = json.dumps(manifest).encode()
    return written(target, contents)


def test_other_code_and_libraries_are_reasons_not_refusals(panel, tmp_path):
    def change(manifest: dict) -> None:
        manifest["environment"]["libraries"]["numpy"] = "1.0"
        manifest["environment"]["blas"] = "another BLAS"
        manifest["code"]["definitions"]["pipeline.models.design.means:fit"] = "0" * 16

    same = verified(edited(panel, tmp_path / "same.zip", change))
    assert "numpy" in same["differences"]["libraries"][0]
    assert same["differences"]["code"] == ["pipeline.models.design.means:fit"]

    def number(content: bytes) -> bytes:
        lines = content.decode().splitlines(keepends=True)
        place = next(k for k, line in enumerate(lines) if "estimates/means" in line and ",estimate," in line)
        lines[place] = lines[place].rsplit(",", 1)[0] + ",99.0\n"
        return "".join(lines).encode()

    differs = verified(altered(tmp_path / "same.zip", tmp_path / "other.zip", NUMBERS, number, True), exits=1)
    [one] = differs["numbers"]
    for reason in ("code: pipeline.models.design.means:fit", "library: numpy", "blas"):
        assert reason in one["reason"]


def slip(contents: dict[str, bytes]) -> dict[str, bytes]:
    return {**contents, "../outside.txt": b"x"}


def absolute(contents: dict[str, bytes]) -> dict[str, bytes]:
    return {**contents, "/etc/outside": b"x"}


def backslash(contents: dict[str, bytes]) -> dict[str, bytes]:
    return {**contents, "..\\outside.txt": b"x"}


def unlisted(contents: dict[str, bytes]) -> dict[str, bytes]:
    return {**contents, "declared/reports/models/more.yaml": MEANS.encode()}


def bomb(contents: dict[str, bytes]) -> dict[str, bytes]:
    return {**contents, "tables/answers/first.parquet": bytes(20_000_000)}


def other_format(contents: dict[str, bytes]) -> dict[str, bytes]:
    return {"hello.txt": b"x"}


def later(contents: dict[str, bytes]) -> dict[str, bytes]:
    return {**contents, MANIFEST: json.dumps({"format": FORMAT, "version": VERSION + 1}).encode()}


def incomplete(contents: dict[str, bytes]) -> dict[str, bytes]:
    return {**contents, MANIFEST: json.dumps({"format": FORMAT, "version": VERSION, "study": "../x"}).encode()}


def absent(contents: dict[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in contents.items() if name != NUMBERS}


@pytest.mark.parametrize(
    ("hostile", "said"),
    [
        (slip, "leads out of its folder"),
        (absolute, "leads out of its folder"),
        (backslash, "leads out of its folder"),
        (unlisted, "does not list"),
        (bomb, "packed beyond reason"),
        (other_format, "is not a bundle"),
        (later, "version 2"),
        (incomplete, "incomplete"),
        (absent, "lacks"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_hostile_file_is_refused_in_words(panel, tmp_path, hostile, said):
    found = verified(written(tmp_path / "hostile.zip", hostile(members(panel))), exits=2)
    assert said in found["error"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nothing", b"\x00" * 100], ids=["empty", "cut", "zeros"])
def test_what_is_no_zip_file_is_refused_in_words(tmp_path, content):
    (tmp_path / "no.zip").write_bytes(content)
    assert "not a bundle" in verified(tmp_path / "no.zip", exits=2)["error"]


def test_a_study_that_is_not_built_is_not_bundled(root, tmp_path):
    small_study.make_root(tmp_path / "new")
    said = run("bundle", STUDY, "--to", tmp_path / "no.zip", root=tmp_path / "new", exits=1)
    assert "cohesion build --study first" in said


def test_people_read_a_table_and_every_number_in_a_file(root, panel, tmp_path):
    said = run("verify", panel, "--workers", 0, "--report", tmp_path / "all.csv")
    assert "the same, to the last bit" in said
    assert "Closed forms" in said
    assert pl.read_csv(tmp_path / "all.csv", infer_schema=False)["verdict"].unique().to_list() == ["same"]
