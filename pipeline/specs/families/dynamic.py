"""Dynamic panel models, and models that a panel supplies the instruments of."""

from __future__ import annotations

from pipeline.specs.families.keys import CLUSTERED, CONTRASTS, EXPLAINS, PANEL
from pipeline.specs.family import CLOSED_FORM, Family

OPTIONS = (
    "outcome_lags", "lags", "predetermined", "endogenous", "instruments", "instrument_lags", "collapse", "steps",
    "robust", "transformation", "level_instruments", "method", "categorical", "wave_effects",
)  # fmt: skip
"""Keys of a declaration that are arguments of its family's function by the same name."""

_DECLARATION = "pipeline.specs.dynamic:DynamicModel"
_GMM = (PANEL - {"imputation"}) | {
    "exposures", "outcome_lags", "lags", "predetermined", "endogenous", "instruments", "instrument_lags", "collapse",
    "steps", "robust", "transformation",
}  # fmt: skip
_ROWS = ("persistence", "coefficient", "lagged", "wave", "long_run")

DYNAMIC = (
    Family(
        "difference_gmm",
        "Difference GMM",
        "Arellano–Bond estimator: the outcome acts on itself, its changes instrumented by its levels of earlier waves",
        "pipeline.models.dynamic.difference_gmm:fit",
        needs=("outcome",),
        takes=_GMM,
        components=(*_ROWS, "test", "fit", "sample"),
        declaration=_DECLARATION,
        computed=CLOSED_FORM,
    ),
    Family(
        "system_gmm",
        "System GMM",
        "Blundell–Bond estimator: as difference GMM, with levels instrumented by earlier changes",
        "pipeline.models.dynamic.system_gmm:fit",
        needs=("outcome",),
        takes=_GMM | {"level_instruments"},
        components=(*_ROWS, "intercept", "test", "fit", "sample"),
        declaration=_DECLARATION,
        computed=CLOSED_FORM,
    ),
    Family(
        "hausman_taylor",
        "Hausman–Taylor",
        "Hausman–Taylor estimator: terms that never change, where some relate to people’s lasting level, instrumented "
        "by the panel itself",
        "pipeline.models.dynamic.hausman_taylor:fit",
        needs=("outcome", "exposures", "endogenous"),
        takes=(PANEL - {"imputation"}) | {"method", "robust"},
        components=("coefficient", "wave", "intercept", "variance", "test", "fit", "sample"),
        declaration=_DECLARATION,
        computed=CLOSED_FORM,
    ),
    Family(
        "chamberlain",
        "Correlated random effects",
        "Chamberlain’s correlated random effects: people’s lasting level depends on the exposure in every wave",
        "pipeline.models.dynamic.chamberlain:fit",
        needs=EXPLAINS,
        takes=CLUSTERED - CONTRASTS - {"imputation"},
        components=("within", "history", "coefficient", "wave", "intercept", "variance", "test", "sample"),
        computed=CLOSED_FORM,
    ),
)
