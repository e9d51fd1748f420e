"""``spinlens blind``: simulate in a hidden unit of energy, and open it when the analysis is done."""

from __future__ import annotations

from pathlib import Path

import typer

from spinlens.config import read_toml


def blind(
    plan: Path = typer.Argument(..., help="TOML file that says what to simulate; or the word open."),
    folder: Path = typer.Argument(None, help="After open: the folder to open."),
    out: Path = typer.Option(None, help="Folder for the ensembles; an unfinished one is continued."),
    workers: int = typer.Option(None, min=1, help="Threads; by default one for each core."),
) -> None:
    """Simulate with temperatures multiplied by a number that stays hidden until `spinlens blind open FOLDER`."""
    from spinlens.challenge.blind import open_sealed, seal
    from spinlens.errors import InputError

    if str(plan) == "open":
        if folder is None:
            raise InputError("folder", None, "must be given", "For example spinlens blind open sealed/")
        unit = open_sealed(folder)
        typer.echo(f"{folder} is open: its temperatures and energies were multiplied by {unit:.9g}")
        return
    if out is None or folder is not None:
        raise InputError("out", out, "must be given, and one TOML file", "For example blind make.toml --out sealed/")
    for ensemble in seal(read_toml(plan), out, workers=workers):
        typer.echo(ensemble)
