"""Nothing false is printed: what papers and figures may not say, each fault with sisters of its kind."""

from dataclasses import replace
from pathlib import Path
from shutil import copytree

import polars as pl
import pytest

from pipeline.errors import DeclarationErrors, PaperError
from pipeline.figures import draw
from pipeline.figures.style import with_interval as drawn_with_interval
from pipeline.papers import Fieldwork, Question, StudyContext, render_paper, written
from pipeline.papers.appendix.differences import blocking, differences
from pipeline.papers.bound_titles import judge_figure
from pipeline.papers.cautions import cautions_of
from pipeline.papers.claims import check
from pipeline.papers.content import FigureFile, Paragraph, TableBlock, plain
from pipeline.papers.declared import declared_context
from pipeline.papers.methods import model_note
from pipeline.papers.results import Results, result_of
from pipeline.papers.tables.cells import with_interval
from pipeline.participation.transitions import places
from pipeline.paths import REPOSITORY, Paths
from pipeline.specs import Claim, Figure, declare, load_project
from pipeline.specs.comparing import MARK
from pipeline.specs.paper_reads import labels_of, pooling_waves
from pipeline.specs.rounding import percent, rounded
from pipeline.tables import estimates

FRONT = "---\ntitle: Trust\nstudy: sample\n---\n"
CONTEXT = StudyContext("A study", labels={"trust": "Trust", "contact": "Contact"})


def row(model, outcome, component, term, value, error=0.01, **more):
    ends = {"conf_low": value - 1.96 * error, "conf_high": value + 1.96 * error}
    known = {"model": model, "family": more.pop("family", "riclpm"), "outcome": outcome, "component": component}
    return {**known, "term": term, "estimate": value, "std_error": error, "p_value": 0.01, **ends, **more}


def lags(component="lag", **more):
    return [
        row("paths", "trust", component, "contact", 0.27, **more),
        row("paths", "contact", component, "trust", 0.05, **more),
    ]


def means(model="means", values=(2.0, 2.5), **more):
    waves = zip(("w01", "w02"), values, strict=True)
    return [
        row(model, "trust", "mean", "trust", value, wave=wave, family="design_means", **more) for wave, value in waves
    ]


FAILED = pl.DataFrame(
    [{"scale": "trust", "over": "waves", "is_comparable": False, "reason": "scalar invariance fails", "freed": None}]
)


def printed_row(component, value, low, high):
    """A whole row of estimates, as tables print it."""
    one = row("paths", "trust", component, "contact", value, n_persons=900, n_obs=900)
    return estimates([{**one, "conf_low": low, "conf_high": high}]).row(0, named=True)


def mistakes(body, rows, comparability=None, **more):
    try:
        render_paper(
            FRONT + body, results=estimates(rows), context=CONTEXT, name="paper.md",
            cautions=cautions_of(comparability, {}), **more,
        )  # fmt: skip
    except PaperError as error:
        return str(error)
    return ""


# Findings that nobody has decided about

FINDING = {"study": "s", "wave": "w02", "arm": "main", "item": "likes", "kind": "recoded", "what": "a code has gone"}


def findings(*severities_and_decisions):
    rows = [
        {**FINDING, "item": f"q{n}", "severity": severity, "decision": decision, "count": 5}
        for n, (severity, decision) in enumerate(severities_and_decisions)
    ]
    return pl.DataFrame(rows, schema_overrides={"decision": pl.String})


@pytest.mark.parametrize(
    ("found", "said", "listed"),
    [
        ([("warns", None), ("warns", "accept: tested"), ("notes", None)], "1 has been decided about and 1 has not", 1),
        ([("warns", None)] * 19, "19 differences call for a decision. None has been made", 19),
        ([("warns", "accept: tested")], "It has been made", 0),
        ([("notes", None)], "Nothing found calls for a decision", 0),
    ],
    ids=["some-decided", "none-decided", "all-decided", "notes-ask-for-nothing"],
)
def test_undecided_findings_are_counted_and_listed(found, said, listed):
    lead, *tables = differences(findings(*found), CONTEXT)
    assert isinstance(lead, Paragraph)
    assert said in plain(lead.runs)
    undecided = [table for table in tables if isinstance(table, TableBlock) and table.anchor == "undecided-table"]
    assert sum(len(table.rows) for table in undecided) == listed


@pytest.mark.parametrize(
    ("severity", "decision", "stops"),
    [("blocks", None, True), ("blocks", "accept: tested", False), ("warns", None, False)],
)
def test_a_blocking_finding_stops_the_paper_until_it_is_decided(severity, decision, stops):
    (*found,) = blocking(findings((severity, decision)), "paper.md")
    assert bool(found) is stops
    assert not stops or "q0: recoded" in found[0]
    assert not stops or "data/studies/s/waves/w02.yaml" in found[0]


# Levels that may not be compared


