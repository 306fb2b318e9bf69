"""The files of ``reports/build/`` over HTTP: papers and reports, never a script, never a stray file."""

import gzip
import re
from functools import lru_cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

from pipeline.paths import Paths

FOLDERS = ("papers", "figures", "codebooks", "profiles", "drift", "drafts", "digests", "release")
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".csv": "text/csv; charset=utf-8",
    ".zip": "application/zip",
    ".xml": "application/xml",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".yaml": "text/plain; charset=utf-8",
    ".json": "application/json",
}
"""By the ending of a file's name; what ends otherwise is not served."""
PACKED = {".svg", ".html"}
GZIP = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
HIGHEST = 2000
BEFORE_RELEASE = "_cells.csv"
"""Every number of a paper before any is withheld: for the gate, not for readers."""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; font-src 'self' data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


def find(paths: Paths, asked: str) -> Path | None:
    """The file that an address below ``/reports/`` names; ``None`` if there is none that may be served.

    A link that leads out of the folder is not followed.
    """
    parts = Path(asked).parts
    if len(parts) < 2 or parts[0] not in FOLDERS or any(part.startswith(".") for part in parts):
        return None
    if asked.endswith(BEFORE_RELEASE) or Path(asked).suffix.lower() not in TYPES:
        return None
    build = paths.build.resolve()
    try:
        file = build.joinpath(*parts).resolve(strict=True)
    except (OSError, ValueError):
        return None
    return file if file.is_relative_to(build) and file.is_file() else None


def respond(paths: Paths, request: Request) -> Response:
    """The file asked for, or a page that says that it has not been built."""
    file = find(paths, request.path_params["path"])
    if file is None:
        return HTMLResponse(ABSENT, status_code=404, headers=HEADERS)
    kind = TYPES[file.suffix.lower()]
    height = request.query_params.get("height", "")
    if kind == TYPES[".svg"] and height.isdecimal() and 0 < int(height) <= HIGHEST:
        return Response(of_height(file.read_text(encoding="utf-8"), int(height)), media_type=kind, headers=HEADERS)
    if file.suffix.lower() in PACKED and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(_packed(file, file.stat().st_mtime_ns), media_type=kind, headers={**HEADERS, **GZIP})
    return FileResponse(file, media_type=kind, headers=HEADERS)


def of_height(svg: str, height: int) -> str:
    """A picture of so many pixels, for places that show it as large as it says it is. One without a size stays so."""
    head = re.search(r"<svg\b[^>]*>", svg)
    size = re.search(r'\bviewBox="[-\d.]+[ ,]+[-\d.]+[ ,]+([\d.]+)[ ,]+([\d.]+)"', head.group()) if head else None
    if head is None or size is None or not float(size[2]):
        return svg
    width = height * float(size[1]) / float(size[2])
    bare = re.sub(r'\s(width|height)="[^"]*"', "", head.group())
    sized = bare.replace("<svg", f'<svg width="{width:.0f}" height="{height}"', 1)
    return svg[: head.start()] + sized + svg[head.end() :]


@lru_cache(maxsize=256)
def _packed(file: Path, modified: int) -> bytes:
    """The file as it was at a moment, packed: a page of letters that are drawn is a fifth of its size."""
    del modified  # it is part of what is remembered
    return gzip.compress(file.read_bytes(), compresslevel=6, mtime=0)


ABSENT = """<!doctype html>
<html lang="en-GB"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Not built</title>
<style>
body { font: 1rem/1.5 system-ui, "DejaVu Sans", sans-serif; margin: 0 auto; max-width: 40rem; padding: 2rem 1rem; }
</style></head><body><main><h1>There is no such report</h1>
<p>It has not been built yet, or its study, paper or figure has another name now. <a href="/">The start page</a>
lists what there is; <code>cohesion build</code> makes what is due.</p></main></body></html>
"""
