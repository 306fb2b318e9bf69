"""What a binding prints, and what a paper's mistakes look like to the person who made them."""

import polars as pl
import pytest

from pipeline.papers import Document, Fact, Fieldwork, Question, StudyContext, UnsoundPaperError, render_paper
from pipeline.papers.content import BulletList, Callout, Emphasis, Heading, Link, Number, Paragraph, Strong, plain
from pipeline.tables import estimates

FRONT = "---\ntitle: Contact and liking\nstudy: sample\nallow: ['2016', '2018']\n---\n"

CONTEXT = StudyContext(
    "A study of contact",
    labels={"contact": "Contact", "liking": "Liking", "w01": "2016", "w02": "2018"},
    fieldwork={("main", "w01"): Fieldwork("2016", "August 2016"), ("main", "w02"): Fieldwork("2018", "June 2018")},
    questions={"liking": (Question("likes", "Liking", "How much do you like them?", ("r09",), ("w01", "w02")),)},
)


def results() -> pl.DataFrame:
    common = {"model": "liking_follows_contact", "family": "within_between", "outcome": "liking", "n_persons": 2891}
    rows = [
        common
        | {"component": "within", "term": "contact", "estimate": 0.2542, "std_error": 0.0125, "p_value": 1e-9}
        | {"conf_low": 0.2297, "conf_high": 0.2787, "covariance": "REML"},
        common
        | {"component": "between", "term": "contact", "estimate": 0.328, "std_error": 0.0154, "p_value": 0.0321}
        | {"conf_low": 0.2978, "conf_high": 0.3582, "covariance": "REML"},
        common | {"component": "test", "term": "held back", "note": "it did not converge"},
    ]
    for wave, value in (("w01", 0.102), ("w02", 0.0699)):
        rows.append(
            {"model": "means", "family": "design_means", "outcome": "trust", "component": "mean", "term": "mean"}
            | {"wave": wave, "estimate": value, "std_error": 0.01, "conf_low": value - 0.02, "conf_high": value + 0.02}
        )
    rows.append(
        {"model": "stayed", "family": "attrition", "outcome": "answered", "component": "coefficient", "term": "woman"}
        | {"estimate": 0.3854, "std_error": 0.0787, "conf_low": 0.2313, "conf_high": 0.5396, "p_value": 0.57}
    )
    rows.append(rows[-1] | {"component": "odds_ratio", "estimate": 1.47, "conf_low": 1.26, "conf_high": 1.71})
    return estimates(rows)


FACTS = {"persons": Fact(2928, "people"), "retention": Fact(0.5938, "share kept"), "waves": Fact(5, "waves")}


def render(body: str, front: str = FRONT, **options: object) -> Document:
    options = {"results": results(), "context": CONTEXT, "facts": FACTS, "name": "paper.md"} | options
    return render_paper(front + body, **options)


def printed(expression: str) -> str:
    first = render(f"{{{{ {expression} }}}}\n").blocks[0]
    assert isinstance(first, Paragraph)
    return plain(first.runs)


def mistakes(body: str, **options: object) -> list[str]:
    with pytest.raises(UnsoundPaperError) as caught:
        render(body, **options)
    return caught.value.problems


WITHIN = 'est("liking_follows_contact", "contact", component="within")'
BETWEEN = 'est("liking_follows_contact", "contact", component="between")'


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (f"{WITHIN} | dp(2)", "0.25"),
        (f"{WITHIN} | dp(3)", "0.254"),
        (f"{WITHIN} | interval(2)", "0.23 to 0.28"),
        (f"{WITHIN}.conf_low | dp(2)", "0.23"),
        (f"{WITHIN}.conf_high | dp(2)", "0.28"),
        (f"{WITHIN}.std_error | dp(4)", "0.0125"),
        (f"{WITHIN}.n_persons | count", "2,891"),
        (f"{WITHIN} | p", "p < 0.001"),
        (f"{BETWEEN} | p", "p = 0.032"),
        ('est("stayed", "woman") | p', "p = 0.570"),
        ('est("stayed", "woman") | exp | dp(2)', "1.47"),
        ('est("stayed", "woman") | exp | interval(2)', "1.26 to 1.72"),
        ('est("stayed", "woman", component="odds_ratio") | dp(2)', "1.47"),
        ('est("stayed", "woman") | per(10) | dp(1)', "3.9"),
        ('est("means", "trust", wave="w02") | pct', "7%"),
        ('est("means", wave="w02") | pct(1)', "7.0%"),
        ('est("means", "trust", wave="w02") | pct_interval(0)', "5% to 9%"),
        ('change(est("means", wave="w02"), est("means", wave="w01")) | dp(3)', "−0.032"),
        ('change(est("means", wave="w02"), est("means", wave="w01")) | size | dp(3)', "0.032"),
        ('fact("persons") | count', "2,928"),
        ('fact("retention") | pct(1)', "59.4%"),
        ('fact("waves") | words', "five"),
        ('fact("persons") | words', "2,928"),
        (f'{WITHIN} | claim("positive") | dp(2)', "0.25"),
        ('wave("w01")', "2016"),
        ('fieldwork("w02")', "June 2018"),
        ('wording("likes")', "How much do you like them?"),
    ],
)
def test_a_binding_prints(expression: str, text: str) -> None:
    assert printed(expression) == text


