"""``spinlens crossover``: the phase diagram over two controls of a model, as a network finds it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer

from spinlens.config import merge, parse_assignment, parse_grid, read_toml
from spinlens.errors import InputError


def crossover(
    out: Path = typer.Option(..., help="Directory of the study; an unfinished one is continued."),
    preset: str = typer.Option("standard", help="quick, standard or paper; by itself the Ising model in a field."),
    plane: str = typer.Option(None, help="A system with presets of its own, for example blume_capel or cubic."),
    model: str = typer.Option(None, help="A name of `spinlens models`, with constants as in potts:states=3."),
    axis: list[str] = typer.Option(
        [], help="A control with its grid, for example crystal_field=0:2:17: two with several values, more with one."
    ),
    lattice: str = typer.Option(None, help="square, triangular, honeycomb, cubic or chain; by default by the sides."),
    sides: str = typer.Option(None, help="For example 32x32; multiples of 16, or of 2 to the number of filters."),
    seed: int = typer.Option(None, help="Whole number >= 0."),
    config: Path = typer.Option(None, help="TOML file with values to change."),
    assignments: list[str] = typer.Option([], "--set", help="key=value, for example training.beta=4; repeatable."),
    scheduler: str = typer.Option(None, help="Address or file of a Dask scheduler to sample on."),
    workers: int = typer.Option(None, min=1, help="Sampling threads; by default one for each core."),
    device: str = typer.Option(None, help="Where to train: cpu, cuda, ...; by default CUDA where there is one."),
    as_json: bool = typer.Option(False, "--json", help="Print the summary as JSON."),
) -> None:
    """Simulate, train, analyse and draw the crossover study; every stage can be interrupted and continued."""
    from spinlens.models import parse_model
    from spinlens.studies.crossover import configure, run_crossover
    from spinlens.studies.report import crossover_table

    changes: dict[str, Any] = read_toml(config) if config else {}
    for assignment in assignments:
        changes = merge(changes, parse_assignment(assignment))
    if seed is not None:
        changes = merge(changes, {"seed": seed})
    place = {key: value for key, value in (("kind", lattice), ("shape", sides)) if value is not None}
    configuration = configure(
        preset, plane=plane, model=None if model is None else parse_model(model), axes=_axes(axis),
        changes=merge({"sampling": place} if place else {}, changes),
    )  # fmt: skip
    summary = run_crossover(configuration, out=out, scheduler=scheduler, workers=workers, device=device)
    if as_json:
        typer.echo(json.dumps(summary, indent=2))
        return
    typer.echo(crossover_table(summary))
    typer.echo(f"\nFigures: {out / 'figures'}    Numbers: {out / 'summary.json'}")


def _axes(texts: list[str]) -> dict[str, str]:
    """Return the grids by the names of their controls, as they were written."""
    axes: dict[str, str] = {}
    for text in texts:
        name, equals, grid = text.partition("=")
        if not equals or not name.isidentifier():
            why = "must be a control with its grid"
            raise InputError("axis", repr(text), why, "For example crystal_field=0:2:17")
        if name in axes:
            raise InputError("axis", repr(name), "is given twice")
        parse_grid(grid, name)
        axes[name] = grid
    return axes
