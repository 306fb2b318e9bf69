"""A comparison of two builds as text for people, and as data for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from assets.provenance.archive import Entry
from assets.provenance.causes import Cause
from assets.provenance.diff import Difference, Differing, MovedModel
from assets.provenance.findings import Moved

SHOWN = 6
"""So many moves of one model, and rows of one table, are listed."""
LONG = 110
"""Characters of a declared value that are shown."""


def lines(found: Difference, *, everything: bool = False) -> Iterator[str]:
    """The whole report, line by line. ``everything``: no list is shortened."""
    yield f"{called(found.old)} → {called(found.new)}"
    if found.old.id == found.new.id and not found.causes:
        yield "\nThe two are the same build: the same inputs, the same results."
        yield from _unread(found)
        return
    numbers = {cause: number for number, cause in enumerate(found.causes, start=1)}
    yield "\nWhat changed" if found.causes else "\nNothing changed that a result or a paper is made from."
    for cause, number in numbers.items():
        yield f"  [{number}] {said_of(cause)}"
    yield from _unread(found)
    yield from _failed(found, numbers)
    yield from _moved(found, numbers, everything)
    yield from _sentences(found, numbers, everything)
    yield from _figures(found, numbers)


def called(entry: Entry) -> str:
    """A build by its id and when it was made."""
    return f"build {entry.id} ({entry.made[:16]}{f', {entry.note}' if entry.note else ''})"


def said_of(cause: Cause) -> str:
    """One cause in a line: what kind of input, where, which key, what it was and is."""
    place = f"{cause.place}:{cause.line}" if cause.line else cause.place
    named = f"{cause.kind:<12}{place}{f': {cause.what}' if cause.what else ''}"
    if cause.kind == "deposit":
        old, new = (_short_hash(text) for text in (cause.old, cause.new))
        return f"{named}: SHA-256 {old} → {new}" if old and new else f"{named}: {'came' if new else 'went'}"
    if not cause.old and not cause.new:
        return named
    return f"{named}: {shortened(cause.old) or 'nothing'} → {shortened(cause.new) or 'nothing'}"


def _short_hash(text: str) -> str:
    return text if text == "absent" else text[:12]


def shortened(text: str) -> str:
    return text if len(text) <= LONG else f"{text[: LONG - 2].rstrip()} …"


def because(causes: Iterable[Cause], numbers: dict[Cause, int]) -> str:
    """The numbers of the causes of something; several are on its path, and cannot be separated."""
    found = sorted(numbers[cause] for cause in causes if cause in numbers)
    return f"because of {' and '.join(f'[{number}]' for number in found)}" if found else "for a reason that is unknown"


def _unread(found: Difference) -> Iterator[str]:
    for edit in found.unread:
        where = f"{edit.file}:{edit.line}{f': {edit.key}' if edit.key else ''}"
        yield f"  [–] declaration {where} was edited; nothing that is computed or printed reads it"


def _failed(found: Difference, numbers: dict[Cause, int]) -> Iterator[str]:
    if found.failed:
        yield "\nWhat could not be made"
    for failed in found.failed:
        if failed.was:
            yield f"  {failed.name}: made again. Before: {failed.was}"
            continue
        first, *rest = failed.why.split("\n")
        yield f"  {failed.name}, {because(failed.causes, numbers)}: {first}"
        yield from (f"      {line}" for line in rest)


def _moved(found: Difference, numbers: dict[Cause, int], everything: bool) -> Iterator[str]:
    count = len(found.findings)
    if not count:
        yield "\nNo estimate moved."
        return
    yield f"\nWhat moved: {count:,} estimate{'s' if count > 1 else ''} of {_of_what(found)}"
    for model in found.models:
        yield f"  {model.model}: {len(model.moved)} of {model.total}, {because(model.causes, numbers)}"
        shown = model.moved if everything else model.moved[:SHOWN]
        yield from (f"      {said_of_move(one)}{_printed(found, one)}" for one in shown)
        if len(shown) < len(model.moved):
            yield f"      … and {len(model.moved) - len(shown)} more (`--all` lists them)"


def _of_what(found: Difference) -> str:
    """``2 models and 1 table of areas and programmes``."""
    tables = sum("/" in model.model for model in found.models)
    counts = ((len(found.models) - tables, "model", ""), (tables, "table", " of areas, programmes and studies"))
    return " and ".join(f"{n} {name}{'s' if n > 1 else ''}{of}" for n, name, of in counts if n)


def _printed(found: Difference, one: Moved) -> str:
    places = found.printed_as(one)
    return f"; printed as {', '.join(places)}" if places else ""


def said_of_move(one: Moved) -> str:
    """One estimate: before, after, the difference, and that in standard errors of the one before."""
    old, new = one.estimates
    if one.old is None or one.new is None:
        return f"{one.what}: {'new' if one.old is None else 'gone'} ({number(new if one.old is None else old)})"
    if not one.has_moved:
        return f"{one.what}: {number(old)} as before; {_other_numbers(one)}"
    if one.difference is None:
        note = (one.new if new is None else one.old)["note"]
        return f"{one.what}: {number(old)} → {number(new)}{f' ({note})' if note else ''}"
    errors = f", {one.errors:+.2f} standard errors" if one.errors is not None else ""
    return f"{one.what}: {number(old)} → {number(new)} ({one.difference:+.4g}{errors})"


def _other_numbers(one: Moved) -> str:
    """What else of an estimate differs: its error, its interval, its people, its note."""
    old, new = one.old or {}, one.new or {}
    names = [name for name in new if old[name] != new[name]]
    return ", ".join(f"{name.replace('_', ' ')} {_value(old[name])} → {_value(new[name])}" for name in names[:3])


def _value(value: Any) -> str:
    return value or "none" if isinstance(value, str) else number(value)


def number(value: float | None) -> str:
    """Four significant digits, or that it is withheld."""
    if value is None:
        return "withheld"
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def _sentences(found: Difference, numbers: dict[Cause, int], everything: bool) -> Iterator[str]:
    texts = [one for one in found.sentences if one.said.kind != "row"]
    rows = [one for one in found.sentences if one.said.kind == "row"]
    if not found.sentences:
        unmade = any(one.name.startswith("paper/") and one.why for one in found.failed)
        yield "\nA paper could not be made, and says what it said." if unmade else "\nNo sentence changed."
        return
    sentences = f"{len(texts)} sentence{'' if len(texts) == 1 else 's'} or title{'' if len(texts) == 1 else 's'}"
    yield f"\nWhat papers say otherwise: {sentences}, {len(rows)} row{'' if len(rows) == 1 else 's'} of tables"
    for one in texts:
        yield f"  {_place(one)}, {because(one.causes, numbers)}"
        yield f"      before: {one.said.old or '(nothing)'}"
        yield f"      after:  {one.said.new or '(nothing)'}"
    yield from _rows(rows, numbers, everything)


def _place(one: Differing) -> str:
    part = "" if one.said.part == "paper" else f" ({one.said.part})"
    return f"{one.said.paper}{part}{f', “{one.said.section}”' if one.said.section else ''}"


def _rows(rows: list[Differing], numbers: dict[Cause, int], everything: bool) -> Iterator[str]:
    """Rows by the section they stand in."""
    by_place: dict[str, list[Differing]] = {}
    for one in rows:
        by_place.setdefault(f"{_place(one)}, {because(one.causes, numbers)}", []).append(one)
    for place, own in by_place.items():
        yield f"  {place}: {len(own)} row{'s' if len(own) > 1 else ''} of tables"
        for one in own if everything else own[:2]:
            yield f"      before: {one.said.old or '(nothing)'}"
            yield f"      after:  {one.said.new or '(nothing)'}"
        if not everything and len(own) > 2:
            yield f"      … and {len(own) - 2} more (`--all` lists them)"


def _figures(found: Difference, numbers: dict[Cause, int]) -> Iterator[str]:
    if found.figures:
        yield "\nFigures drawn anew"
    for figure, causes in found.figures:
        yield f"  {figure}, {because(causes, numbers)}"


def data(found: Difference) -> dict[str, Any]:
    """The comparison as JSON data: causes numbered from one, and what each moved."""
    numbers = {cause: number for number, cause in enumerate(found.causes, start=1)}

    def of(causes: Iterable[Cause]) -> list[int]:
        return sorted(numbers[cause] for cause in causes if cause in numbers)

    return {
        "old": {"id": found.old.id, "made": found.old.made, "note": found.old.note},
        "new": {"id": found.new.id, "made": found.new.made, "note": found.new.note},
        "causes": [{"number": number, **asdict(cause)} for cause, number in numbers.items()],
        "unread": [{"file": edit.file, "line": edit.line, "key": edit.key} for edit in found.unread],
        "failed": [
            {"asset": one.name, "why": one.why, "was": one.was, "causes": of(one.causes)} for one in found.failed
        ],
        "moved": [row for model in found.models for row in _moves(found, model, of(model.causes))],
        "sentences": [{**asdict(one.said), "causes": of(one.causes)} for one in found.sentences],
        "figures": [{"figure": figure, "causes": of(causes)} for figure, causes in found.figures],
        "tables": found.tables,
    }


def _moves(found: Difference, model: MovedModel, causes: list[int]) -> Iterator[dict[str, Any]]:
    for one in model.moved:
        yield {
            "model": one.model,
            **dict(zip(("outcome", "component", "term", "wave", "group"), one.row, strict=True)),
            "old": one.old,
            "new": one.new,
            "difference": one.difference,
            "standard_errors": one.errors,
            "printed": found.printed_as(one),
            "causes": causes,
        }
