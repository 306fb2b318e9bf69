"""How long `cohesion check` takes, as a whole process. Prints seconds; asserts nothing.

uv run python tests/benchmarks/check_speed.py
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

COHESION = Path(sys.executable).parent / "cohesion"


def seconds() -> float:
    began = time.perf_counter()
    subprocess.run([COHESION, "check"], check=True, capture_output=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    times = [seconds() for _ in range(10)]
    print(f"cohesion check: min {min(times):.2f} s, median {statistics.median(times):.2f} s")
