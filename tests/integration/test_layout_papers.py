"""Twins up to the paper: one panel in six layouts gives one paper, but for the names of files and variables in it."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from layout_study import STUDY, run, write
from layout_twins import TWINS, WAVES, one_a_wave

REPORTS = {
    "models/lay_means.yaml": """
question: How does trust change over the waves?
study: lay
family: design_means
outcomes: [generalised_trust, get_on_well]
""",
    "models/lay_trust.yaml": """
question: Do people trust more in the waves in which they get on better?
study: lay
family: within_between
outcome: generalised_trust
exposures: [get_on_well, happiness]
covariates: [is_woman]
""",
    "models/lay_left.yaml": """
question: Who was interviewed in the last wave?
study: lay
family: attrition
from_wave: w01
to_wave: w03
exposures: [is_woman, generalised_trust]
""",
    "figures/lay_trust.yaml": """
study: lay
kind: trend
title: Mean trust by wave
models: [lay_means]
outcomes: [generalised_trust]
labels: {generalised_trust: Trust}
y_label: Mean answer
""",
    "figures/lay_patterns.yaml": "study: lay\nkind: patterns\ntitle: Who answered in which waves\n",
    "figures/lay_flow.yaml": "study: lay\nkind: participation\ntitle: Who took part\n",
    "papers/lay_first.md": """---
title: A first look
study: lay
models: [lay_means, lay_trust, lay_left]
figures: [lay_trust, lay_patterns, lay_flow]
---

{{ fact("persons") | count }} people gave {{ fact("person_waves") | count }} interviews.

:::section participation flow=lay_flow patterns=lay_patterns
:::

:::figure lay_trust
:::

:::table means lay_means
:::

:::table models lay_trust
:::

{{ est("lay_trust", "get_on_well", component="within") | dp(2) }} points within people.
""",
}
Twin = Callable[[Path], Path]


STAMPS = re.compile(r'<meta name="cohesion:[^>]*>|\bbuild [0-9a-f]{8,16}\b')
MADE_FROM = re.compile(r'<h2 id="made">.*?(?=<h2 |<footer>)', re.DOTALL)
CONTENTS = re.compile(r'<li><a href="#made">.*?</li>')
PICTURE = re.compile(r"(data:image/svg\+xml;base64,)([A-Za-z0-9+/=]*)")


def without_stamps(page: str) -> str:
    """A page without what says of which files it was made, and in which build: twins are made of other files.

    Below a picture stand the names of its files, so that it is higher with more of them: its data are compared instead.
    """
    return PICTURE.sub(r"\1", CONTENTS.sub("", MADE_FROM.sub("", STAMPS.sub("", page))))


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Twin], str]:
    """The paper of a layout, built once."""

    @cache
    def page(twin: Twin) -> str:
        root = twin(tmp_path_factory.mktemp(twin.__name__) / "root")
        write(root, "study.yaml", "headline: generalised_trust\n", add=True)
        for name, text in REPORTS.items():
            (root / "reports" / name).parent.mkdir(parents=True, exist_ok=True)
            (root / "reports" / name).write_text(text.lstrip())
        for number in WAVES:
            run(root, "wave", "accept", STUDY, f"w{number:02}", "--yes")
        run(root, "build", "--study", STUDY, "--select", "paper/lay_first", "--workers", "0")
        papers = root / "reports/build/papers"
        shown = [
            (root / f"reports/build/figures/{key}.csv").read_text() for key in ("lay_trust", "lay_patterns", "lay_flow")
        ]
        text = (papers / "lay_first.html").read_text() + (papers / "lay_first_annex.html").read_text()
        return without_stamps(text) + "\n".join(shown)

    return page


VARIABLES = re.compile(r'(<td [^>]*data-label="Variable">)([^<]*)(</td>)')
FILES = re.compile(
    r"(All 2\d\d rows of the )(\d+ files?)(?: delivered| with a row for each interview)"
    r"( were used; none was set aside\.)"
    r"( \d+ more files? (?:was|were) joined to them[^<]*)?"
)
ONE_A_WAVE = (["q1", "q2", "size", "sex"], ["3 files"])
NAMED = {
    "long": (ONE_A_WAVE[0], ["1 file"]),
    "wide": ([*(", ".join(f"{name}W{n}" for n in WAVES) for name in ("q1", "q2", "size")), "sex"], ["1 file"]),
    "joined": ONE_A_WAVE,
    "two_modes": (["q1, A_1", "q2, A_2", "size, N", "sex, G"], ["6 files"]),
    "forty_chunks": (ONE_A_WAVE[0], ["120 files"]),
}
"""Layout → what its paper says, truthfully otherwise than others: variables of the questions, number of files."""
TOLD_ONCE = ("wide", "joined")
"""Layouts that hold a person's sex once: it is then no evidence of links, and the paper says so."""
LINKS = re.compile(r"<p>People are linked from wave to wave.*?</table>", re.DOTALL)
ASKED_ANEW = "Facts that should not change and that waves asked anew"


def named(page: str) -> tuple[list[str], list[str]]:
    """The cells of a paper that name files and variables."""
    return [found[1] for found in VARIABLES.findall(page)], [found[1] for found in FILES.findall(page)]


def without_names(page: str) -> str:
    """A paper with nothing in those cells, without the table of links, and all else as it is."""
    return FILES.sub(r"\1\3", VARIABLES.sub(r"\1\3", LINKS.sub("", page)))


def without_sections(page: str) -> str:
    """A paper without the two sections that hold those cells."""
    for anchor in ("data", "questions"):
        page, count = re.subn(rf'<h2 id="{anchor}">.*?(?=<h2 )', "", page, count=1, flags=re.DOTALL)
        assert count == 1, anchor
    return page


QUICK = ("wide",)
PARAMETERS = [
    pytest.param(twin, id=twin.__name__, marks=() if twin.__name__ in QUICK else pytest.mark.thorough) for twin in TWINS
]


@pytest.mark.parametrize("twin", PARAMETERS)
def test_twins_give_the_same_paper_but_for_names_of_files_and_variables(pages, twin: Twin) -> None:
    one, other = pages(one_a_wave), pages(twin)
    assert named(one) == ONE_A_WAVE
    assert named(other) == NAMED[twin.__name__]
    assert without_names(one) == without_names(other)
    assert (ASKED_ANEW in one, ASKED_ANEW in other) == (True, twin.__name__ not in TOLD_ONCE)
    assert twin.__name__ in TOLD_ONCE or LINKS.findall(one) == LINKS.findall(other)
    assert one.count("data:image/svg+xml") == 6, "three figures, each for wide and for narrow screens"


@pytest.mark.parametrize("twin", PARAMETERS)
def test_without_the_sections_that_name_them_papers_of_twins_are_the_same_to_the_byte(pages, twin: Twin) -> None:
    one, other = without_sections(pages(one_a_wave)), without_sections(pages(twin))
    assert one.encode() == other.encode()
    assert not VARIABLES.search(one)
    assert ".csv" not in one
    assert "files delivered" not in one