@pytest.mark.parametrize(
    ("says", "stops"),
    [
        ('claim(est("means", "trust", wave="w02"), "greater_than", est("means", "trust", wave="w01"))', True),
        ('claim(est("means", "trust", wave="w02"), "not_different_from", est("means", "trust", wave="w01"))', True),
        ('claim(est("change", "w01_to_w02"), "positive")', True),
        ('claim(est("means", "trust", wave="w02"), "less_than", 3)', False),
    ],
    ids=["two-levels", "no-difference", "a-change", "one-level"],
)
def test_no_claim_compares_levels_without_scalar_invariance(says, stops):
    rows = [*means(), row("change", "trust", "change", "w01_to_w02", 0.5, wave="w02", family="design_changes")]
    said = mistakes(f"Trust rose. {{{{ {says} }}}}\n", rows, FAILED)
    assert ("may not be compared" in said) is stops
    assert mistakes(f"Trust rose. {{{{ {says} }}}}\n", rows) == "" or "not_different" in says


def figure(title):
    spec = Figure(study="elsoc", kind="trend", title=title, models=("means",), outcomes=("trust",))
    study = load_project(Paths(REPOSITORY)).studies["elsoc"]
    return draw(spec, study, estimates=estimates(means()), labels={"trust": "Trust"}, comparability=FAILED)


def test_the_mark_stands_at_the_title_and_at_each_value():
    drawing = figure("Trust was rare in every wave")
    assert drawing.title == "Trust was rare in every wave †"
    assert "2.00†" in drawing.alt
    assert "2.50†" in drawing.alt


@pytest.mark.parametrize(
    "title", ["Trust rose", "Trust is higher in 2017", "Trust changed little", "Trust fell, then recovered"]
)
def test_no_title_compares_such_levels(title):
    with pytest.raises(PaperError, match="may not be compared"):
        figure(title)


def test_a_claim_is_judged_when_the_figure_is_drawn():
    about = {"comparability": None, "groups": {}, "labels": {}, "ranges": {}}
    claim = Claim(model="paths", term="contact", outcome="trust", component="lag", says="negative")
    with pytest.raises(PaperError, match="does not support “Trust falls”: said to be negative"):
        judge_figure("lags", "Trust falls", [claim], estimates(lags()), **about)


# Effects on different scales


@pytest.mark.parametrize(
    ("rows", "component", "message"),
    [
        (lags(), "lag", "lag_standardised"),
        (lags("lag_rescaled"), "lag_rescaled", "lag_standardised"),
        (lags("lag_standardised"), "lag_standardised", ""),
        (lags("within", family="within_between"), "within", "different scales"),
    ],
)
def test_effects_are_compared_only_on_one_scale(rows, component, message):
    other = Claim(model="paths", term="trust", outcome="contact", component=component, says="positive")
    claim = Claim(model="paths", term="contact", outcome="trust", component=component, says="greater_than", than=other)
    problems = check([claim], estimates(rows))
    assert bool(problems) is bool(message)
    assert not message or message in problems[0]


def test_levels_of_scales_with_other_ends_are_not_compared():
    rows = [*means(), row("means", "contact", "mean", "contact", 1.0, wave="w01", family="design_means")]
    claim = Claim(
        model="means", term="trust", wave="w01", says="greater_than",
        than=Claim(model="means", term="contact", wave="w01", says="positive"),
    )  # fmt: skip
    alike, apart = ({"trust": (1.0, 5.0), "contact": ends} for ends in ((1.0, 5.0), (0.0, 10.0)))
    assert check([claim], Results(estimates(rows), ranges=alike)) == []
    assert "different scales" in check([claim], Results(estimates(rows), ranges=apart))[0]


def test_a_path_figure_offers_standardised_lags():
    spec = Figure(
        study="elsoc", kind="path", title="Paths", models=("paths",), terms=("trust", "contact"), standardised=True
    )
    rows = [*lags(), row("paths", "trust", "lag_standardised", "contact", 0.13, wave="w02")]
    drawing = draw(spec, load_project(Paths(REPOSITORY)).studies["elsoc"], estimates=estimates(rows))
    assert "Standardised" in drawing.alt
    assert "0.13 (" in drawing.alt


# Rounding


@pytest.mark.parametrize(
    ("value", "low", "high", "printed"),
    [
        (0.03, 0.004, 0.056, "0.030 (0.004 to 0.056)"),
        (-0.03, -0.06, -0.0004, "−0.0300 (−0.0600 to −0.0004)"),
        (0.0, -0.02, 0.02, "0.00 (−0.02 to 0.02)"),
        (0.1, 0.0, 0.2, "0.10 (0.00 to 0.20)"),
    ],
    ids=["low-end", "high-end", "zero-itself", "an-end-that-is-zero"],
)
def test_an_interval_is_never_rounded_onto_zero(value, low, high, printed):
    one = printed_row("within", value, low, high)
    assert with_interval(one) == printed
    rows = [{**row("paths", "trust", "within", "contact", value), "conf_low": low, "conf_high": high}]
    bound = 'est("paths", "contact")'
    document = render_paper(
        f"{FRONT}{{{{ {bound} | dp(2) }}}} ({{{{ {bound} | interval(2) }}}})\n",
        results=estimates(rows),
        context=CONTEXT,
    )
    assert plain(document.blocks[0].runs) == printed


def test_nor_that_of_a_ratio_onto_one():
    one = printed_row("odds_ratio", 1.02, 1.003, 1.04)
    assert with_interval(one) == "1.020 (1.003 to 1.040)"


def test_a_size_keeps_an_interval_around_zero_around_zero():
    rows = [row("paths", "trust", "within", "contact", -0.1, error=0.1)]
    document = render_paper(
        f'{FRONT}{{{{ est("paths", "contact") | size | interval(1) }}}}\n', results=estimates(rows), context=CONTEXT
    )
    assert plain(document.blocks[0].runs) == "−0.1 to 0.3"


