"""The wave in a variable's name, told from the names that most variables have in common."""

import pytest

from pipeline.ingest.arrival.marks import common_prefix, common_suffix, without_own

WANTED = ["trust", "sex", "worry"]


@pytest.mark.parametrize(
    ("columns", "prefix", "suffix"),
    [
        (["a_trust", "a_sex", "pid"], "a_", ""),
        (["w2_trust", "w2_sex", "pid"], "w2_", ""),
        (["hh1_trust", "hh1_sex", "pid"], "hh1_", ""),
        (["trust_w02", "sex_w02", "pid"], "", "_w02"),
        (["trust_2", "sex_2", "pid"], "", "_2"),
        (["TRUST_W02", "SEX_W02", "pid"], "", "_W02"),
        (["trust", "sex", "a_trust", "trust_2"], "", ""),
        (["trust_1", "trust_2", "sex_1", "sex_2", "worry_1", "worry_2"], "", ""),
        (["distrust", "unisex", "worrying"], "", ""),
    ],
    ids=["letter", "number", "both", "w02", "bare number", "capitals", "no mark", "batteries", "other words"],
)
def test_a_mark_needs_most_of_the_names(columns, prefix, suffix):
    assert common_prefix(columns, WANTED) == prefix
    assert common_suffix(columns, WANTED) == suffix


def test_what_the_waves_before_bore_is_taken_off():
    assert without_own(["c01_w01", "c02_w01", "sex_w01"]) == {"c01_w01": "c01", "c02_w01": "c02", "sex_w01": "sex"}
    assert without_own(["w1_trust", "w1_sex"]) == {"w1_trust": "trust", "w1_sex": "sex"}
    assert without_own(["trust1", "trust2", "belong_1"]) == {name: name for name in ("trust1", "trust2", "belong_1")}
