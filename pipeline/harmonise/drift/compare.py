"""A new wave beside the waves before it: everything that the machine finds, item by item."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from statistics import NormalDist

import polars as pl

from pipeline.harmonise.drift.amounts import amount_findings, coarse_findings, heap_findings
from pipeline.harmonise.drift.change import Moved, beyond_the_usual, moved
from pipeline.harmonise.drift.codes import code_findings
from pipeline.harmonise.drift.copies import copied_columns, copied_rows
from pipeline.harmonise.drift.facts import age_findings, composition_findings, fact_findings
from pipeline.harmonise.drift.finding import SPOILS, Finding, table, without_consequences
from pipeline.harmonise.drift.history import Beside, History
from pipeline.harmonise.drift.joined import join_findings
from pipeline.harmonise.drift.keying import keying_findings
from pipeline.harmonise.drift.labels import label_findings, labels_of, marked_missing
from pipeline.harmonise.drift.left_out import left_out_findings
from pipeline.harmonise.drift.linked import link_findings
from pipeline.harmonise.drift.marked import accepted_marks
from pipeline.harmonise.drift.missing import broken_off, missing_findings, unmarked_findings
from pipeline.harmonise.drift.outcomes import outcome_findings
from pipeline.harmonise.drift.presence import presence_findings
from pipeline.harmonise.drift.reading import Flags
from pipeline.harmonise.drift.recoding.search import recodings, used_items
from pipeline.harmonise.drift.rows_moved import moved_rows
from pipeline.harmonise.drift.stability import stability_findings, unrelated_findings
from pipeline.harmonise.drift.turned import swapped_findings, turned_findings
from pipeline.harmonise.drift.twice import same_answers
from pipeline.harmonise.drift.universe import universe_findings
from pipeline.harmonise.drift.variation import not_in_file, variation_findings
from pipeline.harmonise.drift.weights import weight_findings
from pipeline.harmonise.drift.whole_batteries import marked_batteries
from pipeline.harmonise.drift.window import window_findings
from pipeline.options import known_options
from pipeline.parallel import fan_out
from pipeline.specs.arm_parts import arm_files
from pipeline.specs.base import Period
from pipeline.specs.deposits import WaveFile
from pipeline.specs.project import Study
from pipeline.specs.sources import role_columns, source_variable

Waves = Mapping[str, pl.DataFrame]
TOGETHER = 2
"""Waves that are compared in one piece."""


@known_options
def compare(
    study: Study,
    wave: str,
    waves: Waves,
    labels: Waves,
    history: History | None = None,
    modelled: Collection[str] = (),
    joins: pl.DataFrame | None = None,
    reported: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """One row per finding about ``wave`` (contract ``Findings``), against every earlier wave in ``waves``.

    ``waves`` and ``labels`` map wave → wave table and labels table, as ingest makes them; later waves are ignored, so
    that waves which arrive out of order give the same report. ``history`` keeps what was read for the next wave.
    ``modelled``: the concepts that models name; a recoding of what they measure blocks, as one of a scale's items does.
    ``reported``: what lists of outcomes say (contract ``FieldOutcomes``).
    """
    known = History(study, waves, labels) if history is None else history
    found: list[Finding] = []
    candidates: list[Moved] = []
    for file in arm_files(study, wave):
        beside = known.beside(wave, file)
        items = [*_items(study, beside, known, candidates, used_items(study, modelled))]
        found += marked_batteries(study, wave, file, items)
        found += _file(study, beside, labels[wave])
        if reported is not None:
            found += outcome_findings(file.arm, wave, beside.rows["person_id"], reported)
    found += join_findings(joins) if joins is not None else ()
    return table(study, wave, [*found, *beyond_the_usual(candidates)])


@known_options
def compare_all(
    study: Study,
    waves: Waves,
    labels: Waves,
    modelled: Collection[str] = (),
    joins: Waves | None = None,
    reported: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """One row per finding (contract ``Findings``), wave by wave. ``joins``: by wave."""
    order = list(study.waves)
    pieces = [(tuple(order[start : start + TOGETHER]),) for start in range(0, len(order), TOGETHER)]
    history = History(study, waves, labels)  # each worker reads a wave once, however many later ones it compares
    return pl.concat(fan_out(_compare_some, pieces, (history, tuple(modelled), joins or {}, reported)))


def _compare_some(
    history: History, modelled: Collection[str], joins: Waves, reported: pl.DataFrame | None, some: Collection[str]
) -> pl.DataFrame:
    """The findings of waves that follow one another."""
    study, waves, labels = history.study, history.waves, history.labels
    return pl.concat(
        [compare(study, wave, waves, labels, history, modelled, joins.get(wave), reported) for wave in some]
    )


def _items(
    study: Study, beside: Beside, history: History, candidates: list[Moved], used: Collection[str]
) -> Iterator[Finding]:
    """What the answers to each item show; how far each moved is added to ``candidates``, to be judged together."""
    file = beside.file
    z = NormalDist().inv_cdf(1 - 0.01 / max(len(beside.now), 1))  # one false alarm in a hundred waves, over all items
    stopped = broken_off([now for key, now in beside.now.items() if study.items[key].blank == "blank"])
    correlated = {finding.item: finding for finding in stability_findings(study, beside, history, z)}
    turned = {finding.item: finding for finding in turned_findings(study, beside, z)}
    keyed = {finding.item: finding for finding in keying_findings(study, beside, turned, z)}
    correlated |= keyed | turned
    swapped = {finding.item: finding for finding in swapped_findings(study, beside, z)}
    recoded = dict(recodings(study, beside, used))
    for key in beside.now:
        found = [*_item(study, beside, key, stopped), *(one[key] for one in (correlated, swapped) if key in one)]
        found = without_consequences(found)
        if key in recoded:
            yield from recoded[key].among(key, found)
            continue
        yield from found
        kinds = {finding.kind for finding in found}
        if key in beside.before and not study.items[key].time_constant and not kinds & SPOILS:
            one = moved(file.arm, key, study.items[key].kind, beside.same_people(key), beside.where(key))
            candidates += [one] if one is not None and study.items[key].concept != "age" else []
    yield from unrelated_findings(study, beside, history, {*recoded, *correlated})
    yield from _lacking(study, beside)


def _lacking(study: Study, beside: Beside) -> Iterator[Finding]:
    """Items that are declared for this file and not in it."""
    stops = study.about.doubtful == "stop"
    for key in study.items:
        variable = source_variable(study, beside.wave, beside.file, key)
        if variable is not None and variable in beside.nearest:
            yield not_in_file(beside.file, key, variable, beside.nearest[variable], beside.rows.height, stops)


def _item(study: Study, beside: Beside, key: str, stopped: Flags) -> Iterator[Finding]:
    """What the answers to one item show, on their own and beside the last wave that asked it."""
    file, item, now, where = beside.file, study.items[key], beside.now[key], beside.where(key)
    before = beside.before.get(key)
    if not now.absent:
        yield from code_findings(file, key, item, now, where)
        yield from amount_findings(file, key, item, now, before, where)
    yield from variation_findings(file, key, item, now, before, where)
    yield from fact_findings(file, key, item, now, beside.first_facts.get(key))
    if before is not None and not now.absent:
        yield from missing_findings(file, key, item, now, before, stopped, where)
        yield from universe_findings(file, key, now, before, beside.kinds(), beside.kinds(beside.last(key)), where)
        yield from age_findings(
            file,
            key,
            item,
            now,
            beside.same_people(key),
            beside.years(key),
            beside.years_apart(key),
            item.concept == "age" and _grew(beside, key),
        )
        if not (now.rule.is_converted or before.rule.is_converted):
            yield from heap_findings(file.arm, key, item, beside.same_people(key), where)
            yield from coarse_findings(file.arm, key, item, beside.same_people(key), where)
        yield from composition_findings(file, key, item, now, before)


def _grew(beside: Beside, key: str) -> bool:
    """Whether most people who were in both of the two waves before had grown older between them."""
    if len(beside.earlier[key]) < 2:
        return False
    (_, last), (_, first) = beside.earlier[key][:2]
    both = first.frame.join(last.frame, on="person_id", suffix="_last").drop_nulls(["value", "value_last"])
    grown = int((both["value_last"] > both["value"]).sum())
    return 2 * grown > both.height


def _file(study: Study, beside: Beside, labels: pl.DataFrame) -> Iterator[Finding]:
    """What the file shows as a whole: labels, marks of missing codes, weights, ids."""
    file, wave = beside.file, beside.wave
    yield from label_findings(study, wave, file, labels_of(labels, file.arm), beside.labels_before)
    marked = marked_missing(labels, file.arm)
    yield from unmarked_findings(file, beside.now, marked, beside.marked_before)
    yield from left_out_findings(file, labels)
    yield from accepted_marks(study, wave, file, beside.now, beside.rows, marked)
    yield from _weights(study, beside, file)
    date = role_columns(study, wave, file).get("interview_date")
    if date and date in beside.rows.columns:
        yield from window_findings(
            file, date, beside.rows[date], study.fieldwork(wave, file.arm), _other_fieldwork(study, beside)
        )
    yield from link_findings(file, beside.rows["person_id"], beside.known, beside.people_before)
    yield from presence_findings(beside)
    yield from same_answers(beside)
    yield from moved_rows(beside)
    yield from copied_rows(beside)
    yield from copied_columns(beside)


def _other_fieldwork(study: Study, beside: Beside) -> dict[str, Period]:
    """The declared fieldwork of every other wave of the arm."""
    waves = [name for name in study.about.arms[beside.file.arm].waves if name != beside.wave]
    return {name: study.fieldwork(name, beside.file.arm) for name in waves}


def _weights(study: Study, beside: Beside, file: WaveFile) -> Iterator[Finding]:
    weight = role_columns(study, beside.wave, file).get("weight")
    if weight and weight in beside.rows.columns:
        yield from weight_findings(file, weight, beside.rows, beside.weights_before)
