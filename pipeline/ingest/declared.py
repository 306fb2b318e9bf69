"""The files of waves, each read once as it is declared, and the parts that are taken of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.errors import DepositError
from pipeline.ingest.arrival.find import find_file
from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.formats.request import LARGE, Request, limits_of
from pipeline.ingest.isolation.read import read_deposits
from pipeline.ingest.parts.joins import names_in
from pipeline.ingest.parts.part import Part
from pipeline.ingest.parts.take import Wanted, parts_of
from pipeline.ingest.parts.together import refuse_absent_items
from pipeline.ingest.people.strays import refuse_no_people
from pipeline.ingest.quarantine.trials import without_test_records
from pipeline.ingest.wave_file import refuse_absent_roles
from pipeline.specs.deposits import Deposited, Joined, WaveFile
from pipeline.specs.left_out import LeftOut
from pipeline.specs.part_columns import key_columns, taking_columns
from pipeline.specs.project import Study
from pipeline.specs.sources import declared_variables, role_columns
from pipeline.specs.study import awaits_labels

Also = Mapping[str, Sequence[LeftOut]]
"""Part → columns that are looked at although nothing is read from them."""
Columns = Callable[[Study, str, WaveFile], Sequence[str]]
"""Of a part, the columns that pass."""
Taken = list[Part | DepositError]


class _Requests:
    """What is asked of files: each once, with the columns of all that it serves."""

    def __init__(self) -> None:
        self.columns: dict[Request, list[str]] = {}

    def add(self, request: Request) -> Request:
        """The request without its columns: by it the answer is found."""
        key = replace(request, columns=None)
        self.columns.setdefault(key, []).extend(request.columns or ())
        return key

    def answers(self) -> dict[Request, Deposit | DepositError]:
        asked = [replace(key, columns=tuple(dict.fromkeys(names))) for key, names in self.columns.items()]
        return dict(zip(self.columns, map(_with_rows, read_deposits(asked)), strict=True))


def _with_rows(deposit: Deposit | DepositError) -> Deposit | DepositError:
    """The deposit, or in its place the error that it has no rows."""
    try:
        if isinstance(deposit, Deposit):
            refuse_without_rows(deposit)
    except DepositError as error:
        return error
    return deposit


def refuse_without_rows(deposit: Deposit) -> None:
    """Raise ``DepositError`` for a file that holds the names of columns and nothing else."""
    if not deposit.frame.width or deposit.frame.height:
        return
    apart = ", ".join(f"{rule}: {count:,}" for rule, count in deposit.set_aside.items())
    raise DepositError(
        f"the file has {deposit.receipt['columns']:,} columns and no row of a participant"
        f"{f' ({apart})' if apart else ''}",
        where=str(deposit.receipt["file"]),
        todo="It may have been exported with a filter, or before fieldwork. Ask for the file with its rows.",
    )


_Asked = tuple[str, WaveFile, Request, list[Request], Sequence[str]]
"""Wave, part, what is asked of its file and of those joined to it, and the columns of the part that pass."""


def _asked(
    study: Study, waves: Sequence[str], folder: Path, also: Mapping[str, Also], columns: Columns, *, partial: bool
) -> tuple[_Requests, list[_Asked]]:
    """What is asked of the files of waves, part by part."""
    requests = _Requests()
    asked: list[_Asked] = []
    for wave in waves:
        for file in study.waves[wave].files:
            more = [one.variable for one in also.get(wave, {}).get(file.part, ())]
            passing = [*columns(study, wave, file), *more]
            own = requests.add(request_of(study, wave, find_file(folder, file.file), file, passing, partial=partial))
            joined = [
                requests.add(_request_of_joined(study, wave, find_file(folder, one.file), file, one, partial=partial))
                for one in file.join
            ]
            asked.append((wave, file, own, joined, passing))
    return requests, asked


def read_waves(
    study: Study,
    waves: Sequence[str],
    folder: Path,
    also: Mapping[str, Also] | None = None,
    *,
    columns: Columns = declared_variables,
    partial: bool = False,
) -> dict[str, Taken]:
    """Wave → its parts, in the order of its ``files``; in place of a part the error that it has.

    Every file is read once, however many of these waves it serves. ``also``: by wave. ``columns`` says which of a part
    pass. ``partial``: of files whose bytes were read and checked before.
    """
    requests, asked = _asked(study, waves, folder, also or {}, columns, partial=partial)
    answers = requests.answers()
    taken: dict[int, Part | DepositError] = {}
    for key, deposit in answers.items():
        places = [place for place, (_, _, own, _, _) in enumerate(asked) if own == key]
        if isinstance(deposit, DepositError):
            taken |= dict.fromkeys(places, deposit)
        elif places:
            wanted = [
                Wanted(wave, file, [answers[one] for one in joined], passing)
                for wave, file, _, joined, passing in (asked[place] for place in places)
            ]
            taken |= dict(zip(places, parts_of(study, wanted, deposit), strict=True))
    return {wave: [taken[place] for place, (of, *_) in enumerate(asked) if of == wave] for wave in waves}


def whole_waves(study: Study, waves: Sequence[str], folder: Path) -> dict[str, list[Part]]:
    """As ``read_waves``, for whoever needs every part. Raises the ``DepositError`` of the first that has one."""
    found: dict[str, list[Part]] = {}
    for wave, parts in read_waves(study, waves, folder).items():
        found[wave] = []
        for part in parts:
            if isinstance(part, DepositError):
                raise part
            found[wave].append(part)
    return found


def refuse_parts(study: Study, wave: str, folder: Path) -> None:
    """Raise what a build would refuse of a wave's parts: rows of no wave, absent and undecided columns."""
    together = next((waves for waves in study.deliveries() if wave in waves), (wave,))
    parts = read_waves(study, together, folder)[wave]
    for file, part in zip(study.waves[wave].files, parts, strict=True):
        if isinstance(part, DepositError):
            raise part
        refuse_absent_roles(role_columns(study, wave, file), part.deposit)
        if study.about.doubtful == "stop":
            refuse_absent_items(study, wave, file, part.deposit.frame.columns)


