"""Who took part, in which patterns, who left, and how much people change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from pipeline.papers.content import Cell
from pipeline.papers.paper_context import PaperContext
from pipeline.papers.phrases import in_sentence, joined
from pipeline.papers.results import Fact, Row, people_fact, share_fact
from pipeline.papers.sections.section import RATES, Section, call
from pipeline.papers.sections.weighting import weighting
from pipeline.papers.study_context import StudyContext
from pipeline.papers.tables.attrition import response_models
from pipeline.papers.tables.participation import EVERYONE, FEWEST_OF_A_COHORT
from pipeline.specs.rounding import count_text


def participation(paper: PaperContext, options: Mapping[str, str]) -> Section:
    """Who took part, in which patterns, who left and how much people change; ``flow=``, ``patterns=``, ``odds=`` draw.

    What a study does not have (fieldwork outcomes, an attrition model, a headline measure) is said or left out.
    """
    section = Section([f"## {options.get('title', 'Who took part, and who left')}"])
    _took_part(section, paper, options)
    _outcomes(section, paper)
    _patterns(section, paper, options)
    _left(section, paper, options)
    _change(section, paper)
    weighting(section, paper)
    return section


def _took_part(section: Section, paper: PaperContext, options: Mapping[str, str]) -> None:
    several = len(_arms(paper)) > 1
    waves = '{{ fact("arms") | words }} arms' if several else '{{ fact("waves") | words }} waves'
    calendars = ", each with its own calendar" if several else ""
    began = (
        f'{{{{ fact("persons") | count }}}} people gave {{{{ fact("person_waves") | count }}}} interviews in {waves}'
    )
    section.say(f"{began}{calendars}.", _kept(section, paper))
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
    whom = {"arm": row["arm"], "wave": rates.filter(arm=row["arm"])["wave"][0]}
    first = people_fact(
        row["answered_first_wave"], "people who answered the first wave", whom, paper.study.rules.counts, source=RATES
    )
    begun = section.named("began", first)
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
    whole = row["answered_first_wave"]
    start = paper.table("response_rates").filter(arm=row["arm"])["wave"].min()
    whom = {"arm": row["arm"], "wave": row["wave"], "cohort": str(start)}
    whom |= {} if which == "last" else {"every": "yes"}
    fact = share_fact(round(row[column] * whole), whole, what, whom, paper.study.rules.counts, source=RATES)
    return section.named(f"{which}.{row['arm']}", fact)


def _outcomes(section: Section, paper: PaperContext) -> None:
    """Why people are missing, or that the deposit does not say."""
    rates = _rates(paper)
    absent = int((rates["issued"] - rates["achieved"]).sum())
    explained = absent - int(rates["unknown"].sum())
    if not explained:
        section.say(
            "The deposit does not say why people did not answer. Refusals, moves and deaths cannot be distinguished. "
            "Everyone who had ever answered therefore counts as eligible in every later wave, and the shares are lower "
            "bounds. People who were asked but never answered are not in the data. The first wave, and those who join "
            "later, therefore have no response rate."
        )
        return
    share = explained / absent
    judged = Cell("estimate", share, min(explained, absent - explained) or absent, unit="absences", weighted=True)
    said = Fact(share, "share of absences with a known reason", RATES, f"{absent:,} absences", judged)
    name = section.named("explained", said)
    section.say(
        f"The fieldwork reports give a reason for {{{{ {name} | pct }}}} of the absences of people who were asked. "
        "People who died or moved away leave the denominator. Those who withdrew stay in it, although they are no "
        "longer asked."
    )
    section.block("table outcomes")


def _patterns(section: Section, paper: PaperContext, options: Mapping[str, str]) -> None:
    section.lines += ["", "### In which patterns"]
    people = paper.table("participation").unique("person_id", keep="first", maintain_order=True)
    people = people.filter(pl.col("pattern").str.contains("1"))
    gaps = people.filter(pl.col("pattern").str.contains("10+1")).height
    late = people.filter(pl.col("pattern").str.starts_with("0")).height
    base, one = paper.study.rules.counts, {"arm": _arms(paper)[0]} if len(_arms(paper)) == 1 else {}
    everybody = f"{count_text(people.height, base)} people"
    gap = people_fact(
        gaps, "people who came back after a gap", {**one, "course": "gap"}, base, source=RATES, people=everybody
    )
    whom = {**one, "cohort": "|".join(_waves(paper)[1:])} if one else {"course": "late"}
    joined_late = people_fact(late, "people who first answered after their arm’s first wave", whom, base, source=RATES)
    back, joiners = section.named("gaps", gap), section.named("late", joined_late)
    returned = (
        f"{{{{ {back} | words }}}} missed one or more waves and came back" if gaps else "no one came back after a gap"
    )
    first = "the first wave of their arm" if len(_arms(paper)) > 1 else "the first wave"
    arrived = f"{{{{ {joiners} | words }}}} first answered after {first}" if late else "no one joined late"
    section.say(f"Of all who ever answered, {returned}, and {arrived}. All their answers are kept.")
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
    """What distinguishes those who answer again from those who do not, by each attrition model of the paper."""
    models = response_models(paper.results)
    if not models:
        return
    section.lines += ["", "### Who left"]
    if "odds" in options:
        section.block(f"figure {options['odds']}")
    outcomes = {model: list(dict.fromkeys(row["outcome"] for row in paper.results.of(model))) for model in models}
    fewest = min(map(len, outcomes.values()))
    for model, targets in outcomes.items():
        if len(targets) == fewest:
            section.say(*_associations(paper, model, targets[-1]))
    section.block(f"table attrition {' '.join(models)}")


def _associations(paper: PaperContext, model: str, outcome: str) -> Iterator[str]:
    """One model's terms in sentences: higher odds, lower odds, or neither; and its fit."""
    rows = paper.results.of(model, "odds_ratio")
    odds = [row for row in rows if row["outcome"] == outcome and row["estimate"] is not None]
    declared = paper.study.models.get(model)
    yield f"*{declared.question}*" if declared else ""
    known = [row for row in odds if row["conf_low"] is not None and row["conf_high"] is not None]
    higher = [row for row in known if row["conf_low"] > 1]
    lower = [row for row in known if row["conf_high"] < 1]
    unclear = [row for row in known if row["conf_low"] <= 1 <= row["conf_high"]]
    if higher:
        yield f"Higher odds of answering are associated with {_list(paper, higher)}."
    if lower:
        yield f"Lower odds are associated with {_list(paper, lower)}."
    if unclear:
        yield f"For {joined([_term(paper, row) for row in unclear])}, the interval of the odds ratio includes one."
    area, alike = (f'est("{model}", "{term}", outcome="{outcome}")' for term in ("auc", "r_indicator_adjusted"))
    yield (
        "Take a pair of people of whom one answered and the other did not. The model gives the one who answered the "
        f"higher probability in {{{{ {area} | pct }}}} of such pairs ({{{{ {area} | pct_interval }}}}); a half is "
        f"chance. The adjusted R-indicator is {{{{ {alike} | dp(2) }}}} ({{{{ {alike} | interval(2) }}}}); one means "
        "that everyone is equally likely to answer."
    )


