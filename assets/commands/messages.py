"""How a command ends that cannot do what it is asked: with a message, never with a stack trace."""

import errno
from collections.abc import Callable, Collection
from functools import wraps

import typer

from assets.commands.interrupts import kept
from pipeline.errors import CohesionError, DeclarationErrors, may_pass
from pipeline.paths import Paths
from pipeline.specs import Project, load_studies

CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS)
"""What the system says where someone may not read or write, or nobody may."""
FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
SHOWN = 5
"""So many mistakes of a study that is left out are listed."""


def of_studies(paths: Paths, studies: Collection[str], *, with_papers: bool = True) -> Project:
    """What is declared of these studies; mistakes in others are said, and do not stop what is done with these.

    Raises ``DeclarationErrors`` for the studies' own mistakes.
    """
    project, others = load_studies(paths, studies, with_papers=with_papers)
    for study, problems in others.items():
        count = f"{len(problems):,} mistake{'s' if len(problems) > 1 else ''}"
        typer.echo(f"– {study}: {count} in its declarations; left out. `cohesion check` lists all:", err=True)
        for problem in problems[:SHOWN]:
            typer.echo(f"    {problem}", err=True)
    return project


def said_plainly(command: Callable[..., None]) -> Callable[..., None]:
    """A mistake in the input ends a command with its message and exit code 1, never with a stack trace."""

    @wraps(command)
    def run(*arguments: object, **options: object) -> None:
        try:
            with kept():
                command(*arguments, **options)
        except DeclarationErrors as error:
            typer.echo(str(error), err=True)
            count = len(error.problems)
            typer.echo(f"\n{count} mistake{'s' if count > 1 else ''} in the declarations.", err=True)
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            typer.echo("\nStopped. What was built is kept; the next build goes on from there.", err=True)
            raise typer.Exit(130) from None
        except CohesionError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from None
        except OSError as error:
            if error.errno not in CLOSED and not may_pass(error):
                raise
            typer.echo(f"{error.filename or 'a file or folder'}: {_refused(error)}", err=True)
            raise typer.Exit(1) from None

    return run


def _refused(error: OSError) -> str:
    """What the system would not do, and what to do about it."""
    if error.errno in CLOSED:
        return "may not be read or written by you. Ask its owner for the right to."
    if error.errno in FULL:
        return "the disk is full. Nothing was lost; free some space and try again."
    return f"{error.strerror or type(error).__name__}. Nothing was lost; try again."
