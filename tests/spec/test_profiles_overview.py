"""All areas of a study in one document and its workbook; the national picture; a page for each funder."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from profile_frames import DOMAINS, made_up

from pipeline.errors import CohesionError
from pipeline.figures.overview import (
    alt_area_map,
    alt_area_ranking,
    alt_domain_panels,
    area_map,
    boundaries_of,
    common_drawings,
    domain_panels,
    drawing_files,
    overview_drawings,
)
from pipeline.papers import FigureFile, written
from pipeline.papers.content import FigureBlock, TableBlock, plain
from pipeline.papers.disclosure import cleared, refusals
from pipeline.papers.disclosure.rules import refused_cells
from pipeline.papers.profiles import (
    About,
    Names,
    StudyAreas,
    concept_levels,
    funder_page,
    national_picture,
    overview,
    profile_cells,
    profiles,
)
from pipeline.paths import Paths

ABOUT = About(study="Made up", synthetic=True, waves={"w03": "Wave 3"})
SQUARE = [[[0.0, 50.0], [1.0, 50.0], [1.0, 51.0], [0.0, 51.0], [0.0, 50.0]]]


def document(**options: Any):
    frames = made_up(**options)
    return overview(frames["areas"], frames["changes"], labels=frames["labels"], about=ABOUT)


def test_the_overview_withholds_what_the_profile_withholds():
    table = next(block for block in document().blocks if isinstance(block, TableBlock))
    row = next(row for row in table.rows if plain(row.cells[0]) == "Walsall")
    assert {plain(cell) for cell in row.cells[1:]} <= {"[c]", "–"}


def test_every_number_passes_the_gate_and_is_known_of_whom_it_is():
    cells = cleared(document())
    assert cells.height > 500
    assert refused_cells(cells) == []


def test_the_workbook_has_every_score_and_difference():
    with zipfile.ZipFile(io.BytesIO(written(document(), "xlsx", None))) as book:
        texts = book.read("xl/sharedStrings.xml").decode()
        assert [f'name="{name}"' in book.read("xl/workbook.xml").decode() for name in ("Cover", "Contents", "Notes")]
    for measure in ("Cohesion index", "Trust in government", "Unity and fairness"):
        assert f"{measure}: every area and wave" in texts
    for kind in ("previous wave", "base wave", "comparison"):
        assert f"Every difference from the {kind}" in texts


def test_the_overview_is_of_the_wave_in_which_most_areas_can_be_shown():
    assert document(absent={"Kent": ("w03",)}).subtitle == "w02"
    assert document().subtitle == "Wave 3"


def test_areas_without_a_rank_stand_below_those_with_one():
    frames = made_up()
    areas = frames["areas"].with_columns(is_ranked=pl.col("is_ranked") & (pl.col("area") != "2"))
    alt = alt_area_ranking(areas)
    shown = areas.filter(pl.col("wave") == "w03", pl.col("measure") == "index", pl.col("is_shown"))
    assert f"Dot plot of {shown.height} areas with intervals, {shown.height - 1} of them with a rank" in alt
    assert alt.split("In order: ")[1].split(";")[-1].startswith(" Scotland")
    assert "Not shown: Walsall" in alt


def test_figures_of_all_areas_can_be_read_on_a_page_and_on_a_phone():
    names = ("Kent", "A district whose name is far longer than most of them are", "Wales", "Fife", "Moray")
    frames = made_up(names=names, small=("Fife",))
    tiles = {str(number + 1): (1 + number // 3, 1 + number % 3) for number in range(5)}
    boundaries = {str(number + 1): ((tuple((x + number, y) for x, y in SQUARE[0]),),) for number in range(5)}
    drawings = overview_drawings(frames["areas"], labels=frames["labels"], tiles=tiles, boundaries=boundaries)
    assert list(drawings) == ["ranking_1", "tiles", "map", "domains_1"]
    for drawing in drawings.values():
        assert drawing.alt
        assert set(drawing_files(drawing)) == {"svg", "narrow"}


def test_many_areas_are_drawn_in_several_figures():
    frames = made_up(names=tuple(f"Area {number}" for number in range(90)), small=(), waves=("w01",))
    assert [key for key in overview_drawings(frames["areas"], labels=frames["labels"]) if "ranking" in key] == [
        "ranking_1", "ranking_2", "ranking_3",
    ]  # fmt: skip


def test_alternative_texts_name_the_highest_and_the_lowest():
    frames = made_up()
    at = frames["areas"].filter(pl.col("wave") == "w03", pl.col("measure") == "belonging", pl.col("is_shown"))
    high, low = (at.sort("estimate", descending=way)["label"][0] for way in (True, False))
    alt = alt_domain_panels(frames["areas"], labels=frames["labels"])
    assert f"Belonging and identity: highest {high}" in alt
    assert f"lowest {low}" in alt
    assert alt_area_map(frames["areas"]).startswith("Map of 9 areas.")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "is no JSON"),
        (b"[]", "no GeoJSON"),
        (json.dumps({"features": [{"properties": {}}]}).encode(), "no property `code`"),
        (json.dumps({"features": [{"properties": {"code": "a"}, "geometry": {"type": "Point"}}]}).encode(), "Polygon"),
        (
            json.dumps(
                {
                    "features": [
                        {
                            "properties": {"code": "a"},
                            "geometry": {"type": "Polygon", "coordinates": [[[4e5, 1], [4e5, 2], [4e5, 3], [4e5, 1]]]},
                        }
                    ]
                }
            ).encode(),
            "degrees",
        ),
        (
            json.dumps(
                {
                    "features": [
                        {
                            "properties": {"code": "a"},
                            "geometry": {"type": "Polygon", "coordinates": [[[0, 1], [0, 2], [1, 3], [1, 1]]]},
                        }
                    ]
                }
            ).encode(),
            "not closed",
        ),
    ],
)
def test_boundaries_that_are_none_are_refused(content, message):
    with pytest.raises(CohesionError, match=message):
        boundaries_of(content, "code")


def test_boundaries_are_read_and_an_area_without_is_named():
    feature = {"properties": {"code": 1}, "geometry": {"type": "MultiPolygon", "coordinates": [SQUARE, SQUARE]}}
    found = boundaries_of(json.dumps({"type": "FeatureCollection", "features": [feature]}).encode(), "code")
    assert len(found["1"]) == 2
    with pytest.raises(CohesionError, match="`2` has no boundaries"):
        area_map(made_up()["areas"], boundaries=found, title="Map")


def people(study: str, arm: str, values: list[float | None], **more: Any) -> pl.DataFrame:
    count = len(values)
    ids = [f"{study}{arm}{number}" for number in range(count)]
    head = {"study": study, "arm": arm, "wave": "w01"} | more
    return pl.DataFrame({"person_id": ids, "weight": [1.0] * count, "trust": values}).with_columns(
        pl.lit(value).alias(name) for name, value in head.items()
    )


def test_a_mean_of_a_common_measure_is_that_of_a_survey():
    values = [float(number) for number in range(20)]
    frame = pl.concat([people("a", "x", values), people("b", "y", values[:12]), people("b", "z", values[:5])])
    levels = concept_levels(frame)
    assert levels.select("study", "arm", "n_persons").rows() == [("a", "x", 20), ("b", "y", 12)]
    assert levels["estimate"].to_list() == pytest.approx([9.5, 5.5], abs=1e-12)
    assert levels["std_error"][0] == pytest.approx((35 / 20) ** 0.5, rel=1e-12)  # s² = 35 of 0 … 19


def test_a_measure_of_one_study_and_arm_is_not_common():
    assert concept_levels(people("a", "x", [1.0] * 20)).is_empty()


def test_only_the_last_wave_of_an_arm_counts():
    values = [float(number) for number in range(20)]
    frame = pl.concat(
        [people("a", "x", values), people("a", "x", values, wave="w10"), people("a", "x", values, wave="w09"),
         people("b", "y", values)]
    )  # fmt: skip
    assert concept_levels(frame)["wave"].to_list() == ["w10", "w01"]


def test_studies_and_arms_are_taken_at_the_time_that_all_of_them_reach():
    values = [float(number) for number in range(20)]
    begun = {
        ("a", "x"): {"w01": "2020-05-01", "w02": "2020-09-01", "w03": "2021-03-01", "w04": "2021-06-01"},
        ("b", "y"): {"w01": "2020-01-10", "w02": "2021-02-01"},
        ("b", "z"): {"w01": "2020-09-20", "w02": "2022-01-01"},
    }
    frame = pl.concat(
        people(study, arm, values, wave=wave, fieldwork_start=dt.date.fromisoformat(day))
        for (study, arm), waves in begun.items()
        for wave, day in waves.items()
    )
    levels = concept_levels(frame)
    assert dict(zip(levels["arm"], levels["wave"], strict=True)) == {"x": "w03", "y": "w02", "z": "w01"}
    undated = concept_levels(frame.with_columns(fieldwork_start=pl.lit(None)))
    assert dict(zip(undated["arm"], undated["wave"], strict=True)) == {"x": "w04", "y": "w02", "z": "w02"}
    names = Names(periods={("b", "z", "w01"): "September 2020"})
    text = written(national_picture(levels, names=names), "html", (Paths().templates / "paper.html.j2").read_bytes())
    assert "w01, September 2020" in text.decode()
    drawn = common_drawings(levels, concepts={}, rows={("b", "z"): "Study B"}, periods=names.periods)
    assert "Study B, September 2020 9.5" in drawn["common_1"].alt


def test_the_national_picture_says_that_each_row_has_its_own_wording():
    values = [float(number) for number in range(40)]
    levels = concept_levels(pl.concat([people("a", "x", values), people("b", "y", values)]))
    names = Names(concepts={"trust": "Trust"}, questions={("a", "trust"): "Can people be trusted?"})
    drawn = common_drawings(levels, concepts={"trust": "Trust"}, rows={("a", "x"): "Study A"})
    figures = {key: FigureFile(drawing_files(one)["svg"], one.alt, one.title, one.source) for key, one in drawn.items()}
    found = national_picture(levels, names=names, figures=figures)
    text = written(found, "html", (Paths().templates / "paper.html.j2").read_bytes()).decode()
    assert "Each row has its own questions" in text
    assert "Can people be trusted?" in text
    assert any(isinstance(block, FigureBlock) for block in found.blocks)
    with pytest.raises(CohesionError, match="no concept is measured by two"):
        national_picture(levels.clear())


def test_a_funder_gets_one_page():
    frames = made_up()
    study = StudyAreas(frames["areas"], frames["changes"], frames["labels"], ABOUT)
    page = funder_page("Nuffield Foundation", [study])
    content = written(page, "pdf", (Paths().templates / "paper.typ").read_bytes())
    from pypdf import PdfReader

    assert len(PdfReader(io.BytesIO(content)).pages) == 1
    assert "Nuffield Foundation" in page.subtitle
    with pytest.raises(CohesionError, match="funds no study"):
        funder_page("Nobody", [])


def test_links_lead_to_the_profiles(tmp_path: Path):
    frames = made_up()
    found = overview(frames["areas"], labels=frames["labels"], about=ABOUT, pages={"1": "kent.html"})
    text = written(found, "html", (Paths().templates / "paper.html.j2").read_bytes()).decode()
    assert '<a href="kent.html">Kent</a>' in text
    assert zipfile.is_zipfile(io.BytesIO(written(found, "xlsx", None)))


def test_pages_on_all_areas_are_judged_together_before_they_go_out():
    """Small areas are hidden on every page: neither counts nor scores of the others give them away."""
    frames = made_up()
    given: dict[str, Any] = {"labels": frames["labels"], "about": About(study="Made up")}
    pages = profiles(frames["areas"], frames["changes"], **given)
    cells = profile_cells(pages.values(), [overview(frames["areas"], frames["changes"], **given)])
    hidden = cells.filter(pl.col("statistic") == "count", pl.col("value").is_null())
    assert set(hidden["area"]) == {"8"}
    assert refusals(cells) == []


def test_a_total_that_gives_a_hidden_area_away_is_refused():
    frames = made_up(waves=("w01",), domains={"unity": "Unity"})
    given: dict[str, Any] = {"labels": frames["labels"], "about": About(study="Made up")}
    document = overview(frames["areas"], frames["changes"], **given)
    cells = profile_cells(profiles(frames["areas"], frames["changes"], **given).values(), [document])
    index = frames["areas"].filter(pl.col("measure") == "index")
    own = cells.filter(
        pl.col("statistic") == "count", pl.col("sample") == "answers to index", pl.col("table") == "table-a1"
    )
    people = dict(index.select("area", "n_persons").iter_rows())
    known = pl.when(pl.col("area") != "8").then(pl.col("area").replace_strict(people, return_dtype=pl.Float64))
    exact = own.with_columns(value=known, n=known, rounding=pl.lit(1.0), n_rounding=pl.lit(1.0))
    everybody = pl.lit(float(sum(people.values())))
    area = pl.lit(None, dtype=pl.String)
    total = exact.head(1).with_columns(area=area, value=everybody, n=everybody, place=pl.lit("all areas"))
    assert any(found.rule == "attacker" for found in refusals(pl.concat([exact, total])))


def test_domains_are_drawn_as_wide_each_around_its_own_scores():
    """A domain in which all score low does not press the others together."""
    frames = made_up(small=())
    low = pl.col("measure") == "participation"
    areas = frames["areas"].with_columns(
        pl.when(low).then(pl.col(name) - 40).otherwise(name).alias(name)
        for name in ("estimate", "conf_low", "conf_high")
    )
    figure = domain_panels(areas, labels=frames["labels"], title="Domains")
    ends = [axes.get_xlim() for axes in figure.axes if axes.get_xticks().size]
    widths = {round(high - low, 6) for low, high in ends}
    assert len(ends) == len(DOMAINS)
    assert len(widths) == 1
    assert max(widths) < 40


@pytest.mark.parametrize("reach", [2.0, 49.0, 55.0, 60.0, 90.0, 99.0])
def test_numbers_of_domains_are_not_cut_off_wherever_their_panel_ends(reach):
    frames = made_up(small=())
    areas = frames["areas"].with_columns(conf_low=100 - reach, conf_high=pl.lit(100.0), estimate=pl.lit(99.0))
    for drawing in overview_drawings(areas, labels=frames["labels"]).values():
        drawing_files(drawing)