def received_files(study: Study, wave: str, folder: Path) -> dict[str, Mapping[str, str | int]]:
    """Declared name → receipt of every file that a wave is read from. Raises the first ``DepositError`` of these."""
    requests, asked = _asked(study, [wave], folder, {}, declared_variables, partial=False)
    answers = requests.answers()
    found: dict[str, Mapping[str, str | int]] = {}
    for _, part, own, joined, _ in asked:
        for file, request in zip((part, *part.join), (own, *joined), strict=True):
            deposit = answers[request]
            if isinstance(deposit, DepositError):
                raise deposit
            found[file.file] = deposit.receipt
        whole = answers[own]
        if isinstance(whole, Deposit) and not part.chosen:
            _refuse_no_people(study, wave, part, whole)
    return found


def _refuse_no_people(study: Study, wave: str, part: WaveFile, deposit: Deposit) -> None:
    """What a build would refuse among columns with a role, and the ids, is refused before anybody confirms the file."""
    roles = role_columns(study, wave, part)
    if not part.join:
        refuse_absent_roles(roles, deposit)
    column = roles["person_id"]
    if column in deposit.frame.columns:
        refuse_no_people(without_test_records(study, wave, part, deposit), column, study.about.ids.pattern)


def labelled_parts(study: Study, wave: str, folder: Path) -> list[Deposit]:
    """The parts of a wave for whoever takes codes from their labels; none where no item waits for that."""
    if not any(map(awaits_labels, study.items.values())):
        return []
    together = next(waves for waves in study.deliveries() if wave in waves)
    return [part.deposit for part in whole_waves(study, together, folder)[wave]]


def request_of(
    study: Study, wave: str, path: Path, file: WaveFile, columns: Sequence[str], *, partial: bool = False
) -> Request:
    """What is asked of the file of a part: these columns, and those by which the part is taken."""
    wanted = (*columns, *taking_columns(study, wave, file))
    keys = (name for joined in file.join for name in key_columns(study, wave, file, joined))
    text = tuple(dict.fromkeys([role_columns(study, wave, file)["person_id"], *keys]))
    return _request(path, file, wanted, text, partial=partial, is_shared=file.of_source is not None)


def _request_of_joined(
    study: Study, wave: str, path: Path, file: WaveFile, joined: Joined, *, partial: bool
) -> Request:
    keys = tuple(key_columns(study, wave, file, joined).values())
    return _request(path, joined, (*keys, *names_in(study, wave, file, joined)), keys, partial=partial, is_shared=True)


def _request(
    path: Path, file: Deposited, columns: Sequence[str], text: tuple[str, ...], *, partial: bool, is_shared: bool
) -> Request:
    whole = whole_request(path.resolve(), file, text)
    size = path.stat().st_size
    return replace(
        whole,
        columns=tuple(columns),
        limits=limits_of(size, file.limits.seconds, file.limits.gigabytes),
        partial=partial,
        projected=file.layout == "plain" and (partial or is_shared or size > LARGE),
    )


def whole_request(path: Path, file: Deposited, text: tuple[str, ...]) -> Request:
    """What is asked of a file as a whole; ``text`` are its columns of ids and keys."""
    return Request(
        str(path),
        file.format,
        encoding=file.encoding,
        delimiter=file.delimiter,
        decimal=file.decimal,
        thousands=file.thousands,
        sheet=file.sheet,
        header_row=file.header_row,
        footer_rows=file.footer_rows,
        layout=file.layout,
        text=text,
    )
