"""Cubic and triangular lattices beside mcising, and what unit cells and fields cost, on one core in one run.

    python benchmarks/lattices.py [--seconds 0.5] [--rounds 5]

Single-spin Metropolis for both; our heat bath is a second row. The process is pinned to one core. The peer is called as
in ``peers.py``: one call for all sweeps, nothing measured meanwhile; ours includes what ``run_unit`` always does.
Rounds go in turns, and a ratio is the median of the ratios of one round. Energies are those of longer runs that are
not timed, with the errors that chains or autocorrelation give; z is theirs against each other, and on triangular
lattices ours against Houtappel's value of the infinite one, which differs by less than the error at this temperature.

The second table is the kernel alone: a unit cell of couplings, with and without a field, a field of its own at every
site, and quenched disorder, as shares of the uniform square lattice, by Numba's kernels without anything else.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import mcising
import numpy as np
from machine import hardware, pin_to_one_core, speed

from spinlens.lattices import Lattice
from spinlens.models import Ising, Model, Pattern, RandomBondIsing, RandomFieldIsing
from spinlens.provenance import provenance
from spinlens.sampling import Plan, Unit, run_unit
from spinlens.sampling.blocks import LANES
from spinlens.statistics import Estimate, integrated_autocorrelation_time

OUT = Path(__file__).parent / "results" / "lattices.json"
INTERVAL = 10
CUBIC, TRIANGULAR = 1 / 0.221654626, 4 / np.log(3)

SYSTEMS: dict[str, tuple[Lattice, float, float | None]] = {
    "cubic 16": (Lattice((16, 16, 16)), CUBIC, None),
    "cubic 32": (Lattice((32, 32, 32)), CUBIC, None),
    "triangular 64": (Lattice((64, 64), kind="triangular"), 1.3 * TRIANGULAR, -1.0872065),
    "triangular 128": (Lattice((128, 128), kind="triangular"), 1.3 * TRIANGULAR, -1.0872065),
}
"""Lattice, temperature, and the exact energy of the infinite lattice where finite sizes do not show."""

CELL = Pattern([[[1.0, 0.4], [0.7, 1.0]], [[1.0, 1.0], [0.3, 0.9]]])
SQUARE = Lattice((64, 64))
COSTS: dict[str, tuple[Model, Lattice, float]] = {
    "uniform": (Ising(), SQUARE, 0.0),
    "uniform in a field": (Ising(), SQUARE, 0.2),
    "two couplings": (Ising((1.0, 0.5)), SQUARE, 0.0),
    "unit cell": (Ising(CELL), SQUARE, 0.0),
    "unit cell in a field": (Ising(CELL), SQUARE, 0.2),
    "uniform, 16 x 16": (Ising(), Lattice((16, 16)), 0.0),
    "a field at every site, 16 x 16": (
        Ising(1.0, np.random.default_rng(1).normal(size=(16, 16))),
        Lattice((16, 16)),
        0.2,
    ),
    "a field at every site": (Ising(1.0, np.random.default_rng(1).normal(size=(64, 64))), SQUARE, 0.2),
    "random bonds": (RandomBondIsing(negative=0.5), SQUARE, 0.0),
    "bimodal random fields": (RandomFieldIsing("bimodal"), SQUARE, 0.0),
    "bimodal random fields in a field": (RandomFieldIsing("bimodal"), SQUARE, 0.2),
    "Gaussian random fields": (RandomFieldIsing("gaussian"), SQUARE, 0.0),
    "free edges": (Ising(), Lattice((64, 64), "free"), 0.0),
    "triangular": (Ising(), Lattice((64, 64), kind="triangular"), 0.0),
    "honeycomb": (Ising(), Lattice((64, 64), kind="honeycomb"), 0.0),
    "cubic": (Ising(), Lattice((16, 16, 16)), 0.0),
}


def plan_for(model: Model, lattice: Lattice, temperature: float, algorithm: str, *, field: float = 0.0) -> Plan:
    """Plan one condition of 64 chains."""
    return Plan(
        model=model, lattice=lattice, temperature=(temperature,), field=(field,), chains=LANES, recordings=1,
        interval=INTERVAL, equilibration=0, algorithm=algorithm, exchange=False, seed=1,
    )  # fmt: skip


def ours(plan: Plan, seconds: float) -> Callable[[], int]:
    """Return a piece of our work of about so many seconds."""

    def run(recordings: int) -> int:
        timed = replace(plan, recordings=recordings)
        run_unit(timed, Unit(0, 0))
        return timed.updates

    # The first call compiles.
    run(1)
    recordings = max(1, int(seconds * speed(lambda: run(20)) * 1e9 / (LANES * plan.lattice.sites * INTERVAL)))
    return lambda: run(recordings)


def peer(lattice: Lattice, temperature: float, *, seed: int, sweeps: int) -> mcising.IsingSimulation:
    """Return mcising's Metropolis after so many sweeps from the ground state."""
    simulation = mcising.IsingSimulation(lattice.shape[0], 1.0, 0.0, 0.0, 0.0, seed, "metropolis", lattice.kind)
    simulation.set_spins(np.ones(lattice.shape, dtype=np.int8))
    simulation.sweep(sweeps, temperature=temperature)
    return simulation


