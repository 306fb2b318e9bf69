"""Scripts of an export: R computes every number of every family again, in base R, and says where one differs.

There is no Stata here: of the do-file the form, the names and the numbers are checked, and the command of each family.
"""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import polars as pl
import pyreadstat
import pytest
from export_panel import MODELS, data_of, exported, panel
from pygments.lexers import get_lexer_by_name
from pygments.token import Error

from pipeline.exports.scripts.call import Call
from pipeline.exports.scripts.stata_script import comment
from pipeline.exports.scripts.written import script_files
from pipeline.specs.families import FAMILIES
from pipeline.specs.scripts import SCRIPT_FAMILIES

needs_r = pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scripts") / "out"
    return folder, exported(folder)


def run_r(folder: Path, name: str = "reproduce.R") -> tuple[int, str]:
    """The script with base R alone, in a locale without letters beyond ASCII."""
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LC_ALL": "C",
        "R_LIBS_SITE": "/nowhere",
        "R_LIBS_USER": "/nowhere",
    }
    done = subprocess.run(["Rscript", name], cwd=folder, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_every_family_says_how_it_is_computed_or_why_not():
    assert set(SCRIPT_FAMILIES) == set(FAMILIES)
    for key, record in SCRIPT_FAMILIES.items():
        assert bool(record.r) != bool(record.why_not), key
        assert set(record.components) <= set(FAMILIES[key].components), key
        assert bool(record.components) == bool(record.r), key


def test_every_family_that_base_r_computes_is_tried():
    tried = {declared.get("family", name) for name, declared in MODELS.items()}
    assert tried == {key for key, record in SCRIPT_FAMILIES.items() if record.r and not record.packages}


@needs_r
def test_r_gives_every_number(made):
    folder, models = made
    code, said = run_r(folder)
    assert code == 0, said[-3000:]
    with (folder / "expected.csv").open() as file:
        numbers = sum(bool(row[part]) for row in csv.DictReader(file) for part in ("estimate", "std_error"))
    found = re.search(r"([\d]+) numbers compared, 0 differ .* greatest relative difference ([\d.]+e[+-]\d+)", said)
    assert found is not None, said[-1000:]
    assert int(found[1]) == numbers > 500
    assert float(found[2]) < 1e-7
    assert all(f"\n{call.name} (" in said for call in models)


@needs_r
@pytest.mark.parametrize("part", ["estimate", "std_error", "row"])
def test_a_number_that_differs_ends_the_script_with_an_error(made, tmp_path, part):
    folder = shutil.copytree(made[0], tmp_path / "out")
    file = folder / "expected.csv"
    rows = list(csv.DictReader(file.open()))
    place = next(at for at, row in enumerate(rows) if row["model"] == "fixed_effects")
    if part == "row":
        rows[place]["term"] = "nothing"
    else:
        rows[place][part] = repr(float(rows[place][part]) * 1.00001)
    with file.open("w", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(row for row in rows if row["model"] == "fixed_effects")
    script = (folder / "reproduce.R").read_text()
    head, *models = re.split(r"(?m)^(?=# --- )", script)
    (folder / "one.R").write_text(
        head + next(one for one in models if one.startswith("# --- fixed_effects:")) + "conclude()\n"
    )
    code, said = run_r(folder, "one.R")
    assert code == 1
    assert re.search(r"\n  x (estimate|se) ", said)


@pytest.fixture(scope="module")
def do_file(made):
    return *made, (made[0] / "reproduce.do").read_text()


def models(text: str) -> dict[str, list[str]]:
    """Model → its lines."""
    parts = re.split(r"(?m)^\* --- (\w+): .*\n", text)
    return {name: body.splitlines() for name, body in zip(parts[1::2], parts[2::2], strict=True)}


def test_its_form_is_that_of_a_do_file(do_file):
    text = do_file[2]
    tokens = list(get_lexer_by_name("stata").get_tokens(text))
    assert [value for kind, value in tokens if kind is Error and value.strip("\n")] == []
    depth = 0
    for line in text.splitlines():
        assert line.count('"') % 2 == 0, line
        assert line.count("`") == line.count("'") or line.startswith("*") or "//" in line, line
        depth += line.endswith("{") - line.strip().startswith("}")
        assert depth >= 0
    assert depth == 0
    assert len(re.findall(r"(?m)^program define", text)) == len(re.findall(r"(?m)^end$", text))
    assert len(re.findall(r"(?m)^preserve$", text)) == len(re.findall(r"(?m)^restore$", text)) > 0


WORDS = {
    "if", "by", "mean", "max", "group", "missing", "inlist", "i", "aweight", "vce", "cluster", "fe", "re", "sa", "be",
    "absorb", "noconstant", "reml", "generate", "cond", "keep", "match", "nogenerate", "using", "dta", "level", "in",
    "regress", "svy", "subpop", "quietly", "byte", "double", "long", "drop", "clear", "answered", "domain", "m",
    "certainty", "centered", "scaled", "weight", "varlist", "_n", "_N", "dummy", "d_", "r", "n", "replicates_stayers",
}  # fmt: skip
VERBS = re.compile(
    r"^(quietly )?(by \w+: )?(egen|generate|encode|collapse|merge|tabulate|logit|xtreg|areg|regress|mixed|count|"
    r"levelsof|estimates|lincom|keep|replace|sort|xtset|design_estimate|declare_design)\b"
)
COMMANDS = (
    "keep", "egen", "encode", "xtset", "quietly", "generate", "merge", "sort", "by", "collapse", "design_estimate",
    "declare_design", "replace",
)  # fmt: skip


def test_every_variable_is_in_the_file_or_made_before(do_file):
    folder, _, text = do_file
    known = set(pyreadstat.read_dta(folder / "panel.dta", metadataonly=True)[1].column_names)
    for name, lines in models(text).items():
        own = set()
        for line in lines:
            if not line.startswith(COMMANDS):
                continue
            bare = re.sub(r'"(w\d\d|north|south)"(:wave_n)?|`\w+\'', " ", line)
            bare = VERBS.sub(" ", bare)
            used = set(re.findall(r"(?<![\w.])[A-Za-z_]\w*", bare)) | set(re.findall(r"(?<=i\.)\w+", bare))
            own |= set(re.findall(r"(?:egen|generate) (?:byte|double|long) (\w+) =", line))
            own |= set(re.findall(r"generate\((\w+)\)", line))
            made_here = own | {
                word
                for word in used
                if re.fullmatch(r"in_wave_\d*|d_in_wave_|replicate_\w*|fixed|random|store|restore|1m", word)
            }
            assert used <= known | made_here | WORDS, (name, line, used - known - made_here - WORDS)


def test_every_estimate_is_compared_or_said_not_to_be(do_file):
    _, calls, text = do_file
    written = models(text)
    assert set(written) == set(MODELS)
    for call in calls:
        lines = written[call.name]
        compared = [line for line in lines if line.startswith("compare_number") and ', se"' not in line]
        here = {row["component"] for row in call.estimates.to_dicts()}
        left = {"marginal_effect", "difference_of_changes", "fit"}
        expected = call.estimates.filter(~call.estimates["component"].is_in(sorted(left))).height
        fit = sum(line.startswith("compare_number") and ", fit, " in line for line in lines)
        assert len(compared) - fit == expected, (call.name, here)
        for row in call.estimates.to_dicts():
            if row["component"] not in left:
                assert any(repr(row["estimate"]) in line for line in compared), (call.name, row)


GOLDEN = {
    "fixed_effects": "quietly xtreg trust contact i.wave_n, fe vce(cluster person_id_c)",
    "fixed_effects_replicated": 'replicate_error 0.09090909090909091 "_b[contact]" '
    '"areg trust contact i.wave_n [aweight = @], absorb(person_n)"',
    "pooled_weighted": "quietly regress trust contact i.wave_n [aweight = design_weight], vce(cluster psu_c)",
    "random_effects": "quietly xtreg trust contact age i.wave_n, re sa vce(cluster person_id_c)",
    "within_between": "quietly mixed trust own_1 mean_1 age i.wave_n || person_n:, reml",
    "first_difference": "quietly regress change_0 change_1 d_in_wave_*, noconstant vce(cluster person_id_c)",
    "mundlak": "quietly xtreg trust contact age i.wave_n mean_1, re sa vce(cluster person_id_c)",
    "logit_alone": "quietly logit volunteered contact",
    "attrition": "quietly logit stayed contact is_woman",
    "design_means": 'design_estimate "mean z_value" z_value z_inside answered',
    "design_changes": 'design_estimate "regress z_value z_added" z_value z_inside domain',
    "design_regression": 'design_estimate "regress trust contact age i.wave_n" trust z_inside answered',
}  # fmt: skip


@pytest.mark.parametrize("name", GOLDEN)
def test_the_command_of_a_family(do_file, name):
    assert GOLDEN[name] in models(do_file[2])[name]


def test_replicates_lie_beside_it_under_the_names_it_uses(do_file):
    folder = do_file[0]
    assert re.search(r"using replicates_stayers.dta", do_file[2])
    names = pyreadstat.read_dta(folder / "replicates_stayers.dta", metadataonly=True)[1].column_names
    assert names[0] == "person_id"
    assert all(re.fullmatch(r"replicate_\d{4}", name) for name in names[1:])


def test_every_family_that_r_computes_is_written_unless_it_needs_a_package():
    assert all(bool(one.stata) == (bool(one.r) and not one.packages) for one in SCRIPT_FAMILIES.values())


@pytest.mark.parametrize("text", ['a "b"', "a /* b", "a */ b", "`x'", "$HOME", "a\nb", "a /// b"])
def test_no_text_ends_a_comment_or_string(text):
    found = comment(text)
    assert not re.search(r'["`$\n]|/\*|\*/|///', found)


def test_the_correction_is_that_of_the_estimates_in_whatever_words_they_say_it(made):
    def written(models: list[Call]) -> dict[str, bytes | str]:
        return dict(script_files(data_of(panel()), models, ("csv", "dta")))

    _, models = made
    reworded = [replace(call, estimates=call.estimates.with_columns(covariance=pl.lit("robust"))) for call in models]
    assert written(reworded) == written(models)
    drawn = {call.name for call in models if call.correction == "stata" and call.model.correction != "stata"}
    assert drawn, "one of the models has few areas, and so another correction than it declares"
    unsaid = [replace(call, estimates=call.estimates.with_columns(correction=pl.lit("hc1"))) for call in models]
    assert written(unsaid) != written(models)
