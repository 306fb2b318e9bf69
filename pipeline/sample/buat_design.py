"""Beyond Us and Them as simulated: arms, calendars, how many answer, and the published shares it is calibrated to."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

STUDY = "beyond_us_and_them"


@dataclass(frozen=True)
class SimulatedArm:
    """One arm: the round of each of its waves (index into ``ROUNDS``), and how many people answer."""

    rounds: tuple[int, ...]
    responses: tuple[int, ...]
    staying: float  # log odds that an average person answers the next wave
    invested: bool
    places: tuple[tuple[str, int, float], ...]  # area code, place code, share of the arm


ROUNDS = (
    dt.date(2020, 5, 6),
    dt.date(2020, 6, 10),
    dt.date(2020, 7, 8),
    dt.date(2020, 9, 9),
    dt.date(2020, 10, 14),
    dt.date(2020, 12, 9),
    dt.date(2021, 3, 10),
    dt.date(2021, 6, 9),
)
"""First day of fieldwork of the eight rounds."""


def _districts(prefix: str, place: int, count: int, share: float) -> tuple[tuple[str, int, float], ...]:
    """Districts of a region, from large to very small: some hold fewer than ten people in a wave."""
    sizes = 0.72 ** np.arange(count)
    sizes = share * sizes / sizes.sum()
    return tuple((f"{prefix}{number:02d}", place, float(size)) for number, size in enumerate(sizes, start=1))


SIX = ("BLACKBURN", "BRADFORD", "CALDERDALE", "PETERBOROUGH", "WALSALL", "WALTHAMFOREST")
INVESTED_PLACES = tuple(
    (code, place, share)
    for place, (code, share) in enumerate(zip(SIX, (0.14, 0.22, 0.15, 0.14, 0.15, 0.20), strict=True), start=4)
)

ARMS = {
    "regions": SimulatedArm(
        rounds=(0, 1, 2, 3, 4, 5, 6, 7),
        responses=(2020, 1951, 1990, 2850, 2900, 2950, 2700, 2600),
        staying=0.42,
        invested=False,
        places=(
            *_districts("KENT", 1, 13, 0.36),
            *_districts("SCOT", 2, 14, 0.34),
            *_districts("WALES", 3, 12, 0.30),
        ),
    ),
    "invested": SimulatedArm(
        rounds=(0, 1, 3, 5, 6, 7),
        responses=(1010, 973, 1750, 1900, 1800, 1750),
        staying=0.45,
        invested=True,
        places=INVESTED_PLACES,
    ),
    "activists": SimulatedArm(
        rounds=(0, 1, 3, 5, 6, 7),
        responses=(420, 430, 600, 653, 620, 600),
        staying=0.75,
        invested=False,
        places=(("ACTIVISTS", 14, 1.0),),
    ),
    "metropolitan": SimulatedArm(
        rounds=(3, 5, 7),
        responses=(2400, 2500, 2300),
        staying=0.35,
        invested=False,
        places=tuple((f"METRO{letter}", place, 0.25) for place, letter in enumerate("ABCD", start=10)),
    ),
}
"""June 2020 has 1,951 + 973 = 2,924 responses of the regions and the six areas, December 2020 8,003 in all."""

# Shares by round. Published: national trust of May, after June and October 2020, local trust and all four views of
# unity of June 2021; everything between is made up to join them.
NATIONAL_TRUST = np.array([0.51, 0.42, 0.34, 0.28, 0.21, 0.24, 0.31, 0.29])
LOCAL_TRUST = np.array([0.42, 0.41, 0.41, 0.42, 0.40, 0.41, 0.42, 0.41])
COUNTRY_UNITING = np.array([0.40, 0.31, 0.23, 0.18, 0.13, 0.15, 0.19, 0.16])
COUNTRY_DIVIDING = np.array([0.27, 0.39, 0.50, 0.57, 0.66, 0.62, 0.56, 0.64])
AREA_UNITING = np.array([0.40, 0.36, 0.33, 0.30, 0.27, 0.27, 0.28, 0.26])
AREA_DIVIDING = np.array([0.11, 0.13, 0.15, 0.18, 0.21, 0.21, 0.20, 0.22])
OPTIMISTIC = 0.48

VOLUNTEERS = {"regions": 0.08, "metropolitan": 0.08, "invested": 0.24, "activists": 0.45}
VACCINE_ASKED_FROM = 5
"""The round from which vaccine hesitancy is asked: December 2020."""

AGE_GROUPS = (18, 30, 45, 60, 75, 90)
POPULATION_AGE = np.array([0.19, 0.25, 0.26, 0.19, 0.11])
SAMPLE_AGE = np.array([0.12, 0.23, 0.32, 0.24, 0.09])
POPULATION_WOMEN = 0.51
SAMPLE_WOMEN = 0.60
