"""``spinlens pool`` and ``spinlens extend``: larger ensembles of those that are there."""

from __future__ import annotations

import warnings
from pathlib import Path

import typer

from spinlens.cli.ensembles import print_verdict
from spinlens.errors import EquilibrationWarning


def pool(
    paths: list[Path] = typer.Argument(..., help="Ensembles that differ in nothing but their seeds."),
    out: Path = typer.Option(..., help="Directory of the ensemble of all their chains."),
    workers: int = typer.Option(None, min=1, help="Threads; by default one for each core."),
) -> None:
    """Make one ensemble of runs of different seeds; nothing is sampled again."""
    from spinlens.ensemble import pool as pool_ensembles

    with warnings.catch_warnings():
        # The last line says it.
        warnings.simplefilter("ignore", EquilibrationWarning)
        ensemble = pool_ensembles(paths, out=out, workers=workers)
    print_verdict(ensemble)


def extend(
    path: Path = typer.Argument(..., help="An ensemble; it is left as it is."),
    chains: int = typer.Option(..., help="Chains at each condition in all."),
    out: Path = typer.Option(..., help="Directory of the larger ensemble; an unfinished one is continued."),
    workers: int = typer.Option(None, min=1, help="Threads; by default one for each core."),
    scheduler: str = typer.Option(None, help="Address or file of a Dask scheduler to use instead."),
) -> None:
    """Make a larger ensemble of one that is there: its chains, and more of them."""
    from spinlens.ensemble import extend as extend_ensemble

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EquilibrationWarning)
        ensemble = extend_ensemble(path, chains=chains, out=out, workers=workers, scheduler=scheduler)
    print_verdict(ensemble)
