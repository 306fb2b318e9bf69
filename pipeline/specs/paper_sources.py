"""What all papers may lead to: the works that they cite, and the terms that they explain."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from pipeline.specs.strict_yaml import parse

REFERENCES = ("references.json", "references.bib")
"""Files of reports/ that hold the works: CSL JSON, or BibTeX."""
GLOSSARY = "glossary.yaml"

CITED = re.compile(r"\[@[^\]\n]+\]")
KEY = re.compile(r"@([\w:.+/-]*\w)")
TERM = re.compile(r"\]\(term:([^)\s]*)\)")
ENTRY = re.compile(r"^\s*@\w+\s*\{\s*([^,\s]+)", re.MULTILINE)


def references_file(papers: Path) -> Path | None:
    """The file of references beside the folder ``papers``, if there is one."""
    return next((file for name in REFERENCES if (file := papers.parent / name).is_file()), None)


def glossary_file(papers: Path) -> Path | None:
    """The glossary beside the folder ``papers``, if there is one."""
    file = papers.parent / GLOSSARY
    return file if file.is_file() else None


def glossary_of(file: Path) -> dict[str, str]:
    """Term → what it means, in one line each."""
    read = parse(file.read_text(encoding="utf-8"), file, file.name).data
    entries = read.items() if isinstance(read, dict) else ()
    return {str(term): " ".join(str(meaning).split()) for term, meaning in entries}


def source_problems(text: str, papers: Path) -> Iterator[tuple[int, str]]:
    """Line and message of each work cited, or term explained, that the files of ``reports`` do not have."""
    works, terms = _works(references_file(papers)), _terms(glossary_file(papers))
    for match in CITED.finditer(text):
        for key in KEY.findall(match.group()):
            if key not in works:
                yield _line(text, match), f"cites `@{key}`, which reports/{REFERENCES[0]} lacks{_near(key, works)}."
    for match in TERM.finditer(text):
        if match[1] not in terms:
            yield _line(text, match), f"explains `{match[1]}`, which reports/{GLOSSARY} lacks{_near(match[1], terms)}."


def _works(file: Path | None) -> set[str]:
    if file is None:
        return set()
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".bib":
        return set(ENTRY.findall(text))
    try:
        read = json.loads(text)
    except ValueError:
        return set()
    works = read if isinstance(read, list) else []
    return {str(work["id"]) for work in works if isinstance(work, dict) and "id" in work}


def _terms(file: Path | None) -> set[str]:
    return {"-".join(term.lower().split()) for term in glossary_of(file)} if file else set()


def _line(text: str, match: re.Match[str]) -> int:
    return text.count("\n", 0, match.start()) + 1


def _near(name: str, known: set[str]) -> str:
    close = get_close_matches(name, sorted(known), n=1, cutoff=0.5)
    return f"; the nearest is `{close[0]}`" if close else ""
