"""What the web server gives out of ``reports/build/``: whole documents, and nothing beside them."""

from pathlib import Path

import pytest

from assets.web.files import HEADERS, TYPES, find, of_height
from assets.web.links import asset_link, is_report, job_link, report_link
from pipeline.paths import Paths


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    paths = Paths(tmp_path.resolve())
    for name in (
        "papers/a.html",
        "papers/a_cells.csv",
        "papers/.hidden.html",
        "papers/a.sqlite",
        "other/a.html",
        "a.html",
    ):
        file = paths.build / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
    (tmp_path / "data" / "keys").mkdir(parents=True)
    (tmp_path / "data" / "keys" / "secret.html").write_text("secret")
    (paths.build / "papers" / "link.html").symlink_to(tmp_path / "data" / "keys" / "secret.html")
    (paths.build / "drift").symlink_to(tmp_path / "data" / "keys")
    return paths


def test_a_document_is_found(paths):
    assert find(paths, "papers/a.html") == paths.build / "papers" / "a.html"


@pytest.mark.parametrize(
    "asked",
    [
        "", "papers", "papers/", "papers/none.html", "papers/a_cells.csv", "papers/.hidden.html", "papers/a.sqlite",
        "other/a.html", "a.html", "../../data/keys/secret.html", "papers/../../../data/keys/secret.html",
        "papers/link.html", "drift/secret.html", "/etc/passwd", "papers/a.html\0", "papers/" + "a" * 5000 + ".html",
        "//papers/a.html", "papers/../other/a.html",
    ],
)  # fmt: skip
def test_nothing_else_is(paths, asked):
    assert find(paths, asked) is None


def test_no_document_may_run_a_script():
    policy = HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert not {".js", ".parquet", ".duckdb", ".sqlite"} & set(TYPES)


def test_addresses_are_quoted():
    assert (
        report_link("reports/build/drafts/elsoc/a wave?#.sav.yaml") == "/reports/drafts/elsoc/a%20wave%3F%23.sav.yaml"
    )
    assert asset_link("wave", "a/b", "w01") == "/assets/wave/a%2Fb/w01"
    assert "config=ops%3A%0A" in job_link("new_wave", {"file": 'x": {y}.sav'})
    assert is_report("reports/build/papers/a.html")
    assert not is_report("data/quarantine/elsoc/w01.parquet")


def test_a_picture_is_as_high_as_asked_for():
    made = of_height(
        '<?xml version="1.0"?><svg width="600pt" height="300pt" viewBox="0 0 600 300"><a height="5"/></svg>', 150
    )
    assert '<svg width="300" height="150" viewBox="0 0 600 300">' in made
    assert '<a height="5"/>' in made
    for other in ("<svg><a/></svg>", "", "no picture", '<svg viewBox="0 0 0 0"/>', '<svg viewBox="a"/>'):
        assert of_height(other, 150) == other
