"""Profiles of areas: two accessible pages, words that follow intervals, and nothing of few people."""

from __future__ import annotations

import datetime as dt
import io
import re
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hostile_texts import PAYLOADS
from profile_frames import DOMAINS, made_up
from pypdf import PdfReader
from test_papers_pdf import elements

from pipeline.errors import CohesionError, PaperError
from pipeline.papers.content import plain
from pipeline.papers.profiles import (
    About,
    AreaProfile,
    Programme,
    profile,
    profile_html,
    profile_numbers,
    profile_pdf,
    profiles,
)
from pipeline.paths import Paths
from pipeline.specs.profile import Profiles

TYP = (Paths().templates / "profile.typ").read_bytes()
PAGE = (Paths().templates / "profile.html.j2").read_bytes()
ABOUT = About(
    study="Made up", synthetic=True, waves={"w01": "Wave 1", "w02": "Wave 2", "w03": "Wave 3"}, population="All"
)
SETTINGS = Profiles.model_validate(
    {
        "compared_with": {"comparison": "the four metropolitan areas"},
        "vintage": "Districts of April 2023",
        "evidence": {"any": [{"title": "Meet and eat", "url": "https://example.org/a", "source": "Someone 2020"}]},
    }
)


def made(area: str = "5", about: About = ABOUT, settings: Profiles = SETTINGS, **options: Any) -> AreaProfile:
    frames = made_up(**options)
    return profile(
        frames["areas"], frames["changes"], area=area, labels=frames["labels"], settings=settings, about=about
    )


def words(content: AreaProfile) -> str:
    said = [plain(runs) for answer in content.answers for runs in answer.said]
    return " ".join([plain(content.headline), *said])


def pages(content: AreaProfile) -> PdfReader:
    return PdfReader(io.BytesIO(profile_pdf(content, TYP)))


def test_page_one_answers_a_councillors_questions_in_order():
    content = made()
    keys = [answer.key for answer in content.answers]
    assert keys == ["how", "whom", "better", "sure", "next"]
    assert all(plain(runs).strip() for answer in content.answers for runs in answer.said)
    first = pages(content).pages[0].extract_text()
    places = [first.index(answer.question) for answer in content.answers]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("difference", "error", "word"),
    [
        (6, 1, "higher than"),
        (-6, 1, "lower than"),
        (0.3, 0.5, "about the same as"),
        (3, 2.5, "not clearly different from"),
    ],
)
def test_words_follow_the_interval_and_the_smallest_difference(difference, error, word):
    row = {"area": "a", "label": "Aton", "wave": "w01", "measure": "index", "level": "index", "estimate": 50.0,
           "std_error": 1.0, "conf_low": 48.04, "conf_high": 51.96, "n_persons": 200}  # fmt: skip
    change = {"area": "a", "measure": "index", "kind": "comparison", "wave": "w01", "against": "arm", "ratio": None,
              "estimate": float(difference), "std_error": float(error), "conf_low": difference - 1.96 * error,
              "conf_high": difference + 1.96 * error}  # fmt: skip
    content = profile(pl.DataFrame([row]), pl.DataFrame([change]), area="a", labels={"index": "Cohesion index"})
    assert plain(content.headline) == f"The cohesion index of Aton is {word} arm."


def test_every_number_is_bound_to_its_row():
    content = made()
    numbers = profile_numbers([content])
    frames = made_up()
    index = frames["areas"].filter(pl.col("area") == "5", pl.col("wave") == "w03", pl.col("measure") == "index")
    own = numbers.filter(
        pl.col("measure") == "index", pl.col("column") == "estimate", pl.col("source") == "areas/made_up"
    )
    assert index["estimate"][0] in own["value"].to_list()
    printed = {record.printed for record in content.numbers}
    runs = [run for answer in content.answers for said in answer.said for run in said if run.kind == "number"]
    assert {run.text for run in runs} <= printed


