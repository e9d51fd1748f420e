"""How the cost of sampling grows with the lattice, with the chains and with the conditions, on one core.

    python benchmarks/scaling.py [--seconds 0.1] [--rounds 5]

Each point is the median over rounds that go through all points in turns, in processor time, so that a busy machine
matters less. A sweep is what it takes in the middle of a run: updates, energies and magnetizations every ten sweeps,
replica exchange where there are several temperatures; neither start nor end nor compilation. The bound is that of
`bound.py`. ``--draw`` draws the picture again from the committed numbers.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from bound import bound
from machine import hardware, pin_to_one_core
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from spinlens.figures.palette import BLUE, INK, VERMILION
from spinlens.figures.style import style
from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.provenance import provenance
from spinlens.sampling import Plan, run_unit, units
from spinlens.sampling.benchmark import INTERVAL
from spinlens.sampling.blocks import LANES
from spinlens.sampling.chains import SEGMENT

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "scaling.json"
PICTURE = ROOT / "docs" / "images" / "scaling.png"

MODELS = {"one coupling": Ising(), "two couplings": Ising((1.0, 0.5))}
SIDES = (16, 32, 64, 128, 256, 512, 1024)
CHAINS = (1, 2, 4, 8, 16, 32, 64, 65, 128, 192, 256, 512)
CONDITIONS = (1, 4, 16, 64, 256, 1024, 4096)
TICKS = (1, 4, 16, 32, 64, 128, 256, 512, 1024, 4096)
SPEED = 8e9
"""Updates a second, roughly; sets how long a measurement is."""
SIDE = 64
"""Of the lattices whose chains are counted; those of the grids are half as wide."""


def plan_for(side: int, *, model: Ising = MODELS["one coupling"], chains: int = LANES, conditions: int = 1) -> Plan:
    """Plan a grid as square as it can be, fields by temperatures."""
    fields = 2 ** (int(np.log2(conditions)) // 2)
    return Plan(
        model=model, lattice=Lattice((side, side)), temperature=np.linspace(2.0, 3.0, conditions // fields).tolist(),
        field=np.linspace(0.1, 0.5, fields).tolist(), chains=chains, recordings=1, interval=INTERVAL,
        equilibration=0, seed=1,
    )  # fmt: skip


def points() -> list[tuple[str, dict[str, Any], Plan]]:
    """Return every point: the panel, what is varied, the plan."""
    found: list[tuple[str, dict[str, Any], Plan]] = []
    for name, model in MODELS.items():
        found += [("side", {"side": side, "model": name}, plan_for(side, model=model)) for side in SIDES]
    found += [("chains", {"chains": chains}, plan_for(SIDE, chains=chains)) for chains in CHAINS]
    found += [("conditions", {"conditions": n}, plan_for(SIDE // 2, conditions=n)) for n in CONDITIONS]
    return found


def sweep_time(plan: Plan, *, seconds: float) -> float:
    """Return the ns of one sweep of everything in the plan, between the first and the last but one report."""
    steps = len(plan.temperature) * LANES * plan.lattice.sites * INTERVAL
    often = max(1, int(SEGMENT // steps))
    reports = 2 + max(1, int(seconds * SPEED / (often * steps)))
    long = replace(plan, recordings=reports * often)
    total = 0.0
    for unit in units(long):
        times: list[tuple[float, int]] = []

        def report(done: float, times: list[tuple[float, int]] = times) -> None:
            times.append((done, time.process_time_ns()))

        run_unit(long, unit, report)
        (first, begun), (last, ended) = times[0], times[-2]
        total += (ended - begun) / ((last - first) * long.recordings * INTERVAL)
    return total


def measure(*, seconds: float, rounds: int) -> list[dict[str, Any]]:
    """Return a row for each point: ns a sweep of everything, and ns an update of the chains asked for."""
    everything = points()
    for *_, plan in everything[:: len(SIDES)]:
        run_unit(replace(plan, recordings=1), units(plan)[0])
    times = np.median([[sweep_time(plan, seconds=seconds) for *_, plan in everything] for _ in range(rounds)], axis=0)
    rows = []
    for (panel, varied, plan), sweep in zip(everything, times.tolist(), strict=True):
        spins = plan.lattice.sites * plan.chains * len(plan.temperature) * plan.points
        rows.append({"panel": panel, **varied, "ns_a_sweep": sweep, "ns_an_update": sweep / spins})
    return rows


def draw(found: dict[str, Any]) -> Figure:
    """Draw three panels that share the scale of the cost of an update."""
    with style():
        figure = Figure(figsize=(12.0, 4.0), layout="constrained")
        FigureCanvasAgg(figure)
        sides, chains, conditions = figure.subplots(1, 3)
        rows, least = found["rows"], found["bounds"]["one coupling"]["nanoseconds"]
        for name, colour in zip(MODELS, (BLUE, VERMILION), strict=True):
            here = [row for row in rows if row["panel"] == "side" and row["model"] == name]
            _line(sides, here, "side", "ns_an_update", colour, label=name)
            sides.axhline(found["bounds"][name]["nanoseconds"], color=colour, ls=(0, (4, 3)), lw=1)
        sides.text(1, 0.04, "dashed: vector instructions alone  ", transform=sides.transAxes, ha="right", fontsize=9)
        sides.set(
            title="Large lattices cost no more per update",
            xlabel="side $L$",
            ylabel="ns per spin update",
            ylim=(0, None),
        )
        sides.legend(loc="upper right")
        here = [row for row in rows if row["panel"] == "chains"]
        _line(chains, here, "chains", "ns_a_sweep", BLUE, scale=1e-3)
        chains.set(
            title="64 chains for the price of one", xlabel="chains", ylim=(0, None),
            ylabel=rf"µs per sweep of all chains, $L = {SIDE}$",
        )  # fmt: skip
        chains.axvspan(1, LANES, color=INK, alpha=0.06, lw=0)
        chains.text(8, 0.02, "one word", transform=chains.get_xaxis_transform(), ha="center", va="bottom", fontsize=9)
        here = [row for row in rows if row["panel"] == "conditions"]
        _line(conditions, here, "conditions", "ns_an_update", BLUE)
        conditions.axhline(least, color=BLUE, ls=(0, (4, 3)), lw=1)
        conditions.set(
            title="A grid costs what its conditions cost",
            xlabel="conditions (fields times temperatures)", ylim=(0, None),
            ylabel=rf"ns per spin update, $L = {SIDE // 2}$",
        )  # fmt: skip
    return figure


def _line(
    ax: Any, rows: list[dict[str, Any]], x: str, y: str, colour: str, *, scale: float = 1, label: str = ""
) -> None:
    places = [row[x] for row in rows]
    ax.plot(places, [row[y] * scale for row in rows], "o-", color=colour, ms=4.5, label=label or None)
    ax.set_xscale("log", base=2)
    shown = [place for place in places if place in TICKS]
    ax.set_xticks(shown, [str(place) for place in shown])
    ax.minorticks_off()


def main() -> None:
    """Measure, write, draw."""
    parser = argparse.ArgumentParser(description="Measure how the cost of sampling grows, on one core.")
    parser.add_argument("--seconds", type=float, default=0.1, help="length of one measurement")
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each point")
    parser.add_argument("--draw", action="store_true", help="only draw the committed numbers")
    options = parser.parse_args()
    if not options.draw:
        pin_to_one_core()
        report = {"hardware": hardware(), **provenance(), "rounds": options.rounds, "seconds": options.seconds}
        report["bounds"] = {name: asdict(bound(model)) for name, model in MODELS.items()}
        report["rows"] = measure(seconds=options.seconds, rounds=options.rounds)
        RESULTS.write_text(json.dumps(report, indent=2) + "\n")
    draw(json.loads(RESULTS.read_text())).savefig(PICTURE, dpi=160, metadata={"Software": None})
    print(f"Written to {RESULTS} and {PICTURE}.")


if __name__ == "__main__":
    main()
