"""Exports: what goes into a file for SPSS or Stata comes back from it, with labels and reasons for missing values."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import stat
import subprocess
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pyreadstat
import pytest
from hostile_texts import PAYLOADS
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import CohesionError
from pipeline.exports import Variable, export
from pipeline.exports.naming import cut, legal_names
from pipeline.exports.variable import REASONS
from pipeline.specs.exports import EXPORT_FORMATS, SPSS, STATA

HOSTILE = list(PAYLOADS.values())
TEXTS = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=400))
NAMES = st.one_of(
    st.sampled_from(
        ["if", "ALL", "_n", "str12", "1st", "Überlänge", "a b", "a_b", "A_B", "x" * 70, "x" * 33, "名前", "-"]
    ),
    st.text(min_size=1, max_size=50).filter(lambda text: "\x00" not in text),
)
VALUES = st.one_of(st.none(), st.integers(-100, 100).map(float), st.floats(-1e12, 1e12, allow_nan=False))


@st.composite
def data_sets(draw):
    """A frame of several columns of numbers, some with reasons, with hostile names and labels."""
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    names = [name for name in names if f"{name}_reason" not in names]
    rows = draw(st.integers(1, 6))
    columns, variables = {}, {}
    for name in names:
        values = draw(st.lists(VALUES, min_size=rows, max_size=rows))
        columns[name] = pl.Series(name, values, dtype=pl.Float64)
        labels = draw(st.dictionaries(st.integers(-5, 100).map(float), TEXTS, max_size=4))
        reason = ""
        if draw(st.booleans()):
            reason = f"{name}_reason"
            some = st.one_of(st.none(), st.sampled_from([*REASONS, "another reason", "<b>"]))
            why = draw(st.lists(some, min_size=rows, max_size=rows))
            why = [text if value is None else None for value, text in zip(values, why, strict=True)]
            columns[reason] = pl.Series(reason, why, dtype=pl.String)
        variables[name] = Variable(draw(TEXTS), labels, reason)
    return pl.DataFrame(list(columns.values())), variables


def read_list(folder: Path, name: str) -> pl.DataFrame:
    return pl.read_csv(folder / name, infer_schema=False).fill_null("")


READERS = {"sav": pyreadstat.read_sav, "dta": pyreadstat.read_dta}


@given(made=data_sets())
@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize(("suffix", "limits"), [("sav", SPSS), ("dta", STATA)])
def test_values_reasons_and_labels_come_back(tmp_path_factory, made, suffix, limits):
    frame, variables = made
    folder = tmp_path_factory.mktemp("export") / "out"
    export(frame, folder, variables, formats=[suffix], title=HOSTILE[0], notes=HOSTILE[:3])
    values, about = READERS[suffix](folder / f"panel.{suffix}", user_missing=True, output_format="dict")
    listed = read_list(folder, "labels.csv").filter(pl.col("reason") != "")
    program = "spss" if suffix == "sav" else "stata"
    codes = dict(zip(listed["reason"], listed[program], strict=True))
    names = legal_names([name for name in frame.columns if name in variables], limits)
    assert list(values) == list(names.values())
    for name, new in names.items():
        reason = variables[name].reason
        back = [str(value) if isinstance(value, str) else value for value in values[new]]
        expected = [
            value if value is not None or not reason or frame[reason][row] is None else _code(codes, frame[reason][row])
            for row, value in enumerate(frame[name])
        ]
        assert back == expected
        assert (about.column_names_to_labels[new] or "") == cut(variables[name].label, limits.label, limits.label_signs)
        kept = about.variable_value_labels.get(new, {})
        for value, label in variables[name].values.items():
            assert kept.get(value, "") == cut(label, limits.value_label)
        if reason and suffix == "sav":
            ((low, high),) = [(each["lo"], each["hi"]) for each in about.missing_ranges[new]]
            assert {float(code) for code in codes.values()} == set(range(int(low), int(high) + 1))
            assert not frame[name].is_between(low, high).any()


def _code(codes: dict[str, str], reason: str) -> float | str:
    from pipeline.texts import no_formula, visible

    code = codes[no_formula(visible(reason))]
    return code.removeprefix(".") if code.startswith(".") else float(code)


@given(names=st.lists(NAMES, min_size=1, max_size=30, unique=True))
@settings(max_examples=100, deadline=None)
@pytest.mark.parametrize("limits", [SPSS, STATA], ids=["spss", "stata"])
def test_names_are_legal_and_no_two_alike(names, limits):
    made = legal_names(names, limits)
    assert list(made) == names
    assert len({name.casefold() for name in made.values()}) == len(names)
    for name in made.values():
        assert name.isascii()
        assert name.isidentifier()
        assert name[0].isalpha()
        assert len(name) <= limits.name
        assert not limits.reserved.fullmatch(name)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["trust", "wave"], ["trust", "wave"]),
        (["if", "byte", "str8"], ["if_v", "byte_v", "str8_v"]),
        (["Trust", "trust"], ["Trust", "trust_2"]),
        (["a b", "a_b"], ["a_b_2", "a_b"]),
        (["1st", "_n", "é", "%"], ["v_1st", "v_n", "e", "v"]),
        (["x" * 40, "x" * 41], ["x" * 32, "x" * 30 + "_2"]),
    ],
    ids=["as they are", "reserved", "case", "who is legal keeps it", "beginnings", "long"],
)
def test_names_in_stata(names, expected):
    assert list(legal_names(names, STATA).values()) == expected


@given(text=TEXTS, most=st.integers(10, 300))
@settings(max_examples=150, deadline=None)
def test_labels_are_cut_within_bytes_at_whole_words(text, most):
    found = cut(text, most)
    assert len(found.encode()) <= most
    assert "\x00" not in found
    assert "\n" not in found
    whole = cut(text, 10**6)
    assert found == whole or (found.endswith("…") and whole.startswith(found[:-1]))
    if found != whole and " " in found[:-1]:
        assert whole[len(found) - 1] in " ,;:-–"


FRAME = pl.DataFrame(
    {
        "person_id": ["p1", "p2", "p3"],
        "wave": ["w01", "w01", "w02"],
        "trust": [4.0, None, 2.5],
        "trust_reason": [None, "refused", None],
        "present": [True, False, None],
        "date": [dt.date(2020, 2, 29), None, dt.date(1899, 12, 31)],
        "at": [dt.datetime(2021, 3, 4, 5, 6, 7), None, None],
        "remark": ["ø, 日本", "", None],
    }
)
ABOUT = {
    "trust": Variable("Trust", {1: "low", 5: "high"}, "trust_reason", "ordinal"),
    "remark": Variable("Rémarque"),
}


def test_dates_flags_and_texts_come_back(tmp_path):
    export(FRAME, tmp_path / "out", ABOUT, formats=["sav", "dta"])
    for suffix, read in READERS.items():
        values, about = read(tmp_path / "out" / f"panel.{suffix}", output_format="dict")
        assert values["date"] == [dt.date(2020, 2, 29), None, dt.date(1899, 12, 31)]
        assert values["at"][0] == dt.datetime(2021, 3, 4, 5, 6, 7)
        assert values["remark"] == ["ø, 日本", "", ""]
        assert values["present"] == [1, 0, None]
        assert about.variable_value_labels["present"] == {0: "No", 1: "Yes"}
        assert values["trust"] == [4.0, None, 2.5], "a user-missing value is no number"


def test_another_reader_of_stata_files_reads_the_same(tmp_path):
    """pandas has a reader of its own; the file's header, whose names are put in afterwards, is right for it, too."""
    from pandas.io.stata import StataReader

    frame = FRAME.rename({"trust": "trust_" + "x" * 40})
    about = {frame.columns[2]: ABOUT["trust"], "remark": ABOUT["remark"]}
    export(frame, tmp_path / "out", about, formats=["dta"], title="Étude")
    with StataReader(
        tmp_path / "out" / "panel.dta", convert_missing=True, convert_dates=False, convert_categoricals=False
    ) as reader:
        rows, name = reader.read(), ("trust_" + "x" * 40)[:32]
        assert list(rows.columns) == ["person_id", "wave", name, "present", "date", "at", "remark"]
        assert [str(value) for value in rows[name]] == ["4.0", ".r", "2.5"]
        assert reader.variable_labels()[name] == "Trust"
        assert reader.data_label == "Étude"
        (labels,) = [found for found in reader.value_labels().values() if 5 in found]
        assert (labels[1], labels[5]) == ("low", "high")
        assert "Refused" in labels.values()
        assert rows["remark"].to_list()[0] == "ø, 日本"


