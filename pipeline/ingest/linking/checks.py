"""What the counts of a link report mean: what stops a wave, what a person should look at, and all of it in words."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from pipeline.ingest.linking.kinds import CONTRADICTS, LINKED, UNDECLARED
from pipeline.specs.project import Study

SUSPECT = 0.1
"""Contradictions as a share of those that chance would give: about this share of the links is wrong."""
FEW = 3
"""Fewer contradictions than this are reported without a warning."""


OTHERWISE = 0.05
"""If this share of a wave's ids are earlier ones in another writing, the file's ids were changed, not the people."""


def lost_links(study: Study, links: pl.DataFrame) -> list[str]:
    """In words, each wave in which nobody is known from the waves before, or many only by ids in another writing.

    Unless a decision of the wave accepts it.
    """
    found = []
    for arm, wave, own in _by_wave(links):
        linked = int(own.filter(pl.col("kind").is_in(LINKED))["count"].sum())
        people = int(own["of"].max() or 0)  # type: ignore[arg-type]
        if people and not linked and not _accepted(study, wave, "unlinked"):
            column = next(iter(_id_columns(study, wave, arm)), "the id column")
            alike = int(own.filter(pl.col("kind").is_in(["written_otherwise", "likely"]))["count"].sum())
            near = f"; {alike:,} ids look like earlier ones" if alike else ""
            found.append(
                f"{_place(study, arm, wave)}: 0.0% of the ids in `{column}` are linked with earlier waves "
                f"({people:,} people){near}. Check the id column, its format and its prefix; or accept it by a "
                "decision of the wave (finding: unlinked, item: person_id), if this is a fresh sample."
            )
        elif people and not _accepted(study, wave, "unlinked"):
            found += _written_otherwise(study, arm, wave, own, people)
    return found


def _written_otherwise(study: Study, arm: str, wave: str, own: pl.DataFrame, people: int) -> list[str]:
    count = int(own.filter(pl.col("kind") == "written_otherwise")["count"].sum())
    if count < FEW or count < OTHERWISE * people:
        return []
    column = next(iter(_id_columns(study, wave, arm)), "the id column")
    return [
        f"{_place(study, arm, wave)}: {count:,} of {people:,} ids in `{column}` are ids of earlier waves but for case, "
        "spaces, signs, a prefix or leading zeros: these people would count as others. Declare the rule in study.yaml "
        "(`ids: {strip: true, case: upper}`), or ask for the ids as they were given out; or accept it by a decision of "
        "the wave (finding: unlinked, item: person_id)."
    ]


def undeclared_people(study: Study, links: pl.DataFrame) -> list[str]:
    """In words, the waves with new people who are on no list, unless a decision of the wave accepts them.

    One finding, however many waves there are: what to do is the same in each.
    """
    found = []
    for arm, wave, own in _by_wave(links):
        new = own.filter(pl.col("kind").is_in(UNDECLARED))
        if new.height and not _accepted(study, wave, "new_people"):
            count, people = int(new["count"].sum()), int(own["of"].max() or 0)  # type: ignore[arg-type]
            found.append(
                f"{_place(study, arm, wave)}: {count:,} of {people:,} people are new and on no list; {_about(new)}"
            )
    if not found:
        return []
    each = "each" if len(found) > 1 else "the"
    return [
        f"{'. '.join(found)}. Name the list of the refreshment sample as `refreshment` of {each} file, or accept them "
        f"by a decision of {each} wave (finding: new_people, item: person_id)."
    ]


def _about(new: pl.DataFrame) -> str:
    """How many new people are in no other wave, and how many have ids that come near others by chance."""
    once, near = int(new["once"].sum()), int(new["near"].sum())
    by_chance = f"; {near:,} have ids near earlier ones, which is no more than chance gives" if near else ""
    return f"{once:,} of them are in no other wave{by_chance}"


def contradicting(study: Study, links: pl.DataFrame) -> list[str]:
    """In words, each pair of waves in which linked people contradict themselves as strangers would."""
    return [
        f"{_place(study, row['arm'], row['later'])}: of {row['of']:,} people linked with {row['earlier']}, "
        f"{row['count']:,} have different lasting facts; linking at random would give {row['by_chance']:,.0f}. "
        "Check how people were linked, and how sex, birth year and the like are coded."
        for row in links.filter(
            pl.col("kind") == CONTRADICTS, pl.col("count") >= FEW, pl.col("count") > SUSPECT * pl.col("by_chance")
        ).iter_rows(named=True)
    ]


def words(links: pl.DataFrame) -> str:
    """Wave by wave and in counts: how the people of each are linked."""
    found = []
    for arm, wave, own in _by_wave(links):
        counted = own.group_by("kind", maintain_order=True).agg(pl.col("count").sum())
        parts = [f"{count:,} {kind.replace('_', ' ')}" for kind, count in counted.iter_rows() if count]
        found.append(f"{arm}, {wave}: {', '.join(parts) or 'nobody'}")
    return "; ".join(found) or "one wave: nothing to link"


def _by_wave(links: pl.DataFrame) -> Iterator[tuple[str, str, pl.DataFrame]]:
    """The kinds that share out the people of each arm and wave."""
    shared_out = links.filter(pl.col("kind") != CONTRADICTS)
    for (arm, wave), own in shared_out.group_by("arm", "later", maintain_order=True):
        yield str(arm), str(wave), own


def _accepted(study: Study, wave: str, finding: str) -> bool:
    return any(
        (decision.finding, decision.item, decision.decision) == (finding, "person_id", "accept")
        for decision in study.waves[wave].decisions
    )


def _place(study: Study, arm: str, wave: str) -> str:
    return f"{wave}, {study.about.arms[arm].title}" if len(study.about.arms) > 1 else wave


def _id_columns(study: Study, wave: str, arm: str) -> list[str]:
    from pipeline.specs.sources import role_columns

    return [role_columns(study, wave, file)["person_id"] for file in study.waves[wave].files if file.arm == arm]
