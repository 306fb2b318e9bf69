"""What the drift report may find, in words; decisions about findings name these."""

from __future__ import annotations

FINDINGS: dict[str, str] = {
    "range": "Answers run over another range of codes than declared",
    "undeclared_code": "Codes that are not declared",
    "out_of_range": "Numbers outside the declared range",
    "marked_missing": "Answers that the file itself marks as missing",
    "no_number": "Text in place of numbers or codes",
    "code_among_amounts": "Numbers that look like codes for no answer",
    "thousands": "Numbers whose point may mark thousands",
    "fractions": "Fractions where there were whole numbers",
    "not_in_file": "The file lacks the variable",
    "not_asked_but_answered": "Answers to a question that is declared as not asked",
    "no_longer_read": "Answers that an earlier wave reads and this one does not",
    "empty": "Nobody has an answer",
    "constant": "Every answer is the same",
    "routing": "The share that is not asked jumped",
    "universe": "Other kinds of people are asked, or are in the wave",
    "missing_codes": "A reason for missing answers became more or less common",
    "reasons_lost": "Why answers are missing is no longer in the file",
    "missing_not_marked": "Missing codes that the file no longer marks as missing",
    "distribution": "The same people's answers moved more than answers usually do",
    "reversed": "Answers turned round under the same labels",
    "against_scale": "An item runs against the rest of its scale or battery",
    "moved_answers": "Answers associated with another item's earlier ones",
    "unstable": "Answers no longer associated with the same people's earlier ones",
    "recoded": "Codes that stand for other answers than before, by the same people's answers",
    "swapped": "Categories changed places",
    "reversed_labels": "Answer labels in the other order",
    "code_labels": "Codes with another meaning",
    "one_label": "Codes with the same label",
    "new_codes": "Labelled codes that are new",
    "options_dropped": "Answers that are no longer offered",
    "wording": "Another wording",
    "moved_label": "A label that stands at another variable",
    "contradicts_fact": "A lasting fact differs from when it was first recorded",
    "age_backwards": "People who became younger",
    "age_ahead": "People who became older faster than the calendar",
    "fieldwork": "Interviews outside the declared fieldwork",
    "weight_not_positive": "Weights that are negative, no number, or zero for everybody",
    "weight_zero": "People whose weight is zero: not in this wave's population",
    "unmatched_keys": "Keys of joined files that found nothing",
    "row_against_outcome": "Rows of people who were not interviewed by the list of outcomes",
    "outcome_without_row": "Interviews by the list of outcomes that are not in the data",
    "row_without_outcome": "Rows of people whom the list of outcomes does not name",
    "weight_missing": "Rows without a weight",
    "weight_huge": "Weights out of all proportion",
    "weight_mean": "Weights on another scale",
    "weight_constant": "Weights that are all the same",
    "weight_repeated": "Weights of another wave",
    "same_answers": "The answers of another wave",
    "few_people": "Far fewer people than in the wave before",
    "unlinked": "Hardly anybody is known from the waves before",
    "new_people": "People who are new",
    "decision_without_finding": "A decision about something that is no longer found",
}

ROLES = ("weight", "person_id", "missing_codes", "interview_date", "join", "outcomes")
"""What a finding may be about besides an item."""

CANNOT_BE_SET_ASIDE = ("person_id", "missing_codes", "interview_date", "join", "outcomes")
"""Without the ids nothing of the wave can be used; marks of missing codes and dates are not answers."""
