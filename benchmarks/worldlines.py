"""Nanoseconds a segment of worldlines, and energies beside those of free fermions, on one core.

    python benchmarks/worldlines.py [--seconds 1.0] [--rounds 5]

The process is pinned to one core; 64 chains of rings and tori at their critical transverse fields, 1 / T growing with
the side. A segment is what lies between two points at which an update cuts a worldline, kinks among them; its time has
all that an update does, which is to draw cuts and arrivals on bonds, to join, turn and write down. What kinks alone and
what measuring takes stands beside it. Times are those that the core worked for the process.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
from machine import hardware, pin_to_one_core

from spinlens.exact import transverse_chain
from spinlens.lattices import Lattice
from spinlens.models import TransverseIsing
from spinlens.provenance import provenance
from spinlens.sampling import Plan, run_unit, units
from spinlens.sampling.blocks import LANES
from spinlens.sampling.chains import start_codes
from spinlens.statistics.observables import observables

OUT = Path(__file__).parent / "results" / "worldlines.json"
SYSTEMS = (((32,), 1.0, 1 / 32), ((128,), 1.0, 1 / 32), ((8, 8), 3.04433, 1 / 8), ((16, 16), 3.04433, 1 / 16))
EQUILIBRATION = 200


def nanoseconds(work: Callable[[slice], None], *, seconds: float, rounds: int) -> list[float]:
    """Return what one piece of work takes for one chain in each of some rounds, without the first piece."""
    work(slice(0, 1))
    times = []
    for _ in range(rounds):
        pieces, started = 0, process_time()
        while (taken := process_time() - started) < seconds:
            work(slice(0, 1))
            pieces += 1
        times.append(1e9 * taken / (pieces * LANES))
    return times


def row(shape: tuple[int, ...], field: float, temperature: float, *, seconds: float, rounds: int) -> dict[str, Any]:
    """Time one system."""
    model, lattice = TransverseIsing(), Lattice(shape)
    plan = Plan(
        model=model, lattice=lattice, temperature=(temperature,), transverse_field=(field,), interval=1,
        recordings=EQUILIBRATION, equilibration=EQUILIBRATION, seed=1,
    )  # fmt: skip
    drawn = run_unit(plan, units(plan)[0])
    found = observables(drawn.sums, model=model, lattice=lattice, temperature=[temperature], transverse_field=field)
    exact = (
        transverse_chain(temperature=temperature, transverse_field=field, sites=shape[0]) if len(shape) == 1 else None
    )
    walkers = plan.kernels.walkers(plan, 0, 0, lambda t: start_codes(plan, units(plan)[0], t), [slice(0, 1)])
    for _ in range(EQUILIBRATION):
        walkers.sweep(slice(0, 1))
    updates = nanoseconds(walkers.sweep, seconds=seconds, rounds=rounds)
    measured = nanoseconds(walkers.measure, seconds=0.2 * seconds, rounds=rounds)
    kinks = float(np.mean(drawn.sums["kinks"]))
    segments = kinks + lattice.sites * field / temperature
    return {
        "shape": list(shape), "transverse_field": field, "temperature": temperature, "kinks": kinks,
        "segments": segments, "microseconds_an_update": 1e-3 * statistics.median(updates),
        "nanoseconds_a_segment": statistics.median(updates) / segments,
        "least_nanoseconds_a_segment": min(updates) / segments,
        "nanoseconds_a_kink": statistics.median(updates) / kinks,
        "nanoseconds_a_segment_to_measure": statistics.median(measured) / segments,
        "energy": float(found.energy[0]), "energy_error": float(found.energy_error[0]),
        "energy_exact": None if exact is None else float(exact.energy),
    }  # fmt: skip


def main() -> None:
    """Print a line for each system and write all of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    pin_to_one_core()
    rows = []
    for system in SYSTEMS:
        rows.append(row(*system, seconds=given.seconds, rounds=given.rounds))
        print(json.dumps(rows[-1]), flush=True)
    OUT.write_text(json.dumps({"hardware": hardware(), **provenance(), "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
