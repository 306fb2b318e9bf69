"""One delivery under two names: confirmed for two waves, or lying twice in one."""

from pathlib import Path

import pytest
from confirmed import sha256_of
from small_study import declare, make_root

from pipeline.errors import CohesionError, DeclarationErrors
from pipeline.ingest.arrival.confirmed_elsewhere import refuse_confirmed_elsewhere
from pipeline.ingest.declared import received_files
from pipeline.paths import Paths
from pipeline.specs import load_project

WAVES = ("w01", "w02")


def root_of_two(tmp_path: Path, name: str = "second.csv", confirmed: str = "sha256: {}") -> Path:
    """Two waves of the same bytes; the first is confirmed."""
    root = make_root(tmp_path / "root")
    raw, folder = Paths(root).raw("first"), root / "data" / "studies" / "first"
    path = raw / "study_wave_1.csv"
    (raw / "second.csv").write_bytes(path.read_bytes())
    declare(root, "first", "study.yaml", "[w01]", "[w01, w02]")
    text = (folder / "waves" / "w01.yaml").read_text()
    (folder / "waves" / "w02.yaml").write_text(text.replace("study_wave_1.csv", name))
    said = confirmed.format(sha256_of(path))
    declare(root, "first", "waves/w01.yaml", "    format: csv", f"    {said}\n    format: csv")
    return root


def refuse(root: Path, wave: str) -> None:
    study = load_project(Paths(root)).studies["first"]
    refuse_confirmed_elsewhere(study, wave, received_files(study, wave, Paths(root).raw("first")))


@pytest.mark.parametrize("confirmed", ["sha256: {}", "earlier: [{}]"], ids=["as it is", "as it was"])
def test_bytes_that_another_wave_is_confirmed_with_are_refused(tmp_path: Path, confirmed: str) -> None:
    root = root_of_two(tmp_path, confirmed=confirmed)
    with pytest.raises(CohesionError, match=r"w02, second.csv: holds the same bytes as study_wave_1.csv.*as w01"):
        refuse(root, "w02")
    refuse(root, "w01")


def test_two_files_of_one_wave_with_the_same_bytes_are_refused(tmp_path: Path) -> None:
    root = root_of_two(tmp_path, name="third.csv")
    wave = root / "data" / "studies" / "first" / "waves" / "w01.yaml"
    head, _, part = wave.read_text().partition("files:\n")
    part, _, rest = part.partition("\n\n")
    wave.write_text(f"{head}files:\n{part}\n{part.replace('study_wave_1.csv', 'second.csv')}\n\n{rest}")
    with pytest.raises(CohesionError, match=r"the same bytes as .*, which is another file of w01"):
        refuse(root, "w01")


def test_two_waves_that_read_one_file_say_which_rows_are_whose(tmp_path: Path) -> None:
    with pytest.raises(DeclarationErrors, match=r"which `rows` are whose"):
        refuse(root_of_two(tmp_path, name="study_wave_1.csv"), "w02")
