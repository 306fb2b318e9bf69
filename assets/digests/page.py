"""A digest as a web page and as text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from assets.digests.contents import Digest
from pipeline.files import write_bytes
from pipeline.paths import Paths


def write_page(paths: Paths, digest: Digest, sent: tuple[str, ...], file: Path | None = None) -> Path:
    """Write the page, a second one of the day beside the first; ``sent``: in words, to whom it was handed on."""
    import jinja2

    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    layout = paths.template("digest.html.j2").read_text(encoding="utf-8")
    page = environment.from_string(layout).render(digest=digest, sent=sent)
    target = file if file is not None else _free(paths, digest)
    write_bytes(target, page.encode())
    return target


def _free(paths: Paths, digest: Digest) -> Path:
    day, number = f"{digest.made:%Y-%m-%d}", 1
    while (file := paths.digest_file(day if number == 1 else f"{day}-{number}")).exists():
        number += 1
    return file


def text(digest: Digest, address: str) -> str:
    """The digest as plain text, with the address of its page."""
    return "\n".join(_lines(digest, address))


def _lines(digest: Digest, address: str) -> Iterator[str]:
    yield f"{digest.headline}."
    yield f"All of it: {address}"
    yield "\nRuns"
    yield from (f"  {run.study or 'several studies'} ({run.why}): {run.outcome}" for run in digest.runs)
    yield "\nWhat arrived"
    yield from (f"  {line}" for line in digest.arrived or ("nothing",))
    yield "\nWhat moved"
    if digest.unsaid:
        yield f"  {digest.unsaid}"
    for model in digest.models:
        yield f"  {model.model}: {model.count} of {model.total} estimates"
    yield from (f"  {one.paper} says: {one.new or '(no longer:) ' + one.old}" for one in digest.sentences)
    yield from (f"  {name} could not be made" for name in digest.failed)
    yield "\nWhat waits for a person"
    for study, tasks in digest.waiting:
        yield f"  {study}"
        yield from (f"    {task.what}. {task.todo}" for task in tasks)
    if not digest.waiting:
        yield "  nothing"