@pytest.mark.parametrize(
    ("value", "low", "high", "printed"),
    [
        (0.004, -0.016, 0.024, "0.004 (−0.016 to 0.024)"),
        (-0.0004, -0.02, 0.02, "−0.0004 (−0.0200 to 0.0200)"),
        (0.00001, -0.02, 0.02, "< 0.0001 (−0.0200 to 0.0200)"),
        (-0.00001, -0.02, 0.02, "> −0.0001 (−0.0200 to 0.0200)"),
    ],
    ids=["one-digit", "two-places-more", "smaller-than-shown", "from-below"],
)
def test_nor_is_an_estimate(value, low, high, printed):
    one = printed_row("within", value, low, high)
    assert with_interval(one) == printed
    assert drawn_with_interval(value, low, high) == printed
    rows = [{**row("paths", "trust", "within", "contact", value), "conf_low": low, "conf_high": high}]
    bound = 'est("paths", "contact")'
    document = render_paper(
        f"{FRONT}{{{{ {bound} | dp(2) }}}} ({{{{ {bound} | interval(2) }}}})\n",
        results=estimates(rows),
        context=CONTEXT,
    )
    assert plain(document.blocks[0].runs) == printed


@pytest.mark.parametrize(
    ("share", "places", "printed"),
    [(0.9996, 0, "99.96%"), (0.0004, 0, "0.04%"), (1.0, 0, "100%"), (0.0, 1, "0.0%"), (0.594, 0, "59%")],
)
def test_a_share_is_neither_none_nor_all_unless_it_is(share, places, printed):
    assert percent(share, places) == printed


def test_a_number_without_an_interval_is_not_nothing_either():
    assert [rounded(value) for value in (0.004, 0.00001, -0.004, 0.0, 1e-17)] == [
        "0.004", "< 0.0001", "−0.004", "0.00", "0.00",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (0.57, "0.570"), (0.0321, "0.032"), (0.0004, "< 0.001"), (0.0496, "0.0496"), (0.0502, "0.0502"),
        (0.05, "0.050"), (0.00996, "0.00996"), (0.99991, "> 0.999"), (1.0, "1.000"),
    ],
)  # fmt: skip
def test_a_p_value_is_rounded_alike_everywhere_and_never_onto_a_level(value, printed):
    rows = [row("paths", "trust", "coefficient", "contact", 0.2) | {"family": "pooled", "p_value": value}]
    document = render_paper(
        f'{FRONT}{{{{ est("paths", "contact") | p }}}}\n\n:::table estimates paths\n:::\n',
        results=estimates(rows), context=CONTEXT,
    )  # fmt: skip
    assert plain(document.blocks[0].runs) == (f"p {printed}" if printed[0] in "<>" else f"p = {printed}")
    assert plain(document.blocks[1].rows[0].cells[-1]) == printed


# One unit and one rounding in text and figure


def drawn(**more):
    return FigureFile(b"<svg/>", "alt", "Trust", "A source", **more)


SHARE = row("shares", "trust", "coefficient", "area", 0.1, family="design_regression")


@pytest.mark.parametrize(
    ("filters", "is_percent", "message"),
    [
        ("dp(2)", False, ""),
        ("dp(3)", False, "to 3 decimal places here and to 2 in the figure"),
        ("interval(1)", False, "to 1 decimal places here and to 2 in the figure"),
        ("per(100) | dp(0)", True, ""),
        ("per(100) | dp(1)", True, "to 1 decimal places here and to 0"),
        ("per(100) | dp(0)", False, "as a percentage here and in its own units in the figure"),
        ("pct", False, "as a percentage here and in its own units in the figure"),
        ("dp(2)", True, "in its own units here and as a percentage in the figure"),
        ("per(100) | size | interval(0)", True, ""),
    ],
)
def test_text_and_figure_print_a_result_alike(filters, is_percent, message):
    (found,) = estimates([SHARE]).rows(named=True)
    body = f'{{{{ est("shares", "area") | {filters} }}}}\n\n:::figure gap\n'
    figures = {"gap": drawn(prints={result_of(found): is_percent})}
    said = mistakes(body, [SHARE], figures=figures)
    assert message in said
    assert bool(said) is bool(message)


# The mark on every kind of figure


GROUPS = pl.DataFrame(
    [
        {"scale": "trust", "over": over, "is_comparable": False, "reason": "scalar invariance fails", "freed": None}
        for over in ("waves", "minority")
    ]
)


