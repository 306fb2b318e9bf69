"""Ids, pseudonyms and the key they depend on."""

import os
import threading
from hashlib import blake2b
from pathlib import Path

import polars as pl
import pytest

from pipeline.errors import DepositError
from pipeline.ingest import check_ids, load_or_create_key, pseudonymise

KEY = bytes(range(32))


def test_a_pseudonym_is_keyed_blake2b_of_study_and_id() -> None:
    expected = "p" + blake2b(b"elsoc\x001234", key=KEY, digest_size=16).hexdigest()
    assert pseudonymise(pl.Series(["1234"]), KEY, "elsoc").to_list() == [expected]


def test_the_same_id_gives_the_same_pseudonym_and_null_stays_null() -> None:
    first, second, nobody, other = pseudonymise(pl.Series(["a", "a", None, "b"]), KEY, "elsoc")
    assert first == second != other
    assert nobody is None


def test_another_key_or_study_gives_another_pseudonym() -> None:
    ids = pl.Series(["a"])
    assert len({pseudonymise(ids, key, study)[0] for key in (KEY, KEY[::-1]) for study in ("one", "two")}) == 4


def test_the_key_is_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "pseudonym.key"
    key = load_or_create_key(path)
    assert len(key) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_or_create_key(path) == key
    assert list(path.parent.iterdir()) == [path]


def test_many_makers_at_once_agree_on_one_key(tmp_path: Path) -> None:
    path = tmp_path / "pseudonym.key"
    keys: list[bytes] = []
    threads = [threading.Thread(target=lambda: keys.append(load_or_create_key(path))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 16
    assert len(set(keys)) == 1


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pseudonym.key"
    load_or_create_key(path)
    path.chmod(0o640)
    with pytest.raises(DepositError, match=r"others may read the pseudonym key \(mode 0640\)"):
        load_or_create_key(path)


def test_a_damaged_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pseudonym.key"
    path.write_bytes(b"short")
    path.chmod(0o600)
    with pytest.raises(DepositError, match="the pseudonym key is damaged"):
        load_or_create_key(path)


@pytest.mark.parametrize(
    ("ids", "says", "count"),
    [
        (["secret", None, " "], "rows without an id", 2),
        (["secret", "secret", "b"], "rows that share an id", 2),
        ([1.0, None], "rows without an id", 1),
    ],
)
def test_ids_are_refused_with_counts_only(ids: list, says: str, count: int) -> None:
    with pytest.raises(DepositError, match=says) as raised:
        check_ids(pl.DataFrame({"pid": ids}, strict=False), "pid", where="w01.sav")
    assert raised.value.count == count
    assert "secret" not in str(raised.value)


def test_an_absent_id_column_is_named() -> None:
    with pytest.raises(DepositError, match="there is no id column `pid`"):
        check_ids(pl.DataFrame({"id": [1]}), "pid")
