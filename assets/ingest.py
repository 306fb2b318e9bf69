"""Waves: one node a wave, from deposited files to one table with pseudonyms for ids."""

from assets.fingerprints import code_of, digest, hash_of_file
from assets.graph import Node, Output, Tables, Workspace
from pipeline.specs import Project, Study


def nodes(project: Project) -> list[Node]:
    """``wave/<study>/<wave>``, with its ``receipt`` and ``labels``, for every declared wave."""
    return [_wave(study, wave) for study in project.studies.values() for wave in study.waves]


def _wave(study: Study, wave: str) -> Node:
    key, receipt, labels = (("wave", study.key, wave), ("receipt", study.key, wave), ("labels", study.key, wave))
    files = [file.file for file in study.waves[wave].files]

    def external(workspace: Workspace) -> str:
        if workspace.uses_sample(study):
            return code_of("sample")  # made on demand: what makes the files stands for the files
        folder = workspace.deposit_folder(study)
        found = [path for pattern in files for path in sorted(folder.glob(pattern))]
        return digest(*(f"{path.name}={hash_of_file(path)}" for path in found))

    def compute(workspace: Workspace, _: Tables) -> Output:
        from pipeline.ingest import load_or_create_key
        from pipeline.ingest.wave import summary, wave_table
        from pipeline.tables import Labels, Receipt, wave_schema

        if workspace.uses_sample(study):
            from pipeline.sample import ensure_sample

            ensure_sample(workspace.paths.sample)
        pseudonym_key = load_or_create_key(workspace.paths.pseudonym_key)
        table = wave_table(study, wave, workspace.deposit_folder(study), pseudonym_key)
        return Output(
            tables={key: table.frame, receipt: table.receipts, labels: table.labels},
            schemas={key: wave_schema(table.frame.columns), receipt: Receipt, labels: Labels},
            metadata={key: {**summary(table), "notices": "; ".join(table.notices) or "none"}},
        )

    declared = study.waves[wave]
    return Node(
        keys=(key, receipt, labels),
        inputs=(),
        group="ingest",
        study=study.key,
        description=f"{study.about.short_title}, {declared.title}: {', '.join(files)}, as deposited, with pseudonyms.",
        version=digest(declared.digest, study.about.digest, study.digest_of("items"), code_of("ingest", "specs")),
        compute=compute,
        kinds=frozenset({"polars", *(file.format for file in declared.files)}),
        external=external,
    )
