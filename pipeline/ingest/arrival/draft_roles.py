"""The columns with a role in a drafted wave: by the name they had before; what else may have a role is a comment."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pipeline.ingest.arrival.draft_fieldwork import date_columns
from pipeline.ingest.arrival.draft_names import Names
from pipeline.ingest.arrival.expected import Expected
from pipeline.ingest.formats.deposit import Deposit
from pipeline.specs.project import Study
from pipeline.specs.yaml_text import quoted

_NAMES = {
    "person_id": r"id|pid|pidp|.*_id|id_.*|"
    r"(resp|pers(on)?|case|subj(ect)?|part|panel(ist)?|indiv|user|member)(id|no|nr)|respondent.*|participant.*|externalreference|token|serial\w*|xwaveid",
    "weight": r"w(eigh)?t|.*weight.*|wgt.*",
    "interview_date": r"(start|interview|int|end|record\w*)_?date.*|date|submitted|created_at",
    "duration": r"(interview_?)?(duration|minutes|length)(_?(min|sec|in)\w*|\s*\(in .*\))?|time_?taken|loi",
    "progress": r"progress|percent_?complete\w*",
    "test": r"(is_?)?test(_?(data|case|record|mark))?|remarks?",
}
"""Role → names that columns with the role often have, in small letters."""
_DATES = "the only column of dates"
_NO_NAMES = Names()


def roles_in(want: Expected, deposit: Deposit, called: Names = _NO_NAMES) -> dict[str, str]:
    """Role → the column with the name of the one that had it last; the only dates are those of the interviews.

    ``called``: a column as study.yaml calls it comes first, with the wave's mark or, where it is unprefixed, without.
    """
    by_case = {column.lower(): column for column in deposit.frame.columns}
    found = {}
    for role, name in want.roles.items():
        as_declared = [called.of(name)] if called.around is not None else []
        names = (*as_declared, want.mark.of(name), name)
        column = next((by_case[one.lower()] for one in names if one.lower() in by_case), None)
        if column is not None:
            found[role] = column
    dates = [*date_columns(deposit)]
    if "interview_date" not in want.roles and len(dates) == 1 and dates[0] not in found.values():
        found["interview_date"] = dates[0]
    return found


def person_column(study: Study, deposit: Deposit) -> str | None:
    """The column of ids: by the name that study.yaml gives it, or the first that is called like one."""
    columns = deposit.frame.columns
    declared = (study.about.columns.person_id or "").lower()
    named = [column for column in columns if column.lower() == declared]
    called = [column for column in columns if re.fullmatch(_NAMES["person_id"], column.lower())]
    return next(iter([*named, *called]), None)


def of_paradata(guesses: Sequence[tuple[str, str]]) -> set[str]:
    """The columns that look like paradata, which no question was asked for; any other guess may be an item as well."""
    return {column for role, column in guesses if role in ("duration", "progress")}


def guessed_roles(want: Expected, roles: Mapping[str, str], deposit: Deposit) -> list[tuple[str, str]]:
    """Role and column: for each role that no column has, those that look as if they had it."""
    free = [column for column in deposit.frame.columns if column not in roles.values()]
    dates = date_columns(deposit)
    return [
        (role, column)
        for role, pattern in _NAMES.items()
        for column in free
        if role not in roles
        and re.fullmatch(pattern, want.mark.without(column).lower())
        and (column in dates) == (role == "interview_date")
        and (role != "person_id" or deposit.frame[column].n_unique() == deposit.frame.height)
    ]


def _own_line(role: str, column: str, name: str | None, before: str | None, called: Names) -> str:
    """The line of a role's column; a comment where study.yaml's pattern gives no name for it, with what to do."""
    if name is not None:
        how = "the name it had before" if column == before else f"before: {before}" if before else _DATES
        return f"      {role}: {quoted(name)}  # {how}"
    bare = called.bare(column)
    if bare in called.unprefixed:
        todo = f"take `{bare}` out of `unprefixed` of study.yaml: here it bears the wave's mark"
    else:
        todo = "list it under `unprefixed` of study.yaml: it bears no mark"
    return f"      # {role}: {quoted(column)}  # {todo}"


def named_like_roles(want: Expected, roles: Mapping[str, str], called: Names, deposit: Deposit) -> dict[str, str]:
    """Columns that are none of their own → why: a role, or what does not change, by the same name without its mark."""
    if called.around is None:
        return {}
    taken, columns = {*roles.values()}, {*deposit.frame.columns}
    found = {}
    for column in deposit.frame.columns:
        bare = called.bare(column)
        if column in taken:
            continue
        if bare in want.roles.values() and want.roles.get("person_id") != bare:
            found[column] = "the column of that name with, or without, the wave's mark has a role"
        elif bare != column and bare in columns and bare not in taken:
            double = column if bare in called.unprefixed else bare
            found[double] = "the column of that name with, or without, the wave's mark is read; see `unprefixed`"
    return found


def role_by_name(name: str) -> str:
    """The role that a variable's name speaks for; empty for others, and for marks of test records."""
    found = (role for role, pattern in _NAMES.items() if role != "test" and re.fullmatch(pattern, name.lower()))
    return next(found, "")


def role_lines(
    want: Expected,
    roles: Mapping[str, str],
    guesses: Sequence[tuple[str, str]],
    called: Names,
    declared: Mapping[str, str],
    weights: Sequence[str] = (),
) -> list[str]:
    """The lines ``columns`` of a file: roles that were found, those that are absent, and columns that may have one.

    ``declared``: role → variable as study.yaml says, which needs no line where the pattern of names gives the column.
    ``weights``: columns that look like weights, which are offered where no column has that role.
    """
    named = {role: called.declared(column) for role, column in roles.items()}
    own = {
        role: column
        for role, column in roles.items()
        if called.around is None or named[role] is None or named[role] != declared.get(role)
    }
    absent = {role: name for role, name in want.roles.items() if role not in roles}
    none = [role for role in absent if called.around is not None and role != "person_id"]
    lines = [_own_line(role, column, named[role], want.roles.get(role), called) for role, column in own.items()]
    lines += [
        f"      # {role}: {quoted(called.declared(column) or column)}  # by its name; is it?"
        for role, column in guesses
    ]
    lines += [
        f"      {role}: none  # there is no column `{called.of(absent[role])}`; or is it called otherwise?"
        for role in none
    ]
    lines += [
        f"      # weight: {quoted(called.declared(column) or column)}  # it looks like a weight; is it this wave's?"
        for column in weights
        if "weight" not in roles and ("weight", column) not in guesses
    ]
    if lines:  # a key with nothing but comments below it would say nothing
        lines.insert(0, "    # columns:" if all(line.lstrip().startswith("#") for line in lines) else "    columns:")
    return [
        *lines,
        *(
            f"    # {role}: there is no column `{name}`; say which it is, or `{role}: none` if this wave has none"
            for role, name in absent.items()
            if role not in none
        ),
    ]
