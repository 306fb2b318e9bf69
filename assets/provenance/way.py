"""The way back from a result: model, concepts, scales, questions, answers, files; level by level."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from assets.engine import store
from assets.engine.workspace import Workspace
from assets.provenance.places import Places
from pipeline.errors import CohesionError
from pipeline.specs import AnyModel, Study
from pipeline.specs.terms import measures
from pipeline.specs.weight_used import weight_in_words, weights_used

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Level:
    """One step of the way back: what it is, where it is declared or lies, and more about it. ``depth`` indents it."""

    kind: str
    name: str
    place: str = ""
    lines: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    depth: int = 0


NAMING = ("outcome", "outcomes", "exposures", "covariates", "constructs", "time_varying", "group")
"""Keys of a model that name what it measures."""
MANY = 12
"""So many answers of a question are listed in text; all in data."""


class Way:
    """Walks from models to the files of a study, of what is declared now and lies there built."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace, self.project = workspace, workspace.project
        self.places = Places(workspace.paths, workspace.project)
        self._table = lru_cache(maxsize=64)(self._load)

    def _load(self, *key: str) -> pl.DataFrame:
        return store.load(self.workspace.paths, key)

    def table(self, *key: str) -> pl.DataFrame:
        """A built table. Raises ``CohesionError`` if it was never built."""
        return self._table(*key)

    def of_model(self, name: str, depth: int = 0) -> Iterator[Level]:
        """A model, and what is behind every concept that it names."""
        model = self.project.models[name]
        yield self.model(name, depth)
        concepts = [concept for key in NAMING for concept in measures(_names(getattr(model, key, None)))]
        yield from self.of_concepts(dict.fromkeys(concepts), model, depth + 1)

    def model(self, name: str, depth: int = 0) -> Level:
        model, place = self.project.models[name], self.places.model(name)
        waves = getattr(model, "waves", ()) or "all waves"
        arms = getattr(model, "arms", ()) or "all arms"
        study = self.project.studies[model.study]
        weights = weights_used(model, study, self.project.models)
        named = weight_in_words(model, study, self.project.models)
        said = {"family": model.family, "waves": waves, "arms": arms, "weights": named}
        lines = [str(model.question), "; ".join(f"{key}: {_listed(value)}" for key, value in said.items())]
        lines += [self._weight(study, weight) for weight in weights if weight]
        return Level("model", name, place, tuple(lines), {key: _plain(value) for key, value in said.items()}, depth)

    def _weight(self, study: Study, weight: str) -> str:
        if weight in study.weights:
            return f"weight set {weight}: {self.places.weight_set(study.key, weight)}"
        column = study.about.columns.named().get("weight", "weight")
        return f"weight as delivered, column {column}: {self.places.about(study.key, 'columns')}"

    def of_concepts(self, names: Iterable[str], model: AnyModel, depth: int) -> Iterator[Level]:
        """What measures each concept in the model's study; names of terms that are no concepts are left out."""
        study = self.project.studies[model.study]
        waves, arms = tuple(getattr(model, "waves", ()) or ()), tuple(getattr(model, "arms", ()) or ())
        asked = [concept for name in names for concept in _concepts_in(name, self._known(study))]
        for concept in dict.fromkeys(asked):
            yield from self.of_concept(concept, study, waves, arms, depth)

    def _known(self, study: Study) -> set[str]:
        return {*self.project.concepts, *study.scales, *study.items, *study.scores}

    def of_concept(
        self, concept: str, study: Study, waves: tuple[str, ...], arms: tuple[str, ...], depth: int
    ) -> Iterator[Level]:
        """One concept, area table or score of a study, and the questions behind it."""
        declared = self.project.concepts.get(concept)
        if declared is not None:
            about = f"{declared.label}: {declared.definition}"
            yield Level("concept", concept, self.places.concept(concept), (about,), {}, depth)
        if concept in study.about.areas:
            area = study.about.areas[concept]
            file = (self.workspace.paths.areas / area.table).relative_to(self.workspace.paths.root).as_posix()
            about = f"column {area.column}, vintage {area.vintage}; {area.source}"
            yield Level("area table", area.table, file, (about,), {"column": area.column}, depth + 1)
        for key, scale in study.scales.items():
            if concept in (scale.concept or key, key):
                about = f"{scale.score} of {', '.join(scale.items)}; at least {scale.minimum_answered} answered"
                yield Level(
                    "scale", key, self.places.scale(study.key, key), (about,), {"items": scale.items}, depth + 1
                )
                for item in scale.items:
                    yield from self.item(study, item, waves, arms, depth + 2)
        single = study.scored_items().get(concept) or (concept if concept in study.items else None)
        if single is not None:
            yield from self.item(study, single, waves, arms, depth + 1)

    def item(
        self, study: Study, name: str, waves: tuple[str, ...], arms: tuple[str, ...], depth: int
    ) -> Iterator[Level]:
        """A question as asked, what its answers became, and in which variable of which file they lie."""
        item = study.items[name]
        rows = self._crosswalk(study, name, waves, arms)
        answers = dict.fromkeys((row["code"], row["label"] or "", row["value"], row["reason"] or "") for row in rows)
        places = dict.fromkeys((row["wave"], row["arm"], row["variable"]) for row in rows if row["variable"])
        files = [self._in_file(study, *place) for place in places]
        wordings = dict.fromkeys(self._wordings(study, name, dict.fromkeys(wave for wave, _, _ in places)))
        lines = [*wordings, *_answers(answers), *_files(files, len(study.about.arms) > 1)]
        data = {
            "wording": item.wording,
            "answers": [dict(zip(("code", "label", "value", "reason"), one, strict=True)) for one in answers],
            "files": files,
        }
        yield Level("question", name, self.places.item(study.key, name), tuple(lines), data, depth)

    def _wordings(self, study: Study, name: str, waves: Iterable[str]) -> Iterator[str]:
        yield f"“{study.items[name].wording}”"
        for wave in waves:
            exception = study.waves[wave].exceptions.get(name) if wave in study.waves else None
            if exception is not None and exception.wording:
                yield f"in {wave}: “{exception.wording}” ({self.places.wave(study.key, wave)})"

    def _crosswalk(
        self, study: Study, item: str, waves: tuple[str, ...], arms: tuple[str, ...]
    ) -> list[dict[str, Any]]:
        rows = [row for row in self.table("crosswalk", study.key).iter_rows(named=True) if row["item"] == item]
        return [row for row in rows if (not waves or row["wave"] in waves) and (not arms or row["arm"] in arms)]

    def _in_file(self, study: Study, wave: str, arm: str, variable: str) -> dict[str, Any]:
        """The file of a wave and arm in which a variable lies, with its hash."""
        found = [row for row in self.receipts(study, wave) if row["arm"] == arm]
        file = found[0] if found else {"file": "", "sha256": ""}
        return {"wave": wave, "arm": arm, "variable": variable, "file": file["file"], "sha256": file["sha256"]}

    def receipts(self, study: Study, wave: str) -> list[dict[str, Any]]:
        """The files of a wave as they were received."""
        return list(
            self.table("receipt", study.key, wave).select("wave", "arm", "file", "sha256", "rows").iter_rows(named=True)
        )

    def files(self, study: str, depth: int) -> Iterator[Level]:
        """Every file of a study as it was received."""
        declared = self.project.studies[study]
        for wave in declared.waves:
            try:
                found = self.receipts(declared, wave)
            except CohesionError:
                continue
            for row in found:
                lines = (f"SHA-256 {row['sha256']}; {row['rows']:,} rows",)
                yield Level("deposit", row["file"], self.places.wave(study, wave), lines, dict(row), depth)


