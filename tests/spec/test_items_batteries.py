"""Which drafted questions become one battery, and that a battery says what its items written out say."""

from pathlib import Path

import pytest

from pipeline.ingest.items.entries import entries_text
from pipeline.ingest.items.grids import Grid, arranged
from pipeline.ingest.items.question import Question
from pipeline.ingest.items.scale_proposals import scale_proposals
from pipeline.specs.batteries import load_items
from pipeline.specs.study import Item

AGREE = {"1": "Disagree", "2": "Neither", "3": "Agree"}
WORDS = {"label", "wording", "battery"}
YES = {"1": "Yes", "2": "No"}


def asked(name: str, text: str = "", codes: dict[str, str] = AGREE, **more: object) -> tuple[str, Question]:
    return name.lower(), Question(name, text=text or f"About {name}", codes=codes, **more)


def batteries(*entries: tuple[str, Question]) -> dict[str, list[str]]:
    found = arranged(entries, {key: key for key, _ in entries})
    return {grid.key: [key for key, _ in grid.rows] for grid in found if isinstance(grid, Grid)}


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([asked(f"trust_{n}") for n in (1, 2, 3)], {"trust": ["trust_1", "trust_2", "trust_3"]}),
        ([asked(f"trust_{n}") for n in (1, 2)], {}),
        ([asked("trust_1"), asked("trust_2"), asked("trust_3", codes=YES)], {}),
        (
            [asked("a", "Trust in: police"), asked("b", "Trust in: courts"), asked("c", "Trust in: you")],
            {"a_to_c": ["a", "b", "c"]},
        ),
        ([asked("a", "I feel safe"), asked("b", "I feel well"), asked("c", "I feel sad")], {}),
        ([asked(f"Q{n}") for n in (1, 2, 3)], {"q1_to_q3": ["q1", "q2", "q3"]}),
        ([asked("q1"), asked("q2"), asked("x", codes=YES), asked("q3")], {}),
        ([asked("a", group="g"), asked("b", group="g")], {"g": ["a", "b"]}),
        ([asked("a", group="g"), asked("b", group="g", codes=YES)], {}),
        ([asked(f"trust_{n}", missing={"8": "refused"} if n == 2 else {}) for n in (1, 2, 3)], {}),
        ([asked(f"trust_{n}", routing="Asked of some" if n == 2 else "") for n in (1, 2, 3)], {}),
        (
            [
                *(asked(f"t_{n}", f"How much do you trust these people? {n}") for n in (1, 2, 3)),
                *(asked(f"t_{n}", f"How much do you trust these offices? {n}") for n in (4, 5, 6)),
            ],
            {"t_1_to_t_3": ["t_1", "t_2", "t_3"], "t_4_to_t_6": ["t_4", "t_5", "t_6"]},
        ),
        (
            [
                *(asked(n, f"Do you agree? Of neighbours: {n}") for n in "abc"),
                *(asked(n, f"Do you agree? Of colleagues: {n}") for n in "def"),
            ],
            {"a_to_c": ["a", "b", "c"], "d_to_f": ["d", "e", "f"]},
        ),
        (
            [asked(f"t_{n}", f"How often? {n}") for n in (1, 2, 3)] + [asked("t_4", "Otherwise")],
            {"t": ["t_1", "t_2", "t_3"]},
        ),
        (
            [asked("trust", codes=YES), *(asked(f"trust_{n}") for n in (1, 2, 3))],
            {"trust_2": ["trust_1", "trust_2", "trust_3"]},
        ),
    ],
    ids=[
        "one stem of names", "two are no battery", "other codes", "one stem of labels", "no stem of labels",
        "numbers behind letters", "not in a row", "a grid of the source", "a grid on other codes",
        "other missing codes", "other routing", "two stems of one prefix", "two stems with one beginning",
        "one without the stem", "a name that is taken",
    ],
)  # fmt: skip
def test_questions_on_one_scale_are_a_battery(entries, expected):
    if "trust_2" in expected:  # the key of the battery may be that of one of its rows, but of no other entry
        (key,) = batteries(*entries)
        assert key not in {name for name, _ in entries}
        return
    assert batteries(*entries) == expected


def items(folder: Path, text: str) -> dict[str, Item]:
    file = folder / "items.yaml"
    file.write_text(text)
    found, source = load_items(file, "items.yaml", Item)
    assert source.problems == []
    return found


def test_a_battery_says_what_its_items_written_out_say(tmp_path):
    entries = [
        asked("age", codes={}, kind="number", bounds=(16.0, 110.0)),
        *(asked(f"Trust_{n}", f"How much? - Row {n}", missing={"8": "dont_know"}, routing="All") for n in (1, 2, 3)),
        asked("sex", codes=YES, kind="nominal"),
        *(asked(f"mood{n}", f"Mood {n}", stem="How are you?", group="mood", label=f"M{n}") for n in (1, 2)),
    ]
    together = arranged(entries, {key: key for key, _ in entries})
    assert len([block for block in together if isinstance(block, Grid)]) == 2
    found, single = items(tmp_path, entries_text(together)), items(tmp_path, entries_text(entries))
    assert list(found) == list(single) == [key for key, _ in entries]
    for key in found:
        assert found[key].model_dump(exclude=WORDS) == single[key].model_dump(exclude=WORDS)
        assert found[key].wording == single[key].wording.replace("? - Row", "? Row")
    assert found["mood1"].label == "M1"


def test_scales_are_proposed_of_batteries_with_an_order():
    entries = [
        *(
            asked(f"trust_{n}", notes={"alpha": "alpha 0.80", **({"against": "yes"} if n == 3 else {})})
            for n in (1, 2, 3)
        ),
        *(asked(f"town_{n}", notes={"kind": "CHECK: nominal, or not"}) for n in (1, 2, 3)),
        *(asked(f"yes_{n}", codes=YES, kind="nominal") for n in (1, 2, 3)),
    ]
    assert scale_proposals(arranged(entries, {key: key for key, _ in entries})).splitlines() == [
        "# trust:  # 3 items on the same codes; alpha 0.80",
        '#   label: "trust"',
        "#   items: [trust_1, trust_2, trust_3]",
        "#   minimum_answered: 2  # half of them",
        "#   reverse: [trust_3]  # keyed against the others",
    ]
