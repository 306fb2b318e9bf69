"""The way back from pages that are no papers: profiles of areas, the page over several studies, codebooks, figures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from assets.provenance.way import Level, Way
from pipeline.errors import CohesionError
from pipeline.specs import Study

PROFILE = re.compile(
    r"(?:reports/build/)?profiles[/_](?P<study>\w+)/(?P<area>.+?)(?:\.html|\.pdf)?\s*[:#]\s*(?:number-)?(?P<number>.+)"
)
"""``profiles/my_study/leeds:59.2``, by a number as its page prints it; or ``profiles/my_study/E08000035:5``."""
NATIONAL = re.compile(r"(?:reports/build/profiles/)?national(?:/areas)?(?:\.html)?\s*[:#]\s*(?P<concept>.+)")
"""``national:belonging``."""
CODEBOOK = re.compile(
    r"(?:reports/build/)?codebooks?[/_](?P<study>\w+?)(?:\.html|\.csv|\.xml)?\s*[:#]\s*(?P<item>[\w-]+)"
)
"""``codebook/my_study:contact``, ``codebooks/my_study.html#contact``."""
IN_FIGURE = re.compile(r"(?:figure/)?(?P<figure>\w+)(?:\.png|\.svg|\.csv)?\s*[:#]\s*(?P<place>.+)")
RELEASED = (("profiles_", "profiles/"), ("codebook_", "codebook/"))
"""Names under which pages are released → before the study, their tables."""


