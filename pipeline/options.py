"""The options of public functions: one that a function does not have is refused by name, with the nearest one.

Free of data frames, so that whatever is imported before there are any may use it; ``door.py`` does the rest.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from functools import cache, wraps
from typing import Any, TypeVar, cast, get_args, is_typeddict

from pipeline.errors import ModelError

Function = TypeVar("Function", bound=Callable[..., Any])


class OptionError(ModelError, TypeError):
    """An option that the function does not have, or one it needs and was not given."""


def known_options(function: Function) -> Function:
    """The function, refusing by name an option that it does not have; its frames stay as they are given.

    For functions whose tables are those of this project, which the door need not put in order.
    """
    signature = inspect.signature(function)

    @wraps(function)
    def opened(*args: Any, **kwargs: Any) -> Any:
        bound(function, signature, args, kwargs)
        return function(*args, **kwargs)

    return cast(Function, opened)


@cache
def hints(function: Callable[..., Any]) -> dict[str, Any]:
    """The annotation of each argument, also of those in ``**options``; object where it has no run-time type."""
    found: dict[str, Any] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        hint = _resolved(parameter.annotation, vars(inspect.getmodule(function)))
        if parameter.kind is parameter.VAR_KEYWORD:
            for kind in filter(is_typeddict, get_args(hint)):
                names = vars(inspect.getmodule(kind))
                found |= {key: _resolved(value, names) for key, value in kind.__annotations__.items()}
        else:
            found[name] = hint
    return found


def _resolved(annotation: Any, names: Mapping[str, Any]) -> Any:
    text = getattr(annotation, "__forward_arg__", annotation)
    if not isinstance(text, str):
        return text
    try:
        return eval(text, dict(names))
    except NameError:  # a name that only type checkers import
        return object


@cache
def gathered(function: Callable[..., Any]) -> tuple[str, ...]:
    """The name of the argument that gathers options by name, if there is one."""
    parameters = inspect.signature(function).parameters.values()
    return tuple(parameter.name for parameter in parameters if parameter.kind is parameter.VAR_KEYWORD)


def bound(
    function: Callable[..., Any], signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> inspect.BoundArguments:
    """What each argument was given. Raises OptionError for one that the function does not have, or lacks."""
    known = hints(function)
    foreign = sorted(kwargs.keys() - known.keys())
    if foreign:
        todo = f"{_meant(foreign[0], known)}There are: {', '.join(known)}."
        raise OptionError(f"`{foreign[0]}` is not an option here", where=function.__name__, todo=todo)
    try:
        given = signature.bind(*args, **kwargs)
    except TypeError as error:
        raise OptionError(str(error), where=function.__name__, todo=f"It takes: {', '.join(known)}.") from None
    given.apply_defaults()
    return given


def _meant(name: str, known: Iterable[str]) -> str:
    """The option that a name resembles, as a question."""
    close = get_close_matches(name, list(known), n=1)
    return f"Did you mean `{close[0]}`? " if close else ""
