"""The sample deposits: genuine files that come back as the people who were made up, the same each time."""

from __future__ import annotations

import hashlib
from pathlib import Path

import polars as pl
import pyreadstat
import pytest

from pipeline.errors import CohesionError, DepositError
from pipeline.files import SUMS, read_sums
from pipeline.harmonise import account, harmonise
from pipeline.ingest.wave import wave_table
from pipeline.paths import Paths
from pipeline.sample import ensure_sample, simulate, truth, write_sample
from pipeline.sample.areas import area_tables
from pipeline.scales import panel, read_area_table
from pipeline.specs import load_project

pytestmark = pytest.mark.thorough

KEY = b"a key for tests, of 32 bytes.. ."
STUDIES = ("beyond_us_and_them", "parallel_lives")


@pytest.fixture(scope="module")
def project():
    return load_project(Paths())


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder)
    return folder


@pytest.fixture(scope="module")
def panels(project, sample) -> dict[str, pl.DataFrame]:
    made = {}
    for name in STUDIES:
        study = project.studies[name]
        sums = read_sums(sample / name)
        waves = {wave: wave_table(study, wave, sample / name, KEY, confirmed=sums).frame for wave in study.waves}
        harmonised = harmonise(study, waves)
        assert account(harmonised.ledger, waves, harmonised.answers) == []
        areas = {
            measure.table: read_area_table(Paths().areas / measure.table) for measure in study.about.areas.values()
        }
        made[name] = panel(study, harmonised.answers, areas)
    return made


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_seed_gives_the_same_bytes(sample, tmp_path):
    write_sample(tmp_path)
    assert hashes(tmp_path) == hashes(sample)


def test_another_seed_gives_other_people(sample, tmp_path):
    write_sample(tmp_path, seed=7, studies=["parallel_lives"])
    mine, theirs = hashes(tmp_path / "parallel_lives"), hashes(sample / "parallel_lives")
    assert mine.keys() == theirs.keys()
    assert all(mine[name] != theirs[name] for name in mine)


def test_a_sample_that_is_there_is_left_alone_and_one_that_is_old_is_made_anew(tmp_path):
    ensure_sample(tmp_path, studies=["parallel_lives"])
    file = tmp_path / "parallel_lives" / "b_indresp.sav"
    written = file.stat().st_mtime_ns
    ensure_sample(tmp_path, studies=["parallel_lives"])
    assert file.stat().st_mtime_ns == written
    ensure_sample(tmp_path, seed=8, studies=["parallel_lives"])
    assert file.stat().st_mtime_ns > written


def test_a_sample_that_was_changed_is_refused_by_its_hash_until_it_is_asked_for_again(project, tmp_path):
    study = project.studies["parallel_lives"]
    ensure_sample(tmp_path, studies=["parallel_lives"])
    folder = tmp_path / "parallel_lives"
    sums, file = read_sums(folder), folder / "b_indresp.sav"
    assert set(sums) == {path.name for path in folder.iterdir()} - {SUMS, "MADE_UP.txt"}
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    ensure_sample(tmp_path, studies=["parallel_lives"])
    with pytest.raises(DepositError, match=r"b_indresp\.sav: this is not the file.*`cohesion sample` writes"):
        wave_table(study, "w02", folder, KEY, confirmed=sums)
    write_sample(tmp_path, studies=["parallel_lives"])
    assert wave_table(study, "w02", folder, KEY, confirmed=sums).frame.height


def test_a_study_without_a_sample_is_named():
    with pytest.raises(CohesionError, match="no sample of the study `elsoc`"):
        truth("elsoc")


def test_an_spss_file_has_labels_and_a_range_of_missing_codes(sample):
    values, about = pyreadstat.read_sav(
        sample / "beyond_us_and_them" / "buat_regions_w01.sav", user_missing=True, output_format="dict"
    )
    assert about.file_label.startswith("Synthetic data")
    assert about.variable_value_labels["q8_nat"][-99.0] == "Refused"
    assert about.missing_ranges["q8_nat"] == [{"lo": -99.0, "hi": -96.0}]
    assert {-99.0, -98.0} <= {value for value in values["q8_nat"] if value is not None}


def test_a_stata_file_has_missing_values_with_letters(sample):
    _, about = pyreadstat.read_dta(
        sample / "beyond_us_and_them" / "buat_regions_w04.dta", user_missing=True, output_format="dict"
    )
    assert set(about.missing_user_values["tr_national"]) == {"a", "b"}
    assert about.variable_value_labels["tr_national"]["a"] == "Refused"


def test_a_household_panel_file_has_its_prefix_and_negative_codes(sample):
    values, _ = pyreadstat.read_dta(sample / "parallel_lives" / "a_indresp.dta", output_format="dict")
    assert "pidp" in values
    assert all(name.startswith("a_") for name in values if name != "pidp")
    assert {-9.0, -8.0, -7.0, -2.0, -1.0} <= set(values["a_frndeth"])


