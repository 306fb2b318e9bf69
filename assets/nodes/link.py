"""Links: one node a study, on who is who from wave to wave. Ids are read again, and are gone when it ends."""

from __future__ import annotations

from assets.engine.node import Node, Output, Tables
from assets.engine.outside import Deposits, Generated, OutsideFile, Secret
from assets.engine.view import view
from assets.engine.workspace import Workspace
from assets.nodes import reads
from assets.nodes.ingest import deposits_of, private, quarantined
from pipeline.specs import Study
from pipeline.specs.parts import every_file


def nodes(workspace: Workspace) -> list[Node]:
    """``links/<study>``, in detail, and ``linked/<study>``, wave by wave, for every study."""
    return [_links(workspace, study) for study in workspace.project.studies.values()]


def make_links(
    tables: Tables, *, study: Study, deposits: Deposits | Generated, key: Secret, withdrawn: OutsideFile
) -> Output:
    """Who is linked with earlier waves, in counts; proposals go into private files."""
    from pipeline.harmonise.lasting import lasting_facts
    from pipeline.ingest import load_key
    from pipeline.ingest.linking.checks import contradicting, lost_links, undeclared_people, words
    from pipeline.ingest.linking.report import deposited_ids, link_study, linked_people
    from pipeline.ingest.people.sorting import Register
    from pipeline.ingest.withdrawal.noted import read_withdrawn
    from pipeline.tables import Linked, Links

    known = Register(deposits.folder, load_key(key.path), read_withdrawn(withdrawn.path))
    ids, evidence = deposited_ids(study, known, tables["waves"], tables["receipts"])
    facts = {wave: lasting_facts(study, wave, rows) for wave, rows in ids.items()}
    made = link_study(study, ids, facts, known, evidence)
    own = {wave: made.proposals.filter(made.proposals["later"] == wave) for wave in study.waves}
    return Output(
        tables={"links": made.counts, "linked": linked_people(made.counts)},
        schemas={"links": Links, "linked": Linked},
        files=private(own),
        problems={"linked": lost_links(study, made.counts)},
        remarks={
            "new_people": ("warning", undeclared_people(study, made.counts)),
            "facts": ("warning", contradicting(study, made.counts)),
        },
        metadata={"links": {"links": words(made.counts), "proposals": made.proposals.height}},
        keep=True,
    )


def _links(workspace: Workspace, study: Study) -> Node:
    paths = workspace.paths
    read = list({one.file: one for wave in study.waves.values() for one in every_file(wave)}.values())
    files = tuple(one.file for one in read)
    named = (study.about.issued, study.about.withdrawals, *(file.refreshment for _, _, file in study.files()))
    return Node(
        make_links,
        reads={
            "study": view(study, reads.LINKS),
            "deposits": deposits_of(workspace, study, files, tuple(dict.fromkeys(name for name in named if name))),
            "key": Secret(paths.pseudonym_key),
            "withdrawn": OutsideFile(paths.withdrawn(study.key)),
        },
        inputs={
            "waves": {wave: ("wave", study.key, wave) for wave in study.waves},
            "receipts": {wave: ("receipt", study.key, wave) for wave in study.waves},
        },
        outputs={"links": ("links", study.key), "linked": ("linked", study.key)},
        files={wave: quarantined(paths, study.key, wave, "links") for wave in study.waves},
        group="ingest",
        study=study.key,
        description=f"{study.about.short_title}: who is linked, back, new, or a possible mismatch, wave by wave.",
        kinds=frozenset({"polars"}),
        checks=("linked",),
        remarks={
            "new_people": "Whoever is new in a wave is on the list of its refreshment sample, or of ids given out.",
            "facts": "Lasting facts of linked people agree much more often than those of people linked at random.",
        },
        code=tuple(dict.fromkeys(reads.format_code(file.format) for file in read)),
        records=reads.format_records(file.format for file in read),
    )
