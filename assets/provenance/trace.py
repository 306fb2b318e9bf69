"""`cohesion trace`: what is meant by a number, figure or table, and the way back from it to wording and file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from assets.engine.node import Node
from assets.engine.workspace import Workspace
from assets.nodes import all_nodes
from assets.provenance.archive import Archive
from assets.provenance.pages import Pages, as_table
from assets.provenance.way import Level, Way
from pipeline.errors import CohesionError

ADDRESS = re.compile(r"(?P<paper>\w+?)(?:_annex)?(?:\.html)?\s*[:#]\s*(?P<place>.+)")
"""``buat_findings:12``, ``buat_findings_annex.html#number-12``."""
NUMBER = re.compile(r"(?:number-)?(?P<number>\d+)(?:-use)?")
LABEL = re.compile(r"(?P<kind>table|figure)?[\s-]*(?P<label>a?\d+)", re.IGNORECASE)


def trace(workspace: Workspace, asked: str) -> list[Level]:
    """The way back from what a person names, from what was printed to the files.

    Raises ``CohesionError`` for a name that is nothing, with the nearest ones, or that is something in several papers.
    """
    return list(_Tracer(workspace).levels(asked.strip()))


class _Tracer:
    def __init__(self, workspace: Workspace) -> None:
        self.way = Way(workspace)
        self.workspace, self.project = workspace, workspace.project

    def levels(self, asked: str) -> Iterator[Level]:
        address = ADDRESS.fullmatch(asked)
        if address is not None and address["paper"] in self.project.papers:
            yield from self._in_paper(address["paper"], address["place"].strip(), asked)
            return
        name = asked.removeprefix("figure/").removeprefix("estimates/")
        if name in self.project.figures:
            yield from self._figure(name)
        elif name in self.project.models:
            yield from self.way.of_model(name)
        elif NUMBER.fullmatch(asked) or LABEL.fullmatch(asked):
            yield from self._in_paper(self._only_paper(asked), asked, asked)
        elif (on_page := Pages(self.way).levels(asked)) is not None:
            yield from on_page
        else:
            yield from self._asset(as_table(asked))

    def _only_paper(self, asked: str) -> str:
        papers = list(self.project.papers)
        if len(papers) == 1:
            return papers[0]
        options = ", ".join(f"{paper}:{asked}" for paper in papers)
        raise CohesionError(f"`{asked}` is something in each of {len(papers)} papers", todo=f"Say which: {options}.")

    def _in_paper(self, paper: str, place: str, asked: str) -> Iterator[Level]:
        number, label = NUMBER.fullmatch(place), LABEL.fullmatch(place)
        if number is not None:
            yield from self._number(paper, number["number"], asked)
        elif place in self.project.papers[paper].figures:
            yield from self._figure(place)
        elif label is not None:
            yield from self._labelled(paper, (label["kind"] or "table").capitalize(), label["label"].upper(), asked)
        else:
            raise CohesionError(
                f"`{asked}` names no number, table or figure of {paper}",
                todo=f"Say {paper}:12 for a number of its annex, {paper}:A3 for a table, or the key of a figure.",
            )

    # numbers -----------------------------------------------------------------------------------------
    def _number(self, paper: str, number: str, asked: str) -> Iterator[Level]:
        numbers = {row["number"]: row for row in self.way.table("paper", paper).iter_rows(named=True)}
        row = numbers.get(f"number-{number}")
        if row is None:
            known = f"It prints {paper}:1 to {paper}:{len(numbers)}." if numbers else "It prints no bound number."
            raise CohesionError(f"`{asked}` is no number of {paper}", todo=known)
        yield self._printed(paper, row)
        source, _, what = row["source"].partition(": ")
        rows = json.loads(row["rows"])
        if not rows:
            value = (
                "withheld: of fewer people than may be published" if row["value"] is None else f"value {row['value']:g}"
            )
            yield Level("count", what, source, (value,), {"value": row["value"]}, 1)
            yield from self.way.files(self.project.papers[paper].study, 2)
            return
        for result in rows:
            yield from self._result(result, what, row["column"])

    def _printed(self, paper: str, row: dict[str, Any]) -> Level:
        """The number where it stands in the text."""
        passages = self.way.table("passages", paper).iter_rows(named=True)
        found = [one for one in passages if row["number"] in one["numbers"].split() and one["kind"] != "row"]
        lines = tuple(f"“{one['text']}” ({one['section'] or 'first page'})" for one in found)
        place = self.way.places.prose(paper, "")
        data = {"printed": row["printed"], "value": row["value"], "sentences": [one["text"] for one in found]}
        name = f"{row['printed']} ({paper}:{row['number'].removeprefix('number-')})"
        return Level("number", name, place, lines, data)

    def _result(self, result: list[str], what: str, column: str) -> Iterator[Level]:
        model, outcome, term, *_ = result
        names = dict(zip(("model", "outcome", "term", "component", "wave", "group"), result, strict=True))
        rows = self.way.table("estimates", model).iter_rows(named=True)
        found = [row for row in rows if all(str(row[name] or "") == text for name, text in names.items())]
        said = ", ".join(f"{name} {text}" for name, text in names.items() if text)
        shown = ("estimate", "std_error", "conf_low", "conf_high", "n_obs", "n_persons")
        numbers = {name: found[0][name] for name in shown} if found else {}
        values = "; ".join(
            f"{name.replace('_', ' ')} {value:.6g}" for name, value in numbers.items() if value is not None
        )
        yield Level("result", what, f"estimates/{model}", (said, f"column {column}; {values}"), {**names, **numbers}, 1)
        yield self.way.model(model, 2)
        yield from self.way.of_concepts((outcome, term), self.project.models[model], 3)

    # tables and figures ------------------------------------------------------------------------------
    def _labelled(self, paper: str, kind: str, label: str, asked: str) -> Iterator[Level]:
        passages = list(self.way.table("passages", paper).iter_rows(named=True))
        head = f"{kind} {label}: "
        found = [row for row in passages if row["kind"] == "title" and row["text"].startswith(head)]
        if not found:
            titles = [row["text"].partition(":")[0] for row in passages if row["kind"] == "title"]
            known = ", ".join(title for title in titles if title.startswith(("Table ", "Figure ")))
            raise CohesionError(f"`{asked}` is no table or figure of {paper}", todo=f"It has {known}.")
        row, sources = found[0], found[0]["sources"].split()
        if kind == "Figure":
            yield from self._figure(sources[0].removeprefix("figure/"))
            return
        yield Level("table", row["text"], self.way.places.prose(paper, ""), (row["section"],), {"sources": sources})
        models = [source.removeprefix("estimates/") for source in sources if source.startswith("estimates/")]
        for model in models:
            yield from self.way.of_model(model, 1)
        study = self.project.papers[paper].study
        others = [source for source in sources if not source.startswith("estimates/")]
        yield from (Level("table", f"{source}/{study}", "", (), {}, 1) for source in others)
        if others or not models:
            yield from self.way.files(study, 2)

    def _figure(self, name: str) -> Iterator[Level]:
        figure = self.project.figures[name]
        record = self.way.table("figure", name).row(0, named=True)
        file = self.workspace.paths.figure_file(name, "png").relative_to(self.workspace.paths.root).as_posix()
        lines = (record["title"], f"{file} (SHA-256 {record['png_sha256'][:12]})", *self._shown_in(name))
        yield Level("figure", name, self.way.places.figure(name), lines, {"png_sha256": record["png_sha256"]})
        for model in figure.models:
            yield from self.way.of_model(model, 1)
        if not figure.models:
            yield from self.way.files(figure.study, 1)

    def _shown_in(self, figure: str) -> Iterator[str]:
        papers = [key for key, paper in self.project.papers.items() if figure in paper.figures]
        if papers:
            yield f"shown in {', '.join(papers)}"

    # other assets ------------------------------------------------------------------------------------
    def _asset(self, asked: str) -> Iterator[Level]:
        nodes = all_nodes(self.workspace)
        node = next((node for node in nodes if asked in map("/".join, node.keys)), None)
        if node is None:
            raise CohesionError(f"`{asked}` is no number, figure or table{self._nearest(asked, nodes)}", todo=HOW)
        yield self._of_node(node, 0)
        needed = _ancestors(node, nodes)
        yield from (self._of_node(each, 1) for each in needed if each.study == node.study)
        if node.study in self.project.studies:
            yield from self.way.files(node.study, 2)

    def _of_node(self, node: Node, depth: int) -> Level:
        function = f"{node.function.__module__.replace('.', '/')}.py: {node.function.__name__}"
        return Level(
            "table", node.name, function, (node.description,), {"inputs": list(map("/".join, node.needs))}, depth
        )

    def _nearest(self, asked: str, nodes: list[Node]) -> str:
        import difflib

        names = [*self.project.figures, *self.project.models, *("/".join(key) for node in nodes for key in node.keys)]
        names += [f"{paper}:1" for paper in self.project.papers]
        close = difflib.get_close_matches(asked, names, n=3, cutoff=0.5)
        return f"; near: {', '.join(close)}" if close else ""


