"""The codebook of a study: every question of every wave, codes and reasons, safe counts; as a page, CSV and DDI."""

import csv
import io
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest
from hostile_texts import PAYLOADS
from lxml import etree

from pipeline.papers.codebook import codebook_counts, codebook_csv, codebook_ddi, codebook_html, codebook_of
from pipeline.papers.codebook.content import Asked, Code, Codebook, Derived, Period, Variable, WaveInfo
from pipeline.papers.disclosure.attack import narrowed
from pipeline.paths import Paths
from pipeline.specs import Project, load_project
from pipeline.specs.disclosure import hidden
from pipeline.texts import visible

SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).parents[1] / "reference" / "data" / "ddi_codebook_profile.xsd"))
TEMPLATE = (Paths().templates / "codebook.html.j2").read_bytes()
DDI = "{ddi:codebook:2_5}"
STUDIES = ("beyond_us_and_them", "elsoc", "parallel_lives")


@cache
def project() -> Project:
    return load_project(Paths())


def crosswalk(study: str) -> pl.DataFrame:
    """Every code of every item in every wave, as harmonising lists them, with one missing code."""
    rows = []
    for wave in project().studies[study].waves:
        for key, item in project().studies[study].items.items():
            labels = item.codes or {"in range": "0 to 100"}
            codes = [(code, label, None) for code, label in labels.items()] + [("-9", None, "refused")]
            rows += [
                {"wave": wave, "item": key, "code": code, "label": label, "value": None, "reason": reason}
                for code, label, reason in codes
            ]
    return pl.DataFrame(rows, schema_overrides={"value": pl.Float64, "label": pl.String, "reason": pl.String})


def ledger(study: str, count: int = 40) -> pl.DataFrame:
    return crosswalk(study).select("wave", "item", "code", "reason", pl.lit(count).alias("count"))


@cache
def book(study: str) -> Codebook:
    return codebook_of(project().studies[study], {}, codebook_counts(crosswalk(study), ledger(study), 10))


@pytest.mark.parametrize(
    ("counts", "gone"),
    [
        ([50, 40, 30], set()),
        ([50, 40, 3], {1, 2}),
        ([50, 40, 0], {1, 2}),
        ([50, 9, 9], {1, 2}),
        ([50, 4, 3], {0, 1, 2}),
        ([50, 12, 4, 3], {1, 2, 3}),
        ([100, 0, 0], {0, 1, 2}),
        ([3], {0}),
        ([10, 9], {0, 1}),
    ],
)
def test_counts_of_few_people_are_not_shown_nor_given_away(counts: list[int], gone: set[int]) -> None:
    assert hidden(counts, 10) == gone


@pytest.mark.parametrize("counts", [[50, 40, 3], [50, 4, 3], [50, 12, 4, 3], [200, 90, 9, 80], [31, 2, 60, 1, 5]])
def test_the_attacker_of_the_disclosure_gate_finds_none(counts: list[int]) -> None:
    gone = hidden(counts, 10)
    cells = [(None if place in gone else float(count), str(place)) for place, count in enumerate(counts)]
    rows = [(value, code, "count", "t") for value, code in [*cells, (float(sum(counts)), None)]]
    frame = pl.DataFrame(rows, schema=["value", "code", "statistic", "table"], orient="row")
    assert narrowed(frame.with_columns(n=pl.col("value")), None, 10) == []


@pytest.mark.parametrize("study", STUDIES)
def test_every_question_has_an_entry_with_its_wording_in_each_wave(study: str) -> None:
    declared = project().studies[study]
    assert [one.key for one in book(study).variables] == list(declared.items)
    for one in book(study).variables:
        assert one.asked
        for asked in one.asked:
            other = declared.waves[asked.wave].exceptions.get(one.key)
            assert asked.wording == (other.wording if other and other.wording else declared.items[one.key].wording)
            assert asked.remark == (other.reason if other else "")


def test_who_was_asked_is_said() -> None:
    declared = project().studies["elsoc"]
    routed = [key for key, item in declared.items.items() if item.routing]
    said = {one.key: one.universe for one in book("elsoc").variables}
    assert routed
    assert all(said[key].startswith(declared.items[key].routing.rstrip(".")) for key in routed)


