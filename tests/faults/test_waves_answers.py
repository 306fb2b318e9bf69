"""A second wave in which some answers are doubtful: codes or whole items are set aside, and what is odd is told."""

import polars as pl
import pyreadstat
import pytest
from panel_study import (
    AGREE,
    ANSWERS,
    ITEMS,
    LABELS,
    VALUE_LABELS,
    changed,
    clean,
    declare_study,
    declare_wave,
    make_panel,
    raw,
    rebuild,
    write_sav,
)
from test_waves_refused import csv, sav
from test_waves_refused import raw as bytes_of

from pipeline.paths import Paths

WHOLE = {"received": 60, "loaded": 60}
TURNED = {6 - code: label for code, label in AGREE.items()}


def turned(item: str) -> pl.DataFrame:
    return clean("w02").with_columns(pl.when(pl.col(item) > 0).then(6 - pl.col(item)).otherwise(item).alias(item))


def relabelled(frame: pl.DataFrame, item: str, labels: dict[float, str]):
    return lambda path: write_sav(path, frame, value_labels={**VALUE_LABELS, item: labels})


def sex_01() -> pl.DataFrame:
    return clean("w02").with_columns(pl.col("sex") - 1)


def zero_based() -> pl.DataFrame:
    return clean("w02").with_columns(pl.when(pl.col("trust1") > 0).then(pl.col("trust1") - 1).otherwise("trust1"))


def odd_weights() -> pl.DataFrame:
    return changed(wt={0: -1.0, 1: 0.0, 2: 1e6})


REJECTED = {
    "11_reversed_scale.sav": (
        relabelled(turned("trust1"), "trust1", {**TURNED, -99: "Refused", -88: "Don't know"}),
        "trust1",
        "reversed_labels",
        "the other way round",
    ),
    "13_changed_labels.sav": (
        relabelled(changed(belong1=dict.fromkeys(range(4), 6.0)), "belong1", {**ANSWERS, 3: "Unsure", 6: "Does not"}),
        "belong1",
        "code_labels",
        "3: “Neither” is now “Unsure”",
    ),
    "14_zero_based.sav": (sav(zero_based()), "trust1", "range", "from 0 to 4; declared are 1 to 5"),
    "15_sex_01.sav": (
        relabelled(sex_01(), "sex", {0: "Male", 1: "Female"}),
        "sex",
        "code_labels",
        "1: “Male” is now “Female”",
    ),
}


@pytest.mark.parametrize("file", REJECTED)
def test_an_item_that_is_set_aside_while_the_others_load(file, wave_2):
    write, item, kind, says = REJECTED[file]
    for outcome in wave_2(file, write):
        finding = outcome.findings()[item, kind]
        assert (finding["severity"], finding["decision"][:9]) == ("blocks", "set_aside")
        assert says in finding["what"]
        assert outcome.accounting == WHOLE
        answers = outcome.table("answers")
        assert answers[f"{item}_reason"].unique().to_list() == ["set_aside"]
        assert answers["trust2"].drop_nulls().len() > 50
        apart = outcome.apart("answers").filter(pl.col("item") == item)
        assert apart.height == 60
        assert apart["value"].null_count() == 0, "the answers are kept"


def test_13_the_new_code_is_listed_with_its_count(wave_2):
    write, *_ = REJECTED["13_changed_labels.sav"]
    for outcome in wave_2("13_changed_labels.sav", write):
        assert "6 (4)" in outcome.findings()["belong1", "undeclared_code"]["what"]


def test_15_the_contradiction_with_the_first_wave_is_counted(wave_2):
    write, *_ = REJECTED["15_sex_01.sav"]
    for outcome in wave_2("15_sex_01.sav", write):
        assert outcome.findings()["sex", "contradicts_fact"]["count"] > 10


def test_47_weights_that_cannot_be(wave_2):
    for outcome in wave_2("47_bad_weights.sav", sav(odd_weights())):
        assert outcome.findings()["weight", "weight_not_positive"]["count"] == 1
        assert outcome.findings()["weight", "weight_zero"]["count"] == 1
        assert outcome.findings()["weight", "weight_huge"]["count"] == 1
        assert outcome.findings()["weight", "weight_huge"]["severity"] == "blocks"
        answers = outcome.table("answers")
        assert answers["design_weight"].null_count() == answers.height
        assert answers["trust1"].drop_nulls().len() > 50, "other variables load"
        assert set(outcome.apart("answers")["item"]) == {"weight"}


