"""A declared study, harmonised: arms with their own files, waves with exceptions, items not asked everywhere."""

import datetime as dt

import polars as pl
import pytest

from pipeline.errors import CohesionError, DepositError
from pipeline.harmonise import Harmonised, account, harmonise, item_ranges
from pipeline.specs import Item, Study, StudyFile, Wave
from pipeline.tables import HEAD, Crosswalk, Ledger, answers_schema

AGREE = {"1": "Agree", "2": "Neither", "3": "Disagree"}
FIELDWORK = {"start": "2020-05-01", "end": "2020-05-31"}

ITEMS = {
    "trust": {"variable": "Q1", "codes": AGREE, "reverse": True},
    "unity": {"codes": {"1": "United", "2": "Divided"}, "recode": {"1": 1, "2": 0}},
    "age": {"kind": "number", "range": (18, 110), "missing": {"99": "refused"}},
    "activism": {"codes": AGREE, "arms": ["activists"]},
    "vaccine": {"codes": AGREE, "waves": ["w02"]},
}


def study(waves: dict | None = None, **about: object) -> Study:
    arms = {arm: {"title": arm, "waves": ["w01", "w02"]} for arm in ("regions", "activists")}
    declared = StudyFile.model_validate(
        {"title": "A study", "short_title": "Study", "population": "adults", "citation": "c", "licence": "l"}
        | {"arms": arms, "missing": {"-9": "refused", "-8": "dont_know"}}
        | {"columns": {"person_id": "id", "weight": "wt", "interview_date": "day"}, "unprefixed": ["id"]}
        | about
    )
    items = {key: Item.model_validate({"label": key, "wording": key, **item}) for key, item in ITEMS.items()}
    given = {"w01": {}, "w02": {}} | (waves or {})
    return Study("study", declared, items, {}, {key: a_wave(key, **wave) for key, wave in given.items()})


def a_wave(key: str, **changes: object) -> Wave:
    files = [
        {"arm": "regions", "file": f"regions_{key}.sav", "format": "sav"},
        {"arm": "activists", "file": f"activists_{key}.csv", "format": "csv", "variables": {"trust": "q1"}},
    ]
    files[1]["fieldwork"] = {"start": "2020-06-10", "end": "2020-06-30"}
    return Wave.model_validate({"title": key, "fieldwork": FIELDWORK, "files": files} | changes)


def rows(wave: str = "w01", **changes: list[str | None]) -> pl.DataFrame:
    """Two people of the regions and two activists; ``Q1`` is the regions' trust, ``q1`` the activists'."""
    columns = {
        "person_id": ["r1", "r2", "a1", "a2"],
        "study": ["study"] * 4,
        "arm": ["regions", "regions", "activists", "activists"],
        "wave": [wave] * 4,
        "row": [1, 2, 1, 2],
        "wt": ["0.75", "-9", "1", None],
        "day": ["2020-05-03", "2020-05-04 10:30:00", None, "-8"],
        "Q1": ["1", "3", None, None],
        "q1": [None, None, "1", "-9"],
        "unity": ["1", "2", "-8", None],
        "age": ["18", "99", "45.5", None],
        "activism": [None, None, "1", "2"],
        "vaccine": ["1", "1", "2", "3"],
    }
    return pl.DataFrame(columns | changes)


def made(waves: dict | None = None, **changes: list[str | None]) -> Harmonised:
    return harmonise(study(waves), {"w01": rows(**changes)})


def results(found: Harmonised, item: str) -> list[tuple[float | None, str | None]]:
    return found.answers.select(item, f"{item}_reason").rows()


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("trust", [(3.0, None), (1.0, None), (3.0, None), (None, "refused")]),
        ("unity", [(1.0, None), (0.0, None), (None, "dont_know"), (None, "blank")]),
        ("age", [(18.0, None), (None, "refused"), (45.5, None), (None, "blank")]),
        ("activism", [(None, "not_asked"), (None, "not_asked"), (1.0, None), (2.0, None)]),
        ("vaccine", [(None, "not_asked")] * 4),
    ],
    ids=["names-differ-by-arm-only-in-case", "recode", "missing-code-within-range", "one-arm-only", "one-wave-only"],
)
def test_item_becomes(item, expected):
    assert results(made(), item) == expected


