"""One root, its declarations, and where each study's deposits lie for this run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.paths import Paths
from pipeline.specs import Project, Study


@dataclass(frozen=True)
class Workspace:
    """``deposits``: study → the folder given for this run, in place of the one it declares."""

    paths: Paths
    project: Project
    deposits: Mapping[str, Path] = field(default_factory=dict)

    def deposit_folder(self, study: Study) -> Path:
        """The folder given for this run, or the one in study.yaml (of a bucket its copy), or data/raw/<study>."""
        if study.key in self.deposits:
            return self.deposits[study.key]
        if study.about.deposits and "://" in study.about.deposits:
            return self.paths.fetched(study.key)
        if study.about.deposits:
            return self.paths.root / study.about.deposits
        return self.paths.raw(study.key)

    def uses_sample(self, study: Study) -> bool:
        """Whether this study's deposits are the generated sample."""
        return self.deposit_folder(study).resolve().is_relative_to(self.paths.sample.resolve())
