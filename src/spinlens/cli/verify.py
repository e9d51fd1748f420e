"""``spinlens verify``: whether every byte of an ensemble is what it was."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from spinlens.errors import DamagedError, IncompleteError


def verify(
    path: Path = typer.Argument(..., help="An ensemble or a study directory."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Compare every file with its checksum: exit code 0 intact, 3 intact but not finished, 4 damaged."""
    from spinlens.ensemble import study_ensemble
    from spinlens.ensemble import verify as verify_ensemble

    found = verify_ensemble(study_ensemble(path))
    if as_json:
        typer.echo(json.dumps(found.to_dict(), indent=2))
    else:
        for damage in found.damages:
            typer.echo(damage)
        state = "intact" if found.intact else f"{len(found.damages)} damaged; spinlens repair {path} makes them again"
        unfinished = f"; {len(found.missing)} units of work are not stored yet" if found.missing else ""
        typer.echo(f"{found.files} files: {state}{unfinished}")
    if not found.intact:
        raise typer.Exit(DamagedError.exit_code)
    if found.missing:
        raise typer.Exit(IncompleteError.exit_code)
