"""What is planted in the sample data: every effect by name, with its size, its scale and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Effect:
    """One planted effect. ``value`` holds on the scale people answer on, unless ``scale`` says otherwise."""

    value: float
    outcome: str
    cause: str
    scale: str


@dataclass(frozen=True)
class Truth:
    """The planted truth of one study.

    ``within_between``: outcome explained by a person's deviation from their own mean over the waves they answered,
    and by that mean; residuals independent. ``cross_lags``: of a random-intercept cross-lagged panel, per wave step.
    ``invested``: differences between people of the invested areas and others. ``dropout``: log odds of answering the
    next wave, by what was known at the last one answered. ``traits``, ``areas``: person and area effects.
    """

    study: str
    within_between: Mapping[str, Effect]
    cross_lags: Mapping[str, Effect]
    invested: Mapping[str, Effect]
    dropout: Mapping[str, Effect]
    persons: Mapping[str, Effect]
    areas: Mapping[str, Effect]

    def __getitem__(self, name: str) -> float:
        """The value of an effect, by its name."""
        groups = (self.within_between, self.cross_lags, self.invested, self.dropout, self.persons, self.areas)
        return next(group[name] for group in groups if name in group).value


_POINTS = "answer points of the outcome per answer point of the cause"
_ODDS = "log odds of answering the next wave"
_PROBABILITY = "probability per answer point"
_SHARE = "difference in the share of people"

BEYOND_US_AND_THEM = Truth(
    study="beyond_us_and_them",
    within_between={
        "contact_trust_within": Effect(0.55, "outgroup_trust", "contact_quantity", _POINTS),
        "contact_trust_between": Effect(0.95, "outgroup_trust", "contact_quantity", _POINTS),
    },
    cross_lags={
        "contact_to_trust": Effect(0.25, "trust_in_others", "contact_quantity", _POINTS),
        "trust_to_contact": Effect(0.04, "contact_quantity", "trust_in_others", _POINTS),
        "trust_to_conspiracy": Effect(-0.10, "conspiracy_belief", "political_trust", _POINTS),
        "conspiracy_to_trust": Effect(0.0, "political_trust", "conspiracy_belief", _POINTS),
        "cohesion_to_volunteering": Effect(0.03, "volunteered", "neighbourliness", _PROBABILITY),
        "volunteering_to_cohesion": Effect(0.20, "neighbourliness", "volunteered", "answer points, yes against no"),
        "contact_autoregression": Effect(0.25, "contact_quantity", "contact_quantity", _POINTS),
        "trust_autoregression": Effect(0.25, "trust_in_others", "trust_in_others", _POINTS),
        "political_trust_autoregression": Effect(0.30, "political_trust", "political_trust", _POINTS),
        "conspiracy_autoregression": Effect(0.25, "conspiracy_belief", "conspiracy_belief", _POINTS),
        "cohesion_autoregression": Effect(0.20, "neighbourliness", "neighbourliness", _POINTS),
        "volunteering_autoregression": Effect(0.20, "volunteered", "volunteered", "probability, yes against no"),
    },
    invested={
        "national_trust": Effect(0.10, "trusts_national_government", "invested_area", _SHARE),
        "local_trust": Effect(0.04, "trusts_local_government", "invested_area", _SHARE),
        "volunteering": Effect(0.16, "volunteered", "invested_area", _SHARE),
        "optimism": Effect(0.06, "is_optimistic", "invested_area", _SHARE),
        "neighbourliness": Effect(0.33, "neighbourliness", "invested_area", "answer points; a tenth of elsewhere"),
    },
    dropout={
        "age": Effect(0.02, "answers the next wave", "age", f"{_ODDS}, per year"),
        "is_woman": Effect(0.20, "answers the next wave", "is_woman", _ODDS),
        "conspiracy_belief": Effect(-0.35, "answers the next wave", "conspiracy_belief", f"{_ODDS}, per answer point"),
    },
    persons={
        "low_trust_hesitancy": Effect(-0.12, "vaccine_hesitancy", "political_trust", _POINTS),
        "concern_hesitancy": Effect(-0.25, "vaccine_hesitancy", "covid_concern", _POINTS),
        "trust_by_concern_hesitancy": Effect(0.05, "vaccine_hesitancy", "political_trust × covid_concern", _POINTS),
    },
    areas={},
)

PARALLEL_LIVES = Truth(
    study="parallel_lives",
    within_between={
        "belonging_within": Effect(0.06, "outgroup_friends", "belonging", _POINTS),
        "belonging_between": Effect(0.14, "outgroup_friends", "belonging", _POINTS),
        "left_leaning_within": Effect(0.01, "outgroup_friends", "left_leaning", _POINTS),
        "left_leaning_between": Effect(0.04, "outgroup_friends", "left_leaning", _POINTS),
    },
    cross_lags={},
    invested={},
    dropout={
        "age": Effect(0.01, "answers the next wave", "age", f"{_ODDS}, per year"),
        "ethnic_minority": Effect(-0.40, "answers the next wave", "ethnic_minority", _ODDS),
        "belonging": Effect(0.25, "answers the next wave", "belonging", f"{_ODDS}, per answer point"),
    },
    persons={
        "openness": Effect(0.10, "outgroup_friends", "openness", _POINTS),
        "agreeableness": Effect(0.06, "outgroup_friends", "agreeableness", _POINTS),
    },
    areas={
        "own_group_share": Effect(-0.80, "outgroup_friends", "own_group_share", "answer points, from none to all"),
        "leave_share": Effect(-0.60, "outgroup_friends", "leave_share", "answer points, from none to all"),
        "own_group_share_by_belonging": Effect(
            -0.20, "outgroup_friends", "own_group_share × mean belonging", "answer points; each centred"
        ),
        "hate_crime_rate_majority": Effect(0.06, "outgroup_friends", "hate_crime_rate", "answer points, majority"),
        "hate_crime_rate_minority": Effect(0.0, "outgroup_friends", "hate_crime_rate", "answer points, minority"),
    },
)

TRUTHS = {truth.study: truth for truth in (BEYOND_US_AND_THEM, PARALLEL_LIVES)}
