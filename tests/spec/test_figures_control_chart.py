"""A control chart of areas: signals by shape and in words, nothing of few people, one measure and pair of waves."""

import shutil

import polars as pl
import pytest

from pipeline.errors import DeclarationErrors, PaperError
from pipeline.figures import NARROW, WIDE, alt_control_chart, control_chart, lint
from pipeline.figures.findings import PHONE, PRINT
from pipeline.figures.kinds.control_chart import LOOKS, chart_data
from pipeline.paths import REPOSITORY, Paths
from pipeline.specs import load_project


def monitor(*, both: bool = False, areas: int = 8) -> pl.DataFrame:
    """The first area fell, the second is not judged, the third has too few people, the last rose."""
    rows = [
        {
            "label": f"Area number {place}",
            "measure": "trust",
            "wave": "w02",
            "against": "w01",
            "fall": -8.2 if place == 0 else 7.5 if place == areas - 1 else 0.5 * place,
            "limit_low": -4.0,
            "limit_high": 5.0 if both else None,
            "centre": 0.3,
            "signal": "below" if place == 0 else "above" if both and place == areas - 1 else "within",
            "expected_false_alarms": 0.05,
            "n_persons": 80,
        }
        for place in range(areas)
    ]
    rows[1] |= {"signal": "not_judged", "limit_low": None, "limit_high": None, "centre": None, "n_persons": 14}
    rows[2] |= rows[1] | {"label": "Area number 2", "fall": None, "n_persons": None}
    return pl.DataFrame(rows, schema_overrides={"limit_high": pl.Float64})


def test_the_words_say_every_signal_and_every_change() -> None:
    words = alt_control_chart(monitor(both=True))
    assert words.startswith("Control chart of the change in 8 areas from w01 to w02.")
    assert "Below its lower limit: Area number 0. Above its upper limit: Area number 7." in words
    assert "Area number 0 −8.2 (−4.0 to 5.0)" in words
    assert "Area number 1 0.5 (not judged); Area number 2 not shown" in words


def test_without_a_signal_the_words_say_so() -> None:
    quiet = monitor().with_columns(signal=pl.col("signal").replace("below", "within"))
    assert "No area is outside its limits." in alt_control_chart(quiet)


@pytest.mark.parametrize(("width", "medium"), [(WIDE, PRINT), (NARROW, PHONE)], ids=["page", "phone"])
@pytest.mark.parametrize("both", [False, True], ids=["falls", "both sides"])
def test_it_can_be_read(width, medium, both) -> None:
    figure = control_chart(monitor(both=both), title="Change in trust by area", width=width)
    assert lint(figure, medium) == []


@pytest.mark.parametrize("low", [-4.68, -4.7])
def test_no_number_of_the_axis_is_cut_off_at_the_edge_of_a_phone(low) -> None:
    rows = monitor().with_columns(limit_low=pl.lit(low), fall=pl.col("fall").clip(-1.3, 1.14), signal=pl.lit("within"))
    assert lint(control_chart(rows, title="Change in trust by area", width=NARROW), PHONE) == []


def test_each_signal_has_a_shape_of_its_own() -> None:
    assert len({marker for _, _, marker in LOOKS.values()}) == len(LOOKS)


def test_the_data_hold_nothing_of_few_people() -> None:
    data = chart_data(
        monitor().with_columns(n_persons=pl.when(pl.col("label") == "Area number 0").then(9).otherwise("n_persons"))
    )
    assert data.filter(Area="Area number 0").select("Change", "Lower limit").row(0) == (None, None)
    assert "Area number 0 not shown" in alt_control_chart(
        monitor().with_columns(n_persons=pl.when(pl.col("label") == "Area number 0").then(9).otherwise("n_persons"))
    )


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda frame: frame.drop("centre"), "no column `centre`"),
        (lambda frame: pl.concat([frame, frame.with_columns(wave=pl.lit("w03"))]), "several values of `wave`"),
        (lambda frame: frame.with_columns(fall=pl.lit(None, dtype=pl.Float64)), "no change of an area"),
        (lambda frame: frame.with_columns(signal=pl.lit("alarm")), "`alarm` is no signal"),
        (lambda frame: monitor(areas=60), "too many areas"),
    ],
)
def test_what_is_no_chart_is_refused(broken, message) -> None:
    with pytest.raises(PaperError, match=message):
        control_chart(broken(monitor()), title="Change")


def test_a_chart_of_what_the_index_does_not_measure_is_refused_at_its_line(tmp_path) -> None:
    for folder in ("data/studies/beyond_us_and_them", "data/areas", "reports/figures"):
        shutil.copytree(REPOSITORY / folder, tmp_path / folder)
    shutil.copy(REPOSITORY / "data" / "concepts.yaml", tmp_path / "data" / "concepts.yaml")
    for figure in (tmp_path / "reports" / "figures").glob("*.yaml"):
        if figure.name != "buat_monitor.yaml":
            figure.unlink()
    figure = tmp_path / "reports" / "figures" / "buat_monitor.yaml"
    figure.write_text(figure.read_text(encoding="utf-8") + "outcomes: [trusst]\n", encoding="utf-8")
    with pytest.raises(DeclarationErrors, match=r"buat_monitor.yaml:6: `trusst` is not a measure of the index"):
        load_project(Paths(tmp_path))
