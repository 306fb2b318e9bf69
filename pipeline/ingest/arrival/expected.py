"""What a new file is expected to hold: the variable of each item and role, as declared and as earlier waves had it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.ingest.arrival.marks import Mark, common_prefix, common_suffix, without_own
from pipeline.specs.project import Study
from pipeline.specs.sources import bare_name, prefixed, role_columns

_PROPOSED = re.compile(
    r"^\s*(?P<item>[a-z][a-z0-9_]*):\s*(?:\"(?:[^\"\\]|\\.)*\"|[^\s#]+)\s+#\s*(?P<percent>\d{1,3})%:", re.MULTILINE
)


@dataclass(frozen=True)
class Expected:
    """``own``: item → its variable as items.yaml has it; ``last``: item → the variable that held it last, if another.

    ``unsure``: item → wave and confidence of the proposal by which its variable was first found, where that is still in
    the wave's file. ``mark``: how this file marks the wave in its names.
    """

    own: Mapping[str, str]
    last: Mapping[str, str]
    roles: Mapping[str, str]
    mark: Mark = field(default_factory=Mark)
    unsure: Mapping[str, tuple[str, float]] = field(default_factory=dict)

    def name(self, item: str, columns: Collection[str]) -> str:
        """The name under which an item is looked for: its own, or where that is absent the last wave's."""
        lower = {column.lower() for column in columns}
        own, last = self.own[item], self.last.get(item)
        return last if last is not None and own.lower() not in lower and last.lower() in lower else own


def expected(
    study: Study,
    wave: str,
    arm: str,
    columns: Collection[str],
    folder: Path | None = None,
    declared: Mark | None = None,
) -> Expected:
    """What is expected of a file with these columns. ``folder`` holds the declarations of the study's waves.

    ``declared``: the mark of the file by the pattern of names in study.yaml; without one it is looked for.
    """
    items = [key for key in study.items if _may_be_asked(study, wave, arm, key)]
    own = {key: study.items[key].variable or key for key in items}
    last = {key: name for key, name in _last_variables(study, arm, items).items() if name != own[key]}
    unprefixed = {*study.about.unprefixed, *(_unmarked(study, arm, own) if declared is not None else ())}
    mark = declared or Mark()
    bare: dict[str, str] = {}
    if declared is None:
        mark, bare = _mark(columns, [name for name in own.values() if name not in unprefixed])
    if declared is None and not mark.prefix and not mark.suffix and last:
        mark, bare_last = _mark(columns, [name for name in last.values() if name not in unprefixed])
        bare |= bare_last
    marked = {key: mark.of(bare.get(name, name)) if name not in unprefixed else name for key, name in own.items()}
    later = {key: mark.of(bare.get(name, name)) if name not in unprefixed else name for key, name in last.items()}
    later = {key: name for key, name in later.items() if name != marked[key]}
    return Expected(marked, later, _role_names(study, arm), mark, _unsure(study, folder))


def _mark(columns: Collection[str], names: Collection[str]) -> tuple[Mark, dict[str, str]]:
    """How this file marks the wave in its variables' names, and each name without the mark that it has itself."""
    prefix = common_prefix(columns, names)
    suffix = "" if prefix else common_suffix(columns, names)
    bare = dict(zip(names, names, strict=True))
    if not prefix and not suffix and len({*names} & {*columns}) <= len(bare) / 2:
        bare = without_own(names)
        prefix = common_prefix(columns, set(bare.values()))
        suffix = "" if prefix else common_suffix(columns, set(bare.values()))
    mark = Mark(prefix, suffix)
    return (mark, bare) if prefix or suffix else (mark, {})


def _last_variables(study: Study, arm: str, items: Collection[str]) -> dict[str, str]:
    """Item → the variable that a wave named for it last, without the wave's prefix."""
    names: dict[str, str] = {}
    for wave, declared, file in study.files():
        named = {**declared.variables, **file.variables} if file.arm == arm else {}
        names |= {key: bare_name(study, wave, file, name) for key, name in named.items() if key in items}
    return names


def _unmarked(study: Study, arm: str, own: Mapping[str, str]) -> set[str]:
    """The variables that a wave named in full, without its mark, although the pattern of study.yaml gives it one."""
    found = set()
    for wave, declared, file in study.files():
        named = {**declared.variables, **file.variables} if file.arm == arm else {}
        bare = {key: own[key] for key, name in named.items() if own.get(key) == name}
        found |= {name for name in bare.values() if prefixed(study, wave, file, name) != name}
    return found


def _role_names(study: Study, arm: str) -> dict[str, str]:
    """Role → the variable that played it last, without a wave's prefix."""
    roles = study.about.columns.named()
    for wave, _, file in study.files():
        if file.arm == arm:
            found = role_columns(study, wave, file)
            roles |= {role: bare_name(study, wave, file, name) for role, name in found.items()}
    return roles


def _may_be_asked(study: Study, wave: str, arm: str, key: str) -> bool:
    item = study.items[key]
    return (not item.waves or wave in item.waves) and (not item.arms or arm in item.arms)


def _unsure(study: Study, folder: Path | None) -> dict[str, tuple[str, float]]:
    """Item → wave and confidence of the first proposal that is still written as one in a wave's file.

    Whoever has checked a proposal deletes its comment; as long as it stands, a later wave cannot be surer than that.
    """
    found: dict[str, tuple[str, float]] = {}
    for wave in study.waves if folder is not None else ():
        path = folder / f"{wave}.yaml" if folder is not None else None
        text = path.read_text(encoding="utf-8") if path is not None and path.is_file() else ""
        for match in _PROPOSED.finditer(text):
            percent = int(match["percent"]) / 100
            if percent < 1 and match["item"] not in found:
                found[match["item"]] = (wave, percent)
    return found