def test_missing_codes_come_last_with_their_reasons() -> None:
    codes = book("elsoc").variables[0].asked[0].codes
    assert [bool(code.reason) for code in codes] == sorted(bool(code.reason) for code in codes)
    assert codes[-1].reason == "Refused"


@pytest.mark.parametrize("study", STUDIES)
def test_the_ddi_file_is_valid(study: str) -> None:
    SCHEMA.assertValid(etree.fromstring(codebook_ddi(book(study))))


def test_the_ddi_file_refers_questions_to_scores_and_waves_to_dates() -> None:
    root = etree.fromstring(codebook_ddi(book("elsoc")))
    scores = root.findall(f".//{DDI}varGrp[@type='analysis']")
    assert {each.get("name") for each in scores} == set(project().studies["elsoc"].scales)
    dates = {each.get("ID"): each.get("date") for each in root.iter(f"{DDI}collDate")}
    period = project().studies["elsoc"].fieldwork("w01", "main")
    assert dates["D_w01_main_start"] == period.start.isoformat()
    assert all(each.get("sdatrefs") in dates for each in root.iter(f"{DDI}var"))


@pytest.mark.parametrize(
    "broken", ["<catgry missing='maybe'/>", "<var ID='x' files='nowhere'/>", "<labl/>", "<unknown>a</unknown>"]
)
def test_a_file_that_is_not_valid_is_seen(broken: str) -> None:
    text = codebook_ddi(book("parallel_lives")).decode().replace("</dataDscr>", f"{broken}</dataDscr>")
    assert not SCHEMA.validate(etree.fromstring(text.encode()))


def test_confidential_counts_are_in_no_form() -> None:
    counts = codebook_counts(crosswalk("parallel_lives"), ledger("parallel_lives", 7), 10)
    made = codebook_of(project().studies["parallel_lives"], {}, counts)
    rows = list(csv.DictReader(io.StringIO(codebook_csv(made).decode().removeprefix("\ufeff"), newline="")))
    assert {row["people_unweighted"] for row in rows} == {"[c]"}
    assert b"catStat" not in codebook_ddi(made)
    assert b'<td class="number">7</td>' not in codebook_html(made, TEMPLATE)


class Tags(HTMLParser):
    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.mark.parametrize("study", STUDIES)
def test_every_link_of_the_page_leads_somewhere_and_ids_are_unique(study: str) -> None:
    page = Tags(codebook_html(book(study), TEMPLATE))
    assert len(page.ids) == len(set(page.ids))
    assert set(project().studies[study].items) <= set(page.ids)
    inside = [link[1:] for link in page.links if link.startswith("#")]
    assert set(inside) <= set(page.ids)
    assert {link for link in page.links if not link.startswith("#")} == {f"{study}.csv", f"{study}.xml"}


def saying(text: str) -> Codebook:
    code = Code("1", text, "1", "", 12)
    asked = Asked("w01", text, (text,), (text,), f"other {text}", "near", text, (code, replace(code, reason=text)))
    variable = Variable("item", text, text, text, "ordinal", text, text, text, text, text, text, (text,), (asked,))
    wave = WaveInfo("w01", text, (Period("main", text, "2020-01-01", "2020-02-01", text, (text,)),), text)
    score = Derived("score", text, ("item",), "mean", text)
    facts = ((text, text),)
    return Codebook(
        "study", text, False, facts, text, text, text, text, 10, (wave,), (variable,), (score,), {"item": text}
    )


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_texts_are_texts_in_every_form(payload: str) -> None:
    page, plain = (Tags(codebook_html(saying(text), TEMPLATE)) for text in (payload, "Plain words"))
    assert page.found == plain.found
    assert "".join(visible(payload).split()) in "".join("".join(page.words).split())
    root = etree.fromstring(codebook_ddi(saying(payload)))
    SCHEMA.assertValid(root)
    assert "".join(visible(payload).split()) == "".join((root.find(f".//{DDI}titl").text or "").split())
    cells = [
        cell for row in csv.reader(io.StringIO(codebook_csv(saying(payload)).decode()[1:], newline="")) for cell in row
    ]
    assert not [cell for cell in cells if cell.strip().startswith(("=", "+", "-", "@", "\t", "\r"))]


@pytest.mark.parametrize("study", STUDIES)
def test_the_same_study_gives_the_same_bytes(study: str) -> None:
    for form in (codebook_csv, codebook_ddi):
        assert form(book(study)) == form(book(study))
