"""What declarations say of each other: every name must exist, every code must be in range, every wave has a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipeline.specs.project import Reading, Study
from pipeline.specs.reader import nearest
from pipeline.specs.report import Figure, Model, Paper
from pipeline.specs.strict_yaml import Position, Source
from pipeline.specs.study import Item, Wave, WaveFile

HEAD_GROUPS = ("arm", "stratum", "area_code")


def check(reading: Reading) -> None:
    """Report every contradiction between the declarations of a project into its sources."""
    for key, study in reading.studies.items():
        _check_study(key, study, reading)
    for key, model in reading.models.items():
        _check_model(model, reading.sources["models", key], reading)
    for key, figure in reading.figures.items():
        _check_figure(figure, reading.sources["figures", key], reading)
    for key, paper in reading.papers.items():
        _check_paper(paper, reading.sources["papers", key], reading)


def _known(source: Source, position: Position, names: Iterable[str], known: Iterable[str], what: str) -> None:
    """Each of ``names`` must be among ``known``; the message lists or hints at what would be."""
    known = list(known)
    for name in names:
        if name not in known:
            hint = nearest(name, known) or (f"; known: {', '.join(known)}." if len(known) <= 12 else ".")
            source.report(position, f"`{name}` is not {what}{hint}")


def _check_study(key: str, study: Study, reading: Reading) -> None:
    about = reading.sources[key, "study"]
    if (key, "study") in reading.unread:
        return
    waves = {name[2] for name in reading.sources if name[:2] == (key, "waves")}
    for arm_key, arm in study.about.arms.items():
        _known(about, ("arms", arm_key, "waves"), arm.waves, sorted(waves), "a wave with a file in waves/")
    if study.about.headline:
        _known(about, ("headline",), [study.about.headline], study.scores, "a score of this study")
    if ("concepts",) not in reading.unread:
        _known(about, ("areas",), study.about.areas, reading.concepts, "a concept of data/concepts.yaml")
    items_unread = (key, "items") in reading.unread
    _check_items(study, reading.sources[key, "items"], reading)
    if not items_unread and (key, "scales") in reading.sources:
        _check_scales(study, reading.sources[key, "scales"], reading)
    for wave_key, wave in study.waves.items():
        _check_wave(wave_key, wave, study, reading.sources[key, "waves", wave_key], items_unread)


def _check_items(study: Study, source: Source, reading: Reading) -> None:
    measured: dict[str, str] = {}
    scaled = {scale.concept or key for key, scale in study.scales.items()}
    for key, item in study.items.items():
        if item.concept and ("concepts",) not in reading.unread:
            _known(source, (key, "concept"), [item.concept], reading.concepts, "a concept of data/concepts.yaml")
        if item.concept and item.concept not in scaled:
            if item.concept in measured:
                source.report(
                    (key, "concept"),
                    f"`{item.concept}` is already measured by `{measured[item.concept]}`. "
                    "Score the two together in scales.yaml, or give one another concept.",
                )
            measured[item.concept] = key
        _known(source, (key, "waves"), item.waves, study.waves, "a wave of this study")
        _known(source, (key, "arms"), item.arms, study.about.arms, "an arm of this study")
        clash = {**study.about.missing, **item.missing}.keys() & item.codes.keys()
        for code in sorted(clash):
            source.report((key, "codes", code), f"code `{code}` is an answer here and a missing code elsewhere.")


def _check_scales(study: Study, source: Source, reading: Reading) -> None:
    for key, scale in study.scales.items():
        _known(source, (key, "items"), scale.items, study.items, "an item of this study")
        _known(source, (key, "reverse"), scale.reverse, scale.items, "an item of this scale")
        if scale.concept and ("concepts",) not in reading.unread:
            _known(source, (key, "concept"), [scale.concept], reading.concepts, "a concept of data/concepts.yaml")
        nominal = [name for name in scale.items if name in study.items and study.items[name].kind == "nominal"]
        for name in nominal:
            source.report(
                (key, "items"), f"`{name}` is nominal: its codes are names, not amounts, and cannot be scored."
            )


def _check_wave(key: str, wave: Wave, study: Study, source: Source, items_unread: bool) -> None:
    if not any(key in arm.waves for arm in study.about.arms.values()):
        source.report((), f"no arm in study.yaml lists the wave `{key}`. Add it to an arm's `waves`.")
    for index, file in enumerate(wave.files):
        _check_file(key, index, file, wave, study, source)
    if items_unread:
        return
    for name in ("variables", "not_asked", "exceptions"):
        _known(source, (name,), getattr(wave, name), study.items, "an item of this study")
    for item_key, exception in wave.exceptions.items():
        item = study.items.get(item_key)
        if item is not None:
            _check_exception(item, exception.recode, exception.codes, source, ("exceptions", item_key))


def _check_exception(
    item: Item, recode: Mapping[str, object] | None, codes: Mapping[str, str] | None, source: Source, position: Position
) -> None:
    labels = codes if codes is not None else item.codes
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


def value_range(item: Item) -> tuple[float, float] | None:
    """The lowest and highest value an item can take, after its recode."""
    if item.range is not None:
        return item.range
    values = [value for value in item.recode.values() if isinstance(value, float | int)]
    values = values or [float(code) for code in item.codes]
    return (min(values), max(values)) if values else None


def _check_file(key: str, index: int, file: WaveFile, wave: Wave, study: Study, source: Source) -> None:
    position = ("files", index)
    _known(source, (*position, "arm"), [file.arm], study.about.arms, "an arm of study.yaml")
    arm = study.about.arms.get(file.arm)
    if arm is not None and key not in arm.waves:
        source.report((*position, "arm"), f"the arm `{file.arm}` has no wave `{key}` in study.yaml.")
    columns = file.columns.over(wave.columns).over(study.about.columns)
    if columns.person_id is None:
        source.report(
            position, "no variable holds the person's id: say `columns: {person_id: ...}` here or in study.yaml."
        )
    _known(source, (*position, "variables"), file.variables, study.items, "an item of this study")


def _check_model(model: Model, source: Source, reading: Reading) -> None:
    _known(source, ("study",), [model.study], _study_folders(reading), "a study in data/studies")
    study = reading.studies.get(model.study)
    if study is None or {(model.study, "items"), (model.study, "scales")} & reading.unread:
        return
    for name in ("outcome", "outcomes", "exposures", "covariates", "categorical"):
        value = getattr(model, name) or ()
        names = (value,) if isinstance(value, str) else value
        _known(source, (name,), names, study.scores, f"a concept that `{model.study}` measures")
    _known(source, ("waves",), model.waves, study.waves, f"a wave of `{model.study}`")
    _known(source, ("arms",), model.arms, study.about.arms, f"an arm of `{model.study}`")
    for name in ("from_wave", "to_wave"):
        value = getattr(model, name)
        _known(source, (name,), [value] if value else [], study.waves, f"a wave of `{model.study}`")
    if model.group:
        _known(source, ("group",), [model.group], (*HEAD_GROUPS, *study.scores), "a column to group by")
    if model.weights:
        _known(source, ("weights",), [model.weights], ("design_weight",), "a weight of the panel")


def _check_figure(figure: Figure, source: Source, reading: Reading) -> None:
    _known(source, ("study",), [figure.study], _study_folders(reading), "a study in data/studies")
    _known(source, ("models",), figure.models, _declared(reading, "models"), "a model in reports/models")
    for name in figure.models:
        model = reading.models.get(name)
        if model is not None and model.study != figure.study:
            source.report(
                ("models",), f"the model `{name}` is of the study `{model.study}`, the figure of `{figure.study}`."
            )
    for index, claim in enumerate(figure.claims):
        _known(source, ("claims", index, "model"), [claim.model], figure.models, "one of this figure's models")


def _check_paper(paper: Paper, source: Source, reading: Reading) -> None:
    _known(source, ("study",), [paper.study], _study_folders(reading), "a study in data/studies")
    _known(source, ("models",), paper.models, _declared(reading, "models"), "a model in reports/models")
    _known(source, ("figures",), paper.figures, _declared(reading, "figures"), "a figure in reports/figures")


def _declared(reading: Reading, kind: str) -> list[str]:
    """The keys of all files of a kind, read or not: a file with mistakes of its own still exists."""
    return [key[1] for key in reading.sources if key[0] == kind and len(key) == 2]


def _study_folders(reading: Reading) -> list[str]:
    """The keys of all study folders, read or not."""
    return [key[0] for key in reading.sources if key[1:] == ("study",)]
