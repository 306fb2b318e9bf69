"""The drift report as one self-contained page."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipeline.specs.project import Study


def drift_html(study: Study, findings: pl.DataFrame, template: Path) -> str:
    """All findings of a study (contract ``Findings``), wave by wave, as HTML text without scripts or requests."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(template.parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    waves = [(wave, findings.filter(pl.col("wave") == wave).to_dicts()) for wave in study.waves]
    several = len(study.about.arms) > 1
    return environment.get_template(template.name).render(study=study, waves=waves, several_arms=several)
