"""A wave's file that holds a row for each of several waves is refused with what to declare."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import DepositError
from pipeline.ingest.arrival.find import find_file
from pipeline.ingest.arrival.layout import LEAST_SHARED, about_long, long_layout, rows_of_long
from pipeline.ingest.declared import whole_request
from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.isolation.read import read_deposits
from pipeline.specs.deposits import WaveFile
from pipeline.specs.project import Study
from pipeline.specs.sources import role_columns


def refuse_a_long_file(study: Study, wave: str, file: WaveFile, deposit: Deposit, folder: Path) -> None:
    """Raise ``DepositError`` where ids come again since each row is of another wave, by any column of the file.

    Only a file whose ids would stop the wave is looked at: it is read again, with the columns that nobody declared.
    """
    column = role_columns(study, wave, file)["person_id"]
    if study.about.doubtful != "stop" or file.chosen or column not in deposit.frame.columns:
        return
    again = int(deposit.frame[column].drop_nulls().is_duplicated().sum())
    if not again or again < LEAST_SHARED * deposit.frame.height:
        return
    (whole,) = read_deposits([whole_request(find_file(folder, file.file).resolve(), file, (column,))])
    layout = long_layout(whole.frame, column) if isinstance(whole, Deposit) else None
    if layout is not None:
        raise DepositError(
            f"rows that share an id with another row in `{column}`; {about_long(layout)}",
            where=str(deposit.receipt["file"]),
            count=again,
            todo=f"Say which rows are this wave's, as in {rows_of_long(layout)}, and declare a wave for each value.",
        )
