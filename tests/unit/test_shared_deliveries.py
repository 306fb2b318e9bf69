"""A file that serves several waves is hashed and read once when they are looked at together, and says the same."""

from __future__ import annotations

import pytest
from layout_study import TRUST, declare_waves, make_root, write

from pipeline.ingest.arrival import versions
from pipeline.paths import Paths
from pipeline.specs import load_project

ROWS = "id,trust_w1,trust_w2,trust_w3\n" + "\n".join(f"{n},{1 + n % 5},{1 + n % 4},{1 + n % 3}" for n in range(1, 21))


@pytest.fixture
def root(tmp_path):
    made = make_root(tmp_path, {"wide.csv": ROWS}, waves=3)
    names = 'sources: {panel: {file: wide.csv, format: csv}}\nnames: "{name}_w{number}"\nunprefixed: [id]\n'
    write(made, "study.yaml", names, add=True)
    write(made, "items.yaml", TRUST)
    declare_waves(made, dict.fromkeys((1, 2, 3), "files: [{arm: main, file: panel, present: {any_of: items}}]\n"))
    return made


def test_waves_of_one_file_are_looked_at_together(root, monkeypatch):
    study, folder = load_project(Paths(root)).studies["lay"], root / "data" / "raw" / "lay"
    single = {wave: versions.as_it_lies(study, wave, folder, b"k" * 32, None) for wave in study.waves}
    seen = []
    monkeypatch.setattr(versions, "sha256_of", lambda path, own=versions.sha256_of: seen.append(path) or own(path))
    together = versions.as_they_lie(study, list(study.waves), folder, b"k" * 32, None)
    assert [path.name for path in seen] == ["wide.csv"]
    assert list(together) == list(single)
    for wave, (frame, columns) in together.items():
        assert frame.equals(single[wave][0])
        assert columns == single[wave][1]


def test_what_is_laid_out_for_one_wave_is_there_for_the_others(root, tmp_path):
    study, folder = load_project(Paths(root)).studies["lay"], root / "data" / "raw" / "lay"
    kept, target = tmp_path / "kept", tmp_path / "target"
    kept.mkdir()
    target.mkdir()
    sha256 = versions.sha256_of(folder / "wide.csv")
    (kept / f"{sha256}.csv").write_bytes((folder / "wide.csv").read_bytes())
    about = root / "data/studies/lay/study.yaml"
    about.write_text(about.read_text().replace("format: csv}", f"format: csv, sha256: {sha256}, rows: 20}}"))
    study = load_project(Paths(root)).studies["lay"]
    done: set[tuple[str, str | None]] = set()
    for wave in study.waves:
        versions.lay_out(study, wave, kept, folder, target, done)
    assert done == {("wide.csv", sha256)}
    assert (target / "wide.csv").read_bytes() == (folder / "wide.csv").read_bytes()
