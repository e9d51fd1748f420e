"""The ``spinlens`` command: verbs, exit codes, and errors in one sentence."""

from __future__ import annotations

import errno
import signal
import sys
from types import FrameType
from typing import NoReturn

import typer

from spinlens import __version__
from spinlens.cli.bench import bench
from spinlens.cli.blind import blind
from spinlens.cli.challenge import challenge
from spinlens.cli.classify import classify
from spinlens.cli.crossover import crossover
from spinlens.cli.doctor import doctor
from spinlens.cli.export import export
from spinlens.cli.find import find
from spinlens.cli.imports import import_files
from spinlens.cli.info import info
from spinlens.cli.map import map_latents
from spinlens.cli.models import models
from spinlens.cli.observables import observables
from spinlens.cli.pool import extend, pool
from spinlens.cli.predict import predict
from spinlens.cli.pretrain import pretrain
from spinlens.cli.repair import repair
from spinlens.cli.report import report
from spinlens.cli.simulate import simulate
from spinlens.cli.status import status
from spinlens.cli.train import train
from spinlens.cli.verify import verify
from spinlens.errors import IncompleteError, SpinlensError, explained

# Typer brings its own copy of Click, and only this class leads to the error that all wrong usage derives from.
_UsageProblem: type[Exception] = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")

INTERRUPTED = 130
"""What Typer returns after Ctrl-C."""

app = typer.Typer(
    name="spinlens",
    help="Sample lattice spin models fast and exactly, and find their phases with neural networks.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(crossover)
app.command()(classify)
app.command()(find)
app.command()(train)
app.command("map")(map_latents)
app.command()(pretrain)
app.command()(predict)
app.command()(simulate)
app.command()(extend)
app.command()(pool)
app.command()(models)
app.command()(observables)
app.command()(report)
app.command()(info)
app.command()(status)
app.command()(verify)
app.command()(repair)
app.command()(bench)
app.command()(doctor)
app.command()(blind)
app.command("import")(import_files)
app.command()(export)
app.add_typer(challenge, name="challenge")


def _version(show: bool) -> None:
    if show:
        typer.echo(f"spinlens {__version__}")
        raise typer.Exit


@app.callback()
def _root(version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print it.")) -> None:
    """Sample lattice spin models fast and exactly, and find their phases with neural networks."""


def _terminated(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def run(arguments: list[str] | None = None) -> NoReturn:
    """Run one command and exit: 0 done, 1 failed, 2 usage, 3 incomplete but resumable, 4 data damaged."""
    # A batch system's request to stop is treated as Ctrl-C, so that the current commit is finished.
    signal.signal(signal.SIGTERM, _terminated)
    try:
        code = app(args=arguments, standalone_mode=False)
        if code == INTERRUPTED:
            raise KeyboardInterrupt
        sys.exit(code if isinstance(code, int) else 0)
    except SpinlensError as error:
        _fail(str(error), error.exit_code)
    except ModuleNotFoundError as error:
        reason = explained(error)
        if not isinstance(reason, SpinlensError):
            raise
        _fail(str(reason), reason.exit_code)
    except _UsageProblem as error:
        _fail(f"{' '.join(error.format_message().split())} Try --help.", 2)  # type: ignore[attr-defined]
    except (typer.Abort, KeyboardInterrupt):
        advice = "What was stored is safe: run the same command again to continue."
        _fail(f"Interrupted. {advice}", IncompleteError.exit_code)
    except BrokenPipeError:
        sys.exit(0)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EIO, errno.EACCES):
            raise
        place = f"{error.filename}: " if error.filename else ""
        advice = "What was stored before is safe; run the same command again to continue."
        _fail(f"{place}{error.strerror}. {advice}", IncompleteError.exit_code)


def _fail(message: str, code: int) -> NoReturn:
    typer.echo(f"spinlens: {message}", err=True)
    sys.exit(code)
