"""The drift report as one self-contained page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.harmonise.drift.messages import PARTS, label_of
from pipeline.harmonise.drift.redelivered_words import Redelivered, in_words
from pipeline.harmonise.drift.whole_batteries import folded
from pipeline.options import known_options
from pipeline.page_templates import page_template
from pipeline.specs.project import Study


@known_options
def drift_html(
    study: Study,
    findings: pl.DataFrame,
    template: Path,
    *,
    receipts: pl.DataFrame | None = None,
    apart: pl.DataFrame | None = None,
    links: pl.DataFrame | None = None,
    redeliveries: Mapping[str, pl.DataFrame] | None = None,
) -> str:
    """All findings of a study (contract ``Findings``), wave by wave, as HTML text without scripts or requests.

    ``receipts`` (contract ``Receipt``) give the rows received and what became of them; ``apart`` has one row per answer
    that was set aside, with its ``wave``; ``links`` is any table of who is linked, printed as it is, counts only;
    ``redeliveries`` has of each wave that was delivered again what changed (contract ``Redeliveries``).
    """
    shown = folded(findings)
    labels = {key: item.label for key, item in study.items.items()}
    scales = {key: one.label for key, one in study.scales.items()}
    return page_template(template.read_text(encoding="utf-8")).render(
        study=study,
        waves=[(wave, _parts(shown.filter(pl.col("wave") == wave))) for wave in study.waves],
        several_arms=len(study.about.arms) > 1,
        overview=_plain(_overview(study, shown, receipts, apart)),
        links=_plain(links) if links is not None and links.height else None,
        redelivered=_redelivered(redeliveries or {}, labels | PARTS | scales),
        label=lambda item: label_of(item, labels),
    )


def _parts(findings: pl.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """What waits for somebody, what was decided, and what is only good to know."""
    notes, decided = pl.col("severity") == "notes", pl.col("decision").is_not_null()
    return {
        "open": findings.filter(~notes & ~decided).to_dicts(),
        "decided": findings.filter(decided).to_dicts(),
        "notes": findings.filter(notes & ~decided).to_dicts(),
    }


def _redelivered(redeliveries: Mapping[str, pl.DataFrame], labels: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Wave → what its corrected delivery changed, as the template prints it."""
    found: dict[str, dict[str, Any]] = {}
    for wave, table in redeliveries.items():
        said: Redelivered = in_words(table, labels)
        tables = {title: _plain(frame) for title, frame in said.tables.items()}
        found[wave] = {"sentences": said.sentences, "tables": tables}
    return found


def _overview(
    study: Study, findings: pl.DataFrame, receipts: pl.DataFrame | None, apart: pl.DataFrame | None
) -> pl.DataFrame:
    """One row per wave: rows and answers received and set aside, and findings by what they do."""
    rows = []
    for wave in study.waves:
        own = findings.filter(pl.col("wave") == wave)
        waiting = own.filter(pl.col("decision").is_null())
        row: dict[str, object] = {"Wave": study.waves[wave].title}
        if receipts is not None and receipts.height:
            of_wave = receipts.filter(pl.col("wave") == wave)
            row |= {
                "Rows received": int(of_wave["rows"].sum()),
                "Loaded": int(of_wave["loaded"].sum()),
                "Quarantined": int(of_wave["quarantined"].sum()),
                "Left out by rule": int(of_wave["set_aside"].sum()),
            }
        if apart is not None:
            row["Answers set aside"] = apart.filter(pl.col("wave") == wave).height if apart.height else 0
        row |= {
            "Stop, to be decided": waiting.filter(pl.col("severity") == "blocks").height,
            "Warnings": waiting.filter(pl.col("severity") == "warns").height,
            "Notes": waiting.filter(pl.col("severity") == "notes").height,
            "Decided": own.filter(pl.col("decision").is_not_null()).height,
        }
        rows.append(row)
    return pl.DataFrame(rows)


def _plain(frame: pl.DataFrame) -> dict[str, Any]:
    """A frame as the template prints it."""
    numeric = {name: dtype.is_numeric() for name, dtype in frame.schema.items()}
    return {"columns": frame.columns, "rows": frame.rows(), "numeric": numeric}
