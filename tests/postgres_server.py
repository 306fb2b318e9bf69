"""A real PostgreSQL server on loopback for tests, from Debian's package: a new cluster in a temporary folder."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from object_storage import free_port

PASSWORD = "not-a-secret-value"
USER = "cohesion"


def programs() -> Path | None:
    """The folder of the newest server that is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """Its address, with user and password. It refuses to run as root: then it is nobody."""
    home, port = programs(), free_port()
    assert home is not None
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    who = {} if os.getuid() else {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": ()}
    if who:
        os.chown(folder, pwd.getpwnam("nobody").pw_uid, -1)
    (folder / "password").write_text(PASSWORD)
    (folder / "password").chmod(0o644)

    def run(program: str, *arguments: str) -> None:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
        subprocess.run([str(home / program), *arguments], check=True, **quiet, **who)

    data = str(folder / "data")
    try:
        run("initdb", "-D", data, "-U", USER, "--auth=scram-sha-256", f"--pwfile={folder}/password", "--no-sync")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
        run("pg_ctl", "-D", data, "-w", "-t", "60", "-o", options, "-l", str(folder / "log"), "start")
        try:
            yield f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
