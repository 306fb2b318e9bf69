"""Areas as sets of codes: splits, mergers and new codes traced through lookups, and what cannot be placed refused."""

import polars as pl
import pytest

from pipeline.errors import CohesionError
from pipeline.index import area_sets, in_declared_areas, lookup_table, vintage_logged
from pipeline.specs.area_sets import AreaSet

SETS = pl.DataFrame(
    [
        ("north", "The north", "N1"),
        ("north", "The north", "N2"),
        ("south", "The south", "S1"),
        ("south", "The south", "S9"),
    ],
    schema=["area_set", "label", "code"],
    orient="row",
)
LOOKUPS = pl.DataFrame(
    [
        ("A", "N1", "2011", "2016", None), ("B", "N1", "2011", "2016", None),  # merged
        ("C", "N2", "2011", "2016", 0.7), ("C", "S1", "2011", "2016", 0.3),  # split over both areas
        ("D", "N1", "2011", "2016", 0.4), ("D", "N2", "2011", "2016", 0.6),  # split within the north
        ("E", "S0", "2011", "2016", None), ("S0", "S9", "2016", "2021", None),  # a new code twice
        ("F", "N2", "2011", "2016", None), ("F", "S1", "2011", "2016", None),  # split, shares not known
        ("S1", "S1", "2011", "2016", None),
    ],
    schema=["old_code", "new_code", "from_vintage", "to_vintage", "share"],
    orient="row",
)  # fmt: skip


def placed(*codes, recorded="2011", **options):
    frame = pl.DataFrame({"area": list(codes), "score": range(len(codes))}, schema_overrides={"area": pl.String})
    made = area_sets(frame, SETS, LOOKUPS, vintage="2021", recorded=recorded, **options)
    return made.select("area", "area_set", "area_share").rows()


@pytest.mark.parametrize(
    ("code", "area"),
    [("A", "north"), ("B", "north"), ("D", "north"), ("E", "south"), ("S1", "south"), (None, None)],
    ids=["merged", "merged-too", "split-within-an-area", "recoded-twice", "as-it-was", "no-code"],
)
def test_a_code_of_2011_is_in(code, area):
    assert placed(code) == [(code, area, None if area is None else 1.0)]


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        ({"splits": "largest"}, [("C", "north", 1.0)]),
        ({"splits": "share"}, [("C", "north", 0.7), ("C", "south", 0.3)]),
    ],
    ids=["largest", "share"],
)
def test_a_split_is_allocated_as_declared(options, rows):
    assert placed("C", **options) == rows


@pytest.mark.parametrize(
    ("codes", "options", "says"),
    [
        (["C", "C", "A"], {}, r"codes that became several, in different areas: `C` \(1 code, 2 rows\)"),
        (["F"], {"splits": "share"}, r"codes whose parts have no share of its people: `F` \(1 code, 1 row\)"),
        (["X", "Y", "X"], {}, r"codes in no area: `X`, `Y` \(2 codes, 3 rows\)"),
        (["N1"], {}, r"did not exist in their vintage: `N1 \(2011\)` \(1 code, 1 row\)"),
        (["A"], {"recorded": "1991"}, "no lookup leads from codes of vintage 1991 to those of 2021"),
        (["X", "C"], {}, r"codes in no area: `X` .*; codes that became several"),
    ],
    ids=["split", "no-share", "in-no-area", "wrong-vintage", "unknown-vintage", "all-at-once"],
)
def test_what_has_no_place_is_refused_with_counts(codes, options, says):
    with pytest.raises(CohesionError, match=says):
        placed(*codes, **options)


def test_the_rest_is_left_out_or_its_own_area():
    assert placed("X", "A", rest="left_out") == [("X", None, 1.0), ("A", "north", 1.0)]
    assert placed("X", "A", rest="own") == [("X", "X", 1.0), ("A", "north", 1.0)]


def test_back_in_time_a_merger_is_a_split_of_which_no_share_is_known():
    old = pl.DataFrame({"area_set": ["west", "east"], "label": ["West", "East"], "code": ["A", "B"]})
    frame = pl.DataFrame({"area": ["N1"]})
    with pytest.raises(CohesionError, match="no share of its people: `N1`"):
        area_sets(frame, old, LOOKUPS, vintage="2011", recorded="2016", splits="largest", rest="own")
    both = old.with_columns(area_set=pl.lit("town"), label=pl.lit("Town"))
    many = pl.concat([both, pl.DataFrame({"area_set": ["town"], "label": ["Town"], "code": ["D"]})])
    made = area_sets(frame, many, LOOKUPS, vintage="2011", recorded="2016")
    assert made.select("area_set", "area_label", "area_vintage").row(0) == ("town", "Town", "2011")


