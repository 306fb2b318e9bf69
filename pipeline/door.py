"""The door of public functions: what is given is put in order or refused here, so that no function below need ask.

NaN becomes null, and a mapping the declaration that it says; infinity, frames that are not polars', options that do not
exist, shares outside 0 to 1 and text as a weight are refused in one message; waves held as text are ordered by the
numbers in their names.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from functools import wraps
from typing import Any, Literal, Union, cast, get_args, get_origin

import numpy as np
import polars as pl
from pydantic import BaseModel, ValidationError

from pipeline.errors import ModelError
from pipeline.on_disk import is_source
from pipeline.on_disk import on_disk as table_on_disk
from pipeline.options import Function, OptionError, bound, gathered, hints
from pipeline.specs.family import load
from pipeline.wave_order import in_wave_order

INDEX = ("person_id", "arm", "wave")
WEIGHTS = ("weight", "weights", "base_weight")
SHARES = ("confidence", "level")
LARGEST = 1e70
"""Beyond it fourth powers overflow; nothing that is asked or counted is as large."""
FEWEST_DRAWS = 50
"""Of fewer no quantile, and no p-value below 0.05, can be had."""


def public(
    *,
    once: bool | Sequence[str] = False,
    people: bool = False,
    ordered: bool = False,
    infinite: bool = True,
    on_disk: str | None = None,
) -> Callable[[Function], Function]:
    """The function behind the door.

    ``once``: a person stands in a wave once (in the frames of these arguments, by default in all); ``people``: and,
    where a frame has no waves, once in all. ``ordered``: the order of waves matters, so that text that has none is
    refused. ``infinite=False`` leaves infinite values to the function that this one calls, which knows the columns it
    uses. ``on_disk`` names the function (``module:function``) of the same arguments that takes a path to a Parquet
    file, a LazyFrame or a DuckDB relation in place of a frame. Raises ModelError, or OptionError for an argument that
    the function does not have.
    """

    def behind(function: Function) -> Function:
        signature = inspect.signature(function)

        @wraps(function)
        def opened(*args: Any, **kwargs: Any) -> Any:
            given = bound(function, signature, args, kwargs)
            given.arguments |= _declarations(function, given.arguments)
            options = {name: value for name, value in given.arguments.items() if name not in gathered(function)}
            options |= {key: value for name in gathered(function) for key, value in given.arguments[name].items()}
            sources = [name for name, value in given.arguments.items() if on_disk is not None and is_source(value)]
            for name, value in options.items():
                if name not in sources:
                    _check(name, value, hints(function).get(name, object))
            _check_together(options, signature)
            if sources:
                given.arguments |= {name: table_on_disk(given.arguments[name]) for name in sources}
                return load(str(on_disk))(*given.args, **given.kwargs)
            for name, value in given.arguments.items():
                if isinstance(value, pl.DataFrame):
                    single = once if isinstance(once, bool) else name in once
                    given.arguments[name] = _frame(
                        value, options, once=single, people=people, ordered=ordered, infinite=infinite
                    )
            return _called(function, given)

        return cast(Function, opened)

    return behind


def _called(function: Function, given: inspect.BoundArguments) -> Any:
    """What the function gives. Raises OptionError where it declares of its arguments what no declaration may hold."""
    try:
        return function(*given.args, **given.kwargs)
    except ValidationError as error:
        raise _refused(error) from None


def _refused(error: ValidationError) -> OptionError:
    """What a declaration made of the arguments may not hold, each with the keys that lead to it."""
    messages = []
    for detail in error.errors(include_url=False, include_input=False):
        message = detail["msg"].removeprefix("Value error, ")
        if detail["type"] == "extra_forbidden":
            message = "is not an option here"
        key = ".".join(map(str, detail["loc"]))
        messages.append(f"`{key}`: {message[0].lower()}{message[1:]}" if key else message)
    return OptionError("; ".join(messages))


def _declarations(function: Function, given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments, those that are declarations as such."""
    return {name: _declared(name, value, hints(function).get(name, object)) for name, value in given.items()}


