"""What is planted into a second wave is found, and nothing else is: each kind of finding, on a panel made here.

Four hundred people, answers that go together and stay much as they were, a third wave. The files are never written:
the tables are what ingest would make of them.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from shared import ROOT

from pipeline.harmonise.drift import compare_all, open_blocks, undecided
from pipeline.harmonise.drift.reading import readings
from pipeline.paths import Paths
from pipeline.specs import Study, load_project

PEOPLE = 400
AGREE = {1: "Strongly disagree", 2: "Disagree", 3: "Neither", 4: "Agree", 5: "Strongly agree"}
ITEMS = ("trust1", "trust2", "trust3", "belong1", "belong2")
ABOUT = """
title: A panel
short_title: Panel
population: Nobody
citation: None
licence: None
synthetic: true
arms: {main: {title: Main, waves: [w01, w02, w03]}}
columns: {person_id: pid, weight: wt}
missing: {-99: refused, -88: dont_know, -77: routed_out}
"""
MORE = """
sex: {label: Sex, wording: Sex, kind: nominal, codes: {1: Male, 2: Female}, time_constant: true}
born: {label: Year of birth, wording: Year of birth, kind: number, range: [1920, 2005], time_constant: true}
years: {label: Age, wording: Age, kind: number, range: [16, 110], concept: age}
group: {label: Group asked about, wording: Group, kind: nominal, codes: {1: One, 2: Other}}
young: {label: Young, wording: Group, variable: cohort, kind: nominal, codes: {1: Young, 2: Old}, recode: {1: 1, 2: 0}}
old: {label: Old, wording: Group, variable: cohort, kind: nominal, codes: {1: Young, 2: Old}, recode: {1: 0, 2: 1}}
"""
WAVE = """
title: Wave {number}
fieldwork: {{start: {year}-01-01, end: {year}-03-01}}
files: [{{arm: main, file: w{number}.sav, format: sav}}]
"""


def declare(root: Path, **rest: str) -> Study:
    """The study as declared under ``root``; ``rest`` adds to the declaration of a wave (``w02="exceptions: …"``)."""
    folder = root / "data" / "studies" / "panel"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "waves").mkdir(parents=True)
    shutil.copy(ROOT / "data" / "concepts.yaml", root / "data")
    (folder / "study.yaml").write_text(ABOUT)
    items = [f"{item}: {{label: Label of {item}, wording: Words, codes: {AGREE}}}\n" for item in ITEMS]
    (folder / "items.yaml").write_text("".join(items) + MORE)
    for number in (1, 2, 3):
        text = WAVE.format(number=number, year=2018 + number) + rest.get(f"w0{number}", "")
        (folder / "waves" / f"w0{number}.yaml").write_text(text)
    return load_project(Paths(root)).studies["panel"]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return declare(tmp_path_factory.mktemp("drift"))


def wave(number: int) -> pl.DataFrame:
    """One wave table: codes as text, as ingest makes it."""
    fixed = np.random.default_rng(1)
    leaning, own = fixed.normal(size=PEOPLE), fixed.normal(size=(len(ITEMS), PEOPLE))
    chance = np.random.default_rng(10 + number)
    columns: dict[str, object] = {
        "person_id": [f"a{k:04d}" for k in range(PEOPLE)],
        "study": "panel", "arm": "main", "wave": f"w0{number}", "row": range(1, PEOPLE + 1),
        "wt": [f"{weight:.3f}" for weight in chance.uniform(0.5, 1.5, PEOPLE)],
    }  # fmt: skip
    for item, trait in zip(ITEMS, own, strict=True):
        score = 3 + 0.8 * leaning + 0.5 * trait + 0.5 * chance.normal(size=PEOPLE)
        codes = np.clip(np.round(score), 1, 5).astype(int)
        codes[chance.random(PEOPLE) < 0.05] = -99
        columns[item] = codes.astype(str)
    columns |= {
        "sex": np.where(np.arange(PEOPLE) % 2, "1", "2"),
        "born": (1950 + np.arange(PEOPLE) % 50).astype(str),
        "years": (2018 + number - 1950 - np.arange(PEOPLE) % 50).astype(str),
        "group": np.where(np.arange(PEOPLE) % 3, "1", "2"),
        "cohort": np.full(PEOPLE, "1"),
    }
    return pl.DataFrame(columns)


def labels(frame: pl.DataFrame) -> pl.DataFrame:
    """What the files say of themselves: a label of each variable, the answers, the marks of missing codes."""
    rows: list[tuple[object, ...]] = []
    answers = {str(code): text for code, text in AGREE.items()}
    for variable in frame.columns[5:]:
        codes: dict[str, str | None] = dict(answers) if variable in ITEMS else {"": None}
        head = ("panel", frame["wave"][0], "main", variable, f"Label of {variable}")
        rows += [(*head, code, text, "-99..-77", True, None) for code, text in codes.items()]
    names = ("study", "wave", "arm", "variable", "label", "code", "code_label", "missing", "is_in_file", "nearest")
    types = {name: pl.Boolean if name == "is_in_file" else pl.String for name in names}
    return pl.DataFrame(rows, schema=types, orient="row")


def compared(study: Study, change: Callable[[pl.DataFrame], pl.DataFrame], relabel=lambda table: table) -> pl.DataFrame:
    """The findings about the second wave, changed."""
    waves = {"w01": wave(1), "w02": change(wave(2)), "w03": wave(3)}
    said = {name: labels(frame) for name, frame in waves.items()}
    said["w02"] = relabel(said["w02"])
    return compare_all(study, waves, said)


def in_wave_2(findings: pl.DataFrame) -> set[tuple[str, str, str]]:
    rows = findings.filter(pl.col("wave") == "w02").select("item", "kind", "severity")
    return set(rows.iter_rows())


def test_waves_without_drift_give_no_finding(study: Study) -> None:
    assert compared(study, lambda frame: frame).rows() == []


def coded(item: str, becomes: dict[str, str]) -> Callable[[pl.DataFrame], pl.DataFrame]:
    return lambda frame: frame.with_columns(pl.col(item).replace(becomes))


def where(condition: Callable[[], pl.Expr], item: str, value: str) -> Callable[[pl.DataFrame], pl.DataFrame]:
    return lambda frame: frame.with_columns(
        pl.when(condition()).then(pl.lit(value, pl.String)).otherwise(item).alias(item)
    )


def some(share: float) -> Callable[[], pl.Expr]:
    """About this share of the rows, by no order of theirs."""
    return lambda: (pl.col("row") * 37 % 100) < round(share * 100)


TURNED = {str(code): str(6 - code) for code in AGREE}
PLANTED = {
    "turned": (coded("trust1", TURNED), {("trust1", "reversed", "warns")}, "same people's answers run against"),
    "0 to 4": (
        coded("trust1", {str(code): str(code - 1) for code in AGREE}),
        {("trust1", "range", "blocks")},
        "from 0 to 4; declared are 1 to 5",
    ),
    "2 to 6": (
        coded("belong2", {str(code): str(code + 1) for code in AGREE}),
        {("belong2", "range", "blocks")},
        "from 2 to 6; declared are 1 to 5",
    ),
    "-2 to 2": (
        coded("belong2", {str(code): str(code - 3) for code in AGREE}),
        {("belong2", "range", "blocks")},
        "from -2 to 2; declared are 1 to 5",
    ),
    "seven points": (
        coded("trust2", {"4": "6", "5": "7"}),
        {("trust2", "range", "blocks")},
        "from 1 to 7; declared are 1 to 5",
    ),
    "a code of nobody's": (
        where(lambda: pl.col("row") < 8, "trust2", "99"),
        {("trust2", "undeclared_code", "blocks")},
        "99 (7)",
    ),
    "not put to most": (
        where(some(0.4), "trust3", "-77"),
        {("trust3", "routing", "warns")},
        "not asked this question: 40%",
    ),
    "put to men only": (
        lambda frame: where(lambda: (pl.col("sex") == "2") & some(0.2)(), "trust3", "-77")(frame),
        {("trust3", "universe", "warns")},
        "who is asked changed by sex: “Female”",
    ),
    "many refused": (where(some(0.3), "belong1", "-99"), {("belong1", "missing_codes", "warns")}, "refused: 3"),
    "reasons lost": (coded("belong1", {"-99": ""}), {("belong1", "reasons_lost", "warns")}, "recorded as “not stated”"),
    "moved": (
        lambda frame: pl.concat(
            [
                coded("trust1", {"1": "2", "2": "3", "3": "4", "4": "5"})(frame.filter(pl.col("row") % 5 < 4)),
                frame.filter(pl.col("row") % 5 >= 4),
            ]
        ).sort("row"),
        {("trust1", "distribution", "warns")},
        "same people's mean moved by +0.",
    ),
    "moved for everybody by one code": (
        coded("trust1", {"1": "2", "2": "3", "3": "4", "4": "5"}),
        {("trust1", "recoded", "warns")},
        "4 → 5",
    ),
    "the middle is gone": (
        lambda frame: where(lambda: (pl.col("belong1") == "3") & (pl.col("row") % 2 == 0), "belong1", "1")(
            coded("belong1", {"2": "1", "4": "5"})(frame)
        ),
        {("belong1", "recoded", "warns")},
        "codes 2 (25%), 4 (20%) have gone; codes merged (",
    ),
    "swapped": (coded("group", {"1": "2", "2": "1"}), {("group", "swapped", "warns")}, "100% of the same people"),
    "constant": (
        where(lambda: pl.lit(True), "trust1", "3"),
        {("trust1", "constant", "warns")},
        "every answer is the same",
    ),
    "empty": (where(lambda: pl.lit(True), "trust1", ""), {("trust1", "empty", "warns")}, "nobody has an answer"),
    "another sex": (
        coded("sex", {"1": "2", "2": "1"}),
        {("sex", "contradicts_fact", "blocks")},
        "100.0% of the 400 people",
    ),
    "sex 0 and 1": (
        coded("sex", {"1": "0", "2": "1"}),
        {("sex", "range", "blocks"), ("sex", "contradicts_fact", "blocks")},
        "from 0 to 1; declared are 1 to 2",
    ),
    "another birth year": (
        where(lambda: pl.col("row") < 4, "born", "1930"),
        {("born", "contradicts_fact", "warns")},
        "(3 against w01)",
    ),
    "no women": (
        lambda frame: frame.filter(pl.col("sex") == "1"),
        {("sex", "universe", "warns")},
        "“Female” (was 50%)",
    ),
    "younger": (where(lambda: pl.col("row") < 6, "years", "17"), {("years", "age_backwards", "warns")}, "younger"),
    "much older": (
        where(lambda: pl.col("row") < 6, "years", "109"),
        {("years", "age_ahead", "warns")},
        "more than 3 years",
    ),
    "weight of nought": (
        where(lambda: pl.col("row") < 3, "wt", "0"),
        {("weight", "weight_zero", "notes")},
        "not in this wave's population",
    ),
    "weights that are all nought": (
        where(lambda: pl.col("row") >= 0, "wt", "0"),
        {("weight", "weight_not_positive", "blocks")},
        "zero for everybody",
    ),
    "one weight for all": (
        where(lambda: pl.col("row") < 2, "wt", "9000"),
        {("weight", "weight_huge", "blocks")},
        "of all weight",
    ),
    "a large weight": (
        where(lambda: pl.col("row") < 2, "wt", "25"),
        {("weight", "weight_huge", "warns")},
        "5.8% of all",
    ),
    "weights of another scale": (
        lambda frame: frame.with_columns(wt=(pl.col("wt").cast(pl.Float64) * 1000).cast(pl.String)),
        {("weight", "weight_mean", "blocks")},
        "not about 1, and was",
    ),
    "no weight": (
        where(lambda: pl.col("row") < 5, "wt", ""),
        {("weight", "weight_missing", "warns")},
        "without a weight",
    ),
    "strangers": (
        lambda frame: frame.with_columns(pl.format("b{}", "person_id").alias("person_id")),
        {("person_id", "unlinked", "blocks")},
        "0.0% of the ids",
    ),
}


@pytest.mark.parametrize("what", PLANTED)
def test_what_is_planted_is_found_and_nothing_else(what: str, study: Study) -> None:
    change, expected, says = PLANTED[what]
    findings = compared(study, lambda frame: change(frame).with_columns(pl.col(pl.String).replace("", None)))
    assert in_wave_2(findings) == expected
    own = findings.filter(pl.col("wave") == "w02")
    assert any(says in text for text in own["what"]), own["what"].to_list()
    assert own.filter(pl.col("todo") == "").height == 0
    assert own["where"].str.starts_with("w2.sav").all()
    assert all(0 < count <= PEOPLE for count in own["count"])
    blocked = any(severity == "blocks" for *_, severity in expected)
    assert bool(open_blocks(findings)) == blocked
    assert undecided(findings, "w02")[0] == ("error" if blocked else "warning")


def label(variable: str, text: str) -> Callable[[pl.DataFrame], pl.DataFrame]:
    return lambda table: table.with_columns(
        label=pl.when(pl.col("variable") == variable).then(pl.lit(text)).otherwise("label")
    )


def answers(variable: str, becomes: dict[str, str]) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Answer labels by code; a code without a text is no longer labelled."""
    return lambda table: table.with_columns(
        code_label=pl.when(pl.col("variable") == variable)
        .then(pl.col("code").replace_strict(becomes, default=pl.col("code_label"), return_dtype=pl.String))
        .otherwise("code_label")
    ).filter(~((pl.col("variable") == variable) & (pl.col("code_label") == "")))