def test_each_row_has_its_own_vintage_and_the_order_stays():
    frame = pl.DataFrame({"area": ["S0", "N1", "A"], "code_vintage": ["2016", "2021", "2011"]})
    made = area_sets(frame, SETS, LOOKUPS, vintage="2021")
    assert made["area_set"].to_list() == ["south", "north", "north"]
    assert made["area_vintage"].to_list() == ["2021"] * 3


def test_codes_in_two_areas_are_refused_or_counted_in_both():
    twice = pl.concat([SETS, pl.DataFrame({"area_set": ["coast"], "label": ["Coast"], "code": ["S1"]})])
    frame = pl.DataFrame({"area": ["S1"]})
    with pytest.raises(CohesionError, match=r"codes in several areas: `S1` \(1\)"):
        area_sets(frame, twice, vintage="2021", recorded="2021")
    made = area_sets(frame, twice, vintage="2021", recorded="2021", overlap=True)
    assert made.select("area_set", "area_share").rows() == [("south", 1.0), ("coast", 1.0)]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"share": 0.5}, "the shares of `C` sum to 0.8"),
        ({"share": None}, "some parts of `C` have a share and some have none"),
        ({"share": 1.5}, "shares that are not above 0 and up to 1"),
        ({"share": "half"}, r"shares that are no numbers \(1\)"),
        ({"new_code": None}, "codes or vintages that are blank"),
    ],
    ids=["sum", "half", "range", "text", "blank"],
)
def test_lookups_that_contradict_themselves_are_refused(change, says):
    wrong = LOOKUPS.with_columns(
        pl.when((pl.col("old_code") == "C") & (pl.col("new_code") == "N2"))
        .then(pl.lit(value))
        .otherwise(name)
        .alias(name)
        for name, value in change.items()
    )
    with pytest.raises(CohesionError, match=says):
        area_sets(pl.DataFrame({"area": ["A"]}), SETS, wrong, vintage="2021", recorded="2011")


def test_without_a_vintage_of_the_codes_nothing_is_guessed():
    with pytest.raises(CohesionError, match="of which vintage they are"):
        area_sets(pl.DataFrame({"area": ["A"]}), SETS, vintage="2021")


def test_an_entry_of_area_sets_is_a_column_of_the_panel_that_an_index_takes(tmp_path):
    file = tmp_path / "changes.csv"
    file.write_text(
        "# made up\nold_code,new_code,from_vintage,to_vintage,share\nA,N1,2011,2021,0.8\nA,S1,2011,2021,0.2\n"
    )
    declared = {
        "label": "Halves",
        "vintage": "2021",
        "recorded": {"w01": "2011"},
        "lookups": "changes.csv",
        "splits": "largest",
        "areas": {"north": {"label": "The north", "codes": ["N1"]}, "south": {"label": "The south", "codes": ["S1"]}},
    }
    chosen = AreaSet.model_validate(declared)
    panel = pl.DataFrame({"person_id": list("pq"), "wave": ["w01", "w02"], "area_code": ["A", "S1"]})
    made = in_declared_areas(panel, chosen, {"changes.csv": lookup_table(file)}, "halves")
    assert made.columns == [*panel.columns, "halves"]
    assert made["halves"].to_list() == ["north", "south"]
    columns = ("step", "measure", "choice", "detail")
    log = vintage_logged(pl.DataFrame(schema={**dict.fromkeys(columns, pl.String), "n": pl.Int64}), chosen)
    assert log.row(0)[2:4] == ("2021", "codes of 2011, traced through changes.csv")


def test_a_lookup_with_a_mistake_is_refused_with_its_line(tmp_path):
    file = tmp_path / "changes.csv"
    file.write_text("old_code,new_code,from_vintage,to_vintage,share\nA,N1,2011,2021,0.8\n")
    with pytest.raises(CohesionError, match=r"changes.csv:2: the shares of `A` sum to 0.8"):
        lookup_table(file)