@pytest.mark.skipif(shutil.which("pspp") is None, reason="PSPP is not installed")
def test_another_reader_of_spss_files_reads_the_same(tmp_path):
    export(FRAME, tmp_path / "out", ABOUT, formats=["sav"], notes=["Weight: none"])
    syntax = "GET FILE='panel.sav'.\nDISPLAY DICTIONARY.\nFREQUENCIES /VARIABLES=trust.\nDISPLAY DOCUMENTS.\n"
    (tmp_path / "out" / "read.sps").write_text(syntax)
    done = subprocess.run(["pspp", "read.sps"], cwd=tmp_path / "out", capture_output=True, text=True, check=True)
    said = " ".join(done.stdout.split())
    assert "error" not in said.casefold()
    for words in ("Rémarque", "Refused", "-97", "THRU", "Weight: none", "User-missing value"):
        assert words in said, words
    assert re.search(r"N Valid \| 2\|.*Missing\| 1\|", said), "a user-missing answer is not counted"


def test_parquet_and_duckdb_say_what_columns_mean(tmp_path):
    export(FRAME, tmp_path / "out", ABOUT, title="A study", formats=["parquet", "duckdb"])
    schema = pq.read_schema(tmp_path / "out" / "panel.parquet")
    assert schema.metadata[b"description"] == b"A study"
    field = schema.field("trust").metadata
    assert (field[b"description"], field[b"missing_reason"]) == (b"Trust", b"trust_reason")
    assert json.loads(field[b"value_labels"]) == {"1": "low", "5": "high"}
    assert pl.read_parquet(tmp_path / "out" / "panel.parquet")["trust"].to_list() == [4.0, None, 2.5]
    with duckdb.connect(str(tmp_path / "out" / "panel.duckdb"), read_only=True) as base:
        bare = base.execute("select count(*) from duckdb_columns() where not internal and comment is null").fetchone()
        tables = base.execute("select table_name, comment from duckdb_tables() order by 1").fetchall()
        assert bare == (0,)
        assert [name for name, comment in tables if comment] == ["labels", "panel", "variables"]
        assert base.execute("select label from labels where variable = 'trust' and value = '5'").fetchone() == ("high",)


