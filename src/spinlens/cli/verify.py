"""``spinlens verify``: whether every byte of an ensemble is what it was."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from spinlens.cli.ensembles import ENSEMBLE, each, print_json
from spinlens.errors import DamagedError, IncompleteError

if TYPE_CHECKING:
    from spinlens.ensemble import Verification


def verify(
    path: Path = typer.Argument(..., help=ENSEMBLE),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Compare every file with its checksum: exit code 0 intact, 3 intact but not finished, 4 damaged."""
    from spinlens.ensemble import verify as verify_ensemble

    found = {}
    for name, directory in each(path, heading=not as_json):
        found[name] = verify_ensemble(directory)
        if not as_json:
            _print(found[name], path)
    if as_json:
        print_json({name: one.to_dict() for name, one in found.items()})
    if not all(one.intact for one in found.values()):
        raise typer.Exit(DamagedError.exit_code)
    if any(one.missing for one in found.values()):
        raise typer.Exit(IncompleteError.exit_code)


def _print(found: Verification, path: Path) -> None:
    for damage in found.damages:
        typer.echo(damage)
    state = "intact" if found.intact else f"{len(found.damages)} damaged; spinlens repair {path} makes them again"
    unfinished = f"; {len(found.missing)} units of work are not stored yet" if found.missing else ""
    typer.echo(f"{found.files} files: {state}{unfinished}")