def test_without_a_comparison_an_area_is_compared_with_the_others():
    content = made(comparison=False)
    assert content.comparison == "the average of the other seven areas"  # one is of few people
    frames = made_up(comparison=False)
    at = frames["areas"].filter(pl.col("wave") == "w03", pl.col("measure") == "index", pl.col("is_shown"))
    others = at.filter(pl.col("area") != "5")["estimate"].mean()
    assert plain(content.bars[0].reference) == f"{others:.1f}"


def test_strengths_are_those_that_the_rule_names():
    content = made()
    frames = made_up()
    at = frames["changes"].filter(
        pl.col("area") == "5", pl.col("wave") == "w03", pl.col("kind") == "comparison", pl.col("conf_low") > 0,
        pl.col("measure") != "index",
    )  # fmt: skip
    clear = set(at.filter(~(pl.col("conf_high") < 2))["measure"])
    assert {one.measure for one in content.strengths} <= clear
    assert len(content.strengths) == min(3, len(clear))
    assert bool(content.strengths_note) == (len(clear) < 3)


def test_fewer_than_three_are_said_to_be_fewer():
    content = made(
        settings=SETTINGS.model_copy(update={"strengths": SETTINGS.strengths.model_copy(update={"most": 6})})
    )
    assert plain(content.strengths_note).startswith(("No domain", "Only"))


def test_an_area_of_few_people_says_why_and_shows_nothing():
    content = made("8")
    assert content.withheld == "Nothing is shown for Walsall: fewer than 10 people answered here."
    assert content.numbers == ()
    page, text = profile_html(content, PAGE).decode(), pages(content).pages[0].extract_text()
    for shown in (re.sub(r"<style>.*</style>", "", page, flags=re.S), text):
        assert "Walsall" in shown
        assert not re.search(r"\d+\.\d|\b7 people", shown)


def test_numbers_of_people_are_rounded_where_an_exact_one_would_give_the_hidden_away():
    hidden, none = made(), made(small=())
    assert "rounded to 10" in str(hidden.small_print)
    assert "rounded" not in str(none.small_print)


@pytest.mark.parametrize("count", [3, 6, 12])
@pytest.mark.parametrize("name", ["Bradford", "The very long name of a combined district with " * 3 + "everything"])
def test_every_profile_has_two_pages(count, name):
    domains = {f"domain_{number}": f"Domain number {number} with a long name" for number in range(count)}
    content = made("2", names=("Kent", name, "Wales"), domains=domains, small=())
    assert len(pages(content).pages) == 2


def test_the_first_wave_has_no_change_and_says_so():
    content = made(waves=("w01",))
    assert content.moves == ()
    assert "first wave in this area" in words(content)
    assert len(pages(content).pages) == 2


def test_an_area_that_lacks_the_last_wave_is_shown_at_its_own_last_wave():
    content = made("1", absent={"Kent": ("w03",)})
    assert content.wave == "Wave 2"
    gap = made("1", absent={"Kent": ("w02",)})
    assert "not asked in Wave 2" in gap.move_note


def test_all_areas_are_made_in_one_go_and_do_not_depend_on_the_order_of_rows():
    frames = made_up()
    given: dict[str, Any] = {"labels": frames["labels"], "settings": SETTINGS, "about": ABOUT}
    one = profiles(frames["areas"], frames["changes"], **given)
    mixed = frames["areas"].filter(pl.col("level") == "index"), frames["areas"].filter(pl.col("level") == "domain")
    other = profiles(pl.concat([mixed[0].reverse(), mixed[1]]), frames["changes"].reverse(), **given)
    assert len(one) == 9
    assert [profile_html(content, PAGE) for content in one.values()] == [
        profile_html(other[area], PAGE) for area in one
    ]


