"""Which keys a declared model may have and must have: those of its family's record."""

from __future__ import annotations

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from pipeline.specs.base import Asking
from pipeline.specs.families import FAMILIES
from pipeline.specs.family import SHARED, Family


def is_family(key: str) -> str:
    """The family as declared. Raises ValueError with the nearest name if there is none."""
    if key not in FAMILIES:
        raise ValueError(f"no model family is called `{key}`; {FAMILIES.expected(key)}")
    return key


def check_keys(model: Asking) -> None:
    """Raises ValidationError at each key that the family does not take, and ValueError without one that it needs."""
    family = FAMILIES[model.family]
    foreign = sorted(model.model_fields_set - family.keys)
    if foreign:
        errors: list[InitErrorDetails] = [
            {"type": PydanticCustomError("value_error", _refusal(family, name)), "loc": (name,), "input": None}
            for name in foreign
        ]
        raise ValidationError.from_exception_data(type(model).__name__, errors)
    if not all(any(getattr(model, name) for name in needed.split("|")) for needed in family.needs):
        raise ValueError(f"{_a(family)} model needs {_in_words(family.needs)}")


def raise_at(model: str, name: str, why: str) -> None:
    """Raises ValidationError at the key ``name`` of a declaration."""
    detail: InitErrorDetails = {
        "type": PydanticCustomError("value_error", "{why}", {"why": why}), "loc": (name,), "input": None,
    }  # fmt: skip
    raise ValidationError.from_exception_data(model, [detail])


def _refusal(family: Family, name: str) -> str:
    """What the family takes instead, and which families of its kind take the key."""
    others = [f"`{key}`" for key, one in FAMILIES.items() if name in one.keys and one.structural == family.structural]
    taken_by = f". `{name}` is taken by {_listed(others)}" if others else ""
    why = ": people’s levels are taken out, and no level can be predicted" if name == "predict_at" else ""
    why = why if family.takes_out_levels else ""
    return f"{_a(family)} model takes no `{name}`{why}; it takes {', '.join(sorted(family.keys - SHARED))}{taken_by}"


def _listed(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]


def _a(family: Family) -> str:
    return f"{'an' if family.key[0] in 'aeiou' else 'a'} `{family.key}`"


def _in_words(needs: tuple[str, ...]) -> str:
    """The needed keys: "`from_wave`, `exposures` and one of `to_wave`, `to_waves`, `sets`"."""
    words = []
    for needed in needs:
        names = ", ".join(f"`{name}`" for name in needed.split("|"))
        words.append(f"one of {names}" if "|" in needed else names)
    return _listed(words)
