"""Every row of the collection of bad waves is asked about by name in the tests of this folder."""

import csv
from pathlib import Path

from shared import shared


def test_every_row_has_a_test():
    with shared("badwaves", "CASES.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    tests = list(Path(__file__).parents[1].glob("*/test_*.py"))
    texts = "\n".join(path.read_text(encoding="utf-8") for path in tests if path.name != Path(__file__).name)
    assert len(rows) == 54
    missing = [row["file"] for row in rows if row["file"] not in texts and f"def test_{row['case']}_" not in texts]
    assert missing == []
