"""The small study with models, figures and a paper of its own: everything from a deposit to a page, in seconds."""

from pathlib import Path

from small_study import make_root

MODELS = {
    "satisfied": "question: Are those who belong more satisfied?\nstudy: first\nfamily: pooled\n"
    "outcome: life_satisfaction\nexposures: [belonging]\nwave_effects: false\n",
    "shares": "question: How satisfied are people?\nstudy: first\nfamily: design_means\noutcomes: [life_satisfaction]\n"
    "weights: design_weight\n",
}
FIGURES = {
    "belonging": "study: first\nkind: coefficients\ntitle: Belonging and satisfaction\nmodels: [satisfied]\n",
    "stayed": "study: first\nkind: patterns\ntitle: Who answered\n",
}
PAPER = """---
title: A small paper
study: first
models: [satisfied, shares]
figures: [belonging, stayed]
---

## What was found

Some people were asked.

:::figure belonging

:::figure stayed
"""


def make_published(root: Path) -> Path:
    """A root with one study, two models, two figures and a paper."""
    make_root(root)
    for folder, files in (("models", MODELS), ("figures", FIGURES)):
        (root / "reports" / folder).mkdir(parents=True)
        for name, text in files.items():
            (root / "reports" / folder / f"{name}.yaml").write_text(text)
    (root / "reports" / "papers").mkdir()
    (root / "reports" / "papers" / "small.md").write_text(PAPER)
    return root
