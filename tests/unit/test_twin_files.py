"""A twin's file in each declared form is read again as what was written."""

from pathlib import Path

import polars as pl
import pytest

from assets.twins.writing import write_twin_file
from pipeline.errors import CohesionError
from pipeline.ingest.declared import whole_request
from pipeline.ingest.formats.numbers import answer_codes
from pipeline.ingest.isolation.read import answer_to
from pipeline.specs.deposits import Deposited
from pipeline.twin.layout import TwinFile

FRAME = pl.DataFrame(
    {
        "id": ["0012", "0013", "0014"],
        "trust": ["1", "5", "-9"],
        "size": ["1.5", None, "3"],
        "letters": [".a", "2", "3"],
        "word": ["x", "y", None],
    }
)
LABELS = {"trust": {"1": "Low", "5": "High"}}


@pytest.mark.parametrize(
    "declared",
    [
        {"format": "csv"},
        {"format": "csv", "delimiter": ";", "decimal": ",", "encoding": "cp1252", "header_row": 3, "footer_rows": 2},
        {"format": "csv", "layout": "qualtrics"},
        {"format": "sav"},
        {"format": "zsav"},
        {"format": "dta"},
        {"format": "xlsx", "sheet": "Answers", "header_row": 2},
        {"format": "parquet"},
    ],
    ids=lambda declared: "_".join(map(str, declared.values())),
)
def test_a_file_is_read_as_it_was_written(tmp_path: Path, declared: dict[str, object]) -> None:
    form = Deposited.model_validate({"file": f"wave.{declared['format']}", **declared})
    frame = FRAME if form.format == "dta" else FRAME.drop("letters")
    labels = {name: name.title() for name in frame.columns}
    path = write_twin_file(TwinFile(form, frame, labels, LABELS), tmp_path / form.file)
    read = answer_to(whole_request(path.resolve(), form, ("id",))).frame
    assert read.height == frame.height
    for name in frame.columns:
        assert answer_codes(read[name]).to_list() == frame[name].to_list(), name


def test_a_form_that_is_not_written_is_refused_in_words(tmp_path: Path) -> None:
    form = Deposited(file="wave.xlsx", format="xlsx", footer_rows=2)
    with pytest.raises(CohesionError, match="CSV only"):
        write_twin_file(TwinFile(form, FRAME.drop("letters")), tmp_path / form.file)
