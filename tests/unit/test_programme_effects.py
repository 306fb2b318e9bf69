"""Effects of a programme by area and wave, from rows of people, against their formulas written out."""

import math

import numpy as np
import polars as pl
import pytest

from pipeline.errors import CohesionError
from pipeline.index import effect_sizes, programme_effects

AREAS = {"north": 40, "south": 25, "plain": 120}


def people(seed: int = 3, waves: tuple[str, ...] = ("w01", "w02", "w03")) -> pl.DataFrame:
    """Two areas of a programme and one without it; some people leave, and weights make up for them."""
    random = np.random.default_rng(seed)
    area = np.repeat(list(AREAS), list(AREAS.values()))
    lasting = random.normal(size=len(area))
    parts = []
    for at, wave in enumerate(waves):
        treated = (area != "plain") * (at > 0) * 0.5
        parts.append(
            pl.DataFrame(
                {
                    "person_id": [f"p{one}" for one in range(len(area))],
                    "area": area,
                    "wave": wave,
                    "trust": 3 + lasting + treated + random.normal(0, 0.7, len(area)),
                    "weight": random.uniform(0.5, 2, len(area)),
                    "household": [f"h{one // 2}" for one in range(len(area))],
                }
            ).filter(pl.Series(random.random(len(area)) < (1 if at == 0 else 0.8)))
        )
    return pl.concat(parts)


STARTS = {"north": "w02", "south": "w02"}


