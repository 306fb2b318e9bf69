"""What programme.yaml says of the other declarations of its study: scores, arms, waves, dates and weight sets."""

from __future__ import annotations

from pipeline.specs.base import canonical_code
from pipeline.specs.names import StudyNames, known, once
from pipeline.specs.programme import AREA_ROLE, Programme
from pipeline.specs.project import Study
from pipeline.specs.reading import Parts, Reading
from pipeline.specs.strict_yaml import Source
from pipeline.specs.weights import DELIVERED, arms_of

CLUSTERS = ("household_id", "psu", "stratum")
"""Columns of the panel that people may be clustered by, besides scores."""


def check_programmes(key: str, parts: Parts, declared: StudyNames, reading: Reading) -> None:
    """Report what the programmes of one study name and the study does not have."""
    source = reading.sources.get((key, "programme"))
    if source is None:
        return
    for name, programme in parts.further.get("programmes", {}).items():
        _check_names(name, programme, parts, declared, source)
        _check_codes(name, programme, parts, source)
        study = reading.studies.get(key)
        if study is not None:
            _check_waves(name, programme, study, source)
            _check_weights(name, programme, study, source)


def _check_names(name: str, programme: Programme, parts: Parts, declared: StudyNames, source: Source) -> None:
    study = declared.key
    if programme.by != AREA_ROLE:
        known(source, (name, "by"), [programme.by], declared.scores, f"a score of `{study}`, nor the role `area`")
        if programme.by in {scale.concept or key for key, scale in parts.scales.items()}:
            source.report((name, "by"), f"`{programme.by}` is a scale: places are the codes of one item.")
    known(source, (name, "arms"), programme.arms, declared.arms, f"an arm of `{study}`")
    once(source, (name, "arms"), programme.arms)
    where = (name, "comparison", "arms")
    known(source, where, programme.comparison.arms, declared.arms, f"an arm of `{study}`")
    known(source, (name, "outcomes"), programme.outcomes, declared.scores, f"a score of `{study}`")
    once(source, (name, "outcomes"), programme.outcomes)
    known(source, (name, "waves"), programme.waves, declared.waves, f"a wave of `{study}`")
    for area, one in programme.areas.items():
        start = [one.start] if one.first_wave else []
        known(source, (name, "areas", area, "start"), start, declared.waves, f"a wave of `{study}`")
    if programme.cluster is not None and declared.scores is not None:
        known(
            source,
            (name, "cluster"),
            [programme.cluster],
            [*CLUSTERS, *declared.scores],
            "a column to cluster people by",
        )
    if programme.weights is not None:
        sets = None if declared.weights is None else [DELIVERED, *declared.weights]
        known(source, (name, "weights"), [programme.weights], sets, f"a weight of `{study}`")
    nominal = [one for one in programme.outcomes if _has_no_order(one, parts)]
    if nominal:
        what = f"`{nominal[0]}` is an answer without an order: recode it to a share, or leave it out."
        source.report((name, "outcomes"), what)


def _has_no_order(score: str, parts: Parts) -> bool:
    items = [item for item in parts.items.values() if item.concept == score]
    return bool(items) and all(item.kind == "nominal" and not item.recode for item in items)


def _check_codes(name: str, programme: Programme, parts: Parts, source: Source) -> None:
    """Where the score of the places is one item with codes, each code is one of them."""
    items = [item for item in parts.items.values() if item.concept == programme.by]
    if len(items) != 1 or not items[0].codes or items[0].recode:
        return
    codes = [canonical_code(code) for code in items[0].codes]
    for area, one in programme.areas.items():
        place = (name, "areas", area, "code")
        known(source, place, [canonical_code(one.code)], codes, f"a code of `{programme.by}`")
    of_comparison = (name, "comparison", "codes")
    known(source, of_comparison, map(canonical_code, programme.comparison.codes), codes, f"a code of `{programme.by}`")


