"""Tables, figures, appendices and the HTML file: what a reader gets, with eyes, ears, a phone or a printer."""

import itertools
import re
from dataclasses import replace
from html.parser import HTMLParser

import polars as pl
import pytest
from test_papers_bindings import CONTEXT, FACTS, FRONT, WITHIN, mistakes, render, results

from pipeline.papers import Document, FigureFile, ModelNote, Question, paper_numbers, written
from pipeline.papers.content import Heading, TableBlock, plain
from pipeline.papers.facts import facts_of
from pipeline.papers.phrases import ranged
from pipeline.papers.writers.html import css_string
from pipeline.participation import response_rates
from pipeline.paths import Paths
from pipeline.tables import PaperNumber

SVG = (
    b'<svg data-body="1.00 20.00 98.00 60.00" width="100pt" height="100pt" viewBox="0 0 100 100"'
    b' xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>'
)
FIGURES = {"contact": FigureFile(SVG, "A dot plot of <effects>.", "Contact goes with liking", "A study", narrow=SVG)}
FULL = replace(
    CONTEXT,
    citation="A Study (2021).",
    assumptions=(("item likes", "our own rendering"), ("wave w01", "dates are not public")),
    caveats="Rated.\n\n| assumption | quality |\n|---|---|\n| Means are means | high |\n",
    models={"liking_follows_contact": ModelNote("Do people like those they meet?", "Within–between model")},
    facts=(("Population", "Adults"),),
    source="A Study",
)
BODY = f"""## What we found

Liking rose by {{{{ {WITHIN} | dp(2) }}}}, and {{{{ {WITHIN} | dp(2) }}}} it was.

:::figure contact

:::table models liking_follows_contact

### Who took part

:::table response_rates

:::table retention

:::table patterns

:::table items

:::table means means outcomes=trust percent=yes

:::table reliability

:::table estimates stayed exp=yes
"""


def participation() -> pl.DataFrame:
    people = (
        [(f"p{i}", "11") for i in range(300)]
        + [(f"q{i}", "10") for i in range(120)]
        + [(f"r{i}", "01") for i in range(30)]
    )
    status = {"11": ("entered", "stayed"), "10": ("entered", "absent"), "01": ("not_yet", "entered")}
    rows = [
        (person, "sample", "main", wave, answered == "1", status[pattern][place], pattern)
        for person, pattern in people
        for place, (wave, answered) in enumerate(zip(("w01", "w02"), pattern, strict=True))
    ]
    columns = ["person_id", "study", "arm", "wave", "is_present", "status", "pattern"]
    return pl.DataFrame(rows, schema=columns, orient="row")


def reliability() -> pl.DataFrame:
    rows = [("w01", 0.71), ("w02", None)]
    return pl.DataFrame(
        [("sample", wave, "main", "liking", 3, 40, alpha, None) for wave, alpha in rows],
        schema=["study", "wave", "arm", "scale", "n_items", "n_persons", "alpha", "note"],
        orient="row",
    )


TABLES = {
    "participation": participation(),
    "response_rates": response_rates(participation()),
    "reliability": reliability(),
}


def document(synthetic: bool = False, body: str = BODY) -> Document:
    tables = TABLES
    return render(body, context=replace(FULL, synthetic=synthetic), figures=FIGURES, tables=tables)


def annex(body: str = BODY) -> Document:
    """What the paper keeps apart."""
    found = document(body=body).annex
    assert found is not None
    return found


TEMPLATE = (Paths().templates / "paper.html.j2").read_bytes()


def html(document: Document) -> str:
    return written(document, "html", TEMPLATE).decode()


def table(name: str) -> TableBlock:
    blocks = (*document().blocks, *annex().blocks)
    return next(block for block in blocks if isinstance(block, TableBlock) and name in block.caption)


def cells(block: TableBlock) -> list[list[str]]:
    return [[plain(cell) for cell in row.cells] for row in block.rows]


