"""What write makes: a record of each number and sentence that a paper prints, and of the tables in the database."""

from __future__ import annotations

from pipeline.tables.contracts import dy


class PaperNumber(dy.Schema):
    """One row per number printed in a paper: the result it is bound to, and the question asked."""

    paper = dy.String(primary_key=True)
    number = dy.String(primary_key=True)
    printed = dy.String()
    value = dy.Float64(nullable=True)  # at full precision; null where it is withheld
    source = dy.String()
    question = dy.String(nullable=True)
    rows = dy.String()  # the estimates it is made of, as JSON: model, outcome, term, component, wave, group of each
    column = dy.String()  # which number of theirs it is


class PaperPassage(dy.Schema):
    """One row per sentence, heading, title or row of a table that a paper or its annex prints."""

    paper = dy.String(primary_key=True)
    part = dy.String(primary_key=True)
    position = dy.Int64(primary_key=True, min=0)
    section = dy.String()
    kind = dy.String()  # sentence, heading, title, note or row
    text = dy.String(min_length=1)
    numbers = dy.String()  # the records of the numbers in it, with spaces between
    sources = dy.String()  # the tables that it comes from, as far as it names them: estimates/…, figure/…


class ProfileNumber(dy.Schema):
    """One row per number that the profile of an area prints: the row of the index stage that it is bound to."""

    area = dy.String(primary_key=True)
    number = dy.String(primary_key=True)
    printed = dy.String()
    value = dy.Float64(nullable=True)  # at full precision
    what = dy.String()
    source = dy.String()
    wave = dy.String(nullable=True)
    measure = dy.String(nullable=True)
    column = dy.String()  # which number of the row it is


class CommonLevels(dy.Schema):
    """One row per concept, study and arm: its mean at about the same time, of what several studies or arms measure."""

    concept = dy.String(primary_key=True)
    study = dy.String(primary_key=True)
    arm = dy.String(primary_key=True)
    wave = dy.String()
    fieldwork_start = dy.Date(nullable=True)
    estimate = dy.Float64(nullable=True)
    std_error = dy.Float64(nullable=True, min=0)
    conf_low = dy.Float64(nullable=True)
    conf_high = dy.Float64(nullable=True)
    n_persons = dy.Int64(min=0)


class DatabaseTables(dy.Schema):
    """One row per table of the database: its schema, its name, its rows."""

    schema = dy.String(primary_key=True)
    table = dy.String(primary_key=True)
    rows = dy.Int64(min=0)
