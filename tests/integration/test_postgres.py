"""Dagster's records in a real PostgreSQL server: a build is recorded there, and no secret is written down."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from confirmed import confirm_all
from object_storage import free_port
from postgres_server import PASSWORD, postgres, programs
from published_study import make_published

from assets.dagster.instance import SETTINGS
from assets.dagster.postgres import STORAGE, with_storage
from pipeline.errors import CohesionError

installed = pytest.mark.skipif(programs() is None, reason="Debian's package postgresql is not installed")
COHESION = str(Path(sys.executable).parent / "cohesion")


@pytest.fixture(scope="module")
def address():
    with postgres() as found:
        yield found


@pytest.fixture(autouse=True)
def unset(monkeypatch):
    monkeypatch.delenv("COHESION_POSTGRES_URL", raising=False)
    monkeypatch.delenv("COHESION_POSTGRES_URL_FILE", raising=False)


@installed
@pytest.mark.thorough
def test_a_build_is_recorded_there(address, tmp_path):
    import psycopg2

    root = make_published(tmp_path / "root")
    confirm_all(root)
    environment = {**os.environ, "COHESION_POSTGRES_URL": address}
    done = subprocess.run(
        [COHESION, "--root", str(root), "build"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "could not record" not in done.stdout + done.stderr
    connection = psycopg2.connect(address)
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM runs WHERE status = 'SUCCESS'")
        assert cursor.fetchone()[0] == 1
        cursor.execute("SELECT count(*) FROM event_logs WHERE dagster_event_type = 'ASSET_MATERIALIZATION'")
        assert cursor.fetchone()[0] > 20
    connection.close()
    instance = root / "data" / "instance"
    assert list(instance.rglob("*.db")) == []
    written = [path for path in root.rglob("*") if path.is_file() and PASSWORD.encode() in path.read_bytes()]
    assert written == []
    assert (instance / "dagster.yaml").read_text().endswith(STORAGE)


@installed
@pytest.mark.thorough
def test_what_cannot_be_used_is_one_sentence_without_a_secret(address, monkeypatch, tmp_path):
    def message() -> str:
        with pytest.raises(CohesionError) as raised:
            with_storage(SETTINGS)
        assert PASSWORD not in str(raised.value)
        assert "\n" not in str(raised.value)
        return str(raised.value)

    monkeypatch.setenv("COHESION_POSTGRES_URL", address)
    assert with_storage(SETTINGS) == SETTINGS + STORAGE
    assert with_storage(SETTINGS + STORAGE) == SETTINGS + STORAGE
    monkeypatch.setenv("COHESION_POSTGRES_URL", address.replace(PASSWORD, "wrong"))
    assert "refuses the user" in message()
    monkeypatch.setenv("COHESION_POSTGRES_URL", address.rsplit("/", 1)[0] + "/absent")
    assert "refuses the user, the password or the database" in message()
    file = tmp_path / "address"
    file.write_text(address + "\n")
    monkeypatch.delenv("COHESION_POSTGRES_URL")
    monkeypatch.setenv("COHESION_POSTGRES_URL_FILE", str(file))
    file.chmod(0o644)
    assert "others than its owner may read" in message()
    file.chmod(0o600)
    assert with_storage(SETTINGS) == SETTINGS + STORAGE
    assert os.environ["COHESION_POSTGRES_URL"] == address


def test_without_a_server_records_stay_in_the_folder(monkeypatch):
    assert with_storage(SETTINGS) == SETTINGS
    assert with_storage(SETTINGS + STORAGE) == SETTINGS
    assert with_storage(SETTINGS + STORAGE + "more: true\n") == SETTINGS + "more: true\n"
    monkeypatch.setenv("COHESION_POSTGRES_URL", f"postgresql://a:{PASSWORD}@127.0.0.1:{free_port()}/b")
    with pytest.raises(CohesionError, match="no server answers there") as raised:
        with_storage(SETTINGS)
    assert PASSWORD not in str(raised.value)
    monkeypatch.setenv("COHESION_POSTGRES_URL", "mysql://elsewhere")
    with pytest.raises(CohesionError, match="no address of a PostgreSQL server"):
        with_storage(SETTINGS)
    with pytest.raises(CohesionError, match="a storage of its own"):
        with_storage(SETTINGS + "storage:\n  sqlite: {}\n")
