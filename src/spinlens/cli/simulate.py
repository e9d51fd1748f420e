"""``spinlens simulate``: any grid of conditions to an ensemble."""

from __future__ import annotations

from pathlib import Path

import typer

from spinlens.config import parse_grid
from spinlens.errors import InputError
from spinlens.lattices import Lattice, parse_boundary
from spinlens.models import Ising


def simulate(
    temperature: str = typer.Option(..., help="start:stop:count, a comma list or one number; k_B = 1."),
    out: Path = typer.Option(..., help="Directory of the ensemble; an unfinished one is continued."),
    side: int = typer.Option(None, help="Side of a square lattice."),
    shape: str = typer.Option(None, help="Sides of a rectangular lattice, for example 24x10."),
    field: str = typer.Option("0", help="As temperature."),
    boundary: str = typer.Option(
        "periodic",
        help="periodic, antiperiodic, free or skewed; or one for x and one for y, for example '+-,periodic': "
        "two signs are walls of held spins.",
    ),
    coupling: str = typer.Option("1", help="J, negative for the antiferromagnet; or Jx,Jy."),
    staggered_field: bool = typer.Option(False, help="Let the field change its sign from site to site."),
    chains: int = typer.Option(64, help="Independent chains at each condition."),
    draws: int = typer.Option(1, help="Configurations kept of each chain."),
    thin: int = typer.Option(None, help="Recordings of energy and magnetization for each kept draw."),
    equilibration: int = typer.Option(4096, help="Sweeps before the first recording."),
    interval: int = typer.Option(8, help="Sweeps between recordings and replica exchanges."),
    algorithm: str = typer.Option(
        "heat_bath",
        help="heat_bath, metropolis, swendsen_wang, wolff, or auto: what suits each condition, said on stderr.",
    ),
    exchange: bool = typer.Option(True, help="Swap replicas between neighbouring temperatures."),
    start: str = typer.Option("ground", help="ground, random, dispersed, interface or heated."),
    seed: int = typer.Option(0, help="Whole number >= 0."),
    workers: int = typer.Option(None, min=1, help="Threads; by default one for each core."),
    scheduler: str = typer.Option(None, help="Address of a Dask scheduler to use instead."),
) -> None:
    """Sample a grid of fields and temperatures into an ensemble."""
    from spinlens.ensemble import equilibration_summary
    from spinlens.ensemble import simulate as sample_grid
    from spinlens.studies.report import equilibration_sentence

    ensemble = sample_grid(
        Ising(_couplings(coupling), "staggered" if staggered_field else "uniform"),
        Lattice(_sides(side, shape), boundary=parse_boundary(boundary)),
        temperature=parse_grid(temperature, "temperature"), field=parse_grid(field, "field"), chains=chains,
        draws=draws, thin=thin, equilibration=equilibration, interval=interval, algorithm=algorithm,
        exchange=exchange, start=start, seed=seed, out=out, workers=workers, scheduler=scheduler,
    )  # fmt: skip
    for reason in ensemble.algorithm_reasons:
        typer.echo(reason, err=True)
    typer.echo(ensemble)
    typer.echo(equilibration_sentence(equilibration_summary(ensemble)))


def _sides(side: int | None, shape: str | None) -> tuple[int, int]:
    if (side is None) == (shape is None):
        raise InputError("side, shape", (side, shape), "exactly one of the two must be given")
    if side is not None:
        return side, side
    try:
        height, width = (int(part) for part in str(shape).split("x"))
    except ValueError:
        raise InputError("shape", repr(shape), "must be two whole numbers", "For example 24x10") from None
    return height, width


def _couplings(text: str) -> float | tuple[float, float]:
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) == 1:
        return numbers[0]
    if len(numbers) == 2:
        return numbers[0], numbers[1]
    raise InputError("coupling", repr(text), "must be one number or two with a comma", "For example 1,0.5")
