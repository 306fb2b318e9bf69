"""The defects of the collection again, in other formats, other items and other amounts: the behaviour is the same."""

import csv as csv_reader
import stat

import polars as pl
import pyreadstat
import pytest
from panel_study import AGREE, ITEMS, LABELS, VALUE_LABELS, arrive, changed, clean, rebuild
from test_waves_refused import csv, sav

from pipeline.paths import Paths

WHOLE = {"received": 60, "loaded": 60}


@pytest.fixture
def second(panel_of, tmp_path):
    """Lets a file arrive as the second wave of the panel made here."""
    return lambda file, write, **declared: arrive(panel_of("made"), tmp_path / "root", file, write, **declared)


def as_csv(frame):
    return lambda path: path.write_bytes(csv(frame).encode())


def as_dta(frame, labels=True):
    def write(path):
        said = {"column_labels": LABELS, "variable_value_labels": VALUE_LABELS} if labels else {}
        pyreadstat.write_dta(frame.with_columns(pl.col("intdate").cast(pl.String)), path, **said)

    return write


WRITERS = {"sav": sav, "csv": as_csv, "dta": as_dta}


def recoded(item, change):
    return clean("w02").with_columns(pl.when(pl.col(item) > 0).then(change).otherwise(item).alias(item))


@pytest.mark.thorough
@pytest.mark.parametrize("format", WRITERS)
@pytest.mark.parametrize("item", ["trust2", "belong2"])
def test_12_turned_without_labels(format, item, second):
    outcome = second(f"turned.{format}", WRITERS[format](recoded(item, 6 - pl.col(item))))
    found = outcome.findings()[item, "reversed"]
    assert found["severity"] == "warns"
    assert "the same people's answers run against those of the wave before (r = -0." in found["what"]
    assert "runs against those it went with (item-rest correlation -0." in found["what"]
    assert found["count"] > 40
    assert outcome.accounting == WHOLE
    assert [kind for _, kind in outcome.findings()] == ["reversed"], "no other item is blamed"
    assert outcome.table("answers")[item].drop_nulls().len() > 40, "it loads"


@pytest.mark.parametrize("format", WRITERS)
def test_14_from_nought(format, second):
    outcome = second(f"nought.{format}", WRITERS[format](recoded("belong2", pl.col("belong2") - 1)))
    found = outcome.findings()["belong2", "range"]
    assert found["severity"] == "blocks"
    assert "from 0 to 4; declared are 1 to 5" in found["what"]
    assert outcome.table("answers")["belong2_reason"].unique().to_list() == ["set_aside"]
    assert outcome.apart("answers").filter(pl.col("item") == "belong2").height == 60
    assert outcome.table("answers")["trust1"].drop_nulls().len() > 50, "other items load"


def sex_01():
    return clean("w02").with_columns(pl.col("sex") - 1)


@pytest.mark.thorough
@pytest.mark.parametrize("format", ["csv", "dta"])
def test_15_sex_as_0_and_1_without_labels(format, second):
    write = as_csv(sex_01()) if format == "csv" else as_dta(sex_01(), labels=False)
    outcome = second(f"sex.{format}", write)
    assert "from 0 to 1; declared are 1 to 2" in outcome.findings()["sex", "range"]["what"]
    contradicts = outcome.findings()["sex", "contradicts_fact"]
    assert (contradicts["severity"], contradicts["count"]) == ("blocks", 30)
    assert "(30 against w01)" in contradicts["what"]
    assert outcome.table("answers")["sex_reason"].unique().to_list() == ["set_aside"], "no man becomes a woman"


def test_15_sex_as_0_and_1_is_mapped_where_the_codebook_says_so(second):
    rest = "exceptions: {sex: {reason: other codes, codes: {0: Male, 1: Female}, recode: {0: 1, 1: 2}}}\n"
    outcome = second("sex.csv", as_csv(sex_01()), rest=rest)
    assert outcome.findings() == {}
    assert outcome.table("answers")["sex"].to_list() == clean("w02")["sex"].to_list()


