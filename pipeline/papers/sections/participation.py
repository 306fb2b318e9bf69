"""Sections that write themselves: ``:::section participation`` becomes prose, tables and figures with bound numbers.

A section is written as the markdown of a paper, so that its numbers are bound, checked and traced like any others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from pipeline.errors import PaperError
from pipeline.papers.tables.participation import EVERYONE, FEWEST_OF_A_COHORT
from pipeline.papers.results import Fact, nearest
from pipeline.papers.tables.sensitivity import sensitivity_prose
from pipeline.papers.paper_context import PaperContext


@dataclass
class Section:
    """Markdown, and the facts that it names besides those of the paper."""

    lines: list[str] = field(default_factory=list)
    facts: dict[str, Fact] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def say(self, *sentences: str) -> None:
        """A paragraph."""
        self.lines += ["", " ".join(filter(None, sentences))]

    def block(self, directive: str) -> None:
        """A table or figure."""
        self.lines += ["", f":::{directive}"]

    def fact(self, name: str, value: float, what: str, people: str = "", table: str = "response rates") -> str:
        """Name a fact that a table holds; gives the call that a binding makes."""
        self.facts[f"section.{name}"] = Fact(value, what, f"the table of {table}", people)
        return f'fact("section.{name}")'


def participation(paper: PaperContext, options: Mapping[str, str]) -> Section:
    """Who took part, in which patterns, who left and how much people change; ``flow=``, ``patterns=``, ``odds=`` draw.

    What a study does not have (fieldwork outcomes, an attrition model, a measure to follow) is said or left out.
    """
    section = Section()
    heading = options.get("title", "Who took part, and who left")
    section.lines.append(f"## {heading}")
    _took_part(section, paper, options)
    _outcomes(section, paper)
    _patterns(section, paper, options)
    _left(section, paper, options)
    _change(section, paper)
    _weights(section, paper)
    return section


def sensitivity(paper: PaperContext, options: Mapping[str, str]) -> Section:
    """How far a headline result depends on who answered. ``model=`` names a sensitivity model, ``figure=`` draws it."""
    section = Section([f"## {options.get('title', 'How sure are we?')}"])
    prose = sensitivity_prose(paper, options)
    section.facts.update(prose.facts)
    section.say(*prose.versions)
    if "figure" in options:
        section.block(f"figure {options['figure']}")
    section.block(f"table sensitivity {options.get('model', '')}")
    section.say(*prose.tipping)
    return section


SECTIONS: dict[str, Callable[[PaperContext, Mapping[str, str]], Section]] = {
    "participation": participation,
    "sensitivity": sensitivity,
}


def section_of(name: str, paper: PaperContext, options: Mapping[str, str]) -> Section:
    """The section of that name. Raises ``PaperError`` with the nearest name if there is none."""
    if name not in SECTIONS:
        raise PaperError(f"`{name}` is not a section that writes itself{nearest(name, SECTIONS)}")
    return SECTIONS[name](paper, options)


def _took_part(section: Section, paper: PaperContext, options: Mapping[str, str]) -> None:
    arms = _arms(paper)
    waves = '{{ fact("waves") | words }} waves' if len(arms) == 1 else '{{ fact("arms") | words }} arms'
    own_calendars = ", each with a calendar of its own" if len(arms) > 1 else ""
    began = (
        f'{{{{ fact("persons") | count }}}} people gave {{{{ fact("person_waves") | count }}}} interviews in {waves}'
    )
    section.say(f"{began}{own_calendars}.", _kept(section, paper))
    if "flow" in options:
        section.block(f"figure {options['flow']}")
    section.block("table response_rates")
    section.block("table retention")


def _kept(section: Section, paper: PaperContext) -> str:
    """How many of the first wave answered the last; of several arms, those that kept the least and the most."""
    rates = _rates(paper).filter(pl.col("answered_first_wave") > 0)
    last = rates.group_by("arm", maintain_order=True).last()
    if last.height > 1:
        least, most = (last.sort("cumulative_retention").row(place, named=True) for place in (0, -1))
        shares = [_share(section, paper, row, "cumulative_retention", "last") for row in (least, most)]
        names = [paper.study.label(row["arm"]) for row in (least, most)]
        return (
            "Of those who answered the first wave of their arm, between {{ "
            f"{shares[0]} | pct(1) }}}} ({names[0]}) and {{{{ {shares[1]} | pct(1) }}}} ({names[1]}) answered its last."
        )
    row = last.row(0, named=True)
    begun = section.fact("began", row["answered_first_wave"], "people who answered the first wave")
    kept = _share(section, paper, row, "cumulative_retention", "last")
    always = _share(section, paper, row, "continuous_retention", "every")
    return (
        f"Of the {{{{ {begun} | count }}}} people who answered the first wave, {{{{ {kept} | pct(1) }}}} answered the "
        f"last and {{{{ {always} | pct(1) }}}} every one."
    )


def _share(section: Section, paper: PaperContext, row: Mapping[str, Any], column: str, which: str) -> str:
    """A share of an arm's first wave, as a fact."""
    of = f", {paper.study.label(row['arm'])}" if len(_arms(paper)) > 1 else ""
    what = f"share of the people of the first wave who answered {'the last' if which == 'last' else 'every wave'}{of}"
    return section.fact(f"{which}.{row['arm']}", row[column], what, f"{row['answered_first_wave']:,} people")


