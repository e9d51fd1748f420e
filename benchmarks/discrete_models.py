"""Updates a nanosecond of models with more than two states on one core, with energies beside exact ones.

    python benchmarks/discrete_models.py [--seconds 1.0] [--rounds 5]

Every engine that takes the model is measured: codes on bit planes, and tables. The process is pinned to one core; 64
chains on 64 x 64 sites, or 16^3, with periodic edges. The time includes what ``run_unit`` always does. Energies are
those of small tori, by the same algorithm, against transfer matrices.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from machine import hardware, pin_to_one_core, speed

from spinlens.errors import InputError
from spinlens.exact import finite_strip
from spinlens.lattices import Lattice
from spinlens.models import BlumeCapel, Clock, Ising, Model, Potts
from spinlens.provenance import provenance
from spinlens.sampling import Plan, Unit, run_unit
from spinlens.sampling.blocks import LANES

OUT = Path(__file__).parent / "results" / "discrete_models.json"
INTERVAL = 10
SQUARE, CUBIC = Lattice((64, 64)), Lattice((16, 16, 16))
SMALL = {"square": Lattice((4, 4)), "cubic": Lattice((2, 2, 3))}
BLOCKS = 8
"""Of 64 chains each, for the energies."""


@dataclass(frozen=True)
class System:
    """A model at a condition, on a lattice."""

    model: Model
    temperature: float
    lattice: Lattice = SQUARE
    controls: Mapping[str, float] = field(default_factory=dict)


def potts(states: int, lattice: Lattice = SQUARE, **controls: float) -> System:
    """Return the Potts model at the transition of the square lattice."""
    return System(Potts(states), 1 / math.log(1 + math.sqrt(states)), lattice, controls)


SYSTEMS: dict[str, System] = {
    "Blume-Capel": System(BlumeCapel(), 1.69356),
    "Blume-Capel, h = 0.1": System(BlumeCapel(), 1.69356, controls={"field": 0.1}),
    "Blume-Capel, cubic": System(BlumeCapel(), 3.2, CUBIC),
    **{f"Potts, q = {q}": potts(q) for q in (3, 4, 10)},
    "Potts, q = 3, h = 0.1": potts(3, field=0.1),
    "Potts, q = 3, cubic": potts(3, CUBIC),
    "Ising": System(Ising(), 2 / math.log(1 + math.sqrt(2))),
    "clock, q = 8": System(Clock(8), 0.9),
}
ALGORITHMS = ("heat_bath", "metropolis", "seeded_clusters")
LABELLED = ("swendsen_wang", "wolff")
"""Clusters one by one, which cost about as much for all models: for these alone."""

WITH_LABELS = ("Blume-Capel", "Potts, q = 3", "clock, q = 8")
ENGINES = ("planes", "table")
TARGETS = {
    ("Blume-Capel", "planes", "heat_bath"): 7.0, ("Blume-Capel, h = 0.1", "planes", "heat_bath"): 5.0,
    ("Potts, q = 3", "planes", "metropolis"): 7.0, ("Potts, q = 3", "planes", "heat_bath"): 4.0,
}  # fmt: skip


def plan_for(system: System, engine: str, algorithm: str, lattice: Lattice, **changes: Any) -> Plan:
    """Plan one condition of many blocks of chains."""
    settings = {"recordings": 1, "interval": INTERVAL, "equilibration": INTERVAL, **changes}
    return Plan(
        model=system.model, lattice=lattice, temperature=(system.temperature,), chains=BLOCKS * LANES,
        controls={name: (value,) for name, value in system.controls.items()}, algorithm=algorithm, exchange=False,
        engine=engine, seed=1, **settings,
    )  # fmt: skip


def block(plan: Plan) -> int:
    """Run a block of chains; return its updates."""
    run_unit(plan, Unit(0, 0))
    return plan.updates // BLOCKS


def energy(system: System, engine: str, algorithm: str) -> dict[str, float | None]:
    """Return the energy of small tori, its error and its deviation from the exact one."""
    lattice = SMALL[system.lattice.kind]
    plan = plan_for(system, engine, algorithm, lattice, recordings=2000, interval=4, equilibration=400)
    blocks = [run_unit(plan, Unit(0, number)).sums for number in range(BLOCKS)]
    sums = {name: np.concatenate([part[name][0] for part in blocks]) for name in plan.series}
    means = np.asarray(system.model.energy_total(lattice, sums, **system.controls)).mean(axis=1) / lattice.sites
    error = float(means.std(ddof=1) / np.sqrt(len(means)))
    try:
        exact: float | None = float(
            finite_strip(system.model, lattice, temperature=system.temperature, **system.controls).energy
        )
    except ValueError:
        # Too many states for a transfer matrix.
        exact = None
    z = None if exact is None else float((means.mean() - exact) / error)
    return {"energy": float(means.mean()), "energy_error": error, "exact": exact, "z": z}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="Time models with more than two states.")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of timed runs")
    parser.add_argument("--seconds", type=float, default=1.0, help="length of a timed run")
    parser.add_argument("--out", type=Path, default=OUT, help="where the JSON goes")
    options = parser.parse_args()
    pin_to_one_core()
    report: dict[str, Any] = {"hardware": hardware(), **provenance(), "rows": []}
    for name, system in SYSTEMS.items():
        sites = system.lattice.sites
        for engine, algorithm in product(ENGINES, ALGORITHMS + LABELLED * (name in WITH_LABELS)):
            try:
                plan = plan_for(system, engine, algorithm, system.lattice)
            except InputError:
                continue
            block(plan)
            short = speed(partial(block, replace(plan, recordings=20)))
            plan = replace(plan, recordings=max(1, int(options.seconds * short * 1e9 / LANES / sites / INTERVAL)))
            found = statistics.median(speed(partial(block, plan)) for _ in range(options.rounds))
            row = {
                "model": name, "engine": engine, "algorithm": algorithm, "updates_per_ns": found,
                "target": TARGETS.get((name, engine, algorithm)), **energy(system, engine, algorithm),
            }  # fmt: skip
            report["rows"].append(row)
            z = "" if row["z"] is None else f", z = {row['z']:+.1f}"
            print(f"{name:<22} {engine:<7} {algorithm:<16} {found:.3f} / ns{z}", flush=True)
    options.out.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