VALUES = {
    "18_pos99.sav": (sav(changed(trust1=dict.fromkeys(range(10), 99.0))), 10, "99 (10)"),
    "53_fraction_huge.sav": (sav(changed(trust1={3: 2.5, 4: 1e9})), 2, "2.5 (1)"),
}


@pytest.mark.parametrize("file", VALUES)
def test_single_answers_that_are_set_aside(file, wave_2):
    write, count, says = VALUES[file]
    for outcome in wave_2(file, write):
        found = [row for (_, kind), row in outcome.findings().items() if kind == "undeclared_code"]
        assert sum(row["count"] for row in found) == count
        assert any(says in row["what"] for row in found)
        apart = outcome.apart("answers").filter(pl.col("item") != "sex")
        assert apart.height == count
        assert set(apart["reason"]) == {"undeclared_code"}
        ledger = outcome.table("ledger").filter((pl.col("reason") == "set_aside") & (pl.col("item") != "sex"))
        assert ledger["count"].sum() == count


@pytest.mark.thorough
def test_a_set_aside_answer_comes_back_once_it_is_declared(wave_2):
    write, *_ = VALUES["18_pos99.sav"]
    for outcome in wave_2("18_pos99.sav", write):
        item = outcome.apart("answers").filter(pl.col("item") != "sex")["item"][0]
        path = outcome.root / "data/studies/panel/waves/w02.yaml"
        path.write_text(
            path.read_text() + f"exceptions: {{{item}: {{reason: 99 meant refused, missing: {{99: refused}}}}}}\n"
        )
        rebuild(outcome.root)
        back = outcome.table("ledger").filter((pl.col("code") == "99") & (pl.col("item") == item))
        assert back.select("reason", "count").rows() == [("refused", 10)]
        assert not outcome.apart("answers").filter(pl.col("item") == item).height


def not_declared_missing(path):
    pyreadstat.write_sav(clean("w02"), path, column_labels=LABELS, variable_value_labels=VALUE_LABELS)


def moved_labels(path):
    items = list(ITEMS)
    shifted = dict(zip(items, [*items[1:], items[0]], strict=True))
    frame = clean("w02").with_columns(pl.col(shifted[item]).alias(item) for item in items)
    write_sav(path, frame, labels={**LABELS, **{item: ITEMS[shifted[item]] for item in items}})


def without_reasons() -> pl.DataFrame:
    frame = clean("w02").with_columns(trust1=pl.Series([-99.0] * 4 + clean("w02")["trust1"][4:].to_list()))
    return frame.with_columns(pl.when(pl.col("trust1") > 0).then("trust1").alias("trust1"))


TOLD = {
    "12_silent_reverse.sav": (sav(turned("belong1")), "belong1", "reversed", "run against"),
    "17_sysmis.sav": (sav(without_reasons()), None, "reasons_lost", "“not stated”"),
    "19_shifted_columns.sav": (moved_labels, "trust1", "moved_label", "`trust2` had before"),
    "22_missing_var.sav": (sav(clean("w02").drop("belong2")), None, "not_in_file", "counts as not asked"),
    "23_all_missing.sav": (
        sav(clean("w02").with_columns(trust2=pl.lit(None, pl.Float64))),
        None,
        "empty",
        "nobody has an answer",
    ),
    "24_constant.sav": (
        sav(clean("w02").with_columns(trust2=pl.lit(3.0))),
        None,
        "constant",
        "every answer is the same",
    ),
}


@pytest.mark.parametrize("file", TOLD)
def test_what_is_odd_is_told_and_loads(file, wave_2):
    write, item, kind, says = TOLD[file]
    for outcome in wave_2(file, write):
        assert outcome.accounting == WHOLE
        found = [row for (where, what), row in outcome.findings().items() if item in (None, where) and what == kind]
        assert [row["severity"] for row in found] == ["warns"]
        assert says in found[0]["what"]
        assert outcome.table("answers").select(pl.col("trust1", "belong1").count()).sum_horizontal()[0] > 40