def test_the_pdf_is_tagged_with_headings_tables_and_alternative_texts():
    content = made()
    found = pages(content)
    root = found.trailer["/Root"]
    assert (root["/Lang"], root["/MarkInfo"]["/Marked"]) == ("en-GB", True)
    assert b"pdfuaid:part>1<" in root["/Metadata"].get_data()
    structure = list(elements(root["/StructTreeRoot"]["/K"]))
    levels = [int(match[1]) for each in structure if (match := re.fullmatch(r"/H(\d)", each["/S"]))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    alts = [str(each["/Alt"]) for each in structure if each["/S"] == "/Figure"]
    assert content.course is not None
    readings = [move.base_words for move in content.moves if move.base_words]
    assert len(readings) == len(content.moves)
    assert alts == [*(bar.alt for bar in content.bars), content.course.alt, *readings]
    kinds = [str(each["/S"]) for each in structure]
    assert kinds.count("/Table") == 2
    assert kinds.count("/TR") == len(content.bars) + len(content.moves) + 2


def test_the_page_has_one_title_headings_in_order_and_pictures_with_words():
    content = made()
    page = profile_html(content, PAGE).decode()
    levels = [int(level) for level in re.findall(r"<h(\d)", page)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert content.course is not None
    assert page.count('role="img"') == len(content.bars) + 1 + len(content.moves)
    assert all(f'role="img" aria-label="{move.base_words}"' in page for move in content.moves)
    assert "<script" not in page
    assert not re.search(r'(src|href)="(?!#|https://example\.org)', page)
    assert all(f'aria-label="{bar.alt}"' in page for bar in content.bars)


def test_the_same_profile_gives_the_same_bytes():
    assert profile_html(made(), PAGE) == profile_html(made(), PAGE)
    assert profile_pdf(made(), TYP) == profile_pdf(made(), TYP)


def test_a_reading_can_be_told_without_colour():
    """Clear differences have a full dot and a word of their own; no shape differs by its colour alone."""
    for bar in made().bars:
        assert set(re.findall(r'(?:fill|stroke)="([^"]+)"', bar.picture)) <= {"none", "white", "currentColor"}
        full = re.search(r'<circle[^>]*fill="currentColor"', bar.picture) is not None
        assert full == (bar.reading in ("up", "down"))
        assert bar.words


HOSTILE = [text for text in PAYLOADS.values() if text.strip() and text.isprintable()]


@pytest.mark.parametrize("start", range(0, len(HOSTILE), 12))
def test_hostile_texts_are_texts(start):
    texts = HOSTILE[start : start + 12]
    domains = {f"domain_{number}": text for number, text in enumerate(texts)}
    content = made("2", names=("Kent", texts[0], "Wales"), small=(), domains=domains)
    page = re.sub(r"<style>.*?</style>", "", profile_html(content, PAGE).decode(), flags=re.S).lower()
    assert not re.search(r"<(script|img|iframe|b>x|body onload|svg/)", page)
    assert len(pages(content).pages) == 2


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda frame: frame.drop("conf_low"), "no column `conf_low`"),
        (lambda frame: pl.concat([frame, frame.head(1)]), "several rows"),
        (lambda frame: frame.with_columns(level=pl.lit("place")), "`place` is no level"),
        (lambda frame: frame.with_columns(conf_low=pl.col("estimate") + 1), "outside its interval"),
        (lambda frame: frame.with_columns(estimate=pl.lit("a")), "holds no numbers"),
        (lambda frame: frame.clear(), "has no row"),
        (lambda frame: frame.with_columns(study=pl.col("area")), "several studies"),
    ],
)
def test_frames_of_another_kind_are_refused_in_one_sentence(spoil, message):
    frames = made_up()
    with pytest.raises(CohesionError, match=re.escape(message)):
        profile(spoil(frames["areas"]), frames["changes"], area="5", labels=frames["labels"])


def test_an_area_or_a_wave_that_is_not_there_is_refused():
    frames = made_up()
    with pytest.raises(CohesionError, match="`99` has no row"):
        profile(frames["areas"], area="99", labels=frames["labels"])
    with pytest.raises(CohesionError, match="no wave `w09`"):
        profile(frames["areas"], area="5", labels=frames["labels"], wave="w09")


