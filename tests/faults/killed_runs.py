"""Runs of an erasure that die at some step: one process loads everything once, and forks a child for each run."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.ingest.formats.request import Request

HERE = Path(__file__).resolve().parent


class KilledRuns:
    """The process that forks. Runs that it starts share nothing but what is loaded before."""

    def __init__(self) -> None:
        paths = os.pathsep.join(map(str, (HERE, HERE.parent, HERE.parents[1])))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "killed_runs"],
            env={**os.environ, "PYTHONPATH": paths, "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, root: Path, person: str, steps: int) -> int:
        """The exit code of a run that is killed before the next step once so many are done."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([str(root), person, steps]), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)


def serve() -> None:
    from test_erasure import erase

    from pipeline.ingest.isolation import process

    process.ask = read_here  # a process for readers would load them all again in each run, which is most of its time
    answers = os.dup(1)
    os.dup2(2, 1)  # what a run prints is no answer
    for line in sys.stdin:
        root, person, steps = json.loads(line)
        child = os.fork()
        if child == 0:
            _run(lambda root=root, person=person: erase(Path(root), person), steps)
        _, status = os.waitpid(child, 0)
        os.write(answers, f"{os.waitstatus_to_exitcode(status)}\n".encode())


def read_here(request: Request) -> bytes:
    """The answer of a reader, of this process."""
    from pipeline.ingest.isolation.answer import write_answer

    answer = io.BytesIO()
    write_answer(request, answer)
    return answer.getvalue()


def _run(function: Callable[[], object], steps: int) -> None:
    left = steps
    counting = threading.Lock()

    def dying(step: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            with counting:
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return step(*arguments, **options)

        return counted

    for name in ("fsync", "replace", "unlink"):
        setattr(os, name, dying(getattr(os, name)))
    try:
        function()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    serve()