def test_model_table_has_within_beside_between() -> None:
    block = table("Associations")
    assert [column.header for column in block.columns] == [
        "Association",
        "Within a person",
        "Between people",
        "People",
        "Answers",
    ]
    assert cells(block) == [["Contact and liking", "0.25 (0.23 to 0.28)", "0.33 (0.30 to 0.36)", "2,891", ""]]
    assert "Standard errors: REML" in block.notes[0]


def test_without_outcomes_the_share_is_of_those_who_had_answered_before() -> None:
    assert cells(table("Who could have answered")) == [
        ["2016", "August 2016", "–", "–", "–", "420", "420"],
        ["2018", "June 2018", "420", "300", "71.4%", "30", "330"],
    ]


def test_retention_says_what_each_share_is_of() -> None:
    assert cells(table("Who stayed")) == [
        ["2016", "420", "–", "–", "–", "100.0% (420)", "100.0% (420)"],
        ["2018", "30", "300", "–", "71.4% (420)", "71.4% (420)", "71.4% (420)"],
    ]


def test_patterns_of_few_people_are_told_together() -> None:
    """Those of three people, and of others with them, so that these three are not what is left."""
    few = participation().filter(pl.col("pattern").ne("01") | pl.col("person_id").is_in(["r0", "r1", "r2"]))
    made = render(":::table patterns", context=FULL, tables={"participation": few})
    found = next(block for block in made.blocks if isinstance(block, TableBlock))
    assert cells(found) == [["●●", "300", "70.9%"], ["2 other patterns", "123", "29.1%"]]
    assert cells(table("Patterns")) == [["●●", "300", "66.7%"], ["●○", "120", "26.7%"], ["○●", "30", "6.7%"]]


def test_means_as_percentages_with_standard_errors() -> None:
    assert cells(table("Means by wave")) == [["trust", "10.2% (1.0)", "7.0% (1.0)"]]


def test_a_missing_alpha_is_a_dash() -> None:
    assert cells(table("alpha")) == [["Liking", "3", "0.71", "–"]]


def test_items_say_wording_variable_and_waves() -> None:
    assert cells(table("What was asked")) == [["Liking", "How much do you like them?", "", "r09", "every wave"]]


def test_odds_ratios_of_a_logit() -> None:
    last = [block for block in document().blocks if isinstance(block, TableBlock) and block.number][-1]
    assert [column.header for column in last.columns] == ["Term", "Odds ratio", "Interval", "p"]
    assert cells(last) == [["woman", "1.47", "1.26 to 1.72", "0.570"]]


def test_an_annex_has_methods_assumptions_caveats_and_provenance() -> None:
    headings = [block.plain for block in annex().blocks if isinstance(block, Heading) and block.level == 2]
    assert headings == [
        "How the estimates were made",
        "Assumptions",
        "Caveats",
        "Where each number comes from",
    ]


def test_the_questions_follow_if_the_paper_does_not_print_them() -> None:
    headings = [block.plain for block in annex(body="Text.\n").blocks if isinstance(block, Heading)]
    assert "The questions behind the numbers" in headings


def test_provenance_leads_from_number_to_question() -> None:
    block = table("Numbers in the text")
    over, row = block.rows
    assert plain(over.cells[0]) == "liking_follows_contact · Do people like those they meet? · Standard errors: REML."
    assert [plain(cell) for cell in row.cells] == [
        "1",
        "0.25",
        "Contact on liking, within a person",
        "2,891 people",
        "“How much do you like them?”",
    ]


def test_paper_numbers_obey_their_contract() -> None:
    PaperNumber.validate(paper_numbers(document(), "contact"))


@pytest.mark.parametrize(
    ("sentences", "told"),
    [
        (["6 strata, 970 units", "6 strata, 628 units"], "6 strata, 628 to 970 units"),
        (["1,970 units", "628 units", "700 units"], "628 to 1,970 units"),
        (["REML", "REML"], "REML"),
        (["HC1 by person", "REML"], "HC1 by person; REML"),
    ],
)
def test_sentences_that_differ_in_numbers_are_told_as_one(sentences: list[str], told: str) -> None:
    assert ranged(sentences) == told


