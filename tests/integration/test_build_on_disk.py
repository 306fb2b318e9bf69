"""A build of tables that stay on disk, as those of a large panel do: the tables of a build in memory."""

import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from engine_runs import build, unbuilt

from assets.engine import store
from pipeline import on_disk
from pipeline.paths import Paths

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))
import large_panel

MODELS = {
    "change": "family: fixed_effects\noutcome: political_trust\nexposures: [contact_quantity]\nweights: all_waves\n",
    "both": "family: within_between\noutcome: political_trust\nexposures: [contact_quantity]\nwaves: [w01, w02, w03]\n",
    "level": "family: design_means\noutcomes: [political_trust, conspiracy_belief]\n",
    "answers": "family: design_shares\noutcomes: [conspiracy_belief]\n",
    "pooled": "family: pooled\noutcome: political_trust\nexposures: [contact_quantity]\n",
}
WEIGHTS = "all_waves: {label: Who answered any wave, waves: [w01, w02, w03], who: any, response: {method: none}}\n"
SCALES = "closeness: {label: Closeness, items: [trust, contact]}\n"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A small root of the benchmark's study, built in memory."""
    root = tmp_path_factory.mktemp("on disk") / "memory"
    root.mkdir()
    large_panel.declare(root)
    large_panel.write(root, 1500, deposits=True)
    study = root / "data" / "studies" / large_panel.STUDY
    (study / "weights.yaml").write_text(WEIGHTS)
    (study / "scales.yaml").write_text(SCALES)
    (study / "study.yaml").write_text((study / "study.yaml").read_text() + "partial_below: 0.9\n")
    (root / "reports" / "models").mkdir(parents=True)
    for name, text in MODELS.items():
        head = f"question: What is it?\nstudy: {large_panel.STUDY}\n"
        (root / "reports" / "models" / f"{name}.yaml").write_text(head + text)
    assert [report.message for report in build(root).values() if report.message] == []
    return root


def tables(root: Path) -> dict[str, bytes]:
    warehouse = Paths(root).warehouse
    return {path.relative_to(warehouse).as_posix(): path.read_bytes() for path in warehouse.rglob("*.parquet")}


@pytest.mark.thorough
def test_a_build_on_disk_makes_the_tables_of_a_build_in_memory(base, tmp_path, monkeypatch):
    root = unbuilt(base, tmp_path / "disk")
    taken = set()

    def whole(paths: Paths, key: tuple[str, ...], sha256: str) -> on_disk.OnDisk:
        taken.add(key[0])
        return given(paths, key, sha256)

    given = store.whole
    monkeypatch.setattr(store, "whole", whole)
    monkeypatch.setattr(on_disk, "LARGE", 0.0)
    monkeypatch.setattr(on_disk, "BATCH", 200)
    monkeypatch.setattr(on_disk, "PERSONS", 40)
    assert [report.message for report in build(root).values() if report.message] == []
    assert taken == {"wave", "answers", "panel", "participation"}
    made, expected = tables(root), tables(base)
    assert sorted(made) == sorted(expected)
    other = {name for name in made if made[name] != expected[name]}
    assert {name.split("/")[0] for name in other} <= {"weights", "estimates"}, "where numbers may differ by rounding"
    for name in other:
        one, two = (pl.read_parquet(each[name]) for each in (expected, made))
        numbers = [column for column, kind in one.schema.items() if kind.is_float()]
        assert one.drop(numbers).equals(two.drop(numbers))
        for column in numbers:
            assert one[column].is_null().equals(two[column].is_null())
            np.testing.assert_allclose(one[column].fill_null(0), two[column].fill_null(0), rtol=1e-10, atol=1e-13)


@pytest.mark.thorough
def test_contracts_are_checked_of_tables_on_disk(base):
    from assets.engine.checks import contract
    from assets.engine.columns import hashes_of_columns
    from pipeline.tables import Participation

    path = Paths(base).table("participation", large_panel.STUDY)
    frame, table = pl.read_parquet(path), on_disk.OnDisk(path)
    assert contract(table, Participation) == contract(frame, Participation) == ((), ())
    assert hashes_of_columns(table) == hashes_of_columns(frame)
    broken = pl.concat([frame, frame.head(3)]).with_columns(study=pl.lit(None, pl.String))
    expected = contract(broken, Participation)
    assert expected[0]
    assert expected[1]
    assert contract(on_disk.on_disk(broken.lazy()), Participation) == expected
