"""The only module that builds a path. Everything the project reads or writes hangs off one root."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.root import find_root

REPOSITORY = Path(__file__).resolve().parents[1]
"""Where this code lies: a clone, or the folder in which the package is installed."""
_IN_WHEEL = REPOSITORY / "assets" / "shipped"
SHIPPED = _IN_WHEEL if _IN_WHEEL.is_dir() else REPOSITORY
"""The declarations, reports and templates that come with the code: those of the clone, or of the installed package."""


@dataclass(frozen=True)
class Paths:
    """Where things are, below one root: the folder of a project, a clone, or by default what comes with the code."""

    root: Path = SHIPPED

    @classmethod
    def from_environment(cls) -> Paths:
        """Below the root that is named, or that this process runs in. Raises ``CohesionError`` where there is none."""
        return cls(find_root())

    # declarations ------------------------------------------------------------------------------------
    @property
    def concepts(self) -> Path:
        return self.root / "data" / "concepts.yaml"

    @property
    def studies(self) -> Path:
        return self.root / "data" / "studies"

    def study(self, study: str) -> Path:
        return self.studies / study

    @property
    def areas(self) -> Path:
        return self.root / "data" / "areas"

    @property
    def models(self) -> Path:
        return self.root / "reports" / "models"

    @property
    def figures(self) -> Path:
        return self.root / "reports" / "figures"

    @property
    def papers(self) -> Path:
        return self.root / "reports" / "papers"

    @property
    def templates(self) -> Path:
        return self.root / "reports" / "templates"

    def template(self, name: str) -> Path:
        """The project's own template of that name; where it has none, the one that comes with the code."""
        own = self.templates / name
        return own if own.is_file() else Paths(SHIPPED).templates / name

    # data, git-ignored -------------------------------------------------------------------------------
    def raw(self, study: str) -> Path:
        return self.root / "data" / "raw" / study

    def fetched(self, study: str) -> Path:
        """Copies of deposits that lie in object storage."""
        return self.root / "data" / "fetched" / study

    @property
    def sample(self) -> Path:
        return self.root / "data" / "sample"

    @property
    def warehouse(self) -> Path:
        return self.root / "data" / "warehouse"

    @property
    def quarantine(self) -> Path:
        return self.root / "data" / "quarantine"

    def quarantined(self, study: str, wave: str, what: str = "") -> Path:
        """Rows of a wave that were set aside, or with ``what`` its dates or answers."""
        return self.quarantine / study / f"{wave}{f'_{what}' if what else ''}.parquet"

    def unmatched_answers(self, study: str) -> Path:
        """Texts that are no declared answer, word for word and counted: for staff, and nowhere else."""
        return self.quarantine / study / "unmatched_answers.csv"

    def kept(self, study: str) -> Path:
        """Every delivery of a study, under its SHA-256."""
        return self.root / "data" / "kept" / study

    def withdrawn(self, study: str) -> Path:
        """Who withdrew, as fingerprints that lead back to nobody."""
        return self.root / "data" / "withdrawn" / f"{study}.csv"

    def erasing(self, study: str) -> Path:
        """What an erasure that has not ended yet needs to end or to be taken back; private, gone when it has ended."""
        return self.root / "data" / "erasing" / study

    @property
    def exports(self) -> Path:
        """Panels for R, Stata and SPSS, a folder a study: rows of people, for their owner alone."""
        return self.root / "data" / "exports"

    @property
    def audit(self) -> Path:
        """Who accepted, decided, withdrew, signed, exported: one line each, nobody's answers; for staff."""
        return self.root / "data" / "audit" / "audit.jsonl"

    @property
    def audit_last(self) -> Path:
        """The hash of the last line of the audit log."""
        return self.audit.with_name("last.txt")

    @property
    def builds(self) -> Path:
        """What each build was made from, and its estimates and sentences: aggregates, never rows of people."""
        return self.root / "data" / "builds"

    @property
    def key_record(self) -> Path:
        """The fingerprint of the key with which tables and lists of withdrawals were made."""
        return self.root / "data" / "withdrawn" / "key.txt"

    @property
    def instance(self) -> Path:
        return self.root / "data" / "instance"

    @property
    def pseudonym_key(self) -> Path:
        return self.root / "data" / "keys" / "pseudonym.key"

    def table(self, *key: str) -> Path:
        """The Parquet file of an asset: ``table("wave", "elsoc", "w01")``."""
        return self.warehouse.joinpath(*key[:-1], f"{key[-1]}.parquet")

    @property
    def database(self) -> Path:
        return self.warehouse / "cohesion.duckdb"

    @property
    def code_cache(self) -> Path:
        """What the source of the project was taken apart into, by the hash of each file."""
        return self.warehouse / ".code.json"

    @property
    def deposits_record(self) -> Path:
        """From which folder each study was built last, where that is not the one it declares."""
        return self.warehouse / ".deposits.json"

    @property
    def shared_record(self) -> Path:
        """What this machine saw last of the warehouse that it shares with others."""
        return self.warehouse / ".shared.json"

    @property
    def build_lock(self) -> Path:
        """Held by the build that is running."""
        return self.warehouse / ".build.lock"

    @property
    def findings_log(self) -> Path:
        """What builds changed of what papers print, for readers; written by people from drafts."""
        return self.root / "reports" / "CHANGELOG.md"

    # output ------------------------------------------------------------------------------------------
    @property
    def build(self) -> Path:
        return self.root / "reports" / "build"

    def figure_file(self, figure: str, suffix: str) -> Path:
        return self.build / "figures" / f"{figure}.{suffix}"

    def paper_file(self, paper: str, suffix: str = "html") -> Path:
        return self.build / "papers" / f"{paper}.{suffix}"

    def paper_cells(self, paper: str) -> Path:
        """Every number that a paper and its annex print, as the frame that is judged before a release."""
        return self.build / "papers" / f"{paper}_cells.csv"

    def codebook_file(self, study: str, suffix: str = "html") -> Path:
        return self.build / "codebooks" / f"{study}.{suffix}"

    def codebook_cells(self, study: str) -> Path:
        """Every number that a codebook prints, as the frame that is judged before a release."""
        return self.build / "codebooks" / f"{study}_cells.csv"

    def profiles(self, study: str) -> Path:
        """The pages on the areas of a study; of all studies together for an empty name."""
        return self.build / "profiles" / study

    def profile_file(self, study: str, name: str, suffix: str) -> Path:
        return self.profiles(study) / f"{name}.{suffix}"

    def profile_cells(self, study: str) -> Path:
        """Every number that the pages on the areas of a study print, as the frame that is judged before a release."""
        return self.build / "profiles" / f"{study}_cells.csv"

    @property
    def national_cells(self) -> Path:
        """The same of the pages over several studies and of those of funders."""
        return self.build / "profiles" / "national_cells.csv"

    @property
    def funder_pages(self) -> Path:
        """A headline page for each funder."""
        return self.build / "profiles" / "_funders"

    # releases ----------------------------------------------------------------------------------------
    def released(self, paper: str, version: str) -> Path:
        """The folder of a release, as it goes out."""
        return self.build / "release" / paper / version

    @property
    def releases(self) -> Path:
        """What is known of releases and kept: the register, who signed, what numbers were published."""
        return self.root / "reports" / "release"

    @property
    def release_register(self) -> Path:
        return self.releases / "register.csv"

    @property
    def release_versions(self) -> Path:
        """The versions of what has no declaration of its own: codebooks, the pages over several studies."""
        return self.releases / "versions.yaml"

    @property
    def release_signatures(self) -> Path:
        return self.releases / "signatures.csv"

    def released_cells(self, paper: str, version: str) -> Path:
        return self.releases / "cells" / f"{paper}_{version}.csv"

    def draft_file(self, study: str, name: str) -> Path:
        """The declaration proposed for a file that no wave declares."""
        return self.build / "drafts" / study / f"{name}.yaml"

    def digest_file(self, day: str) -> Path:
        """What the scheduled runs of a day came to."""
        return self.build / "digests" / f"{day}.html"

    def drift_preview(self, study: str, wave: str) -> Path:
        """The drift report of a wave that nobody has confirmed yet."""
        return self.build / "drafts" / study / f"{wave}_drift.html"

    def drift_file(self, study: str) -> Path:
        return self.build / "drift" / f"{study}.html"
