"""Compares a fitted model with lavaan's stored output: every parameter, standard error and fit measure."""

import math

SETTINGS = ("rmsea.ci.level", "rmsea.close.h0", "rmsea.notclose.h0")


def rows_by_name(result):
    """lhs, op, rhs, group → row of estimates; covariances under either order."""
    rows = {}
    for row in result.estimates.iter_rows(named=True):
        rows[row["lhs"], row["op"], row["rhs"], row["group"]] = row
        if row["op"] == "~~":
            rows[row["rhs"], row["op"], row["lhs"], row["group"]] = row
    return rows


def differences(result, params, groups=(None,), rename=lambda name: name):
    """Largest relative difference of estimates, standard errors and std.all over lavaan's free parameters.

    An estimate smaller than its standard error is compared on the scale of that error: lavaan's search stops there.
    """
    rows = rows_by_name(result)
    worst = {"estimate": 0.0, "std_error": 0.0, "std_all": 0.0}
    compared = 0
    for param in params:
        if param["op"] == ":=" or not param.get("se"):
            continue
        row = rows[
            rename(param["lhs"]), param["op"], rename(param["rhs"] or ""), groups[int(param.get("group") or 1) - 1]
        ]
        compared += 1
        gap = abs(row["estimate"] - param["est"]) / max(abs(param["est"]), param["se"])
        worst["estimate"] = max(worst["estimate"], gap)
        worst["std_error"] = max(worst["std_error"], abs(row["std_error"] / param["se"] - 1))
        if param.get("std.all") is not None and row["std_all"] is not None:
            gap = abs(row["std_all"] - param["std.all"]) / max(abs(param["std.all"]), 0.1)
            worst["std_all"] = max(worst["std_all"], gap)
    assert compared, "nothing to compare"
    return worst


def unequal_measures(fit, oracle, tolerance=1e-4, loglik=1e-6):
    """Fit measures that differ by more than the tolerance (relative; near zero a tenth of it, absolute)."""
    wrong = {}
    for name, value in oracle.items():
        if value is None or name in SETTINGS:
            continue
        if name not in fit:
            wrong[name] = ("absent", value)
            continue
        limit = loglik if "logl" in name else tolerance
        if not math.isclose(fit[name], value, rel_tol=limit, abs_tol=limit * 0.1):
            wrong[name] = (fit[name], value)
    return wrong


def assert_as_lavaan(result, stored, groups=(None,), rename=lambda name: name, estimate=1e-5):
    """Estimates to ``estimate``, standard errors to 1e-4, fit measures to 1e-4, log-likelihoods to 1e-6, relative.

    Where a looser ``estimate`` is asked for because lavaan's search stopped short, ours must not fit worse.
    """
    found = differences(result, stored["params"], groups, rename)
    assert found["estimate"] < estimate, found
    assert found["std_error"] < 1e-4, found
    assert found["std_all"] < max(2 * estimate, 2e-5), found
    assert not unequal_measures(result.fit, stored["fit"]), unequal_measures(result.fit, stored["fit"])
    if estimate > 1e-5:
        assert result.fit["logl"] >= stored["fit"]["logl"] - 1e-9 * abs(stored["fit"]["logl"])
