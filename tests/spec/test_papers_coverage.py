"""Of whom a table speaks: arms that a model takes together, waves without a weight, and what is not confirmed."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pipeline.papers.coverage import Coverage, coverage_of, method_of, remarks
from pipeline.papers.methods import model_note
from pipeline.papers.study_context import Question
from pipeline.specs.models import declare
from pipeline.specs.report import Model

CALENDAR = {"kent": ("w01", "w02"), "wales": ("w02",), "leeds": ("w03",)}
EVERY = frozenset((arm, wave) for arm, waves in CALENDAR.items() for wave in waves)
LABELS = {"kent": "Kent", "wales": "Wales", "leeds": "Leeds", "w01": "Wave 1", "w02": "Wave 2", "w03": "Wave 3"}


def means(**more: object) -> Model:
    return Model(question="How much?", study="s", family="design_means", outcomes=("trust",), **more)


def said(model: Model, coverage: Coverage) -> list[str]:
    return list(remarks(model, coverage, LABELS.__getitem__))


@pytest.mark.parametrize(
    ("more", "asked", "expected"),
    [
        ({}, EVERY, ["Arms taken together: Kent, Wales and Leeds"]),
        ({"waves": ("w02",)}, EVERY, ["Arms taken together: Kent and Wales"]),
        ({"waves": ("w01",)}, EVERY, []),
        ({"arms": ("leeds",)}, EVERY, []),
        ({"group": "arm"}, EVERY, []),
        ({}, frozenset({("kent", "w01"), ("kent", "w02")}), []),
        ({}, frozenset({("kent", "w01"), ("leeds", "w03")}), ["Arms taken together: Kent and Leeds"]),
    ],
)
def test_arms_that_a_model_takes_together_are_named(more, asked, expected):
    assert said(means(**more), Coverage(CALENDAR, EVERY, {"trust": asked})) == expected


def test_waves_without_a_weight_are_named_and_a_study_without_one_is_unweighted():
    one = {"kent": ("w01", "w02")}
    both = frozenset({("kent", "w01"), ("kent", "w02")})
    some = Coverage(one, frozenset({("kent", "w02")}), {"trust": both})
    assert said(means(), some) == ["Nothing is estimated for Wave 1: there is no weight"]
    assert method_of(means(), some).startswith("Weighted means")
    none = Coverage(one, frozenset(), {"trust": both})
    assert said(means(), none) == []
    assert method_of(means(), none) == "Unweighted means by wave, with standard errors from strata and clusters"
    assert "unweighted" not in model_note(means(weights="mine"), {"mine": "Mine"}, LABELS, none).method.lower()
    assert said(means(), Coverage(one, both, {"trust": both})) == []


def test_a_model_that_takes_no_weight_says_nothing_of_it():
    model = declare(family="within_between", outcome="trust", exposures=("contact",))
    assert said(model, Coverage({"kent": ("w01",)}, frozenset(), {})) == []


def test_what_is_said_is_in_the_method_and_below_tables():
    note = model_note(means(), {}, LABELS, Coverage(CALENDAR, EVERY, {}))
    assert note.method.endswith("; arms taken together: Kent, Wales and Leeds")
    assert note.remarks == ("Arms taken together: Kent, Wales and Leeds",)


def test_a_weight_of_none_is_no_weight():
    def columns(weight: str | None) -> SimpleNamespace:
        own = {"weight": weight} if weight else {}
        return SimpleNamespace(over=lambda other: columns(weight or other.named().get("weight")), named=lambda: own)

    files = {wave: SimpleNamespace(arm="kent", columns=columns(None)) for wave in ("w01", "w02")}
    study = SimpleNamespace(
        calendar={"kent": ("w01", "w02")},
        files=lambda: [(wave, None, file) for wave, file in files.items()],
        waves={"w01": SimpleNamespace(columns=columns("none")), "w02": SimpleNamespace(columns=columns(None))},
        about=SimpleNamespace(columns=columns("wt"), unprefixed=("wt",), names=None),
    )
    question = Question("q", "Q", "Q?", places=frozenset({("kent", "w01")}))
    found = coverage_of(study, {"trust": (question,)})
    assert found.weighted == {("kent", "w02")}
    assert found.asked == {"trust": {("kent", "w01")}}
