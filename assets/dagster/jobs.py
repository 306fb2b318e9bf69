"""The jobs that people start, each with a few choices that the launchpad offers and checks before anything runs."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import dagster as dg

from assets.building import Running, plan_build
from assets.dagster.alive import hold
from assets.dagster.databases import open_databases
from assets.dagster.declared import declared
from assets.dagster.recording import recorded
from assets.dagster.runs import note_trouble, trouble_of
from assets.engine.build import is_building
from assets.engine.workspace import Workspace
from assets.nodes import all_nodes
from assets.web.job_names import ACCEPT, EVERYTHING, MODEL, NEW_WAVE, PAPERS, RELEASE, STUDY, WITHDRAW, config_of
from pipeline.errors import CohesionError, DeclarationErrors
from pipeline.paths import Paths
from pipeline.specs import Project, load_project
from pipeline.texts import visible

ALL = "all"
NAMED = ("study", "wave", "paper", "model")
"""Choices that name what a run is about."""


def people_jobs(project: Project, paths: Paths) -> list[dg.JobDefinition]:
    """Every job, with the studies, waves, models and papers that are declared as its choices."""
    studies = _choice("Study", {key: study.about.title for key, study in project.studies.items()})
    waves = _choice("Wave", {wave: "" for study in project.studies.values() for wave in study.waves})
    models = _choice("Model", {key: model.question for key, model in project.models.items()})
    papers = _choice("Paper", {key: paper.title for key, paper in project.papers.items()})
    some = _choice("Papers", {ALL: "The papers of every study."} | {k: p.title for k, p in project.papers.items()})
    return [
        _job(EVERYTHING, "Build what is due, of every study whose files are there.", {}, _build(paths, _everything)),
        _job(
            STUDY,
            "Build what is due of one study: from files that changed to its papers.",
            {"study": dg.Field(studies, description="Which study.", default_value=_first(project.studies))},
            _build(paths, _study),
        ),
        _job(
            PAPERS,
            "Build papers, with whatever they need that is due.",
            {"paper": dg.Field(some, description="Which paper, or all.", default_value=ALL)},
            _build(paths, _papers),
        ),
        _job(
            MODEL,
            "Estimate one model, with whatever it needs that is due.",
            {"model": dg.Field(models, description="Which model.", default_value=_first(project.models))},
            _build(paths, _model),
        ),
        _job(
            NEW_WAVE,
            "Propose the declaration of a new wave from its file, and write its drift report. Nothing is confirmed.",
            {
                "study": dg.Field(studies, description="Which study.", default_value=_first(project.studies)),
                "file": dg.Field(
                    str, description="The file's name in the study's deposit folder.", default_value="name of the file"
                ),
                "arm": dg.Field(
                    str, description="The arm it belongs to; empty if the study has one.", default_value=""
                ),
                "items": dg.Field(
                    bool, description="Declare what only this wave asks as new items, too.", default_value=False
                ),
            },
            _step_of_lines(paths, _new_wave),
        ),
        _job(
            ACCEPT,
            "Confirm that a wave's files are what its depositor sent. The study is rebuilt within a minute.",
            {
                "study": dg.Field(studies, description="Which study.", default_value=_first(project.studies)),
                "wave": dg.Field(waves, description="Which wave.", default_value=_first_wave(project)),
                "sha256": dg.Field(
                    str,
                    description="The first six characters or more of the SHA-256 of its file (of each, if several).",
                    default_value="",
                ),
            },
            _step_of_lines(paths, _accept),
        ),
        _job(
            RELEASE,
            "Check every number that a built paper prints against earlier releases; list what may not go out.",
            {"paper": dg.Field(papers, description="Which paper.", default_value=_first(project.papers))},
            _step_of_lines(paths, _release),
        ),
        _job(
            WITHDRAW,
            "On the command line only, so that no id enters the records of runs: cohesion withdraw STUDY ID.",
            {},
            _step_of_lines(paths, _withdraw),
        ),
    ]


def _choice(name: str, values: Mapping[str, str]) -> dg.Enum:
    """Values to choose from, each with words. (Dagster has no enumeration of nothing.)

    Dagster keeps what it once made of an enumeration's name for as long as the process lives: the name holds a hash of
    the values, so that a choice that was declared later is not refused.
    """
    found = {value: visible(words) for value, words in values.items()} or {"none": "Nothing is declared yet."}
    digest = hashlib.sha256(repr(found).encode()).hexdigest()[:8]
    return dg.Enum(
        f"{name}_{digest}", [dg.EnumValue(value, description=words or None) for value, words in found.items()]
    )


def _first(values: Iterable[str]) -> str:
    return next(iter(values), "none")


def _first_wave(project: Project) -> str:
    return next((wave for study in project.studies.values() for wave in study.waves), "none")


Body = Callable[[dg.OpExecutionContext], Iterator[Any]]


def _job(name: str, description: str, fields: dict[str, dg.Field], body: Body) -> dg.JobDefinition:
    """A job of one step. The launchpad opens with its defaults written out."""
    op = dg.OpDefinition(
        compute_fn=_computes(body), name=name, config_schema=fields, ins={}, outs={}, description=description
    )
    config = config_of(name, **{key: field.default_value for key, field in fields.items()})
    graph = dg.GraphDefinition(name=f"{name}_steps", node_defs=[op])  # a step has the name that its job shows
    return graph.to_job(name=name, description=description, executor_def=dg.in_process_executor, config=config or None)


def _computes(body: Body) -> Callable[..., Iterator[Any]]:
    def compute(context: dg.OpExecutionContext, _: object) -> Iterator[Any]:
        hold(context.instance, context.run.run_id)
        try:
            yield from body(context)
        except (CohesionError, DeclarationErrors, OSError) as error:
            note_trouble(context.instance, context.run.run_id, {trouble_of(error)})
            raise dg.Failure(description=str(error), allow_retries=False) from None
        except dg.Failure:
            raise
        except Exception as error:
            note_trouble(context.instance, context.run.run_id, {trouble_of(error)})
            raise

    return compute


Selected = tuple[list[str], list[str]]
"""Studies and patterns of assets; nothing stands for all."""


def _build(paths: Paths, choose: Callable[[Mapping[str, Any]], Selected]) -> Body:
    """A build of what is due of the chosen assets, as declarations and files are at this moment."""

    def body(context: dg.OpExecutionContext) -> Iterator[Any]:
        studies, patterns = choose(context.op_config or {})
        now = declared(paths, studies)
        workspace = now.workspace
        for words in now.left_out():
            context.log.info(words)
        plan = plan_build(workspace, studies, patterns, nodes=all_nodes(workspace))
        for study, why in plan.waiting.items():
            context.log.info(f"{study}: {why}; left out")
        if not plan.count:
            context.log.info("Nothing has changed.")
        elif is_building(workspace):
            context.log.info("Another build of this folder is running; this one begins when it ends.")
        with open_databases(), Running(workspace, plan) as running:
            yield from recorded(context, plan, paths, running.reports())

    return body


def _everything(_: Mapping[str, Any]) -> Selected:
    return [], []


def _study(config: Mapping[str, Any]) -> Selected:
    return [config["study"]], []


def _papers(config: Mapping[str, Any]) -> Selected:
    return [], ["paper/*" if config["paper"] == ALL else f"paper/{config['paper']}"]


def _model(config: Mapping[str, Any]) -> Selected:
    return [], [f"estimates/{config['model']}"]


def _step_of_lines(paths: Paths, lines: Callable[[Paths, Mapping[str, Any]], Iterator[str]]) -> Body:
    """Something that says in lines what it did."""

    def body(context: dg.OpExecutionContext) -> Iterator[Any]:
        for line in lines(paths, context.op_config or {}):
            context.log.info(line)
        yield from ()

    return body


def _new_wave(paths: Paths, config: Mapping[str, Any]) -> Iterator[str]:
    from assets.waves.arrived import arrived
    from assets.waves.running import reload_ui

    yield from arrived(paths, config["study"], config["file"], config["arm"] or None, items=config["items"])
    yield from filter(None, [reload_ui(paths)])


def _accept(paths: Paths, config: Mapping[str, Any]) -> Iterator[str]:
    from assets.waves.accept import accept, refuse_other_bytes
    from assets.waves.open import open_wave
    from assets.waves.running import reload_ui

    workspace = Workspace(paths, load_project(paths))
    study = open_wave(workspace, config["study"], config["wave"])
    folder = workspace.deposit_folder(study)
    refuse_other_bytes(study, config["wave"], folder, config["sha256"])
    yield from accept(workspace, study, config["wave"], folder, lambda *_: None)
    yield from filter(None, [reload_ui(paths)])


def _release(paths: Paths, config: Mapping[str, Any]) -> Iterator[str]:
    from assets.commands.release import checked

    yield from checked(paths, config["paper"])


def _withdraw(_: Paths, __: Mapping[str, Any]) -> Iterator[str]:
    raise CohesionError(
        "is done on the command line only, so that no id enters the records of runs",
        where="a withdrawal",
        todo="cohesion withdraw STUDY ID --scope erase (or --scope future)",
    )
    yield ""  # pragma: no cover
