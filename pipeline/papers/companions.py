"""A cross-lagged model stands only beside the random-intercept one of the same constructs, unless that is withheld."""

from __future__ import annotations

from pipeline.papers.prose.source import PaperSource
from pipeline.papers.results import Results, Row
from pipeline.specs.families import FAMILIES


def alone(source: PaperSource, results: Results) -> None:
    """Report each cross-lagged model of the paper whose companion was estimated, but is withheld."""
    for model, rows in results.models.items():
        family = FAMILIES.get(str(rows[0]["family"]))
        if family is None or family.shown_with is None:
            continue
        lags = _lags(rows)
        others = [
            (name, own)
            for name, own in results.models.items()
            if own[0]["family"] == family.shown_with and set(_lags(own)) == set(lags)
        ]
        if others and all(None in _lags(own).values() for _, own in others):
            name, own = others[0]
            note = next((str(row["note"]) for row in own if row["estimate"] is None and row["note"]), "withheld")
            source.report(
                1,
                f"`{model}` is a cross-lagged model without random intercepts, and `{name}`, which it is shown with, "
                f"is withheld ({note}). Leave `{model}` out of this paper, or correct `{name}`.",
            )


def _lags(rows: list[Row]) -> dict[tuple[str, str], float | None]:
    """(outcome, term) → its lag, None where one of any wave is withheld."""
    found: dict[tuple[str, str], float | None] = {}
    for row in rows:
        if row["component"] == "lag":
            place = (str(row["outcome"]), str(row["term"]))
            found[place] = None if row["estimate"] is None else found.get(place, row["estimate"])
    return found