def _outcomes(section: Section, paper: PaperContext) -> None:
    """Why people are missing, or that the deposit does not say."""
    rates = _rates(paper)
    absent = int((rates["issued"] - rates["achieved"]).sum())
    told = absent - int(rates["unknown"].sum())
    if not told:
        section.say(
            "The deposit does not say why somebody did not answer. Refusals, moves and deaths cannot be told apart, so "
            "that everybody who had ever answered counts as eligible in every later wave, and the shares are the "
            "lowest they could be. People who were asked and never answered are not in the data: the first wave, and "
            "those who join later, have no response rate."
        )
        return
    name = section.fact("told", told / absent, "share of absences whose reason is known", f"{absent:,} absences")
    section.say(
        f"The fieldwork reports give a reason for {{{{ {name} | pct }}}} of the absences of people who were asked. The "
        "dead and those who moved away leave the denominator; those who withdrew stay in it, although nobody asks them "
        "again."
    )
    section.block("table outcomes")


def _patterns(section: Section, paper: PaperContext, options: Mapping[str, str]) -> None:
    section.lines += ["", "### In which patterns"]
    people = paper.table("participation").unique("person_id", keep="first", maintain_order=True)
    people = people.filter(pl.col("pattern").str.contains("1"))
    gaps = people.filter(pl.col("pattern").str.contains("10+1")).height
    late = people.filter(pl.col("pattern").str.starts_with("0")).height
    back = section.fact("gaps", gaps, "people who came back after a gap", f"{people.height:,} people")
    joined = section.fact("late", late, "people who first answered after their arm’s first wave")
    returned = (
        f"{{{{ {back} | words }}}} missed a wave or more and came back" if gaps else "nobody came back after a gap"
    )
    arrived = f"{{{{ {joined} | words }}}} first answered after the first wave" if late else "nobody joined late"
    section.say(f"Among all who ever answered, {returned}, and {arrived}. All their answers are kept.")
    if "patterns" in options:
        section.block(f"figure {options['patterns']}")
    section.block(f"table patterns top={options.get('top', '12')}")
    cohorts = paper.table("response_rates").filter(
        pl.col("cohort") == pl.col("wave"),
        pl.col("cohort") != EVERYONE,
        pl.col("answered_first_wave") >= FEWEST_OF_A_COHORT,
    )
    if cohorts.height > len(_arms(paper)):
        section.block("table cohorts")


def _left(section: Section, paper: PaperContext, options: Mapping[str, str]) -> None:
    """What tells those who answer again from those who do not, of each attrition model of the paper."""
    estimates = paper.results.estimates.filter(pl.col("family") == "attrition")
    if estimates.is_empty():
        return
    section.lines += ["", "### Who left"]
    if "odds" in options:
        section.block(f"figure {options['odds']}")
    targets = estimates.group_by("model", maintain_order=True).agg(pl.col("outcome").unique(maintain_order=True))
    fewest = targets["outcome"].list.len().min()
    for model, outcomes in targets.filter(pl.col("outcome").list.len() == fewest).iter_rows():
        own = estimates.filter(pl.col("model") == model, pl.col("outcome") == outcomes[-1])
        section.say(*_told(paper, own))
    section.block(f"table attrition {' '.join(targets['model'])}")


