"""A draft for reports/CHANGELOG.md: what a new build changes of what papers print. A person edits it.

Only what is printed stands in it: estimates that no sentence prints are counted, since the file may be published.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from assets.provenance.causes import Cause
from assets.provenance.diff import Difference
from assets.provenance.words import because, said_of, said_of_move
from pipeline.files import write_bytes

HEAD = """# Changes of findings

What later builds changed of what the papers print; the newest first. `cohesion diff --changelog` drafts an entry from
two builds, and a person edits it.
"""
UNRELEASED = "## Unreleased"


def add_draft(file: Path, found: Difference) -> bool:
    """Write a draft under *Unreleased*, above what stands there; nothing if these two builds have an entry already."""
    text = file.read_text(encoding="utf-8") if file.is_file() else HEAD
    title = _title(found)
    if title in text:
        return False
    if UNRELEASED not in text.splitlines():
        head, mark, rest = text.partition("\n## ")
        text = f"{head.rstrip()}\n\n{UNRELEASED}\n{mark}{rest}"
    before, _, after = text.partition(f"{UNRELEASED}\n")
    entry = "\n".join(entry_lines(found))
    rest = after.lstrip("\n")
    write_bytes(file, f"{before}{UNRELEASED}\n\n{entry}\n{chr(10) + rest if rest else ''}".encode())
    return True


def _title(found: Difference) -> str:
    return f"### Build {found.new.id} ({found.new.made[:10]}), compared with {found.old.id}"


def entry_lines(found: Difference) -> Iterator[str]:
    """The entry of one comparison, as Markdown."""
    numbers = {cause: number for number, cause in enumerate(found.causes, start=1)}
    yield _title(found)
    yield "\nWhat changed:\n"
    yield from (f"{number}. {_plain(said_of(cause))}" for cause, number in numbers.items())
    yield from _failures(found)
    yield "\nFindings that moved:\n"
    yield from _moved(found, numbers)
    yield "\nSentences that changed:\n"
    yield from _sentences(found, numbers)


def _failures(found: Difference) -> Iterator[str]:
    unmade = [one for one in found.failed if one.why and one.name.startswith("paper/")]
    if unmade:
        yield "\nPapers that could not be made:\n"
    yield from (f"- {one.name.removeprefix('paper/')}: {_plain(one.why)}" for one in unmade)


def _moved(found: Difference, numbers: dict[Cause, int]) -> Iterator[str]:
    printed = [(model, one) for model in found.models for one in model.moved if found.printed_as(one)]
    for model, one in printed:
        where = ", ".join(found.printed_as(one))
        yield f"- {_plain(f'{model.model}: {said_of_move(one)}')} ({where}), {because(model.causes, numbers)}"
    others = len(found.findings) - len(printed)
    if not printed:
        yield "- None that a sentence prints."
    if others:
        yield f"- {others:,} other estimate{'s' if others > 1 else ''}, which no sentence prints."


def _sentences(found: Difference, numbers: dict[Cause, int]) -> Iterator[str]:
    texts = [one for one in found.sentences if one.said.kind != "row" and one.said.part == "paper"]
    for one in texts:
        yield f"- {one.said.paper}, {because(one.causes, numbers)}\n"
        yield f"  - before: {_plain(one.said.old) or '(nothing)'}"
        yield f"  - after: {_plain(one.said.new) or '(nothing)'}"
    rows = sum(one.said.kind == "row" for one in found.sentences)
    if not texts:
        yield "- None."
    if rows:
        yield f"- {rows} row{'s' if rows > 1 else ''} of tables."


def _plain(text: str) -> str:
    """A text on one line, in which no sign is markup."""
    from pipeline.texts import visible

    flat = " ".join(visible(text).split())
    return "".join(f"\\{sign}" if sign in "*`<>[]#|" else sign for sign in flat)
