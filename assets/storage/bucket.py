"""A folder of a bucket on S3-compatible object storage; every failure in one sentence, without a secret."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import CohesionError

_ADDRESS = re.compile(r"s3://(?P<name>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<folder>[^?#]*))?")
CREDENTIALS_FILE = "shared-credentials-file"
TAKEN = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409")
ABSENT = ("NoSuchKey", "404", "NotFound")
MOST_AT_ONCE = 1000


@dataclass(frozen=True)
class Found:
    """An object: its name below the folder, its bytes in number, and the tag by which storage knows its content."""

    name: str
    size: int
    tag: str
    modified: float


def is_address(text: str) -> bool:
    """Whether a place is named by the beginning of a URL, and so no folder."""
    return "://" in text


def opened(address: str) -> Bucket:
    """The place that an address names. Raises ``CohesionError`` for one that is none, or without the package for it."""
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise CohesionError("is no address of object storage", where=address, todo="Write s3://bucket/folder.")
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError:
        raise CohesionError("needs the package `boto3`", where=address, todo="uv sync --extra server") from None
    config = Config(
        connect_timeout=10,
        read_timeout=60,
        retries={"max_attempts": 4, "mode": "standard"},
        request_checksum_calculation="when_required",  # other makers' storage does not know newer checksums
        response_checksum_validation="when_required",
    )
    try:
        session = boto3.session.Session()
        _require_private(session.get_credentials())
        client = session.client("s3", config=config)
    except (BotoCoreError, ValueError) as error:
        raise CohesionError(
            f"the settings of object storage cannot be used ({type(error).__name__})",
            where=address,
            todo="Set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_DEFAULT_REGION and AWS_ENDPOINT_URL_S3.",
        ) from None
    folder = (match["folder"] or "").strip("/")
    return Bucket(address.rstrip("/"), match["name"], f"{folder}/" if folder else "", client)


def _require_private(credentials: Any) -> None:
    """Secrets come from the environment, or from a file that nobody else may read."""
    if credentials is None or credentials.method != CREDENTIALS_FILE or os.name != "posix":
        return
    file = Path(os.environ.get("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")).expanduser()
    if file.is_file() and stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise CohesionError(
            "others may read the keys of object storage", where=file.name, todo=f"chmod 600 {file.name}"
        )


@dataclass(frozen=True)
class Bucket:
    """A folder of a bucket. ``address`` is as it was given; names are those below the folder."""

    address: str
    bucket: str
    folder: str
    client: Any

    def listed(self, below: str = "") -> Iterator[Found]:
        """Every object whose name begins with ``below``."""
        with self._said():
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=f"{self.folder}{below}"
            )
            for page in pages:
                for each in page.get("Contents", ()):
                    name, when = each["Key"].removeprefix(self.folder), each["LastModified"].timestamp()
                    yield Found(name, each["Size"], each["ETag"].strip('"'), when)

    def read(self, name: str) -> tuple[bytes, str] | None:
        """The bytes of an object and their tag; None where there is none."""
        with self._said(name, absent_is_fine=True):
            answer = self.client.get_object(Bucket=self.bucket, Key=self.folder + name)
            return answer["Body"].read(), answer["ETag"].strip('"')
        return None

    def download(self, name: str, target: Path) -> str:
        """Write an object to a file; its tag as it was read."""
        with self._said(name):
            answer = self.client.get_object(Bucket=self.bucket, Key=self.folder + name)
            with target.open("wb") as file:
                for piece in answer["Body"].iter_chunks(2**20):
                    file.write(piece)
            return str(answer["ETag"]).strip('"')
        raise AssertionError("a failure is raised")

    def upload(self, source: Path, name: str) -> None:
        """Write a file to an object, in parts if it is large."""
        with self._said(name):
            self.client.upload_file(str(source), self.bucket, self.folder + name)

    def write(self, name: str, content: bytes, over: str | None) -> bool:
        """Write an object if it is still the one of the tag ``over``, or with None if there is none; whether it was."""
        condition = {"IfNoneMatch": "*"} if over is None else {"IfMatch": f'"{over}"'}
        with self._said(name, taken_is_fine=True):
            self.client.put_object(Bucket=self.bucket, Key=self.folder + name, Body=content, **condition)
            return True
        return False

    def delete(self, names: Iterable[str]) -> None:
        """Remove objects."""
        listed = [{"Key": self.folder + name} for name in names]
        with self._said():
            for start in range(0, len(listed), MOST_AT_ONCE):
                some = {"Objects": listed[start : start + MOST_AT_ONCE], "Quiet": True}
                self.client.delete_objects(Bucket=self.bucket, Delete=some)

    @contextmanager
    def _said(self, name: str = "", *, absent_is_fine: bool = False, taken_is_fine: bool = False) -> Iterator[None]:
        """What storage refuses, in one sentence: its own messages may hold keys and addresses with secrets."""
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

        where = "/".join(filter(None, (self.address, name)))
        try:
            yield
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if (absent_is_fine and code in ABSENT) or (taken_is_fine and code in (*TAKEN, *ABSENT)):
                return
            raise CohesionError(_refusal(code), where=where, todo=_TODO.get(code, _ASK)) from None
        except NoCredentialsError:
            raise CohesionError(
                "there are no keys for it", where=where, todo="Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
            ) from None
        except (BotoCoreError, Boto3Error, OSError) as error:
            raise CohesionError(
                f"object storage does not answer ({type(error).__name__})",
                where=where,
                todo="Look at AWS_ENDPOINT_URL_S3 and the network, and try again.",
            ) from None


_ASK = "Ask whoever keeps the bucket."
_TODO = {"NoSuchBucket": "Correct the address, or make the bucket.", "AccessDenied": "Give these keys the right to."}


def _refusal(code: str) -> str:
    words = {"NoSuchBucket": "there is no such bucket", "AccessDenied": "these keys may not do that"}
    return words.get(code, f"object storage refuses it ({code[:40] or 'no reason'})")
