"""What the verbs for ensembles share: a study of several ensembles is done one after another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from spinlens.ensemble import Ensemble

ENSEMBLE = "An ensemble, or the directory of a study."


def each(path: Path, *, heading: bool) -> Iterator[tuple[str, Path]]:
    """Yield name and directory of each ensemble that is meant, and print the names where there are several."""
    from spinlens.ensemble import study_ensembles

    for name, found in study_ensembles(path).items():
        if name and heading:
            typer.echo(f"{name}:")
        yield name, found


def print_verdict(ensemble: Ensemble) -> None:
    """Print what an ensemble is, and whether its conditions are equilibrated."""
    from spinlens.ensemble import equilibration_summary
    from spinlens.ensemble.judgement import sentence

    typer.echo(ensemble)
    typer.echo(sentence(equilibration_summary(ensemble)))


def print_json(found: dict[str, Any]) -> None:
    """Print one description, or those of several ensembles by their names."""
    typer.echo(json.dumps(found[""] if list(found) == [""] else found, indent=2))
