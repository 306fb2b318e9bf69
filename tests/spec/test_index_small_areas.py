"""What the small-area models of a declared index do with its measures: each method, benchmarking, refusals."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from pipeline.errors import CohesionError
from pipeline.index import area_table, census_table, fay_herriot, person_scores
from pipeline.specs.index import Index

SIZES = dict(zip("abcdefgh", (200, 150, 120, 60, 40, 25, 20, 90), strict=True))
RANGES = {"trust": (0, 100), "votes": (0, 1)}
CENSUS = pl.DataFrame(
    [(area, sex, 100 + 20 * place if sex else 300) for place, area in enumerate(SIZES) for sex in (0, 1)],
    schema=["area", "female", "count"],
    orient="row",
)


def people():
    draw = np.random.default_rng(7)
    area = [name for name, size in SIZES.items() for _ in range(size)]
    level = np.repeat(draw.normal(50, 8, len(SIZES)), list(SIZES.values()))
    female = draw.integers(0, 2, len(area)).astype(float)
    return pl.DataFrame(
        {
            "person_id": [f"p{at}" for at in range(len(area))],
            "area_code": area,
            "female": female,
            "trust": np.clip(level + 10 * female + draw.normal(0, 15, len(area)), 0, 100),
            "votes": (draw.random(len(area)) < level / 100).astype(float),
        }
    ).with_columns(study=pl.lit("s"), arm=pl.lit("m"), wave=pl.lit("w01"), fieldwork_start=dt.date(2024, 1, 1))


def table(**small):
    domains = {name: {"label": name, "indicators": [name]} for name in ("trust", "votes")}
    domains = {f"of_{name}": one for name, one in domains.items()}
    index = Index.model_validate({"title": "I", "area": "area", "domains": domains, "small_areas": small})
    panel = people()
    made = person_scores(panel, index, RANGES)
    given = {"margins": panel.select("person_id", "wave", "female"), "census": CENSUS} if "census" in small else {}
    return area_table(index, made.index, made.indicators, made.design, **given), made


def of(areas, measure):
    return areas.filter(measure=measure).sort("area")


@pytest.mark.parametrize(
    "small",
    [
        {"method": "reml"},
        {"method": "fh"},
        {"method": "unit"},
        {"method": "mrp", "margins": ["female"], "census": "census.csv"},
        {"method": "reml", "transform": "log"},
        {"method": "ml", "transform": "arcsine"},
    ],
    ids=["reml", "fh", "unit", "mrp", "log", "arcsine"],
)
def test_estimates_add_up_to_the_mean_of_all_areas(small):
    free, _ = table(**small, benchmarked=False)
    bound, made = table(**small)
    weights = made.index.group_by("area").agg(pl.col("weight").sum()).sort("area")["weight"].to_numpy()
    for measure in ("index", "trust", "votes"):
        one, other = of(bound, measure), of(free, measure)
        assert one["shrunken"].null_count() == 0
        assert weights @ one["shrunken"].to_numpy() == pytest.approx(weights @ one["estimate"].to_numpy(), rel=1e-10)
        assert (one["shrunken_error"] >= other["shrunken_error"] - 1e-12).all()
        assert (one["shrunken_low"] <= one["shrunken"]).all()


def test_a_wave_with_too_few_areas_stands_beside_one_with_enough():
    domains = {"of_trust": {"label": "Trust", "indicators": ["trust"]}}
    index = Index.model_validate({"title": "I", "area": "area", "domains": domains})
    few = people().filter(pl.col("area_code").is_in(["a", "b"])).with_columns(wave=pl.lit("w02"))
    made = person_scores(pl.concat([people(), few]), index, RANGES)
    areas = area_table(index, made.index, made.indicators, made.design)
    assert areas.filter(wave="w01")["shrunken"].null_count() == 0
    assert areas.filter(wave="w02")["shrunken"].null_count() == areas.filter(wave="w02").height


def test_the_arcsine_is_for_indicators_of_yes_and_no():
    with_it, _ = table(method="reml", transform="arcsine", benchmarked=False)
    without, _ = table(method="reml", benchmarked=False)
    assert of(with_it, "trust")["shrunken"].to_list() == pytest.approx(of(without, "trust")["shrunken"].to_list())
    votes = of(with_it, "votes")
    share = votes.select("area", "n_effective", estimate=pl.col("estimate") / 100)
    assert votes["shrunken"].to_list() == pytest.approx(
        (100 * fay_herriot(share, transformation="arcsine").areas["shrunken"]).to_list(), rel=1e-10
    )


def test_a_table_of_the_census_is_read_and_refused(tmp_path):
    file = tmp_path / "census.csv"
    file.write_text("# made up\narea_code,female,age,count\n01,0,young,40\n")
    assert census_table(file, ["female"]).rows() == [("01", 0, 40)]
    with pytest.raises(CohesionError, match="has no column `region`"):
        census_table(file, ["region"])
    with pytest.raises(CohesionError, match=r"other.csv: is missing"):
        census_table(tmp_path / "other.csv", [])


@pytest.mark.parametrize(
    ("small", "says"),
    [
        ({"method": "mrp", "margins": ["female"]}, "needs `margins`, and `census`"),
        ({"method": "reml", "margins": ["female"]}, "are for `method: mrp`"),
        ({"method": "unit", "transform": "log"}, "not for `method: unit`"),
    ],
    ids=["no-census", "margins-without-mrp", "transform-of-units"],
)
def test_a_declaration_that_cannot_be_done_is_refused(small, says):
    with pytest.raises(ValueError, match=says):
        table(**small)