@pytest.mark.thorough
def test_16_a_missing_code_is_missing_whatever_the_file_says(wave_2):
    for outcome in wave_2("16_m99_not_declared.sav", not_declared_missing):
        answers, ledger = outcome.table("answers"), outcome.table("ledger")
        assert all((answers[item].drop_nulls() > 0).all() for item in ITEMS)
        refused = ledger.filter((pl.col("code") == "-99") & (pl.col("reason") == "refused"))
        found = outcome.findings()["missing_codes", "missing_not_marked"]
        assert (found["severity"], found["count"]) == ("warns", refused["count"].sum())
        for item, count in refused.select("item", "count").iter_rows():
            assert f"`{item}` -99 ({count})" in found["what"], "counted by variable"


def test_12_a_silent_reversal_is_told_with_its_correlation(wave_2):
    for outcome in wave_2("12_silent_reverse.sav", sav(turned("belong1"))):
        found = outcome.findings()["belong1", "reversed"]
        assert "the same people's answers run against those of the wave before (r = -0." in found["what"]
        assert found["count"] > 40
        assert "recode" in found["todo"]


def test_17_a_lost_reason_is_a_blank_not_a_value(wave_2):
    for outcome in wave_2("17_sysmis.sav", sav(without_reasons())):
        (found,) = [row for (_, kind), row in outcome.findings().items() if kind == "reasons_lost"]
        assert found["severity"] == "warns"
        assert f"{found['count']} recorded as “not stated” (before 0); refused 0 (before" in found["what"]
        reasons = outcome.table("ledger").filter(pl.col("reason") == "blank")
        assert reasons["count"].sum() > 0


def test_19_all_four_shifted_items_are_named(wave_2):
    for outcome in wave_2("19_shifted_columns.sav", moved_labels):
        assert {item for item, kind in outcome.findings() if kind == "moved_label"} == set(ITEMS)


@pytest.mark.thorough
def test_22_an_absent_item_was_not_asked(wave_2):
    for outcome in wave_2("22_missing_var.sav", sav(clean("w02").drop("belong2"))):
        absent = [item for item, kind in outcome.findings() if kind == "not_in_file"]
        assert len(absent) == 1
        assert f"the file has no variable `{absent[0]}`" in outcome.notices
        assert outcome.table("answers")[f"{absent[0]}_reason"].is_in(["not_asked", "set_aside"]).all()


def test_20_a_renamed_variable_is_set_aside_with_the_nearest_name(wave_2):
    renamed = clean("w02").rename({"trust1": "TRUST1", "belong1": "belong_1"})
    for outcome in wave_2("20_renamed.sav", sav(renamed)):
        assert "column TRUST1 is read as trust1: the names differ only in case" in outcome.notices
        assert "the file has no variable `belong1`; the nearest name is `belong_1`" in outcome.notices
        found = outcome.findings()["belong1", "not_in_file"]
        assert (found["count"], found["severity"], found["decision"][:9]) == (60, "blocks", "set_aside")
        assert "the closest name in the file is `belong_1`; its answers are set aside" in found["what"]
        assert outcome.table("answers")["belong1_reason"].unique().to_list() == ["set_aside"]
        assert outcome.table("answers")["trust1"].drop_nulls().len() > 50


@pytest.mark.thorough
def test_21_an_unknown_variable_stays_out(wave_2):
    for outcome in wave_2("21_extra_var.sav", sav(clean("w02").with_columns(q_new=pl.lit(1.0)))):
        assert "q_new" in outcome.notices
        assert "q_new" not in outcome.table("answers").columns
        assert outcome.accounting == WHOLE


@pytest.mark.thorough
def test_25_answers_as_code_and_label(wave_2):
    words = [f"{code:g} - {AGREE[code]}" if code > 0 else f"{code:g}" for code in clean("w02")["trust1"]]
    frame = clean("w02").with_columns(trust1=pl.Series(words))
    for outcome in wave_2("25_text_labels.csv", bytes_of(csv(frame).encode()), more="answers: code_and_label"):
        assert outcome.accounting == WHOLE
        assert outcome.table("answers")["trust1"].drop_nulls().is_in([float(code) for code in AGREE]).all()
        assert outcome.table("answers")["trust1"].drop_nulls().len() > 40


