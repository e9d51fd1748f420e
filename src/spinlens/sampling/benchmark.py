"""How many spins the kernels update a nanosecond, with energies that show that they are the right ones."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from spinlens.errors import InputError
from spinlens.exact import enumerate_states, kaufman
from spinlens.lattices import Lattice
from spinlens.models import Model
from spinlens.sampling.blocks import LANES
from spinlens.sampling.chains import Unit, run_unit
from spinlens.sampling.plan import Plan
from spinlens.statistics import Estimate, observables
from spinlens.workers import check_workers

INTERVAL = 10
"""Sweeps between recordings of the energy."""

TEMPERATURE = 2.5
"""Near criticality, and yet chains forget their start within some hundred sweeps; the speed is that of any other."""


@dataclass(frozen=True, slots=True)
class KernelRow:
    """One measurement.

    Attributes
    ----------
    side : int
        The lattice is side x side, periodic.
    algorithm : str
        The update.
    field : float
        h, in units of J.
    temperature : float
        T, in units of J.
    threads : int
        Units of work that ran side by side.
    chains : int
        Chains in all.
    sweeps : int
        Sweeps of each chain in the measured time, equilibration included.
    updates_per_ns : float
        Attempted spin updates a nanosecond; energies, magnetizations and packing are in the time, compilation is not.
    energy, energy_error : float
        Per site, in units of J, with the standard error.
    energy_exact : float or None
        From a closed form at h = 0, or the sum over all states of a small lattice; else None.
    z : float or None
        (energy - energy_exact) / energy_error.
    """

    side: int
    algorithm: str
    field: float
    temperature: float
    threads: int
    chains: int
    sweeps: int
    updates_per_ns: float
    energy: float
    energy_error: float
    energy_exact: float | None
    z: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the row as JSON types."""
        return asdict(self)


def kernel_rows(
    model: Model,
    sides: Sequence[int] = (32, 128),
    *,
    algorithms: Sequence[str] = ("heat_bath", "metropolis"),
    fields: Sequence[float] = (0.0, 0.1),
    threads: Sequence[int] = (1,),
    temperature: float = TEMPERATURE,
    updates: float = 4e9,
    seed: int = 0,
) -> list[KernelRow]:
    """Measure every combination of lattice, algorithm, field and number of threads.

    Parameters
    ----------
    model : Model
        Of spins in a field.
    sides : sequence of int
        Sides of periodic square lattices.
    algorithms : sequence of str
        As `spinlens.sampling.Plan`. The speed of Wolff is that of sweeps, whose number of clusters is an integer.
    fields : sequence of float
        h, in units of J.
    threads : sequence of int
        Threads; each runs 64 chains of its own.
    temperature : float
        T > 0, in units of J.
    updates : float
        Attempted spin updates of each thread, half of them for equilibration.
    seed : int
        Whole number >= 0.

    Returns
    -------
    list of KernelRow
        In the order of the arguments.

    Raises
    ------
    InputError
        If a side, algorithm, field, temperature, number of threads or of updates, or seed cannot be used.
    """
    for number in threads:
        check_workers(number, None, what="threads")
    if not (math.isfinite(updates) and updates > 0):
        raise InputError("updates", updates, "must be a finite number > 0")
    return [
        measure(_plan(model, side, algorithm, field, temperature, updates=updates, seed=seed), threads=number)
        for side in sides
        for algorithm in algorithms
        for field in fields
        for number in threads
    ]


def measure(plan: Plan, *, threads: int = 1) -> KernelRow:
    """Time one condition of a plan on some threads, each with 64 chains of its own."""
    plan = replace(plan, chains=LANES * threads)
    # Compile, or load what was compiled before, outside the measured time.
    run_unit(replace(plan, recordings=1, equilibration=1, interval=1), Unit(0, 0))
    with ThreadPoolExecutor(threads) as pool:
        begun = time.perf_counter()
        draws = list(pool.map(lambda block: run_unit(plan, Unit(0, block)), range(threads)))
        seconds = time.perf_counter() - begun
    sums = {name: np.concatenate([part.sums[name] for part in draws], axis=1) for name in plan.series}
    found = observables(
        sums, model=plan.model, lattice=plan.lattice, temperature=plan.temperature, **plan.point_controls(0)
    )
    energy = Estimate(found["energy"].item(), found["energy_error"].item())
    exact = exact_energy(plan)
    return KernelRow(
        side=plan.lattice.shape[0],
        algorithm=plan.algorithm,
        field=plan.point_controls(0).get("field", 0.0),
        temperature=plan.temperature[0],
        threads=threads,
        chains=plan.chains,
        sweeps=plan.updates // (plan.chains * plan.lattice.sites),
        updates_per_ns=plan.updates / seconds / 1e9,
        energy=energy.value,
        energy_error=energy.error,
        energy_exact=exact,
        z=standard_score(energy, exact),
    )


def exact_energy(plan: Plan) -> float | None:
    """Return the exact energy per site of a plan's first condition, or None where no oracle of the project has it."""
    temperature, controls = plan.temperature[0], plan.point_controls(0)
    for oracle in (kaufman, enumerate_states):
        try:
            return float(oracle(plan.model, plan.lattice, temperature=temperature, **controls).energy)
        except InputError:
            continue
    return None


def standard_score(energy: Estimate, exact: float | None) -> float | None:
    """Return how many standard errors an estimate lies above the exact value; None where either is unknown."""
    if exact is None or not energy.error > 0 or not math.isfinite(energy.error):
        return None
    return (energy.value - exact) / energy.error


def _plan(
    model: Model, side: int, algorithm: str, field: float, temperature: float, *, updates: float, seed: int
) -> Plan:
    lattice = Lattice((side, side))
    recordings = max(8, int(updates / 2 / (LANES * lattice.sites * INTERVAL)))
    return Plan(
        model=model, lattice=lattice, temperature=(temperature,), controls={"field": (field,)}, chains=LANES,
        recordings=recordings,
        interval=INTERVAL, equilibration=recordings * INTERVAL, algorithm=algorithm, exchange=False, start="ground",
        seed=seed,
    )  # fmt: skip