def _told(paper: PaperContext, own: pl.DataFrame) -> Iterator[str]:
    """One model's terms in sentences: likelier, less likely, not to be told from chance; and its fit."""
    model, outcome = own.select("model", "outcome").row(0)
    odds = own.filter(pl.col("component") == "odds_ratio", pl.col("estimate").is_not_null())
    note = paper.study.models.get(model)
    yield f"*{note.question}*" if note else ""
    likelier = odds.filter(pl.col("conf_low") > 1)
    less = odds.filter(pl.col("conf_high") < 1)
    unclear = odds.filter(pl.col("conf_low") <= 1, pl.col("conf_high") >= 1)
    if likelier.height:
        yield f"Higher odds of answering go with {_list(paper, likelier, outcome)}."
    if less.height:
        yield f"Lower odds go with {_list(paper, less, outcome)}."
    if unclear.height:
        names = _joined([_term(paper, row) for row in unclear.iter_rows(named=True)])
        yield f"No difference that could not be chance is seen for {names}."
    area, alike = (f'est("{model}", "{term}", outcome="{outcome}")' for term in ("auc", "r_indicator_adjusted"))
    yield (
        f"Of two people of whom one answered and one did not, the model gives the one who did the higher chance in "
        f"{{{{ {area} | pct }}}} of pairs ({{{{ {area} | pct_interval }}}}; a half is chance). The R-indicator, one "
        f"where everybody is as likely to answer, is {{{{ {alike} | dp(2) }}}} ({{{{ {alike} | interval(2) }}}})."
    )


def _list(paper: PaperContext, odds: pl.DataFrame, outcome: str) -> str:
    told = []
    for row in odds.iter_rows(named=True):
        group = f', group="{row["group"]}"' if row["group"] is not None else ""
        call = f'est("{row["model"]}", "{row["term"]}", component="odds_ratio", outcome="{outcome}"{group})'
        told.append(f"{_term(paper, row)} (odds ratio {{{{ {call} | dp(2) }}}}, {{{{ {call} | interval(2) }}}})")
    return _joined(told)


def _term(paper: PaperContext, row: Mapping[str, object]) -> str:
    label = paper.study.label(str(row["term"]))
    label = label[:1].lower() + label[1:] if label[1:2].islower() else label
    return f"{label} ({paper.study.label(str(row['group']))})" if row["group"] is not None else label


def _joined(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _change(section: Section, paper: PaperContext) -> None:
    """How much people differ and change in the headline measure, and where they go from wave to wave."""
    if "transitions" not in paper.tables or paper.tables["transitions"].is_empty():
        return
    measure = str(paper.tables["transitions"]["measure"][0])
    section.lines += ["", "### How much people change"]
    spread = paper.table("variation").filter(pl.col("variable") == measure)
    arm = spread["arm"][0]
    parts = {row["component"]: row for row in spread.filter(pl.col("arm") == arm).iter_rows(named=True)}
    label = paper.study.label(measure)
    of = f", {paper.study.label(arm)}" if spread["arm"].n_unique() > 1 else ""
    people = f"{parts['between']['n']:,} people"
    names = [
        section.fact(f"sd.{part}", parts[part]["sd"], f"{label}: standard deviation {said}{of}", people)
        for part, said in (("between", "between people"), ("within", "within a person"))
    ]
    where = f" in {paper.study.label(arm)}" if of else ""
    section.say(
        f"{label}: people’s own means differ with a standard deviation of {{{{ {names[0]} | dp(2) }}}}{where}, and the "
        f"same person’s answers around their own mean with one of {{{{ {names[1]} | dp(2) }}}}."
    )
    section.block(f"table variation {measure}")
    section.block("table transitions")


def _weights(section: Section, paper: PaperContext) -> None:
    """The weight sets behind the paper's models: whom they bring back, and their tables."""
    shown = [name for name in ("weights", "margins", "balance") if name in paper.tables]
    if not shown:
        return
    section.lines += ["", "### Weights for those who left"]
    if "balance" in shown:
        gaps = paper.table("balance").select(pl.col("difference_before", "difference_after").abs().max())
        before, after = (
            section.fact(f"gap.{when}", gap, f"largest standardised difference {when} weighting", table="balance")
            for when, gap in zip(("before", "after"), gaps.row(0), strict=True)
        )
        section.say(
            "People who answered the waves analysed differ from everyone asked in what they had answered at the start: "
            f"by up to {{{{ {before} | dp(2) }}}} standard deviations before weighting, and {{{{ {after} | dp(2) }}}} "
            "after it."
        )
    for name in shown:
        section.block(f"table {name}")


def _rates(paper: PaperContext) -> pl.DataFrame:
    return paper.table("response_rates").filter(pl.col("cohort") == EVERYONE)


def _arms(paper: PaperContext) -> list[str]:
    return list(_rates(paper)["arm"].unique(maintain_order=True))
