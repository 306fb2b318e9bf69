"""How long the profiles of 20 areas take as PDF and as web pages: under 20 seconds.

uv run python tests/benchmarks/profiles_speed.py
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
BUDGET = 20.0


def main() -> None:
    from profile_frames import made_up

    from pipeline.papers.profiles import About, profile_html, profile_pdf, profiles
    from pipeline.paths import Paths

    frames = made_up(names=tuple(f"Area {number}" for number in range(20)), waves=("w01", "w02", "w03", "w04"))
    page, sheet = (Paths().template(name).read_bytes() for name in ("profile.html.j2", "profile.typ"))
    began = time.perf_counter()
    made = profiles(frames["areas"], frames["changes"], labels=frames["labels"], about=About(study="Made up"))
    composed = time.perf_counter()
    size = sum(len(profile_html(content, page)) for content in made.values())
    written = time.perf_counter()
    size += sum(len(profile_pdf(content, sheet)) for content in made.values())
    ended = time.perf_counter()
    print(f"{len(made)} profiles: composed {composed - began:.1f} s, HTML {written - composed:.1f} s, "
          f"PDF {ended - written:.1f} s; {ended - began:.1f} s of {BUDGET:.0f} s; {size / 1e6:.1f} MB")  # fmt: skip
    sys.exit(ended - began > BUDGET)


if __name__ == "__main__":
    main()
