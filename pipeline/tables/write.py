"""What write makes: one record of each number that a paper prints."""

from __future__ import annotations

import dataframely as dy


class PaperNumber(dy.Schema):
    """One row per number printed in a paper: the result it is bound to, and the question asked."""

    paper = dy.String(primary_key=True)
    number = dy.String(primary_key=True)
    printed = dy.String()
    source = dy.String()
    question = dy.String(nullable=True)
