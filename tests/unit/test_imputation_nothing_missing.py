"""A study in which every answer is there: nothing is imputed, and that is no mistake."""

import polars as pl

from pipeline.imputation.diagnostics import convergence


def test_without_a_chain_the_table_of_convergence_is_empty():
    panel = pl.DataFrame({"person_id": ["a", "b"], "arm": "main", "wave": "w01", "trust": [1.0, 2.0]})
    cells = pl.DataFrame(
        schema={"person_id": pl.String, "wave": pl.String, "concept": pl.String, "imputation": pl.Int64,
                "value": pl.Float64}
    )  # fmt: skip
    names = ("arm", "column", "imputation", "iteration", "mean", "sd")
    trace = pl.DataFrame(schema=dict.fromkeys(names, pl.Null) | {"column": pl.String})
    found = convergence(panel, cells, trace)
    assert found.height == 0
    assert {"r_hat", "share_filled"} <= set(found.columns)
