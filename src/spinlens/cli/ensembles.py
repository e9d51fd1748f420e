"""What the verbs for ensembles share: a study of several ensembles is done one after another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

ENSEMBLE = "An ensemble, or the directory of a study."


def each(path: Path, *, heading: bool) -> Iterator[tuple[str, Path]]:
    """Yield name and directory of each ensemble that is meant, and print the names where there are several."""
    from spinlens.ensemble import study_ensembles

    for name, found in study_ensembles(path).items():
        if name and heading:
            typer.echo(f"{name}:")
        yield name, found


def print_json(found: dict[str, Any]) -> None:
    """Print one description, or those of several ensembles by their names."""
    typer.echo(json.dumps(found[""] if list(found) == [""] else found, indent=2))
