"""``spinlens simulate``: any grid of conditions to an ensemble."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import typer

from spinlens.cli.ensembles import print_verdict
from spinlens.config import parse_grid
from spinlens.errors import EquilibrationWarning, InputError
from spinlens.lattices import Lattice, parse_boundary
from spinlens.models import Ising, Model, parse_model


def simulate(
    temperature: str = typer.Option(..., help="start:stop:count, a comma list or one number; k_B = 1."),
    out: Path = typer.Option(..., help="Directory of the ensemble; an unfinished one is continued."),
    model: str = typer.Option("ising", help="A name of `spinlens models`, with constants as in potts:states=3."),
    side: int = typer.Option(None, help="Side of a square lattice."),
    shape: str = typer.Option(None, help="Sides, for example 24x10 or 16x16x16."),
    lattice: str = typer.Option("", help="chain, square, triangular, honeycomb or cubic; by default by the sides."),
    field: str = typer.Option(None, help="As temperature; the same as --axis field=..."),
    axis: list[str] = typer.Option([], help="Another axis of the grid, for example crystal_field=0,1,1.9; repeatable."),
    boundary: str = typer.Option(
        "periodic",
        help="periodic, antiperiodic, free or skewed; or one for each side, for example '+-,periodic': "
        "two signs are walls of held spins, 0|2 walls of other values, twisted=5 turns angles by five codes.",
    ),
    coupling: str = typer.Option(None, help="J of the Ising model, negative for the antiferromagnet; or Jx,Jy."),
    staggered_field: bool = typer.Option(False, help="Let the Ising field change its sign from site to site."),
    chains: int = typer.Option(64, help="Independent chains at each condition."),
    draws: int = typer.Option(1, help="Configurations kept of each chain."),
    recordings: int = typer.Option(
        None,
        help="Recordings of the model's sums in each chain, a multiple of the draws; by default 64 or as many as the "
        "draws.",
    ),
    equilibration: int = typer.Option(
        None,
        help="Sweeps before the first recording; by default 4096, or 1024 where "
        "it is known that dozens of sweeps forget everything.",
    ),
    interval: int = typer.Option(8, help="Sweeps between recordings and replica exchanges."),
    algorithm: str = typer.Option(
        "auto",
        help="auto: what suits each condition, said on stderr; heat_bath, metropolis, swendsen_wang, wolff, "
        "seeded_clusters; or some in turn: 'seeded_clusters + 3 metropolis'; from_the_past: exact draws.",
    ),
    exchange: bool = typer.Option(True, help="Swap replicas between neighbouring temperatures."),
    start: str = typer.Option("ground", help="ground, random, dispersed, interface or heated."),
    samples: int = typer.Option(None, help="Samples of quenched disorder; the same as --axis sample=0,1,2..."),
    seed: int = typer.Option(0, help="Whole number >= 0."),
    raster: int = typer.Option(None, help="Draw worldlines at so many imaginary times in place of one."),
    target: list[str] = typer.Option(
        None,
        help="Record until the standard error of an observable is so small at every condition: energy=1e-4; "
        "repeatable.",
    ),
    workers: int = typer.Option(None, min=1, help="Threads; by default one for each core."),
    scheduler: str = typer.Option(None, help="Address or file of a Dask scheduler to use instead."),
) -> None:
    """Sample a grid of conditions into an ensemble."""
    from spinlens.ensemble import simulate as sample_grid

    controls: dict[str, Any] = _axes([*axis, *([f"field={field}"] if field is not None else [])])
    with warnings.catch_warnings():
        # The last line says it.
        warnings.simplefilter("ignore", EquilibrationWarning)
        ensemble = sample_grid(
            _model(model, coupling, staggered_field=staggered_field),
            Lattice(_sides(side, shape), boundary=parse_boundary(boundary), kind=lattice),
            temperature=parse_grid(temperature, "temperature"), chains=chains, draws=draws, recordings=recordings,
            equilibration=equilibration, interval=interval, algorithm=algorithm, exchange=exchange, start=start,
            samples=samples, seed=seed, raster=raster, target=_target(target or []), out=out, workers=workers,
            scheduler=scheduler, **controls,
        )  # fmt: skip
    for reason in ensemble.algorithm_reasons:
        typer.echo(reason, err=True)
    print_verdict(ensemble)


def _target(texts: list[str]) -> dict[str, float] | None:
    """Return the errors to reach by the names of observables, None where nothing is asked."""
    target: dict[str, float] = {}
    for text in texts:
        name, _, error = text.partition("=")
        try:
            target[name] = float(error)
        except ValueError:
            why = "must be an observable with the error to reach"
            raise InputError("target", repr(text), why, "For example energy=1e-4") from None
    return target or None


def _axes(texts: list[str]) -> dict[str, Any]:
    """Return the axes that the command line means, by the names of their controls."""
    axes: dict[str, Any] = {}
    for text in texts:
        name, equals, grid = text.partition("=")
        if not equals or not name.isidentifier():
            raise InputError(
                "axis", repr(text), "must be a control with its values", "For example crystal_field=0,1,1.9"
            )
        if name in axes:
            raise InputError("axis", repr(name), "is given twice")
        if name in _OPTIONS:
            raise InputError("axis", repr(name), "is an option of its own", f"Use --{name}")
        axes[name] = list(parse_grid(grid, name))
    return axes


_OPTIONS = (
    "temperature", "chains", "draws", "recordings", "equilibration", "interval", "algorithm", "exchange", "start",
    "samples", "seed", "raster", "target",
    "out", "workers", "scheduler", "progress", "model", "lattice",
)  # fmt: skip


def _model(text: str, coupling: str | None, *, staggered_field: bool) -> Model:
    """Return the model, an Ising model with the coupling and field of their own options."""
    if coupling is None and not staggered_field:
        return parse_model(text)
    if text != "ising":
        why = "--coupling and --staggered-field belong to the Ising model"
        raise InputError("model", repr(text), why, "Write constants behind the name, for example potts:coupling=-1")
    return Ising(_couplings(coupling or "1"), "staggered" if staggered_field else "uniform")


def _sides(side: int | None, shape: str | None) -> tuple[int, ...]:
    if (side is None) == (shape is None):
        raise InputError("side, shape", (side, shape), "exactly one of the two must be given")
    if side is not None:
        return side, side
    try:
        return tuple(int(part) for part in str(shape).split("x"))
    except ValueError:
        raise InputError("shape", repr(shape), "must be whole numbers with x between", "For example 24x10") from None


def _couplings(text: str) -> float | tuple[float, ...]:
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise InputError("coupling", repr(text), "must be numbers with commas", "For example 1,0.5") from None
    return numbers[0] if len(numbers) == 1 else numbers
