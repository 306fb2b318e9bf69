"""Rounds of index.yaml: which waves of arms with calendars of their own are compared, and what is refused of them."""

import datetime as dt
import re
import shutil
from pathlib import Path

import pytest
import yaml

from pipeline.errors import DeclarationErrors
from pipeline.paths import REPOSITORY, Paths
from pipeline.specs import load_project
from pipeline.specs.check_index_rounds import Begun, proposal
from pipeline.specs.index import Index

STUDY = "beyond_us_and_them"
FILE = REPOSITORY / "data" / "studies" / STUDY / "index.yaml"
DECLARED = {
    "invested": {"w03": "w04", "w04": "w06", "w05": "w07", "w06": "w08"},
    "metropolitan": {"w01": "w04", "w02": "w06", "w03": "w08"},
}


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("declared")
    shutil.copytree(REPOSITORY / "data" / "studies" / STUDY, made / "data" / "studies" / STUDY)
    shutil.copy(REPOSITORY / "data" / "concepts.yaml", made / "data")
    return made


def read(root: Path, **said: object) -> Index:
    """The index as it is declared, with these keys in place of its own; None leaves one out."""
    index = yaml.safe_load(FILE.read_text(encoding="utf-8")) | said
    text = yaml.safe_dump({key: value for key, value in index.items() if value is not None}, sort_keys=False)
    (root / "data" / "studies" / STUDY / "index.yaml").write_text(text, encoding="utf-8")
    return load_project(Paths(root)).studies[STUDY].index


def refusal(root: Path, **said: object) -> str:
    with pytest.raises(DeclarationErrors) as raised:
        read(root, **said)
    (problem,) = raised.value.problems
    assert str(problem).startswith(f"data/studies/{STUDY}/index.yaml:")
    return str(problem)


def test_the_sample_study_declares_the_rounds_that_its_dates_propose(root):
    assert read(root).rounds == DECLARED
    found = refusal(root, rounds=None)
    proposed = yaml.safe_load(re.search(r"`(rounds: .*?)`", found).group(1))
    assert proposed == {"rounds": DECLARED}
    assert read(root, **proposed).rounds == DECLARED


def test_waves_of_one_name_that_are_not_of_one_time_are_refused_where_nothing_is_said(root):
    found = refusal(root, rounds=None)
    assert "`w01` of `regions` and `w01` of `metropolitan` began 126 days apart" in found
    assert "a wave number is not a date" in found


def test_arms_that_are_not_of_the_index_need_no_rounds(root):
    assert read(root, rounds=None, arms=["regions"], comparison=None, profile=None).rounds == {}


def test_waves_that_are_not_of_the_index_need_none(root):
    read(root, rounds=None, arms=["regions", "invested"], waves=["w01", "w02"], comparison=None, profile=None)


def test_how_far_apart_is_declared(root):
    assert read(root, rounds=None, within_days=400).within_days == 400


REFUSED = {
    "an arm that there is not": ({"southern": {"w01": "w02"}}, "`southern` is not an arm of"),
    "an arm that is not of the index": ({**DECLARED, "activists": {"w03": "w04"}}, "not among the `arms` of the index"),
    "a wave that the arm has not": (
        {**DECLARED, "metropolitan": {**DECLARED["metropolitan"], "w04": "w09"}},
        "`w04` is not a wave of the arm `metropolitan`",
    ),
    "two waves in one round": (
        {**DECLARED, "metropolitan": {"w01": "w04", "w02": "w04", "w03": "w08"}},
        "of `metropolitan` `w01` and `w02` are both of the round `w04`",
    ),
    "a wave in the round that another has by its name": (
        {**DECLARED, "metropolitan": {"w01": "w03"}},
        "`w01` is of `w03` and `w02` of `w02`: later waves are of later rounds. A wave that is not named",
    ),
    "an order that is turned round": (
        {**DECLARED, "metropolitan": {"w01": "w06", "w02": "w04", "w03": "w08"}},
        "`w01` is of `w06` and `w02` of `w04`: later waves are of later rounds",
    ),
    "waves that are not of one time": (
        {**DECLARED, "metropolitan": {"w01": "w03", "w02": "w06", "w03": "w08"}},
        "`w03` of `regions` and `w01` of `metropolitan` began 63 days apart",
    ),
    "a round that lies elsewhere than its name": (
        {**DECLARED, "metropolitan": {"w01": "w40", "w02": "w41", "w03": "w42"}},
        "the round `w05` began after `w40`",
    ),
}


@pytest.mark.parametrize(("rounds", "message"), REFUSED.values(), ids=REFUSED)
def test_is_refused(root, rounds, message):
    assert message in refusal(root, rounds=rounds)


def begun(**arms: list[int]) -> list[Begun]:
    """Waves of arms that began so many days after the first of January."""
    first = dt.date(2024, 1, 1)
    return [
        Begun(arm, f"w{place:02d}", f"w{place:02d}", first + dt.timedelta(days))
        for arm, waves in arms.items()
        for place, days in enumerate(waves, start=1)
    ]


PROPOSED = {
    "of the same calendar": (begun(a=[0, 100], b=[5, 90]), {}),
    "of the longest arm": (begun(a=[0, 300], b=[0, 150, 310]), {"a": {"w02": "w03"}}),
    "each wave in a round of its own": (begun(a=[0, 100, 200], b=[90, 110]), {"b": {"w01": "w02", "w02": "w03"}}),
    "numbered anew where a wave is alone": (
        begun(a=[0, 400, 800], b=[0, 200, 410]),
        {"a": {"w02": "w03", "w03": "w04"}},
    ),
}


@pytest.mark.parametrize(("waves", "rounds"), PROPOSED.values(), ids=PROPOSED)
def test_the_dates_propose_rounds(waves, rounds):
    assert yaml.safe_load(proposal(waves, 95)) == {"rounds": rounds}