HOW = (
    "Say PAPER:12 for a number (the first column of “Where each number comes from”), PAPER:A3 for a table, "
    "profiles/STUDY/AREA:59.2 for a number of a profile as it is printed, codebook/STUDY:ITEM, national:CONCEPT, "
    "the key of a figure or model, or an asset such as panel/STUDY."
)


def _ancestors(node: Node, nodes: list[Node]) -> list[Node]:
    """What a node depends on, the nearest first."""
    makers = {key: each for each in nodes for key in each.keys}
    found: dict[str, Node] = {}
    waiting = [node]
    while waiting:
        for key in waiting.pop(0).needs:
            maker = makers.get(key)
            if maker is not None and maker.name not in found:
                found[maker.name] = maker
                waiting.append(maker)
    return list(found.values())


def as_of(workspace: Workspace) -> str:
    """The build that what is traced belongs to."""
    entries = Archive(workspace.paths).entries()
    return f"As of build {entries[-1].id} ({entries[-1].made[:16]} UTC)" if entries else ""


def text(levels: list[Level]) -> Iterator[str]:
    """Each level with where it is declared, indented by how far back it is."""
    for level in levels:
        indent = "  " * level.depth
        yield f"{indent}{level.kind} {level.name}{f'  [{level.place}]' if level.place else ''}"
        yield from (f"{indent}    {line}" for line in level.lines if line)


def data(levels: list[Level]) -> list[dict[str, Any]]:
    """The levels for programs."""
    return [{**asdict(level), "data": dict(level.data)} for level in levels]