def test_every_number_has_a_record_at_full_precision() -> None:
    document = render(f"Liking rose by {{{{ {WITHIN} | dp(2) }}}} ({{{{ {WITHIN} | interval(2) }}}}).\n")
    first, second = document.numbers
    assert (first.printed, first.value, first.source) == ("0.25", 0.2542, "liking_follows_contact")
    assert first.what == "Contact on liking, within a person"
    assert first.uncertainty == "REML"
    assert first.people == "2,891 people"
    assert first.question == "“How much do you like them?”"
    assert second.printed == "0.23 to 0.28"


def test_the_same_number_said_twice_has_one_record() -> None:
    document = render(
        f"{{{{ {WITHIN} | dp(2) }}}}, that is {{{{ {WITHIN} | dp(2) }}}}; not {{{{ {WITHIN} | dp(3) }}}}.\n"
    )
    assert [record.printed for record in document.numbers] == ["0.25", "0.254"]


def test_markdown_becomes_typed_blocks() -> None:
    blocks = render(
        "## What we *found*\n\nA **bold** claim, see [the site](https://example.org/10).\n\n"
        "- one\n- two\n\n> A remark.\n\n"
        ":::warning Read with care\nOne arm only.\n:::\n"
    ).blocks
    heading, paragraph, bullets, quote, warning = blocks[:5]
    assert isinstance(heading, Heading)
    assert (heading.level, heading.plain, heading.anchor) == (2, "What we found", "what-we-found")
    assert isinstance(heading.runs[1], Emphasis)
    assert isinstance(paragraph, Paragraph)
    assert [type(run) for run in paragraph.runs if not hasattr(run, "text")] == [Strong, Link]
    assert isinstance(bullets, BulletList)
    assert [plain(item) for item in bullets.items] == ["one", "two"]
    assert isinstance(quote, Callout)
    assert isinstance(warning, Callout)
    assert (warning.tone, warning.title, plain(warning.blocks[0].runs)) == (
        "warning",
        "Read with care",
        "One arm only.",
    )


def test_a_number_inside_emphasis_stays_a_number() -> None:
    paragraph = render(f"It is **{{{{ {WITHIN} | dp(2) }}}}** more.\n").blocks[0]
    strong = next(run for run in paragraph.runs if isinstance(run, Strong))
    assert isinstance(strong.runs[0], Number)


def test_a_silent_claim_leaves_no_trace() -> None:
    body = f'Contact goes with liking. {{{{ claim({WITHIN}, "positive") }}}} And so on.\n'
    assert plain(render(body).blocks[0].runs) == "Contact goes with liking. And so on."


def test_a_binding_may_run_over_lines_and_later_lines_keep_their_number() -> None:
    body = 'Liking was {{ est("liking_follows_contact", "contact",\n  component="within") | dp(2) }}.\n\nIn 1999.\n'
    assert mistakes(body) == [
        "paper.md:9: `1999` is typed. "
        "Bind it to a result ({{ est(…) | dp(2) }}), or list it under `allow` if it is none."
    ]


@pytest.mark.parametrize(
    ("body", "numeral"),
    [
        ("Liking rose by 0.25 points.\n", "0.25"),
        ("Some 2,928 people.\n", "2,928"),
        ("A share of 59%.\n", "59%"),
        ("## In 2017\n", "2017"),
        ("- in 20166\n", "20166"),
        ("About ½ of them.\n", "½"),
        ("1. First\n", "1"),
    ],
    ids=["decimal", "thousands", "per-cent", "heading", "longer-than-allowed", "fraction", "numbered-list"],
)
def test_a_typed_numeral_is_named_with_its_line(body: str, numeral: str) -> None:
    assert mistakes(f"\n{body}")[0].startswith(f"paper.md:7: `{numeral}` is typed")


