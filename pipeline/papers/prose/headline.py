"""A model's main result as one sentence: direction by its sign, certainty by its interval, size by a yardstick.

No word or number of the sentence is typed. A withheld result gives a sentence that says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline.errors import PaperError
from pipeline.papers.phrases import in_sentence, joined, sentence
from pipeline.papers.prose.difference import ends
from pipeline.papers.prose.quantity import SHARE, Printed, Quantity, per, withheld
from pipeline.papers.prose.yardstick import as_much, is_clear, length
from pipeline.specs.components import COMPONENTS
from pipeline.specs.rounding import percent, rounded, to_places

if TYPE_CHECKING:
    from pipeline.papers.results import Results

MAIN = (
    "total_indirect_effect_within",
    "total_indirect_effect",
    "total_indirect_effect_between",
    "within",
    "explained_within",
    "odds_ratio",
    "rate_ratio",
    "coefficient",
    "lag",
    "difference_of_changes",
    "difference",
    "change",
)
"""Components that a model's headline is about, the first that it has."""

WITHIN, BETWEEN = "within a person", "between people"


@dataclass(frozen=True)
class _Effect:
    """A result with the words that its sentence is made of."""

    quantity: Quantity
    outcome: str
    term: str
    through: str
    units: float

    @property
    def component(self) -> str:
        return self.quantity.origin.component

    @property
    def where(self) -> str:
        """Of what it speaks: change within a person, differences between people, or neither."""
        if self.component.endswith("within"):
            return WITHIN
        return BETWEEN if self.component.endswith("between") else ""

    @property
    def is_ratio(self) -> bool:
        return self.quantity.null == 1.0

    @property
    def in_points(self) -> bool:
        """Whether it is a difference of shares, printed in percentage points."""
        kind = COMPONENTS.get(self.component)
        in_units = kind is not None and (kind.in_units or kind.compared) and not kind.log_scale
        return in_units and self.quantity.origin.ranges[0] == SHARE

    @property
    def is_yes_or_no(self) -> bool:
        """Whether its term is a share of one: people to whom it applies against the others."""
        return self.quantity.origin.ranges[1] == SHARE and self.units == 1.0


def headline(
    results: Results,
    model: str,
    term: str | None = None,
    *,
    component: str | None = None,
    outcome: str | None = None,
    wave: str | None = None,
    group: str | None = None,
    units: float = 1.0,
) -> Printed | str:
    """``headline("model")``: one sentence of its main result, which names else pick out; ``units``: of the term.

    Raises ``PaperError`` for names that do not exist, and a yardstick that is no result of the paper.
    """
    rows = results.of(model)
    main = next((kind for kind in MAIN if any(row["component"] == kind for row in rows)), None)
    if rows and component is None and main is None:
        raise PaperError(f"`{model}` has no effect for a headline", todo="Name its `component`.")
    component = component or main
    if term is None:
        term = next((str(row["term"]) for row in rows if row["component"] == component), None)
    found = results.est(model, term, component=component, outcome=outcome, wave=wave, group=group)
    if units != 1.0:
        found = per(found, units)
    effect = _effect(results, model, found, units)
    if found.value is None:
        about = f"The association of {in_sentence(effect.term)} with {in_sentence(effect.outcome)}"
        why = found.why.removeprefix("withheld: ")
        return sentence(f"{about} is withheld{f': {why}' if why else ''}")
    if withheld(found):
        return sentence(f"{effect.outcome}: not published, because it is about few people")
    said, measured = _said(effect), _yardstick(results, model, effect)
    words, other = measured if measured is not None and found.low is not None and is_clear(found) else ("", None)
    rows_of = (*found.origin.rows, *(other.origin.rows if other is not None else ()))
    origin = replace(found.origin, what=f"Headline: {found.origin.what}", rows=rows_of, scaled=True, factor=0.0)
    text = sentence(f"{said}, {words}" if words else said)
    return Printed(text, replace(found, origin=origin))


