"""``spinlens repair``: sample again exactly what is damaged."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from spinlens.errors import IncompleteError


def repair(
    path: Path = typer.Argument(..., help="An ensemble or a study directory."),
    workers: int = typer.Option(None, min=1, help="Threads; by default one for each core."),
    scheduler: str = typer.Option(None, help="Address of a Dask scheduler to use instead."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Make a damaged ensemble what it was, byte for byte; nothing else is touched."""
    from spinlens.ensemble import repair as repair_ensemble
    from spinlens.ensemble import study_ensemble

    done = repair_ensemble(study_ensemble(path), workers=workers, scheduler=scheduler)
    if as_json:
        typer.echo(json.dumps(done.to_dict(), indent=2))
    else:
        for damage in done.damages:
            typer.echo(damage)
        typer.echo(f"Repaired {len(done.damages)} damages; done again: {', '.join(done.units) or 'nothing'}")
        if done.missing:
            typer.echo(f"{len(done.missing)} units of work are not stored yet: the command that made it continues")
    if done.missing:
        raise typer.Exit(IncompleteError.exit_code)
