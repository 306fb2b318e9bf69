"""The key of an installation: which one it is, whether what is on record was made with it, and copies of it."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path

from pipeline.errors import DepositError
from pipeline.files import write_bytes
from pipeline.ingest.people.key_file import load_key, load_or_create_key
from pipeline.options import known_options
from pipeline.paths import Paths

_RESTORE = (
    "Copy the right key from your backup to data/keys/pseudonym.key, run `chmod 600 data/keys/pseudonym.key`, and then "
    "`cohesion key check`. With another key people who withdrew would come back, and nobody would be linked with what "
    "was built before. Only if the key is lost for good: remove data/warehouse and data/quarantine, move the lists out "
    "of data/withdrawn, build, and run `cohesion withdraw` again for everybody who withdrew."
)


def key_fingerprint(key: bytes) -> str:
    """Sixteen hexadecimal digits that tell keys apart and give nothing of them away."""
    return blake2b(key, digest_size=8, person=b"which-key").hexdigest()


def fingerprint_on_record(paths: Paths) -> str | None:
    """The fingerprint of the key with which the tables and lists of this installation were made; None if unknown."""
    if not paths.key_record.is_file():
        return None
    return paths.key_record.read_text(encoding="utf-8").strip() or None


def made_with_key(paths: Paths) -> str:
    """In words, what rests on the key: withdrawals noted and tables of pseudonyms; empty if nothing does."""
    noted = sum(_rows(file) for file in sorted(paths.key_record.parent.glob("*.csv")))
    tables = sum(1 for _ in (paths.warehouse / "wave").rglob("*.parquet"))
    parts = [f"{count:,} {words}" for count, words in ((noted, "withdrawals"), (tables, "wave tables")) if count]
    return " and ".join(parts)


def _rows(file: Path) -> int:
    return max(0, len(file.read_text(encoding="utf-8").splitlines()) - 1)


@known_options
def installation_key(paths: Paths) -> bytes:
    """The key of this installation, made on first use; its fingerprint is put on record.

    Raises ``DepositError`` if withdrawals or pseudonyms are on record and the key is missing, or is another than the
    one they were made with; and as ``load_key`` does.
    """
    resting, expected, where = made_with_key(paths), fingerprint_on_record(paths), "data/keys/pseudonym.key"
    if resting and not paths.pseudonym_key.exists():
        which = f" (fingerprint {expected})" if expected else ""
        raise DepositError(f"the pseudonym key{which} is missing, but {resting} rest on it", where=where, todo=_RESTORE)
    key = load_or_create_key(paths.pseudonym_key)
    found = key_fingerprint(key)
    if resting and expected not in (None, found):
        raise DepositError(
            f"this is another pseudonym key (fingerprint {found}) than the one on record ({expected}), on which "
            f"{resting} rest",
            where=where,
            todo=_RESTORE,
        )
    if found != expected:
        write_bytes(paths.key_record, f"{found}\n".encode(), mode=0o600)
    return key


def back_up_key(paths: Paths, target: Path) -> Path:
    """Copy the key to a file, or into a folder, for its owner alone; where it lies now.

    Raises ``DepositError`` if another key lies there, or if the key is not the one on record.
    """
    if not paths.pseudonym_key.exists():
        raise DepositError("there is no key to back up", where="data/keys/pseudonym.key", todo=_RESTORE)
    key = installation_key(paths)
    place = target / paths.pseudonym_key.name if target.is_dir() else target
    if place.exists() and place.read_bytes() != key:
        raise DepositError("holds something else", where=place.name, todo="Name another file; nothing is overwritten.")
    try:
        write_bytes(place, key, mode=0o600)
    except OSError as error:
        raise DepositError(f"cannot be written ({error.strerror})", where=place.name, todo="Name another.") from None
    return place


def check_key(paths: Paths, file: Path | None = None) -> str:
    """In words, which key this is and what rests on it. Raises ``DepositError`` if it is missing or another.

    ``file`` is a backup to compare with what is on record, in place of the installed key.
    """
    if file is None and not paths.pseudonym_key.exists() and not made_with_key(paths):
        return "There is no key yet: the first build makes it."
    key = installation_key(paths) if file is None else load_key(file)
    found, resting = key_fingerprint(key), made_with_key(paths)
    expected = fingerprint_on_record(paths)
    if expected not in (None, found):
        raise DepositError(
            f"this key has the fingerprint {found}, the one on record {expected}",
            where=(file or paths.pseudonym_key).name,
            todo="Look for another backup.",
        )
    return (
        f"The key {found} is the one on record. {f'{resting} rest on it.' if resting else 'Nothing rests on it yet.'}"
    )
