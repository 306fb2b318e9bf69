"""Steps that say aloud what a default said before, so that results stay as they are."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.migration.declared import Declared

ANSWERED = "answered"


def say_subset(declared: Declared) -> Iterator[str]:
    """``design.subset``: left out, it was ``answered``; it is now ``domain``, which has other standard errors."""
    data = declared.data(declared.about).data
    assert isinstance(data, dict)
    design = data.get("design") or {}
    if not isinstance(design, dict) or "subset" in design:
        return
    if design:
        last = list(design)[-1]
        declared.edit(declared.about, lambda file: file.set(("design",), {"subset": ANSWERED}, near=last))
    else:
        near = list(data)[-1]
        declared.edit(declared.about, lambda file: file.set((), {"design": {"subset": ANSWERED}}, near=near))
    yield (
        f"{declared.name(declared.about)}: `design.subset: {ANSWERED}`, which a study that left it out meant. "
        "Standard errors stay as they are; the default is now `domain`"
    )
