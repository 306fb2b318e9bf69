"""Sentences of profiles that a councillor can take at their word: rounded numbers, one domain, no clear difference."""

from __future__ import annotations

import polars as pl
import pytest
from profile_frames import DOMAINS, made_up

from pipeline.papers.content import plain
from pipeline.papers.profiles import About, AreaProfile, profile


def answer(content: AreaProfile, key: str) -> str:
    return " ".join(plain(runs) for one in content.answers if one.key == key for runs in one.said)


@pytest.mark.parametrize(
    ("counts", "people", "said"),
    [(1, 119, "119 people answered here"), (10, 119, "About 120 people answered here"),
     (500, 119, "Fewer than 500 people answered here")],
)  # fmt: skip
def test_a_rounded_number_of_people_is_said_to_be_rounded(counts, people, said):
    frames = made_up(small=())
    areas = frames["areas"].with_columns(n_persons=pl.when(area="5").then(people).otherwise("n_persons"))
    about = About(study="Made up", counts=counts)
    made = profile(areas, frames["changes"], area="5", labels=frames["labels"], about=about)
    assert answer(made, "sure").startswith(said)


@pytest.mark.parametrize(
    ("differences", "said"),
    [
        ([0.5] * 6, "Of six domains, Bradford is clearly different in none."),
        ([0.5] * 5 + [9], "Bradford is higher in one (unity and fairness) and not clearly different in five."),
        ([9] * 6, "Of six domains, Bradford is higher in all."),
        ([0.5], "In trust in government, Bradford is not clearly different."),
        ([-9], "In trust in government, Bradford is lower."),
    ],
    ids=["none", "one", "all", "one-domain-unclear", "one-domain-lower"],
)
def test_domains_are_counted_as_one_would_say_it(differences, said):
    domains = dict(list(DOMAINS.items())[: len(differences)])
    frames = made_up(small=(), domains=domains)
    changes = frames["changes"].filter(pl.col("kind") == "comparison")
    for measure, difference in zip(domains, differences, strict=True):
        own = pl.col("measure") == measure
        changes = changes.with_columns(
            estimate=pl.when(own).then(float(difference)).otherwise("estimate"),
            conf_low=pl.when(own).then(difference - 4.0).otherwise("conf_low"),
            conf_high=pl.when(own).then(difference + 4.0).otherwise("conf_high"),
        )
    made = profile(frames["areas"], changes, area="5", labels=frames["labels"], about=About(study="Made up"))
    assert said in answer(made, "whom")


def made(areas: pl.DataFrame, changes: pl.DataFrame | None, labels: dict[str, str], **options: object) -> AreaProfile:
    return profile(areas, changes, area="5", labels=labels, about=About(study="Made up"), **options)


def test_what_page_one_calls_higher_is_a_strength_however_little_is_left_of_it_without_chance():
    """By itself the order goes by what is left: where the reliability is nothing, that may lie below the comparison."""
    frames = made_up(small=())
    own = pl.col("measure") == "belonging"
    areas = frames["areas"].with_columns(shrunken=pl.when(own).then(0.0).otherwise("shrunken"))
    changes = frames["changes"].filter(pl.col("kind") == "comparison")
    clear = pl.when(own).then
    changes = changes.with_columns(
        estimate=clear(9.0).otherwise(0.1), conf_low=clear(5.0).otherwise(-5.0), conf_high=clear(13.0).otherwise(5.0)
    )
    found = made(areas, changes, frames["labels"])
    assert "higher in one (belonging and identity)" in answer(found, "whom")
    assert [one.measure for one in found.strengths] == ["belonging"]


def test_a_domain_that_was_not_asked_in_the_wave_is_named():
    frames = made_up(small=())
    gone = (pl.col("measure") == "belonging") & (pl.col("wave") == "w03")
    found = made(frames["areas"].filter(~gone), frames["changes"].filter(~gone), frames["labels"])
    assert found.axis_note == "Not asked in w03: belonging and identity."
    assert made(frames["areas"], frames["changes"], frames["labels"]).axis_note == ""


@pytest.mark.parametrize(("effective", "is_warned"), [(9.4, True), (10.0, False), (200.0, False)])
def test_a_page_that_rests_on_few_after_weighting_says_so(effective, is_warned):
    frames = made_up(small=())
    areas = frames["areas"].with_columns(n_effective=pl.lit(effective))
    said = answer(made(areas, frames["changes"], frames["labels"]), "sure")
    assert is_warned == ("treat every comparison on this page with caution" in said)


def test_why_falls_were_not_judged_is_said_of_waves_not_of_sides():
    frames = made_up(small=())
    row = {"area": "5", "measure": "index", "wave": "w03", "against": "w02", "fall": 1.0, "signal": "not_judged",
           "n_persons": 15, "note": "fewer than 20 people on one side"}  # fmt: skip
    found = made(frames["areas"], frames["changes"], frames["labels"], monitor=pl.DataFrame([row]))
    (said,) = map(plain, found.signals)
    assert said.endswith("from chance in w03: fewer than 20 people answered in one of the two waves.")
