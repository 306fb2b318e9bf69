"""What a stamp calls a table of people: the same in every installation, whose pseudonyms differ."""

import polars as pl
import pytest

from assets.engine.columns import without_people

PANEL = pl.DataFrame({"person_id": ["a", "b", "c"], "wave": ["w01", "w01", "w02"], "trust": [1.0, None, 3.0]})


def test_other_pseudonyms_and_another_order_are_the_same_table():
    other = PANEL.with_columns(person_id=pl.Series(["x", "y", "z"])).reverse()
    assert without_people(PANEL) == without_people(other) != ""


@pytest.mark.parametrize("column", ["wave", "trust"])
def test_another_value_is_another_table(column):
    changed = PANEL.with_columns(pl.col(column).shift(1).fill_null(strategy="backward"))
    assert without_people(PANEL) != without_people(changed)


def test_a_table_of_no_people_is_named_by_its_content():
    assert without_people(PANEL.drop("person_id")) == ""
