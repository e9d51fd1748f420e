"""Sample a grid of conditions into an ensemble, in memory or on the disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from zarr.storage import MemoryStore

from spinlens.ensemble import layout
from spinlens.ensemble.reader import Ensemble, open_ensemble
from spinlens.ensemble.writer import Writer, write_unit
from spinlens.errors import IncompleteError
from spinlens.lattice import Lattice
from spinlens.models import Ising
from spinlens.progress import Report, progress_bar
from spinlens.sampling import Plan, Unit, units
from spinlens.sampling.diagnostics import equilibration
from spinlens.sampling.workers import check_workers, finished_units


def simulate(
    model: Ising,
    lattice: Lattice,
    *,
    temperature: float | Sequence[float] | np.ndarray,
    field: float | Sequence[float] | np.ndarray = 0.0,
    chains: int = 64,
    draws: int = 1,
    thin: int | None = None,
    equilibration: int = 4096,
    interval: int = 8,
    algorithm: str = "heat_bath",
    exchange: bool = True,
    start: str = "ground",
    seed: int = 0,
    out: Path | str | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: bool = True,
) -> Ensemble:
    """Sample the Boltzmann distribution at every condition of a grid.

    Parameters
    ----------
    model : Ising
        The Hamiltonian.
    lattice : Lattice
        Any shape and boundary.
    temperature, field : float or sequence of float
        The grid's axes, ascending; temperatures > 0 (k_B = 1).
    chains : int
        Independent Markov chains at each condition; 64 share a machine word, so multiples of 64 are cheapest.
    draws : int
        Configurations kept of each chain.
    thin : int, optional
        Recordings of energy and magnetization for each kept draw; by default as few as give 16 in all.
    equilibration : int
        Sweeps before the first recording.
    interval : int
        Sweeps between recordings; replicas are exchanged as often.
    algorithm : {"heat_bath", "metropolis", "swendsen_wang", "wolff", "auto"}
        Single spins in checkerboard order; clusters, all of them or one at a time, with the field and the walls as a
        ghost spin; or heat bath and Swendsen-Wang each where it suits the condition, which ``ensemble.algorithm`` and
        ``ensemble.algorithm_reasons`` tell. See `spinlens.sampling.Plan`.
    exchange : bool
        Whether to swap replicas between neighbouring temperatures of each field.
    start : {"ground", "random", "dispersed", "interface", "heated"}
        First configurations; see `spinlens.sampling.Plan`.
    seed : int
        The draws depend on it and on these parameters, never on workers or interruptions.
    out : path-like, optional
        Directory to store the ensemble in; in memory where left out. An unfinished ensemble of the same parameters
        is continued.
    workers : int, optional
        Threads; by default one for each core.
    scheduler : str, optional
        Address of a Dask scheduler to use instead of threads.
    progress : bool
        Whether to show progress on stderr.

    Returns
    -------
    Ensemble
        With every condition that is not equilibrated flagged in ``diagnostics``.

    Raises
    ------
    InputError
        If a parameter cannot be used or ``out`` holds something else; nothing is written then.
    IncompleteError
        If it was interrupted or the disk is full; the same call continues.
    """
    plan = Plan(
        model=model, lattice=lattice, temperature=temperature, field=field, chains=chains, draws=draws, thin=thin,  # type: ignore[arg-type]
        interval=interval, equilibration=equilibration, algorithm=algorithm, exchange=exchange, start=start, seed=seed,
    )  # fmt: skip
    return sample(plan, out=out, workers=workers, scheduler=scheduler, progress=progress)


def sample(
    plan: Plan,
    *,
    out: Path | str | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: bool = True,
) -> Ensemble:
    """Sample what ``plan`` says; parameters, result and errors as in `simulate`."""
    options: dict[str, Any] = {"workers": workers, "scheduler": scheduler}
    check_workers(workers, scheduler)
    with progress_bar("simulate", show=progress) as report:
        if out is None:
            return _in_memory(plan, report, options)
        return _on_disk(plan, Path(out), report, options)


def _in_memory(plan: Plan, report: Report, options: dict[str, Any]) -> Ensemble:
    group: Any = layout.create(MemoryStore(), plan)
    work = units(plan)
    for unit, draws in finished_units(plan, work, report=_overall(work, report), **options):
        write_unit(group, plan, unit, draws)
    ensemble = Ensemble(group, plan)
    for field in range(len(plan.field)):
        for name, values in diagnose(lambda name, field: group[name][field], plan, field).items():
            group[name][field] = values
    return ensemble


def _on_disk(plan: Plan, path: Path, report: Report, options: dict[str, Any]) -> Ensemble:
    writer = None
    try:
        writer = Writer(path, plan)
        work = writer.missing_units()
        if work:
            writer.check_rule()
        # Fields are judged as they fill up, while the workers go on with the others.
        for field in writer.filled_fields():
            writer.commit_diagnostics(field, diagnose(writer.read, plan, field))
        for unit, draws in finished_units(plan, work, report=_overall(work, report), **options):
            writer.commit(unit, draws)
            for field in writer.filled_fields():
                writer.commit_diagnostics(field, diagnose(writer.read, plan, field))
    except KeyboardInterrupt:
        total = len(units(plan))
        done = total - len(writer.missing_units()) if writer else 0
        raise IncompleteError(
            f"Interrupted with {done} of {total} units of work stored in {path}. "
            "Run the same command again to continue."
        ) from None
    finally:
        if writer:
            writer.close()
    return open_ensemble(path)


def diagnose(read: Callable[[str, int], Any], plan: Plan, field: int) -> dict[str, np.ndarray]:
    """Judge the chains of one field; ``read`` returns a field of an array."""
    sums = {name: read(name, field) for name in plan.series}
    verdict = equilibration(
        **sums, model=plan.model, field=plan.field[field], symmetric_at_zero=not plan.lattice.walled
    )  # fmt: skip
    return {name: getattr(verdict, name) for name in ("r_hat", "effective_sample_size", "equilibrated")}


def _overall(work: list[Unit], report: Report) -> Any:
    """Turn the progress of single units into that of the whole run."""
    fractions = dict.fromkeys(work, 0.0)
    report(0.0, "")

    def unit_report(unit: Unit, fraction: float) -> None:
        fractions[unit] = max(fraction, fractions[unit])
        finished = sum(value == 1 for value in fractions.values())
        report(sum(fractions.values()) / len(fractions), f"{finished}/{len(fractions)} units")

    return unit_report
