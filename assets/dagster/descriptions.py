"""What an asset's page says before anything else: what it answers, its rows, how it is now, where to read about it."""

from collections.abc import Sequence

from assets.dagster.events import PREVIEWS, picture_of
from assets.engine import store
from assets.engine.node import Key, Node, makers
from assets.nodes.preview import as_text
from assets.web.links import is_report, report_link
from pipeline.paths import Paths
from pipeline.tables.words import described

THUMBNAIL, ROWS = 190, 5
"""Of previews in descriptions: pixels, and rows of a table. What is higher is folded away."""


def about_asset(node: Node, key: Key, paths: Paths, further: str = "") -> str:
    """What an asset answers and what its rows are; below it the picture or table as it is now, and the page to open.

    ``further``: the page of another node that shows its results, for one without a page of its own.
    """
    page, picture = own_page(node), picture_of(node, paths)
    answers = node.description if node.description.endswith((".", "?")) else f"{node.description}."
    shown = [f"{as_text(answers)} {as_text(described(key).grain)}"]
    if page or further:
        shown.append(f"[Open the report]({page})" if page else f"[Open the report that shows it]({further})")
    if picture:
        shown.append(f"[![{as_text(node.description)}]({picture}?height={THUMBNAIL})]({page or picture})")
    return "\n\n".join([*shown, *_table(node, key, paths)])


def own_page(node: Node) -> str:
    """The address of the page that a node writes; nothing where it writes none."""
    pages = [file.path for file in node.files.values() if file.is_page and not file.private and is_report(file.path)]
    return next((report_link(path) for path in pages if path.endswith(".html")), "")


def pages_of(nodes: Sequence[Node]) -> dict[str, str]:
    """Node → the page on which its results stand: its own, or that of the nearest node that reads from it.

    ``nodes``: each after those that it reads from.
    """
    maker = makers(nodes)
    readers: dict[str, dict[str, None]] = {}
    for node in nodes:
        for key in node.needs:
            if key in maker:
                readers.setdefault(maker[key].name, {})[node.name] = None
    reached: dict[str, tuple[int, str]] = {}
    for node in reversed(nodes):
        further = [(steps + 1, page) for name in readers.get(node.name, ()) for steps, page in _some(reached.get(name))]
        if page := own_page(node):
            reached[node.name] = (0, page)
        elif further:
            reached[node.name] = min(further, key=lambda found: found[0])
    return {name: page for name, (_, page) in reached.items()}


def _some(found: tuple[int, str] | None) -> list[tuple[int, str]]:
    return [] if found is None else [found]


def _table(node: Node, key: Key, paths: Paths) -> list[str]:
    """The first rows of the results that were stored last, as Markdown."""
    report = store.last_report(paths, node)
    tables = report.tables if report is not None else ()
    shown = next((table.metadata for table in tables if table.key == key), {})
    preview = next((shown[name] for name in PREVIEWS if name in shown), None)
    if not isinstance(preview, str):
        return []
    lines = preview.split("\n")
    rest = f"\n\nand {len(lines) - ROWS - 2} more rows, below" if len(lines) > ROWS + 2 else ""
    return ["\n".join(lines[: ROWS + 2]) + rest]
