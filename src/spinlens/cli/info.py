"""``spinlens info``: what an ensemble or a study directory holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer


def info(
    path: Path = typer.Argument(..., help="An ensemble or a study directory."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Print what is in an ensemble or a study."""
    from spinlens.ensemble import describe, study_ensemble

    description = describe(study_ensemble(path))
    if as_json:
        typer.echo(json.dumps(description, indent=2))
        return
    for key, value in description.items():
        typer.echo(f"{key:<22} {_plain(value)}")


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(part)}" for key, part in value.items())
    if isinstance(value, list):
        return "; ".join(_plain(part) for part in value) or "none"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
