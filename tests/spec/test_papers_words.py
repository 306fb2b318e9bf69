"""Words follow numbers: what a paper, a summary or a title may call a difference."""

import math

import pytest

from pipeline.errors import PaperError
from pipeline.papers import Fieldwork, StudyContext, judge_figure, render_paper
from pipeline.papers.content import Paragraph, plain
from pipeline.papers.prose.directions import TYPED
from pipeline.papers.prose.words import read
from pipeline.specs.stated import unbound_findings
from pipeline.tables import estimates

FRONT = "---\ntitle: Trust\nstudy: sample\nsummary: >-\n  {summary}\n---\n"
WAVES = {("main", f"w0{n}"): Fieldwork("May 2020", "May 2020") for n in (1, 2, 3)}
CONTEXT = StudyContext("A study", labels={"trust": "Trust", "votes": "Votes"}, fieldwork=WAVES)
RANGES = {"trust": (0.0, 10.0), "votes": (0.0, 1.0)}
LATER, FIRST = 'est("means", "trust", wave="w02")', 'est("means", "trust", wave="w01")'


def level(outcome, wave, value, error, group=None):
    ends = {"conf_low": value - 1.96 * error, "conf_high": value + 1.96 * error}
    names = {"model": "means", "family": "design_means", "outcome": outcome, "component": "mean", "term": outcome}
    return {**names, "estimate": value, "std_error": error, "wave": wave, "group": group, **ends}


def levels(first, later, error=0.05, outcome="trust"):
    return [level(outcome, "w01", first, error), level(outcome, "w02", later, error)]


def paper(body, rows, *, smallest=None, summary="Words."):
    return render_paper(
        FRONT.replace("{summary}", summary) + body, results=estimates(rows), context=CONTEXT, name="paper.md",
        ranges=RANGES, smallest=smallest or {},
    )  # fmt: skip


def said(body, rows, **more):
    document = paper(body, rows, **more)
    return plain(next(block for block in document.blocks if isinstance(block, Paragraph)).runs)


def refused(body, rows, **more):
    with pytest.raises(PaperError) as error:
        paper(body, rows, **more)
    return str(error.value)


CHANGES = [
    (5.0, 6.0, None, "up"),
    (5.0, 6.0, 0.3, "up"),
    (6.0, 5.0, 0.3, "down"),
    (5.0, 5.05, None, "unclear"),  # without a smallest difference of interest nothing is about the same
    (5.0, 5.05, 0.3, "same"),
    (5.0, 5.05, 0.1, "unclear"),  # the interval reaches beyond it
    (5.0, 5.2, 0.5, "same"),  # beyond chance, and smaller than anybody cares for
]
WORDS = {
    "past": {"up": "rose", "down": "fell", "same": "stayed about the same", "unclear": "did not clearly change"},
    "noun": {"up": "a rise", "down": "a fall", "same": "hardly any change", "unclear": "no clear change"},
}


@pytest.mark.parametrize(("first", "later", "smallest", "verdict"), CHANGES)
@pytest.mark.parametrize("form", WORDS)
def test_a_word_is_chosen_by_the_interval_and_the_smallest_difference(first, later, smallest, verdict, form):
    body = f'Trust: {{{{ moved({LATER}, {FIRST}, form="{form}") }}}}.\n'
    interest = {} if smallest is None else {"trust": smallest}
    assert said(body, levels(first, later), smallest=interest) == f"Trust: {WORDS[form][verdict]}."


def test_each_word_is_traced_to_the_difference_it_stands_for():
    document = paper(f"Trust {{{{ moved({LATER}, {FIRST}) }}}}.\n", levels(5.0, 6.0), smallest={"trust": 0.3})
    (record,) = document.numbers
    assert record.printed == "rose"
    assert record.value == pytest.approx(1.0)
    reach = 1.96 * math.hypot(0.05, 0.05)
    assert f"1.000 ({1 - reach:.3f} to {1 + reach:.3f}; smallest difference of interest 0.3)" in record.what


