"""How the standard errors of a linear model are made: a kind by its name, or with its options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from pipeline.specs.base import Declaration
from pipeline.specs.corrections import CORRECTIONS
from pipeline.specs.error_kinds import ERROR_KINDS, ErrorKind

HOUSEHOLD_WAYS = ("person_id", "household_id")
DESIGN_BASED = ("taylor", "replicates")
"""Standard errors that come from a weight set or the design, and not from the family's function."""
FEW_AREAS = 30
AREAS = frozenset({"area_code", "psu"})
"""Clusters that are areas: with fewer than 30 of them tests and intervals come from the wild cluster bootstrap."""


def _is_kind(key: str) -> str:
    if key not in ERROR_KINDS:
        raise ValueError(f"`{key}` is no kind of standard errors; {ERROR_KINDS.expected(key)}")
    return key


def _is_correction(key: str) -> str:
    if key not in CORRECTIONS:
        raise ValueError(f"`{key}` is no correction; {CORRECTIONS.expected(key)}")
    return key


def _ways(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Column = Annotated[str, Field(pattern=r"^\S+$")]
Ways = Annotated[tuple[Column, ...], BeforeValidator(_ways), Field(min_length=1, max_length=2)]


class StandardErrors(Declaration):
    """``standard_errors: cr2``, or ``standard_errors: {kind: cr2, cluster: area_code}``.

    ``cluster``: one column or two; else the model's ``cluster``. ``lags`` count waves; None is the usual choice of the
    kind. ``dummies``: absorbed effects count as dummies. ``profile``: the column that is not zero in the rows in which
    an assigned treatment would show. Options that the kind does not take are refused.
    """

    kind: Annotated[str, AfterValidator(_is_kind)]
    cluster: Ways | None = None
    correction: Annotated[str, AfterValidator(_is_correction)] | None = None
    dummies: bool = True
    lags: int | None = Field(default=None, ge=0)
    prewhite: bool = False
    adjust: bool = False
    draws: int = Field(default=9_999, ge=99, le=1_000_000)
    distribution: Literal["rademacher", "webb"] = "rademacher"
    restricted: bool = True
    ties: Literal["counted", "left_out"] = "counted"
    statistic: Literal["t", "coefficient"] = "t"
    profile: str | None = None
    seed: int = Field(default=1, ge=0)

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, value: Any) -> Any:
        return {"kind": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _has_the_options_of_its_kind(self) -> StandardErrors:
        foreign = sorted(self.model_fields_set - self.record.takes - {"kind"})
        if foreign:
            takes = ", ".join(f"`{name}`" for name in sorted(self.record.takes)) or "no options"
            raise ValueError(f"`{self.kind}` standard errors take no `{foreign[0]}`; they take {takes}")
        if self.kind.startswith("cr") and self.cluster is not None and len(self.cluster) > 1:
            raise ValueError(f"`{self.kind}` is defined for one way of clusters; two ways are `clustered`")
        if self.kind == "randomisation" and self.cluster is not None and len(self.cluster) > 1:
            raise ValueError("a treatment is assigned to one way of clusters")
        return self

    @property
    def record(self) -> ErrorKind:
        return ERROR_KINDS[self.kind]


def takes_replicates(declared: StandardErrors | None) -> bool:
    """Whether the replicates of a weight set, if it has any, give the standard errors."""
    return declared is None or declared.kind == "replicates"


@dataclass(frozen=True)
class Asked:
    """What a model says, as far as its standard errors depend on it."""

    family: str
    on_design: bool
    weighted: bool
    imputed: bool
    cluster: str


def refusal(declared: StandardErrors, model: Asked) -> str | None:
    """Why a model cannot have the standard errors that it declares; None if it can."""
    record, family, kind = declared.record, model.family, declared.kind
    if kind == "taylor" and not model.on_design:
        return f"`standard_errors: taylor` is for the design families; a `{family}` model clusters"
    if kind in ("taylor", "replicates") and (model.on_design or model.weighted):
        return None
    if model.on_design:
        return f"a `{family}` model has the errors of the survey design: `taylor` or `replicates`"
    if family not in record.families:
        return f"`{kind}` standard errors are not defined for a `{family}` model: {record.refusal(family)}"
    if model.imputed and not record.pooled:
        return f"`{kind}` gives no standard error that can be pooled over an `imputation`"
    return _without_clusters(declared, model) if record.clusters and declared.cluster is None else None


def _without_clusters(declared: StandardErrors, model: Asked) -> str | None:
    if model.cluster == "none":
        return f"`{declared.kind}` standard errors need clusters: name their column in `cluster`"
    if model.cluster == "household_id" and declared.kind not in ("clustered", "wild_bootstrap"):
        return f"`{declared.kind}` is defined for one way of clusters, and households are clustered by person, too"
    return None
