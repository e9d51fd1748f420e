"""``spinlens crossover``: the phase diagram of the Ising model in a field, as a network finds it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer

from spinlens.config import merge, parse_assignment, read_toml


def crossover(
    out: Path = typer.Option(..., help="Directory of the study; an unfinished one is continued."),
    preset: str = typer.Option("standard", help="quick, standard or paper."),
    seed: int = typer.Option(None, help="Whole number >= 0."),
    config: Path = typer.Option(None, help="TOML file with values to change."),
    assignments: list[str] = typer.Option([], "--set", help="key=value, for example training.beta=4; repeatable."),
    scheduler: str = typer.Option(None, help="Address of a Dask scheduler to sample on."),
    workers: int = typer.Option(None, min=1, help="Sampling threads; by default one for each core."),
    device: str = typer.Option(None, help="Where to train: cpu, cuda, ...; by default CUDA where there is one."),
    as_json: bool = typer.Option(False, "--json", help="Print the summary as JSON."),
) -> None:
    """Simulate, train, analyse and draw the crossover study; every stage can be interrupted and continued."""
    from spinlens.studies.crossover import configure, run_crossover
    from spinlens.studies.report import crossover_table

    changes: dict[str, Any] = read_toml(config) if config else {}
    for assignment in assignments:
        changes = merge(changes, parse_assignment(assignment))
    if seed is not None:
        changes = merge(changes, {"seed": seed})
    configuration = configure(preset, changes=changes)
    summary = run_crossover(configuration, out=out, scheduler=scheduler, workers=workers, device=device)
    if as_json:
        typer.echo(json.dumps(summary, indent=2))
        return
    typer.echo(crossover_table(summary))
    typer.echo(f"\nFigures: {out / 'figures'}    Numbers: {out / 'summary.json'}")
