"""Nanoseconds a segment of worldlines, and energies beside those of free fermions, on one core.

    python benchmarks/worldlines.py [--seconds 1.0] [--rounds 5]

The process is pinned to one core; 64 chains of rings and tori at their critical transverse fields, 1 / T growing with
the side. A segment is what lies between two kinks of a site; an update also makes cuts and asks all bonds.
"""

from __future__ import annotations

import argparse
import json
import statistics
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from machine import hardware, pin_to_one_core

from spinlens.exact import transverse_chain
from spinlens.lattices import Lattice
from spinlens.models import TransverseIsing
from spinlens.provenance import provenance
from spinlens.sampling import Plan, run_unit, units
from spinlens.sampling.plan import LANES
from spinlens.statistics.observables import observables

OUT = Path(__file__).parent / "results" / "worldlines.json"
SYSTEMS = (((32,), 1.0, 1 / 32), ((128,), 1.0, 1 / 32), ((8, 8), 3.04433, 1 / 8), ((16, 16), 3.04433, 1 / 16))


def row(shape: tuple[int, ...], field: float, temperature: float, *, seconds: float, rounds: int) -> dict[str, Any]:
    """Time one system."""
    model, lattice = TransverseIsing(), Lattice(shape)

    def plan(recordings: int) -> Plan:
        return Plan(
            model=model, lattice=lattice, temperature=(temperature,), transverse_field=(field,), interval=1,
            recordings=recordings, equilibration=200, seed=1,
        )  # fmt: skip

    run_unit(plan(1), units(plan(1))[0])
    started = perf_counter()
    run_unit(plan(1), units(plan(1))[0])
    overhead = perf_counter() - started
    updates = max(64, int(200 * seconds / overhead))
    times, drawn = [], None
    for _ in range(rounds):
        started = perf_counter()
        drawn = run_unit(plan(updates), units(plan(updates))[0])
        times.append(perf_counter() - started - overhead)
    assert drawn is not None
    found = observables(drawn.sums, model=model, lattice=lattice, temperature=[temperature], transverse_field=field)
    kinks = float(np.mean(drawn.sums["kinks"]))
    taken = statistics.median(times) / (updates * LANES)
    exact = (
        transverse_chain(temperature=temperature, transverse_field=field, sites=shape[0]) if len(shape) == 1 else None
    )
    return {
        "shape": list(shape), "transverse_field": field, "temperature": temperature, "updates": updates,
        "kinks": kinks, "microseconds_an_update": 1e6 * taken, "nanoseconds_a_segment": 1e9 * taken / max(kinks, 1.0),
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
    rows = [row(*system, seconds=given.seconds, rounds=given.rounds) for system in SYSTEMS]
    for each in rows:
        print(json.dumps(each))
    OUT.write_text(json.dumps({"rows": rows, "machine": hardware(), "provenance": provenance()}, indent=2) + "\n")


if __name__ == "__main__":
    main()
