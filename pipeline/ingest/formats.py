"""What a file is, by its first bytes. The declared format is checked against them; it is never guessed from them."""

from __future__ import annotations

from pipeline.errors import DepositError

FORMATS = ("sav", "zsav", "dta", "csv", "xlsx", "parquet")

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"$FL2", "sav"),
    (b"$FL3", "zsav"),
    (b"<stata_dta>", "dta"),
    (b"PAR1", "parquet"),
    (b"PK\x03\x04", "xlsx"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel file (.xls) or a password-protected workbook"),
    (b"HEADER RECORD*******", "a SAS transport file (.xpt)"),
    (b"\x00" * 12 + b"\xc2\xea\x81\x60", "a SAS data set (.sas7bdat)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-zip archive"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG picture"),
    (b"ARROW1", "an Arrow file"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
)
_ENCRYPTED_SAV = b"ENCRYPTEDSAV"
_OLD_STATA_RELEASES = range(104, 116)
_NAMES = {
    "sav": "an SPSS file (.sav)",
    "zsav": "a compressed SPSS file (.zsav)",
    "dta": "a Stata file (.dta)",
    "xlsx": "a zip archive or an Excel workbook (.xlsx)",
    "parquet": "a Parquet file",
}


def looks_like(head: bytes) -> str:
    """The format that the first bytes of a file show: one of ``FORMATS``, or words for something else."""
    if _ENCRYPTED_SAV in head[:64]:
        return "an encrypted SPSS file"
    if b"ASCII SPSS PORT FILE" in head[:200]:
        return "an SPSS portable file (.por)"
    for signature, found in _SIGNATURES:
        if head.startswith(signature):
            return found
    if len(head) > 4 and head[0] in _OLD_STATA_RELEASES and head[1] in (1, 2) and head[2] == 1:
        return "dta"
    if head.strip(b"\x00") == b"":
        return "zero bytes only"
    return _kind_of_text(head)


def _kind_of_text(head: bytes) -> str:
    control = sum(byte < 32 and byte not in b"\t\n\r\f" for byte in head)
    if control > len(head) * 0.1:
        return "no format known here"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:15].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "a web page (HTML)"
    return "csv"


def check_format(head: bytes, declared: str, where: str) -> None:
    """Raise ``DepositError`` unless the first bytes of a file fit its declared format."""
    if declared not in FORMATS:
        raise DepositError(
            f"there is no reader for the format `{declared}`", where=where, todo=f"Formats read: {', '.join(FORMATS)}."
        )
    found = looks_like(head)
    if found == declared:
        return
    if found == "an encrypted SPSS file":
        raise DepositError(
            "the file is encrypted with a password",
            where=where,
            todo="Open it in SPSS and save it again without a password, then deposit that file.",
        )
    if declared == "csv" and found in ("UTF-16 text", "no format known here", "zero bytes only"):
        return  # a declared encoding may say so; the CSV reader judges, with line numbers
    words = _NAMES.get(found, "text, perhaps CSV" if found == "csv" else found)
    raise DepositError(
        f"declared .{declared}, but the first bytes look like {words}",
        where=where,
        todo=_what_to_do(found, declared),
    )


def _what_to_do(found: str, declared: str) -> str:
    if found in FORMATS:
        return f"Declare `format: {found}` for this file if that is what was meant, or ask for the right file."
    return f"Ask for the file again as .{declared}."
