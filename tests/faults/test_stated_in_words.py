"""A number or a finding that no binding holds is found however it is written, and wherever it stands."""

import pytest

from pipeline.errors import DeclarationErrors
from pipeline.papers.prose.source import read_body
from pipeline.paths import REPOSITORY, Paths
from pipeline.specs import load_project
from pipeline.specs.comparing import finding_of
from pipeline.specs.spelled import as_read, odd_numerals
from pipeline.specs.stated import findings_said, unbound_findings

HIDDEN = {
    "a share of a group": "Half of women trust their neighbours.",
    "half without of": "Half the respondents trust their neighbours.",
    "a third of a group": "A third of Black women agree.",
    "one fifth": "One fifth of the residents volunteered.",
    "twice": "Twice the share volunteers in Kent.",
    "double": "Volunteering is double that of Kent.",
    "tripled": "Volunteering tripled.",
    "a fold": "A tenfold rise was seen.",
    "times": "Women volunteer three times as often.",
    "a percentage in words": "Forty-five per cent trust others.",
    "a percentage in one word": "Ninety percent of people trust others.",
    "percentage points in words": "Twenty percentage points separate the areas.",
    "so many out of so many": "Nine out of ten agree.",
    "one in so many": "One in twenty left.",
    "by a fraction": "It changed by a quarter.",
    "every second": "Every second person volunteers.",
    "a dozen": "A dozen people left.",
    "Roman": "Trust was XLV per cent.",
    "unseen sign within a word": "Trust is four\u200bty-five per cent.",
    "entity within a word": "Trust is for&shy;ty per cent.",
    "full width": "Trust \uff52\uff4f\uff53\uff45.",
    "emphasis within a word": "Trust ro**se**.",
    "most of a kind": "Most respondents trust others.",
    "a majority": "A majority trusts others.",
    "hardly any": "Hardly any women trust others.",
    "gone up": "Trust has gone up.",
    "up on": "Trust is up on last year.",
    "another verb": "Trust slumped.",
    "is lower": "Trust is lower in Kent.",
    "fewer people": "Fewer people trust.",
    "a heading": "## Trust fell by half",
    "the title of a box": ":::note Trust fell\nText.\n:::",
    "a typed cell": "| Where | What |\n|---|---|\n| Kent | trust fell |",
    "a later sentence": 'Trust rose. {{ claim(est("m", "t"), "positive") }} It was so in Kent. There contact fell.',
    "two findings and one claim": 'Trust rose. Contact fell. {{ claim(est("m", "t"), "positive") }}',
}


@pytest.mark.parametrize("text", HIDDEN.values(), ids=HIDDEN)
def test_a_finding_is_found_however_it_is_written(text):
    assert list(unbound_findings(f"\n{text}\n"))


HELD = {
    "a claim within": 'Trust rose, {{ claim(est("m", "t"), "positive") }} as it seems.',
    "a claim behind": 'Trust rose. It is so in Kent. {{ claim(est("m", "t"), "positive") }}',
    "a claim for each": (
        'Trust rose. Contact fell. {{ claim(est("m", "t"), "positive") }} {{ claim(est("m", "c"), "negative") }}'
    ),
    "a word of a result": 'Trust {{ moved(est("m", "t")) }} by a third of a point.',
    "the lead of a bullet": '- **Trust rose.** By {{ est("m", "t") | claim("positive") | dp(2) }} points.',
    "a question": "Do people trust more than half of the time?",
    "a supposition": "Suppose that trust is lower in Kent.",
    "counts of waves": "Five waves, two of them in spring; the third wave asked both questions.",
    "a scale in words": "Answers run from one to five.",
}


@pytest.mark.parametrize("text", HELD.values(), ids=HELD)
def test_what_a_result_holds_or_nobody_states_passes(text):
    assert list(unbound_findings(f"\n{text}\n")) == []


@pytest.mark.parametrize(
    "text",
    [
        "Trust was \u216b in all.", "Trust reached \u2463\u2464 per cent.", "Trust is \u0664\u0665 per cent.",
        "Trust is \u096a\u096b per cent.", "Trust is \U0001d7d2\U0001d7d3 per cent.", "Trust is 4\u200b5 per cent.",
        "Trust is \u56db\u5341\u4e94 per cent.", "Trust is &half; of it.", "Trust is &#52;&#53; per cent.",
        "Trust is 4\u00b2.", ":::note Of 45 people\nText.\n:::", "| Kent | 45 |", "Trust is \u00bd of it.",
    ],
)  # fmt: skip
def test_a_numeral_is_found_in_every_script_and_place(text):
    assert read_body(text, "paper.md").problems


@pytest.mark.parametrize(
    "text",
    ["The R\u00b2 and \u03c7\u00b2 of it, per km\u00b2.", ":::figure figure_2", "Trust in [it](http://a.invalid/45)."],
)
def test_exponents_of_units_and_names_are_no_numerals(text):
    assert read_body(text, "paper.md").problems == []
    assert list(odd_numerals(text)) == []


def test_a_text_is_judged_as_it_is_read():
    assert as_read("f\u200bor**ty** per&nbsp;cent") == "forty per cent"
    assert findings_said("Trust rose. It did.") == "rose"
    assert finding_of("Forty per cent trust") == "forty per cent"


@pytest.fixture
def root(tmp_path):
    from shutil import copytree, ignore_patterns

    for folder in ("data", "reports"):
        made = ignore_patterns("raw", "sample", "warehouse", "build", "instance", "keys", "kept", "quarantine")
        copytree(REPOSITORY / folder, tmp_path / folder, ignore=made)
    return tmp_path


@pytest.mark.parametrize(
    ("key", "text"),
    [("title", "Trust fell"), ("subtitle", "Half of the people left"), ("summary", "It is a third of all.")],
)
def test_the_front_of_a_paper_states_nothing_that_nothing_holds(root, key, text):
    place = root / "reports/papers/odd.md"
    front = {
        "title": "T",
        "study": "elsoc",
        "plan": "{not_applicable: a test}",
        "deviations": "{not_applicable: a test}",
    }
    lines = "".join(f"{name}: {said}\n" for name, said in (front | {key: text}).items())
    place.write_text(f"---\n{lines}---\n\nText.\n", encoding="utf-8")
    with pytest.raises(DeclarationErrors, match=r"odd\.md:\d+: states a finding"):
        load_project(Paths(root))


@pytest.mark.parametrize(
    ("key", "text"), [("title", "Trust of 45% by wave"), ("note", "XL per cent trust"), ("subtitle", "30 per cent")]
)
def test_a_figure_types_no_percentage(root, key, text):
    declared = {
        "study": "elsoc",
        "kind": "trend",
        "title": "Trust by wave",
        "models": "[elsoc_means]",
        "outcomes": "[protest]",
    }
    lines = "".join(f"{name}: {said}\n" for name, said in (declared | {key: text}).items())
    (root / "reports/figures/elsoc_odd.yaml").write_text(lines, encoding="utf-8")
    with pytest.raises(DeclarationErrors, match=rf"elsoc_odd\.yaml:\d+: `.*` is typed\. .* the {key} only name what"):
        load_project(Paths(root))
