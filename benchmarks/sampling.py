"""Spin updates a nanosecond on one core: spinlens beside mcising and peapods, in one run.

    python benchmarks/sampling.py [--side 64 --side 128] [--seconds 1.0] [--rounds 7] [--effort 1.0]

Fair play:

- Same model (Ising, J = 1, periodic L x L), same temperature (critical), same fields, single-spin Metropolis for
  all; the heat bath of spinlens is a second row.
- One core: the process is pinned to one, and no package starts threads.
- The peers are called in their fastest way (`peers.py`): one call for thousands of sweeps, nothing measured or stored
  meanwhile. The time of spinlens includes what ``run_unit`` always does: drawing the start, energies and
  magnetizations every ten sweeps, and packing the last configuration.
- Compilation is excluded: Numba's by a call before the clock starts; the peers have none.
- The peers are timed in equilibrium, where their branches are as in a real run; the kernel of spinlens has no branch
  that depends on the spins.
- Rounds go in turns, A B C A B C; a ratio is the median of the ratios of one round.
- spinlens advances 64 independent chains where the peers advance one: updates are counted over all of them. Who needs
  a single long chain gains nothing from that.

The energies come from longer runs that are not timed: 64 chains of spinlens from the ground state with half the
sweeps for equilibration, 8 of mcising and 16 of peapods. Errors take autocorrelation into account. z is against
Kaufman's exact value of the same finite torus; in a field, where that does not exist, against the infinite lattice,
extrapolated from strips of width 12 to 14: the correlation length is below two sites there, so that the torus is
infinite to more digits than are used, and the last step of the extrapolation is added to the error.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from machine import hardware, pin_to_one_core, speed
from peers import PEERS, TEMPERATURE, Peer
from rich.console import Console
from rich.table import Table

from spinlens.exact import transfer_matrix
from spinlens.exact.ising import kaufman_torus
from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.provenance import provenance
from spinlens.sampling import Plan, Unit, run_unit
from spinlens.sampling.benchmark import INTERVAL, measure, standard_score
from spinlens.sampling.blocks import LANES
from spinlens.statistics import Estimate

RESULTS = Path(__file__).parent / "results" / "sampling.json"
FIELDS = (0.0, 0.1)
ENERGY_UPDATES = 1.5e10
TARGET = 40.0


@dataclass(frozen=True)
class PeerCell:
    """A peer beside one row of ours; everything but ``cannot`` is None where the package cannot do it."""

    cannot: str | None = None
    updates_per_ns: float | None = None
    ratio: float | None = None
    smallest_ratio: float | None = None
    largest_ratio: float | None = None
    energy: float | None = None
    energy_error: float | None = None
    z: float | None = None


@dataclass(frozen=True)
class Row:
    """One comparison: speeds in attempted spin updates a nanosecond, energies per site in units of J."""

    side: int
    field: float
    algorithm: str
    updates_per_ns: float
    energy: float
    energy_error: float
    energy_exact: float
    energy_exact_error: float
    z: float | None
    peers: dict[str, PeerCell]


def plan_for(side: int, field: float, algorithm: str, *, recordings: int, equilibration: int = 0) -> Plan:
    """Plan one condition: 64 chains, one kept draw."""
    return Plan(
        model=Ising(), lattice=Lattice((side, side)), temperature=(TEMPERATURE,), field=(field,), chains=LANES,
        recordings=recordings, interval=INTERVAL, equilibration=equilibration, algorithm=algorithm, exchange=False,
        seed=1,
    )  # fmt: skip


def energy_plan(side: int, field: float, algorithm: str, *, effort: float) -> Plan:
    """Plan the run for our energy, long enough at zero field for critical slowing down, z = 2.17.

    Nightingale and Blöte, Phys. Rev. Lett. 76, 4548 (1996), doi:10.1103/PhysRevLett.76.4548.
    """
    memory = 3 * side**2.17 if field == 0 else 5000
    sweeps = int(effort * max(memory, ENERGY_UPDATES / (LANES * side**2)))
    return plan_for(side, field, algorithm, recordings=max(20, sweeps // INTERVAL), equilibration=sweeps)


@lru_cache
def exact_energy(side: int, field: float) -> Estimate:
    """Return the exact energy and how far it can be trusted: Kaufman's, or that of ever wider strips."""
    if field == 0:
        return Estimate(float(kaufman_torus((side, side), TEMPERATURE).energy), 0.0)
    widths = range(10, 15)
    strips = [transfer_matrix(Ising(), Lattice((2, w)), temperature=TEMPERATURE, field=field) for w in widths]
    energy = np.array([strip.energy for strip in strips])
    steps = np.diff(energy)
    # Steps shrink by a nearly constant factor: Aitken's extrapolation.
    limits = energy[2:] - steps[1:] ** 2 / np.diff(steps)
    return Estimate(float(limits[-1]), float(abs(limits[-1] - limits[-2])))


