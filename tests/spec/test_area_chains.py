"""Chains of changes of codes: vintages run one way, and a part of a code that ends in no area is found beforehand."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.errors import CohesionError
from pipeline.index import area_sets
from pipeline.specs.area_chains import ends_of, half_lost, vintage_cycle
from pipeline.specs.area_lookups import Change


def changes(*rows: str) -> list[Change]:
    """``a 2001 b 2011``: code a of 2001 became b of 2011."""
    return [Change(old, new, start, end) for old, start, new, end in (row.split() for row in rows)]


@pytest.mark.parametrize(
    ("rows", "cycle"),
    [
        (["a 2001 b 2011", "b 2011 a 2021"], None),
        (["a 2001 b 2011", "a 2001 c 2021", "b 2011 c 2021"], None),
        (["a 2011 b 2021", "b 2021 a 2011"], ["2011", "2021", "2011"]),
        (["a 2011 b 2021", "x 2021 y 2011"], ["2011", "2021", "2011"]),
        (["a 2001 b 2011", "b 2011 c 2021", "c 2021 a 2001"], ["2001", "2011", "2021", "2001"]),
    ],
    ids=["a-code-comes-back", "two-ways-to-one-vintage", "there-and-back", "other-codes", "round-three"],
)
def test_vintages_run_one_way(rows, cycle):
    assert vintage_cycle(changes(*rows)) == cycle


def test_a_build_refuses_lookups_that_lead_back_in_one_sentence():
    people = pl.DataFrame({"area": ["a"]})
    sets = pl.DataFrame({"area_set": ["one"], "label": ["One"], "code": ["b"]})
    lookups = pl.DataFrame([vars(row) for row in changes("a 2011 b 2021", "b 2021 a 2011")])
    with pytest.raises(CohesionError, match=r"vintages lead back to where they began: 2011, 2021, 2011"):
        area_sets(people, sets, lookups, vintage="2021", recorded="2011")


SPLIT = changes("a 2001 b 2011", "b 2011 c 2021", "b 2011 d 2021", "e 2001 f 2011", "m 2001 n 2011", "o 2001 n 2011")
PATH = ["2001", "2011", "2021"]


@pytest.mark.parametrize(
    ("code", "path", "ends"),
    [("a", PATH, ["c", "d"]), ("e", PATH, ["f"]), ("z", PATH, ["z"]), ("c", PATH[::-1], ["a"]),
     ("n", ["2011", "2001"], ["m", "o"])],
)  # fmt: skip
def test_a_code_is_followed_to_its_ends_forwards_and_back(code, path, ends):
    assert ends_of(code, path, SPLIT) == ends


@pytest.mark.parametrize(
    ("members", "lost"),
    [({"c"}, {"a": ["d"]}), ({"c", "d"}, {}), ({"f"}, {}), (set(), {})],
    ids=["a-part-in-no-area", "both-in-areas", "of-another-place", "no-area"],
)
def test_a_part_in_no_area_beside_one_that_is_in_one_is_found(members, lost):
    assert half_lost(members, PATH, SPLIT) == lost