@pytest.mark.parametrize("format", ["csv", "sav"])
def test_17_reasons_lost_in_another_item(format, second):
    frame = clean("w02").with_columns(belong1=pl.when(pl.col("belong1") > 0).then("belong1"))
    empty = frame["belong1"].null_count()
    refused = int((clean("w01")["belong1"] < 0).sum())
    outcome = second(f"lost.{format}", WRITERS[format](frame))
    found = outcome.findings()["belong1", "reasons_lost"]
    assert (found["severity"], found["count"]) == ("warns", empty)
    assert f"{empty} recorded as “not stated” (before 0); refused 0 (before {refused})" in found["what"]
    assert outcome.table("answers")["belong1_reason"].drop_nulls().unique().to_list() == ["blank"]


@pytest.mark.thorough
@pytest.mark.parametrize(("code", "says"), [(77.0, "77 (9)"), (999.0, "999 (9)"), (6.0, "6 (9)"), (0.5, "0.5 (9)")])
def test_18_and_53_single_answers_in_another_item(code, says, second):
    outcome = second("odd.csv", as_csv(changed(trust2=dict.fromkeys(range(20, 29), code))))
    found = outcome.findings()["trust2", "undeclared_code"]
    assert says in found["what"]
    apart = outcome.apart("answers")
    assert (apart["item"].unique().to_list(), apart.height) == (["trust2"], 9)
    assert outcome.table("ledger").filter(pl.col("reason") == "set_aside")["count"].sum() == 9


def test_20_a_renamed_variable_comes_back_once_it_is_named(second):
    renamed = clean("w02").rename({"trust2": "trust_two", "belong2": "BELONG2"})
    outcome = second("renamed.csv", as_csv(renamed))
    found = outcome.findings()["trust2", "not_in_file"]
    assert found["severity"] == "blocks"
    assert found["decision"].startswith("set_aside")
    assert "the closest name in the file is `trust_two`; its answers are set aside" in found["what"]
    assert "column BELONG2 is read as belong2" in outcome.notices
    assert outcome.table("answers")["trust2_reason"].unique().to_list() == ["set_aside"]
    path = outcome.root / "data/studies/panel/waves/w02.yaml"
    path.write_text(path.read_text() + "variables: {trust2: trust_two}\n")
    assert not [report.message for report in rebuild(outcome.root).values() if report.message]
    assert outcome.findings() == {}
    assert outcome.table("answers")["trust2"].drop_nulls().len() > 50


def words(item, odd):
    labels = {float(code): text for code, text in AGREE.items()} | {-99.0: "-99", -88.0: "-88"}
    frame = clean("w02").with_columns(
        *(pl.col(name).replace_strict(labels, return_dtype=pl.String) for name in ITEMS),
        pl.col("sex").replace_strict({1.0: "Male", 2.0: "Female"}, return_dtype=pl.String),
    )
    cells = frame[item].to_list()
    return frame.with_columns(pl.Series(item, odd + cells[len(odd) :]))


HOSTILE = ["=cmd|calc!A1", "<img src=x onerror=alert(1)>", "Cytuno’n gryf", "Cytuno’n gryf", "07700 900123", "5"]