LABELLED = {
    "reworded": (label("trust1", "Something quite different"), {("trust1", "wording", "warns")}, "is now “Something"),
    "respelt": (label("trust1", "label of TRUST1."), set(), ""),
    "another's label": (
        label("trust1", "Label of trust3"),
        {("trust1", "moved_label", "warns")},
        "`trust3` had before",
    ),
    "turned labels": (
        answers("trust1", {str(code): AGREE[6 - code] for code in AGREE}),
        {("trust1", "reversed_labels", "blocks")},
        "the other way round",
    ),
    "another meaning": (
        answers("trust1", {"3": "Cannot say"}),
        {("trust1", "code_labels", "blocks")},
        "3: “Neither” is now “Cannot say”",
    ),
    "an option less": (
        answers("trust1", {"3": ""}),
        {("trust1", "options_dropped", "warns")},
        "are gone (3: “Neither”)",
    ),
    "marks lost": (
        lambda table: table.with_columns(missing=pl.lit("")),
        {("missing_codes", "missing_not_marked", "warns")},
        "`trust1` -99 (",
    ),
}


@pytest.mark.parametrize("what", LABELLED)
def test_what_a_file_says_otherwise_of_itself_is_found(what: str, study: Study) -> None:
    relabel, expected, says = LABELLED[what]
    findings = compared(study, lambda frame: frame, relabel)
    own = findings.filter(pl.col("wave") == "w02")
    assert set(own.select("item", "kind", "severity").iter_rows()) == expected
    assert any(says in text for text in own["what"]) or not expected