def test_a_signal_of_the_monitor_says_where_to_look():
    frames = made_up()
    monitor = pl.DataFrame(
        [
            {"area": "5", "measure": "unity", "wave": "w03", "against": "w02", "fall": -4.2, "signal": "below",
             "n_persons": people}
            for people in (200, 6)
        ]
    )  # fmt: skip
    given: dict[str, Any] = {"area": "5", "labels": frames["labels"], "about": ABOUT}
    content = profile(frames["areas"], frames["changes"], monitor=monitor, **given)
    assert [plain(runs) for runs in content.signals] == [
        "Look next at unity and fairness: it fell by 4.2 points since Wave 2, by more than chance and the usual ups "
        "and downs of areas explain. It says nothing of why, and is no verdict on the place."
    ]


def test_a_domain_of_few_people_is_named_without_a_number():
    frames = made_up(small=())
    few = (pl.col("area") == "5") & (pl.col("measure") == "unity")
    areas = frames["areas"].with_columns(n_persons=pl.when(few).then(4).otherwise(pl.col("n_persons")))
    content = profile(areas, frames["changes"], area="5", labels=frames["labels"], about=ABOUT)
    row = next(bar for bar in content.bars if bar.measure == "unity")
    assert (plain(row.value), row.why, row.words) == ("", "Not shown", "")
    assert all(DOMAINS["unity"] != one.label for one in (*content.moves, *content.strengths, *content.watch))


def test_small_print_names_vintage_people_and_how_to_read():
    content = made()
    names = [name for name, _ in content.small_print]
    assert names == ["Who was asked", "When, and how many people here", "Codes of areas"]
    assert len(content.reading) == 3


def dated(frames: dict[str, Any], later: dict[str, dict[str, int]]) -> pl.DataFrame:
    """Fieldwork in January, March and May 2021; ``later``: area → wave → another month."""
    months = {"w01": 1, "w02": 3, "w03": 5}
    rows = [
        (area, wave, dt.date(2021, month, 1), dt.date(2021, month, 20))
        for area, wave in frames["areas"].select("area", "wave").unique().iter_rows()
        for month in [later.get(area, {}).get(wave, months[wave])]
    ]
    return pl.DataFrame(rows, schema=["area", "wave", "start", "end"], orient="row")


def rounds(frame: pl.DataFrame, of: dict[str, dict[str, str]]) -> pl.DataFrame:
    """With ``round``: area → its wave → the round it belongs to; others are their waves."""
    said = [(area, wave, to) for area, waves in of.items() for wave, to in waves.items()]
    known = pl.DataFrame(said, schema=["area", "wave", "round"], orient="row")
    joined = frame.join(known, on=["area", "wave"], how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("round", "wave"))


SHIFTED = {"3": {"w01": "w02", "w02": "w03"}}


def test_areas_are_compared_with_those_of_their_round_whatever_their_wave_is_called():
    frames = made_up(comparison=False, small=(), names=("Kent", "Wales", "Bradford"), absent={"Bradford": ("w03",)})
    areas = rounds(frames["areas"].with_columns(is_ranked=pl.lit(True), rank=pl.lit(1.0)), SHIFTED)
    fieldwork = dated(frames, {"3": {"w01": 3, "w02": 5}})
    given: dict[str, Any] = {"labels": frames["labels"], "about": ABOUT, "fieldwork": fieldwork}
    content = profile(areas, area="1", **given)
    then = {"2": "w03", "3": "w02"}
    values = [
        areas.row(
            by_predicate=(pl.col("area") == area) & (pl.col("wave") == wave) & (pl.col("measure") == "index"),
            named=True,
        )["estimate"]
        for area, wave in then.items()
    ]
    assert plain(content.bars[0].reference) == f"{sum(values) / 2:.1f}"
    assert "asked at the same time (May 2021)" in words(content)
    assert "Of 3 areas with a rank" in words(content)
    other = profile(areas, area="3", **given)
    assert other.period == "May 2021"
    assert "Of 3 areas with a rank" in words(other)


