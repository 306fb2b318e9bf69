"""The Stata do-file that computes numbers of a study again from its export. The project has no Stata to run it with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources import files

from pipeline.exports.scripts.call import Call
from pipeline.specs.family import load

SCRIPT, HEAD = "reproduce.do", "head.do"
NEVER_RUN = (
    "Written without a Stata at hand, and not run by the project's tests, which check its form and the names in it;",
    "reproduce.R computes the same numbers, and is run. Tell the project of lines that fail or numbers that differ.",
)


def stata_script(calls: Sequence[Call], title: str) -> bytes:
    """The do-file: a head with its programs, then each model."""
    return "\n".join([*_head(title), *(line for call in calls for line in _model(call)), *_end(), ""]).encode()


def _head(title: str) -> Iterator[str]:
    yield f"* {comment(title)}: numbers of its papers, computed again from the export."
    yield "* Run in this folder: do reproduce.do (Stata 14 or later). It ends with error 9 where a number differs."
    for line in NEVER_RUN:
        yield f"* {line}"
    yield files("pipeline.exports.scripts").joinpath(HEAD).read_text(encoding="utf-8").rstrip()
    yield ""
    yield "use panel.dta, clear"
    yield "quietly keep if is_present == 1"
    yield "tempfile panel"
    yield "quietly save `panel'"
    yield ""


def _model(call: Call) -> Iterator[str]:
    yield f"* --- {call.name}: {comment(call.question())}"
    why = call.why_not or ("" if call.record.stata else "Stata's sem needs starting values; reproduce.R has it.")
    lines = [] if why else list(load(call.record.stata)(call))
    if not any(line.startswith("compare_number") for line in lines):
        yield f'display "{call.name}: not compared. {comment(why or "None of its estimates has a counterpart here.")}"'
    else:
        yield f'display "{call.name}"'
        yield from lines
    yield ""


def _end() -> Iterator[str]:
    yield 'display scalar(compared) " numbers compared, " scalar(differing) " differ by more than the tolerance"'
    yield 'display "greatest difference " %8.1e scalar(greatest)'
    yield "if scalar(differing) > 0 {"
    yield "    error 9"
    yield "}"


def comment(text: str) -> str:
    """A text that ends no comment and no string, and means nothing to Stata."""
    plain = " ".join(text.split()).replace("*/", "* /").replace("/*", "/ *").replace("///", "/ / /")
    return plain.replace('"', "'").replace("`", "'").replace("$", "")
