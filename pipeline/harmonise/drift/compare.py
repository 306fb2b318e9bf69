"""A new wave beside the waves before it: everything that the machine finds, item by item."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipeline.harmonise.drift.answers import answer_findings
from pipeline.harmonise.drift.facts import fact_findings, link_findings, weight_findings
from pipeline.harmonise.drift.finding import Finding, table
from pipeline.harmonise.drift.labels import LabelsOf, label_findings, labels_of
from pipeline.harmonise.drift.reading import Reading, readings
from pipeline.specs.project import Study
from pipeline.specs.sources import role_columns, source_variable
from pipeline.specs.study import WaveFile

Waves = Mapping[str, pl.DataFrame]


def compare(study: Study, wave: str, waves: Waves, labels: Waves) -> pl.DataFrame:
    """One row per finding about ``wave`` (contract ``Findings``), against every earlier wave in ``waves``.

    ``waves`` and ``labels`` map wave → wave table and labels table, as ingest makes them; later waves are ignored, so
    that waves which arrive out of order give the same report.
    """
    found: list[Finding] = []
    earlier = [name for name in study.waves if name < wave and name in waves]
    for file in study.waves[wave].files:
        deposited = waves[wave].filter(pl.col("arm") == file.arm)
        before = _last_readings(study, file.arm, earlier, waves)
        for key, now in readings(study, wave, file, deposited).items():
            item, last = study.items[key], before.get(key)
            found += answer_findings(file, key, item, now, last)
            if last is not None:
                found += fact_findings(file, key, item, now, last)
        weight = role_columns(study, wave, file).get("weight")
        if weight and weight in deposited.columns:
            found += weight_findings(file, weight, deposited)
        known = [waves[name].filter(pl.col("arm") == file.arm)["person_id"] for name in earlier]
        found += link_findings(file, deposited["person_id"], pl.concat(known).unique() if known else pl.Series([]))
        was = _last_labels(study, wave, file, earlier, labels)
        found += label_findings(study, wave, file, labels_of(labels[wave], file.arm), was)
    return table(study, wave, found)


def _file_of(study: Study, wave: str, arm: str) -> WaveFile | None:
    return next((file for file in study.waves[wave].files if file.arm == arm), None)


def _last_readings(study: Study, arm: str, earlier: list[str], waves: Waves) -> dict[str, Reading]:
    """Item → its reading in the last wave before that asked it."""
    found: dict[str, Reading] = {}
    for name in reversed(earlier):
        file = _file_of(study, name, arm)
        if file is not None:
            made = readings(study, name, file, waves[name], leave_out=found)
            found |= {key: reading for key, reading in made.items() if reading.values.len()}
    return found


def _last_labels(study: Study, wave: str, file: WaveFile, earlier: list[str], labels: Waves) -> LabelsOf:
    """The labels with which each item was last deposited, under the name its variable has now."""
    found: dict[str, tuple[str | None, Mapping[str, str]]] = {}
    for name in earlier:
        other = _file_of(study, name, file.arm)
        if other is None or name not in labels:
            continue
        made = labels_of(labels[name], file.arm)
        for key in [key for key in study.items if key not in study.waves[name].exceptions]:
            then, now = source_variable(study, name, other, key), source_variable(study, wave, file, key)
            if then is not None and then in made and now is not None and (made[then][0] or made[then][1]):
                found[now] = made[then]
    return found