@pytest.mark.parametrize(
    ("first", "later", "word"), [(5.0, 4.0, "rose"), (5.0, 5.02, "fell"), (5.0, 6.0, "stayed about the same")]
)
def test_a_sentence_built_on_a_word_that_no_longer_holds_fails_with_its_place(first, later, word):
    body = f'One.\n\nTrust {{{{ moved({LATER}, {FIRST}, "{word}") }}}} among people.\n'
    message = refused(body, levels(first, later), smallest={"trust": 0.3})
    assert message.startswith("paper.md:9: the result does not support “Trust ")
    assert f"said “{word}”" in message


@pytest.mark.parametrize(
    ("binding", "message"),
    [
        (f'moved({LATER}, {FIRST}, "soared")', "cannot say “soared”; it says “rose”"),
        (f'moved({LATER}, {FIRST}, form="loud")', "`loud` is not a form of `moved`"),
        ("moved(3)", "takes results"),
        (f'ratio({LATER}, 2, "high")', "`ratio` takes two results"),
        (f'claim({LATER}, "about_the_same_as", {FIRST})', "has no smallest difference of interest"),
        (f"{LATER} | pct", "is on a scale from 0 to 10 and has no percentage"),
        (f"{LATER} | points", "is on a scale from 0 to 10 and has no number of percentage points"),
    ],
)
def test_a_word_that_cannot_be_chosen(binding, message):
    assert message in refused(f"Trust {{{{ {binding} }}}}.\n", levels(5.0, 6.0))


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        (0.40, 0.20, "twice as likely to vote as"),
        (0.42, 0.20, "about twice as likely to vote as"),
        (0.10, 0.20, "half as likely to vote as"),
        (0.28, 0.20, "1.4 times as likely to vote as"),
        (0.205, 0.20, "neither clearly more nor less likely to vote than"),
    ],
)
def test_how_many_times(one, other, words):
    rows = [level("votes", "w01", one, 0.01, "a"), level("votes", "w01", other, 0.01, "b")]
    bound = 'ratio(est("means", "votes", group="a"), est("means", "votes", group="b"), "likely to vote")'
    assert said(f"People of a are {{{{ {bound} }}}} people of b.\n", rows) == f"People of a are {words} people of b."


def answer(value, wave, group, error=0.01):
    """The share that gave the answer 1, of a scale from zero to ten."""
    return level("trust", wave, value, error, group) | {"component": "share", "term": "1", "family": "design_shares"}


def test_the_share_of_one_answer_is_printed_in_per_cent_and_compared_as_a_share():
    rows = [answer(0.40, "w01", "a"), answer(0.20, "w01", "b")]
    one, other = (f'est("means", "1", outcome="trust", group="{group}")' for group in "ab")
    bound = f'{{{{ ratio({one}, {other}, "likely to say so") }}}}'
    body = f"{{{{ {one} | pct }}}} ({{{{ {one} | pct_interval }}}}): {bound} b.\n"
    # of the scale a difference of 0.5 matters; a share that doubles is within it, and is not the same
    assert said(body, rows, smallest={"trust": 0.5}) == "40% (38% to 42%): twice as likely to say so as b."


def test_a_share_is_called_by_its_answer_a_difference_by_its_groups_and_a_level_by_whose_it_is():
    rows = [
        answer(0.40, "w01", None),
        level("trust", "w01", 0.3, 0.1) | {"component": "difference", "term": "1_minus_0"},
        level("trust", None, 0.5, 0.1) | {"component": "standard_deviation", "term": "area"},
    ]
    names = ('"1", component="share"', '"1_minus_0"', '"area"')
    body = " ".join(f'{{{{ est("means", {name}) | dp(1) }}}}' for name in names)
    found = [record.what for record in paper(f"{body}\n", rows).numbers]
    assert [one.split(",")[1] for one in found] == [" answer 1", " 1 less 0", " by area"]