def _effect(results: Results, model: str, found: Quantity, units: float) -> _Effect:
    origin = found.origin
    through = ""
    if "indirect_effect" in origin.component:
        path = origin.place[1]
        own = {str(row["term"]) for row in results.of(model) if str(row["component"]).startswith("sensitivity_rho")}
        names = path.split(" → ") if path else sorted(own)
        through = joined([in_sentence(results.label(name)) for name in names])
    return _Effect(found, results.label(origin.outcome), results.label(origin.term), through, units)


OF = {"explained_within": "the change within people", "explained_between": "the difference between people"}
"""Component → of what it is a share."""


def _said(effect: _Effect) -> str:
    """The sentence without its yardstick and full stop."""
    found, outcome = effect.quantity, in_sentence(effect.outcome)
    if effect.component in OF:
        share = percent(found.known(), found.places(0, 100))
        return f"{effect.term} explains {share} of {OF[effect.component]} in {outcome}{_share_span(found)}"
    place = f"{effect.where}, " if effect.where else ""
    by = f"through {effect.through}, " if effect.through else ""
    if not is_clear(found):
        return f"{place}{by}{outcome} {_unclear(effect)} ({_span(effect)})"
    if effect.is_ratio:
        return f"{place}the odds of {outcome} are {_size(effect)} times as high {_for(effect)} ({_span(effect)})"
    if effect.component == "lag":
        return f"{_more(effect)} is followed at the next wave by {outcome} that is {_size(effect)} ({_span(effect)})"
    if effect.component in ("change", "difference_of_changes"):
        moved = "rose" if found.known() > 0 else "fell"
        return f"{outcome} {moved} by {_amount(effect)} ({_span(effect)})"
    return f"{place}{by}{outcome} is {_size(effect)} {_for(effect)} ({_span(effect)})"


def _share_span(found: Quantity) -> str:
    if found.low is None or found.high is None:
        return ""
    places = found.places(0, 100)
    return f" ({percent(found.low, places)} to {percent(found.high, places)})"


def _unclear(effect: _Effect) -> str:
    if effect.component in ("change", "difference_of_changes"):
        return "did not clearly change"
    return f"is not clearly associated with {in_sentence(effect.term)}"


def _for(effect: _Effect) -> str:
    """What the effect is for: one point more of its term, or the term against its absence."""
    if effect.is_yes_or_no:
        return f"with “{in_sentence(effect.term)}” than without"
    return f"for {_more(effect)}"


def _more(effect: _Effect) -> str:
    amount = "one point" if effect.units == 1.0 else f"{effect.units:g} points"
    return f"{amount} more of {in_sentence(effect.term)}"


def _amount(effect: _Effect) -> str:
    """The size without its sign, in the unit that it is printed in."""
    found = effect.quantity
    times = 100.0 if effect.in_points else 1.0
    places = found.places(0 if effect.in_points else 2, times)
    text = to_places(abs(found.known()) * times, places)
    return f"{text} percentage {'point' if text == '1' else 'points'}" if effect.in_points else text


def _size(effect: _Effect) -> str:
    if effect.is_ratio:
        return to_places(effect.quantity.known(), effect.quantity.places(2))
    return f"{_amount(effect)} {'higher' if effect.quantity.known() > 0 else 'lower'}"


def _span(effect: _Effect) -> str:
    """The interval as its number is printed: of a clear one without its sign."""
    found = effect.quantity
    low, high = ends(found)
    times = 100.0 if effect.in_points else 1.0
    places = found.places(0 if effect.in_points else 2, times)
    if is_clear(found) and not effect.is_ratio:
        low, high = sorted((abs(low), abs(high)))
    span = f"{rounded(low * times, places)} to {rounded(high * times, places)}"
    return span if is_clear(found) else f"{to_places(found.known() * times, places)}; {span}"


def _yardstick(results: Results, model: str, effect: _Effect) -> tuple[str, Quantity | None] | None:
    """The effect as a share of the model's yardstick, and the result that this is; None where it has none."""
    declared = results.yardsticks.get(model)
    if declared is None or effect.is_ratio or effect.component in OF:
        return None
    size, other = length(results, model, declared)
    if not size:
        return None
    share = abs(effect.quantity.known()) / size
    return f"{as_much(share)} {declared.words}", other
