"""Dagster's own records in PostgreSQL: which server comes from the environment, and nothing secret is written down."""

import importlib.util
import os

from pipeline.errors import CohesionError
from pipeline.secret import read_secret

VARIABLE, FILE = "COHESION_POSTGRES_URL", "COHESION_POSTGRES_URL_FILE"
"""The address with user and password (``postgresql://user:password@host/database``), or a file of mode 0600 with it."""
BEGIN, END = "# from COHESION_POSTGRES_URL, and taken out again when that is not set:\n", "# until here\n"
STORAGE = f"""{BEGIN}storage:
  postgres:
    postgres_url:
      env: {VARIABLE}
{END}"""
TODO = f"Correct {VARIABLE}, or take it out to keep records in data/instance."


def with_storage(settings: str) -> str:
    """The settings of an instance with PostgreSQL as its storage if the environment names a server, without it if not.

    Raises ``CohesionError`` if it cannot be used.
    """
    before, begun, rest = settings.partition(BEGIN)
    own = before + rest.partition(END)[2] if begun else settings
    if not _address():
        return own
    if any(line.startswith(("storage:", "run_storage:", "event_log_storage:")) for line in own.splitlines()):
        raise CohesionError("names a storage of its own", where="dagster.yaml", todo=f"Take it out, or {VARIABLE}.")
    _require_answer()
    return f"{own.rstrip()}\n{STORAGE}"


def _address() -> str:
    """The address, put into the environment if a file holds it: the processes of Dagster read it there."""
    found = read_secret("postgres_url")
    if found is None:
        return ""
    os.environ.pop(FILE, None)
    os.environ[VARIABLE] = found.get_secret_value()
    return os.environ[VARIABLE]


def _require_answer() -> None:
    """Raises ``CohesionError`` unless the server lets us in: its own messages name users and hosts."""
    if importlib.util.find_spec("psycopg2") is None or importlib.util.find_spec("dagster_postgres") is None:
        raise CohesionError("needs the package `dagster-postgres`", where=VARIABLE, todo="uv sync --extra server")
    import psycopg2

    if not os.environ[VARIABLE].startswith(("postgresql://", "postgres://")):
        raise CohesionError(
            "is no address of a PostgreSQL server",
            where=VARIABLE,
            todo="Write postgresql://user:password@host/database.",
        )
    try:
        psycopg2.connect(os.environ[VARIABLE], connect_timeout=10).close()
    except psycopg2.OperationalError as error:
        refused = any(word in str(error) for word in ("authentication", "does not exist", "permission", "role"))
        what = "the server refuses the user, the password or the database" if refused else "no server answers there"
        raise CohesionError(what, where=VARIABLE, todo=TODO) from None
    except psycopg2.Error as error:
        raise CohesionError(f"cannot be used ({type(error).__name__})", where=VARIABLE, todo=TODO) from None