@pytest.mark.parametrize(
    ("kind", "rows", "keys"),
    [
        ("trend", means(), {"outcomes": ("trust",)}),
        (
            "coefficients",
            [row("gap", "trust", "coefficient", "minority", 0.2, family="design_regression")],
            {"terms": ("minority",)},
        ),
        (
            "sensitivity",
            [row("gap", "trust", "version", "minority", 0.2, family="sensitivity", group="unweighted")],
            {},
        ),
        (
            "odds_ratios",
            [row("gap", "trust", "coefficient", "minority", 0.2, family="logit")],
            {"terms": ("minority",)},
        ),
    ],
    ids=["trend", "coefficients", "sensitivity", "odds-ratios"],
)
def test_the_mark_stands_on_every_kind_of_figure_that_compares_levels(kind, rows, keys):
    def made(title):
        model = rows[0]["model"]
        spec = Figure(study="elsoc", kind=kind, title=title, models=(model,), **keys)
        study = load_project(Paths(REPOSITORY)).studies["elsoc"]
        return draw(spec, study, estimates=estimates(rows), labels={"trust": "Trust"}, comparability=GROUPS)

    drawing = made("Trust of minorities")
    assert drawing.title == "Trust of minorities †"
    assert "† Measurement differs" in drawing.note
    assert len([word for word in drawing.alt.split() if word.rstrip(",.;").endswith("†") and word[0].isdigit()]) == len(
        rows
    )
    with pytest.raises(PaperError, match="may not be compared"):
        made("Minorities trust more")


@pytest.mark.parametrize(
    ("component", "term", "wave", "is_marked"),
    [
        ("coefficient", "minority", None, True),
        ("within", "contact", None, False),
        ("lag", "contact", "w02", False),
        ("wave", "w02", "w02", True),
        ("growth", "slope", None, True),
        ("change", "w01_to_w02", "w02", True),
        ("loading", "q1", "w02", False),
    ],
)
def test_what_compares_levels_is_marked_in_tables_and_text(component, term, wave, is_marked):
    (found,) = estimates([row("one", "trust", component, term, 0.2, wave=wave)]).rows(named=True)
    assert bool(cautions_of(GROUPS, {}).of(found)) is is_marked


@pytest.mark.parametrize(
    ("keys", "pools"),
    [
        ({}, False),
        ({"wave_effects": False}, True),
        ({"wave_effects": False, "waves": ("w01",)}, False),
        ({"family": "fixed_effects", "wave_effects": False}, True),
        ({"family": "fixed_effects", "effects": "person_and_wave"}, False),
        ({"family": "first_difference", "wave_effects": False}, True),
        ({"family": "between"}, True),
    ],
    ids=["terms", "no-terms", "one-wave", "fixed-effects", "absorbed", "first-differences", "means-of-people"],
)  # fmt: skip
def test_models_without_a_term_for_each_wave_pool_waves(keys, pools):
    declared = {"family": "within_between", **keys}
    model = declare(outcome="trust", exposures=("contact",), **declared)
    again = declare(family="sensitivity", of="m", weights="w", result={"term": "contact"})
    every = {"m": model, "again": again}
    assert pooling_waves(every, every) == (tuple(every) if pools else ())


@pytest.mark.parametrize(
    ("outcome", "term", "is_marked"),
    [("trust", "contact", True), ("liking", "trust", True), ("liking", "contact", False)],
    ids=["the-outcome-failed", "the-exposure-failed", "neither"],
)
def test_effects_of_models_without_wave_terms_are_marked_and_claim_nothing(outcome, term, is_marked):
    effect = row("within", outcome, "within", term, 0.2, family="within_between")
    body = f'It is {{{{ est("within", "{term}", outcome="{outcome}") | dp(2) }}}}.\n\n:::table models within\n:::\n'
    claim = f'{{{{ claim(est("within", "{term}", outcome="{outcome}"), "positive") }}}}\n'
    for pooling in ((), ("within",)):
        cautions = cautions_of(FAILED, {}, pooling)
        document = render_paper(FRONT + body, results=estimates([effect]), context=CONTEXT, cautions=cautions)
        expected = is_marked and bool(pooling)
        text, table, *_ = document.blocks
        assert (MARK in [getattr(run, "mark", "") for run in text.runs]) is expected
        assert any(MARK in plain(cell) for one in table.rows for cell in one.cells) is expected
        study = load_project(Paths(REPOSITORY)).studies["elsoc"]
        spec = Figure(study="elsoc", kind="coefficients", title="Contact", models=("within",), terms=(term,))
        drawing = draw(spec, study, estimates=estimates([effect]), comparability=FAILED, pooling=pooling)
        assert drawing.title.endswith(MARK) is expected
        if expected:
            with pytest.raises(PaperError, match="may not be compared"):
                render_paper(FRONT + claim, results=estimates([effect]), context=CONTEXT, cautions=cautions)


def test_the_words_of_a_marked_trend_name_no_highest_value():
    rows = [
        row("means", "trust", "mean", "trust", value, wave=wave, family="design_means")
        for wave, value in (("w01", 2.0), ("w02", 2.5), ("w03", 2.2))
    ]
    spec = Figure(study="elsoc", kind="trend", title="Trust by wave", models=("means",), outcomes=("trust",))
    study = load_project(Paths(REPOSITORY)).studies["elsoc"]
    assert "highest 2.50" in draw(spec, study, estimates=estimates(rows)).alt
    alt = draw(spec, study, estimates=estimates(rows), comparability=FAILED).alt
    assert "highest" not in alt
    assert "2.50†" in alt


# What titles may claim


