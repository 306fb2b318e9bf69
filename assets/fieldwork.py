"""Field reports: one node a study that has any, from lists beside the deposits to what became of whom."""

from assets.fingerprints import code_of, digest, hash_of_file
from assets.graph import Node, Output, Tables, Workspace
from assets.ingest import altered
from pipeline.files import read_sums
from pipeline.specs import Project, Study


def nodes(project: Project) -> list[Node]:
    """``outcomes/<study>``, for every study that declares field reports."""
    return [_outcomes(study) for study in project.studies.values() if study.about.outcomes]


def _outcomes(study: Study) -> Node:
    key = ("outcomes", study.key)
    lists = [report.file for report in study.about.outcomes]
    lists += [study.about.withdrawals] if study.about.withdrawals else []

    def external(workspace: Workspace) -> str:
        withdrawn = hash_of_file(workspace.paths.withdrawn(study.key))
        if workspace.uses_sample(study):
            return digest(code_of("sample"), withdrawn, *altered(workspace.deposit_folder(study)))
        folder = workspace.deposit_folder(study)
        found = [path for pattern in lists for path in sorted(folder.glob(pattern))]
        return digest(*(hash_of_file(path) for path in found), withdrawn)

    def compute(workspace: Workspace, _: Tables) -> Output:
        from pipeline.ingest import load_or_create_key
        from pipeline.ingest.arrival.hold import check_generated
        from pipeline.ingest.people.outcomes import field_outcomes
        from pipeline.ingest.people.sorting import Register
        from pipeline.ingest.withdrawal.noted import read_withdrawn
        from pipeline.tables import FieldOutcomes

        if workspace.uses_sample(study):
            from pipeline.sample import ensure_sample

            ensure_sample(workspace.paths.sample)
            folder = workspace.deposit_folder(study)
            for name in lists:
                check_generated(folder / name, read_sums(folder))
        secret = load_or_create_key(workspace.paths.pseudonym_key)
        withdrawn = read_withdrawn(workspace.paths.withdrawn(study.key))
        table = field_outcomes(study, Register(workspace.deposit_folder(study), secret, withdrawn))
        counted = table["outcome"].value_counts(sort=True).rows()
        told = ", ".join(f"{outcome}: {count:,}" for outcome, count in counted)
        return Output(tables={key: table}, schemas={key: FieldOutcomes}, metadata={key: {"outcomes": told}})

    return Node(
        keys=(key,),
        inputs=(),
        group="ingest",
        study=study.key,
        description=f"{study.about.short_title}: what the field reports say became of each person at each wave.",
        version=digest(study.about.digest, study.digest_of("waves"), code_of("ingest", "specs")),
        compute=compute,
        kinds=frozenset({"polars", "csv"}),
        external=external,
    )
