"""``spinlens doctor``: whether everything works here."""

from __future__ import annotations

import json
from pathlib import Path

import typer


def doctor(
    folder: Path = typer.Option(Path(), help="Where ensembles are to be kept; by default the current folder."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Try libraries, engines against exact values, the cache of kernels and a folder: exit code 1 if one fails."""
    from spinlens.installation import checks

    found = []
    for check in checks(folder):
        found.append(check)
        if not as_json:
            mark = "ok" if check.works else "FAILS"
            typer.echo(f"{mark:>5}  {check.name:<18} {check.found}" + (f"  ({check.advice})" if check.advice else ""))
    if as_json:
        typer.echo(json.dumps([check.to_dict() for check in found], indent=2))
    if not all(check.works for check in found):
        raise typer.Exit(1)