def _names(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [str(each) for each in value] if isinstance(value, tuple | list | Mapping) else []


def _concepts_in(name: str, known: set[str]) -> list[str]:
    """The concepts that the name of an outcome or a term holds: ``is_woman=1``, ``contact:age``."""
    pieces = name.replace("×", ":").replace("*", ":").split(":")
    return [piece for piece in (each.split("=")[0].strip() for each in pieces) if piece in known]


def _answers(answers: Iterable[tuple[Any, ...]]) -> list[str]:
    """What each code became: values first, then reasons why an answer is missing."""
    values = [
        f"{code}{f' “{label}”' if label else ''} → {value:g}" for code, label, value, _ in answers if value is not None
    ]
    reasons: dict[str, list[str]] = {}
    for code, _, value, reason in answers:
        if value is None and reason:
            reasons.setdefault(reason.replace("_", " "), []).append(str(code) or "an empty cell")
        elif value is None:
            values.append(f"{code} as given")
    shown = ", ".join(values[:MANY]) + (f" and {len(values) - MANY} more" if len(values) > MANY else "")
    missing = "; ".join(f"{', '.join(codes[:MANY])} → {reason}" for reason, codes in reasons.items())
    return [f"{head}: {text}" for head, text in (("answers", shown), ("missing", missing)) if text]


def _files(files: list[dict[str, Any]], has_arms: bool) -> list[str]:
    return [
        f"{one['wave']}{' ' + one['arm'] if has_arms else ''}: variable {one['variable']} of {one['file']} "
        f"(SHA-256 {one['sha256'][:12]})"
        for one in files
    ]


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