def _declared(name: str, value: object, hint: Any) -> object:
    """A declaration that is given as a mapping, as its YAML file would be read; others as they are.

    Raises OptionError for what it may not hold, and for a value that can be none.
    """
    parts = get_args(hint) if get_origin(hint) in (Union, type(int | str)) else (hint,)
    kind = next((part for part in parts if isinstance(part, type) and issubclass(part, BaseModel)), None)
    if kind is None or isinstance(value, BaseModel) or (value is None and type(None) in parts):
        return value
    if isinstance(value, Mapping):
        try:
            return kind.model_validate(value)
        except ValidationError as error:
            raise _refused(error) from None
    others = tuple(part for part in parts if isinstance(part, type) and part is not kind)
    if get_origin(hint) is not None and (isinstance(value, others) or any(get_origin(part) for part in parts)):
        return value  # another form of the argument, which the function knows
    if value is None or isinstance(value, (str, int, float, list, tuple, pl.DataFrame)):
        todo = "Give its keys, as its YAML file has them."
        raise OptionError(f"is a {type(value).__name__}, and no declaration", where=name, todo=todo)
    return value


def _check(name: str, value: object, hint: Any) -> None:
    """Raises ModelError for a value of another kind than the argument takes."""
    parts = get_args(hint) if get_origin(hint) in (Union, type(int | str)) else (hint,)
    if pl.DataFrame in parts:
        _require_polars(name, value, optional=type(None) in parts)
    choices = [choice for part in parts if get_origin(part) is Literal for choice in get_args(part)]
    if choices and value not in (*choices, *([None] if type(None) in parts else [])):
        words = ", ".join(f'"{choice}"' for choice in choices)
        raise OptionError(f"`{name}={value!r}` is not an option here", where=name, todo=f"There are: {words}.")
    if hint is bool and not isinstance(value, (bool, np.bool_)):
        raise OptionError(f"`{name}={value!r}` is neither True nor False", where=name)
    if isinstance(value, str) and str not in parts and any(_holds_text(part) for part in parts):
        raise OptionError("one name where a list of names is taken", where=name, todo=f'Write {name}=["{value}"].')
    _check_number(name, value)


def _holds_text(hint: Any) -> bool:
    return isinstance(get_origin(hint), type) and issubclass(get_origin(hint), Iterable) and get_args(hint) == (str,)


def _check_number(name: str, value: object) -> None:
    if name in SHARES and not (isinstance(value, (int, float)) and 0 < value < 1):
        raise OptionError(f"`{name}={value!r}` is no share between 0 and 1", where=name, todo=f"Write {name}=0.95.")
    if isinstance(value, (pl.Series, np.ndarray)) and name in (*WEIGHTS, "probability"):
        values = pl.Series(name, value)
        if not values.dtype.is_numeric():
            raise ModelError(f"`{name}` must be numbers", where=name, count=values.len())
        _refuse_infinite(values.to_frame(name))


def _require_polars(name: str, value: object, *, optional: bool) -> None:
    if isinstance(value, pl.DataFrame) or (optional and value is None):
        return
    kind = f"{type(value).__module__.split('.')[0]} {type(value).__name__}"
    todo = "Give `polars.from_pandas(frame)`."
    if isinstance(value, str):
        todo = "Write Path(…) for the path of a Parquet file."
    if is_source(value):
        todo = "This function needs its rows in memory: give `polars.read_parquet(path)`, or `.collect()` of a query."
    raise OptionError(f"a polars DataFrame is taken, and this is a {kind}", where=name, todo=todo)


def _check_together(options: Mapping[str, Any], signature: inspect.Signature) -> None:
    """Raises OptionError for arguments that do not go with each other, or with what the function does by itself."""
    _check_categories(options)
    _check_roles(options)
    if "draws" in options:
        _check_draws(options["draws"], signature.parameters["draws"].default)


def _check_categories(options: Mapping[str, Any]) -> None:
    """Raises OptionError for a column named in ``categorical`` that the model does not use."""
    named = options.get("categorical", ())
    used = {*options.get("exposures", ()), *options.get("covariates", ())}
    foreign = sorted(set(named) - used) if "exposures" in options else []
    if foreign:
        raise OptionError(
            f"{', '.join(f'`{name}`' for name in foreign)} is neither an exposure nor a covariate", where="categorical"
        )


