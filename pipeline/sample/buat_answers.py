"""Beyond Us and Them: every other answer, given people, the measures that move each other, and who took part."""

from __future__ import annotations

import numpy as np

from pipeline.sample import buat_design as design
from pipeline.sample.answers import AnswerScale, bounded, category, split_shares
from pipeline.sample.buat_dynamics import Moves
from pipeline.sample.buat_people import People
from pipeline.sample.truth import Truth

Array = np.ndarray

OUTGROUP_TRUST = AnswerScale(0, 10, shared=0.95, own=0.0)
ANXIETY = AnswerScale(1, 5, items=2, shared=0.50, own=0.20)
ELEVEN_POINTS = AnswerScale(0, 10, shared=1.3, own=0.0)
FIVE_POINTS = AnswerScale(1, 5, shared=0.65, own=0.0)
FOUR_POINTS = AnswerScale(1, 4, shared=0.55, own=0.0)
CONCERN = np.array([3.9, 3.7, 3.5, 3.5, 3.7, 3.8, 3.5, 3.3])
"""Mean concern about Covid by round: made up, high when cases were."""
COMMUNITY_RATHER_THAN_AREA = 0.03
"""How many more see growing unity where the question says "community": the planted change of wording in first waves."""


def outgroup_trust(moves: Moves, present: Array, people: People, truth: Truth, rng: np.random.Generator) -> Array:
    """Trust in people of another background: the planted within and between effect of contact on it.

    The mean is that of the waves a person answered, and residuals are independent, as the within–between model says.
    """
    contact = moves.scores["contact_quantity"]
    answered = np.maximum(present.sum(axis=1), 1)
    mean = (contact * present).sum(axis=1) / answered
    lasting = 5.4 + 0.85 * _own_part(people, rng)
    between = truth["contact_trust_between"] * (mean - 2.2)
    within = truth["contact_trust_within"] * (contact - mean[:, None])
    return OUTGROUP_TRUST.draw((lasting + between)[:, None] + within, rng)[..., 0]


def _own_part(people: People, rng: np.random.Generator) -> Array:
    return np.clip(rng.standard_normal(people.count), -2.6, 2.6)


def trust_in_governments(
    people: People, moves: Moves, rounds: Array, invested: bool, truth: Truth, rng: np.random.Generator
) -> dict[str, Array]:
    """Five answers about the national government and the council, with the published shares who trust."""
    shared = 0.55 * people.traits["political"][:, None] + 0.35 * _standard(moves.within["political_trust"])
    found = {}
    for item, shares, surplus in (
        ("trusts_government", design.NATIONAL_TRUST, truth["national_trust"]),
        ("trusts_council", design.LOCAL_TRUST, truth["local_trust"]),
    ):
        high = shares[rounds] + surplus * invested
        found[item] = category(_latent(shared, 0.42, rng), split_shares(0.6 * (1 - high), high))
    return found


def unity(people: People, moves: Moves, rounds: Array, rng: np.random.Generator) -> dict[str, Array]:
    """Five answers from much more divided to much more united, for country and area."""
    shared = 0.30 * people.traits["political"][:, None] + np.zeros(len(rounds))
    country = split_shares(design.COUNTRY_DIVIDING[rounds], design.COUNTRY_UNITING[rounds])
    first = np.arange(len(rounds)) == 0
    uniting = design.AREA_UNITING[rounds] + COMMUNITY_RATHER_THAN_AREA * first
    area = split_shares(design.AREA_DIVIDING[rounds], uniting)
    near = 0.45 * people.traits["cohesion"][:, None] + 0.2 * _standard(moves.within["neighbourliness"])
    return {
        "country_united": category(_latent(shared, 0.45, rng), country),
        "area_united": category(_latent(near, 0.35, rng), area),
    }


def attitudes(people: People, moves: Moves, trust: Array, rng: np.random.Generator) -> dict[str, Array]:
    """Warmth from 0 to 100 in steps of five, and two answers on unease, most of them "not at all"."""
    warm = 50 + 5.5 * (trust - 5.4) + 5 * (moves.scores["contact_quantity"] - 2.2)
    warm = warm + 10 * rng.standard_normal((people.count, 1)) + 9 * rng.standard_normal(trust.shape)
    unease = bounded(people.traits["anxiety"], 1.02, 3.9, middle=-1.1, slope=0.85)
    answers = ANXIETY.draw(unease[:, None] - 0.10 * moves.within["contact_quantity"], rng)
    return {
        "warmth": np.clip(5 * np.rint(warm / 5), 0, 100),
        "anxious_talking": answers[..., 0],
        "anxious_alone": answers[..., 1],
    }


