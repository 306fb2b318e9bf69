"""A battery of items.yaml is its items written out: the same declarations, and mistakes at the battery's lines."""

from pathlib import Path

import pytest

from pipeline.specs.batteries import load_items
from pipeline.specs.study import Item

BATTERY = """trust:
  stem: How much do you trust the following?
  codes: {1: Not at all, 2: A little, 3: A lot}
  missing: {8: dont_know}
  waves: [w01]
  rows:
    trust_police: The police
    trust: 2020
    trust_courts:
      wording: The courts
      label: Courts
      variable: Q12_2
      reverse: true
      missing: {8: dont_know, 9: refused}
"""
WRITTEN_OUT = """trust_police:
  label: The police
  wording: How much do you trust the following? The police
  codes: {1: Not at all, 2: A little, 3: A lot}
  missing: {8: dont_know}
  waves: [w01]
  battery: trust
trust:
  label: 2020
  wording: How much do you trust the following? 2020
  codes: {1: Not at all, 2: A little, 3: A lot}
  missing: {8: dont_know}
  waves: [w01]
  battery: trust
trust_courts:
  label: Courts
  wording: How much do you trust the following? The courts
  variable: Q12_2
  codes: {1: Not at all, 2: A little, 3: A lot}
  missing: {8: dont_know, 9: refused}
  reverse: true
  waves: [w01]
  battery: trust
"""
BEFORE = "age:\n  label: Age\n  wording: How old are you?\n  kind: number\n  range: [16, 110]\n"
AFTER = "sex:\n  label: Sex\n  wording: Sex\n  kind: nominal\n  codes: {1: Man, 2: Woman}\n"


def read(folder: Path, text: str) -> tuple[dict[str, Item], list[str]]:
    file = folder / "items.yaml"
    file.write_text(text)
    items, source = load_items(file, "items.yaml", Item)
    return items, source.problems


@pytest.mark.parametrize(
    ("battery", "written_out"),
    [
        (BATTERY, WRITTEN_OUT),
        (BATTERY.replace("  stem: How much do you trust the following?\n", ""), WRITTEN_OUT.replace(
            "How much do you trust the following? ", "").replace("wording: 2020", 'wording: "2020"')),
        (
            "mood:\n  kind: number\n  range: [0, 10]\n  rows: {calm: Calm, tense: {wording: Tense, range: [0, 7]}}\n",
            "calm: {label: Calm, wording: Calm, kind: number, range: [0, 10], battery: mood}\n"
            "tense: {label: Tense, wording: Tense, kind: number, range: [0, 7], battery: mood}\n",
        ),
    ],
    ids=["with a stem", "without a stem", "of amounts"],
)  # fmt: skip
def test_a_battery_is_its_items_written_out(tmp_path, battery, written_out):
    found, problems = read(tmp_path, BEFORE + battery + AFTER)
    expected, none = read(tmp_path, BEFORE + written_out + AFTER)
    assert problems == none == []
    assert list(found) == list(expected), "in the place of the battery"
    assert found == expected
    assert [item.digest for item in found.values()] == [item.digest for item in expected.values()]


MISTAKES = [
    ("codes: {1: Not at all", "codes: {one: Not at all", 1, "`trust`: answer codes are numbers; `one` is not."),
    ("codes: {1: Not at all", "codes: {1: x, 1.0: Not at all", 3, "`trust.codes`: `1` and `1.0` are one code."),
    ("missing: {8: dont_know}\n  waves", "missing: {8: do_not_know}\n  waves", 4, "`trust.missing.8` is `do_not_know`"),
    ("  waves: [w01]", "  colour: red", 5, "`trust.colour` is not a valid key"),
    ("  waves: [w01]", "  concept: trust", 5, "`trust.concept`: each row of a battery has its own `concept`."),
    ("    trust_police: The police", "    trust_police:", 7, "`trust.rows.trust_police` has no wording"),
    ("    trust_police: The police", "    trust_police: [a, b]", 7, "`trust.rows.trust_police` has no wording"),
    ("    trust_police: The police", "    sex: The police", 7, "`sex` is an item already (line 15)."),
    ("    trust_police: The police", "    Police: The police", 7, "`Police` must be a name in small letters"),
    (
        "      variable: Q12_2",
        "      variables: Q12_2",
        12,
        "`trust_courts.variables` is not a valid key; did you mean",
    ),
    ("      wording: The courts", "      source: x", 9, "the key `wording` is missing from `trust_courts`."),
    ("      wording: The courts", "      wording: [x]", 10, "`trust_courts.wording`: input should be a valid string"),
    ("reverse: true", "reverse: upside", 13, "`trust_courts.reverse`"),
    ("trust:\n", "Trust:\n", 1, "`Trust` must be a name in small letters"),
    (BATTERY[BATTERY.index("  rows:") :], "  rows: {}\n", 6, "`trust.rows` is empty; at least one is expected."),
    (BATTERY[BATTERY.index("  rows:") :], "  rows: [a]\n", 6, "`trust.rows`: input should be a valid dictionary"),
]


@pytest.mark.parametrize(("old", "new", "line", "message"), MISTAKES, ids=[new.strip()[:40] for _, new, *_ in MISTAKES])
def test_a_mistake_is_reported_once_at_its_line(tmp_path, old, new, line, message):
    assert BATTERY.count(old) == 1
    _, problems = read(tmp_path, BATTERY.replace(old, new) + AFTER)
    assert len(problems) == 1, problems
    assert problems[0].startswith(f"items.yaml:{line}: "), problems
    assert message in problems[0]


def test_a_row_of_two_batteries_is_reported(tmp_path):
    other = "b:\n  codes: {1: x}\n  rows:\n    trust_police: Again\n"
    items, problems = read(tmp_path, BATTERY + other)
    assert problems == ["items.yaml:18: `trust_police` is an item already (line 7). Give one of the two a new name."]
    assert items["trust_police"].label == "The police"


def test_what_is_found_between_declarations_has_the_line_of_the_battery(tmp_path):
    file = tmp_path / "items.yaml"
    file.write_text(BEFORE + BATTERY)
    _, source = load_items(file, "items.yaml", Item)
    at = {position: source.line(position) for position in [("trust_police",), ("trust_police", "codes", "2")]}
    assert at == {("trust_police",): 12, ("trust_police", "codes", "2"): 8}
    assert source.line(("trust_courts", "missing", "9")) == 19
