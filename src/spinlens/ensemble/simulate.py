"""Sample a grid of conditions into an ensemble, in memory or on the disk."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from spinlens.ensemble.checkpoint import Checkpoint
from spinlens.ensemble.description import equilibration_summary
from spinlens.ensemble.estimate import announcement, check_fits, expected_seconds, work_of
from spinlens.ensemble.judgement import diagnose, sentence
from spinlens.ensemble.memory import in_memory
from spinlens.ensemble.reader import Ensemble, open_ensemble
from spinlens.ensemble.writer import Writer
from spinlens.errors import EquilibrationWarning, IncompleteError, InputError, did_you_mean
from spinlens.files import interrupts_awaited, local_path
from spinlens.lattices import Lattice, check_lattice
from spinlens.models import Model, check_model
from spinlens.progress import Report, announce, progress_bar
from spinlens.sampling import Plan, Unit, UnitDraws, run_unit, units
from spinlens.workers import check_workers, cores, finished, threads_for


def simulate(
    model: Model,
    lattice: Lattice | tuple[int, ...],
    *,
    temperature: float | Sequence[float] | np.ndarray,
    chains: int = 64,
    draws: int = 1,
    recordings: int | None = None,
    equilibration: int | None = None,
    interval: int = 8,
    algorithm: str = "auto",
    exchange: bool = True,
    start: str = "ground",
    samples: int | None = None,
    seed: int | Sequence[int] = 0,
    raster: int | None = None,
    target: Mapping[str, float] | None = None,
    out: Path | str | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: bool | Report = True,
    **controls: float | Sequence[float] | np.ndarray,
) -> Ensemble:
    """Sample the Boltzmann distribution at every condition of a grid.

    Parameters
    ----------
    model : Model
        The Hamiltonian.
    lattice : Lattice or tuple of int
        Sides, kind and boundary; bare sides are a periodic chain, square or cubic lattice.
    temperature : float or sequence of float
        The grid's axis, ascending, > 0 (k_B = 1).
    chains : int
        Independent Markov chains at each condition; 64 share a machine word, so multiples of 64 are cheapest.
    draws : int
        Configurations kept of each chain.
    recordings : int, optional
        Recordings of the model's sums in each chain, a multiple of the draws; by default 64 or as many as the draws.
    equilibration : int, optional
        Sweeps before the first recording; by default 4096, or 1024 where it is known at every condition that dozens of
        sweeps forget everything.
    interval : int
        Sweeps between recordings; replicas are exchanged as often.
    algorithm : str
        ``"auto"``: what suits each condition, which ``ensemble.algorithm`` and ``ensemble.algorithm_reasons`` tell; or
        ``"heat_bath"``, ``"metropolis"``, site after site; ``"swendsen_wang"``, ``"wolff"``, ``"seeded_clusters"``,
        clusters, with the field and the walls as a ghost; or some of them in turn, for example
        ``"seeded_clusters + 3 metropolis"``. See `spinlens.sampling.Plan`.
    exchange : bool
        Whether to swap replicas between neighbouring temperatures of each field.
    start : {"ground", "random", "dispersed", "interface", "heated"}
        First configurations; see `spinlens.sampling.Plan`.
    samples : int, optional
        Of quenched disorder: short for the control ``sample=range(samples)``; at least 1.
    seed : int or sequence of int
        The draws depend on it and on these parameters, never on workers or interruptions. Several share the chains:
        what `pool` makes of runs of one seed each.
    raster : int, optional
        Of models in imaginary time: each draw is a picture of the worldlines at so many evenly spaced imaginary times,
        (raster, *sides), from time 0 on, in place of that at time 0 alone. The sums are those of the whole worldlines.
    target : mapping of str to float, optional
        Largest standard errors that observables may have at any condition, for example ``{"energy": 1e-4}``, see
        `spinlens.Ensemble.observables`: as many recordings are made as it takes, ``recordings`` or more. They come in
        rounds, each up to 8 times as long as the one before, which lie beside ``out`` until the last one is moved
        there; the same call takes the same rounds, and goes on where it was interrupted.
    out : path-like, optional
        Directory to store the ensemble in; in memory where left out. An unfinished ensemble of the same parameters
        is continued; units of work that take long keep where they are twice a minute, without a ``scheduler``.
    workers : int, optional
        Threads; by default one for each core.
    scheduler : str, optional
        Address of a Dask scheduler to use instead of threads, or the file that it wrote.
    progress : bool or callable
        Whether to show progress on stderr; a function is told the share that is done, and a note, instead.
    **controls : float or sequence of float
        The other axes by the names of the model's controls, ascending: ``field`` for the Ising model.

    Returns
    -------
    Ensemble
        With a verdict on every condition in ``diagnostics``.

    Raises
    ------
    InputError
        If a parameter cannot be used or ``out`` holds something else; nothing is written then.
    IncompleteError
        If it was interrupted or the disk is full; the same call continues.

    Warns
    -----
    EquilibrationWarning
        If some conditions are not equilibrated, or recorded too shortly to tell; it says which and what to do.
    """
    _check_options(model, controls)
    if samples is not None:
        controls |= {model.quenched or "": numbered_samples(model, samples, controls)}
    plan = Plan(
        model=model, lattice=check_lattice(lattice), temperature=temperature, controls=controls, chains=chains,
        draws=draws, recordings=recordings, interval=interval, equilibration=equilibration, algorithm=algorithm,
        exchange=exchange,
        start=start, seed=seed, raster=raster,
    )  # fmt: skip
    options: dict[str, Any] = {"out": out, "workers": workers, "scheduler": scheduler, "progress": progress}
    if target is None:
        ensemble = sample(plan, **options)
    else:
        from spinlens.ensemble.target import sample_until

        ensemble = sample_until(plan, target, **options)
    warn_where_unsound(ensemble)
    return ensemble


def warn_where_unsound(ensemble: Ensemble) -> None:
    """Warn the caller's caller where conditions of an ensemble are not equilibrated, or cannot be told."""
    if not ensemble.diagnostics["equilibrated"].all():
        said = f"{sentence(equilibration_summary(ensemble))} See ensemble.diagnostics."
        warnings.warn(said, EquilibrationWarning, stacklevel=3)