def test_the_same_data_give_the_same_bytes_for_their_owner_alone(tmp_path):
    for name in ("one", "two"):
        export(FRAME, tmp_path / name, ABOUT)
    for file in (tmp_path / "one").iterdir():
        if file.suffix != ".duckdb" and file.name != "SHA256SUMS":
            assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes(), file.name
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "one").stat().st_mode) == 0o700
    assert {file.suffix[1:] for file in (tmp_path / "one").glob("panel.*")} == set(EXPORT_FORMATS)


def test_a_folder_is_replaced_only_if_an_export_wrote_it(tmp_path):
    export(FRAME, tmp_path / "out", ABOUT)
    export(FRAME, tmp_path / "out", ABOUT, formats=["csv"])
    assert not (tmp_path / "out" / "panel.sav").exists()
    (tmp_path / "out" / "mine.txt").write_text("x")
    with pytest.raises(CohesionError, match=r"mine.txt.*which no export wrote"):
        export(FRAME, tmp_path / "out", ABOUT)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


@pytest.mark.parametrize(
    ("frame", "about", "formats", "match"),
    [
        (FRAME, {"nobody": Variable()}, ["sav"], "no `nobody`"),
        (FRAME, {}, ["xls"], "no format `xls`"),
        (FRAME, {}, [], "no format was named"),
        (FRAME, {"remark": Variable(values={1: "x"})}, ["sav"], "is no number"),
        (FRAME, {"trust": Variable(reason="why")}, ["sav"], "no column of text `why`"),
        (FRAME.with_columns(trust_reason=pl.lit("refused")), ABOUT, ["sav"], "a value and a reason"),
        (pl.DataFrame({"x": [[1]]}), {}, ["sav"], "which SPSS and Stata do not have"),
        (pl.DataFrame({"x": [2**60]}), {}, ["sav"], "would round"),
        (pl.DataFrame({"x": [float("inf")]}), {}, ["csv"], "infinite"),
        (pl.DataFrame({"x": ["a\0b"]}), {}, ["sav"], "null character"),
        (pl.DataFrame({"x": ["a" * 40_000]}), {}, ["sav"], "longer than SPSS takes"),
        (pl.DataFrame(), {}, ["sav"], "a single column"),
    ],
    ids=[
        "column",
        "format",
        "none",
        "labels of text",
        "reason",
        "both",
        "list",
        "id",
        "infinite",
        "null",
        "long",
        "empty",
    ],
)
def test_what_cannot_be_read_again_is_refused(tmp_path, frame, about, formats, match):
    with pytest.raises(CohesionError, match=match):
        export(frame, tmp_path / "out", about, formats=formats)
    assert list(tmp_path.iterdir()) == []


