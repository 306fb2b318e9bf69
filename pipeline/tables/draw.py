"""What draw makes: one record of each figure."""

from __future__ import annotations

from pipeline.tables.contracts import dy


class FigureRecord(dy.Schema):
    """One row per figure: its finding, its alternative text, and the hashes of its files."""

    figure = dy.String(primary_key=True)
    title = dy.String(min_length=1)
    source = dy.String()
    alt = dy.String(min_length=1)
    made = dy.String()  # what it rests on, in a line
    note = dy.String()  # the text below it: the declared note, and which means may not be compared
    png_sha256 = dy.String(min_length=64, max_length=64)
    svg_sha256 = dy.String(min_length=64, max_length=64)
    narrow_svg_sha256 = dy.String(min_length=64, max_length=64)
    csv_sha256 = dy.String(min_length=64, max_length=64)
