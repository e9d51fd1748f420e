"""``spinlens info``: what an ensemble or a study directory holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from spinlens.cli.ensembles import ENSEMBLE, each, print_json


def info(
    path: Path = typer.Argument(..., help=ENSEMBLE),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Print what is in an ensemble, or in each ensemble of a study."""
    from spinlens.ensemble import describe

    found = {}
    for name, directory in each(path, heading=not as_json):
        found[name] = describe(directory)
        if not as_json:
            for key, value in found[name].items():
                typer.echo(f"{key:<22} {_plain(value)}")
    if as_json:
        print_json(found)


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(part)}" for key, part in value.items())
    if isinstance(value, list):
        return "; ".join(_plain(part) for part in value) or "none"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