def test_titles_claim_facts_and_numbers():
    took_part = pl.DataFrame(
        [
            {"person_id": person, "arm": "main", "wave": f"w0{wave}", "is_present": here == "1"}
            for person, pattern in enumerate(["111", "111", "110", "101", "011"])
            for wave, here in enumerate(pattern, start=1)
        ]
    )
    about = {"comparability": None, "groups": {}, "labels": {}, "ranges": {}, "participation": took_part}
    sound = [
        Claim(fact="every_wave", says="between", than=(0.35, 0.45)),
        Claim(fact="returned", says="between", than=(1, 1)),
        Claim(fact="late", says="positive"),
        Claim(fact="again", says="greater_than", than=0.9),
        Claim(fact="left_for_good", says="less_than", than=0.5),
        Claim(fact="commonest_pattern", says="less_than", than=0.5),
    ]
    judge_figure("who", "Two in five answered every wave", sound, None, **about)
    for claim in (Claim(fact="every_wave", says="greater_than", than=0.5), Claim(fact="late", says="negative")):
        with pytest.raises(PaperError, match="does not support “Most stayed”"):
            judge_figure("who", "Most stayed", [claim], None, **about)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"says": "positive"}, "names a result by `model` and `term`, or a `fact`"),
        ({"fact": "waves", "model": "m", "term": "t", "says": "positive"}, "not both"),
        ({"fact": "waves", "says": "greater_than"}, "needs `than`"),
        ({"fact": "waves", "says": "between", "than": 3}, "needs two numbers"),
        ({"fact": "waves", "says": "positive", "than": 3}, "takes no `than`"),
    ],
)
def test_a_claim_says_what_it_is_about_and_compares_with(keys, message):
    with pytest.raises(ValueError, match=message):
        Claim(**keys)


@pytest.mark.parametrize(
    ("says", "holds"),
    [
        ('claim(est("paths", "contact", outcome="trust") | size, "greater_than", 0.2)', True),
        ('claim(est("paths", "contact", outcome="trust").p_value, "less_than", 0.05)', True),
        ('claim(est("paths", "contact", outcome="trust").p_value, "less_than", 0.001)', False),
        ('claim(est("paths", "contact", outcome="trust"), "not_different_from", 0.26)', True),
        ('claim(est("paths", "contact", outcome="trust"), "not_different_from", 0.2)', False),
    ],
)
def test_claims_about_numbers_sizes_and_p_values(says, holds):
    assert (mistakes(f"So it is. {{{{ {says} }}}}\n", lags()) == "") is holds


# Trends that disagree

LATER = "\n\n## Later\n\n"


@pytest.mark.parametrize(
    ("change", "between", "stops"),
    [
        (0.0, "\n## Later\n\n", True),
        (0.0, " and ", False),
        (0.5, "\n## Later\n\n", False),
        (-0.4, "\n## Later\n\n", True),
    ],
    ids=["said-elsewhere", "said-together", "they-agree", "the-other-way"],
)
def test_two_trends_that_disagree_are_reconciled_where_the_second_is_printed(change, between, stops):
    stayers = row("stayers", "trust", "change", "w01_to_w02", change, wave="w02", family="design_changes")
    first, second = ('{{ est("stayers", "w01_to_w02") | dp(2) }}', '{{ est("means", "trust", wave="w02") | dp(2) }}')
    said = mistakes(f"## First\n\n{first}{between}{second}\n", [*means(), stayers])
    assert ("two trends of Trust" in said) is stops


@pytest.mark.parametrize(
    ("body", "stops"),
    [
        ("## First\n\nIt changed by {change}.\n\n## Later\n\n:::figure trend\n", True),
        ("## First\n\nIt changed by {change}.\n\n:::figure trend\n", False),
        ("## First\n\n:::figure trend\n\n## Later\n\nIt changed by {change}, from {level}.\n", False),
        ("## First\n\n:::figure trend\n\n## Later\n\nIt changed by {change}.\n", True),
        ("## First\n\nIt changed by {change}.\n\n## Later\n\n:::table means means\n", True),
        ("## First\n\n:::table means means\n\n:::table estimates stayers\n", True),
        ("## First\n\nThe mean is {level}.\n\n## Later\n\n:::table estimates stayers\n", True),
        ("## First\n\nThe mean is {level}.\n\n## Later\n\nIt was {level}.\n\n:::table estimates stayers\n", False),
        ("## First\n\n:::table means means\n", False),
    ],
    ids=[
        "a-figure-alone", "in-words-beside-the-figure", "words-later", "only-one-later", "a-table-alone",
        "two-tables-without-a-word", "a-table-of-changes", "in-words-beside-the-table", "one-side-only",
    ],
)  # fmt: skip
def test_so_are_trends_that_a_figure_or_table_shows(body, stops):
    stayers = row("stayers", "trust", "change", "w01_to_w02", 0.0, wave="w02", family="design_changes")
    numbers = {
        "change": '{{ est("stayers", "w01_to_w02") | dp(2) }}',
        "level": '{{ est("means", "trust", wave="w02") | dp(2) }}',
    }
    figures = {"trend": drawn(levels=(("means", "trust"),))}
    said = mistakes(body.format(**numbers), [*means(), stayers], figures=figures)
    assert ("two trends of Trust" in said) is stops


@pytest.mark.parametrize(("values", "stops"), [((2.0, 2.5), False), ((2.0, 2.0), True), ((2.5, 2.0), True)])
def test_so_are_the_means_of_two_models(values, stops):
    weighted, unweighted = means(), means("unweighted", values)
    first, second = (f'{{{{ est("{model}", "trust", wave="w02") | dp(2) }}}}' for model in ("means", "unweighted"))
    said = mistakes(f"## First\n\n{first}\n\n## Later\n\n{second}\n", [*weighted, *unweighted])
    assert ("two trends of Trust" in said) is stops


