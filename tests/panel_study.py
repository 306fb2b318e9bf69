"""A panel of three waves for tests: a study that sets aside what is doubtful, sixty people, and deposits made here."""

import datetime as dt
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pyreadstat
from confirmed import confirm_all
from engine_runs import build, is_early
from shared import ROOT, SHARED

from assets.engine import store
from assets.engine.report import Report
from pipeline.paths import Paths

STUDY = "panel"
ISSUED = [f"P{1000 + k}" for k in range(60)]
STARTS = {"w01": dt.date(2019, 1, 1), "w02": dt.date(2020, 1, 1), "w03": dt.date(2021, 1, 1)}
AGREE = {1: "Strongly disagree", 2: "Disagree", 3: "Neither", 4: "Agree", 5: "Strongly agree"}
ANSWERS = {**AGREE, -99: "Refused", -88: "Don't know"}
ITEMS = {
    "trust1": "People here can be trusted",
    "trust2": "People here help each other",
    "belong1": "I belong here",
    "belong2": "I plan to stay",
}
LABELS = {"pid": "Participant id", "intdate": "Interview date", "sex": "Sex", "wt": "Weight", **ITEMS}
VALUE_LABELS: dict[str, dict[float, str]] = {"sex": {1: "Male", 2: "Female"}, **{item: {**ANSWERS} for item in ITEMS}}

ABOUT = """
title: A panel for tests
short_title: Panel
population: Sixty people who do not exist
citation: None
licence: None
synthetic: true
arms: {main: {title: Main, waves: [w01, w02, w03]}}
ids: {strip: true, case: upper, pattern: 'P\\d{4}'}
missing: {-99: refused, -88: dont_know}
doubtful: set_aside
issued: ids.csv
"""
ITEM = "{key}: {{label: '{label}', wording: '{label}', codes: {codes}}}\n"
SEX = "sex: {label: Sex, wording: Sex, kind: nominal, codes: {1: Male, 2: Female}, time_constant: true}\n"
COLUMNS = "{person_id: pid, weight: wt, wave: wave, interview_date: intdate}"
WAVE = """
title: Wave {number}
fieldwork: {{start: {start}, end: {end}}}
files: [{{arm: main, file: '{file}', format: {format}, columns: {columns}{more}}}]
{rest}
"""


@cache
def people() -> pl.DataFrame:
    """What does not change of a person: how much they agree, and their sex."""
    chance = random.Random(1)
    return pl.DataFrame(
        {"pid": ISSUED, "leaning": [chance.randint(1, 5) for _ in ISSUED], "sex": [1.0 + (k % 2) for k in range(60)]}
    )


@cache
def clean(wave: str) -> pl.DataFrame:
    """One row per person of a wave: answers near the person's leaning, a few of them refused."""
    chance = random.Random(wave)

    def answer(leaning: int) -> float:
        return -99.0 if chance.random() < 0.05 else float(min(5, max(1, leaning + chance.choice((-1, 0, 0, 1)))))

    columns: dict[str, Any] = {
        "pid": ISSUED,
        "wave": [float(wave[1:])] * 60,
        "intdate": [STARTS[wave] + dt.timedelta(days=chance.randrange(58)) for _ in ISSUED],
        "sex": people()["sex"],
        "region": [chance.choice(["North", "Cymru", "Ynys Môn"]) for _ in ISSUED],
        **{item: [answer(leaning) for leaning in people()["leaning"]] for item in ITEMS},
        "open1": [""] * 60,
        "wt": [round(chance.uniform(0.6, 1.6), 3) for _ in ISSUED],
    }
    return pl.DataFrame(columns)


def changed(frame: pl.DataFrame | None = None, **columns: dict[int, Any]) -> pl.DataFrame:
    """The second wave with some cells changed: column → row (from 0) → value."""
    frame = clean("w02") if frame is None else frame
    return frame.with_columns(
        pl.Series(name, [cells.get(k, old) for k, old in enumerate(frame[name])], dtype=frame.schema[name])
        for name, cells in columns.items()
    )


def write_sav(path: Path, frame: pl.DataFrame, labels: Any = None, value_labels: Any = None) -> None:
    given = LABELS if labels is None else labels
    coded = VALUE_LABELS if value_labels is None else value_labels
    pyreadstat.write_sav(
        frame,
        path,
        column_labels={name: given[name] for name in frame.columns if name in given},
        variable_value_labels={name: codes for name, codes in coded.items() if name in frame.columns},
        missing_ranges={item: [{"lo": -99, "hi": -88}] for item in ITEMS if item in frame.columns},
    )


def declare_wave(root: Path, wave: str, file: str, format: str = "sav", columns: str = COLUMNS, **more: str) -> None:
    """Write a wave's declaration; ``more`` and ``rest`` are further keys of the file and of the wave."""
    start = STARTS[wave]
    text = WAVE.format(
        number=int(wave[1:]),
        start=start,
        end=start + dt.timedelta(days=59),
        file=file,
        format=format,
        columns=columns,
        more=f", {more['more']}" if more.get("more") else "",
        rest=more.get("rest", ""),
    )
    folder = root / "data" / "studies" / STUDY / "waves"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{wave}.yaml").write_text(text)