def test_26_and_52_unmatched_texts_are_listed_word_for_word_for_staff_alone(second):
    outcome = second("words.csv", as_csv(words("trust1", HOSTILE)), more="answers: labels")
    found = outcome.findings()["trust1", "undeclared_code"]
    assert found["count"] == 6
    assert "text (6)" in found["what"]
    assert "`unmatched_answers.csv`" in found["todo"]
    assert not any(part in outcome.told() for part in ("Cytuno", "calc!", "onerror", "900123"))
    path = Paths(outcome.root).unmatched_answers("panel")
    assert path.is_relative_to(Paths(outcome.root).quarantine)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    rows = list(csv_reader.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
    listed = {row["text"]: int(row["count"]) for row in rows}
    assert listed == {"Cytuno’n gryf": 2, "'=cmd|calc!A1": 1, HOSTILE[1]: 1, "personal data": 1, "“5”": 1}
    assert {(row["wave"], row["item"], row["variable"]) for row in rows} == {("w02", "trust1", "trust1")}
    assert outcome.apart("answers").height == 6
    assert outcome.table("answers")["trust1_reason"].to_list()[:6] == ["set_aside"] * 6
    assert outcome.table("answers")["trust2"].drop_nulls().len() > 50
    for name in ("answers", "ledger", "findings", "crosswalk"):
        assert b"onerror" not in Paths(outcome.root).table(name, "panel").read_bytes()


def test_26_the_list_is_gone_once_the_texts_are_declared(second):
    outcome = second("words.csv", as_csv(words("trust1", ["Cytuno’n gryf"] * 3)), more="answers: labels")
    assert Paths(outcome.root).unmatched_answers("panel").exists()
    codes = {**AGREE, 5: "Cytuno'n gryf"}
    path = outcome.root / "data/studies/panel/waves/w02.yaml"
    path.write_text(path.read_text() + f"exceptions: {{trust1: {{reason: asked in Welsh, codes: {codes}}}}}\n")
    rebuild(outcome.root)
    assert outcome.table("answers")["trust1"].to_list()[:3] == [5, 5, 5]


def test_25_a_remark_beside_codes_costs_no_other_answer(second):
    floats = [str(value) for value in clean("w02")["trust1"]]
    frame = clean("w02").with_columns(trust1=pl.Series(["see note", *floats[1:]]))
    outcome = second("remark.csv", as_csv(frame))
    assert outcome.findings()["trust1", "undeclared_code"]["what"].endswith("text (1).")
    assert outcome.apart("answers").height == 1


WEIGHTS = {
    "one huge": ({5: 1e6}, "weight_huge", 1, "of all weight"),
    "negative": ({5: -0.5, 6: -0.1}, "weight_not_positive", 2, "negative"),
    "not finite": ({5: float("inf")}, "weight_not_positive", 1, "no finite number"),
    "nought": (dict.fromkeys(range(60), 0.0), "weight_not_positive", 60, "zero for everybody"),
    "per thousand": ({k: 1000.0 + k for k in range(60)}, "weight_mean", 60, "not about 1"),
}


def test_47_a_weight_of_zero_is_of_somebody_outside_this_waves_population(second):
    outcome = second("weights.csv", as_csv(changed(wt={5: 0.0, 6: 0.0})))
    found = outcome.findings()["weight", "weight_zero"]
    assert (found["severity"], found["count"]) == ("notes", 2)
    assert "not in this wave's population" in found["what"]
    weights = outcome.table("answers").filter(wave="w02")["design_weight"]
    assert ((weights == 0).sum(), weights.null_count()) == (2, 0), "a weight of zero stays what it is"


@pytest.mark.thorough
@pytest.mark.parametrize("what", WEIGHTS)
def test_47_weights_that_cannot_be(what, second):
    cells, kind, count, says = WEIGHTS[what]
    outcome = second("weights.csv", as_csv(changed(wt=cells)))
    found = outcome.findings()["weight", kind]
    assert (found["severity"], found["count"]) == ("blocks", count)
    assert says in found["what"]
    assert outcome.table("answers")["design_weight"].null_count() == 60, "no weight of the wave is used"
    assert outcome.table("answers")["trust1"].drop_nulls().len() > 50, "other variables load"
    assert outcome.apart("answers").filter(pl.col("item") == "weight").height == 60


@pytest.mark.parametrize(
    ("frame", "kind"),
    [
        (clean("w02").with_columns(belong2=pl.lit(2.0)), "constant"),
        (clean("w02").with_columns(belong2=pl.lit(None, pl.Float64)), "empty"),
        (clean("w02").drop("belong2").rename({"open1": "x"}), "not_in_file"),
    ],
    ids=["24-constant", "23-empty", "22-absent"],
)
def test_22_to_24_in_another_item(frame, kind, second):
    outcome = second("item.csv", as_csv(frame))
    assert ("belong2", kind) in outcome.findings()
    assert {item for item, _ in outcome.findings()} == {"belong2"}
    assert outcome.accounting == WHOLE