def _check_options(model: Model, controls: Mapping[str, Any]) -> None:
    """Refuse what is neither an option nor a control, naming what was probably meant."""
    known = {**check_model(model).controls, **dict.fromkeys(inspect.signature(simulate).parameters)}
    for name in controls:
        if name not in model.controls:
            known.pop("controls", None)
            has = ", ".join(("temperature", *model.controls))
            raise InputError(
                "argument",
                repr(name),
                f"is no option, and the controls of {model.name} are {has}",
                did_you_mean(name, known),
            )


def numbered_samples(model: Model, samples: Any, controls: Mapping[str, Any]) -> range:
    """Return the numbers of so many quenched samples.

    Raises
    ------
    InputError
        If it is no whole number >= 1, the model has no quenched samples, or their numbers are given as well.
    """
    if model.quenched is None:
        raise InputError("samples", samples, f"{model.name} has no quenched disorder", "Leave it out")
    if not isinstance(samples, int | np.integer) or isinstance(samples, bool) or samples < 1:
        raise InputError("samples", samples, "must be a whole number >= 1")
    if model.quenched in controls:
        raise InputError("samples", samples, f"stands for {model.quenched} = 0, 1, ..., which is given too")
    return range(int(samples))


def sample(
    plan: Plan,
    *,
    out: Path | str | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: bool | Report = True,
    label: str = "simulate",
) -> Ensemble:
    """Sample what ``plan`` says, under a label on the progress bar; the rest as in `simulate`."""
    if out is not None:
        options: dict[str, Any] = {"workers": workers, "scheduler": scheduler, "progress": progress}
        (ensemble,) = sample_all({local_path(out): plan}, label=label, **options)
        return ensemble
    check_workers(workers, scheduler)
    check_fits(plan, units=_side_by_side(workers, scheduler))
    with progress_bar(label, show=progress) as report:
        return _in_memory(plan, report, {"workers": workers, "scheduler": scheduler})


