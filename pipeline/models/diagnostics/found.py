"""What a test of a model found, and its row in the Estimates table."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.models.inference import Basis, Term


@dataclass(frozen=True)
class Found:
    """A statistic with its law: ``df`` one number (χ²), two (F), or none (normal, or no p-value).

    ``says`` names the hypothesis that it tests; ``withheld`` is why there is no number.
    """

    name: str
    says: str
    statistic: float | None = None
    df: tuple[float, ...] = ()
    p_value: float | None = None
    withheld: str | None = None

    def row(self, basis: Basis, component: str = "test") -> dict[str, object]:
        """The row of the Estimates table; the second degrees of freedom of an F are in its note."""
        second = f"F with {self.df[0]:g} and {self.df[1]:g} degrees of freedom" if len(self.df) == 2 else None
        withheld = None if self.withheld is None else f"withheld: {self.withheld}"
        note = "; ".join(filter(None, (self.says, second, withheld)))
        return basis.row(
            Term(component, self.name, note=note),
            statistic=self.statistic,
            df=self.df[0] if self.df else None,
            p_value=self.p_value,
            covariance=None,
        )


def chi_squared(name: str, says: str, statistic: float, df: float) -> Found:
    """A χ² test."""
    from scipy.special import chdtrc

    return Found(name, says, float(statistic), (float(df),), float(chdtrc(df, max(statistic, 0.0))))


def f_test(name: str, says: str, statistic: float, first: float, second: float) -> Found:
    """An F test."""
    from scipy.special import fdtrc

    p_value = float(fdtrc(first, second, max(statistic, 0.0)))
    return Found(name, says, float(statistic), (float(first), float(second)), p_value)


def normal(name: str, says: str, statistic: float, *, one_sided: bool = False) -> Found:
    """A test against the normal distribution; ``one_sided``: large values speak against the hypothesis."""
    from scipy.special import ndtr

    tail = float(ndtr(-statistic if one_sided else -abs(statistic)))
    return Found(name, says, float(statistic), (), tail if one_sided else 2 * tail)