@pytest.mark.parametrize(
    "body",
    ["From 2016 to 2018.\n", "See [this](https://doi.org/10.1111/x).\n", "(2016)\n", "In 2018, and 2016.\n"],
    ids=["allowed", "address", "brackets", "punctuation"],
)
def test_numerals_that_are_no_results_may_stand(body: str) -> None:
    render(body)


def test_a_numeral_in_the_summary_is_named_with_its_line() -> None:
    front = "---\ntitle: Contact\nstudy: sample\nsummary: Liking rose by 0.25.\n---\n"
    assert mistakes("Text.\n", front=front)[0].startswith("paper.md:4: `0.25` is typed")


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (
            'est("liking_follow_contact") | dp(2)',
            "is not a model of this paper; the nearest is `liking_follows_contact`",
        ),
        ('est("means", "trst", wave="w01") | dp(2)', "`trst` is not a term of `means`"),
        ('est("means", wave="w09") | dp(2)', "`w09` is not a wave of `means`; the nearest is `w02`"),
        ('est("liking_follows_contact", "contact") | dp(2)', "2 results that fit: component='within' or 'between'"),
        ('est("liking_follows_contact", "held back") | dp(2)', "withheld: it did not converge"),
        ('fact("person") | count', "`person` is not a fact of this study; the nearest is `persons`"),
        (f"{WITHIN}", "needs a filter that says how it is printed"),
        (f"{WITHIN} | round", "`round` is not a filter"),
        (f"{WITHIN} | dpp(2)", "`dpp` is not a filter; the nearest is `dp`"),
        ("estimate", "`estimate` is not known here; the nearest is `est`"),
        (f"{WITHIN}.precision | dp(2)", "asks for something that a result does not have"),
        (f"{WITHIN}.__class__ | dp(2)", "asks for something that a"),
        ("est('means' | dp(2)", "cannot be read"),
        (f"{WITHIN} | dp(2) | pct", "cannot be evaluated"),
        ("2 + 2", "is not a result, a fact or words"),
        ('fact("persons") | interval', "has no interval"),
        ('fact("persons") | p', "has no p value"),
        ('wave("w07")', "`w07` is not a wave of this study"),
    ],
)
def test_a_wrong_binding_is_told_in_words_with_its_line(expression: str, message: str) -> None:
    (problem,) = mistakes(f"\nText.\n\n{{{{ {expression} }}}}\n")
    assert problem.startswith("paper.md:9: ")
    assert message in problem


def test_every_mistake_is_told_at_once_in_one_error() -> None:
    body = 'A 5.\n\n{{ est("men") | dp(2) }} {{ fact("x") | count }}\n\n'
    body += ":::figure none\n\n:::table nothing\n\n# Title\n\n1. One\n"
    problems = mistakes(body)
    assert [int(problem.split(":")[1]) for problem in sorted(problems, key=lambda p: int(p.split(":")[1]))] == [
        6,
        8,
        8,
        10,
        12,
        14,
        16,
        16,
    ]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{% for x in y %}\n", "`{%` has no partner"),
        ("{{ est(\n\n", "`{{` has no partner"),
        (":::figur contact\n", "`:::figur` is not a block of a paper; the nearest is `figure`"),
        (":::table mean means\n", "`mean` is not a kind of table; the nearest is `means`"),
        ("Text.\n\n:::\n", "closes a block that is not open"),
        (':::table means "means\n', "quotation mark without its partner"),
        ("![a](b.png)\n", "an image is not part of a paper"),
        ("```\ncode\n```\n", "a block of code is not part of a paper"),
        ("## One\n\n#### Three\n", "a heading of level 4 follows one of level 2"),
        ("- one\n  - two\n", "a list within a list"),
    ],
)
def test_what_a_paper_may_not_hold(body: str, message: str) -> None:
    assert any(message in problem for problem in mistakes(body))


def test_a_paper_without_front_matter_says_what_is_expected() -> None:
    assert mistakes("Text.\n", front="") == [
        "paper.md:1: must begin with front matter between two `---` lines: title, study, models, figures."
    ]


def test_an_unknown_key_of_the_front_matter_is_named() -> None:
    front = "---\ntitle: Contact\nstudy: sample\nautors: [A]\n---\n"
    assert "paper.md:4: `autors` is not a valid key; did you mean `authors`?" in mistakes("Text.\n", front=front)


def test_html_in_prose_is_text() -> None:
    paragraph = render("A <script>alert()</script> here.\n").blocks[0]
    assert plain(paragraph.runs) == "A <script>alert()</script> here."


def test_windows_line_ends_change_nothing() -> None:
    body = f"One.\n\n{{{{ {WITHIN} | dp(2) }}}}\n"
    assert render(body) == render(body.replace("\n", "\r\n"), front=FRONT.replace("\n", "\r\n"))
