"""From the declarations of a study, and the counts of its answers, to its codebook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import polars as pl

from pipeline.papers.codebook.content import REASONS, Asked, Code, Codebook, Derived, Period, Variable, WaveInfo
from pipeline.papers.codebook.counts import IN_RANGE
from pipeline.specs.sources import source_variable

if TYPE_CHECKING:
    from pipeline.specs.project import Study
    from pipeline.specs.study import Item


def codebook_of(study: Study, concepts: Mapping[str, str], counts: pl.DataFrame) -> Codebook:
    """The codebook of a study. ``concepts``: concept → label. ``counts``: what ``codebook_counts`` gives."""
    about = study.about
    rows = dict(counts.partition_by("item", as_dict=True))
    facts = (
        ("Population", about.population),
        ("Data", about.source),
        ("Funder", about.funder),
        ("Licence of the data", about.licence),
        ("To be cited as", about.citation),
    )
    scored: dict[str, list[str]] = {}
    for scale in study.scales.values():
        for item in scale.items:
            scored.setdefault(item, []).append(scale.label)
    return Codebook(
        key=study.key,
        title=about.title,
        synthetic=about.synthetic,
        facts=tuple((label, text) for label, text in facts if text),
        population=about.population,
        citation=about.citation,
        licence=about.licence,
        funder=about.funder,
        smallest=about.disclosure.smallest,
        waves=tuple(_wave(study, key) for key in study.waves),
        variables=tuple(
            _variable(study, key, item, concepts, tuple(scored.get(key, ())), rows.get((key,)))
            for key, item in study.items.items()
        ),
        derived=tuple(
            Derived(key, scale.label, scale.items, scale.score, scale.reason if scale.assumed else "")
            for key, scale in study.scales.items()
        ),
        labels={key: item.label for key, item in study.items.items()},
    )


def _wave(study: Study, key: str) -> WaveInfo:
    wave = study.waves[key]
    periods = []
    for arm in dict.fromkeys(file.arm for file in wave.files):
        own = [file for file in wave.files if file.arm == arm]
        when = study.fieldwork(key, arm)
        mode = ", ".join(dict.fromkeys(filter(None, (file.mode or wave.mode for file in own))))
        files = tuple(file.file for file in own)
        title = study.about.arms[arm].title
        periods.append(Period(arm, title, when.start.isoformat(), when.end.isoformat(), mode, files))
    return WaveInfo(key, wave.title, tuple(periods), wave.reason if wave.assumed else "")


def _variable(
    study: Study, key: str, item: Item, concepts: Mapping[str, str], scales: tuple[str, ...], rows: pl.DataFrame | None
) -> Variable:
    asked = {} if rows is None else {wave: part for (wave,), part in rows.partition_by("wave", as_dict=True).items()}
    return Variable(
        key=key,
        label=item.label,
        wording=item.wording,
        original=item.original,
        kind=item.kind,
        concept=concepts.get(item.concept or "", item.concept or ""),
        battery=item.battery or "",
        source=item.source,
        assumed=item.reason if item.assumed else "",
        universe=_universe(study, item),
        recoded="Scored in the opposite direction." if item.reverse else "",
        scales=scales,
        asked=tuple(_asked(study, key, wave, part) for wave, part in asked.items()),
    )


def _universe(study: Study, item: Item) -> str:
    """Who was asked, in words."""
    arms = [study.about.arms[arm].title for arm in item.arms]
    chosen = [f"`{column}` is {' or '.join(values)}" for column, values in item.asked_when.items()]
    parts = [
        item.routing.rstrip("."),
        f"Asked in {', '.join(arms)}" if arms else "",
        f"Asked where {' and '.join(chosen)}" if chosen else "",
    ]
    said = ". ".join(filter(None, parts))
    return f"{said}." if said else "Everyone interviewed in the waves in which it was asked."


def _asked(study: Study, key: str, wave: str, rows: pl.DataFrame) -> Asked:
    declared = study.waves[wave]
    other = declared.exceptions.get(key)
    found = [(file.arm, source_variable(study, wave, file, key)) for file in declared.files]
    read = [(arm, variable) for arm, variable in found if variable is not None]
    codes = (_code(row, study.items[key].value_labels) for row in rows.iter_rows(named=True))
    return Asked(
        wave=wave,
        title=declared.title,
        variables=tuple(dict.fromkeys(variable for _, variable in read)),
        arms=tuple(dict.fromkeys(study.about.arms[arm].title for arm, _ in read)),
        wording=(other.wording if other is not None else None) or study.items[key].wording,
        verdict=other.verdict if other is not None else "",
        remark=other.reason if other is not None else "",
        codes=tuple(sorted(codes, key=lambda code: bool(code.reason))),
    )


def _code(row: Mapping[str, object], value_labels: Mapping[str, str]) -> Code:
    value, reason = row["value"], row["reason"]
    words = REASONS.get(str(reason), str(reason)) if reason is not None else ""
    label = str(row["label"] or "")
    is_number = row["code"] == IN_RANGE
    code = "" if is_number else str(row["code"])
    printed = f"{value:g}" if isinstance(value, float) else ""
    count = row["count"]
    meant = ", ".join(f"{value} = {text}" for value, text in value_labels.items())
    shown = f"A number, {label}{f' ({meant})' if meant else ''}" if is_number else label
    return Code(code, shown or words, printed, words, count if isinstance(count, int) else None)
