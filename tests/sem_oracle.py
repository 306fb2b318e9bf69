"""Compares a fitted model with lavaan's stored output: every parameter, standard error and fit measure."""

import math
from collections.abc import Mapping, Sequence

EXTREME = 1e-4  # estimates nearer to zero than this times their standard error are compared on that scale


def rows_by_name(result):
    """lhs, op, rhs, group → row of estimates; covariances under either order."""
    rows = {}
    for row in result.estimates.iter_rows(named=True):
        rows[row["lhs"], row["op"], row["rhs"], row["group"]] = row
        if row["op"] == "~~":
            rows[row["rhs"], row["op"], row["lhs"], row["group"]] = row
    return rows


def differences(
    result, params: Sequence[Mapping], groups: Sequence[str | None] = (None,), rename=lambda name: name
) -> dict[str, float]:
    """Largest relative difference of estimates, standard errors and std.all; free parameters of lavaan's table.

    An estimate is also right if it lies within 1e-5 standard errors: lavaan's own search stops about there.
    """
    rows = rows_by_name(result)
    worst = {"estimate": 0.0, "std_error": 0.0, "std_all": 0.0}
    compared = 0
    for param in params:
        if param["op"] == ":=" or not param.get("se"):
            continue
        group = groups[int(param.get("group") or 1) - 1]
        row = rows[rename(param["lhs"]), param["op"], rename(param["rhs"] or ""), group]
        compared += 1
        gap = abs(row["estimate"] - param["est"])
        scale = max(abs(param["est"]), param["se"])
        worst["estimate"] = max(worst["estimate"], gap / scale)
        worst["std_error"] = max(worst["std_error"], abs(row["std_error"] / param["se"] - 1))
        if param.get("std.all") is not None and row["std_all"] is not None:
            gap = abs(row["std_all"] - param["std.all"])
            worst["std_all"] = max(worst["std_all"], gap / max(abs(param["std.all"]), 0.05))
    assert compared
    return worst


def unequal_measures(fit: Mapping[str, float], oracle: Mapping[str, float], tolerance=1e-4, loglik=1e-6) -> dict:
    """Fit measures that differ; those lavaan could not compute or that are settings are passed over."""
    wrong = {}
    for name, value in oracle.items():
        if (
            value is None
            or isinstance(value, str)
            or name not in fit
            or (name.endswith(("ci.level", ".h0")) and "scaling" not in name)
        ):
            continue
        limit = loglik if "logl" in name else tolerance
        # a share or an index near zero is compared on its own scale of one, at a tenth of the tolerance
        if not math.isclose(fit[name], value, rel_tol=limit, abs_tol=limit * 0.1):
            wrong[name] = (fit[name], value)
    return wrong