def _check_roles(options: Mapping[str, Any]) -> None:
    """Raises OptionError for an outcome that is explained by itself, or a variable that mediates its own effect."""
    outcome = options.get("outcome")
    others = {role: list(_texts(options.get(role))) for role in ("exposures", "covariates")}
    for role, names in others.items():
        if isinstance(outcome, str) and outcome in names:
            raise OptionError(f"`{outcome}` is the outcome, and explained by itself", where=role, todo="Leave it out.")
    mediators = list(_texts(options.get("mediators")))
    several = [name for name in mediators if name in (outcome, *others["exposures"], *others["covariates"])]
    several += [name for name in others["exposures"] if mediators and name in others["covariates"]]
    if several:
        what = f"`{several[0]}` has two roles among exposures, mediators, covariates and outcome"
        raise OptionError(what, todo="Give it one.")


def _check_draws(draws: object, default: object) -> None:
    """Raises OptionError for too few draws to say anything of, where the function has some by itself."""
    if isinstance(default, int) and default >= FEWEST_DRAWS and not (isinstance(draws, int) and draws >= FEWEST_DRAWS):
        raise OptionError(
            f"`draws={draws!r}` is no number of draws, of which {FEWEST_DRAWS} or more are needed",
            where="draws",
            todo=f"By itself there are {default:,}.",
        )


def _frame(
    frame: pl.DataFrame, options: Mapping[str, Any], *, once: bool, people: bool, ordered: bool, infinite: bool
) -> pl.DataFrame:
    """The frame with null for NaN and waves in order."""
    kinds = frame.schema
    used = {text for value in options.values() for text in _texts(value)} & set(kinds)
    columns = [name for name in kinds if not used or name in used or name in INDEX]
    frame = frame.with_columns(pl.selectors.float().fill_nan(None))
    if infinite:
        _refuse_infinite(frame.select(columns))
    for name in WEIGHTS:
        column = options.get(name)
        if isinstance(column, str) and column in kinds and not kinds[column].is_numeric():
            raise ModelError("a weight must be a number", where=column, todo="Correct the weights.")
    unordered = [name for name in columns if kinds[name] == pl.Categorical]
    frame = frame.with_columns(pl.col(unordered).cast(pl.String)) if unordered else frame
    person, wave = options.get("person", "person_id"), options.get("wave", "wave")
    if once:
        _refuse_twice(frame, person, wave, people=people)
    return in_wave_order(frame, wave) if ordered and isinstance(wave, str) and wave in frame.columns else frame


def _texts(value: object) -> Iterator[str]:
    """Every text in a value that may be nested."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, member in value.items():
            yield from _texts(key)
            yield from _texts(member)
    elif is_dataclass(value):
        for member in vars(value).values():
            yield from _texts(member)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for member in value:
            yield from _texts(member)


def _refuse_infinite(frame: pl.DataFrame) -> None:
    counts = frame.select((pl.selectors.float().abs() > LARGEST).sum())
    found = {name: int(count) for name, count in counts.to_dicts()[0].items() if count} if counts.width else {}
    if found:
        infinite = frame.select(pl.any_horizontal(pl.col(*found).is_infinite()).any()).item()
        what = "infinite values" if infinite else f"values beyond {LARGEST:g}, which no answer is"
        raise ModelError(what, where=", ".join(found), count=sum(found.values()), todo="Correct them.")


def _rises(rows: pl.DataFrame) -> bool:
    """Whether each row comes after the one before it, as in a sorted panel: then none stands there twice."""
    before = [pl.col(name).shift() for name in rows.columns]
    first = pl.col(rows.columns[0])
    after = first > before[0]
    if len(rows.columns) == 2:
        after |= (first == before[0]) & (pl.col(rows.columns[1]) > before[1])
    return bool(rows.select(after.slice(1).all()).item())


def _refuse_twice(frame: pl.DataFrame, person: object, wave: object, *, people: bool) -> None:
    if person not in frame.columns or not (people or wave in frame.columns):
        return
    keys = [str(person), *([str(wave)] if wave in frame.columns else [])]
    rows = frame.select(keys).drop_nulls()
    twice = 0 if _rises(rows) else rows.height - rows.unique().height
    if not twice:
        return
    if len(keys) == 1:
        raise ModelError("a person more than once", where=keys[0], count=twice, todo="Give one row per person.")
    raise ModelError("a person more than once in a wave", count=twice, todo="Give one row per person and wave.")
