"""A lost or another pseudonym key is never passed over while anything on record was made with the right one."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from pipeline.errors import DepositError
from pipeline.ingest.people.keys import back_up_key, check_key, installation_key, key_fingerprint
from pipeline.ingest.withdrawal.noted import note_withdrawn
from pipeline.paths import Paths


def note_somebody(paths: Paths) -> None:
    import datetime as dt

    note_withdrawn(paths.withdrawn("panel"), "p0", "erase", dt.date(2020, 1, 1))


def build_a_wave(paths: Paths) -> None:
    table = paths.table("wave", "panel", "w01")
    table.parent.mkdir(parents=True)
    pl.DataFrame({"person_id": ["p1"]}).write_parquet(table)


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    found = Paths(tmp_path)
    installation_key(found)
    return found


RECORDS: list[Callable[[Paths], None]] = [note_somebody, build_a_wave]


@pytest.mark.parametrize("record", RECORDS)
def test_a_missing_key_is_an_error_that_says_how_to_restore_it(paths: Paths, record: Callable[[Paths], None]) -> None:
    fingerprint = key_fingerprint(paths.pseudonym_key.read_bytes())
    record(paths)
    paths.pseudonym_key.unlink()
    with pytest.raises(DepositError, match=rf"\(fingerprint {fingerprint}\) is missing, but 1 .* from your backup"):
        installation_key(paths)
    assert not paths.pseudonym_key.exists()


@pytest.mark.parametrize("record", RECORDS)
def test_another_key_is_refused(paths: Paths, record: Callable[[Paths], None]) -> None:
    record(paths)
    paths.pseudonym_key.write_bytes(os.urandom(32))
    with pytest.raises(DepositError, match="this is another pseudonym key"):
        installation_key(paths)


def test_a_missing_key_is_an_error_also_where_its_fingerprint_was_never_noted(paths: Paths) -> None:
    note_somebody(paths)
    paths.key_record.unlink()
    paths.pseudonym_key.unlink()
    with pytest.raises(DepositError, match="is missing"):
        installation_key(paths)


def test_where_nothing_rests_on_it_a_key_may_be_new(paths: Paths) -> None:
    paths.pseudonym_key.write_bytes(os.urandom(32))
    assert installation_key(paths) == paths.pseudonym_key.read_bytes()
    paths.pseudonym_key.unlink()
    assert len(installation_key(paths)) == 32


def test_a_backup_is_private_and_restores_the_installation(paths: Paths, tmp_path: Path) -> None:
    note_somebody(paths)
    place = back_up_key(paths, tmp_path / "safe.key")
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert "is the one on record. 1 withdrawals rest on it." in check_key(paths, place)
    paths.pseudonym_key.unlink()
    with pytest.raises(DepositError, match="is missing"):
        check_key(paths)
    paths.pseudonym_key.write_bytes(place.read_bytes())
    paths.pseudonym_key.chmod(0o600)
    assert check_key(paths) == check_key(paths, place)


def test_another_backup_is_told_and_nothing_is_overwritten(paths: Paths, tmp_path: Path) -> None:
    note_somebody(paths)
    other = tmp_path / "other.key"
    other.write_bytes(os.urandom(32))
    other.chmod(0o600)
    before = other.read_bytes()
    with pytest.raises(DepositError, match="the one on record"):
        check_key(paths, other)
    with pytest.raises(DepositError, match="holds something else"):
        back_up_key(paths, other)
    assert other.read_bytes() == before
