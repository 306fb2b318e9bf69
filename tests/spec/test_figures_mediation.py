"""Figures of mediation paths and of predictions: readable on a page and on a phone, certainty not by colour alone."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipeline import figures
from pipeline.errors import PaperError
from pipeline.figures.findings import PHONE, PRINT
from pipeline.figures.kinds.predicted_margins import picture
from pipeline.figures.picture import Material
from pipeline.models import mediation, ordered_logit
from pipeline.models.mechanisms.natural import natural_effects
from pipeline.specs.figures import Figure

PANEL = Path(__file__).parents[1] / "reference" / "data" / "mediation" / "panel.csv"
LABELS = {
    "belief": "Conspiracy belief", "anger": "Anger", "anxiety": "Anxiety about Covid",
    "compliance": "Compliance with rules",
}  # fmt: skip


def fitted(order="parallel", levels=("within", "between")) -> pl.DataFrame:
    frame = pl.read_csv(PANEL)
    return mediation(frame, "compliance", ["belief"], ["anger", "anxiety"], order=order, levels=levels, draws=1000)


@pytest.mark.parametrize(("width", "medium"), [(figures.WIDE, PRINT), (figures.NARROW, PHONE)])
@pytest.mark.parametrize("order", ["parallel", "serial"])
@pytest.mark.parametrize("levels", [("within", "between"), ("pooled",)])
def test_paths_can_be_read_at_every_width(order, levels, width, medium):
    drawn = figures.mediation_paths(fitted(order, levels), title="By anger", labels=LABELS, width=width, source="R")
    assert figures.lint(drawn, medium) == []


def test_an_interval_with_zero_is_dashed():
    table = fitted()
    drawn = figures.mediation_paths(table, title="By anger", labels=LABELS)
    styles = [
        text.arrow_patch.get_linestyle()
        for axes in drawn.axes
        for text in axes.texts
        if getattr(text, "arrow_patch", None)
    ]
    holds = [
        low <= 0 <= high
        for level in ("within", "between")
        for outcome, term in [
            ("anger", "belief"), ("compliance", "anger"), ("anxiety", "belief"), ("compliance", "anxiety"),
            ("compliance", "belief"),
        ]
        for low, high in table.filter(component=f"path_{level}", outcome=outcome, term=term)
        .select("conf_low", "conf_high").rows()
    ]  # fmt: skip
    assert [style != "-" for style in styles] == holds


def test_the_words_name_every_path():
    alt = figures.alt_mediation_paths(fitted("serial"), labels=LABELS)
    assert "Within a person: Conspiracy belief to Anger to Compliance with rules (arrows 0." in alt
    assert "Conspiracy belief to Anger to Anxiety about Covid to Compliance with rules" in alt
    assert alt.count(": direct effect") == alt.count("Total effect") == 2


def test_what_has_no_paths_is_refused():
    natural = natural_effects(pl.read_csv(PANEL), "vaccinated", ["belief"], ["anger"], draws=1000)
    with pytest.raises(PaperError, match="no products"):
        figures.mediation_paths(natural, title="t")
    with pytest.raises(PaperError, match="`age` is no exposure"):
        figures.mediation_paths(fitted(), title="t", exposure="age")


@pytest.fixture(scope="module")
def predicted() -> pl.DataFrame:
    rng = np.random.default_rng(1)
    n = 400
    contact, group = rng.integers(1, 6, n), rng.choice(["town", "country"], n)
    answer = np.clip(np.round(contact / 2 + (group == "town") + rng.logistic(size=n)), 1, 3)
    frame = pl.DataFrame({"person_id": range(n), "wave": "w01", "contact": contact, "place": group, "answer": answer})
    at = {"contact": [1, 3, 5], "place": ["country", "town"]}
    return ordered_logit(frame, "answer", ["contact"], ["place"], wave_effects=False, predict_at=at)


@pytest.mark.parametrize(("width", "medium"), [(figures.WIDE, PRINT), (figures.NARROW, PHONE)])
def test_predictions_can_be_read_at_every_width(predicted, width, medium):
    labels = {"contact": "Contact", "answer_1": "Distrusts", "answer_2": "Neither", "answer_3": "Trusts"}
    drawn = figures.predicted_margins(
        predicted, title="Trust", labels=labels, values={"town": "Town"}, percent=True, width=width, source="R"
    )
    assert figures.lint(drawn, medium) == []
    alt = figures.alt_predicted_margins(predicted, labels=labels, values={"town": "Town"}, percent=True)
    assert "Trusts:" in alt
    assert "Contact 5: " in alt


def test_predictions_at_other_terms_are_refused(predicted):
    with pytest.raises(PaperError, match="different terms"):
        figures.predicted_margins(pl.concat([predicted, predicted.with_columns(term=pl.lit("x"))]), title="t")
    with pytest.raises(PaperError, match="no predictions"):
        figures.predicted_margins(fitted(), title="t")


def test_a_declared_figure_draws_the_predictions_of_its_model(predicted):
    asked = {"study": "s", "kind": "predicted_margins", "title": "T", "models": ["ordered"], "percent": True}
    spec = Figure.model_validate({**asked, "groups": {"place=town": "In town"}, "outcomes": ["answer_1", "answer_3"]})
    material = Material(predicted.with_columns(model=pl.lit("ordered")), None, {"contact": "Contact"}, {})
    study: Any = SimpleNamespace(waves={"w01": SimpleNamespace(title="First wave")})
    made = picture(spec, study, material)
    assert "in town" in made.alt
    assert "answer 1" in made.alt
    assert "answer 2" not in made.alt
