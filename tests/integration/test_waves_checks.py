"""What a wave does otherwise is a check of its own in Dagster: an error where something stops it, else a warning."""

import pytest
from confirmed import confirm_all
from engine_runs import in_dagster
from panel_study import ABOUT as SETS_ASIDE
from panel_study import STUDY, changed, clean, declare_study, make_panel, raw, rebuild, write_sav

from pipeline.paths import Paths

STOPS = SETS_ASIDE.replace("doubtful: set_aside\n", "")


def findings_in_dagster(root):
    """The checks of ``findings/panel`` as Dagster has them: name → (passed, severity, description)."""
    confirm_all(root)
    done = in_dagster(root, f"findings/{STUDY}")
    return {
        check.check_name: (check.passed, check.severity.value, check.description or "")
        for check in done.get_asset_check_evaluations()
    }


@pytest.fixture
def root(tmp_path):
    root = make_panel(tmp_path / "root")
    declare_study(root, STOPS)
    assert not [report.message for report in rebuild(root).values() if report.message]
    return root


@pytest.mark.thorough
def test_a_warning_is_shown_at_its_wave_and_stops_nothing(root):
    write_sav(raw(root) / "clean_w2.sav", clean("w02").with_columns(trust2=clean("w02")["trust2"] * 0 + 3))
    checks = findings_in_dagster(root)
    assert checks["decided"][0]
    passed, severity, description = checks["drift_w02"]
    assert (passed, severity) == (False, "WARN")
    assert "(trust2): every answer is the same" in description
    assert checks["drift_w01"][0]
    assert checks["drift_w03"][0]


def test_what_stops_a_wave_is_an_error(root):
    write_sav(raw(root) / "clean_w2.sav", changed(trust1=dict.fromkeys(range(10), 99.0)))
    checks = findings_in_dagster(root)
    assert not checks["decided"][0]
    passed, severity, description = checks["drift_w02"]
    assert (passed, severity) == (False, "ERROR")
    assert "(trust1): codes that are not declared: 99 (10)" in description  # Markdown of the UI


@pytest.mark.thorough
def test_a_decision_lets_the_wave_pass_and_its_answers_are_counted(root):
    write_sav(raw(root) / "clean_w2.sav", changed(trust1=dict.fromkeys(range(10), 99.0)))
    path = root / "data/studies/panel/waves/w02.yaml"
    path.write_text(
        path.read_text()
        + "decisions: [{item: trust1, finding: undeclared_code, decision: set_aside, reason: a slip of the agency}]\n"
    )
    checks = findings_in_dagster(root)
    assert all(passed for passed, _, _ in checks.values())
    reports = rebuild(root)
    assert reports["answers/panel"].message == ""
    assert reports["answers/panel"].tables[0].metadata["answers_set_aside"] == 10
    page = Paths(root).drift_file(STUDY).read_text()
    assert "a slip of the agency" in page
    assert '<th scope="row">Wave 2</th><td class="number">60</td>' in page
