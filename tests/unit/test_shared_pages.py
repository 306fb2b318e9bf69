"""Pages over several studies are on the start page: the national picture first, then one for each funder."""

from assets.engine.node import File, Node, Output
from assets.web.links import Link
from assets.web.shared_pages import shared_pages
from pipeline.paths import Paths

NATIONAL = Node(
    Output, {}, {}, {"made": ("national", "areas")}, "write", "all", "What several studies measure.",
    files={
        "funders": File("reports/build/profiles/_funders", is_folder=True),
        "html": File("reports/build/profiles/national.html", is_page=True),
        "pdf": File("reports/build/profiles/national.pdf"),
    },
    tolerant=True,
)  # fmt: skip


def test_they_are_listed_by_what_they_say_of_themselves_once_they_are_built(tmp_path):
    paths = Paths(tmp_path)
    assert list(shared_pages(paths, [NATIONAL])) == []
    folder = tmp_path / "reports" / "build" / "profiles" / "_funders"
    folder.mkdir(parents=True)
    (folder.parent / "national.html").write_text("<title>All</title>")
    (folder / "a_fund.html").write_text('<title>Areas</title><meta name="description" content="For A &amp; B Fund">')
    (folder / "other.html").write_text("<title>Areas</title>")
    (folder / "a_fund.pdf").write_bytes(b"%PDF")
    assert list(shared_pages(paths, [NATIONAL])) == [
        Link("National picture", "/reports/profiles/national.html"),
        Link("For A & B Fund", "/reports/profiles/_funders/a_fund.html"),
        Link("other", "/reports/profiles/_funders/other.html"),
    ]
