"""Whether a file is still being written: by its times, and where those cannot be believed by two looks at it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

SETTLED_SECONDS = 10
"""A file that changed later than this is still being written."""
Look = tuple[int, int, int]
"""Size, and when content and anything of it changed, in nanoseconds."""


@dataclass
class AtRest:
    """Remembers what files looked like. One of these serves all looks of a process.

    A modification time can be set by anyone, into the future as well; when the system changed a file last cannot. Where
    both lie in the future (a clock went back, a share has another clock) a file is at rest once it looks the same
    for so long. ``clock`` is one that never goes back.
    """

    clock: Callable[[], float] = time.monotonic
    _seen: dict[Path, tuple[Look, float]] = field(default_factory=dict)

    def is_at_rest(self, path: Path, now: float) -> bool:
        """Whether the file was not changed for ten seconds before ``now`` (seconds since 1970)."""
        state = path.stat()
        times = (state.st_mtime, state.st_ctime) if os.name == "posix" else (state.st_mtime,)
        believed = next((moment for moment in times if moment <= now), None)
        if believed is not None:
            self._seen.pop(path, None)
            return now - believed >= SETTLED_SECONDS
        look = (state.st_size, state.st_mtime_ns, state.st_ctime_ns)
        before = self._seen.get(path)
        if before is None or before[0] != look:
            self._seen[path] = (look, self.clock())
            return False
        return self.clock() - before[1] >= SETTLED_SECONDS


at_rest = AtRest()
