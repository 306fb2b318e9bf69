"""Figures of answers: diverging bars, and how the same people's answers moved."""

import polars as pl
import pytest

from pipeline.errors import ModelError, PaperError
from pipeline.figures import NARROW, WIDE, alt_likert, alt_transition_flow, likert, transition_flow
from pipeline.figures.answer_labels import answer_labels
from pipeline.figures.answer_shares import categories_of, data_of, rows_of
from pipeline.figures.findings import PHONE, PRINT
from pipeline.figures.lint import lint
from pipeline.figures.moves import data_of as moves_data
from pipeline.figures.moves import moves_of
from pipeline.models import design_shares, fit
from pipeline.paths import Paths
from pipeline.specs import Model, load_project
from pipeline.tables import estimates

FIVE = {1.0: "Strongly disagree", 2.0: "Disagree", 3.0: "Neither", 4.0: "Agree", 5.0: "Strongly agree"}
WAVES = {"w01": "May 2020", "w02": "June 2020"}
NAMES = {(None, wave): label for wave, label in WAVES.items()}


def panel() -> pl.DataFrame:
    rows = [
        {"person_id": f"p{person}", "wave": wave, "arm": "main", "design_weight": 1.0 + (person % 3)}
        | {"agree": float(1 + (person * (7 if wave == "w01" else 11) + person // 9) % 5)}
        for person in range(300)
        for wave in WAVES
        if wave == "w01" or person % 10
    ]
    return pl.DataFrame(rows)


def shares() -> pl.DataFrame:
    model = Model(question="?", study="s", family="design_shares", outcomes=("agree",), weights="design_weight")
    return fit("m", model, panel())


def test_the_family_gives_the_weighted_share_of_every_answer() -> None:
    plain = (
        panel()
        .with_columns(total=pl.col("design_weight").sum().over("wave"))
        .group_by("wave", "agree")
        .agg(share=(pl.col("design_weight") / pl.col("total")).sum())
    )
    expected = {(wave, f"{value:g}"): share for wave, value, share in plain.iter_rows()}
    found = {(row["wave"], row["term"]): row["estimate"] for row in shares().iter_rows(named=True)}
    assert found == pytest.approx(expected)
    named = {"agree": {f"{value:g}": [value] for value in FIVE}}
    same = design_shares(panel(), named, weight="design_weight", person="person_id")
    ends = ("wave", "term", "std_error", "conf_low", "conf_high", "n_persons")
    assert shares().select(ends).equals(same.select(ends))


def test_a_score_of_many_values_has_no_shares() -> None:
    model = Model(question="?", study="s", family="design_shares", outcomes=("agree",))
    with pytest.raises(ModelError, match="too many values for shares"):
        fit("m", model, panel().with_columns(agree=pl.int_range(pl.len()).cast(pl.Float64)))


def test_answers_lie_around_their_middle_and_sum_to_everybody() -> None:
    categories = categories_of(FIVE, None)
    assert [category.side for category in categories] == [-1, -1, 0, 1, 1]
    for row in rows_of(shares(), categories, NAMES):
        assert sum(share.value for share in row.shares) == pytest.approx(100)
        assert row.people == (300 if row.label == "May 2020" else 270)
    assert [c.side for c in categories_of({1.0: "No", 2.0: "Yes"}, None)] == [-1, 1]
    assert [c.side for c in categories_of(FIVE, (2.0, 3.0))] == [-1, 0, 0, 1, 1]


def test_the_alternative_text_says_where_agreement_was_highest_and_how_it_ended() -> None:
    said = alt_likert(shares(), labels=FIVE, names=NAMES)
    rows = rows_of(shares(), categories_of(FIVE, None), NAMES)
    top = {row.label: f"{row.total(categories_of(FIVE, None), 1):.0f}%" for row in rows}
    assert all(f"{label}: Strongly agree or Agree {share}" in said for label, share in top.items())
    assert f"in the last row {top['June 2020']} (June 2020)" in said


def small(counts: dict[str, float], people: int) -> pl.DataFrame:
    rows = [
        {"term": term, "wave": "w01", "estimate": share, "conf_low": 0.0, "conf_high": 1.0, "n_persons": people}
        for term, share in counts.items()
    ]
    return estimates(rows, model="m", family="design_shares", component="share", outcome="agree")


def test_an_answer_of_few_people_is_withheld_and_so_is_the_one_that_would_give_it_away() -> None:
    categories = categories_of(FIVE, None)
    counts = {"1": 0.03, "2": 0.17, "3": 0.3, "4": 0.4, "5": 0.1}
    row = rows_of(small(counts, 200), categories, {(None, "w01"): "May"})[0]
    assert [share.few for share in row.shares] == [True, False, False, False, True]
    data = data_of([row], categories, 0.95)
    assert data["Share (%)"].null_count() == 2
    assert "3%" not in alt_likert(small(counts, 200), labels=FIVE, names={(None, "w01"): "May"})


def test_a_row_of_fewer_than_ten_people_is_not_drawn() -> None:
    with pytest.raises(PaperError, match="ten or more people"):
        rows_of(small({"1": 0.5, "5": 0.5}, 9), categories_of(FIVE, None), {(None, "w01"): "May"})


def test_labels_of_values_are_those_of_the_items_answers_as_scored() -> None:
    study = load_project(Paths()).studies["beyond_us_and_them"]
    labels = answer_labels(study, "get_on_well", {})
    assert (labels[1.0], labels[5.0]) == ("Strongly disagree", "Strongly agree")
    assert answer_labels(study, "get_on_well", {"5": "Agrees fully"})[5.0] == "Agrees fully"
    with pytest.raises(PaperError, match="not scored from one item"):
        answer_labels(study, "neighbourliness", {})


def test_moves_are_those_of_the_same_people_weighted_by_the_first_wave() -> None:
    moves = moves_of(panel(), "agree", WAVES, FIVE)
    first = panel().filter(pl.col("wave") == "w01").select("person_id", "design_weight", a="agree")
    both = first.join(panel().filter(pl.col("wave") == "w02").select("person_id", b="agree"), on="person_id")
    total = both["design_weight"].sum()
    expected = {
        (FIVE[a], FIVE[b]): (count, weight / total)
        for a, b, count, weight in both.group_by("a", "b").agg(pl.len(), pl.col("design_weight").sum()).iter_rows()
    }
    found = {(move.origin, move.destination): (move.people, move.share) for move in moves.moves[0]}
    assert found.keys() == expected.keys()
    assert all(found[key] == pytest.approx(expected[key]) for key in expected)
    assert moves.people == both.height == 270
    assert moves.same[0] == pytest.approx(both.filter(pl.col("a") == pl.col("b"))["design_weight"].sum() / total)


def test_who_did_not_answer_a_later_wave_is_shown_where_asked() -> None:
    moves = moves_of(panel(), "agree", WAVES, FIVE, absent=True)
    assert moves.people == 300
    assert moves.counts[1]["Did not answer"] == 30
    assert sum(moves.shares[1].values()) == pytest.approx(1)


def test_moves_of_fewer_than_ten_people_are_neither_drawn_nor_written() -> None:
    few = panel().filter(pl.col("person_id").str.slice(1).cast(pl.Int64) < 60)
    moves = moves_of(few, "agree", WAVES, FIVE)
    assert all(move.people >= 10 for some in moves.shown for move in some)
    data = moves_data(moves)
    hidden = data.filter(pl.col("Note") != "")
    assert hidden.height == sum(move.people < 10 for some in moves.moves for move in some)
    assert hidden["People"].null_count() == hidden.height


@pytest.mark.parametrize(("waves", "match"), [({"w01": "May"}, "two waves"), (WAVES, "has no label")])
def test_moves_need_two_waves_and_a_label_for_each_answer(waves: dict, match: str) -> None:
    with pytest.raises(PaperError, match=match):
        moves_of(panel(), "agree", waves, {1.0: "One"} if len(waves) > 1 else FIVE)


LONG = "Agrees that people from different backgrounds who live in the local area get on well together"


@pytest.mark.parametrize("name", ["likert", "many groups", "unbroken", "moves", "three moves and absent"])
def test_they_can_be_read_on_a_page_and_on_a_phone(name: str) -> None:
    words = {"title": LONG, "subtitle": LONG, "synthetic": True, "note": LONG}
    answers = {value: f"{label}: {LONG}" for value, label in FIVE.items()}
    labels = {key: f"{LONG} {label}" for key, label in NAMES.items()}
    three = pl.concat([panel(), panel().filter(pl.col("wave") == "w01").with_columns(wave=pl.lit("w03"))])
    for width, medium in ((WIDE, PRINT), (NARROW, PHONE)):
        figure = {
            "likert": lambda: likert(shares(), labels=FIVE, names=NAMES, **words, width=width),  # noqa: B023
            "many groups": lambda: likert(shares(), labels=answers, names=labels, **words, width=width),  # noqa: B023
            "unbroken": lambda: likert(shares(), labels=FIVE, names=dict.fromkeys(NAMES, "n" * 90), **words, width=width),  # noqa: B023, E501
            "moves": lambda: transition_flow(panel(), measure="agree", waves=WAVES, answers=FIVE, **words, width=width),  # noqa: B023
            "three moves and absent": lambda: transition_flow(
                three, measure="agree", waves=WAVES | {"w03": LONG}, answers=answers, absent=True, **words, width=width  # noqa: B023
            ),
        }[name]()  # fmt: skip
        assert not lint(figure, medium), (medium.where, lint(figure, medium))


@pytest.mark.parametrize("count", [2, 3, 4, 5, 6, 7, 8, 9])
def test_the_answers_of_a_scale_of_up_to_nine_can_be_told_apart_and_read(count: int) -> None:
    """Four answers from "all" to "few" have no middle: the innermost of both sides meet, in grey as in colour."""
    answers = {float(value): f"Answer {value}" for value in range(1, count + 1)}
    rows = [
        {
            "component": "share",
            "term": f"{value:g}",
            "wave": wave,
            "estimate": 1 / count,
            "n_persons": 900,
            "n_obs": 900,
        }
        for wave in WAVES
        for value in answers
    ]
    drawn = estimates(rows, model="m", family="design_shares", outcome="agree")
    for width, medium in ((WIDE, PRINT), (NARROW, PHONE)):
        figure = likert(drawn, labels=answers, names=NAMES, title="Answers", width=width)
        assert not lint(figure, medium), (medium.where, lint(figure, medium))


def test_moves_in_words_say_the_same_answers_the_ends_and_the_largest_move() -> None:
    said = alt_transition_flow(panel(), measure="agree", waves=WAVES, answers=FIVE)
    assert "gave the same answer" in said
    assert "at the end" in said
    assert "The largest move to June 2020" in said