def test_areas_without_a_wave_in_the_round_are_no_comparison():
    frames = made_up(comparison=False, small=(), names=("Kent", "Wales", "Bradford"))
    fieldwork = dated(frames, {"3": {"w01": 7, "w02": 8, "w03": 9}})
    areas = rounds(frames["areas"], {"3": {"w01": "w04", "w02": "w05", "w03": "w06"}})
    given: dict[str, Any] = {"labels": frames["labels"], "about": ABOUT, "fieldwork": fieldwork}
    content = profile(areas, area="1", **given)
    assert content.comparison == "the other area"
    assert "one area was not asked then" in words(content)
    alone = profile(areas, area="3", **given)
    assert alone.comparison == ""
    assert "nothing to compare with at this time" in words(alone)


def test_months_that_differ_within_a_round_are_said_to_be_about_the_same_time():
    frames = made_up(comparison=False, small=(), names=("Kent", "Wales", "Bradford"))
    content = profile(
        frames["areas"], area="1", labels=frames["labels"], about=ABOUT, fieldwork=dated(frames, {"3": {"w03": 6}})
    )
    assert "asked at about the same time (May 2021)" in words(content)


def test_an_area_that_has_two_waves_in_a_round_is_refused():
    frames = made_up()
    areas = rounds(frames["areas"], {"1": {"w01": "w02"}})
    with pytest.raises(PaperError, match="an area, round and measure has several rows"):
        profile(areas, area="1", labels=frames["labels"])


def test_an_interval_ends_where_the_scale_ends():
    frames = made_up(small=())
    areas = frames["areas"].with_columns(
        conf_low=pl.when(pl.col("measure") == "unity").then(-3.0).otherwise("conf_low")
    )
    content = profile(areas, area="1", labels=frames["labels"], settings=Profiles(against=("benchmark",)), about=ABOUT)
    unity = next(bar for bar in content.bars if bar.measure == "unity")
    assert "(0.0 to " in plain(unity.value)


def test_what_chance_may_explain_is_named_as_such():
    frames = made_up()
    changes = frames["changes"].with_columns(
        pl.when(kind="comparison").then(1.5).otherwise("estimate").alias("estimate"),
        pl.when(kind="comparison").then(1.0).otherwise("std_error").alias("std_error"),
        pl.when(kind="comparison").then(-0.46).otherwise("conf_low").alias("conf_low"),
        pl.when(kind="comparison").then(3.46).otherwise("conf_high").alias("conf_high"),
    )
    given: dict[str, Any] = {"area": "5", "labels": frames["labels"], "about": ABOUT}
    content = profile(frames["areas"], changes, **given)
    assert content.strengths == ()
    assert "Next highest, though chance may explain it: " in plain(content.strengths_note)
    quiet = Profiles.model_validate({"strengths": {"nearest": False}})
    assert "chance may" not in plain(profile(frames["areas"], changes, settings=quiet, **given).strengths_note)


def monitor_of(signal: str, rate: float | None = 0.05) -> pl.DataFrame:
    row = {"area": "5", "measure": "unity", "wave": "w03", "against": "w02", "fall": 0.4, "n_persons": 200}
    return pl.DataFrame([row | {"signal": signal, "expected_false_alarms": rate, "note": "3 areas, and 6 are needed"}])