def _list(paper: PaperContext, odds: list[Row]) -> str:
    terms: list[str] = []
    for row in odds:
        name = "" if terms else "odds ratio "
        units = paper.study.units.get(row["term"], 1.0)
        bound = call(row, component="odds_ratio", outcome=row["outcome"], group=row["group"])
        if units != 1:
            bound = call(row, component="coefficient", outcome=row["outcome"], group=row["group"])
            bound = f"{bound} | per({units:g}) | exp"
        of = f"{for_units(paper.study, row['term'])}; " if units != 1 else ""
        terms.append(f"{_term(paper, row)} ({of}{name}{{{{ {bound} | dp(2) }}}}, {{{{ {bound} | interval(2) }}}})")
    return joined(terms)


def for_units(study: StudyContext, term: str) -> str:
    """For how much more, as markdown: a numeral is bound."""
    words = study.for_units(term)
    return (
        words
        if term in study.unit_words
        else words.replace(f"{study.units[term]:g}", f"{{{{ units({study.units[term]:g}) }}}}")
    )


def _term(paper: PaperContext, row: Row) -> str:
    label = in_sentence(paper.study.label(row["term"]))
    return f"{label} ({paper.study.label(row['group'])})" if row["group"] is not None else label


def _change(section: Section, paper: PaperContext) -> None:
    """How much people differ and change in the headline measure, and how their answers move from wave to wave."""
    if "transitions" not in paper.tables or paper.tables["transitions"].is_empty():
        return
    measure = str(paper.tables["transitions"]["measure"][0])
    section.lines += ["", "### How much people change"]
    spread = paper.table("variation").filter(pl.col("variable") == measure)
    arm = spread["arm"][0]
    parts = {row["component"]: row for row in spread.filter(pl.col("arm") == arm).iter_rows(named=True)}
    label, arm_label = paper.study.label(measure), paper.study.label(arm)
    several = spread["arm"].n_unique() > 1
    of, where = (f", {arm_label}", f" in {arm_label}") if several else ("", "")
    people = int(parts["between"]["n"])
    between, within = (
        section.fact(f"sd.{part}", parts[part]["sd"], f"{label}: standard deviation {said}{of}", people)
        for part, said in (("between", "between people"), ("within", "within a person"))
    )
    section.say(
        f"{label}: people’s own means vary with a standard deviation of {{{{ {between} | dp(2) }}}}{where}. One "
        f"person’s answers vary around that mean with a standard deviation of {{{{ {within} | dp(2) }}}}."
    )
    section.block(f"table variation {measure}")
    section.block("table transitions")


def _rates(paper: PaperContext) -> pl.DataFrame:
    return paper.table("response_rates").filter(pl.col("cohort") == EVERYONE)


def _waves(paper: PaperContext) -> list[str]:
    return sorted(_rates(paper)["wave"].unique())


def _arms(paper: PaperContext) -> list[str]:
    return list(_rates(paper)["arm"].unique(maintain_order=True))