def _check_waves(name: str, programme: Programme, study: Study, source: Source) -> None:
    """Waves that are compared were in the field at about the same time, and there is one before a start."""
    arms = [arm for arm in programme.arms if arm in study.calendar]
    others = [arm for arm in programme.comparison.arms if arm in study.calendar]
    own = [wave for wave in study.waves if all(wave in study.calendar[arm] for arm in arms)]
    for area, one in programme.areas.items():
        if one.first_wave in study.waves:
            _check_start(programme, one.start, own, arms, source, (name, "areas", area, "start"))
    wrong = [wave for wave in programme.comparison.waves if wave not in own]
    if wrong:
        source.report((name, "comparison", "waves"), f"`{wrong[0]}` is no wave of {_words(arms)}.")
        return
    asked = programme.waves or own
    if programme.waves and programme.design == "before_after":
        asked = (*dict.fromkeys([*_baselines(programme, own), *asked]),)
    told = [_apart(name, programme, study, wave, arms, others, source) for wave in asked if wave in own]
    apart = [one for one in told if one]
    if apart:
        source.report(
            (name, "comparison", "waves") if programme.comparison.waves else (name, "comparison"),
            f"waves that are compared were not in the field at the same time: {'; '.join(apart)}. Say in `waves` which "
            "is compared with which, or how far apart they may begin in `within_days`.",
        )


def _check_start(
    programme: Programme, start: str, own: list[str], arms: list[str], source: Source, place: tuple[str, ...]
) -> None:
    if start not in own:
        source.report(place, f"`{start}` is no wave of {_words(arms)}.")
    elif programme.design == "before_after" and own.index(start) == 0:
        what = "is the first wave: nobody was asked before it. Say `start: before` and `design: difference`."
        source.report(place, f"`{start}` {what}")


def _baselines(programme: Programme, own: list[str]) -> list[str]:
    """The last waves before a start."""
    starts = [one for one in programme.starts.values() if one in own[1:]]
    return [own[own.index(one) - 1] for one in starts]


def _apart(
    name: str, programme: Programme, study: Study, wave: str, arms: list[str], others: list[str], source: Source
) -> str | None:
    """How far apart a wave and the one it is compared with began, if that is too far; what cannot be compared."""
    place = (name, "comparison", "waves") if programme.comparison.waves else (name, "comparison")
    if programme.comparison.waves and wave not in programme.comparison.waves:
        if wave in programme.waves:
            source.report(place, f"`{wave}` is compared with no wave: add it, or leave it out of `waves`.")
        return None
    against = programme.comparison.waves.get(wave, wave)
    absent = [arm for arm in others if against not in study.calendar[arm]]
    if absent:
        todo = "Say in `comparison: waves` which is compared with which, or name fewer `waves`."
        source.report(place, f"`{against}` is no wave of the arm `{absent[0]}`. {todo}")
        return None
    starts = [study.fieldwork(wave, arm).start for arm in arms]
    later = [study.fieldwork(against, arm).start for arm in others]
    apart = max((abs((a - b).days) for a in starts for b in later), default=0)
    return f"`{wave}` and `{against}` began {apart} days apart" if apart > programme.comparison.within_days else None


def _check_weights(name: str, programme: Programme, study: Study, source: Source) -> None:
    chosen = study.weights.get(programme.weights or "")
    if chosen is None:
        return
    place = (name, "weights")
    covered = arms_of(chosen, study.calendar)
    absent = [arm for arm in (*programme.arms, *programme.comparison.arms) if arm not in covered]
    if absent:
        source.report(place, f"the set `{programme.weights}` has no weights of the arm `{absent[0]}`.")
        return
    against = programme.comparison.waves
    asked = programme.waves or tuple(against) or study.calendar[programme.arms[0]]
    needed = [*asked, *(against.get(wave, wave) for wave in asked)]
    missing = [wave for wave in needed if wave not in chosen.waves]
    if missing:
        source.report(
            place,
            f"the set `{programme.weights}` is of {', '.join(chosen.waves)}, and `{missing[0]}` is compared, too: "
            "name fewer `waves`, or another set.",
        )


def _words(arms: list[str]) -> str:
    return f"the arm{'s' if len(arms) > 1 else ''} {', '.join(f'`{arm}`' for arm in arms)}"
