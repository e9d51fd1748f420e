"""Updates a nanosecond, effective samples a second and exact energies of the XY model on one core.

    python benchmarks/clock.py [--seconds 0.5] [--rounds 5] [--side 64] [--recordings 500]

The process is pinned to one core; 64 chains at T = 0.9 with periodic edges. Updates a nanosecond are those of each
update alone. Effective samples are independent values of the energy and of the squared currents that a second of one
core gives, by the integrated autocorrelation time. Energies and moduli of 3 x 3 tori stand beside those that currents
on bonds give.
"""

from __future__ import annotations

import argparse
import json
import statistics
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from machine import hardware, pin_to_one_core, speed

from spinlens.exact import xy
from spinlens.lattices import Lattice
from spinlens.models import XY
from spinlens.provenance import provenance
from spinlens.sampling import Plan, Unit, run_unit
from spinlens.sampling.blocks import LANES
from spinlens.sampling.engines.clock import clusters, kernel, wolff
from spinlens.sampling.engines.clock.form import Form, form_of
from spinlens.sampling.engines.clock.place import heat_of, place_of
from spinlens.statistics import integrated_autocorrelation_time
from spinlens.statistics.observables import observables

OUT = Path(__file__).parent / "results" / "clock.json"
TEMPERATURE = 0.9
SMALL = Lattice((3, 3))
TARGETS = {"metropolis": 0.4, "reflections": 1.5}
ALGORITHMS = (
    "metropolis", "metropolis + 3 reflections", "swendsen_wang", "wolff", "swendsen_wang + 3 metropolis + 4 reflections"
)  # fmt: skip


def updates(side: int, *, seconds: float, rounds: int) -> list[dict[str, Any]]:
    """Time each kernel on chains that it has equilibrated."""
    lattice = Lattice((side, side))
    form = form_of(XY(), lattice, XY().strengths(lattice))
    assert isinstance(form, Form)
    place = place_of(form, lattice)
    heat, random = heat_of(form, place, TEMPERATURE), np.random.default_rng(1)
    board = np.zeros((lattice.sites, LANES), dtype=np.uint16)
    stream = random.integers(0, 2**64, size=(4, LANES), dtype=np.uint64)
    kernel.metropolis(board, stream, place, heat, 200)
    kernels = {"metropolis": kernel.metropolis, "reflections": kernel.reflections,
               "swendsen_wang": clusters.swendsen_wang, "wolff": wolff.wolff}  # fmt: skip
    found = []
    for name, update in kernels.items():
        chains = np.ascontiguousarray(board.T) if name == "wolff" else board.copy()

        def run(count: int, update: Any = update, chains: Any = chains, name: str = name) -> int:
            done = update(chains, stream, place, heat, count)
            # Of single clusters the sites that they reached.
            return int(done) if name == "wolff" else count * board.size

        run(1)
        count = max(1, int(seconds * 1e9 * speed(partial(run, 2)) / board.size))
        rate = statistics.median(speed(partial(run, count)) for _ in range(rounds))
        found.append({"update": name, "updates_per_ns": rate, "target": TARGETS.get(name)})
        print(f"{name:<16} {rate:.3f} / ns", flush=True)
    return found


def plan_for(algorithm: str, lattice: Lattice, **settings: Any) -> Plan:
    """Plan one block of chains at one temperature."""
    return Plan(
        model=XY(), lattice=lattice, temperature=TEMPERATURE, chains=LANES, algorithm=algorithm, exchange=False, seed=1,
        **settings,
    )  # fmt: skip


def effective(algorithm: str, side: int, recordings: int) -> dict[str, Any]:
    """Return independent values a second, and what small tori give beside what is exact."""
    lattice = Lattice((side, side))
    plan = plan_for(algorithm, lattice, recordings=recordings, interval=4, equilibration=2 * recordings)
    begin = perf_counter()
    sums = run_unit(plan, Unit(0, 0)).sums
    seconds = (perf_counter() - begin) * plan.recordings / (plan.recordings + plan.equilibration // plan.interval)
    series = {"energy": sums["bond_sum"][0], **{f"current_{axis}": sums[f"current_sum_{axis}"][0] for axis in "xy"}}
    rates = {
        name: LANES * plan.recordings / seconds / (2 * float(integrated_autocorrelation_time(
            np.asarray(values, dtype=np.float64) ** (1 if name == "energy" else 2)
        ).value))
        for name, values in series.items()
    }  # fmt: skip
    small = run_unit(
        plan_for(algorithm, SMALL, recordings=20 * recordings, interval=4, equilibration=400), Unit(0, 0)
    ).sums
    found, exact = (
        observables({n: v[0][None] for n, v in small.items()}, model=XY(), lattice=SMALL, temperature=[TEMPERATURE]),
        xy(XY(), SMALL, temperature=TEMPERATURE),
    )
    z = {
        name: float((found[name][0] - exact[name]) / found[f"{name}_error"][0])
        for name in ("energy", "specific_heat", "helicity_modulus_x", "helicity_modulus_y")
    }
    shown = ", ".join(f"{name} {value:.0f}" for name, value in rates.items())
    print(f"{algorithm:<46} {shown} / s; z {', '.join(f'{value:+.1f}' for value in z.values())}", flush=True)
    return {"algorithm": algorithm, "effective_per_second": rates, "z": z}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="Time the XY model.")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of timed runs")
    parser.add_argument("--seconds", type=float, default=0.5, help="length of a timed run")
    parser.add_argument("--side", type=int, default=64, help="sites along a side")
    parser.add_argument("--recordings", type=int, default=500, help="values of each chain")
    parser.add_argument("--out", type=Path, default=OUT, help="where the JSON goes")
    options = parser.parse_args()
    pin_to_one_core()
    report: dict[str, Any] = {"hardware": hardware(), **provenance(), "side": options.side, "temperature": TEMPERATURE}
    report["updates"] = updates(options.side, seconds=options.seconds, rounds=options.rounds)
    report["effective"] = [effective(algorithm, options.side, options.recordings) for algorithm in ALGORITHMS]
    options.out.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