def test_people_of_a_household_share_an_area_and_some_move(sample):
    folder = sample / "parallel_lives"
    read = {path.stem: pyreadstat.read_dta(str(path), output_format="dict")[0] for path in folder.glob("*.dta")}
    homes = []
    for mark in "ac":
        people, area = read[f"{mark}_indresp"], read[f"{mark}_lad"]
        assert len({*area[f"{mark}_hidp"]}) == len(area[f"{mark}_hidp"]), "one row per household"
        assert {*people[f"{mark}_hidp"]} <= {*area[f"{mark}_hidp"]} == {*read[f"{mark}_hhresp"][f"{mark}_hidp"]}
        homes.append(dict(zip(people["pidp"], people[f"{mark}_hidp"], strict=True)))
    both = homes[0].keys() & homes[1].keys()
    together = [{homes[wave][person] for person in both} for wave in (0, 1)]
    assert together[0].isdisjoint(together[1]), "ids are of one wave"
    assert len(together[1]) > 1.05 * len(together[0]), "some left their household for one of their own"
    everyone = read["xwavedat"]
    assert both <= {*everyone["pidp"]}
    assert len({*everyone["pidp"]}) == len(everyone["pidp"])
    assert {-8.0, 1.0, 10.0, 99.0} <= {*everyone["c_ivfio"], *everyone["a_ivfio"]}


@pytest.mark.parametrize("study", STUDIES)
def test_what_was_made_up_comes_back_from_the_files(panels, study):
    """Every score's distribution, wave by wave and arm by arm, but for the answers that were left out."""
    back, made = panels[study], simulate(study)
    assert back.height == made.height
    concepts = [name for name in made.columns if name in back.columns and name not in SAME_NAME_OTHER_CONTENT]
    concepts = [name for name in concepts if back[name].dtype.is_numeric()]
    assert len(concepts) >= 10
    by = ["arm", "wave"]
    for concept in concepts:
        there = back.drop_nulls(concept).group_by(by).agg(pl.col(concept).mean().alias("back"), count=pl.len())
        both = made.group_by(by).agg(
            pl.col(concept).mean().alias("made"), pl.col(concept).std().alias("sd"), all=pl.len()
        )
        both = both.join(there, on=by)
        assert both.height > 0, concept
        off = (both["back"] - both["made"]).abs()
        chance = both["sd"] * ((1 / both["count"] - 1 / both["all"]).clip(0)).sqrt()
        assert (off <= 4.5 * chance + SCORED_WITH_AN_ITEM_MISSING).all(), concept


SAME_NAME_OTHER_CONTENT = ("person_id", "design_weight", "stratum", "psu", "area_code")
SCORED_WITH_AN_ITEM_MISSING = 0.01
"""A scale with one answer left out is the mean of the others, which moves a score a little."""


def test_volumes_are_those_that_are_public(panels):
    counts = panels["beyond_us_and_them"].group_by("arm", "wave").len()
    june = counts.filter(pl.col("arm").is_in(["regions", "invested"]), wave="w02")["len"].sum()
    winter = {"regions": "w06", "invested": "w04", "activists": "w04", "metropolitan": "w02"}
    december = sum(counts.filter(arm=arm, wave=wave)["len"].sum() for arm, wave in winter.items())
    assert panels["beyond_us_and_them"].height > 39_000
    assert june == 2_924
    assert december == 8_003
    assert panels["parallel_lives"]["person_id"].n_unique() == 18_807


PUBLISHED = [
    ("regions", "w01", "trusts_national_government", 0.51),
    ("regions", "w03", "trusts_national_government", 0.34),
    ("regions", "w05", "trusts_national_government", 0.21),
    ("regions", "w08", "trusts_local_government", 0.41),
    ("regions", "w08", "sees_country_uniting", 0.16),
    ("regions", "w08", "sees_country_dividing", 0.64),
    ("regions", "w08", "sees_area_uniting", 0.26),
    ("regions", "w08", "sees_area_dividing", 0.22),
    ("invested", "w02", "volunteered", 0.24),
    ("regions", "w02", "volunteered", 0.08),
    ("invested", "w02", "is_optimistic", 0.54),
    ("regions", "w02", "is_optimistic", 0.48),
]


@pytest.mark.parametrize(("arm", "wave", "concept", "share"), PUBLISHED)
def test_shares_are_near_the_published_ones(panels, arm, wave, concept, share):
    """Within sampling error, and what leaving moves them by."""
    found = panels["beyond_us_and_them"].filter(arm=arm, wave=wave)[concept].drop_nulls()
    assert found.mean() == pytest.approx(share, abs=3 * (share * (1 - share) / found.len()) ** 0.5 + 0.015)


@pytest.mark.parametrize("name", sorted(area_tables()))
def test_the_area_tables_are_those_that_the_people_live_by(name):
    kept, made = read_area_table(Paths().areas / name), area_tables()[name]
    assert kept.columns == made.columns
    for column in made.columns:
        assert kept[column].cast(pl.String).to_list() == made[column].cast(pl.String).to_list(), column
    assert set(kept["source"]) == {"synthetic"}