def test_codes_of_missing_values_are_no_value_of_the_data(tmp_path):
    frame = pl.DataFrame({"x": [-95.0, -995.0, None], "why": [None, None, "refused"]})
    export(frame, tmp_path / "out", {"x": Variable(reason="why")}, formats=["sav"])
    values, _ = pyreadstat.read_sav(tmp_path / "out" / "panel.sav", user_missing=True, output_format="dict")
    assert values["x"] == [-95.0, -995.0, -9997.0]


def test_every_variable_keeps_its_own_labels_in_stata(tmp_path):
    """A library that calls labels by the name and a number takes x1 with 2 for x with 12."""
    names = ["a", "b", "x1", *(f"y{number}" for number in range(9)), "x", "z" * 32]
    frame = pl.DataFrame({name: [1.0] for name in names})
    about = {name: Variable(values={1: f"one of {name}"}) for name in names}
    export(frame, tmp_path / "out", about, formats=["dta"])
    _, found = pyreadstat.read_dta(tmp_path / "out" / "panel.dta", output_format="dict")
    assert found.variable_value_labels == {name: {1: f"one of {name}"} for name in names}


def test_more_reasons_than_letters_are_refused(tmp_path):
    frame = pl.DataFrame(
        {"x": [None] * 30, "why": [f"reason {number}" for number in range(30)]},
        schema={"x": pl.Float64, "why": pl.String},
    )
    with pytest.raises(CohesionError, match="more reasons"):
        export(frame, tmp_path / "out", {"x": Variable(reason="why")}, formats=["dta"])


def test_lists_hold_labels_in_full_and_calculate_nothing(tmp_path):
    long = "How much do you trust, " * 40
    frame = pl.DataFrame({"x": [1.0], "if": [1.0]})
    export(frame, tmp_path / "out", {"x": Variable(long, {1: "=1+1"})}, formats=["csv"])
    rows = read_list(tmp_path / "out", "variables.csv").rows(named=True)
    assert rows[0]["label"] == long
    assert (rows[0]["cut_in"], rows[1]["stata"], rows[1]["spss"]) == ("SPSS and Stata", "if_v", "if")
    assert read_list(tmp_path / "out", "labels.csv")["label"][0] == "'=1+1"