# Thirds


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ([float(n) for n in range(1, 10)], ["lowest third", "middle third", "highest third"]),
        ([1.0] * 4 + [2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], ["lowest 36%", "middle 27%", "highest 36%"]),
        ([1.0] * 6 + [float(n) for n in range(2, 15)], ["lowest 37%", "middle 32%", "highest 32%"]),
    ],
)
def test_a_third_holds_a_third_or_says_what_it_holds(values, names):
    found = places(pl.DataFrame({"wave": ["w01"] * len(values), "trust": values}), "trust", "w01")
    assert found.dtype.categories.to_list() == names


# What `check` finds


MADE = {"raw", "sample", "warehouse", "build", "instance", "keys", "kept", "quarantine"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("data", "reports"):
        copytree(
            REPOSITORY / folder,
            tmp_path / folder,
            ignore=lambda _, names: (
                {"raw", "sample", "warehouse", "build", "instance", "keys", "kept", "quarantine"} & set(names)
            ),
        )
    return tmp_path


PLAN = "plan: {not_applicable: a test}\ndeviations: {not_applicable: a test}\n"
PAPER = (
    f"---\ntitle: T\nstudy: elsoc\nmodels: [elsoc_means, elsoc_liking_and_contact]\nfigures: [elsoc_trust]\n{PLAN}---\n"
)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (":::table means", "`:::table means` does not name the model that it prints; this paper has elsoc_means"),
        (":::table lags", "this paper has elsoc_liking_and_contact."),
        (":::table means elsoc_mean", "not a model of this paper; the nearest is `elsoc_means`"),
        (":::table lags elsoc_means", "the family `design_means` estimates no lag"),
        (":::table mean elsoc_means", "is not a kind of table; the nearest is `means`"),
        (":::figure elsoc_trusts", "not a figure of this paper; the nearest is `elsoc_trust`"),
        (":::section sensitivity model=elsoc_liking_how_sure", "not a model of this paper"),
        ('{{ est("elsoc_meens", "trust") | dp(2) }}', "`elsoc_meens` is not a model of this paper"),
    ],
)
def test_a_table_without_its_model_is_found_by_check(root, line, message):
    (root / "reports/papers/odd.md").write_text(f"{PAPER}\nText.\n\n{line}\n:::\n", encoding="utf-8")
    with pytest.raises(DeclarationErrors) as error:
        load_project(Paths(root))
    found = [problem for problem in error.value.problems if "odd.md:12" in problem]
    assert any(message in problem for problem in found), error.value.problems


