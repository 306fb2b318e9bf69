"""What people read in Dagster's pages: groups in the order of the work, checks in words."""

from dataclasses import dataclass

GROUPS = {
    name: f"{number}_{name}"
    for number, name in enumerate(("ingest", "harmonise", "weigh", "score", "index", "model", "draw", "write"), start=1)
}
"""Dagster lists groups by the alphabet; with their numbers they stand in the order of the work."""
OWNERS = ["team:panel-research"]


@dataclass(frozen=True)
class Words:
    """Of a check: what it holds (those of the table contracts say it themselves), and what to do when it fails."""

    todo: str
    holds: str = ""


CHECKS = {
    "confirmed": Words(
        "Compare the file with what its depositor says, then accept the wave: job accept_a_wave.",
        "Somebody has confirmed these bytes as the wave: their SHA-256 stands in its declaration.",
    ),
    "accounting": Words(
        "Answers were lost or counted twice: look at the wave's declaration, and report it if that is right.",
        "Received = valued + missing by reason, for every item of every wave.",
    ),
    "weights": Words(
        "Look at the study's weights.yaml and targets.csv.",
        "Positive, finite, of mean one; margins met; replicates whole; who has none has a reason.",
    ),
    "linked": Words(
        "Compare the file's ids with those of the waves before; `ids` in study.yaml says how they are written.",
        "No wave is without anybody linked with the waves before.",
    ),
    "unchanged": Words(
        "Do not use these imputations. Report it.",
        "No answer that somebody gave is replaced by an imputed one.",
    ),
    "in_range": Words(
        "Look at the measure's range in concepts.yaml, and at its method in imputation.yaml.",
        "Every imputed value lies in the range of its measure.",
    ),
    "mixed": Words(
        "Raise the number of iterations in imputation.yaml, or take out a measure that nothing predicts.",
        "The chains of imputation agree with each other: R-hat of their means is at most 1.5.",
    ),
    "decided": Words(
        "Decide under `decisions` in the wave's file: the drift report gives the words for each finding.",
        "Somebody has decided about every finding that stops a wave from being loaded.",
    ),
    "grain": Words(
        "Rows of the file repeat: correct it, or declare which of them count.",
    ),
    "ranges": Words(
        "Values lie outside what is declared: correct items.yaml or concepts.yaml, or the file.",
    ),
    "contract": Words(
        "A result is not of its declared form. Report it.",
    ),
}
"""Check → its words."""
LOOK = "Look at each finding in the drift report; what is right is accepted under `decisions` in the wave's file."
"""What a person does about findings that stop nothing."""
