"""The table of standard errors: what each kind prints, and the call in R and in Stata that gives the same number."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.specs.corrections import CORRECTIONS
from pipeline.specs.error_kinds import ERROR_KINDS

PLACES = {
    "{dummies}": "",
    "{clusters}": "area_code",
    "{n_clusters}": "6",
    "{lags}": "L",
    "{more}": "",
    "{periods}": "T",
    "{correction}": "its correction",
    "{bootstrap}": "how they were drawn",
}

COUNTED = """\
k of a fixed-effects model. `hc1`: terms with a coefficient. `stata`: these, and absorbed waves as the dummies
that they stand for, so that `effects: person_and_wave` and `wave_effects: true` have the same errors; persons
lie in the clusters and do not count. `reghdfe`: 1, and of all effects that are not nested in clusters the levels
less one (fixest’s `fixef.K = "nested"`): one more than `stata`, since `xtreg, fe` and `reghdfe` count the
constant. `lsdv`: all effects (`fixef.K = "full"`)."""


def errors_table() -> str:
    """Two tables in Markdown: kinds, and the corrections of clustered errors."""
    kinds = (
        (f"`{kind.key}`", _options(kind.takes), _example(kind.printed, kind.key), _code(kind.r), _code(kind.stata))
        for kind in ERROR_KINDS.values()
    )
    corrections = (
        (f"`{one.key}`", one.printed, "G − 1" if one.groups else "n − k", _code(one.r), _code(one.stata))
        for one in CORRECTIONS.values()
    )
    return "\n\n".join(
        [
            "# Standard errors",
            "What a model may declare as `standard_errors`, the words printed beside its numbers, and the call that\n"
            "gives the same number elsewhere. Calls in R are tested (`tests/reference/test_covariances_r.py`), but\n"
            "for the last four kinds; those in Stata follow its documentation.",
            _table(("kind", "options", "printed", "R", "Stata"), kinds),
            "`correction` of clustered errors (`clustered`), and the degrees of freedom of their t:",
            _table(("correction", "printed", "df", "R", "Stata"), corrections),
            COUNTED,
        ]
    )


def _options(options: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(options)) or "–"


def _example(printed: str, kind: str) -> str:
    printed = printed.replace("{kind}", "…" if kind == "replicates" else kind.upper())
    for place, example in PLACES.items():
        printed = printed.replace(place, example)
    return printed


def _code(call: str) -> str:
    return "–" if call == "none" else call if call.startswith("see") else f"`{call}`"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
