"""Kinds of figures: one record of facts each, from which checks, wiring and the dispatch of figures are derived.

A kind is one record here (or one that is registered) and the one function that it names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from pipeline.specs.base import Declaration, Name, WaveName
from pipeline.specs.components import COMPONENTS
from pipeline.specs.families import FAMILIES
from pipeline.specs.family import Family
from pipeline.specs.records import Records

Table = Literal["estimates", "participation", "comparability", "panel", "programme", "monitor"]
Labelled = Literal["outcomes", "terms", "models", "measures"]

SHARED = frozenset({"study", "kind", "title", "subtitle", "note"})
"""Keys that every figure may have."""

SHARED_STUDY = ("about.title", "about.source", "about.synthetic", "about.twin")
"""What every figure reads of its study."""


class PathOptions(Declaration):
    """Keys of a path figure."""

    standardised: bool = False  # in within-person standard deviations, so that paths may be compared


class LikertOptions(Declaration):
    """Keys of a diverging figure."""

    middle: tuple[float, ...] | None = None  # the values that belong to neither side
    waves: tuple[WaveName, ...] = ()  # those drawn: all unless some are named


class AreaOptions(Declaration):
    """Keys of figures of areas."""

    wave: WaveName | None = None  # the last unless it is named


class TransitionOptions(Declaration):
    """Keys of a figure of moves."""

    waves: tuple[WaveName, ...] = Field(default=(), max_length=6)  # all unless some are named
    arm: Name | None = None
    weighted: bool = True  # by the design weight of the first wave
    absent: bool = False  # whether those who did not answer a later wave are shown


class MultiplesOptions(Declaration):
    """Keys of small multiples."""

    order: Literal["declared", "last"] = "declared"  # of the panels: as declared, or the highest last value first


class ForestOptions(Declaration):
    """Keys of a forest plot."""

    component: str = "coefficient"  # of the estimates that are drawn
    pooled: Literal["common", "random"] | None = None  # one more row: the mean of results of different people


class ProgrammeOptions(Declaration):
    """Keys of a forest plot of a programme."""

    programme: Name | None = None  # the only one of the study unless it is named
    wave: WaveName | None = None  # the last with a pooled effect unless it is named


class ChartOptions(Declaration):
    """Keys of a control chart of areas."""

    wave: WaveName | None = None  # the last round with limits unless it is named


class EventOptions(Declaration):
    """Keys of an event study."""

    x_label: str = ""  # what its time is counted in


@dataclass(frozen=True)
class FigureKind:
    """The facts of a kind of figure.

    ``draws`` says in words what it shows. ``function`` is written ``module:name``: what makes the picture of a
    declaration. ``takes`` are the keys of ``Figure`` that a declaration may have besides ``SHARED``; ``options`` is
    a class of keys that no other kind has, which stand among the others and reach the module as ``spec.options``.
    ``needs`` are the tables it reads; ``can_draw`` says of which families' models (a function with a
    name: an added record travels to the processes that draw). ``reads_study`` and
    ``reads_models`` name the parts of the declarations that it reads besides ``SHARED_STUDY`` (``*``: every member),
    ``labelled`` what it prints under the labels of concepts. ``shows_levels``: levels
    of its ``outcomes`` by wave, so that it may show a trend that another estimate contradicts. ``prints``: the
    components whose values it prints as they are; ``in_percent``: in per cent, whether ``percent`` is declared or not.
    """

    key: str
    draws: str
    function: str
    takes: frozenset[str]
    needs: tuple[Table, ...]
    can_draw: Callable[[Family], bool] | None = None
    reads_study: tuple[str, ...] = ()
    reads_models: tuple[str, ...] = ()
    labelled: tuple[Labelled, ...] = ()
    options: type[Declaration] | None = None
    shows_levels: bool = False
    prints: tuple[str, ...] = ()
    in_percent: bool = False

    @property
    def module(self) -> str:
        """The module that draws it."""
        return self.function.split(":")[0]

    @property
    def keys(self) -> frozenset[str]:
        """Every key that a declaration of the kind may have."""
        return SHARED | self.takes | frozenset(self.options.model_fields if self.options else ())

    @property
    def families(self) -> tuple[str, ...]:
        """The families of models that it can draw."""
        return tuple(key for key, family in FAMILIES.items() if self.can_draw is not None and self.can_draw(family))


def _has_levels(family: Family) -> bool:
    return any(COMPONENTS[name].level for name in family.components if name in COMPONENTS)


def _has_shares(family: Family) -> bool:
    return "share" in family.components


def _has_effects(family: Family) -> bool:
    return any(COMPONENTS[name].legend is not None for name in family.components if name in COMPONENTS)


def _has_odds(family: Family) -> bool:
    return family.log_scale


def _has_slopes(family: Family) -> bool:
    return "slope_curve" in family.components


def _has_mediators(family: Family) -> bool:
    return "total_indirect_effect" in family.components


_MEDIATED = tuple(
    f"{kind}{level}"
    for kind in ("path", "indirect_effect", "direct_effect", "total_effect")
    for level in ("", "_within", "_between")
)


def _has_predictions(family: Family) -> bool:
    return "prediction" in family.components


def _has_versions(family: Family) -> bool:
    return "version" in family.components


def _has_cells(family: Family) -> bool:
    return "cell" in family.components


def _has_units(family: Family) -> bool:
    known = [COMPONENTS[name] for name in family.components if name in COMPONENTS]
    return any(one.in_units or one.is_change or one.is_difference for one in known)


def _has_event_times(family: Family) -> bool:
    return "event_time" in family.components


def _has_lags(family: Family) -> bool:
    return "lag" in family.components


_ESTIMATES = frozenset({"models", "labels", "claims"})
_CALENDAR = (
    "about.arms.*.title",
    "about.arms.*.waves",
    "waves.*.fieldwork.start",
    "waves.*.fieldwork.end",
    "waves.*.files.*.arm",
    "waves.*.files.*.fieldwork.start",
    "waves.*.files.*.fieldwork.end",
)

_EVENTS = ("about.events.*.date", "about.events.*.label", "about.events.*.until")
_ANSWERS = (
    "items.*.concept",
    "items.*.codes",
    "items.*.kind",
    "items.*.range",
    "items.*.recode",
    "items.*.reverse",
)

FIGURE_KINDS: Records[FigureKind] = Records(
    "a kind of figure",
    FigureKind(
        "trend",
        "means or shares by wave with intervals, on a true time axis, with the study’s events",
        "pipeline.figures.kinds.trend:picture",
        takes=_ESTIMATES | {"outcomes", "groups", "y_label", "y_range", "percent", "events"},
        needs=("estimates", "comparability"),
        can_draw=_has_levels,
        reads_study=(*_CALENDAR, *_EVENTS),
        reads_models=("confidence", "group"),
        labelled=("outcomes",),
        shows_levels=True,
        prints=("mean", "share"),
    ),
    FigureKind(
        "small_multiples",
        "the same trend for each group or outcome in a panel of its own, all on one scale; `order: last` puts the "
        "highest last value first",
        "pipeline.figures.kinds.small_multiples:picture",
        takes=_ESTIMATES | {"outcomes", "groups", "y_label", "y_range", "percent", "events"},
        needs=("estimates", "comparability"),
        can_draw=_has_levels,
        reads_study=(*_CALENDAR, *_EVENTS, "about.tiles.*.label"),
        reads_models=("confidence", "group"),
        labelled=("outcomes",),
        options=MultiplesOptions,
        shows_levels=True,
        prints=("mean", "share"),
    ),
    FigureKind(
        "likert",
        "shares of answers from disagreement to agreement as bars around their middle, by wave or group; `middle` "
        "names the values that belong to neither side",
        "pipeline.figures.kinds.likert:picture",
        takes=_ESTIMATES | {"outcomes", "groups"},
        needs=("estimates",),
        can_draw=_has_shares,
        reads_study=(*_CALENDAR, *_ANSWERS, "waves.*.title"),
        reads_models=("arms", "confidence"),
        options=LikertOptions,
        shows_levels=True,
        prints=("share",),
        in_percent=True,
    ),
    FigureKind(
        "areas",
        "means or shares by area as dots with intervals, the highest first; a second model without `group` draws a "
        "line at all areas together",
        "pipeline.figures.kinds.areas:picture",
        takes=_ESTIMATES | {"outcomes", "groups", "y_label", "percent"},
        needs=("estimates",),
        can_draw=_has_levels,
        reads_study=("about.tiles.*.label",),
        reads_models=("confidence",),
        options=AreaOptions,
        prints=("mean", "share"),
    ),
    FigureKind(
        "tile_map",
        "means or shares by area as equal tiles with their values, laid out by the study’s `tiles`",
        "pipeline.figures.kinds.tile_map:picture",
        takes=_ESTIMATES | {"outcomes", "groups", "y_label", "percent"},
        needs=("estimates",),
        can_draw=_has_levels,
        reads_study=("about.tiles",),
        reads_models=("confidence",),
        options=AreaOptions,
        prints=("mean", "share"),
    ),
    FigureKind(
        "transitions",
        "how the same people’s answers to one measure moved from wave to wave (`waves`), as bands between columns",
        "pipeline.figures.kinds.transitions:picture",
        takes=frozenset({"outcomes", "labels"}),
        needs=("panel",),
        reads_study=(*_CALENDAR, *_ANSWERS, "waves.*.title"),
        options=TransitionOptions,
    ),
    FigureKind(
        "coefficients",
        "estimates with intervals, effects within a person and between people in one row; `percent: true` for effects "
        "on a share, in percentage points",
        "pipeline.figures.kinds.coefficients:picture",
        takes=_ESTIMATES | {"terms", "y_label", "percent"},
        needs=("estimates", "comparability"),
        can_draw=_has_effects,
        reads_models=("confidence", "group", "outcome"),
        prints=("within", "between", "contextual", "coefficient"),
        labelled=("terms", "models"),
    ),
    FigureKind(
        "odds_ratios",
        "odds ratios with intervals, on a log axis; `per: {age: 10}` for ten years, `small: 1.25` for the grey band",
        "pipeline.figures.kinds.odds_ratios:picture",
        takes=_ESTIMATES | {"terms", "outcomes", "per", "small"},
        needs=("estimates", "comparability"),
        can_draw=_has_odds,
        reads_models=("confidence", "group"),
        labelled=("terms",),
    ),
    FigureKind(
        "path",
        "the lags of one cross-lagged model as arrows with intervals; `terms` chooses constructs, and "
        "`standardised: true` puts them in within-person standard deviations, so that they may be compared",
        "pipeline.figures.kinds.path:picture",
        takes=_ESTIMATES | {"terms"},
        needs=("estimates", "comparability"),
        can_draw=_has_lags,
        reads_study=("waves.*.title",),
        reads_models=("confidence", "constructs", "group"),
        labelled=("terms",),
        options=PathOptions,
        prints=("lag", "lag_standardised"),
    ),
    FigureKind(
        "simple_slopes",
        "how much an association depends on a moderator (`slopes` of a model): the slope with its band, hatched where "
        "it differs from zero, over a rug of where the answers lie",
        "pipeline.figures.kinds.simple_slopes:picture",
        takes=_ESTIMATES | {"terms", "y_label"},
        needs=("estimates", "comparability"),
        can_draw=_has_slopes,
        reads_models=("confidence", "exposures", "covariates", "outcome"),
        labelled=("outcomes", "measures"),
    ),
    FigureKind(
        "mediation_paths",
        "the paths of one `mediation` model from exposure to outcome, each with its mediators, coefficients and "
        "effect; `terms` chooses the exposure",
        "pipeline.figures.kinds.mediation_paths:picture",
        takes=_ESTIMATES | {"terms"},
        needs=("estimates", "comparability"),
        can_draw=_has_mediators,
        reads_models=("confidence", "group"),
        labelled=("terms", "outcomes"),
        prints=_MEDIATED,
    ),
    FigureKind(
        "predicted_margins",
        "what a model predicts at the values of its `predict_at`, with intervals; a second term as marks of other "
        "shapes; `groups` names values, `percent: true` prints probabilities in per cent",
        "pipeline.figures.kinds.predicted_margins:picture",
        takes=_ESTIMATES | {"terms", "outcomes", "groups", "y_label", "percent"},
        needs=("estimates", "comparability"),
        can_draw=_has_predictions,
        reads_study=("waves.*.title",),
        reads_models=("confidence", "group"),
        labelled=("terms", "outcomes"),
        prints=("prediction",),
    ),
    FigureKind(
        "event_study",
        "effects of one model by time before and since the start of a treatment, with intervals and a simultaneous "
        "band; the period before is set apart, the omitted one marked; `x_label` says what time is counted in",
        "pipeline.figures.kinds.event_study:picture",
        takes=_ESTIMATES | {"y_label", "percent"},
        needs=("estimates", "comparability"),
        can_draw=_has_event_times,
        reads_models=("confidence", "group"),
        options=EventOptions,
        prints=("event_time",),
    ),
    FigureKind(
        "sensitivity",
        "one result in every version of a `sensitivity` model, with its interval and number of people",
        "pipeline.figures.kinds.sensitivity:picture",
        takes=_ESTIMATES | {"y_label"},
        needs=("estimates", "comparability"),
        can_draw=_has_versions,
        prints=("version",),
        reads_models=("confidence", "group"),
    ),
    FigureKind(
        "forest",
        "results of several models, terms or subgroups with intervals, one a row; `component` says which, and `pooled: "
        "common` or `random` adds their mean, of results of different people",
        "pipeline.figures.kinds.forest_plot:picture",
        takes=_ESTIMATES | {"terms", "groups", "y_label"},
        needs=("estimates", "comparability"),
        can_draw=_has_units,
        reads_models=("confidence", "group", "outcome"),
        labelled=("terms", "models"),
        options=ForestOptions,
    ),
    FigureKind(
        "programme_forest",
        "the effect of a programme in each of its areas, pooled, and where that of another area is expected; "
        "`programme` and `wave` say which",
        "pipeline.figures.kinds.programme_forest:picture",
        takes=frozenset({"outcomes", "labels", "y_label"}),
        needs=("programme",),
        reads_study=(
            "programmes.*.areas.*.label",
            "programmes.*.scale",
            "programmes.*.smallest_effect",
            "programmes.*.method.confidence",
        ),
        labelled=("outcomes",),
        options=ProgrammeOptions,
    ),
    FigureKind(
        "control_chart",
        "the change of each area between two waves against the limits of what chance explains, of one measure of the "
        "index (`outcomes`; the whole index by itself); `wave` names the later wave",
        "pipeline.figures.kinds.control_chart:picture",
        takes=frozenset({"outcomes", "labels", "y_label"}),
        needs=("monitor",),
        reads_study=("index.domains.*.label",),
        options=ChartOptions,
    ),
    FigureKind(
        "specification_curve",
        "one result in every analysis of a `multiverse` model, in rising order, over the choices that each rests on",
        "pipeline.figures.kinds.specification_curve:picture",
        takes=_ESTIMATES | {"y_label"},
        needs=("estimates",),
        can_draw=_has_cells,
        prints=("cell",),
        reads_models=("confidence",),
    ),
    FigureKind(
        "participation",
        "how many people took part in each wave, stayed, left and returned",
        "pipeline.figures.kinds.participation:picture",
        takes=frozenset({"groups", "claims"}),
        needs=("participation",),
        reads_study=(*_CALENDAR, "waves.*.title", "about.disclosure"),
    ),
    FigureKind(
        "patterns",
        "which waves people answered, the commonest patterns first",
        "pipeline.figures.kinds.patterns:picture",
        takes=frozenset({"groups", "claims"}),
        needs=("participation",),
        reads_study=(*_CALENDAR, "waves.*.title", "about.disclosure"),
    ),
)
"""Kind → its record. Extensions add theirs with ``FIGURE_KINDS.register``; tests with ``FIGURE_KINDS.registered``."""