def both_waves(frame: pl.DataFrame, area: str, at: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    own = frame.filter(pl.col("area") == area)
    later = own.filter(pl.col("wave") == at).select("person_id", later="trust", w="weight")
    joined = own.filter(pl.col("wave") == "w01").join(later, on="person_id")
    return joined["trust"].to_numpy(), joined["later"].to_numpy(), joined["w"].to_numpy()


@pytest.mark.parametrize("at", ["w02", "w03"])
@pytest.mark.parametrize("area", ["north", "south"])
def test_the_difference_of_two_changes_is_that_of_morris(area, at):
    frame = people()
    found = programme_effects(frame, "trust", STARTS, ["plain"], standardiser="area", errors="closed_form")
    row = found.row(by_predicate=(pl.col("area") == area) & (pl.col("wave") == at), named=True)
    told = {}
    r = []
    for place, name in [(1, area), (2, "plain")]:
        before, after, _ = both_waves(frame, name, at)
        told |= {f"mean_before_{place}": before.mean(), f"mean_after_{place}": after.mean(),
                 f"sd_before_{place}": before.std(ddof=1), f"n_{place}": len(before)}  # fmt: skip
        r.append((np.corrcoef(before, after)[0, 1], len(before) - 1))
    told["correlation"] = sum(a * n for a, n in r) / sum(n for _, n in r)
    expected = effect_sizes(pl.DataFrame({name: [value] for name, value in told.items()}), "DPPC2")
    assert row["estimate"] == pytest.approx(expected["estimate"][0], rel=1e-12)
    assert row["std_error"] == pytest.approx(expected["std_error"][0], rel=1e-12)
    assert (row["n_persons"], row["n_comparison"]) == (told["n_1"], told["n_2"])


def test_the_formula_of_morris_by_hand():
    """d_ppc2 and its variance with the numbers of Morris (2008), equations 8 to 10 and 25, written out."""
    one = pl.DataFrame(
        {"mean_before_1": [30.6], "mean_after_1": [38.5], "sd_before_1": [15.0], "n_1": [20], "mean_before_2": [23.1],
         "mean_after_2": [19.7], "sd_before_2": [13.8], "n_2": [20], "correlation": [0.5]}
    )  # fmt: skip
    sd = math.sqrt((19 * 15.0**2 + 19 * 13.8**2) / 38)
    factor = 1 - 3 / (4 * 38 - 1)
    d = factor * ((38.5 - 30.6) - (19.7 - 23.1)) / sd
    v = 2 * factor**2 * 0.5 * (40 / 400) * (38 / 36) * (1 + d**2 / (2 * 0.5 * (40 / 400))) - d**2
    found = effect_sizes(one, "DPPC2")
    assert found["estimate"][0] == pytest.approx(d, rel=1e-14)
    assert found["variance"][0] == pytest.approx(v, rel=1e-14)


def test_the_difference_at_one_wave_is_hedges_g():
    frame = people().filter(pl.col("wave") == "w03")
    found = programme_effects(
        frame, "trust", {"north": None}, ["plain"], design="difference", standardiser="area", errors="closed_form"
    )
    told = {}
    for place, name in [(1, "north"), (2, "plain")]:
        y = frame.filter(pl.col("area") == name)["trust"].to_numpy()
        told |= {f"mean_{place}": y.mean(), f"sd_{place}": y.std(ddof=1), f"n_{place}": len(y)}
    expected = effect_sizes(pl.DataFrame({name: [value] for name, value in told.items()}), "SMD")
    assert found["estimate"][0] == pytest.approx(expected["estimate"][0], rel=1e-12)
    assert found["std_error"][0] == pytest.approx(expected["std_error"][0], rel=1e-12)


def test_in_units_of_the_outcome_and_weighted_it_is_a_difference_of_weighted_changes():
    frame = people()
    found = programme_effects(frame, "trust", STARTS, ["plain"], scale="raw", weights="weight", waves=["w03"])
    changes, errors = {}, {}
    for name in AREAS:
        before, after, w = both_waves(frame, name, "w03")
        changes[name] = np.average(after - before, weights=w)
        own = w * (after - before - changes[name]) / w.sum()
        errors[name] = (own**2).sum() * len(w) / (len(w) - 1)
    for row in found.iter_rows(named=True):
        assert row["estimate"] == pytest.approx(changes[row["area"]] - changes["plain"], rel=1e-12)
        assert row["std_error"] ** 2 == pytest.approx(errors[row["area"]] + errors["plain"], rel=1e-12)
        assert row["shared"] == pytest.approx(errors["plain"], rel=1e-9)


def test_neither_the_order_of_rows_nor_pseudonyms_matter():
    frame = people()
    first = programme_effects(frame, "trust", STARTS, ["plain"], weights="weight")
    renamed = frame.with_columns(person_id=pl.col("person_id").str.reverse()).sample(fraction=1, shuffle=True, seed=8)
    again = programme_effects(renamed, "trust", dict(reversed(STARTS.items())), ["plain"], weights="weight")
    for column in ("estimate", "std_error", "shared"):
        assert again.sort("area", "wave")[column].to_list() == pytest.approx(
            first.sort("area", "wave")[column].to_list(), rel=1e-13
        )


def test_weights_that_are_all_the_same_change_nothing():
    frame = people().with_columns(weight=pl.lit(3.7))
    plain = programme_effects(frame, "trust", STARTS, ["plain"])
    weighted = programme_effects(frame, "trust", STARTS, ["plain"], weights="weight")
    assert weighted["estimate"].to_list() == pytest.approx(plain["estimate"].to_list(), rel=1e-12)
    assert weighted["std_error"].to_list() == pytest.approx(plain["std_error"].to_list(), rel=1e-12)


def test_clusters_widen_errors_where_people_of_one_answer_alike():
    frame = people()
    twice = pl.concat([frame, frame.with_columns(person_id=pl.col("person_id") + "b")])
    twice = twice.with_columns(pair=pl.col("person_id").str.strip_suffix("b"))
    single = programme_effects(frame, "trust", STARTS, ["plain"], scale="raw")["std_error"]
    paired = programme_effects(twice, "trust", STARTS, ["plain"], scale="raw", cluster="pair")["std_error"]
    assert paired.to_list() == pytest.approx(single.to_list(), rel=1e-12)


def test_an_area_of_few_people_is_named_and_has_no_number():
    frame = people().filter((pl.col("area") != "south") | (pl.col("person_id").str.slice(1).cast(int) < 48))
    found = programme_effects(frame, "trust", STARTS, ["plain"])
    few = found.filter(pl.col("area") == "south")
    assert few["estimate"].null_count() == few.height == 2
    assert set(few["note"]) == {"withheld: fewer than 10 people of the area answered"}
    assert few["n_persons"].null_count() == 2


def test_all_people_are_those_of_either_wave():
    frame = people()
    found = programme_effects(frame, "trust", STARTS, ["plain"], people="all", scale="raw", waves=["w02"])
    means = {(row[0], row[1]): row[2] for row in frame.group_by("area", "wave").agg(pl.col("trust").mean()).rows()}
    for row in found.iter_rows(named=True):
        own = means[row["area"], "w02"] - means[row["area"], "w01"]
        assert row["estimate"] == pytest.approx(own - (means["plain", "w02"] - means["plain", "w01"]), rel=1e-12)


REFUSALS = {
    "an area that is not there": ({"starts": {"nowhere": "w02"}}, "`nowhere`"),
    "an area of both groups": ({"comparison": ["north"]}, "programme and of the comparison"),
    "a start before the first wave": ({"starts": {"north": None}}, "no wave lies before the start of `north`"),
    "a start in the first wave": ({"starts": {"north": "w01"}}, "no wave lies before the start of `north`"),
    "a start that is no wave": ({"starts": {"north": "w09"}}, "is no wave"),
    "a wave that is not there": ({"waves": ["w07"]}, "`w07` is no wave"),
    "closed forms of weighted rows": ({"errors": "closed_form", "weights": "weight"}, "know no weights"),
    "closed forms of raw effects": ({"errors": "closed_form", "scale": "raw"}, "closed-form errors are of"),
    "no comparison": ({"comparison": []}, "areas it is compared with"),
    "an outcome that is text": ({"outcome": "household"}, "must be numbers"),
    "no such column": ({"outcome": "hope"}, "no column `hope`"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_refuses(case):
    changed, words = REFUSALS[case]
    with pytest.raises(CohesionError, match=words) as caught:
        programme_effects(people(), **{"outcome": "trust", "starts": STARTS, "comparison": ["plain"], **changed})
    assert str(caught.value).count("\n") == 0


def test_refuses_weights_below_zero():
    frame = people().with_columns(weight=-pl.col("weight"))
    with pytest.raises(CohesionError, match="must not be negative"):
        programme_effects(frame, "trust", STARTS, ["plain"], weights="weight")
