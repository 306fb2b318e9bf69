"""Every kind of figure, drawn of what is hard to draw, can be read on a page and on a phone, or says that it cannot."""

import datetime as dt
import math
from collections.abc import Callable

import polars as pl
import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pipeline.errors import PaperError
from pipeline.figures import (
    NARROW,
    WIDE,
    Drawing,
    coefficients,
    odds_ratios,
    participation_flow,
    participation_patterns,
    path_figure,
    rendered,
    trend,
    versions,
)
from pipeline.figures.findings import PHONE, PRINT
from pipeline.figures.lint import lint
from pipeline.figures.sheet import Heading, Sheet
from pipeline.figures.style import FRAME, styled
from pipeline.tables import estimates

LONG = "Agrees that people from different backgrounds who live in the local area get on well together most of the time"
UNBROKEN = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
LABELS = {"long": LONG, "unbroken": UNBROKEN, "short": "Trust", "odd": "<b>=1+1</b> & “ü” \N{EM DASH} ½"}


def waves(count: int) -> dict[str, dt.date]:
    return {f"w{number + 1:02}": dt.date(2015, 1, 1) + dt.timedelta(days=90 * number) for number in range(count)}


def means(count: int, groups: tuple = (None,), outcomes: tuple = ("trust",), step: float = 0.02) -> pl.DataFrame:
    rows = [
        {"outcome": outcome, "term": outcome, "wave": wave, "group": group, "n_persons": 400}
        | {"estimate": value, "conf_low": value - 0.015, "conf_high": value + 0.015}
        for outcome in outcomes
        for order, group in enumerate(groups)
        for place, wave in enumerate(waves(count))
        for value in [0.4 + step * order + 0.05 * step * math.sin(place)]
    ]
    return estimates(rows, model="m", family="design_means", component="mean")


def effects(terms: int, near: float = 0.2, withheld: bool = False) -> pl.DataFrame:
    rows = [
        {"term": f"t{term}", "component": part, "n_persons": 900}
        | ({} if withheld else {"estimate": near * term, "conf_low": near * term - 0.1, "conf_high": near * term + 0.1})
        for term in range(terms)
        for part in ("within", "between")
    ]
    return estimates(rows, model="m", family="within_between", outcome="y")


def odds(terms: int) -> pl.DataFrame:
    rows = [
        {"term": f"t{term}", "component": "coefficient", "estimate": 0.2 * term - 0.4}
        | {"conf_low": 0.2 * term - 0.5, "conf_high": 0.2 * term - 0.3}
        for term in range(terms)
    ]
    return estimates(rows, model="m", family="logit", outcome="stayed")


def people(count: int, many: int = 60) -> pl.DataFrame:
    rows = []
    for person in range(many):
        here = [(person * 7 + wave * 3) % 5 != 0 for wave in range(count)]
        pattern = "".join(str(int(one)) for one in here)
        for wave, one in enumerate(here):
            begun = any(here[:wave])
            status = ("stayed" if here[wave - 1] else "returned") if begun and one else "entered" if one else "absent"
            status = "not_yet" if not one and not begun else status
            rows.append((f"p{person}", f"a{person % 2}", f"w{wave + 1:02}", one, status, pattern))
    names = ["person_id", "arm", "wave", "is_present", "status", "pattern"]
    return pl.DataFrame(rows, schema=names, orient="row")


def paths() -> pl.DataFrame:
    ends = [(a, "now", b, "next", 0.12, 0.09, 0.15) for a in ("x", "y") for b in ("x", "y")]
    names = ["from_construct", "from_wave", "to_construct", "to_wave", "estimate", "conf_low", "conf_high"]
    return pl.DataFrame(ends, schema=names, orient="row")


def drawn(name: str, label: str, width: float):
    words = {"title": label, "subtitle": label, "source": label, "note": label, "width": width, "synthetic": True}
    many = {f"t{term}": f"{label} {term}" for term in range(12)}
    groups = tuple(f"g{number}" for number in range(6))
    named = {group: f"{label} {number}" for number, group in enumerate(groups)}
    events = [(day, f"{label} {number}") for number, day in enumerate(list(waves(9).values())[1::2])]
    arms = {"a0": label, "a1": f"{label} too"}
    three = {key: named[key] for key in groups[:3]}
    outcomes = {key: f"{label} {key}" for key in "abc"}
    ends = {"constructs": {"x": label, "y": f"{label} too"}, "waves": {"now": "One wave", "next": "The next"}}
    rows = [{"group": key, "term": "x", "estimate": 0.1, "conf_low": 0.0, "conf_high": 0.2} for key in "abc"]
    same = estimates(rows, model="m", family="sensitivity", component="version", outcome="y")
    figures = {
        "one wave": (trend, means(1), {"dates": waves(1)}),
        "26 waves": (trend, means(26), {"dates": waves(26), "y_label": label, "percent": True}),
        "events": (trend, means(9), {"dates": waves(9), "y_label": label, "events": events}),
        "six groups": (trend, means(5, groups), {"dates": waves(5), "groups": named, "percent": True}),
        "six equal groups": (trend, means(5, groups, step=0.0001), {"dates": waves(5), "groups": named}),
        "panels of 26 waves": (
            trend,
            means(26, groups[:3], ("a", "b", "c")),
            {"dates": waves(26), "groups": three, "labels": outcomes, "events": events},
        ),
        "twelve effects": (coefficients, effects(12), {"labels": many, "x_label": label}),
        "tiny effects": (coefficients, effects(3, 0.00001), {"labels": many}),
        "withheld effects": (coefficients, effects(3, withheld=True), {"labels": many}),
        "odds": (odds_ratios, odds(8), {"labels": many}),
        "versions": (versions, same, {"labels": dict.fromkeys("abc", label)}),
        "flow of three waves": (participation_flow, people(3), {"arms": arms}),
        "flow of one wave": (participation_flow, people(1), {"arms": arms}),
        "flow of 26 waves": (participation_flow, people(26), {"arms": arms}),
        "patterns of 26 waves": (participation_patterns, people(26, 400), {"arms": arms}),
        "patterns of three waves": (participation_patterns, people(3, 400), {"arms": arms}),
        "path": (path_figure, paths(), ends),
    }
    draw, table, options = figures[name]
    return draw(table, **options, **words)