@pytest.mark.parametrize(
    ("exception", "item", "expected"),
    [
        ({"reverse": False}, "trust", [1.0, 3.0, 1.0, None]),
        ({"recode": {"1": 10, "2": 20, "3": 30}}, "trust", [10.0, 30.0, 10.0, None]),
        ({"codes": {"1": "Yes", "2": "Hardly", "3": "No", "4": "Never"}}, "trust", [4.0, 2.0, 4.0, None]),
        ({"missing": {"1": "no_answer"}}, "trust", [None, 2.0, None, None]),
        ({"reverse": True}, "unity", [0.0, 1.0, None, None]),
        ({"codes": {"1": "As one", "2": "Apart"}}, "unity", [1.0, 0.0, None, None]),
        ({"range": (45, 50)}, "age", [None, None, 45.5, None]),
        ({"reverse": True}, "age", [110.0, None, 82.5, None]),
    ],
    ids=[
        "not-reversed-here",
        "recode-replaces-reverse",
        "reverses-within-its-own-codes",
        "a-code-is-missing-here",
        "turned-before-it-is-recoded",
        "new-labels-keep-the-recode",
        "range-of-this-wave",
        "number-reversed-in-its-range",
    ],
)
def test_a_wave_makes_an_exception(exception, item, expected):
    waves = {"w01": {"exceptions": {item: {"reason": "asked in another way", **exception}}}}
    ages = {"age": [None, "99", "45.5", None]} if exception.get("range") else {}
    found = made(waves, **ages)
    assert found.answers[item].to_list() == expected
    assert account(found.ledger, {"w01": rows()}, found.answers) == []


def test_a_recode_must_know_the_codes_of_the_wave():
    codes = {"1": "United", "2": "Divided", "3": "Neither"}
    with pytest.raises(CohesionError, match="item `unity`: is recoded, but the recode does not name code 3"):
        made({"w01": {"exceptions": {"unity": {"reason": "r", "codes": codes}}}})


def test_the_head_says_when_and_with_which_weight():
    head = made().answers.select("person_id", "arm", "fieldwork_start", "interview_date", "design_weight").rows()
    assert head == [
        ("r1", "regions", dt.date(2020, 5, 1), dt.date(2020, 5, 3), 0.75),
        ("r2", "regions", dt.date(2020, 5, 1), dt.date(2020, 5, 4), None),
        ("a1", "activists", dt.date(2020, 6, 10), None, 1.0),
        ("a2", "activists", dt.date(2020, 6, 10), None, None),
    ]


def test_waves_follow_each_other_and_rows_keep_their_order():
    first, second = rows(), rows("w02", person_id=["r9", "r1", "a2", "a7"])
    found = harmonise(study(), {"w01": first, "w02": second})
    assert found.answers.select("wave", "person_id").rows() == [
        *first.select("wave", "person_id").rows(),
        *second.select("wave", "person_id").rows(),
    ]
    assert account(found.ledger, {"w01": first, "w02": second}, found.answers) == []


def test_tables_keep_their_contracts():
    found = harmonise(study(), {"w01": rows(), "w02": rows("w02")})
    answers_schema(item_ranges(study())).validate(found.answers)
    Ledger.validate(found.ledger)
    Crosswalk.validate(found.crosswalk)
    assert found.answers.columns[: len(HEAD)] == list(HEAD)


