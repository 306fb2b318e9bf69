"""New people who are on no list: one finding for all waves, since what to do is the same in each."""

from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from pipeline.ingest.linking.checks import undeclared_people
from pipeline.specs.study import Decision


def study(*accepted: str) -> Any:
    decision = Decision(finding="new_people", item="person_id", decision="accept", reason="a fresh sample")
    waves = {wave: SimpleNamespace(decisions=[decision] if wave in accepted else []) for wave in ("w02", "w03", "w04")}
    return SimpleNamespace(about=SimpleNamespace(arms={"main": None}), waves=waves)


LINKS = pl.DataFrame(
    [("main", wave, kind, count, 60, once, 0) for wave in ("w02", "w03", "w04") for kind, count, once in
     (("exact", 50, 0), ("new", 10, 4))],
    schema=["arm", "later", "kind", "count", "of", "once", "near"], orient="row",
)  # fmt: skip


@pytest.mark.parametrize(
    ("accepted", "waves"),
    [((), ["w02", "w03", "w04"]), (("w03",), ["w02", "w04"]), (("w03", "w04"), ["w02"])],
    ids=["three-waves", "one-accepted", "one-left"],
)
def test_waves_are_named_in_one_finding_with_one_thing_to_do(accepted, waves):
    [said] = undeclared_people(study(*accepted), LINKS)
    for wave in waves:
        assert f"{wave}: 10 of 60 people are new and on no list; 4 of them are in no other wave" in said
    assert said.count("refreshment sample") == 1
    assert not any(f"{wave}:" in said for wave in accepted)


def test_waves_that_are_all_accepted_are_no_finding():
    assert undeclared_people(study("w02", "w03", "w04"), LINKS) == []