NAMES = (
    "one wave",
    "26 waves",
    "events",
    "six groups",
    "six equal groups",
    "panels of 26 waves",
    "twelve effects",
    "tiny effects",
    "withheld effects",
    "odds",
    "versions",
    "flow of three waves",
    "flow of one wave",
    "flow of 26 waves",
    "patterns of 26 waves",
    "patterns of three waves",
    "path",
)


@pytest.mark.parametrize(
    "label", [key if key == "long" else pytest.param(key, marks=pytest.mark.thorough) for key in LABELS]
)
@pytest.mark.parametrize("name", NAMES)
def test_it_can_be_read_on_a_page_and_on_a_phone(name: str, label: str) -> None:
    for width, medium in ((WIDE, PRINT), (NARROW, PHONE)):
        found = lint(drawn(name, LABELS[label], width), medium)
        assert not found, [f"{medium.where} {finding.rule}: {finding.says}" for finding in found]


@styled
def sheet_with(draw: Callable[[Sheet], object], height: float = 1.0) -> Figure:
    sheet = Sheet(Heading("A title"), WIDE, height)
    draw(sheet)
    return sheet.figure


def rectangle(sheet: Sheet, left: float, colour: str, **style: object) -> None:
    sheet.box(left, 0.2, 0.5, 0.5, colour, **style)


WRONG: dict[str, tuple[str, Callable[[Sheet], object]]] = {
    "two texts on each other": ("overlap", lambda s: [s.text(1, 0.5, "One"), s.text(1.1, 0.52, "Other")]),
    "two labels that read as one": ("overlap", lambda s: [s.text(1, 0.5, "2020"), s.text(1.35, 0.5, "2021")]),
    "text beyond the page": ("clipped", lambda s: s.text(6.0, 0.5, "A long label")),
    "text left of what a paper shows": ("clipped", lambda s: s.text(-0.12, 0.5, "A label")),
    "pale text": ("contrast", lambda s: s.text(1, 0.5, "Pale", color="#8A8A8A")),
    "dark text on a dark fill": (
        "contrast",
        lambda s: [rectangle(s, 1, "#12436D"), s.text(1.1, 0.5, "Dark")],
    ),
    "text half on a fill": (
        "contrast",
        lambda s: [rectangle(s, 1, "#12436D"), s.text(1.2, 0.5, "Leaves it", color="white")],
    ),
    "a shape over text": (
        "covered",
        lambda s: [s.text(1.1, 0.5, "Hidden"), rectangle(s, 1.2, "#12436D", zorder=9)],
    ),
    "small type": ("size", lambda s: s.text(1, 0.5, "Small", size=8)),
    "a pale line": ("shape", lambda s: s.figure.add_artist(Line2D([0.2, 0.8], [0.5, 0.5], color="#BBBBBB"))),
    "a pale fill without outline": ("shape", lambda s: rectangle(s, 1, "#F9B68E", lw=0)),
    "fills alike in grey that meet": (
        "grey",
        lambda s: [rectangle(s, 1, "#12436D"), rectangle(s, 1.5, "#801650")],
    ),
    "fills told apart by red and green alone": (
        "colour",
        lambda s: [rectangle(s, 1, "#B05A00"), rectangle(s, 1.5, "#4FA62B")],
    ),
    "series alike but for their colour": (
        "grey",
        lambda s: [
            s.figure.add_artist(Line2D([0.2, 0.8], [y, y], color=colour, marker="o"))
            for y, colour in ((0.4, "#12436D"), (0.6, "#801650"))
        ],
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_read_is_found_and_stops_the_figure(case: str) -> None:
    rule, draw = WRONG[case]
    assert rule in {finding.rule for finding in lint(sheet_with(draw))}
    with pytest.raises(PaperError, match="cannot be read as drawn: in print: ") as caught:
        rendered(Drawing("x", "y", lambda _: sheet_with(draw), title="A finding"))
    assert "A finding" in str(caught.value)


RIGHT: dict[str, Callable[[Sheet], object]] = {
    "text on a fill": lambda s: [rectangle(s, 1, "#12436D"), s.text(1.1, 0.5, "Fits", color="white")],
    "a pale fill with an outline": lambda s: rectangle(s, 1, "#F9B68E"),
    "a pale band that is a frame": lambda s: rectangle(s, 1, "#EEEEEE", lw=0, label=FRAME),
    "fills alike in grey that are apart": lambda s: [rectangle(s, 1, "#12436D"), rectangle(s, 2, "#801650")],
    "fills that differ in hatching": lambda s: [
        rectangle(s, 1, "#12436D"),
        rectangle(s, 1.5, "#801650", hatch="//"),
    ],
    "series that differ in marker": lambda s: [
        s.figure.add_artist(Line2D([0.2, 0.8], [y, y], color=colour, marker=marker))
        for y, colour, marker in ((0.4, "#12436D", "o"), (0.6, "#801650", "s"))
    ],
}


@pytest.mark.parametrize("case", RIGHT)
def test_what_can_be_read_passes(case: str) -> None:
    assert lint(sheet_with(RIGHT[case])) == []
