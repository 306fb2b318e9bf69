"""Deposits and a shared warehouse on a real S3 server: two machines, broken pushes, damage, another key, erasures."""

import datetime as dt
import json
import shutil
from pathlib import Path

import pytest
from engine_runs import build, outputs, plan_of, unbuilt, workspace_of
from object_storage import BUCKET, client, s3_server
from published_study import make_published
from small_study import build as build_first
from small_study import declare, rows

from assets.building import share
from assets.commands.withdrawal import carry_out
from assets.nodes import all_nodes
from assets.storage import bucket as buckets
from assets.storage.fetch import fetch
from assets.storage.warehouse import MANIFEST, Shared, shared
from pipeline.errors import CohesionError
from pipeline.paths import Paths
from pipeline.specs import load_project

ADDRESS = f"s3://{BUCKET}/warehouse"

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module", autouse=True)
def server():
    with s3_server() as address:
        yield address


@pytest.fixture(autouse=True)
def empty():
    """Each test begins with an empty bucket."""
    yield
    for found in list(buckets.opened(f"s3://{BUCKET}").listed()):
        client().delete_object(Bucket=BUCKET, Key=found.name)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A root on the first machine, built without a shared warehouse."""
    root = make_published(tmp_path_factory.mktemp("machines") / "one")
    assert [report.message for report in build_first(root).values() if report.message] == []
    return root


@pytest.fixture
def one(built, tmp_path, monkeypatch):
    """The first machine, which shares its warehouse from now on."""
    root = tmp_path / "one"
    shutil.copytree(built, root)
    monkeypatch.setenv("COHESION_WAREHOUSE", ADDRESS)
    return root


@pytest.fixture
def two(one, tmp_path):
    """A second machine with the same declarations, deposits and key."""
    return unbuilt(one, tmp_path / "two")


def place(root: Path) -> Shared:
    found = shared(workspace_of(root))
    assert found is not None
    return found


def nodes(root: Path):
    return all_nodes(workspace_of(root))


def pull(root: Path) -> int:
    from assets.building import prepare

    prepare(workspace_of(root))
    return place(root).pull(nodes(root))


def objects() -> list[str]:
    return [found.name for found in buckets.opened(ADDRESS).listed()]


def test_what_one_machine_built_the_other_need_not(one, two):
    assert share(workspace_of(one)) == ""
    taken = pull(two)
    assert taken == sum(1 for node in nodes(one) if not node.tolerant)
    assert outputs(two) == outputs(one)
    assert plan_of(two).due == set()
    assert all(path.stat().st_mode & 0o077 == 0 for path in Paths(two).warehouse.rglob("*.parquet"))
    assert pull(two) == 0, "nothing is new"
    assert place(two).push(nodes(two)) == 0, "and nothing is ours"


def test_a_change_on_the_second_comes_back_to_the_first(one, two):
    share(workspace_of(one))
    pull(two)
    for root in (one, two):
        model = root / "reports" / "models" / "satisfied.yaml"
        model.write_text(model.read_text() + "confidence: 0.9\n")
    assert plan_of(two).due
    assert [report.message for report in build(two).values() if report.message] == []
    assert share(workspace_of(two)) == ""
    assert pull(one) > 0
    assert plan_of(one).due == set()
    assert outputs(one) == outputs(two)


def test_two_pushes_at_once_lose_nothing(one, two):
    """The manifest is written only over the one that was read; who was slower reads it again."""
    slow, fast = place(one), place(two)
    some = [node for node in nodes(one) if node.group == "ingest"]
    for path in ("data/warehouse", "reports/build"):
        shutil.copytree(one / path, two / path, dirs_exist_ok=True)
    others = [node for node in nodes(two) if node.group != "ingest"]
    given = slow._give

    def late(items):
        given(items)
        if fast is not None and MANIFEST not in objects():
            assert fast.push(others) > 0

    object.__setattr__(slow, "_give", late)
    assert slow.push(some) == len(some)
    held = json.loads(buckets.opened(ADDRESS).read(MANIFEST)[0])["nodes"]
    assert {node.name for node in some} <= set(held)
    assert {node.name for node in others if not node.tolerant} <= set(held)


def test_a_push_that_is_broken_off_is_never_seen(one, two, monkeypatch):
    uploaded = []

    def fails_later(self, source, name):
        if len(uploaded) == 5:
            raise CohesionError("object storage does not answer", where=name)
        uploaded.append(name)
        given(self, source, name)

    given = buckets.Bucket.upload
    monkeypatch.setattr(buckets.Bucket, "upload", fails_later)
    assert "other machines cannot see it yet" in share(workspace_of(one))
    assert len(objects()) == 5
    assert pull(two) == 0
    monkeypatch.setattr(buckets.Bucket, "upload", given)
    assert share(workspace_of(one)) == ""
    assert pull(two) > 0
    assert outputs(two) == outputs(one)


def test_what_arrives_damaged_is_built_instead(one, two):
    share(workspace_of(one))
    name = next(found.name for found in buckets.opened(ADDRESS).listed("objects/") if found.size > 500)
    client().put_object(Bucket=BUCKET, Key=f"warehouse/{name}", Body=b"damaged")
    pull(two)
    assert plan_of(two).due
    assert [report.message for report in build(two).values() if report.message] == []
    assert outputs(two) == outputs(one)


def test_a_manifest_leads_nowhere_but_to_a_node_s_own_places(one, two):
    share(workspace_of(one))
    held = json.loads(buckets.opened(ADDRESS).read(MANIFEST)[0])
    for items in held["nodes"].values():
        items[-1]["path"] = "../outside.txt"
    client().put_object(Bucket=BUCKET, Key=f"warehouse/{MANIFEST}", Body=json.dumps(held).encode())
    assert pull(two) == 0
    assert not (two.parent / "outside.txt").exists()
    for broken in (b"{", b"[]", b'{"format": 1, "key": "", "nodes": {"a": [{}]}}'):
        client().put_object(Bucket=BUCKET, Key=f"warehouse/{MANIFEST}", Body=broken)
        with pytest.raises(CohesionError, match="no manifest"):
            pull(two)
    client().put_object(Bucket=BUCKET, Key=f"warehouse/{MANIFEST}", Body=b'{"format": 2, "key": "", "nodes": {}}')
    with pytest.raises(CohesionError, match="is of format 2"):
        pull(two)


def test_tables_of_another_key_are_refused(one, two):
    share(workspace_of(one))
    Paths(two).pseudonym_key.unlink()
    Paths(two).key_record.unlink(missing_ok=True)
    with pytest.raises(CohesionError, match="another pseudonym key"):
        pull(two)
    assert "another pseudonym key" in share(workspace_of(two))


def test_prune_removes_what_nobody_names(one):
    share(workspace_of(one))
    client().put_object(Bucket=BUCKET, Key="warehouse/objects/00/left", Body=b"of a push that was broken off")
    assert place(one).prune() == 0, "it is young"
    assert place(one).prune(now=True) == 1
    assert place(one).prune(now=True) == 0


def test_an_erasure_is_refused_as_long_as_others_have_the_person(one, monkeypatch):
    study = load_project(Paths(one)).studies["first"]
    day = dt.date(2026, 1, 1)
    with pytest.raises(CohesionError, match="other machines would bring the person back"):
        next(carry_out(workspace_of(one), study, "P001", "erase", day))
    monkeypatch.delenv("COHESION_WAREHOUSE")
    declare(one, "first", "study.yaml", "arms:", f"deposits: s3://{BUCKET}/first\narms:")
    workspace = workspace_of(one)
    with pytest.raises(CohesionError, match="erases nothing"):
        next(carry_out(workspace, workspace.project.studies["first"], "P001", "erase", day))


def test_deposits_in_a_bucket(one, monkeypatch):
    monkeypatch.delenv("COHESION_WAREHOUSE")
    expected = outputs(one)
    raw = Paths(one).raw("first")
    for file in raw.iterdir():
        client().upload_file(str(file), BUCKET, f"deposits/first/{file.name}")
    shutil.rmtree(raw)
    declare(one, "first", "study.yaml", "arms:", f"deposits: s3://{BUCKET}/deposits/first\narms:")
    assert plan_of(one).due == set(), "the same bytes from elsewhere are no news"
    assert outputs(one) == expected
    place_of = buckets.opened(f"s3://{BUCKET}/deposits/first")
    copies = Paths(one).fetched("first")
    assert fetch(place_of, copies).changed == 0
    file = next(path for path in copies.iterdir() if path.suffix == ".csv")
    assert file.stat().st_mode & 0o077 == 0
    file.write_text("touched here")
    assert fetch(place_of, copies).changed == 1, "the copy is that of the bucket again"
    rows().head(30).write_csv(file.with_suffix(".tmp"))
    client().upload_file(str(file.with_suffix(".tmp")), BUCKET, f"deposits/first/{file.name}")
    file.with_suffix(".tmp").unlink()
    assert plan_of(one).due, "a corrected delivery is seen"
    client().delete_object(Bucket=BUCKET, Key=f"deposits/first/{file.name}")
    assert fetch(place_of, copies).removed == 1
    assert not file.exists()


def test_a_large_file_comes_in_parts(tmp_path):
    content = bytes(range(256)) * 80_000  # 20 MB: storage tags it by its parts
    (tmp_path / "large.bin").write_bytes(content)
    place_of = buckets.opened(f"s3://{BUCKET}/deposits/large")
    place_of.upload(tmp_path / "large.bin", "sub/large.bin")
    assert "-" in next(place_of.listed()).tag
    fetch(place_of, tmp_path / "copies")
    assert (tmp_path / "copies" / "sub" / "large.bin").read_bytes() == content


def test_names_that_lead_elsewhere_are_refused(tmp_path):
    client().put_object(Bucket=BUCKET, Key="deposits/evil/../../outside.csv", Body=b"x")
    with pytest.raises(CohesionError, match="leads elsewhere"):
        fetch(buckets.opened(f"s3://{BUCKET}/deposits/evil"), tmp_path / "a" / "b")
    assert list(tmp_path.rglob("outside.csv")) == []


def test_failures_are_one_sentence_without_a_secret(tmp_path, monkeypatch):
    def message(address: str) -> str:
        with pytest.raises(CohesionError) as raised:
            fetch(buckets.opened(address), tmp_path)
        assert "not-a-secret-value" not in str(raised.value)
        assert "\n" not in str(raised.value)
        return str(raised.value)

    assert "is no address of object storage" in message("gs://elsewhere/x")
    assert "is no address of object storage" in message("s3://user:password@host")
    assert "there is no such bucket" in message("s3://absent-bucket/x")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    assert "no keys" in message(f"s3://{BUCKET}/x")
    (tmp_path / "credentials").write_text("[default]\naws_access_key_id=a\naws_secret_access_key=not-a-secret-value\n")
    (tmp_path / "credentials").chmod(0o644)
    assert "others may read the keys" in message(f"s3://{BUCKET}/x")
    (tmp_path / "credentials").chmod(0o600)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    assert "does not answer" in message(f"s3://{BUCKET}/x")