def test_an_item_that_was_turned_is_held_against_people_and_against_the_items_it_went_with(study: Study) -> None:
    what = compared(study, coded("trust1", TURNED)).filter(pl.col("item") == "trust1")["what"][0]
    assert "run against those of the wave before (r = -0." in what
    assert "runs against those it went with (item-rest correlation -0." in what


def test_among_new_people_a_turned_item_still_runs_against_the_others(study: Study) -> None:
    def new(frame: pl.DataFrame) -> pl.DataFrame:
        return coded("trust1", TURNED)(frame).with_columns(pl.format("b{}", "person_id").alias("person_id"))

    assert ("trust1", "reversed", "warns") in in_wave_2(compared(study, new))


def test_columns_that_were_shifted_without_labels_are_all_named(study: Study) -> None:
    def shift(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns(
            pl.col(other).alias(item) for item, other in zip(ITEMS, (*ITEMS[1:], ITEMS[0]), strict=True)
        )

    findings = compared(study, shift).filter(pl.col("wave") == "w02")
    assert set(findings.select("item", "kind").iter_rows()) == {(item, "moved_answers") for item in ITEMS}
    (first,) = findings.filter(pl.col("item") == "trust1")["what"]
    assert first.startswith(
        "its answers are associated with what the same people said to `trust2` in the wave before (r = 0."
    )


def test_a_question_that_means_something_else_no_longer_goes_with_itself(study: Study) -> None:
    waves = {f"w0{number}": wave(number) for number in (1, 2, 3)}
    order = np.random.default_rng(5).permutation(PEOPLE)
    waves["w03"] = waves["w03"].with_columns(belong2=waves["w03"]["belong2"][order])
    findings = compare_all(study, waves, {name: labels(frame) for name, frame in waves.items()})
    assert findings.select("wave", "item", "kind", "severity").rows() == [("w03", "belong2", "unstable", "warns")]
    assert "was 0.7" in findings["what"][0] or "was 0.8" in findings["what"][0]


def test_the_wave_after_a_turned_one_is_not_blamed(study: Study) -> None:
    findings = compared(study, coded("trust1", TURNED))
    assert findings.filter((pl.col("wave") == "w03") & (pl.col("kind") == "reversed")).rows() == []


def test_people_who_broke_off_lost_no_reason(study: Study) -> None:
    def broke_off(frame: pl.DataFrame) -> pl.DataFrame:
        stopped = pl.col("row") < 12
        return frame.with_columns(pl.when(~stopped).then(item).alias(item) for item in ITEMS)

    assert in_wave_2(compared(study, broke_off)) == set()


def test_leavers_with_other_answers_are_no_change_of_the_distribution(study: Study) -> None:
    """Attrition moves the mean of the wave; the same people have not moved."""
    low = pl.sum_horizontal(pl.col(item).cast(pl.Int64).clip(1) for item in ITEMS) < 14
    waves = {"w01": wave(1), "w02": wave(2)}
    gone = waves["w01"].filter(low)["person_id"].implode()
    stayed = compared(study, lambda frame: frame.filter(~pl.col("person_id").is_in(gone)))
    mean = waves["w01"]["trust1"].cast(pl.Int64).clip(1).mean()
    left = waves["w02"].filter(~pl.col("person_id").is_in(gone))["trust1"].cast(pl.Int64).clip(1).mean()
    assert left - mean > 0.35, "the leavers answered lower"
    assert in_wave_2(stayed) == set()


def test_an_arm_in_one_category_is_no_finding_where_the_item_is_recoded_from_a_shared_variable(study: Study) -> None:
    assert not set(compared(study, lambda frame: frame)["item"]) & {"young", "old"}


def test_a_declared_exception_explains_a_change_of_routing(tmp_path: Path) -> None:
    explained = declare(tmp_path, w02="exceptions: {trust3: {reason: asked of half the sample}}\n")
    findings = compared(explained, where(some(0.4), "trust3", "-77")).filter(pl.col("kind") == "routing")
    assert findings.select("wave", "decision").rows() == [
        ("w02", "accept: an exception of Wave 2 declares it: asked of half the sample"),
        ("w03", "accept: an exception of Wave 2 declares it: asked of half the sample"),
    ]


def test_a_decision_is_printed_with_its_finding_and_told_when_there_is_none(tmp_path: Path) -> None:
    said = (
        "decisions:\n"
        "  - {item: sex, finding: contradicts_fact, decision: accept, reason: coded by another agency}\n"
        "  - {item: trust1, finding: wording, decision: accept, reason: a slip}\n"
    )
    decided = declare(tmp_path, w02=said)
    findings = compared(decided, coded("sex", {"1": "2", "2": "1"})).filter(pl.col("wave") == "w02")
    by_kind = {row["kind"]: row for row in findings.iter_rows(named=True)}
    assert by_kind["contradicts_fact"]["decision"] == "accept: coded by another agency"
    assert open_blocks(findings) == []
    stale = by_kind["decision_without_finding"]
    assert (stale["item"], stale["severity"], stale["count"]) == ("trust1", "warns", 1)
    assert "`wording`, but nothing of the kind is found" in stale["what"]


@pytest.mark.parametrize("item", ["sex", "trust1"])
def test_codes_of_an_item_are_counted_in_one_order_whatever_the_order_of_the_rows(item: str, study: Study) -> None:
    frame = wave(1).with_columns(pl.Series(item, ["10", "word", "9", "1", "2"] * wave(1).height)[: wave(1).height])
    file = study.waves["w01"].files[0]
    for rows in (frame, frame.reverse()):
        found = readings(study, "w01", file, rows)[item]
        assert [*found.unknown] == [code for code in ("1", "2", "9", "10", "word") if code in found.unknown]
        assert [*found.valued] == sorted(found.valued, key=float)
        assert found.valued_rows + sum(found.unknown.values())
