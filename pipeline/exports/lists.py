"""The lists beside an export: what each variable is called where, and what each value means, in full."""

from __future__ import annotations

import polars as pl

from pipeline.exports.dataset import DataSet
from pipeline.exports.formats.dta import can_be_labelled
from pipeline.exports.naming import cut, legal_names
from pipeline.specs.exports import SPSS, STATA
from pipeline.texts import no_formula, visible

VARIABLES = {
    "variable": "The name of the column in Parquet, DuckDB and CSV",
    "spss": "The name of the variable in the .sav file; empty for reasons, which are codes of their variable there",
    "stata": "The name of the variable in the .dta file",
    "role": "What it is for: id, weight, answer, score, participation, design",
    "kind": "What it holds: text, number, date or time",
    "measure": "Nominal, ordinal or scale",
    "label": "The label in full: of an answer, the wording of its question",
    "cut_in": "Which programs have the label in a shortened form",
    "reason": "The column that says why a value is missing",
    "remark": "What else there is to know",
}
LABELS = {
    "variable": "The name of the column; empty for the reasons of all answers",
    "value": "The value; empty for a reason",
    "label": "What it means, in full",
    "reason": "The reason as Parquet, DuckDB and CSV have it",
    "spss": "The code in the .sav file",
    "stata": "The code in the .dta file",
    "remark": "Where a program has no label for it",
}


def variable_rows(data: DataSet) -> pl.DataFrame:
    """One row per column of the data set (``VARIABLES`` says what stands where)."""
    spss, stata = legal_names(data.shown, SPSS), legal_names(data.shown, STATA)
    rows = []
    for name, about in data.variables.items():
        short = {
            "SPSS": cut(about.label, SPSS.label),
            "Stata": cut(about.label, STATA.label, STATA.label_signs),
        }
        whole = " ".join(visible(about.label).split())
        shortened = " and ".join(program for program, text in short.items() if text != whole)
        row = (name, spss.get(name, ""), stata.get(name, ""), about.role, data.kind(name), about.measure or "")
        rows.append((*row, about.label, shortened if name in spss else "", about.reason, about.remark))
    return pl.DataFrame(rows, schema=dict.fromkeys(VARIABLES, pl.String), orient="row")


def label_rows(data: DataSet) -> pl.DataFrame:
    """One row per labelled value of a column, then one per reason for a missing value (``LABELS``)."""
    rows = []
    for name, about in data.variables.items():
        for value, label in sorted(about.values.items()):
            code, labels = f"{value:.15g}", can_be_labelled(value)
            remark = "" if labels else "Stata labels whole numbers alone"
            rows.append((name, code, label, "", code, code, remark))
    rows += [("", "", one.label, one.reason, f"{one.code:.0f}", f".{one.letter}", "") for one in data.missing.values()]
    return pl.DataFrame(rows, schema=dict.fromkeys(LABELS, pl.String), orient="row")


def as_csv(frame: pl.DataFrame) -> bytes:
    """A list as CSV with a byte order mark; no cell is calculated by a spreadsheet program."""
    safe = [
        pl.Series(name, [no_formula(visible(cell)) if not _is_number(cell) else cell for cell in frame[name]])
        for name in frame.columns
    ]
    columns = pl.DataFrame(safe) if frame.height else frame
    return ("\ufeff" + columns.write_csv()).encode()


def _is_number(cell: str) -> bool:
    """A code such as -99 or .a is no formula."""
    bare = cell.removeprefix("-").replace(".", "", 1)
    return bare.isascii() and bare.isdigit()
