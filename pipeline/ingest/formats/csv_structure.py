"""Whether a CSV file is what RFC 4180 says, to the line: every CSV reader agrees on such a file, and on no other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.errors import DepositError
from pipeline.ingest.formats.columns import some

_NEWLINE, _RETURN, _QUOTE = 10, 13, 34
_MOST_ABOVE, MOST_BELOW = 30, 30
"""Lines above a table, and below it, that may be titles and notes; more are something else."""
Positions = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Structure:
    """Where the records of a CSV file lie: byte offsets of their starts and ends, line numbers, fields in each."""

    starts: Positions
    ends: Positions
    lines: Positions
    fields: Positions
    has_quotes: bool

    def record(self, data: bytes, number: int) -> bytes:
        """The bytes of one record, counted from 0."""
        return data[self.starts[number] : self.ends[number]]

    def without_last(self, rows: int, header_row: int) -> Structure:
        """The records above the last ``rows``, which are notes below the table; blank lines above those go, too."""
        if not rows:
            return self
        count = max(self.starts.size - rows, header_row)
        while count > header_row and self.starts[count - 1] == self.ends[count - 1]:
            count -= 1
        return Structure(
            self.starts[:count], self.ends[:count], self.lines[:count], self.fields[:count], self.has_quotes
        )


class _Lines:
    """Byte offset → line number."""

    def __init__(self, characters: npt.NDArray[np.uint8]) -> None:
        self._newlines: Positions = np.flatnonzero(characters == _NEWLINE)
        self.newlines = self._newlines

    def of(self, offsets: Any) -> Any:
        return np.searchsorted(self._newlines, offsets) + 1


def structure(data: bytes, delimiter: str, where: str) -> Structure:
    """The records of a CSV file. Blank lines at its end are no records.

    Raises ``DepositError`` with line numbers for NUL bytes, quotes that are not closed or stand inside a field, and
    lines that end in CR alone.
    """
    characters = np.frombuffer(data, dtype=np.uint8)
    lines = _Lines(characters)
    if not characters.size:
        nothing = np.zeros(0, dtype=np.intp)
        return Structure(nothing, nothing, nothing, nothing, False)
    _refuse_nul(characters, lines, where)
    quotes = np.flatnonzero(characters == _QUOTE)
    if quotes.size:
        _check_quotes(characters, quotes, ord(delimiter), lines, where)
    newlines = _outside(lines.newlines, quotes)
    _refuse_lone_returns(characters, quotes, lines, where)
    delimiters = _outside(np.flatnonzero(characters == ord(delimiter)), quotes)

    last = [] if data.endswith(b"\n") else [len(data)]
    ends = np.concatenate([newlines, np.array(last, dtype=np.intp)])
    starts = np.concatenate([np.zeros(1, dtype=np.intp), ends[:-1] + 1])
    ends = ends - ((ends > starts) & (characters[np.maximum(ends - 1, 0)] == _RETURN))
    filled = np.flatnonzero(ends > starts)
    count = int(filled[-1]) + 1 if filled.size else 0
    starts, ends = starts[:count], ends[:count]
    fields = np.searchsorted(delimiters, ends) - np.searchsorted(delimiters, starts) + 1
    return Structure(starts, ends, lines.of(starts), fields, bool(quotes.size))


def later_header(found: Structure, declared: int) -> int | None:
    """The record that seems to be the header where the ``declared`` one (counted from 0) has other fields than all
    that follow have; None where the declared one will do, or nothing can be said."""
    if found.fields.size <= declared:
        return None
    differ = np.flatnonzero(found.fields[declared:] != found.fields[-1])
    row = declared + int(differ[-1]) + 1 if differ.size else declared
    is_table = found.fields[-1] > 1 and found.starts.size - row > 1 and row - declared <= _MOST_ABOVE
    return row if row > declared and differ[0] == 0 and is_table else None


def check_fields(found: Structure, header: int, where: str) -> None:
    """Raise ``DepositError`` if a record after the header (counted from 0) has not as many fields as the header."""
    expected = found.fields[header]
    ragged = np.flatnonzero(found.fields[header:] != expected) + header
    if not ragged.size:
        return
    numbers = sorted({int(number) for number in found.fields[ragged]})
    raise DepositError(
        f"the header has {expected} fields, but {_lines_have(found.lines[ragged])} "
        f"{' or '.join(map(str, numbers[:5]))}",
        where=where,
        count=int(ragged.size),
        todo=f"{_if_footers(found, ragged)}sk for the file with every text that holds a delimiter or line break "
        "in quotes.",
    )


def _if_footers(found: Structure, ragged: Positions) -> str:
    """What to declare if the records with other fields are the last ones: they may be notes below the table."""
    first = int(ragged[0])
    is_below = ragged.size == found.starts.size - first and ragged.size <= MOST_BELOW
    blank = int((found.starts[first:] == found.ends[first:]).argmin()) if is_below else 0
    rows = found.starts.size - first - blank
    return f"If these are notes below the table, declare `footer_rows: {rows}`; else a" if is_below else "A"


def _lines_have(lines: Positions) -> str:
    named = some([int(line) for line in lines])
    return f"line {named} has" if lines.size == 1 else f"lines {named} have"


def _outside(offsets: Positions, quotes: Positions) -> Positions:
    """Those offsets that no quotes enclose."""
    if not quotes.size:
        return offsets
    outside: Positions = offsets[np.searchsorted(quotes, offsets) % 2 == 0]
    return outside


def _refuse_nul(characters: npt.NDArray[np.uint8], lines: _Lines, where: str) -> None:
    nul = np.flatnonzero(characters == 0)
    if not nul.size:
        return
    found = sorted({int(line) for line in lines.of(nul)})
    hint = " It may be UTF-16: then declare `encoding: utf-16`." if nul.size > characters.size / 4 else ""
    raise DepositError(
        f"there are NUL bytes in {'line' if len(found) == 1 else 'lines'} {some(found)}",
        where=where,
        count=int(nul.size),
        todo=f"The file is damaged or no text; export it again.{hint}",
    )


def _refuse_lone_returns(characters: npt.NDArray[np.uint8], quotes: Positions, lines: _Lines, where: str) -> None:
    returns = _outside(np.flatnonzero(characters == _RETURN), quotes)
    following = np.append(characters, _NEWLINE)[returns + 1]
    lone = returns[following != _NEWLINE]
    if lone.size:
        raise DepositError(
            f"a carriage return stands alone in line {int(lines.of(lone[0]))}",
            where=where,
            count=int(lone.size),
            todo="Save the file with line ends LF or CR LF.",
        )


def _check_quotes(
    characters: npt.NDArray[np.uint8], quotes: Positions, delimiter: int, lines: _Lines, where: str
) -> None:
    """Every quote opens at the start of a field or closes at its end; a doubled quote does both, and is one quote."""
    edges = np.array([delimiter, _NEWLINE, _RETURN, _QUOTE], dtype=np.uint8)
    opening, closing = quotes[0::2], quotes[1::2]
    before = np.where(opening == 0, _NEWLINE, characters[opening - 1])
    after = np.where(closing + 1 == characters.size, _NEWLINE, characters[(closing + 1) % characters.size])
    bad_open = np.flatnonzero(~np.isin(before, edges))
    bad_close = np.flatnonzero(~np.isin(after, edges))
    first_open = bad_open[0] if bad_open.size else quotes.size
    first_close = bad_close[0] if bad_close.size else quotes.size
    if first_open < quotes.size and first_open <= first_close:
        line = int(lines.of(quotes[2 * first_open]))
        raise DepositError(
            f"a quote stands inside a field that does not begin with one, in line {line}",
            where=where,
            todo='Ask for the file with such texts in quotes and each quote in them doubled ("").',
        )
    if first_close < quotes.size or quotes.size % 2:
        opened = quotes[2 * first_close] if first_close < quotes.size else quotes[-1]
        raise DepositError(
            f"the quote opened in line {int(lines.of(opened))} is not closed, or text follows where it closes",
            where=where,
            todo='Ask for the file with each quote inside a text doubled ("").',
        )
