"""Wrong declarations of models of answers and counts are refused by `cohesion check`, before anything is fitted."""

import pytest

from pipeline.specs.outcome_models import OutcomeModel

GIVEN = {"question": "?", "study": "s", "outcome": "trust", "exposures": ["contact"]}


@pytest.mark.parametrize(("keys", "message"), [
    ({"family": "ordered_logit", "link": "poisson"}, "`link` of a `ordered_logit` model is logit or probit"),
    ({"family": "ordered_logit", "predict_at": {"age": [1]}}, "`predict_at` names `age`"),
    ({"family": "ordered_logit", "predict_at": {"contact": []}}, "no value for `contact`"),
    ({"family": "gee", "errors": "kernel"}, "`errors` of a `gee` model are robust"),
    ({"family": "gee", "cluster": "none"}, "one column within which answers correlate"),
    ({"family": "quantile_regression", "quantiles": [0.5, 0.5]}, "names one twice"),
    ({"family": "quantile_regression", "quantiles": [1.5]}, "less than 1"),
    ({"family": "poisson", "offset": "a", "exposure_time": "b"}, "name one of the two"),
    ({"family": "design_regression", "exposure_time": "hours"}, "`link: poisson`"),
    ({"family": "conditional_logit", "predict_at": {"contact": [1]}}, "takes no `predict_at`"),
    ({"family": "poisson", "quantiles": [0.5]}, "takes no `quantiles`"),
])  # fmt: skip
def test_a_wrong_declaration_is_refused(keys, message):
    with pytest.raises(ValueError, match=message):
        OutcomeModel.model_validate({**GIVEN, **keys})


def test_waves_are_a_term_where_they_have_effects():
    asked = {**GIVEN, "family": "poisson", "predict_at": {"wave": ["w01", "w02"]}}
    assert OutcomeModel.model_validate(asked).predict_at["wave"] == ("w01", "w02")
    with pytest.raises(ValueError, match="`predict_at` names `wave`"):
        OutcomeModel.model_validate({**asked, "wave_effects": False})