def sample_all(
    plans: Mapping[Path, Plan],
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: bool | Report = True,
    label: str = "simulate",
) -> list[Ensemble]:
    """Sample several plans side by side, each into its own directory; the rest as in `simulate`.

    The longest units come first, so that few workers wait for the last one.
    """
    check_workers(workers, scheduler)
    at_once = _side_by_side(workers, scheduler)
    check_fits(plans, units=at_once)
    writers: dict[Path, Writer] = {}
    tasks: list[tuple[Path, Unit]] = []
    with progress_bar(label, show=progress) as report:
        try:
            for path, plan in plans.items():
                writer = writers[path] = Writer(path, plan)
                if missing := writer.missing_units():
                    writer.check_rule()
                _judge(writer, plan)
                tasks += [(path, unit) for unit in missing]
            costs = {task: work_of(plans[task[0]], task[1]) for task in tasks}
            tasks.sort(key=costs.__getitem__, reverse=True)
            threads = threads_for(len(tasks), workers, scheduler)
            # Workers elsewhere may not see this disk.
            keep = scheduler is None
            begun = {
                (path, unit): Checkpoint(path, plans[path], unit).fraction if keep else 0.0 for path, unit in tasks
            }
            if progress is True and scheduler is None and tasks:
                left, (path, unit) = sum(costs[task] * (1 - begun[task]) for task in tasks), tasks[0]
                many = min(at_once, len(tasks))
                seconds = expected_seconds(left, plans[path], unit, side_by_side=many, threads=threads)
                if seconds is not None:
                    announce(label, announcement(seconds, plans.values(), many))
            work, listen = partial(_run, dict(plans), threads=threads, keep=keep), _overall(costs, report, begun)
            for (path, unit), draws in finished(work, tasks, workers=workers, scheduler=scheduler, report=listen):
                writers[path].commit(unit, draws)
                _judge(writers[path], plans[path])
        except KeyboardInterrupt:
            total = sum(len(units(plan)) for plan in plans.values())
            done = sum(len(units(plans[path])) - len(writer.missing_units()) for path, writer in writers.items())
            where = next(iter(plans)) if len(plans) == 1 else next(iter(plans)).parent
            half = sum(_checkpoint(plans, task).fraction > 0 for task in tasks)
            others = f", and what was done of {half} more" if half else ""
            raise IncompleteError(
                f"Interrupted with {done} of {total} units of work stored in {where}{others}. "
                "Run the same command again to continue."
            ) from None
        finally:
            for writer in writers.values():
                writer.close()
    return [open_ensemble(path) for path in plans]


def _checkpoint(plans: Mapping[Path, Plan], task: tuple[Path, Unit]) -> Checkpoint:
    path, unit = task
    return Checkpoint(path, plans[path], unit)


def _run(
    plans: Mapping[Path, Plan], task: tuple[Path, Unit], report: Report, *, threads: int, keep: bool
) -> UnitDraws:  # fmt: skip
    path, unit = task
    keeper = _checkpoint(plans, task) if keep else None
    # Between two reports chains are half moved, and nothing could be kept.
    with interrupts_awaited() as heed:

        def tell(fraction: float) -> None:
            heed()
            report(fraction, "")

        return run_unit(plans[path], unit, tell, threads=threads, keeper=keeper)


def _side_by_side(workers: int | None, scheduler: str | None) -> int:
    """Return how many units are in the memory of this machine at a time, at least."""
    return 1 if scheduler is not None else workers or cores()


def _judge(writer: Writer, plan: Plan) -> None:
    """Judge the points that are filled, while the workers go on with the others."""
    for point in writer.filled_points():
        writer.commit_diagnostics(point, diagnose(writer.read, plan, point))


def _in_memory(plan: Plan, report: Report, options: dict[str, Any]) -> Ensemble:
    work = units(plan)
    listen = _overall(dict.fromkeys(work, 1.0), report)
    threads = threads_for(len(work), **options)
    return in_memory(plan, finished(partial(run_unit, plan, threads=threads), work, report=listen, **options))


def _overall(costs: Mapping[Any, float], report: Report, begun: Mapping[Any, float] | None = None) -> Any:
    """Turn the progress of single units, some of which may be begun, into that of the whole run."""
    fractions, total = {unit: (begun or {}).get(unit, 0.0) for unit in costs}, sum(costs.values()) or 1.0
    report(sum(costs[unit] * value for unit, value in fractions.items()) / total, "")

    def unit_report(unit: Any, fraction: float) -> None:
        fractions[unit] = max(fraction, fractions[unit])
        done = sum(value == 1 for value in fractions.values())
        over = sum(costs[unit] * value for unit, value in fractions.items())
        report(over / total, f"{done}/{len(fractions)} units")

    return unit_report
