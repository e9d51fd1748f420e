"""``spinlens export``: an ensemble for other programs."""

from __future__ import annotations

from pathlib import Path

import typer

from spinlens.cli.ensembles import ENSEMBLE, each

export = typer.Typer(no_args_is_help=True, help="Write an ensemble for other programs.")


@export.callback()
def _group() -> None:
    """Write an ensemble for other programs."""


@export.command()
def images(
    ensemble: Path = typer.Argument(..., help=ENSEMBLE),
    out: Path = typer.Option(
        ..., help="A new folder, or one whose export was not finished; for each of several ensembles a folder in it."
    ),
    chains: int = typer.Option(None, help="How many of the first chains; by default all."),
    draws: int = typer.Option(None, help="How many of the first draws of each chain; by default all."),
) -> None:
    """Write PNG images without loss, one folder for each temperature region, and a table of labels."""
    from spinlens.ensemble import open_ensemble
    from spinlens.images import export_images

    for name, directory in each(ensemble, heading=False):
        typer.echo(export_images(open_ensemble(directory), out / name, chains=chains, draws=draws))
