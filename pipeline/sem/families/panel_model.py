"""What a cross-lagged panel model says: constructs, waves, and which parts are equal, zero or free."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from pipeline.errors import ModelError
from pipeline.sem.engine.data import several

Waves = Sequence[str | None] | Sequence[Sequence[str] | None]
"""A construct's variables in order of waves: one name a wave, or several indicators, or None where it was not asked."""

EQUAL_OVER_GROUPS = ("lags", "residuals", "means", "between", "first_wave", "loadings", "intercepts")
INTERCEPTS = ("free", "bounded", "zero")


@dataclass(frozen=True)
class PanelModel:
    """A cross-lagged model of ``constructs``; ``between``: with random intercepts.

    ``lags``, ``residuals``, ``means``: free or equal over waves. ``cross``: "all", "none", or the pairs (from, to) that
    have a cross lag. ``group_equal``: the parts that are equal over groups (lags, residuals, means, between,
    first_wave, loadings, intercepts). ``covariates`` are constant and act on the random intercepts
    (``covariate_effects="equal"``) or on every wave ("free"); ``time_varying`` maps a name to one variable a wave,
    acting on that wave's scores. ``item_covariances``: an indicator's unique parts covary over waves. ``slopes`` let
    persons differ in their trend (``Sx``; Curran et al. 2014), linear in ``loadings``.

    ``random_intercepts``, for all or by construct: free; zero (no variance, no covariances: this construct's lags then
    mix differences between persons into change within); or bounded: zero only where a free one would be impossible.

    A wave that did not ask a construct has a phantom variable: a within-person part without an indicator, whose lags
    and residual (co)variances are those of the next wave that asked it (Rindskopf 1984, Psychometrika 49, 37–47).
    """

    constructs: Mapping[str, Waves]
    between: bool = True
    lags: str = "free"
    residuals: str = "free"
    means: str = "free"
    cross: str | Sequence[tuple[str, str]] = "all"
    groups: int = 1
    group_equal: Sequence[str] = ()
    covariates: Sequence[str] = ()
    covariate_effects: str = "equal"
    time_varying: Mapping[str, Sequence[str]] | None = None
    random_intercepts: str | Mapping[str, str] = "free"
    item_covariances: bool = False
    slopes: bool = False
    loadings: Sequence[float] | None = None  # of the slopes; wave number less one unless given

    @classmethod
    def of(cls, constructs: object, **options: Any) -> Self:
        """Raises ModelError unless each construct has a list of variables, and each option a value that there is."""
        if not isinstance(constructs, Mapping) or not constructs:
            raise ModelError(
                "constructs are named with their variables in order of waves",
                todo='Write {"x": ["x1", "x2", "x3"], …}.',
            )
        for name in ("group_equal", "covariates"):
            if name in options:
                options[name] = several(options[name])
        return cls(constructs, **options)

    def __post_init__(self) -> None:
        self._check_words()
        self._check_waves()
        self._check_names()
        self._check_asked()
        self._check_covariates()

    def _check_words(self) -> None:
        for name, value in (("lags", self.lags), ("residuals", self.residuals), ("means", self.means)):
            if value not in ("free", "equal"):
                raise ModelError(f"{name} are free or equal, not {value!r}", where="cross-lagged model")
        if self.covariate_effects not in ("free", "equal"):
            raise ModelError(f"covariate_effects are free or equal, not {self.covariate_effects!r}")
        _refuse(self.group_equal, EQUAL_OVER_GROUPS, "unknown part to hold equal over groups")
        given = self.random_intercepts
        _refuse([given] if isinstance(given, str) else given.values(), INTERCEPTS, "unknown kind of random intercept")
        _refuse(() if isinstance(given, str) else given, self.names, "random_intercepts names no construct")
        if isinstance(self.cross, str):
            _refuse([self.cross], ("all", "none"), "unknown choice of cross lags")
        else:
            _refuse([name for pair in self.cross for name in pair], self.names, "cross names no construct")
        if self.item_covariances and not self.is_multiple:
            raise ModelError("unique parts covary only where a wave has several indicators", where="item_covariances")
        if self.slopes and self.means == "equal":
            raise ModelError("slopes and equal means exclude each other", where="cross-lagged model")

    def _check_waves(self) -> None:
        odd = [name for name, waves in self.constructs.items() if isinstance(waves, str) or not _is_list(waves)]
        if odd:
            raise ModelError("a construct is a list of variables, one a wave", where=", ".join(odd))
        lengths = {len(waves) for waves in self.constructs.values()}
        if len(lengths) != 1 or not self.constructs:
            raise ModelError(
                "the constructs differ in their number of waves",
                todo="Name one variable a wave for each, None where it was not asked.",
            )
        least = 3 if self.between else 2
        if min(lengths) < least:
            raise ModelError(
                f"{min(lengths)} waves are too few: {'random intercepts' if self.between else 'lags'} need {least}",
                todo="Fit the model to more waves.",
            )

    def _check_names(self) -> None:
        """Names of latent variables and labels are made of construct names: no two may come out alike."""
        latent = [f"w{name}{wave}" for name in self.names for wave in range(1, self.waves + 1)]
        pairs = [f"{to}_{source}" for to in self.names for source in self.names]
        if len(set(latent)) < len(latent) or len(set(pairs)) < len(pairs):
            raise ModelError(
                "the names of the constructs can be taken for one another", where=", ".join(self.names),
                todo="Give them names that do not begin or end alike.",
            )  # fmt: skip

    def _check_asked(self) -> None:
        """A phantom wave lies between two that asked: the model carries values from the one to the other."""
        least = 3 if self.between else 2
        for name in self.names:
            asked = self.asked(name)
            if not asked or asked[0] != 1:
                raise ModelError(
                    "the first wave did not ask the construct", where=name, todo="Begin with a wave that asked all."
                )
            if len(asked) < least:
                raise ModelError(
                    f"{len(asked)} waves asked the construct: {least} are needed", where=name, todo="Leave it out."
                )
        empty = [wave for wave in range(1, self.waves + 1) if all(wave not in self.asked(name) for name in self.names)]
        if empty:
            raise ModelError(f"wave {empty[0]} asked none of the constructs", todo="Leave it out; give `times`.")

    def _check_covariates(self) -> None:
        for name, waves in (self.time_varying or {}).items():
            if isinstance(waves, str) or len(waves) != self.waves or any(one is None for one in waves):
                raise ModelError(
                    "a time-varying covariate has one variable a wave", where=name, count=self.waves,
                    todo="Leave out the waves without it, or the covariate.",
                )  # fmt: skip

    @property
    def names(self) -> list[str]:
        return list(self.constructs)

    @property
    def waves(self) -> int:
        return len(next(iter(self.constructs.values())))

    @property
    def variables(self) -> list[str]:
        """Every observed variable of the constructs."""
        return [item for name in self.names for wave in self.asked(name) for item in self.items(name, wave)]

    def asked(self, name: str) -> list[int]:
        """The waves, from 1, that asked a construct."""
        return [wave for wave, held in enumerate(self.constructs[name], start=1) if held is not None]

    def items(self, name: str, wave: int) -> list[str]:
        """The variables of a construct at a wave that asked it."""
        held = self.constructs[name][wave - 1]
        return [] if held is None else [held] if isinstance(held, str) else list(held)

    def parts(self, name: str) -> range:
        """The waves with a within-person part: to the last that asked it; unasked ones between have a phantom."""
        return range(1, self.asked(name)[-1] + 1)

    def phantoms(self, name: str) -> list[int]:
        asked = self.asked(name)
        return [wave for wave in self.parts(name) if wave not in asked]

    def twin(self, wave: int, *names: str) -> int:
        """The wave whose parameters a phantom takes: itself if all ``names`` were asked, else the next that asked them.

        Raises ModelError if no wave after the first asked them together.
        """
        together = [later for later in range(2, self.waves + 1) if all(later in self.asked(name) for name in names)]
        after = [later for later in together if later >= wave]
        if wave == 1 or wave in together:
            return wave
        if not together:
            raise ModelError("no wave after the first asked these constructs together", where=", ".join(names))
        return after[0] if after else together[-1]

    def intercept(self, name: str) -> str:
        """Whether the random intercept of a construct is free, bounded or zero."""
        given = self.random_intercepts
        return given if isinstance(given, str) else given.get(name, "free")

    @property
    def is_multiple(self) -> bool:
        """Several indicators a wave."""
        return any(not isinstance(held, str | None) for waves in self.constructs.values() for held in waves)

    @property
    def exogenous(self) -> tuple[str, ...]:
        varying = [name for waves in (self.time_varying or {}).values() for name in waves]
        return tuple(dict.fromkeys([*self.covariates, *varying]))

    def has_lag(self, to: str, source: str) -> bool:
        if to == source or self.cross == "all":
            return True
        return self.cross != "none" and (source, to) in [tuple(pair) for pair in self.cross]

    def label(
        self, part: str, stem: str, wave: int | None, group: int, over_time: bool = False, tied: bool = False
    ) -> str:
        """The label that holds a parameter equal over time, over groups, to its phantom; empty if it is free."""
        over_groups = part in self.group_equal and self.groups > 1
        if not (over_time or over_groups or tied):
            return ""
        time = "" if over_time or wave is None else f"_{wave}"
        return f"{stem}{time}" + ("" if over_groups or self.groups == 1 else f"_g{group}")

    def notes(self, reached: Sequence[str] = ()) -> tuple[str, ...]:
        """Notes on random intercepts at zero (``reached``: by their bound) and on phantom waves."""
        found = []
        zero = [name for name in self.names if self.between and self.intercept(name) == "zero"]
        if zero:
            found.append(
                f"no random intercept of {', '.join(zero)} (variance fixed at zero): lags of it mix differences "
                "between persons into change within"
            )
        if reached:
            found.append(
                f"random intercept of {', '.join(reached)} at its bound: unbounded, the estimates would be impossible; "
                "the variance is fixed at zero, and standard errors and fit take it as fixed"
            )
        for name in self.names:
            if self.phantoms(name):
                waves = ", ".join(map(str, self.phantoms(name)))
                found.append(
                    f"{name} was not asked at wave {waves}: a phantom variable takes its place, with the lags and "
                    "residual (co)variances of the next wave that asked it"
                )
        return tuple(found)


def _is_list(waves: object) -> bool:
    return isinstance(waves, Sequence)


def _refuse(given: Iterable[str], known: Sequence[str], what: str) -> None:
    unknown = sorted({str(name) for name in given} - set(known))
    if unknown:
        raise ModelError(f"{what}: {', '.join(unknown)}", todo=f"Choose from {', '.join(known)}.")
