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