@pytest.mark.parametrize(
    ("signal", "said"),
    [
        ("within", "The measure looked at did not fall since Wave 2"),
        ("above", "The measure looked at did not fall since Wave 2"),
        ("not_judged", "Sudden falls cannot be distinguished from chance in Wave 3: 3 areas, and 6 are needed."),
    ],
)
def test_the_monitor_says_when_there_is_no_sign_and_how_often_a_sign_is_chance(signal, said):
    frames = made_up()
    content = profile(frames["areas"], area="5", labels=frames["labels"], about=ABOUT, monitor=monitor_of(signal))
    told = [plain(runs) for runs in content.signals]
    assert told[0].startswith(said)
    assert (len(told) == 2) == (signal != "not_judged")
    assert signal == "not_judged" or "about 5 in 100 waves" in told[1]


def test_an_area_of_a_programme_says_how_it_differs_and_what_is_pooled():
    frames = made_up(small=())
    row = {"programme": "invested", "outcome": "trust", "wave": "w03", "std_error": 0.05, "n_persons": 300}
    effects = pl.DataFrame(
        [
            row | {"area": "bradford", "row": "area", "estimate": 0.2, "conf_low": 0.1, "conf_high": 0.3},
            row | {"area": None, "row": "pooled", "estimate": 0.1, "conf_low": -0.02, "conf_high": 0.22},
        ]
    )
    declared = {"invested": Programme("Areas that invested", "They chose to.", {"5": "bradford"}, {"trust": "Trust"})}
    given: dict[str, Any] = {"labels": frames["labels"], "about": ABOUT, "effects": effects, "programmes": declared}
    own = profile(frames["areas"], area="5", **given)
    assert [plain(line) for each in own.programmes for line in each.lines] == [
        "Trust: here +0.20 (0.10 to 0.30), over all its areas +0.10 (−0.02 to 0.22): not clearly different."
    ]
    assert profile(frames["areas"], area="6", **given).programmes == ()
    few = effects.with_columns(n_persons=pl.lit(9))
    assert profile(frames["areas"], area="5", **(given | {"effects": few})).programmes == ()


def test_the_course_of_the_index_says_its_numbers():
    course = made().course
    assert course is not None
    assert course.alt.startswith("Cohesion index over time, the first wave as 100: Wave 1 100; Wave 2 ")
    assert course.picture.count("<circle") == 3
    assert made(waves=("w01", "w02")).course is None


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2: (lighter + 0.05) / (darker + 0.05) of relative luminances."""

    def luminance(colour: str) -> float:
        wide = colour if len(colour) == 7 else "#" + "".join(2 * digit for digit in colour[1:])
        parts = [int(wide[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def grey(colour: str) -> str:
    """As a printer without colour sets it (luma of Rec. 601)."""
    wide = colour if len(colour) == 7 else "#" + "".join(2 * digit for digit in colour[1:])
    red, green, blue = (int(wide[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + f"{round(0.299 * red + 0.587 * green + 0.114 * blue):02x}" * 3


def palettes() -> dict[str, dict[str, str]]:
    page = PAGE.decode()
    light, dark = (
        dict(re.findall(r"--(\w+): (#\w{3,6});", block)) for block in re.findall(r":root {(.*?)}", page, re.S)[:2]
    )
    paper = dict(re.findall(r'#let (\w+) = rgb\("(#\w+)"\)', TYP.decode()))
    return {"light": light, "dark": light | dark, "paper": {"paper": "#ffffff"} | paper}


@pytest.mark.parametrize("look", ["light", "dark", "paper"])
@pytest.mark.parametrize("ink", ["ink", "quiet", "blue"])
@pytest.mark.parametrize("ground", ["paper", "faint"])
def test_every_text_has_contrast_in_light_dark_on_paper_and_without_colour(look, ink, ground):
    colours = palettes()[look]
    text, behind = colours[ink], colours[ground]
    assert contrast(text, behind) >= 4.5
    assert contrast(grey(text), grey(behind)) >= 4.5


def test_the_synthetic_mark_has_contrast_everywhere():
    for colours in palettes().values():
        assert contrast(colours["pink"], "#ffffff") >= 4.5
    assert ".synthetic" in PAGE.decode()