def theirs(lattice: Lattice, temperature: float, seconds: float) -> Callable[[], int]:
    """Return a piece of the peer's work of about so many seconds."""
    simulation = peer(lattice, temperature, seed=1, sweeps=1000)

    def sweep(count: int) -> int:
        _, attempted, _ = simulation.sweep(count, temperature=temperature)
        return int(attempted)

    count = max(1, int(seconds * speed(lambda: sweep(100)) * 1e9 / lattice.sites))
    return lambda: sweep(count)


def our_energy(lattice: Lattice, temperature: float, *, updates: float) -> Estimate:
    """Return the energy of 64 chains, and the error that their scatter gives."""
    sweeps = max(2000, int(updates / LANES / lattice.sites))
    plan = replace(
        plan_for(Ising(), lattice, temperature, "metropolis"), recordings=sweeps // INTERVAL, equilibration=sweeps // 2
    )
    means = -run_unit(plan, Unit(0, 0)).sums["bond_sum"][0].mean(axis=1) / lattice.sites
    return Estimate(float(means.mean()), float(means.std(ddof=1) / np.sqrt(len(means))))


def their_energy(lattice: Lattice, temperature: float, *, updates: float, chains: int = 4) -> Estimate:
    """Return the peer's energy, with the error that autocorrelation gives."""
    sweeps = max(2000, int(updates / chains / lattice.sites))
    series = np.stack([
        peer(lattice, temperature, seed=10 + chain, sweeps=sweeps // 2).production_sweeps(
            sweeps // INTERVAL, INTERVAL, temperature=temperature, store_configs=False
        )["energies"]
        for chain in range(chains)
    ])  # fmt: skip
    tau = integrated_autocorrelation_time(series).value
    return Estimate(float(series.mean()), float(np.sqrt(2 * tau * series.var() / series.size)))


def compare(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Return one row: speeds, ratios, energies and how far they are apart."""
    lattice, temperature, exact = SYSTEMS[name]
    words = ("metropolis", "heat_bath")
    pieces = [ours(plan_for(Ising(), lattice, temperature, word), options.seconds) for word in words]
    pieces.append(theirs(lattice, temperature, options.seconds))
    speeds = np.array([[speed(piece) for piece in pieces] for _ in range(options.rounds)])
    ratios = speeds[:, :2] / speeds[:, 2:]
    here = our_energy(lattice, temperature, updates=options.effort * 4e9)
    there = their_energy(lattice, temperature, updates=options.effort * 1.5e8)
    return {
        "system": name, "temperature": temperature,
        **{f"{word}_per_ns": statistics.median(speeds[:, i]) for i, word in enumerate((*words, "peer"))},
        **{f"{word}_ratio": statistics.median(ratios[:, i]) for i, word in enumerate(words)},
        "smallest_ratio": float(ratios[:, 0].min()), "largest_ratio": float(ratios[:, 0].max()),
        "energy": here.value, "energy_error": here.error, "peer_energy": there.value, "peer_energy_error": there.error,
        "z": (here.value - there.value) / np.hypot(here.error, there.error),
        "z_exact": None if exact is None else (here.value - exact) / here.error,
    }  # fmt: skip


def costs(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Return the speed of each kind of lattice by heat bath, and its share of the uniform square one."""
    pieces = {
        name: ours(plan_for(model, lattice, 2.5, "heat_bath", field=field), options.seconds)
        for name, (model, lattice, field) in COSTS.items()
    }
    speeds = {name: [] for name in pieces}
    for _ in range(options.rounds):
        for name, piece in pieces.items():
            speeds[name].append(speed(piece))
    same = "uniform, 16 x 16"
    shares = {n: np.array(found) / speeds[same if "16 x 16" in n else "uniform"] for n, found in speeds.items()}
    return [
        {"kind": name, "updates_per_ns": statistics.median(found), "share": float(np.median(shares[name]))}
        for name, found in speeds.items()
    ]


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="Compare lattices with mcising, and with the square lattice.")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of timed runs")
    parser.add_argument("--seconds", type=float, default=0.5, help="length of a timed run")
    parser.add_argument("--effort", type=float, default=1.0, help="length of the runs for the energies")
    parser.add_argument("--out", type=Path, default=OUT, help="where the JSON goes")
    options = parser.parse_args()
    pin_to_one_core()
    report: dict[str, Any] = {"hardware": hardware(), "mcising": mcising.__version__, **provenance(), "rows": []}
    for name in SYSTEMS:
        report["rows"].append(compare(name, options))
        print(json.dumps(report["rows"][-1]), flush=True)
    report["costs"] = costs(options)
    for row in report["costs"]:
        print(f"{row['kind']:<32} {row['updates_per_ns']:.2f} / ns, {row['share']:.0%} of uniform", flush=True)
    options.out.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
