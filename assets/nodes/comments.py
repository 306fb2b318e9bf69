"""What declarations say of tables and their columns: the comments of the database, beyond those of the contracts."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.specs import Project, Study
from pipeline.specs.arm_parts import arm_files
from pipeline.specs.sources import source_variable
from pipeline.specs.study import Item

OF_INDEX = (
    "index_methods",
    "areas",
    "area_changes",
    "area_pairs",
    "area_sensitivity",
    "coherence",
    "monitor",
    "monitor_next",
    "profiles",
)
"""Tables that are about the index of their study."""
Comments = dict[str, dict[str, str]]
"""Table, by its key with slashes → column → text; under the empty name, what is said of the table."""
Named = tuple[str, dict[str, str]]


def declared_comments(project: Project) -> Comments:
    """Every text of the declarations that says what a table or a column holds."""
    found: Comments = {}
    for study in project.studies.values():
        found |= dict(_of_study(study, project))
    for name, model in project.models.items():
        found[f"estimates/{name}"] = {"": model.question}
    for kind, declared in (("figure", project.figures), ("paper", project.papers), ("passages", project.papers)):
        for name, one in declared.items():
            found[f"{kind}/{name}"] = {"": one.title}
    return found


def _of_study(study: Study, project: Project) -> Iterator[Named]:
    items: dict[str, str] = {}
    for key, item in study.items.items():
        items[key] = _wording(item)
        items[f"{key}_reason"] = f"Why there is no answer: {item.label}"
    yield f"answers/{study.key}", {"": study.about.title, **items}
    scores = dict(_scores(study, project))
    yield f"panel/{study.key}", {"": study.about.title, **scores}
    yield from _of_index(study, scores)
    if study.programmes:
        yield f"programme/{study.key}", {"": " ".join(f"{one.label}." for one in study.programmes.values())}
    for wave in study.waves:
        yield (
            f"wave/{study.key}/{wave}",
            {"": f"{study.about.title}, {study.waves[wave].title}.", **_variables(study, wave)},
        )
    for name, declared in study.weights.items():
        for kind in ("weights", "weight_steps", "weight_margins", "weight_balance", "replicates", "replicate_weights"):
            yield f"{kind}/{study.key}/{name}", {"": f"{declared.label} ({', '.join(declared.waves)})."}


def _of_index(study: Study, scores: dict[str, str]) -> Iterator[Named]:
    """Of an index: what each domain and each indicator is."""
    index = study.index
    if index is None:
        return
    title = {"": f"{index.title}."}
    domains = index.domains.items()
    told = {key: f"{one.label}: {one.description or ', '.join(one.indicators)}" for key, one in domains}
    yield f"index/{study.key}", {**title, **told}
    indicators = index.indicators.items()
    turned = {name: f"{scores.get(name, name)} Here {one.direction} is more cohesion." for name, one in indicators}
    yield f"indicators/{study.key}", {**title, **turned}
    for kind in OF_INDEX:
        yield f"{kind}/{study.key}", title


def _wording(item: Item) -> str:
    return " ".join((item.wording or item.label).split())


def _scores(study: Study, project: Project) -> Iterator[tuple[str, str]]:
    """Each score by its concept, and what it is made of."""
    made = {
        scale.concept or key: f"{scale.label}: the {scale.score} of {', '.join(scale.items)}"
        for key, scale in study.scales.items()
    }
    made |= {concept: f"Answer to {item}" for concept, item in study.scored_items().items()}
    made |= {concept: f"Of the area, {area.vintage}" for concept, area in study.about.areas.items()}
    for name, how in made.items():
        concept = project.concepts.get(name)
        said = f"{concept.label}: {concept.definition} {concept.direction.capitalize()}. " if concept else ""
        yield name, f"{said}{how}."


def _variables(study: Study, wave: str) -> dict[str, str]:
    """Variable of the files → the question that it answers, as this wave asked it."""
    asked = study.waves[wave].exceptions
    found: dict[str, str] = {}
    for file in arm_files(study, wave):
        for key, item in study.items.items():
            variable = source_variable(study, wave, file, key)
            if variable is not None and variable not in found:
                own = asked[key].wording if key in asked else None
                found[variable] = f"{key}: {' '.join((own or item.wording or item.label).split())}"
    return found
