"""Spin updates a nanosecond on one core: spinlens beside mcising 1.1.0, the nearest peer, in one run.

    python benchmarks/sampling.py [--side 32 --side 128] [--seconds 1.0] [--rounds 7] [--effort 1.0]

Fair play:

- Same model (Ising, J = 1, periodic L x L), same temperature (critical), same fields, single-spin Metropolis for
  both; the heat bath, which is the default of spinlens, is a second row.
- One core: the process is pinned to one, and neither package starts threads.
- mcising is called in its fastest way: one ``IsingSimulation.sweep(n)`` a round, one call into Rust for thousands of
  sweeps, nothing measured or stored meanwhile. The time of spinlens includes what ``run_unit`` always does: drawing
  the start, energies and magnetizations every ten sweeps, and packing the last configuration.
- Compilation is excluded: Numba's by a call before the clock starts; mcising has none.
- mcising is timed in equilibrium, where its branches are as in a real run; the kernel of spinlens has no branch that
  depends on the spins.
- Rounds alternate A B A B; the ratio is the median of the ratios of neighbouring rounds.
- spinlens advances 64 independent chains where mcising advances one: updates are counted over all of them. Who needs
  a single long chain gains nothing from that.

The energies come from longer runs that are not timed: 64 chains of spinlens from the ground state with half the
sweeps for equilibration, 8 chains of mcising that its own Swendsen-Wang updates equilibrate (in a field: Metropolis).
Errors take autocorrelation into account, z is against Kaufman's exact value for the same finite lattice; in a field,
where that does not exist, ``z_between`` compares the two packages with each other.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mcising
import numpy as np
from rich.console import Console
from rich.table import Table

from spinlens.exact import critical_temperature
from spinlens.lattice import Lattice
from spinlens.models import Ising
from spinlens.provenance import provenance
from spinlens.sampling import Plan, Unit, run_unit
from spinlens.sampling.benchmark import INTERVAL, exact_energy, measure, standard_score
from spinlens.sampling.plan import LANES
from spinlens.statistics import Estimate, integrated_autocorrelation_time

RESULTS = Path(__file__).parent / "results" / "sampling.json"
TEMPERATURE = critical_temperature()
FIELDS = (0.0, 0.1)
PEER_CHAINS = 8
ENERGY_UPDATES = 1.5e10
TARGET = 25.0


@dataclass(frozen=True)
class Row:
    """One comparison: speeds in attempted spin updates a nanosecond, energies per site in units of J."""

    side: int
    field: float
    algorithm: str
    updates_per_ns: float
    peer_updates_per_ns: float
    ratio: float
    smallest_ratio: float
    largest_ratio: float
    energy: float
    energy_error: float
    peer_energy: float
    peer_energy_error: float
    energy_exact: float | None
    z: float | None
    peer_z: float | None
    z_between: float | None


def plan_for(side: int, field: float, algorithm: str, *, recordings: int, equilibration: int = 0) -> Plan:
    """Plan one condition: 64 chains, one kept draw."""
    return Plan(
        model=Ising(), lattice=Lattice((side, side)), temperature=(TEMPERATURE,), field=(field,), chains=LANES,
        thin=recordings, interval=INTERVAL, equilibration=equilibration, algorithm=algorithm, exchange=False, seed=1,
    )  # fmt: skip


def equilibrated_peer(side: int, field: float, seed: int) -> mcising.IsingSimulation:
    """Return a Metropolis simulation of mcising in equilibrium."""
    peer = mcising.IsingSimulation(side, 1.0, 0.0, 0.0, field, seed, "metropolis")
    if field == 0:
        clusters = mcising.IsingSimulation(side, 1.0, 0.0, 0.0, 0.0, seed + 1000, "swendsen_wang")
        clusters.sweep(500, temperature=TEMPERATURE)
        peer.set_spins(clusters.get_spins())
    else:
        peer.set_spins(np.ones((side, side), dtype=np.int8))
        peer.sweep(5000, temperature=TEMPERATURE)
    return peer


def speed(work: Callable[[], int]) -> float:
    """Run a piece of work that returns how many updates it made; return updates a nanosecond."""
    begun = time.perf_counter()
    updates = work()
    return updates / (time.perf_counter() - begun) / 1e9


def alternate(plan: Plan, *, rounds: int, seconds: float) -> tuple[list[float], list[float]]:
    """Return the speeds of both packages in alternating rounds of about the same length."""
    side, field = plan.lattice.shape[0], plan.field[0]
    peer = equilibrated_peer(side, field, seed=1)

    def ours(recordings: int) -> int:
        timed = replace(plan, thin=recordings)
        run_unit(timed, Unit(0, 0))
        return timed.updates

    def theirs(sweeps: int) -> int:
        _, attempted, _ = peer.sweep(sweeps, temperature=TEMPERATURE)
        return attempted

    # The first call compiles; the second says how much work fills a round.
    ours(1)
    recordings = max(1, int(seconds * speed(lambda: ours(64)) * 1e9 / (LANES * plan.lattice.sites * INTERVAL)))
    sweeps = max(1, int(seconds * speed(lambda: theirs(200)) * 1e9 / plan.lattice.sites))
    pairs = [(speed(lambda: ours(recordings)), speed(lambda: theirs(sweeps))) for _ in range(rounds)]
    return [a for a, _ in pairs], [b for _, b in pairs]


def peer_energy(side: int, field: float, *, effort: float) -> Estimate:
    """Measure the energy with mcising; independent chains, error from their autocorrelation."""
    recordings = max(200, int(effort * 4e7 / (side * side * INTERVAL)) * 8)
    series = np.stack(
        [
            equilibrated_peer(side, field, seed=100 + chain).production_sweeps(
                recordings, INTERVAL, temperature=TEMPERATURE, store_configs=False
            )["energies"]
            for chain in range(PEER_CHAINS)
        ]
    )
    tau = integrated_autocorrelation_time(series).value
    return Estimate(series.mean(), np.sqrt(2 * tau * series.var() / series.size))


def energy_plan(side: int, field: float, algorithm: str, *, effort: float) -> Plan:
    """Plan the run for our energy, long enough at zero field for critical slowing down, z = 2.17.

    Nightingale and Blöte, Phys. Rev. Lett. 76, 4548 (1996), doi:10.1103/PhysRevLett.76.4548.
    """
    memory = 3 * side**2.17 if field == 0 else 5000
    sweeps = int(effort * max(memory, ENERGY_UPDATES / (LANES * side**2)))
    return plan_for(side, field, algorithm, recordings=max(20, sweeps // INTERVAL), equilibration=sweeps)


def compare(side: int, field: float, algorithm: str, peer: Estimate, options: argparse.Namespace) -> Row:
    """Measure one row."""
    ours, theirs = alternate(
        plan_for(side, field, algorithm, recordings=1), rounds=options.rounds, seconds=options.seconds
    )
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    plan = energy_plan(side, field, algorithm, effort=options.effort)
    kernel = measure(plan)
    exact = exact_energy(plan)
    difference = Estimate(kernel.energy - peer.value, float(np.hypot(kernel.energy_error, peer.error)))
    return Row(
        side=side, field=field, algorithm=algorithm,
        updates_per_ns=statistics.median(ours), peer_updates_per_ns=statistics.median(theirs),
        ratio=statistics.median(ratios), smallest_ratio=min(ratios), largest_ratio=max(ratios),
        energy=kernel.energy, energy_error=kernel.energy_error, peer_energy=peer.value, peer_energy_error=peer.error,
        energy_exact=exact, z=kernel.z, peer_z=standard_score(peer, exact), z_between=standard_score(difference, 0.0),
    )  # fmt: skip


def hardware() -> dict[str, Any]:
    """Name the processor."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return {
        "cpu": models[0] if models else platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "cores_used": 1,
        "load_average_at_start": round(os.getloadavg()[0], 2),
    }