def neighbourhood(people: People, moves: Moves, rng: np.random.Generator) -> dict[str, Array]:
    """Getting on well, belonging, plans to stay, and satisfaction with the area."""
    cohesion = moves.scores["neighbourliness"] - 3.3
    belonging = bounded(people.traits["cohesion"], 1.3, 3.8, middle=0.25, slope=0.7)[:, None] + 0.12 * cohesion
    lasting = 0.4 * np.clip(rng.standard_normal((people.count, 1)), -2.2, 2.2)
    return {
        "gets_on_well": FIVE_POINTS.draw(3.5 + 0.55 * cohesion + 0.5 * lasting, rng)[..., 0],
        "feels_belonging": FOUR_POINTS.draw(belonging + 0.5 * lasting, rng)[..., 0],
        "plans_to_stay": FOUR_POINTS.draw(belonging + 0.2 + 0.5 * lasting, rng)[..., 0],
        "satisfied_with_area": FIVE_POINTS.draw(3.7 + 0.45 * cohesion + 0.5 * lasting, rng)[..., 0],
    }


def activism(people: People, moves: Moves, rng: np.random.Generator) -> dict[str, Array]:
    """Whether a person signed, campaigned online, gave, and volunteered in the past month."""
    drive = people.traits["volunteering"] + 0.5 * people.traits["trust"]
    chance = {"signed_petition": 0.30, "campaigned_online": 0.12, "donated": 0.33}
    shape = moves.scores["volunteered"].shape
    found = {
        item: (rng.random(shape) < bounded(drive, 0.0, 2 * share, slope=1.5)[:, None]).astype(float)
        for item, share in chance.items()
    }
    return {**found, "volunteered_past_month": moves.scores["volunteered"]}


def wellbeing(
    people: People, rounds: Array, invested: bool, truth: Truth, rng: np.random.Generator
) -> dict[str, Array]:
    """Optimism in five answers with the published share; happiness and life satisfaction from 0 to 10."""
    high = np.full(len(rounds), design.OPTIMISTIC + truth["optimism"] * invested)
    lasting = bounded(people.traits["wellbeing"], 1.5, 9.4, middle=0.45, slope=0.65)
    season = -0.25 * (CONCERN[rounds] - 3.5)
    shared = 0.5 * people.traits["wellbeing"][:, None] + np.zeros(len(rounds))
    return {
        "feels_optimistic": category(_latent(shared, 0.4, rng), split_shares(0.45 * (1 - high), high)),
        "satisfied_with_life": ELEVEN_POINTS.draw(lasting[:, None] + season, rng)[..., 0],
        "happy_yesterday": ELEVEN_POINTS.draw(lasting[:, None] + season, rng)[..., 0],
    }


def covid(people: People, moves: Moves, rounds: Array, truth: Truth, rng: np.random.Generator) -> dict[str, Array]:
    """Concern about Covid, and from December 2020 on vaccine hesitancy: highest where trust and concern are low."""
    lasting = 0.75 * np.clip(rng.standard_normal((people.count, 1)), -1.6, 1.6)
    concern = FIVE_POINTS.draw(CONCERN[rounds] + lasting - 0.1 * (moves.scores["conspiracy_belief"] - 2.5), rng)[..., 0]
    trust = moves.scores["political_trust"] - 4.6
    expected = (
        2.4
        + truth["low_trust_hesitancy"] * trust
        + truth["concern_hesitancy"] * (concern - 3.5)
        + truth["trust_by_concern_hesitancy"] * trust * (concern - 3.5)
        + 0.4 * np.clip(rng.standard_normal((people.count, 1)), -2, 2)
    )
    return {"concerned_about_covid": concern, "vaccine_unlikely": FIVE_POINTS.draw(expected, rng)[..., 0]}


def _latent(shared: Array, own: float, rng: np.random.Generator) -> Array:
    """A standard normal: the shared part, a lasting part of its own, and noise that makes up the rest."""
    lasting = own * rng.standard_normal((shared.shape[0], 1))
    rest = np.sqrt(1 - shared.var() - own**2)
    made: Array = shared + lasting + rest * rng.standard_normal(shared.shape)
    return made


def _standard(values: Array) -> Array:
    made: Array = values / values.std()
    return made
