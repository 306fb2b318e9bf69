"""What figures call the outcomes of their models."""

from types import SimpleNamespace
from typing import Any

from pipeline.specs.figures import names_given

MODELS: Any = {key: SimpleNamespace(outcome="trust") for key in ("pooled", "fixed")} | {
    "other": SimpleNamespace(outcome="liking")
}


def named(models: tuple[str, ...], labels: dict[str, str]) -> dict[str, str]:
    figure: Any = SimpleNamespace(models=models, labels=labels)
    return names_given(figure, MODELS)


def test_a_label_of_a_model_names_its_outcome_where_it_is_the_only_one():
    assert named(("pooled", "other"), {"pooled": "Trust (0–10)"}) == {"trust": "Trust"}
    assert named(("pooled", "fixed"), {"pooled": "Trust", "fixed": "Trust"}) == {"trust": "Trust"}


def test_labels_that_tell_models_of_one_outcome_apart_do_not_name_it():
    assert named(("pooled", "fixed"), {"pooled": "Pooled OLS", "fixed": "Fixed effects"}) == {}
    assert named(("pooled", "fixed"), {"fixed": "Fixed effects"}) == {}
    assert named(("pooled", "fixed", "other"), {"fixed": "Fixed", "other": "Liking"}) == {"liking": "Liking"}