def table_of(rows: list[Row]) -> Table:
    """Lay the rows out for people."""
    names = (
        "L",
        "h",
        "algorithm",
        "spinlens /ns",
        "mcising /ns",
        "ratio",
        "energy",
        "z",
        "mcising energy",
        "z",
        "z apart",
    )
    table = Table(*names, title="Spin updates on one core; mcising runs Metropolis")
    for row in rows:
        table.add_row(
            str(row.side), f"{row.field:g}", row.algorithm, f"{row.updates_per_ns:.2f}",
            f"{row.peer_updates_per_ns:.3f}", f"{row.ratio:.1f} ({row.smallest_ratio:.1f} to {row.largest_ratio:.1f})",
            str(Estimate(row.energy, row.energy_error)), score(row.z),
            str(Estimate(row.peer_energy, row.peer_energy_error)), score(row.peer_z), score(row.z_between),
        )  # fmt: skip
    return table


def score(z: float | None) -> str:
    """Print a standard score."""
    return "-" if z is None else f"{z:+.1f}"


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="Compare the sampling kernels with mcising on one core.")
    parser.add_argument("--side", type=int, action="append", help="lattice side, may be repeated (32 and 128)")
    parser.add_argument("--rounds", type=int, default=7, help="alternating pairs of timed runs")
    parser.add_argument("--seconds", type=float, default=1.0, help="length of a timed run")
    parser.add_argument("--effort", type=float, default=1.0, help="length of the runs for the energies")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the JSON goes")
    options = parser.parse_args()
    report = {"hardware": hardware(), "mcising": version("mcising"), "temperature": TEMPERATURE, **provenance()}
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    console, rows = Console(stderr=True), []
    for side in options.side or (32, 128):
        for field in FIELDS:
            peer = peer_energy(side, field, effort=options.effort)
            for algorithm in ("metropolis", "heat_bath"):
                rows.append(compare(side, field, algorithm, peer, options))
                console.print(f"L = {side}, h = {field:g}, {algorithm}: {rows[-1].ratio:.1f} times mcising")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps({**report, "rows": [asdict(row) for row in rows]}, indent=2) + "\n")
    Console(width=160).print(table_of(rows))
    slowest = min(row.ratio for row in rows)
    print(f"Slowest row: {slowest:.1f} times mcising; the target is {TARGET:g}. Written to {options.out}.")


if __name__ == "__main__":
    main()