def test_the_crosswalk_alone_explains_every_coded_answer():
    """Joining each source code to the crosswalk gives what the SQL gave."""
    found, source = made(), rows()
    arms_variable = {"regions": "Q1", "activists": "q1"}
    for arm, variable in arms_variable.items():
        known = found.crosswalk.filter(pl.col("arm") == arm, pl.col("item") == "trust")
        codes = source.filter(pl.col("arm") == arm).select("person_id", code=pl.col(variable).fill_null(""))
        expected = codes.join(known, on="code", how="left", maintain_order="left").select("value", "reason")
        assert expected.rows() == results_of(found, arm)


def results_of(found: Harmonised, arm: str) -> list[tuple[float | None, str | None]]:
    return found.answers.filter(pl.col("arm") == arm).select("trust", "trust_reason").rows()


def test_an_arm_may_be_empty():
    found = harmonise(study(), {"w01": rows().filter(pl.col("arm") == "regions")})
    assert found.answers.height == 2
    assert account(found.ledger, {"w01": found.answers}, found.answers) == []


# What stops a study -------------------------------------------------------------------------------------


def message(waves: dict[str, pl.DataFrame]) -> str:
    with pytest.raises(DepositError) as error:
        harmonise(study(), waves)
    return str(error.value)


def test_every_undeclared_code_of_every_wave_in_one_message():
    told = message({"w01": rows(Q1=["7", "3", None, None]), "w02": rows("w02", vaccine=["8", "8", "1", "-9"])})
    assert "regions_w01.sav: variable `Q1` (item `trust`) has undeclared code 7 (1)" in told
    assert "regions_w02.sav: variable `vaccine` (item `vaccine`) has undeclared code 8 (2)" in told


def test_what_someone_wrote_is_counted_not_told():
    told = message({"w01": rows(age=["17", "200", "forty", "45"], unity=["1", "yes, united", "2", "0711123456"])})
    assert "regions_w01.sav: variable `age` (item `age`) has 2 values outside the declared range 18 to 110" in told
    assert "activists_w01.csv: variable `age` (item `age`) has text that is no number (1)" in told
    assert "variable `unity` (item `unity`) has undeclared text that is no code (1)" in told
    assert not any(secret in told for secret in ("200", "forty", "yes", "0711"))


def test_a_long_list_of_codes_is_cut():
    frame = pl.concat(
        [rows(person_id=[f"p{i}", f"q{i}", f"r{i}", f"s{i}"], Q1=[f"{i}", "1", None, None]) for i in range(10, 40)]
    )
    told = message({"w01": frame})
    assert "code 10 (1), code 11 (1)" in told
    assert "code 21 (1), 18 more codes" in told


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"wt": ["1", "heavy", "-1", "inf"]},
            "regions_w01.sav: variable `wt` holds weights that are no number of zero or more (1)",
        ),
        (
            {"wt": ["1", "1", "-1", "inf"]},
            "activists_w01.csv: variable `wt` holds weights that are no number of zero or more (2)",
        ),
        (
            {"day": ["3 May", "2020-13-01", None, None]},
            "variable `day` holds interview dates that are not written as 2020-05-31 (2)",
        ),
        (
            {"arm": ["regions", "others", "activists", None]},
            "study w01: rows of an arm that has no file in this wave (2)",
        ),
        ({"person_id": ["r1", "r1", "r1", "a2"]}, "study w01: ids that come more than once, counted over all arms (1)"),
    ],
    ids=["weight-is-text", "weight-is-negative-or-endless", "date-is-none", "arm-without-a-file", "person-in-two-arms"],
)
def test_unusable(changes, expected):
    told = message({"w01": rows(**changes)})
    assert expected in told
    assert "heavy" not in told
    assert "r1" not in told


def test_an_absent_variable_names_the_nearest():
    told = message({"w01": rows().drop("unity").with_columns(unitty=pl.lit("1"))})
    assert "regions_w01.sav has no variable `unity` for the item `unity`; did you mean `unitty`?" in told
    assert "`not_asked`" in told