def test_caveats_of_the_template_are_found_by_check(root):
    template = root / "data/studies/_template/caveats.md"
    (root / "data/studies/elsoc/caveats.md").write_text(template.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(DeclarationErrors, match=r"caveats\.md:5: is still the template's"):
        load_project(Paths(root))


@pytest.mark.parametrize(
    ("shows", "is_sound"),
    [
        (":::table fit elsoc_liking_and_contact elsoc_liking_and_contact_mixed", False),
        (":::table lags elsoc_liking_and_contact_mixed", False),
        (":::table lags elsoc_liking_and_contact", True),
        (":::figure elsoc_liking_lags", True),
    ],
)
def test_a_cross_lagged_model_needs_its_companion_shown(root, shows, is_sound):
    front = (
        "---\ntitle: T\nstudy: elsoc\nmodels: [elsoc_liking_and_contact, elsoc_liking_and_contact_mixed]\n"
        f"figures: [elsoc_liking_lags]\n{PLAN}---\n"
    )
    (root / "reports/papers/odd.md").write_text(f"{front}\n{shows}\n:::\n", encoding="utf-8")
    if is_sound:
        load_project(Paths(root))
        return
    with pytest.raises(DeclarationErrors, match="show its lags"):
        load_project(Paths(root))


def test_a_companion_that_is_withheld_is_no_companion():
    mixed = [{**one, "model": "mixed", "family": "clpm"} for one in lags()]
    assert mistakes("Text.\n", [*lags(), *mixed]) == ""
    withheld = [
        {**one, "estimate": None, "conf_low": None, "conf_high": None, "note": "withheld: no fit"} for one in lags()
    ]
    assert "is withheld (withheld: no fit)" in mistakes("Text.\n", [*withheld, *mixed])


@pytest.mark.parametrize(
    ("title", "message"),
    [
        ("Trust rose", "rose"), ("More than half trust others", "more"), ("Half of all stayed", "half"),
        ("Trust is rare", "rare"), ("Contact is associated with trust", "associated"), ("Trust by wave", ""),
        ("Mean answers, with intervals", ""),
    ],
)  # fmt: skip
def test_a_title_that_states_a_finding_declares_its_claims(root, title, message):
    text = f"study: elsoc\nkind: trend\ntitle: {title}\nmodels: [elsoc_means]\noutcomes: [protest]\n"
    (root / "reports/figures/elsoc_odd.yaml").write_text(text, encoding="utf-8")
    if not message:
        load_project(Paths(root))
        return
    with pytest.raises(DeclarationErrors, match=rf"elsoc_odd\.yaml:3: states a finding \(“{message}”\)"):
        load_project(Paths(root))


@pytest.mark.parametrize(
    ("sentence", "message"),
    [
        ("Protest rose after the uprising.", "rose"),
        ("- **Most people** trust nobody.", "most people"),
        ("Women were more likely to stay.", "more likely to"),
        ("About half of the people left.", "half of the"),
        ("Has trust rose or fell?", ""),
        ('Protest rose. {{ claim(est("elsoc_means", "protest", wave="w04"), "positive") }}', ""),
        ("A mean can change because people change.", ""),
        ('Protest rose, by {{ wave("w01") }}.', "rose"),
    ],
)
def test_a_sentence_that_states_a_finding_rests_on_a_result(root, sentence, message):
    (root / "reports/papers/odd.md").write_text(f"{PAPER}\n## Trust\n\n{sentence}\n", encoding="utf-8")
    if not message:
        load_project(Paths(root))
        return
    with pytest.raises(DeclarationErrors, match=rf"odd\.md:12: states a finding \(“(?i:{message})”\)"):
        load_project(Paths(root))


@pytest.mark.parametrize(
    ("body", "rows"),
    [
        (":::table means means", means()),
        (":::table estimates means", means()),
        (":::table models gap", [row("gap", "trust", "coefficient", "minority", 0.2, family="design_regression")]),
        (
            ":::table sensitivity gap",
            [row("gap", "trust", "version", "minority", 0.2, family="sensitivity", group="unweighted")],
        ),
    ],
    ids=["means", "estimates", "models", "sensitivity"],
)
def test_the_mark_stands_at_each_value_of_a_table(body, rows):
    document = render_paper(
        f"{FRONT}{body}\n:::\n", results=estimates(rows), context=CONTEXT, name="paper.md",
        cautions=cautions_of(GROUPS, {}),
    )  # fmt: skip
    (table,) = (block for block in document.blocks if isinstance(block, TableBlock) and block.number)
    cells = [plain(cell) for own in table.rows for cell in own.cells]
    assert sum("†" in cell and cell[0].isdigit() for cell in cells) == len(rows)
    assert any(note.startswith("†") for note in table.notes)


# One name for one thing


FIGURE = "study: elsoc\nkind: coefficients\ntitle: Effects of contact\nmodels: [elsoc_liking_follows_contact]\n"


@pytest.mark.parametrize(
    ("first", "second", "called"),
    [
        ("contact_quantity: Contact", "contact_quantity: Contact (one more step)", "Contact"),
        ("contact_quantity: Contact", "contact_quantity: Meeting migrants", None),
        ("contact_quantity: Contact", "elsoc_liking_follows_contact: Liking", "Contact"),
        ("elsoc_liking_follows_contact: Liking", "elsoc_liking_follows_contact: Liking", "Contact quantity"),
    ],
    ids=["a-unit-in-brackets", "two-names", "one-without-a-name", "as-the-vocabulary-has-it"],
)
def test_tables_use_the_one_name_that_figures_have(root, first, second, called):
    for key, label in (("elsoc_odd", first), ("elsoc_even", second)):
        (root / f"reports/figures/{key}.yaml").write_text(
            f"{FIGURE}terms: [contact_quantity]\nlabels: {{{label}}}\n", encoding="utf-8"
        )
    text = (
        "---\ntitle: T\nstudy: elsoc\nmodels: [elsoc_liking_follows_contact]\nfigures: [elsoc_odd, elsoc_even]\n"
        f"{PLAN}---\n"
        "\nText.\n\n:::table models elsoc_liking_follows_contact\n:::\n"
    )
    (root / "reports/papers/odd.md").write_text(text, encoding="utf-8")
    if called is None:
        with pytest.raises(DeclarationErrors, match=r"odd\.md:5: `contact_quantity` has 2 names in the figures"):
            load_project(Paths(root))
        return
    project = load_project(Paths(root))
    assert labels_of(project.papers["odd"], text, project)["contact_quantity"] == called


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({("main", "w01"), ("main", "w02"), ("extra", "w02")}, "every wave"),
        ({("main", "w02"), ("extra", "w02")}, "Main: 2017; Extra: every wave"),
        ({("extra", "w02")}, "Main: no wave; Extra: every wave"),
    ],
    ids=["everywhere", "in-one-arm-later", "in-one-arm-only"],
)
def test_where_a_question_was_asked_is_said_by_arm(asked, said):
    labels = {"w01": "2016", "w02": "2017", "main": "Main", "extra": "Extra"}
    places = (("main", "w01"), ("main", "w02"), ("extra", "w02"))
    study = StudyContext(
        "A study",
        labels=labels,
        fieldwork={place: Fieldwork(labels[place[1]], "") for place in places},
        questions={
            "trust": (Question("q", "Trust", "Do you trust?", ("q",), ("w01", "w02"), places=frozenset(asked)),)
        },
    )
    document = render_paper(f"{FRONT}:::table items trust\n:::\n", results=estimates(means()), context=study)
    table = next(block for block in document.blocks if isinstance(block, TableBlock) and block.number)
    assert plain(table.rows[0].cells[-1]) == said


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({}, ""),
        ({"waves": ("w01", "w02")}, "in 2016 and 2017"),
        ({"arms": ("main",)}, "of “Kent, Scotland and Wales”"),
        ({"waves": ("w01",), "arms": ("main", "six")}, "in 2016, of “Kent, Scotland and Wales” and Six areas"),
    ],
)
def test_a_method_says_of_which_waves_and_arms_its_results_are(keys, said):
    labels = {"w01": "2016", "w02": "2017", "main": "Kent, Scotland and Wales", "six": "Six areas"}
    declared = {"question": "?", "study": "s", "family": "pooled", "outcome": "trust", "exposures": ("contact",)}
    note = model_note(declare(**declared, **keys), {}, labels)
    assert note.method.endswith(f"a term for each wave; {said}" if said else "a term for each wave")


