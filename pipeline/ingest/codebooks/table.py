"""A codebook as a table (CSV, XLSX): one row for each variable, or one row for each code of a variable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from pipeline.errors import CohesionError
from pipeline.ingest.codebooks import cells
from pipeline.ingest.codebooks.answers import Answers, Category, answers_of, number, with_answers
from pipeline.ingest.codebooks.bounds import bounded_bytes
from pipeline.ingest.codebooks.code_labels import cells_of, of_the_variable, roles_by_content
from pipeline.ingest.codebooks.columns import SPELLINGS, roles_of
from pipeline.ingest.codebooks.sheets import frames_of
from pipeline.ingest.items.question import Question, clean

Row = Mapping[str, str]
"""What a column says → the cell; those that are empty are left out."""


@dataclass(frozen=True)
class _Block:
    """The rows of one variable."""

    variable: str
    rows: tuple[Row, ...]

    def first(self, role: str) -> str:
        """The first cell that says something of the variable."""
        return next((row[role] for row in self.rows if role in row), "")


def read(path: Path) -> list[Question]:
    """One question per variable, in the order of the table. Raises ``CohesionError`` for a table of something else."""
    bounded_bytes(path)
    frames = list(frames_of(path))
    tables = [_blocks_of(frame) for frame in frames]
    blocks = _together([table for table in tables if table])
    if not blocks:
        names = ", ".join(frames[0].columns[:8]) if frames else "none"
        raise CohesionError(
            f"is no codebook: no column names variables and another describes them (its columns are {names})",
            where=path.name,
            todo=f"Call the columns {', '.join(f'`{role}`' for role in SPELLINGS)}, as far as there are any. "
            "A file of answers is drafted by `cohesion wave draft`.",
        )
    return [question for block in blocks for question in _questions(block, path.name)]


def _blocks_of(frame: pl.DataFrame) -> list[_Block]:
    """The variables that one table describes; none if it describes anything else."""
    roles = roles_of(frame.columns)
    if "variable" not in roles or len(roles) < 2:
        return []
    roles = roles_by_content(frame, roles)
    rows = [of_the_variable(row, roles) for row in _rows(frame, roles)]
    if "values" in roles and "code" not in roles and "code_label" in roles:
        rows = [{("code" if role == "values" else role): cell for role, cell in row.items()} for row in rows]
    return _blocks(rows)


def _together(tables: Sequence[Sequence[_Block]]) -> list[_Block]:
    """The variables of several sheets; what a later sheet says of a variable is added to what the first says."""
    found = [*tables[0]] if tables else []
    for table in tables[1:]:
        places = {block.variable.casefold(): place for place, block in enumerate(found)}
        for block in table:
            place = places.get(block.variable.casefold())
            if place is None:
                found.append(block)
            else:
                found[place] = _Block(found[place].variable, (*found[place].rows, *block.rows))
    return found


def _rows(frame: pl.DataFrame, roles: Mapping[str, str]) -> Iterator[Row]:
    """The cells as text; lines within a cell stay lines, since they may stand between codes."""
    texts = {role: cells_of(frame[column]) for role, column in roles.items()}
    for place in range(frame.height):
        cut = {role: "\n".join(map(clean, column[place].splitlines())) for role, column in texts.items()}
        yield {role: cell.strip() for role, cell in cut.items() if cell.strip()}


def _blocks(rows: Sequence[Row]) -> list[_Block]:
    """The rows by variable; a row without a name belongs to the one above. A name that comes again is a block again."""
    found: list[list[Row]] = []
    names: list[str] = []
    for row in rows:
        name = row.get("variable")
        is_code = "code" in row or "code_label" in row
        if name is not None and (not names or name != names[-1] or not is_code):
            names.append(name)
            found.append([row])
        elif found and row:
            found[-1].append(row)
    return [_Block(name, tuple(own)) for name, own in zip(names, found, strict=True)]


def _questions(block: _Block, file: str) -> Iterator[Question]:
    label, wording = clean(block.first("label")), clean(block.first("wording"))
    asked = Question(
        variable=clean(block.variable),
        label=label if wording else "",
        text=wording or label,
        stem=clean(block.first("stem")),
        group=clean(block.first("group")),
        routing=clean(block.first("routing")),
        source=f"the question in {file}" if wording else "",
        assumed="" if wording else f"drafted from {file}, which holds labels, not the questionnaire",
    )
    categories, marked = _categories(block)
    if block.first("kind").strip().casefold() == "checkbox" and categories:
        yield from _boxes(asked, categories)
    else:
        yield with_answers(asked, _answers(block, categories, marked))


def _answers(block: _Block, categories: list[Category], marked: list[tuple[float, float]]) -> Answers:
    kind = cells.kind_in(block.first("kind"))
    bounds = cells.span_in(block.first("min"), block.first("max")) or _span(block)
    if not categories and block.first("kind").strip().casefold() in ("yesno", "truefalse"):
        categories = [Category("1", "Yes"), Category("0", "No")]
    is_text = kind == "text" and bounds is None and not categories
    unread = block.first("values") and not categories and bounds is None
    if unread:
        return Answers(why_not=f"its codes could not be read ({clean(block.first('values'))[:60]})")
    valid = any(not one.is_missing for one in categories)
    stated = "" if kind == "text" or (kind == "number" and valid) else kind
    return answers_of(categories, kind=stated, bounds=bounds, is_text=is_text, marked=marked)


def _span(block: _Block) -> tuple[float, float] | None:
    return next((span for role in ("range", "values") if (span := cells.span_in(block.first(role) or "-"))), None)


def _categories(block: _Block) -> tuple[list[Category], list[tuple[float, float]]]:
    """The codes of a variable, and the ranges of its missing codes."""
    found, ranges = [], []
    for row in block.rows:
        if "code" in row or "code_label" in row:
            found.append(_one(row))
        else:
            found += cells.categories_in(row.get("values", ""))
            missing, spans = cells.missing_in(row.get("missing", ""))
            known = {number(one.code) for one in found}
            marked = {number(one.code): one for one in missing}
            found = [_marked(one, marked.get(number(one.code))) for one in found]
            found += [one for one in missing if number(one.code) not in known]
            ranges += spans
    return [one for one in found if one.code], ranges


def _marked(one: Category, missing: Category | None) -> Category:
    """A code as the column of missing codes has it, if it is among them."""
    return one if missing is None else replace(one, is_missing=True, label=missing.label or one.label)


def _one(row: Row) -> Category:
    """One code of a table that has a row for each; a cell `1 = Yes` holds both."""
    code, label = row.get("code", ""), row.get("code_label", "")
    both = cells.categories_in(code) if not label else []
    marks = cells.is_missing(row.get("missing", ""))
    return replace(both[0], is_missing=marks) if both else Category(code, clean(label), marks)


def _boxes(asked: Question, categories: Sequence[Category]) -> Iterator[Question]:
    """A question of several boxes: one variable for each, as REDCap exports it."""
    for one in categories:
        yield replace(
            asked,
            variable=f"{asked.variable}___{one.code}",
            label="",
            text=one.label or one.code,
            stem=asked.wording,
            group=asked.variable,
            kind="nominal",
            codes={"0": "Not chosen", "1": "Chosen"},
        )
