"""Measurement invariance over waves or groups: configural, metric, scalar, strict, by a rule declared beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import polars as pl

from pipeline.errors import ModelError
from pipeline.sem.engine.analyse import fit_prepared
from pipeline.sem.engine.covariates import prepared
from pipeline.sem.engine.data import Data, as_frame
from pipeline.sem.engine.fitting import Fitting, SearchOptions, refuse_unknown
from pipeline.sem.engine.result import Result
from pipeline.sem.engine.score import release_tests
from pipeline.sem.families.compare import compare
from pipeline.sem.families.decision import Criterion, Invariance
from pipeline.sem.families.invariance_report import ladder_row, ladder_table, mean_trend
from pipeline.sem.families.invariance_table import Exemption, Scale, invariance_table
from pipeline.sem.families.ordinal_invariance import ordinal_invariance
from pipeline.sem.families.ordinal_rows import ORDERED_LEVELS
from pipeline.sem.ordinal.fitting import OrdinalFitting

LEVELS = ("configural", "metric", "scalar", "strict")
PARTS = {"metric": "loadings", "scalar": "intercepts", "strict": "residuals"}


def invariance(
    frame: pl.DataFrame,
    factors: Mapping[str, Sequence[Any]],
    group: str | None = None,
    *,
    criterion: Criterion | None = None,
    levels: Sequence[str] | None = None,
    partial: bool | None = None,
    ordered: bool = False,
    **options: Unpack[SearchOptions],
) -> Invariance:
    """Test whether items measure alike in every group or wave, step by step.

    Over groups: ``factors`` = ``{"trust": ["t1", "t2", "t3"]}`` and ``group``. Over waves:
    ``{"trust": [["t1_w1", "t2_w1", …], ["t1_w2", …]]}``, items in the same order at every wave; the unique parts of an
    item covary over waves. The ladder begins where the configural model fits by the absolute rule of ``criterion``, and
    stops at the first level that ``criterion`` refuses. With ``partial`` (the default), the restriction with the
    largest score χ² is then released, one by one, until the level passes or fewer than two items are left alike;
    ``freed`` names them, ``trend`` shows the latent means with and without them. (The first item's loading sets the
    scale and cannot be freed: put an item thought stable first.) ``levels``: those to climb, from configural on.
    ``ordered`` items go up a ladder of thresholds, loadings and intercepts (see ``ordinal_invariance``), without
    partial steps. ``options`` as in ``Fitting``, of ordered items as in ``OrdinalFitting``.

    Raises ModelError if the configural model cannot be fitted, unknown levels are asked for, or an option is not one of
    this kind of items.
    """
    refuse_unknown(options, [name for name in SearchOptions.__annotations__ if name != "gate"])
    known = ORDERED_LEVELS if ordered else LEVELS
    asked = known if levels is None else levels
    if not set(asked) <= set(known) or "configural" not in asked:
        raise ModelError(f"the levels are {', '.join(known)}, beginning with the first", where="levels")
    chosen = [level for level in known if level in asked]
    rule = criterion or Criterion()
    if not isinstance(rule, Criterion):
        raise ModelError("the rule is no Criterion", where="criterion", todo="Write Criterion(cfi_drop=0.01, …).")
    if ordered:
        if partial:
            raise ModelError("ordered items have no partial steps", where="partial", todo="Leave it out.")
        how = OrdinalFitting.of({**options, "group": group})
        return ordinal_invariance(as_frame(frame), factors, how, rule, chosen)
    fitting = Fitting.of({**options, "group": group})
    scale = Scale(factors, over_waves=group is None)
    data, _ = prepared(as_frame(frame), scale.items, (), fitting)
    if (len(data.groups) if group is not None else scale.waves) < 2:
        raise ModelError("invariance needs two groups or waves", where=group or "")
    return _Ladder(scale, data, rule, fitting).climb(chosen, partial is not False)


class _Ladder:
    """The models of one scale on one set of answers."""

    def __init__(self, scale: Scale, data: Data, criterion: Criterion, fitting: Fitting) -> None:
        self.scale, self.data, self.criterion, self.fitting = scale, data, criterion, fitting
        self.labels = [part.label for part in data.groups]
        self.places = scale.waves if scale.over_waves else len(data.groups)

    def fit(self, level: str, near: Result | None, exempt: Sequence[Exemption] = ()) -> Result:
        table = invariance_table(self.scale, level, self.places, exempt)
        return fit_prepared(table, self.data, self.fitting, family="invariance", near=near)

    def climb(self, levels: Sequence[str], partial: bool) -> Invariance:
        models = {"configural": self.fit("configural", None)}
        unfit = self.criterion.unfit(models["configural"].fit)
        rows = [ladder_row("configural", models["configural"], None, "fails" if unfit else "holds", unfit)]
        if unfit:
            return Invariance(ladder_table(rows), "none", models)
        held, before = "configural", models["configural"]
        for level in levels[1:]:
            try:
                models[level] = self.fit(level, before)
            except ModelError as problem:
                rows.append({"level": level, "decision": "withheld", "reason": str(problem)})
                break
            step = compare(before, models[level])
            reason = self.criterion.violated(step)
            rows.append(ladder_row(level, models[level], step, "fails" if reason else "holds", reason))
            if reason:
                if partial and level in ("metric", "scalar"):
                    return self._partial(levels, level, held, before, models, rows)
                break
            held, before = level, models[level]
        return Invariance(
            ladder_table(rows),
            held,
            models,
            trend=mean_trend(self.scale, self.places, self.labels, models.get("scalar"), None),
        )

    def _partial(
        self,
        levels: Sequence[str],
        level: str,
        held: str,
        before: Result,
        models: dict[str, Result],
        rows: list[dict[str, Any]],
    ) -> Invariance:
        """Release restrictions at the level that failed, then go on up without them."""
        exempt: list[Exemption] = []
        current, reached, best = models[level], None, None
        for step_level in levels[list(levels).index(level) :]:
            if step_level != level:
                current = self.fit(step_level, current, exempt)
            step = compare(before, current)
            while (reason := self.criterion.violated(step)) and step_level in ("metric", "scalar"):
                worst = self._worst(current, step_level, exempt)
                if worst is None:
                    break
                exempt.append(worst)
                current = self.fit(step_level, current, exempt)
                step = compare(before, current)
            names = [self.scale.name(item, self.data) for item in exempt]
            models[f"partial {step_level}"] = current
            decision = "fails" if reason else "holds partially"
            rows.append(ladder_row(f"partial {step_level}", current, step, decision, reason, ", ".join(names)))
            if reason:
                break
            reached, best, before = step_level, current, current
        freed = tuple(self.scale.name(item, self.data) for item in exempt)
        trend = mean_trend(
            self.scale,
            self.places,
            self.labels,
            models.get("scalar"),
            best if reached in ("scalar", "strict") else None,
        )
        return Invariance(ladder_table(rows), held, models, freed, best, reached, trend)

    def _worst(self, result: Result, level: str, exempt: Sequence[Exemption]) -> Exemption | None:
        """The equality of this level whose release would help most, among factors with three or more alike items."""
        tests = release_tests(result).filter(pl.col("op") == ("=~" if level == "metric" else "~1"))
        for test in tests.iter_rows(named=True):
            found = self.scale.exemption(PARTS[level], test, self.data)
            others = {item.item for item in exempt if item.factor == found.factor}
            if len(self.scale.positions(found.factor)) - len(others | {found.item}) >= 2:
                return found
        return None