def test_groups_of_yes_and_no_are_called_by_their_concept():
    study = load_project(Paths(REPOSITORY)).studies["parallel_lives"]
    found = declared_context(study, models={}, labels={"ethnic_minority": "Ethnic minority"}, assumptions=()).labels
    assert found["ethnic_minority=1"] == "Ethnic minority"
    assert found["ethnic_minority=0"] == "White British"


def test_answers_are_called_by_what_people_said_where_the_item_is_turned_round():
    study = load_project(Paths(REPOSITORY)).studies["parallel_lives"]
    item = study.items["friends_other_group"].model_copy(update={"reverse": True})
    turned = replace(study, items={**study.items, "friends_other_group": item})
    found = declared_context(turned, models={}, labels={"outgroup_friends": "Friends"}, assumptions=()).labels
    assert found["outgroup_friends=1"] == item.codes["4"]
    assert found["outgroup_friends=4"] == item.codes["1"]


@pytest.mark.parametrize(
    ("table", "printed"),
    [("models", ["0.20 (0.00 to 0.40)"]), ("estimates", ["0.20", "0.00 to 0.40"])],
)
def test_tables_give_effects_for_the_units_of_the_figures(table, printed):
    found = row("m", "trust", "coefficient", "age", 0.02, family="pooled") | {"conf_low": 0.0, "conf_high": 0.04}
    context = replace(CONTEXT, labels={"age": "Age"}, units={"age": 10.0}, unit_words={"age": "for ten years more"})
    body = f"{FRONT}:::table {table} m\n:::\n"
    document = render_paper(body, results=estimates([found]), context=context)
    block = next(block for block in document.blocks if isinstance(block, TableBlock) and block.number)
    first, *others = [plain(cell) for cell in block.rows[0].cells]
    assert first.startswith("Age (for ten years more)")
    assert others[: len(printed)] == printed


# Axes and tables say what they do not show


@pytest.mark.parametrize(
    ("percent", "y_range", "outcomes", "said"),
    [
        (False, None, ("trust",), "The vertical axis covers the values shown, not the scale."),
        (False, None, ("trust", "contact"), "Vertical axes differ between panels: they cover the values shown"),
        (True, None, ("trust",), "The vertical axis does not start at zero."),
        (True, (0.0, 100.0), ("trust",), ""),
    ],
)
def test_a_trend_says_where_its_axis_starts(percent, y_range, outcomes, said):
    values = (0.4, 0.45) if percent else (2.0, 2.5)
    rows = [{**one, "outcome": name, "term": name} for name in outcomes for one in means(values=values)]
    keys = {"y_range": y_range} if y_range else {}
    spec = Figure(
        study="elsoc", kind="trend", title="Trust", models=("means",), outcomes=outcomes, percent=percent, **keys
    )
    drawing = draw(spec, load_project(Paths(REPOSITORY)).studies["elsoc"], estimates=estimates(rows))
    texts = " ".join(text.get_text() for text in drawing.figure.texts)
    assert said in " ".join(texts.split())
    assert bool(said) or "vertical axis" not in texts


@pytest.mark.parametrize(
    ("body", "hints"),
    [
        (":::table models paths\n:::", True),
        (":::table estimates paths\n:::", False),
        ("| A | B |\n|---|---|\n| a | b |", False),
    ],
    ids=["five-columns", "four-columns", "typed-tables-are-stacked"],
)
def test_a_table_wider_than_a_phone_says_that_it_scrolls(body, hints):
    rows = [row("paths", "trust", part, "contact", 0.2, family="within_between") for part in ("within", "between")]
    document = render_paper(f"{FRONT}## One\n\n{body}\n", results=estimates(rows), context=CONTEXT)
    page = written(document, "html", (REPOSITORY / "reports/templates/paper.html.j2").read_bytes()).decode()
    assert ('<p class="hint">' in page.partition('id="table-1"')[2].partition("</figure>")[0]) is hints


@pytest.mark.parametrize(
    ("component", "option", "said"),
    [
        ("lag", "", "at the next wave that one point more at this wave"),
        ("lag_standardised", " standardised=yes", "in standard deviations, that one standard deviation more"),
        ("lag_rescaled", " rescaled=yes", "after the time stated below that one point more"),
    ],
)
def test_a_table_of_lags_says_on_which_scale_they_are(component, option, said):
    rows = lags(component, wave="w02", note="over one year, by a continuous-time model")
    document = render_paper(f"{FRONT}:::table lags paths{option}\n:::\n", results=estimates(rows), context=CONTEXT)
    block = next(block for block in document.blocks if isinstance(block, TableBlock) and block.number)
    assert said in block.notes[0]
    assert "The wave named is the one at which the outcome is measured." in block.notes[0]
