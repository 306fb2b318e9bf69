"""Which column of a codebook table holds codes, and which their labels: by what stands there, not by its name.

Tables with a row for each code call the label of a code `label`, `text`, `category`, `value` or otherwise: words that
other tables use for the label of the variable, its wording or its codes. The label of a code differs between the codes
of a variable; that of a variable does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from pipeline.ingest.codebooks.columns import plain_name, role_of
from pipeline.ingest.formats.numbers import NUMBER, answer_codes

_CODE = re.compile(rf"{NUMBER}|\.[a-z]")
_SAYS_CODES = ("code", "values", "code_label")
_SAYS_WORDS = ("label", "wording", "code", "values", "code_label", "variable")
"""What the names of columns with labels of codes say elsewhere, the most likely first."""
_LABELS = re.compile(r"\b(labels?|text|texts|meaning|categor(y|ies)|answers?|responses?|options?|description|name)\b")
_SHARE = 0.5
"""More than this share of the cells of a column of codes are codes; in more than this share of the variables with
several codes, the label of a code differs between them."""

Texts = Mapping[str, Sequence[str]]
"""Column → its cells as text, none of them empty unless there is nothing."""


def roles_by_content(frame: pl.DataFrame, roles: Mapping[str, str]) -> dict[str, str]:
    """The roles of columns of a table with a row for each code, corrected by what the columns hold.

    ``label`` and ``wording`` keep their column only if it says something of the variable; what it says in rows without
    a code is not lost: see ``of_the_variable``. Roles of other tables come back as they were.
    """
    texts = {column: [cell.strip() for cell in cells_of(frame[column])] for column in frame.columns}
    names = _filled(texts[roles["variable"]])
    code = _codes(texts, names, roles)
    if code is None:
        return dict(roles)
    found = {role: column for role, column in roles.items() if column != code and role != "code"} | {"code": code}
    label = next((one for one in _candidates(frame.columns, found) if _differs(texts, names, code, one)), None)
    if label is None:
        return found
    found = {role: column for role, column in found.items() if column != label} | {"code_label": label}
    used = set(found.values())
    for column in frame.columns:
        role = role_of(column)
        if role in ("label", "wording") and column not in used:
            found.setdefault(role, column)
    return found


def of_the_variable(row: Mapping[str, str], roles: Mapping[str, str]) -> Mapping[str, str]:
    """The row; in one without a code the column of the codes' labels has the variable's, unless its name says no."""
    if "code_label" not in row or "code" in row or "code" not in roles or role_of(roles["code_label"]) == "code_label":
        return row
    said = {role: cell for role, cell in row.items() if role != "code_label"}
    return {"label": row["code_label"], **said}


def _codes(texts: Texts, names: Sequence[str], roles: Mapping[str, str]) -> str | None:
    """The column of codes: one that is called like codes and mostly holds single ones, several of a variable."""
    called = [column for role in _SAYS_CODES for column in texts if role_of(column) == role]
    first = [roles["code"]] if "code" in roles else []
    for column in dict.fromkeys([*first, *called]):
        cells = [cell for cell in texts[column] if cell]
        are_codes = sum(_CODE.fullmatch(cell) is not None for cell in cells) > _SHARE * len(cells)
        if are_codes and any(len(own) > 1 for own in _rows(texts, names, column)):
            return column
    return None


def _candidates(columns: Sequence[str], roles: Mapping[str, str]) -> Iterator[str]:
    """The columns that may hold the labels of codes: that of this name first, others by what their names say."""
    taken = {column for role, column in roles.items() if role not in ("label", "wording", "code_label")}
    free = [column for column in columns if column not in taken]
    if "code_label" in roles:
        yield roles["code_label"]
    for role in _SAYS_WORDS:
        yield from (column for column in free if role_of(column) == role and column != roles.get("code_label"))
    yield from (column for column in free if role_of(column) is None and _LABELS.search(plain_name(column)))


def _differs(texts: Texts, names: Sequence[str], code: str, column: str) -> bool:
    """Whether a column says another thing of most variables' codes."""
    several = [[texts[column][place] for place in own] for own in _rows(texts, names, code) if len(own) > 1]
    words = [{cell for cell in cells if cell} for cells in several]
    has_words = any(not _CODE.fullmatch(cell) for cells in words for cell in cells)
    return has_words and sum(len(cells) > 1 for cells in words) > _SHARE * len(several)


def _rows(texts: Texts, names: Sequence[str], code: str) -> list[list[int]]:
    """The places of the rows with a code, variable by variable."""
    found: dict[str, list[int]] = {}
    for place, (name, cell) in enumerate(zip(names, texts[code], strict=True)):
        if cell:
            found.setdefault(name, []).append(place)
    return list(found.values())


def _filled(names: Sequence[str]) -> list[str]:
    """The variable of each row; a row without a name belongs to the one above."""
    found: list[str] = []
    for name in names:
        found.append(name.casefold() if name or not found else found[-1])
    return found


def cells_of(column: pl.Series) -> list[str]:
    """The cells of a column as text, empty where there is nothing."""
    return answer_codes(column).cast(pl.String).fill_null("").to_list()