class Pages:
    """Traces what is named on a page that is no paper."""

    def __init__(self, way: Way) -> None:
        self.way, self.project = way, way.project

    def levels(self, asked: str) -> Iterator[Level] | None:
        """The way back, or ``None`` where the words name no such page. Raises ``CohesionError`` for a wrong place."""
        for pattern, follow in ((PROFILE, self._profile), (CODEBOOK, self._codebook), (NATIONAL, self._national)):
            found = pattern.fullmatch(asked)
            if found is not None and found.groupdict().get("study", "") in ("", *self.project.studies):
                return follow(asked, **found.groupdict())
        found = IN_FIGURE.fullmatch(asked)
        if found is not None and found["figure"] in self.project.figures:
            data = self.way.workspace.paths.figure_file(found["figure"], "csv")
            raise CohesionError(
                f"a label in the figure {found['figure']} has no number by which it could be traced",
                todo=f"Trace the figure: `cohesion trace {found['figure']}`; what it prints lies in {data.name}.",
            )
        return None

    def _profile(self, asked: str, study: str, area: str, number: str) -> Iterator[Level]:
        """A number of the profile of an area: the row that it is, and the questions of its measure."""
        from pipeline.papers.profiles import file_names

        rows = list(self.way.table("profiles", study).iter_rows(named=True))
        labels = dict(self.way.table("areas", study).select("area", "label").unique().iter_rows())
        stems = file_names({one: labels.get(one) or one for one in dict.fromkeys(row["area"] for row in rows)})
        named = {name.casefold(): one for one in stems for name in (one, labels.get(one) or one, stems[one])}
        code = named.get(area.strip().casefold())
        if code is None:
            pages = ", ".join(list(stems.values())[:5])
            raise CohesionError(f"`{asked}` is of no area of {study} that has a profile", todo=f"It has {pages}.")
        own = [row for row in rows if row["area"] == code]
        wanted = number.strip()
        found = [row for row in own if wanted == row["number"].removeprefix("number-")]
        found = found or [row for row in own if row["printed"] == wanted.replace("-", "−")]
        found = found or [row for row in own if row["printed"] == wanted]
        if not found:
            raise CohesionError(
                f"the profile of {labels.get(code) or code} prints no number `{wanted}`",
                todo=f"Give one as it is printed, or its place among them: 1 to {len(own)}.",
            )
        declared = self.project.studies[study]
        for row in found:
            yield _printed(row)
        for row in {(row["source"], row["measure"] or ""): row for row in found}.values():
            yield from self._measured(declared, row)

    def _measured(self, study: Study, row: dict[str, Any]) -> Iterator[Level]:
        """What an index or a programme measures: its domain, its indicators, and the questions behind them."""
        if row["source"].startswith("programme/"):
            concepts = dict.fromkeys(
                name
                for programme in study.programmes.values()
                for name in programme.outcomes
                if self._label(name).casefold() in row["what"].casefold()
            )
            place = f"data/studies/{study.key}/programme.yaml"
            yield Level("programme", ", ".join(study.programmes), place, (), {}, 1)
        else:
            index, measure = study.index, row["measure"] or "index"
            domains = index.domains if index is not None else {}
            within = domains[measure].indicators if measure in domains else {measure: None}
            concepts = dict.fromkeys(index.indicators if index is not None and measure == "index" else within)
            place = f"data/studies/{study.key}/index.yaml"
            yield Level("index", index.title if index is not None else study.key, place, (measure,), {}, 1)
        waves = tuple(index.waves) if study.index is not None and (index := study.index).waves else ()
        arms = tuple(study.index.arms) if study.index is not None else ()
        yield from self._questions(concepts, study, waves, arms)

    def _questions(
        self, concepts: dict[str, None], study: Study, waves: tuple[str, ...] = (), arms: tuple[str, ...] = ()
    ) -> Iterator[Level]:
        if not concepts:
            yield from self.way.files(study.key, 2)
        for concept in concepts:
            yield from self.way.of_concept(concept, study, waves, arms, 2)

    def _label(self, concept: str) -> str:
        return self.project.concepts[concept].label if concept in self.project.concepts else concept

    def _codebook(self, asked: str, study: str, item: str) -> Iterator[Level]:
        """A question of a codebook, or a score; its counts are of the answers in the files that are named."""
        declared = self.project.studies[study]
        if item in declared.items:
            yield from self.way.item(declared, item, (), (), 0)
        elif (score := item.removeprefix("score-")) in {*declared.scales, *declared.scores}:
            yield from self.way.of_concept(score, declared, (), (), 0)
        else:
            raise CohesionError(
                f"`{asked}` is no question of the codebook of {study}",
                todo="Give the name of an item, as the codebook prints it in small type.",
            )

    def _national(self, asked: str, concept: str) -> Iterator[Level]:
        """What several studies measure of one concept: each level, and the question of each study."""
        rows = list(self.way.table("national", "areas").iter_rows(named=True))
        labels = {self._label(row["concept"]).casefold(): row["concept"] for row in rows}
        name = labels.get(concept.strip().casefold(), concept.strip())
        found = [row for row in rows if row["concept"] == name]
        if not found:
            known = ", ".join(dict.fromkeys(row["concept"] for row in rows))
            todo = f"It has {known}." if known else "No two studies or arms measure the same at about the same time."
            raise CohesionError(f"`{asked}` is nothing that the page over several studies prints", todo=todo)
        for study in dict.fromkeys(row["study"] for row in found):
            own = [row for row in found if row["study"] == study]
            for row in own:
                where = ", ".join(filter(None, (row["study"], row["arm"], row["wave"])))
                line = f"estimate {row['estimate']:.6g}; persons {row['n_persons']}" if row["estimate"] else "withheld"
                yield Level("result", f"{self._label(name)}: {where}", "national/areas", (line,), dict(row))
            yield from self._questions({name: None}, self.project.studies[study], tuple({row["wave"] for row in own}))


def _printed(row: dict[str, Any]) -> Level:
    value = "withheld" if row["value"] is None else f"value {row['value']:.6g}"
    about = ", ".join(filter(None, (row["measure"], row["wave"], f"column {row['column']}", value)))
    name = f"{row['printed']} ({row['area']}:{row['number'].removeprefix('number-')})"
    return Level("number", name, row["source"], (row["what"], about), dict(row))


def as_table(asked: str) -> str:
    """The table of what is released under a name: ``profiles_my_study`` is ``profiles/my_study``."""
    for before, after in RELEASED:
        if asked.startswith(before):
            return after + asked.removeprefix(before)
    return "national/areas" if asked == "national" else asked
