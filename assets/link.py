"""Links: one node a study, on who is who from wave to wave. Ids are read again, and are gone when it ends."""

from assets import store
from assets.fingerprints import code_of, digest
from assets.graph import Node, Output, Tables, Workspace
from pipeline.specs import Project, Study


def nodes(project: Project) -> list[Node]:
    """``links/<study>``, in detail, and ``linked/<study>``, wave by wave, for every study."""
    return [_links(study) for study in project.studies.values()]


def _links(study: Study) -> Node:
    key, linked = ("links", study.key), ("linked", study.key)
    waves = {wave: ("wave", study.key, wave) for wave in study.waves}
    receipts = {wave: ("receipt", study.key, wave) for wave in study.waves}

    def compute(workspace: Workspace, tables: Tables) -> Output:
        from pipeline.harmonise.lasting import lasting_facts
        from pipeline.ingest import load_or_create_key
        from pipeline.ingest.linking.checks import contradicting, lost_links, undeclared_people, words
        from pipeline.ingest.linking.report import deposited_ids, link_study, linked_people
        from pipeline.ingest.people.sorting import Register
        from pipeline.ingest.withdrawal.noted import read_withdrawn
        from pipeline.tables import Linked, Links

        pseudonym_key = load_or_create_key(workspace.paths.pseudonym_key)
        withdrawn = read_withdrawn(workspace.paths.withdrawn(study.key))
        known = Register(workspace.deposit_folder(study), pseudonym_key, withdrawn)
        loaded = {wave: tables[table] for wave, table in waves.items()}
        as_loaded = {wave: tables[receipt] for wave, receipt in receipts.items()}
        ids = deposited_ids(study, known, loaded, as_loaded)
        facts = {wave: lasting_facts(study, wave, rows) for wave, rows in ids.items()}
        made = link_study(study, ids, facts, known)
        for wave in study.waves:
            own = made.proposals.filter(made.proposals["later"] == wave)
            store.write_or_remove(workspace.paths.quarantined(study.key, wave, "links"), own)
        return Output(
            tables={key: made.counts, linked: linked_people(made.counts)},
            schemas={key: Links, linked: Linked},
            problems={"linked": lost_links(study, made.counts)},
            remarks={
                "new_people": ("warning", undeclared_people(study, made.counts)),
                "facts": ("warning", contradicting(study, made.counts)),
            },
            metadata={key: {"links": words(made.counts), "proposals": made.proposals.height}},
            keep=True,
        )

    return Node(
        keys=(key, linked),
        inputs=(*waves.values(), *receipts.values()),
        group="ingest",
        study=study.key,
        description=f"{study.about.short_title}: who is known, back, new, or perhaps somebody else, wave by wave.",
        version=digest(
            study.about.digest, *map(study.digest_of, ("items", "waves")), code_of("ingest", "harmonise", "specs")
        ),
        compute=compute,
        kinds=frozenset({"polars"}),
        checks=("linked",),
        remarks={
            "new_people": "Whoever is new in a wave is on the list of its refreshment sample, or of ids given out.",
            "facts": "Lasting facts of linked people agree much more often than those of people linked at random.",
        },
    )
