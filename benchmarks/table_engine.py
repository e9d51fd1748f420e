"""Updates a nanosecond of the table engine on one core, for every kind of model, with energies beside exact ones.

    python benchmarks/table_engine.py [--seconds 1.0] [--rounds 5]

The process is pinned to one core; 64 chains on 32 x 32 sites with periodic edges. The time includes what ``run_unit``
always does. Energies are those of 4 x 4 tori, by the same algorithm, against transfer matrices.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from machine import hardware, pin_to_one_core, speed

from spinlens.exact import finite_strip
from spinlens.lattices import Lattice
from spinlens.models import BlumeCapel, Clock, Ising, Model, Potts
from spinlens.provenance import provenance
from spinlens.sampling import Plan, Unit, run_unit
from spinlens.sampling.plan import LANES

OUT = Path(__file__).parent / "results" / "table_engine.json"
INTERVAL = 10
SIDE, SMALL = 32, 4
BLOCKS = 8
"""Of 64 chains each, for the energies."""

MODELS: dict[str, tuple[Model, float]] = {
    "Ising": (Ising(), 2 / math.log(1 + math.sqrt(2))),
    **{f"Potts, q = {q}": (Potts(q), 1 / math.log(1 + math.sqrt(q))) for q in (2, 3, 4, 6, 8, 16)},
    "Blume-Capel": (BlumeCapel(), 1.69356),
    "clock, q = 8": (Clock(8), 0.9),
}
CLUSTERS = ("swendsen_wang", "wolff")
TARGETS = {"Potts, q = 2": 0.5, "Potts, q = 3": 0.5, "Potts, q = 4": 0.5, "Potts, q = 8": 0.3}


def plan_for(model: Model, temperature: float, algorithm: str, *, side: int, **changes: Any) -> Plan:
    """Plan one condition of 64 chains."""
    settings = {"recordings": 1, "interval": INTERVAL, "equilibration": INTERVAL, **changes}
    return Plan(
        model=model, lattice=Lattice((side, side)), temperature=(temperature,), chains=BLOCKS * LANES,
        algorithm=algorithm, exchange=False, engine="table", seed=1, **settings,
    )  # fmt: skip


def block(plan: Plan) -> int:
    """Run a block of chains; return its updates."""
    run_unit(plan, Unit(0, 0))
    return plan.updates // BLOCKS


def energy(model: Model, temperature: float, algorithm: str) -> dict[str, float | None]:
    """Return the energy of small tori, its error and its deviation from the exact one."""
    plan = plan_for(model, temperature, algorithm, side=SMALL, recordings=2000, interval=4, equilibration=400)
    blocks = [run_unit(plan, Unit(0, number)).sums for number in range(BLOCKS)]
    sums = {name: np.concatenate([part[name][0] for part in blocks]) for name in plan.series}
    means = np.asarray(model.energy_total(plan.lattice, sums)).mean(axis=1) / plan.lattice.sites
    error = float(means.std(ddof=1) / np.sqrt(len(means)))
    try:
        exact: float | None = float(finite_strip(model, plan.lattice, temperature=temperature).energy)
    except ValueError:
        # Too many states for a transfer matrix.
        exact = None
    z = None if exact is None else float((means.mean() - exact) / error)
    return {"energy": float(means.mean()), "energy_error": error, "exact": exact, "z": z}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="Time the table engine.")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of timed runs")
    parser.add_argument("--seconds", type=float, default=1.0, help="length of a timed run")
    parser.add_argument("--out", type=Path, default=OUT, help="where the JSON goes")
    options = parser.parse_args()
    pin_to_one_core()
    report: dict[str, Any] = {"hardware": hardware(), **provenance(), "side": SIDE, "rows": []}
    for name, (model, temperature) in MODELS.items():
        clusters = CLUSTERS if name in ("Potts, q = 3", "Blume-Capel", "clock, q = 8") else ()
        for algorithm in ("heat_bath", "metropolis", *clusters):
            plan = plan_for(model, temperature, algorithm, side=SIDE)
            block(plan)
            short = speed(partial(block, replace(plan, recordings=20)))
            plan = replace(plan, recordings=max(1, int(options.seconds * short * 1e9 / LANES / SIDE**2 / INTERVAL)))
            found = statistics.median(speed(partial(block, plan)) for _ in range(options.rounds))
            row = {
                "model": name, "algorithm": algorithm, "updates_per_ns": found, "target": TARGETS.get(name),
                **energy(model, temperature, algorithm),
            }  # fmt: skip
            report["rows"].append(row)
            z = "" if row["z"] is None else f", z = {row['z']:+.1f}"
            print(f"{name:<14} {algorithm:<14} {found:.3f} / ns, {1 / found:.1f} ns a site{z}", flush=True)
    options.out.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
