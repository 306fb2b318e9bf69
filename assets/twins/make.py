"""``cohesion twin``: from the wave tables of a built study to a project with invented deposits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from assets.bundles.contents import declared_files, lay_out
from assets.engine import store
from assets.engine.workspace import Workspace
from assets.twins.declarations import as_a_twin
from assets.twins.lists import lists, with_reports
from assets.twins.writing import write_twin_file
from pipeline.errors import CohesionError
from pipeline.ingest.declared import whole_request
from pipeline.ingest.isolation.read import answer_to
from pipeline.paths import Paths
from pipeline.specs import Study
from pipeline.specs.sources import role_columns
from pipeline.twin import distance, synthetic_twin
from pipeline.twin.declared import Arm, arm_of, parts
from pipeline.twin.ids import invented_ids
from pipeline.twin.layout import Material, TwinFile, twin_files
from pipeline.twin.synthesise import OUTCOMES

if TYPE_CHECKING:
    import polars as pl

    from pipeline.twin import Distance

SEED = 20261129


@dataclass(frozen=True)
class TwinMade:
    """A twin as it was written: ``root`` of its project, how many people, and how near it is, by arm."""

    root: Path
    people: Mapping[str, int]
    distances: Mapping[str, Distance]
    files: int


def make_twin(
    workspace: Workspace, study: str, root: Path, seed: int = SEED, progress: Callable[[str], None] = print
) -> TwinMade:
    """Write a project below ``root`` (an empty folder): the declarations of a study, and deposits of invented people.

    The study's waves have to be built. Raises ``CohesionError`` if they are not, or for a layout that is not written.
    """
    declared = workspace.project.studies[study]
    tables = {wave: store.load(workspace.paths, ("wave", study, wave)) for wave in declared.waves}
    arms = {arm: arm_of(declared, arm, tables) for arm in declared.about.arms}
    reported = _reported(workspace, study)
    twins: dict[str, dict[str, pl.DataFrame]] = {}
    outcomes: dict[str, pl.DataFrame] = {}
    distances: dict[str, Distance] = {}
    for number, (arm, own) in enumerate(arms.items()):
        progress(f"  {arm}: {max(frame.height for frame in own.waves.values()):,} people in a wave")
        made = _twin_of(own, reported.get(arm), [seed, number])
        if OUTCOMES in made:
            outcomes[arm] = made.pop(OUTCOMES)
        twins[arm], distances[arm] = made, distance(own.waves, made, own.columns)
    ids = _ids(declared, twins, outcomes, seed)
    material = Material(twins, ids, _columns_of_joined(workspace, declared), _household_sizes(declared, tables), seed)
    files = list(twin_files(declared, material))
    files = with_reports(declared, files, outcomes, _of_present(reported, tables), ids, seed)
    files += lists(declared, twins, ids)
    paths = Paths(root)
    lay_out(declared_files(workspace.paths, workspace.project, study), study, paths)
    _write(files, paths.raw(study))
    as_a_twin(declared, paths, {file.declared.file: file.frame.height for file in files})
    return TwinMade(root, {arm: len(own) for arm, own in ids.items()}, distances, len(files))


def _twin_of(arm: Arm, reported: pl.DataFrame | None, seed: list[int]) -> dict[str, pl.DataFrame]:
    number = int(np.random.default_rng(seed).integers(2**31))
    return synthetic_twin(arm.waves, arm.columns, outcomes=reported, seed=number)


def _reported(workspace: Workspace, study: str) -> dict[str, pl.DataFrame]:
    """Arm → what field reports say (``person_id, wave, outcome``); empty for a study without any."""
    import polars as pl

    if not workspace.project.studies[study].about.outcomes:
        return {}
    frame = store.load(workspace.paths, ("outcomes", study))
    return {str(arm): own for (arm,), own in frame.filter(pl.col("outcome").is_not_null()).group_by("arm")}


def _of_present(reported: Mapping[str, pl.DataFrame], tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """``arm, wave, outcome`` of people who took part, as field reports say it."""
    import polars as pl

    there = pl.concat([table.select("person_id", "wave") for table in tables.values()])
    kinds = {"person_id": pl.String, "arm": pl.String, "wave": pl.String, "outcome": pl.String}
    found = pl.concat([pl.DataFrame(schema=kinds), *(own.select(list(kinds)) for own in reported.values())])
    return found.join(there, on=["person_id", "wave"], how="semi", maintain_order="left").select(
        "arm", "wave", "outcome"
    )


def _ids(
    study: Study, twins: Mapping[str, Mapping[str, pl.DataFrame]], outcomes: Mapping[str, pl.DataFrame], seed: int
) -> dict[str, dict[str, str]]:
    """Arm → invented person → id: different in all arms."""
    people = {
        arm: sorted({name for frame in (*own.values(), *_some(outcomes.get(arm))) for name in frame["person_id"]})
        for arm, own in twins.items()
    }
    random = np.random.default_rng([seed, 6])
    made = iter(invented_ids(study.about.ids.pattern, sum(map(len, people.values())), random))
    return {arm: {name: next(made) for name in names} for arm, names in people.items()}


def _some(frame: pl.DataFrame | None) -> Iterator[pl.DataFrame]:
    if frame is not None:
        yield frame


def _columns_of_joined(workspace: Workspace, study: Study) -> dict[str, tuple[str, ...]]:
    """Joined file → the columns that it has, as it lies among the deposits."""
    found: dict[str, tuple[str, ...]] = {}
    folder = workspace.deposit_folder(study)
    for wave in study.waves.values():
        for joined in (one for file in wave.files for one in file.join):
            path = folder / joined.file
            if joined.file not in found:
                if not path.is_file():
                    raise CohesionError(
                        "is not there, and a twin has to know its columns", where=joined.file,
                        todo="Say where the deposits lie: --deposits DIR.",
                    )  # fmt: skip
                found[joined.file] = tuple(answer_to(whole_request(path.resolve(), joined, ())).frame.columns)
    return found


def _household_sizes(study: Study, tables: Mapping[str, pl.DataFrame]) -> dict[tuple[str, str], list[int]]:
    """Arm and wave → how many people of each household are in it, of studies that have households."""
    import polars as pl

    found = {}
    for arm, declared in study.about.arms.items():
        for wave in declared.waves:
            names = [role_columns(study, wave, file).get("household") for file in parts(study, wave, arm)]
            table = tables[wave].filter(pl.col("arm") == arm)
            for name in (one for one in names if one is not None and one in table.columns):
                counted = table[name].drop_nulls().value_counts(sort=True)["count"]
                found[arm, wave] = sorted(counted.to_list())
    return found


def _write(files: list[TwinFile], folder: Path) -> None:
    for file in files:
        write_twin_file(file, folder / file.declared.file)