def in_turns(plan: Plan, peers: list[Peer], *, rounds: int, seconds: float) -> np.ndarray:
    """Return speeds (rounds, 1 + peers): ours, then theirs, in rounds of pieces of about the same length."""
    side, field = plan.lattice.shape[0], plan.controls["field"][0]

    def ours(recordings: int) -> int:
        timed = replace(plan, recordings=recordings)
        run_unit(timed, Unit(0, 0))
        return timed.updates

    # The first call compiles; the second says how much work fills a round.
    ours(1)
    recordings = max(1, int(seconds * speed(lambda: ours(64)) * 1e9 / (LANES * plan.lattice.sites * INTERVAL)))
    pieces = [lambda: ours(recordings)]
    for peer in peers:
        pieces.append(_piece(peer.timed(side, field), plan.lattice.sites, seconds=seconds))
    return np.array([[speed(piece) for piece in pieces] for _ in range(rounds)])


def _piece(sweep: Callable[[int], int], sites: int, *, seconds: float) -> Callable[[], int]:
    """Return as many sweeps of a peer as fill a round."""
    count = max(1, int(seconds * speed(lambda: sweep(200)) * 1e9 / sites))
    return lambda: sweep(count)


def score(found: Estimate, exact: Estimate) -> float | None:
    """Return the deviation from the exact value in standard errors, its own uncertainty included."""
    return standard_score(Estimate(found.value, float(np.hypot(found.error, exact.error))), exact.value)


def compare(side: int, field: float, algorithm: str, energies: dict[str, Estimate], options: argparse.Namespace) -> Row:
    """Measure one row."""
    able = [peer for peer in PEERS if peer.cannot(field) is None]
    speeds = in_turns(
        plan_for(side, field, algorithm, recordings=1), able, rounds=options.rounds, seconds=options.seconds
    )
    cells = {peer.name: PeerCell(cannot=peer.cannot(field)) for peer in PEERS}
    exact = exact_energy(side, field)
    for place, peer in enumerate(able, start=1):
        ratios, energy = speeds[:, 0] / speeds[:, place], energies[peer.name]
        cells[peer.name] = PeerCell(
            updates_per_ns=statistics.median(speeds[:, place].tolist()), ratio=statistics.median(ratios.tolist()),
            smallest_ratio=float(ratios.min()), largest_ratio=float(ratios.max()), energy=energy.value,
            energy_error=energy.error, z=score(energy, exact),
        )  # fmt: skip
    kernel = measure(energy_plan(side, field, algorithm, effort=options.effort))
    return Row(
        side=side, field=field, algorithm=algorithm, updates_per_ns=statistics.median(speeds[:, 0].tolist()),
        energy=kernel.energy, energy_error=kernel.energy_error, energy_exact=exact.value,
        energy_exact_error=exact.error, z=score(Estimate(kernel.energy, kernel.energy_error), exact), peers=cells,
    )  # fmt: skip


def table_of(rows: list[Row]) -> Table:
    """Lay the rows out for people."""
    names = ["L", "h", "algorithm", "spinlens /ns", "energy", "exact", "z"]
    for peer in PEERS:
        names += [f"{peer.name} /ns", "ratio", "energy", "z"]
    table = Table(*names, title="Spin updates on one core; the peers run Metropolis")
    for row in rows:
        cells = [
            str(row.side), f"{row.field:g}", row.algorithm, f"{row.updates_per_ns:.2f}",
            str(Estimate(row.energy, row.energy_error)), f"{row.energy_exact:.6f}", signed(row.z),
        ]  # fmt: skip
        for cell in row.peers.values():
            if cell.energy is None or cell.energy_error is None or cell.ratio is None:
                cells += [cell.cannot or "-", "-", "-", "-"]
            else:
                ratio = f"{cell.ratio:.1f} ({cell.smallest_ratio:.1f} to {cell.largest_ratio:.1f})"
                energy = str(Estimate(cell.energy, cell.energy_error))
                cells += [f"{cell.updates_per_ns:.3f}", ratio, energy, signed(cell.z)]
        table.add_row(*cells)
    return table


def signed(z: float | None) -> str:
    """Print a standard score."""
    return "-" if z is None else f"{z:+.1f}"


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="Compare the sampling kernels with mcising and peapods on one core.")
    parser.add_argument("--side", type=int, action="append", help="lattice side, may be repeated (64 and 128)")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of timed runs")
    parser.add_argument("--seconds", type=float, default=1.0, help="length of a timed run")
    parser.add_argument("--effort", type=float, default=1.0, help="length of the runs for the energies")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the JSON goes")
    options = parser.parse_args()
    report = {
        "hardware": hardware(), "peers": {peer.name: peer.version for peer in PEERS}, "temperature": TEMPERATURE,
        **provenance(),
    }  # fmt: skip
    pin_to_one_core()
    console, rows = Console(stderr=True), []
    for side in options.side or (64, 128):
        for field in FIELDS:
            able = [peer for peer in PEERS if peer.cannot(field) is None]
            energies = {peer.name: peer.energy(side, field, effort=options.effort) for peer in able}
            for algorithm in ("metropolis", "heat_bath"):
                rows.append(compare(side, field, algorithm, energies, options))
                ratio = rows[-1].peers["mcising"].ratio
                console.print(f"L = {side}, h = {field:g}, {algorithm}: {ratio:.1f} times mcising")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps({**report, "rows": [asdict(row) for row in rows]}, indent=2) + "\n")
    Console(width=200).print(table_of(rows))
    slowest = min(row.peers["mcising"].ratio or 0.0 for row in rows)
    print(f"Slowest row: {slowest:.1f} times mcising; the target is {TARGET:g}. Written to {options.out}.")


if __name__ == "__main__":
    main()
