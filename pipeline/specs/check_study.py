"""Consistency between the declarations of one study."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.specs import names
from pipeline.specs.answer_words import check_answer_words
from pipeline.specs.check_area_sets import check_area_sets
from pipeline.specs.check_calendar import check_calendar
from pipeline.specs.check_decisions import check_decisions
from pipeline.specs.check_imputation import check_imputation
from pipeline.specs.check_index import check_index
from pipeline.specs.check_marks import check_marks
from pipeline.specs.check_outcomes import check_outcomes
from pipeline.specs.check_paradata import check_paradata
from pipeline.specs.check_parts import check_parts
from pipeline.specs.check_programme import check_programmes
from pipeline.specs.check_weights import check_weights
from pipeline.specs.deposits import Deposited, Joined, WaveFile
from pipeline.specs.formats import FORMATS, format_keys
from pipeline.specs.names import StudyNames, known, once
from pipeline.specs.reading import Parts, Reading
from pipeline.specs.strict_yaml import Position, Source
from pipeline.specs.study import Item, StudyFile, Wave, WaveException, value_range
from pipeline.specs.wave_names import misnamed


def check_study(key: str, declared: StudyNames, reading: Reading) -> None:
    """Report every contradiction between the files of one study into its sources."""
    parts = reading.parts[key]
    if parts.about is not None:
        _check_about(parts.about, parts.waves, declared, reading.sources[key, "study"], reading)
    _check_items(parts, declared, reading.sources[key, "items"], reading)
    if (key, "scales") in reading.sources:
        _check_scales(parts, declared, reading.sources[key, "scales"], reading)
    for wave_key, wave in parts.waves.items():
        wrong = misnamed(wave_key, parts.waves)
        if wrong:
            reading.sources[key, "waves", wave_key].report((), wrong)
        _check_wave(wave_key, wave, parts, declared, reading.sources[key, "waves", wave_key])
    _check_answer_words(key, reading)
    _check_parts(key, reading)
    check_paradata(parts, reading.sources.get((key, "study")), _wave_sources(key, parts, reading))
    check_weights(key, parts, declared, reading)
    check_imputation(key, parts, declared, reading)
    check_area_sets(key, parts, declared, reading)
    check_index(key, parts, declared, reading)
    check_programmes(key, parts, declared, reading)


def _wave_sources(key: str, parts: Parts, reading: Reading) -> dict[str, Source]:
    return {wave: reading.sources[key, "waves", wave] for wave in parts.waves}


def _check_answer_words(key: str, reading: Reading) -> None:
    """Where a file holds labels, each stands for one code."""
    study = reading.studies.get(key)
    if study is None:
        return
    for wave, _, file in study.files():
        check_answer_words(study, wave, file, reading.sources[key, "items"], reading.sources[key, "waves", wave])


def _check_parts(key: str, reading: Reading) -> None:
    study = reading.studies.get(key)
    if study is not None:
        sources = {wave: reading.sources[key, "waves", wave] for wave in study.waves}
        is_whole = _waves_are_whole(key, study.waves, reading)
        check_parts(study, reading.sources[key, "study"], sources, is_whole=is_whole)
        check_marks(study, reading.sources[key, "study"], sources)
        check_calendar(study, sources)


def _waves_are_whole(key: str, waves: Mapping[str, Wave], reading: Reading) -> bool:
    """Whether every wave could be read, and the table of waves, if there is one."""
    tables = [source for place, source in reading.sources.items() if place[:2] == (key, "declares waves")]
    read = {place[2] for place in reading.sources if place[:2] == (key, "waves")}
    return read == set(waves) and not any(table.problems for table in tables)


def _check_about(
    about: StudyFile, waves: Mapping[str, Wave], declared: StudyNames, source: Source, reading: Reading
) -> None:
    for arm_key, arm in about.arms.items():
        position = ("arms", arm_key, "waves")
        known(source, position, arm.waves, declared.waves, "a wave with a file in waves/")
        once(source, position, arm.waves)
    for index, report in enumerate(about.outcomes):
        check_outcomes(report, ("outcomes", index), about, waves, source)
        _check_format_keys(report, ("outcomes", index), source)
    for name, deposited in about.sources.items():
        _check_format_keys(deposited, ("sources", name), source)
    if about.headline:
        known(source, ("headline",), [about.headline], declared.scores, "a score of this study")
    known(source, ("smallest_differences",), about.smallest_differences, declared.scores, "a score of this study")
    known(source, ("areas",), about.areas, names.concepts(reading), "a concept of data/concepts.yaml")


def _check_items(parts: Parts, declared: StudyNames, source: Source, reading: Reading) -> None:
    measured: dict[str, str] = {}
    scaled = {scale.concept or key for key, scale in parts.scales.items()}
    missing = parts.about.missing if parts.about is not None else {}
    for key, item in parts.items.items():
        if item.concept:
            known(source, (key, "concept"), [item.concept], names.concepts(reading), "a concept of data/concepts.yaml")
            _check_concept_range(key, item, source, reading)
        if item.concept and item.concept not in scaled:
            if item.concept in measured:
                source.report(
                    (key, "concept"),
                    f"`{item.concept}` is already measured by `{measured[item.concept]}`. "
                    "Score the two together in scales.yaml, or give one another concept.",
                )
            measured.setdefault(item.concept, key)
        known(source, (key, "waves"), item.waves, declared.waves, "a wave of this study")
        known(source, (key, "arms"), item.arms, declared.arms, "an arm of this study")
        for code in sorted(item.codes.keys() & {**missing, **item.missing}.keys()):
            source.report((key, "codes", code), f"code `{code}` is an answer here and a missing code elsewhere.")


def _check_concept_range(key: str, item: Item, source: Source, reading: Reading) -> None:
    """The values of an item must lie in the range its concept has in every study."""
    concept, values = reading.concepts.get(item.concept or ""), value_range(item)
    if concept is None or concept.range is None or values is None:
        return
    (low, high), (lowest, highest) = concept.range, values
    if lowest < low or highest > high:
        source.report(
            (key, "recode" if item.recode else "codes" if item.codes else "range"),
            f"the values of `{key}` run from {lowest:g} to {highest:g}, "
            f"but its concept `{item.concept}` from {low:g} to {high:g}. Recode it.",
        )


def _check_scales(parts: Parts, declared: StudyNames, source: Source, reading: Reading) -> None:
    for key, scale in parts.scales.items():
        known(source, (key, "items"), scale.items, declared.items, "an item of this study")
        once(source, (key, "items"), scale.items)
        known(source, (key, "reverse"), scale.reverse, list(scale.items), "an item of this scale")
        if scale.concept:
            known(source, (key, "concept"), [scale.concept], names.concepts(reading), "a concept of data/concepts.yaml")
        for name in scale.items:
            if name in parts.items and parts.items[name].kind == "nominal":
                source.report(
                    (key, "items"), f"`{name}` is nominal: its codes are names, not amounts, and cannot be scored."
                )


def _check_wave(key: str, wave: Wave, parts: Parts, declared: StudyNames, source: Source) -> None:
    if parts.about is not None and not any(key in arm.waves for arm in parts.about.arms.values()):
        source.report((), f"no arm in study.yaml lists the wave `{key}`. Add it to an arm's `waves`.")
    for index, file in enumerate(wave.files):
        _check_file(key, ("files", index), file, wave, parts.about, declared, source)
    for name in ("variables", "not_asked", "exceptions"):
        known(source, (name,), getattr(wave, name), declared.items, "an item of this study")
    once(source, ("not_asked",), wave.not_asked)
    check_decisions(wave, declared, source)
    for item_key, exception in wave.exceptions.items():
        if item_key in wave.not_asked:
            source.report(("exceptions", item_key), f"`{item_key}` is `not_asked` in this wave: it has no exception.")
        if item_key in parts.items:
            _check_exception(parts.items[item_key], exception, source, ("exceptions", item_key))


def _check_exception(item: Item, exception: WaveException, source: Source, position: Position) -> None:
    _check_kind(item, exception, source, position)
    labels: Mapping[str, str] = exception.codes if exception.codes is not None else item.codes
    recode = exception.recode
    if recode is not None and set(recode) != set(labels):
        unmatched = ", ".join(sorted(set(recode) ^ set(labels)))
        source.report(
            (*position, "recode"),
            f"`recode` and the codes of this wave must name the same codes; they differ in {unmatched}.",
        )
    low_high = value_range(item)
    for code, value in (recode or {}).items():
        if isinstance(value, float | int) and low_high and not low_high[0] <= value <= low_high[1]:
            source.report(
                (*position, "recode", code),
                f"code `{code}` becomes {value:g}, out of the item's range {low_high[0]:g} to {low_high[1]:g}.",
            )


def _check_kind(item: Item, exception: WaveException, source: Source, position: Position) -> None:
    """Numbers are converted and have a range; codes are recoded."""
    number = item.kind == "number"
    for name in ("codes", "recode") if number else ("range", "times", "plus"):
        if getattr(exception, name) is not None:
            instead = (
                "a number: use `times` and `plus`, and `range`" if number else "no number: use `codes` and `recode`"
            )
            source.report((*position, name), f"`{name}` has no meaning here; the item is {instead}.")


def _check_file(
    key: str,
    position: Position,
    file: WaveFile,
    wave: Wave,
    about: StudyFile | None,
    declared: StudyNames,
    source: Source,
) -> None:
    known(source, (*position, "arm"), [file.arm], declared.arms, "an arm of study.yaml")
    known(source, (*position, "variables"), file.variables, declared.items, "an item of this study")
    known(source, (*position, "not_asked"), file.not_asked, declared.items, "an item of this study")
    once(source, (*position, "not_asked"), file.not_asked)
    joined: list[tuple[WaveFile | Joined, Position]] = [
        (one, (*position, "join", index)) for index, one in enumerate(file.join)
    ]
    for own, at in [(file, position), *joined]:
        if own.of_source is None:
            _check_format_keys(own, at, source)
    if about is None:
        return
    is_listed = any(key in arm.waves for arm in about.arms.values())
    if is_listed and file.arm in about.arms and key not in about.arms[file.arm].waves:
        source.report((*position, "arm"), f"the arm `{file.arm}` has no wave `{key}` in study.yaml.")
    if file.columns.over(wave.columns).over(about.columns).person_id is None:
        source.report(
            position, "no variable holds the person's id: say `columns: {person_id: ...}` here or in study.yaml."
        )


def _check_format_keys(file: Deposited, position: Position, source: Source) -> None:
    """How a file is read is said by keys that its format takes."""
    takes = FORMATS[file.format].takes
    for key in sorted(file.model_fields_set & (format_keys() - takes)):
        others = ", ".join(name for name, record in FORMATS.items() if key in record.takes)
        source.report(
            (*position, key),
            f"a file of the format `{file.format}` does not take `{key}`; it is for {others}. Leave it out.",
        )
