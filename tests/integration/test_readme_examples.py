"""The Python of the README and of the tour runs as written, each page from its first block to its last."""

import re

import pytest
from shared import ROOT


@pytest.mark.parametrize(("page", "fewest"), [("README.md", 1), ("pipeline/tour.md", 6)])
def test_a_page_runs(page, fewest):
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(blocks) >= fewest
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, page, "exec"), names)
