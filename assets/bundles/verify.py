"""``cohesion verify``: a bundle opened, its study built again, and every number compared."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from assets.bundles.archive import UNTRUSTED, Bundle, open_bundle
from assets.bundles.compare import DIFFERS, INCOMPARABLE, Compared, compare
from assets.bundles.kinds import Kinds
from assets.bundles.make import RECEIPTS
from assets.bundles.numbers import NUMBERS, OF_TWIN, Numbers, numbers_of, of_csv
from assets.bundles.reasons import Reasons
from assets.bundles.report import Verdict
from assets.bundles.rerun import OF_TWIN as FROM_TWIN
from assets.bundles.rerun import Rerun, rerun
from pipeline.errors import CohesionError

EXPECTED = (NUMBERS, OF_TWIN)


def verify(
    file: Path,
    root: Path,
    deposits: Path | None,
    progress: Callable[[str], None],
    workers: int | None = None,
    source: str | None = None,
) -> Verdict:
    """Compare every number of a bundle with what is computed here, below ``root``, an empty folder.

    Raises ``CohesionError`` for a bundle that cannot be used: no bundle, altered, or without what to build from.
    """
    bundle = open_bundle(file)
    broken = [name for name in bundle.altered if name not in EXPECTED]
    if broken:
        raise CohesionError(
            f"was altered since it was made: {', '.join(broken)}", where=file.name, count=len(broken), todo=UNTRUSTED
        )
    made = rerun(bundle, root, deposits, progress, workers, source)
    expected = _expected(bundle, made)
    reasons = Reasons(bundle.manifest, made, _receipts(bundle))
    found = numbers_of(made.workspace, bundle.study)
    kinds = Kinds(made.workspace, bundle.study)
    numbers = [_with_reason(one, reasons, bundle) for one in compare(expected, found, kinds)]
    about = bundle.manifest.get("twin") or {} if made.source == FROM_TWIN else bundle.manifest
    return Verdict(
        bundle.study,
        made.source,
        bundle.sha256,
        numbers,
        int(about.get("withheld") or 0),
        bundle.altered,
        _made_with(bundle),
        dict(_differences(reasons)),
    )


def _expected(bundle: Bundle, made: Rerun) -> Numbers:
    """The numbers to compare with: the study's, or those of the twin."""
    name = OF_TWIN if made.source == FROM_TWIN else NUMBERS
    if name not in bundle.members:
        raise CohesionError(f"holds no {name}", where="the bundle", todo=UNTRUSTED)
    return of_csv(bundle.members[name])


def _receipts(bundle: Bundle) -> list[tuple[str, str, str]]:
    rows = list(csv.reader(io.StringIO(bundle.members.get(RECEIPTS, b"").decode("utf-8", "replace"))))
    return [(wave, file, sha256) for wave, file, sha256 in (row for row in rows[1:] if len(row) == 3)]


def _with_reason(one: Compared, reasons: Reasons, bundle: Bundle) -> Compared:
    if one.verdict not in (DIFFERS, INCOMPARABLE):
        return one
    why = reasons.of(one.table)
    altered = [name for name in EXPECTED if name in bundle.altered]
    if altered:
        why = f"{', '.join(altered)} was altered since the bundle was made; {why}"
    return replace(one, reason="; ".join(filter(None, (one.reason, why))))


def _made_with(bundle: Bundle) -> str:
    """The version of the project, and the commit if it is known, with which a bundle was made."""
    commit = str(bundle.manifest.get("commit") or "")
    return f"made with cohesion-panel {bundle.manifest['environment'].get('project')}{f' ({commit})' if commit else ''}"


def _differences(reasons: Reasons) -> Iterator[tuple[str, list[str]]]:
    """What is otherwise here, kind by kind; nothing of a kind that is the same."""
    if reasons.deposits:
        yield "deposits", reasons.deposits
    if reasons.tables:
        yield "tables of answers", reasons.tables
    if reasons.code or reasons.version:
        yield "code", [*reasons.version, *_few(reasons.code)]
    if reasons.libraries:
        yield "libraries", [f"{name} {said}" for name, said in reasons.libraries.items()]
    if reasons.machine:
        yield "machine", [f"{name} {said}" for name, said in reasons.machine.items()]


def _few(names: list[str], most: int = 5) -> list[str]:
    return names if len(names) <= most else [*names[:most], f"{len(names) - most:,} more"]