def declare_study(root: Path, about: str = ABOUT, more_items: str = "") -> None:
    folder = root / "data" / "studies" / STUDY
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.yaml").write_text(about)
    items = [ITEM.format(key=key, label=label, codes=AGREE) for key, label in ITEMS.items()]
    (folder / "items.yaml").write_text("".join([*items, SEX, more_items]))


def raw(root: Path) -> Path:
    return root / "data" / "raw" / STUDY


def make_panel(root: Path, collection: bool = False) -> Path:
    """A root with the panel and three clean deposits: made here, or those of the shared collection."""
    raw(root).mkdir(parents=True)
    shutil.copy(ROOT / "data" / "concepts.yaml", root / "data")
    shutil.copytree(ROOT / "reports" / "templates", root / "reports" / "templates")
    (raw(root) / "ids.csv").write_text("pid\n" + "\n".join(ISSUED) + "\n")
    declare_study(root)
    for wave in STARTS:
        name = f"clean_w{wave[2:]}.sav"
        if collection:
            (raw(root) / name).write_bytes((SHARED / "badwaves" / name).read_bytes())
        else:
            write_sav(raw(root) / name, clean(wave))
        declare_wave(root, wave, name)
    return root


def rebuild(root: Path, confirmed: bool = True) -> dict[str, Report]:
    """Run what is stale of waves, findings and answers, once somebody confirmed the files; the reports by node."""
    if confirmed:
        confirm_all(root)
    return build(root, is_early)


@dataclass(frozen=True)
class Outcome:
    """What became of a second wave: the reports, and all that anybody is told."""

    root: Path
    reports: dict[str, Report]
    before: dict[str, bytes]

    @property
    def refused(self) -> str:
        """Why the file was not loaded."""
        return self.reports["wave/panel/w02"].message

    @property
    def accounting(self) -> dict[str, int]:
        """Place → rows of the wave, as the metadata says."""
        told = self.metadata["accounting"].split("; ")
        return {place: int(count) for place, count in (entry.rsplit(": ", 1) for entry in told)}

    @property
    def metadata(self) -> Any:
        return self.reports["wave/panel/w02"].tables[0].metadata

    @property
    def notices(self) -> str:
        return str(self.metadata["notices"])

    def findings(self, wave: str = "w02") -> dict[tuple[str, str], dict[str, Any]]:
        """(item, kind) → finding."""
        table = store.load(Paths(self.root), ("findings", STUDY)).filter(pl.col("wave") == wave)
        return {(row["item"], row["kind"]): row for row in table.iter_rows(named=True)}

    def table(self, name: str, wave: str = "w02") -> pl.DataFrame:
        return store.load(Paths(self.root), (name, STUDY)).filter(pl.col("wave") == wave)

    def apart(self, what: str = "") -> pl.DataFrame:
        """The rows, dates or answers of the wave that lie in quarantine."""
        path = Paths(self.root).quarantined(STUDY, "w02", what)
        return pl.read_parquet(path) if path.exists() else pl.DataFrame(schema={"item": pl.String})

    def told(self) -> str:
        """Every message, metadata and finding, and the report page: what a person gets to see."""
        texts = [report.to_json() for report in self.reports.values()]
        page = Paths(self.root).drift_file(STUDY)
        return "\n".join([*texts, page.read_text() if page.exists() else ""])

    def check(self) -> None:
        """Nobody is named, every row received is in one place, and every answer has a value or a reason."""
        told = self.told()
        assert not [identity for identity in ISSUED if identity in told]
        assert "a defect in the pipeline" not in told
        for what in ("", "dates", "answers"):
            apart = str(self.apart(what).rows())
            assert not any(identity in apart for identity in ISSUED)
        if self.refused:
            kept = {name: Paths(self.root).table(*name.split("/")).read_bytes() for name in self.before}
            assert kept == self.before, "what was there before is still there"
            return
        places = self.accounting
        assert places.pop("received") == sum(places.values())
        quarantined = sum(count for place, count in places.items() if place.startswith("quarantined"))
        assert self.apart().height == quarantined
        assert self.reports["answers/panel"].message == ""
        assert self.table("answers").height == places["loaded"]


def arrive(base: Path, root: Path, file: str, write: Callable[[Path], object], **declared: Any) -> Outcome:
    """A copy of a built panel in which another file arrives as the second wave."""
    shutil.copytree(base, root)
    (raw(root) / "clean_w2.sav").unlink()
    write(raw(root) / file)
    if "about" in declared:
        declare_study(root, declared.pop("about"))
    declared.setdefault("format", file.rsplit(".", 1)[-1])
    declare_wave(root, "w02", declared.pop("pattern", file), **declared)
    kept = ("wave/panel/w02", "answers/panel")
    before = {name: Paths(root).table(*name.split("/")).read_bytes() for name in kept}
    outcome = Outcome(root, rebuild(root), before)
    outcome.check()
    return outcome