@pytest.mark.parametrize(
    ("sentence", "claimed", "stops"),
    [
        ("Trust rose.", f'claim({LATER}, "less_than", {FIRST})', True),
        ("Trust fell.", f'claim({FIRST}, "greater_than", {LATER})', False),
        ("Trust fell.", f'claim({FIRST}, "less_than", {LATER})', True),
        ("Trust hardly changed.", f'claim({LATER}, "less_than", {FIRST})', True),
        ("Trust rose and then fell.", f'claim({LATER}, "less_than", {FIRST})', True),
    ],
)
def test_a_typed_word_of_change_is_what_its_claims_say(sentence, claimed, stops):
    falls = levels(5.0, 6.0) if claimed.startswith(f'claim({FIRST}, "less') else levels(6.0, 5.0)
    body = f"{sentence} {{{{ {claimed} }}}}\n"
    if stops:
        assert "of time its claims say only" in refused(body, falls)
    else:
        assert said(body, falls).strip() == sentence


def test_words_of_a_summary_are_bound_and_its_numerals_refused():
    summary = f"Trust {{{{ moved({LATER}, {FIRST}) }}}}."
    assert paper("Text.\n", levels(5.0, 6.0), summary=summary).summary == "Trust rose."
    assert paper("Text.\n", levels(6.0, 5.0), summary=summary).summary == "Trust fell."
    wrong = f'Trust {{{{ moved({LATER}, {FIRST}, "rose") }}}}.'
    assert "summary: the result does not support “Trust fell.”" in refused("Text.\n", levels(6.0, 5.0), summary=wrong)
    assert "`7` is typed" in refused("Text.\n", levels(6.0, 5.0), summary="Trust is 7.")


def test_a_title_is_a_bound_sentence():
    about = {"comparability": None, "groups": {}, "labels": {"trust": "Trust"}, "ranges": RANGES}
    title = f"Trust {{{{ moved({LATER}, {FIRST}) }}}} in 2020"
    assert judge_figure("f", title, (), estimates(levels(5.0, 6.0)), **about) == "Trust rose in 2020"
    assert judge_figure("f", title, (), estimates(levels(6.0, 5.0)), **about) == "Trust fell in 2020"
    built = title.replace(FIRST + ")", FIRST + ', "rose")')
    with pytest.raises(PaperError, match=r"reports/figures/f\.yaml: the result does not support “Trust fell in 2020”"):
        judge_figure("f", built, (), estimates(levels(6.0, 5.0)), **about)
    with pytest.raises(PaperError, match="`40%` is typed"):
        judge_figure("f", "Trust is 40%", (), estimates(levels(6.0, 5.0)), **about)


@pytest.mark.parametrize("value", [-1.0, -0.2, 0.0, 0.2, 1.0])
@pytest.mark.parametrize("half", [0.05, 0.3, 2.0])
def test_verdicts_mirror_each_other_and_never_call_the_same_what_may_matter(value, half):
    verdict = read(value - half, value + half, 0.4)
    mirrored = read(-value - half, -value + half, 0.4)
    assert {"up": "down", "down": "up"}.get(verdict, verdict) == mirrored
    if verdict == "same":
        assert abs(value) + half < 0.4
    if verdict in ("up", "down"):
        assert abs(value) > half


@pytest.mark.parametrize(
    "sentence",
    [
        "Trust has fallen.",
        "Trust had since fallen.",
        "After the election trust falls again.",
        "Trust climbed.",
        "Trust was about the same.",
        "Trust is higher than before.",
        "Two thirds of people trust.",
        "Nearly everyone trusts.",
        "Seven in ten trust.",
        "They are three times as likely to trust.",
        f"Trust rose to {{{{ {LATER} | dp(2) }}}}.",
    ],
)
def test_check_asks_for_a_claim_of_each_typed_finding(sentence):
    assert [line for line, _ in unbound_findings(f"---\ntitle: A\n---\n\n{sentence}\n")] == [5]
    held = f"---\ntitle: A\n---\n\n{sentence} {{{{ claim({LATER}, 'positive') }}}}\n"
    assert list(unbound_findings(held)) == []


@pytest.mark.parametrize(
    "words",
    ["rises", "risen", "increases", "climbed", "surged", "falls", "fallen", "declines", "decreases", "halved",
     "went down", "hardly moves", "hardly changed", "unchanged", "remained the same", "stays about the same"],
)  # fmt: skip
def test_what_a_build_judges_beside_claims_a_check_finds_without_any(words):
    assert any(pattern.search(words) for pattern in TYPED.values())
    assert [said for _, said in unbound_findings(f"Trust {words}.\n")] == [words]
