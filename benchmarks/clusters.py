"""How long each update remembers at the critical point, and how many effective samples a second it yields.

``python benchmarks/clusters.py`` samples tori at Tc with every algorithm on one core, in one run, with 64 chains each,
and writes ``benchmarks/results/clusters.json``. Autocorrelation times are integrated, in sweeps; the energies stand
beside Kaufman's.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from machine import hardware

import spinlens as sl
from spinlens.models.ising import CRITICAL_TEMPERATURE
from spinlens.provenance import provenance
from spinlens.sampling import Plan, Unit, run_unit
from spinlens.sampling.benchmark import exact_energy, standard_score
from spinlens.statistics import Estimate, integrated_autocorrelation_time, observables

OUT = Path(__file__).parent / "results" / "clusters.json"

SCHEDULE: dict[tuple[int, str], tuple[int, int]] = {
    (64, "heat_bath"): (32, 1500),
    (64, "metropolis"): (16, 1500),
    (64, "swendsen_wang"): (1, 600),
    (64, "wolff"): (1, 600),
    (128, "heat_bath"): (128, 800),
    (128, "metropolis"): (64, 800),
    (128, "swendsen_wang"): (1, 400),
    (128, "wolff"): (1, 300),
    (256, "heat_bath"): (512, 500),
    (256, "metropolis"): (256, 400),
    (256, "swendsen_wang"): (1, 250),
    (256, "wolff"): (1, 150),
}
"""For each side and algorithm the sweeps between recordings and the number of recordings."""

FORGET = 0.4
"""Sweeps to equilibrate, as a part of those that are recorded: at least eight autocorrelation times of every row."""


def measure(side: int, algorithm: str) -> dict[str, Any]:
    """Sample one torus with one algorithm and return its row of the table."""
    interval, recordings = SCHEDULE[side, algorithm]
    plan = Plan(
        model=sl.Ising(), lattice=sl.Lattice((side, side)), temperature=(CRITICAL_TEMPERATURE,), chains=64,
        recordings=recordings, interval=interval, equilibration=round(FORGET * recordings) * interval,
        algorithm=algorithm,
        exchange=False, seed=7,
    )  # fmt: skip
    # Compile, or load what was compiled before, outside the measured time.
    run_unit(replace(plan, recordings=1, equilibration=1, interval=1), Unit(0, 0))
    begun = time.process_time()
    draws = run_unit(plan, Unit(0, 0))
    seconds = time.process_time() - begun
    times = {
        "energy": integrated_autocorrelation_time(draws.sums["bond_sum"][0]),
        "absolute_magnetization": integrated_autocorrelation_time(np.abs(draws.sums["spin_sum"][0])),
    }
    slowest = max(found.value for found in times.values()) * interval
    nanoseconds = seconds / plan.updates * 1e9
    found = observables(draws.sums, model=plan.model, lattice=plan.lattice, temperature=plan.temperature)
    energy = Estimate(found["energy"].item(), found["energy_error"].item())
    return {
        "side": side,
        "algorithm": algorithm,
        "sweeps": plan.updates // (plan.chains * plan.lattice.sites),
        "seconds": seconds,
        "nanoseconds_per_update": nanoseconds,
        **{f"{name}_time": found.value * interval for name, found in times.items()},
        **{f"{name}_time_error": found.error * interval for name, found in times.items()},
        "effective_samples_per_second": 1e9 / (2 * slowest * plan.lattice.sites * nanoseconds),
        "energy": energy.value,
        "energy_error": energy.error,
        "z": standard_score(energy, exact_energy(plan)),
    }


def main() -> None:
    """Measure all rows and write them."""
    rows: list[dict[str, Any]] = []
    report = {"temperature": CRITICAL_TEMPERATURE, "chains": 64, "hardware": hardware(), **provenance()}
    for side, algorithm in SCHEDULE:
        rows.append(measure(side, algorithm))
        print(json.dumps(rows[-1]), flush=True)
    OUT.write_text(json.dumps({**report, "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