def test_26_welsh_answers_with_a_curly_apostrophe(wave_2):
    welsh = {1: "Ddim yn cytuno o gwbl", 2: "Anghytuno", 3: "Ddim un", 4: "Cytuno", 5: "Rwy'n cytuno'n gryf"}
    words = {code: text.replace("'", "’") for code, text in welsh.items()} | {-99: "-99", -88: "-88"}
    frame = clean("w02").with_columns(
        *(pl.col(item).replace_strict(words, return_dtype=pl.String) for item in ITEMS),
        pl.col("sex").replace_strict({1: "Male", 2: "Female"}, return_dtype=pl.String),
    )
    codes = ", ".join(f'{code}: "{text}"' for code, text in welsh.items())
    rest = "exceptions:\n" + "".join(f"  {item}: {{reason: asked in Welsh, codes: {{{codes}}}}}\n" for item in ITEMS)
    for outcome in wave_2("26_welsh.csv", bytes_of(csv(frame).encode()), more="answers: labels", rest=rest):
        assert outcome.accounting == WHOLE
        assert outcome.table("answers")["trust1"].drop_nulls().to_list() == [
            value for value in clean("w02")["trust1"] if value > 0
        ]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("file", "data", "more"),
    [
        ("27_cp1252.csv", csv().encode("cp1252"), "encoding: windows-1252"),
        ("29_bom.csv", b"\xef\xbb\xbf" + csv().encode(), ""),
        ("30_utf16.csv", csv(separator="\t").encode("utf-16"), 'encoding: utf-16, delimiter: "\\t"'),
    ],
)
def test_a_text_file_that_is_read_as_declared(file, data, more, wave_2):
    for outcome in wave_2(file, bytes_of(data), more=more):
        assert outcome.accounting == WHOLE
        assert outcome.table("answers")["trust2"].drop_nulls().len() > 50
        assert "Anghytuno" not in outcome.told(), "a text that is no code is counted, not shown"


@pytest.mark.thorough
def test_28_doubly_encoded_text_is_counted_by_column(wave_2):
    double = csv().encode().decode("cp1252").encode()
    for outcome in wave_2("28_mojibake.csv", bytes_of(double)):
        assert "region" in outcome.notices
        assert "encoded" in outcome.notices
        assert "Ã" not in outcome.told()


def test_52_hostile_texts_are_counted_and_never_shown(wave_2):
    texts = [
        "<img src=x onerror=alert(1)>",
        "my email is jo@example.org, 07700 900123",
        "=cmd|calc!A1",
        "{{7*7}} ${7*7}",
    ]
    for outcome in wave_2("52_hostile_open_text.sav", sav(changed(open1=dict(enumerate(texts))))):
        assert outcome.accounting == WHOLE
        assert "open1: " in outcome.notices
        assert "e-mail address" in outcome.notices
        assert not any(part in outcome.told() for part in ("jo@", "calc!", "7*7", "onerror"))
        assert "open1" not in outcome.table("answers").columns


def test_49_an_age_that_runs_backwards(tmp_path):
    root = make_panel(tmp_path / "root")
    age = "age: {label: Age, wording: Age, kind: number, range: [16, 110], concept: age, waves: [w01, w02]}\n"
    declare_study(root, more_items=age)
    for wave, years in (("w01", 40), ("w02", 41)):
        frame = clean(wave).with_columns(age=pl.Series([float(years)] * 60))
        write_sav(raw(root) / f"clean_w{wave[2:]}.sav", changed(frame, age={3: 30.0}) if wave == "w02" else frame)
        declare_wave(root, wave, f"clean_w{wave[2:]}.sav")
    reports = rebuild(root)
    assert not [report.message for report in reports.values() if report.message]
    found = pl.read_parquet(Paths(root).table("findings", "panel")).filter(pl.col("kind") == "age_backwards")
    assert found.select("wave", "item", "count", "severity").rows() == [("w02", "age", 1, "warns")]