def test_facts_of_a_study() -> None:
    facts = facts_of(participation(), CONTEXT)
    assert {name: facts[name].value for name in ("persons", "person_waves", "waves", "retention", "persons.w02")} == {
        "persons": 450,
        "person_waves": 750,
        "waves": 2,
        "retention": 30 / 42,
        "persons.w02": 330,
    }


def test_a_figure_without_alternative_text_cannot_be_put_into_a_paper() -> None:
    with pytest.raises(ValueError, match="alternative text"):
        FigureFile(SVG, " ", "Title", "Source")


def test_a_table_of_an_unknown_model_is_named_with_its_line() -> None:
    assert mistakes("\n:::table models liking_follows_contacts\n") == [
        "paper.md:7: `liking_follows_contacts` is not a model of this paper; the nearest is `liking_follows_contact`."
    ]


class _Page(HTMLParser):
    """A page as the list of its start tags, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.stack: list[str] = []
        self.unbalanced: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "source", "br", "link"):
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.stack or self.stack.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data: str) -> None:
        if not self.stack or self.stack[-1] != "style":
            self.words += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(params=[False, True], ids=["real", "synthetic"])
def page(request: pytest.FixtureRequest) -> _Page:
    return _Page(html(document(request.param)))


def test_page_is_well_formed_and_says_its_language(page: _Page) -> None:
    assert page.unbalanced == []
    assert page.stack == []
    assert page.all("html")[0]["lang"] == "en-GB"
    assert len(page.all("h1")) == len(page.all("main")) == len(page.all("title")) == 1


def test_page_asks_for_nothing_and_runs_nothing(page: _Page) -> None:
    assert not page.all("script") + page.all("link") + page.all("iframe")
    for name, attributes in page.tags:
        assert not any(key.startswith("on") for key in attributes)
        for key in ("src", "srcset", "data", "poster"):
            assert str(attributes.get(key, "data:")).startswith("data:"), name
    style = re.search(r"<style>(.*?)</style>", html(document()), re.DOTALL).group(1)
    assert "url(" not in style
    assert "@import" not in style


def test_headings_skip_no_level(page: _Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_every_anchor_is_there_once_and_every_link_finds_it(page: _Page) -> None:
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for attributes in page.all("a"):
        if str(attributes["href"]).startswith("#"):
            assert str(attributes["href"])[1:] in ids
    for _, attributes in page.tags:
        if "aria-labelledby" in attributes:
            assert attributes["aria-labelledby"] in ids


def test_pictures_have_their_text_and_tables_their_headers(page: _Page) -> None:
    assert [image["alt"] for image in page.all("img")] == ["A dot plot of <effects>."]
    assert len(page.all("caption")) == len(page.all("table"))
    assert all(header.get("scope") in ("col", "row", "rowgroup") for header in page.all("th"))
    regions = [attributes for attributes in page.all("div") if attributes.get("role") == "region"]
    scrolled = [table for table in page.all("table") if table.get("role") != "table"]  # others are reflowed on a phone
    assert len(regions) == len(scrolled)
    assert all(region["tabindex"] == "0" for region in regions)


def test_a_reader_can_skip_to_the_paper(page: _Page) -> None:
    first = page.all("a")[0]
    assert (first["class"], first["href"]) == ("skip", "#main")


def test_synthetic_papers_say_so_everywhere() -> None:
    page = _Page(html(document(True)))
    captions = len(page.all("caption")) + len(page.all("img"))
    assert page.words.count("Synthetic data") >= captions + 2
    assert "Synthetic data" in page.words.split("Contact and liking")[0]
    assert "@top-center" in html(document(True))
    assert "Synthetic" not in html(document(False))


def test_the_picture_is_cropped_to_its_body() -> None:
    import base64

    source = _Page(html(document())).all("img")[0]["src"]
    svg = base64.b64decode(str(source).split(",")[1]).decode()
    assert 'viewBox="1 20 98 60"' in svg
    assert 'width="98pt" height="60pt"' in svg


def test_prose_cannot_smuggle_markup_or_addresses() -> None:
    page = html(document(body="<b>x</b> [a](javascript:alert()) & so on.\n"))
    assert "&lt;b&gt;x&lt;/b&gt;" in page
    assert "javascript:alert" not in re.sub(r"\[a\]\([^)]*\)", "", page)
    assert "&amp; so on" in page


def test_a_title_cannot_close_the_style() -> None:
    assert "</" not in css_string('A "title" </style><script>')
    front = FRONT.replace("Contact and liking", "'A \"title\" </style><script>alert()</script>'")
    page = render("Text.\n", front=front)
    assert "<script" not in html(page)


def test_the_same_document_gives_the_same_bytes() -> None:
    assert written(document(), "html", TEMPLATE) == written(document(), "html", TEMPLATE)


def test_numbers_lead_to_their_record_and_back() -> None:
    page = _Page(html(document()))
    numbers = [attributes for attributes in page.all("a") if attributes.get("class") == "number"]
    assert [attributes.get("id") for attributes in numbers] == ["number-1-use", None]
    assert {attributes["href"] for attributes in numbers} == {"paper_annex.html#number-1"}
    apart = _Page(html(annex()))
    assert any(attributes.get("id") == "number-1" for attributes in apart.all("tr"))
    assert any(attributes.get("href") == "paper.html#number-1-use" for attributes in apart.all("a"))


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_colours_of_text_can_be_read() -> None:
    style = re.search(r"<style>(.*?)</style>", html(document()), re.DOTALL).group(1)
    light, dark = (
        dict(re.findall(r"--(\w+): (#[0-9a-f]{3,6})", part)) for part in style.split("prefers-color-scheme")[:2]
    )
    light["paper"] = "#ffffff"
    for colours, names in ((light, ("ink", "quiet", "blue", "pink")), (dark, ("ink", "quiet", "blue"))):
        for name in names:
            assert contrast(colours[name], colours["paper"]) >= 4.5
            assert contrast(colours[name], colours["faint"]) >= 4.5
            assert contrast(colours[name], colours["target"]) >= 4.5


def test_results_come_unchanged_through_a_render() -> None:
    before = results()
    render(BODY, figures=FIGURES, tables=TABLES, facts=FACTS)
    assert before.equals(results())


def test_arms_with_calendars_of_their_own_have_no_common_retention() -> None:
    other = participation().filter(pl.col("wave") == "w01").with_columns(arm=pl.lit("other"))
    facts = facts_of(pl.concat([participation(), other]), CONTEXT)
    assert "retention" not in facts
    assert facts["retention.main"].value == 30 / 42
    assert facts["persons.other.w01"].value == 420


def test_a_table_typed_in_the_prose_is_numbered_and_named_after_its_heading() -> None:
    body = (
        f"## By model\n\n| Model | Estimate |\n|---|---|\n| Within | {{{{ {WITHIN} | dp(2) }}}} |\n\n:::table items\n"
    )
    first, second = (block for block in document(body=body).blocks if isinstance(block, TableBlock) and block.number)
    assert (first.number, first.caption, first.anchor) == (1, "By model", "table-1")
    assert cells(first) == [["Within", "0.25"]]
    assert second.number == 2


def test_a_remark_that_questions_share_is_told_once_below_the_table() -> None:
    shared = "In 2018: half were asked (comparability: near)."
    questions = (
        Question("likes", "Liking", "How much do you like them?", ("r09",), ("w01",), assumed=True, remarks=(shared,)),
        Question("trusts", "Trust", "How much do you trust them?", ("r16",), ("w02",), remarks=("Other.", shared)),
    )
    own = render(":::table items\n", context=replace(CONTEXT, questions={"liking": questions}))
    block = next(block for block in own.blocks if isinstance(block, TableBlock))
    joiner = "\N{WORD JOINER}"
    assert [row[1] for row in cells(block)] == [
        f"How much do you like them?{joiner}*{joiner}ᵃ",
        f"How much do you trust them?{joiner}ᵇ{joiner}ᵃ",
    ]
    assert block.notes[1:] == (f"ᵃ {shared}", "ᵇ Other.")
