"""``spinlens repair``: sample again exactly what is damaged."""

from __future__ import annotations

from pathlib import Path

import typer

from spinlens.cli.ensembles import ENSEMBLE, each, print_json
from spinlens.errors import IncompleteError


def repair(
    path: Path = typer.Argument(..., help=ENSEMBLE),
    workers: int = typer.Option(None, min=1, help="Threads; by default one for each core."),
    scheduler: str = typer.Option(None, help="Address or file of a Dask scheduler to use instead."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Make a damaged ensemble what it was, byte for byte; nothing else is touched."""
    from spinlens.ensemble import repair as repair_ensemble

    found = {}
    for name, directory in each(path, heading=not as_json):
        done = found[name] = repair_ensemble(directory, workers=workers, scheduler=scheduler)
        if as_json:
            continue
        for damage in done.damages:
            typer.echo(damage)
        count = len(done.damages)
        typer.echo(
            f"Repaired {count} damage{'' if count == 1 else 's'}; done again: {', '.join(done.units) or 'nothing'}"
        )
        if done.missing:
            typer.echo(f"{len(done.missing)} units of work are not stored yet: the command that made it continues")
    if as_json:
        print_json({name: done.to_dict() for name, done in found.items()})
    if any(done.missing for done in found.values()):
        raise typer.Exit(IncompleteError.exit_code)
