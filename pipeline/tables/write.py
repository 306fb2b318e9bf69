"""What write makes: one record of each number that a paper prints, and the list of tables in the database."""

from __future__ import annotations

import dataframely as dy


class PaperNumber(dy.Schema):
    """One row per number printed in a paper: the result it is bound to, and the question asked."""

    paper = dy.String(primary_key=True)
    number = dy.String(primary_key=True)
    printed = dy.String()
    source = dy.String()
    question = dy.String(nullable=True)


class DatabaseTables(dy.Schema):
    """One row per table of the database: its schema, its name, its rows."""

    schema = dy.String(primary_key=True)
    table = dy.String(primary_key=True)
    rows = dy.Int64(min=0)
