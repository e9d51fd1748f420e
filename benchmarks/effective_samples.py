"""Effective samples a second on one core: spinlens beside mcising and peapods at their best, in one run.

    python benchmarks/effective_samples.py [--side 32 --side 64] [--seconds 3.0] [--rounds 3] [--draw]

Updates a second are not samples a second: near the critical point a sample takes the more updates the larger the
lattice is, and clusters far fewer than single spins. So every algorithm of every package is measured by the effective
samples a second of the slower of the energy and the absolute magnetization (of peapods, which does not give the
magnetization of single sweeps, by the energy alone, in its favour), and packages are compared by their best.

Fair play: one core, and no package starts threads; recordings a third of an autocorrelation time apart, found by a
pilot, with the time that recording takes; equilibration and compilation are left out; rounds go in turns, and a ratio
is the median of the ratios of one round. spinlens advances 64 chains at once, mcising and peapods one and eight.
Energies stand beside Kaufman's exact ones of the same torus.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from effective import Efficiency, Series, efficiency, ours
from machine import hardware, pin_to_one_core
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from peers import PEERS

import spinlens as sl
from spinlens.exact.ising import kaufman_torus
from spinlens.figures.palette import BLUE, INK, ORANGE, VERMILION
from spinlens.figures.style import style
from spinlens.models.ising import CRITICAL_TEMPERATURE
from spinlens.provenance import provenance
from spinlens.sampling import Plan
from spinlens.sampling.benchmark import standard_score

OUT = Path(__file__).parent / "results" / "effective_samples.json"
PICTURE = Path(__file__).parents[1] / "docs" / "images" / "effective_samples.png"
FAR = 5.0
"""Standard errors from the exact energy from which on a run was too short to come to equilibrium, and is not drawn."""

OURS = ("auto", "heat_bath", "15 metropolis + heat_bath", "swendsen_wang", "seeded_clusters")

CONDITIONS = (
    *((side, CRITICAL_TEMPERATURE) for side in (32, 64, 128, 256)),
    (64, 1.5), (64, 3.0),
)  # fmt: skip
"""Sides and temperatures."""


def of_peer(peer: Any, algorithm: str, side: int, temperature: float, *, seconds: float) -> Efficiency:
    """Measure one algorithm of another package."""
    recorder = peer.recorder(algorithm, side, temperature)
    recorder(1, 8)
    begun = time.process_time()
    recorder(1, 32)
    sweep = (time.process_time() - begun) / 32

    def run(interval: int, recordings: int) -> tuple[Series, float]:
        begun = time.process_time()
        series = recorder(interval, recordings)
        return series, time.process_time() - begun

    return efficiency(run, sweep=sweep, seconds=seconds)


def measure(side: int, temperature: float, *, seconds: float, rounds: int) -> dict[str, Any]:
    """Return one condition: what each algorithm yields, and the ratios of the best ones."""
    settings = {"model": sl.Ising(), "lattice": sl.Lattice((side, side)), "temperature": (temperature,),
                "exchange": False, "seed": 5}  # fmt: skip
    tasks: dict[str, dict[str, Callable[[], Efficiency]]] = {
        "spinlens": {
            word: lambda word=word: ours(settings | {"algorithm": word}, seconds=seconds) for word in OURS
        }
    }  # fmt: skip
    for peer in PEERS:
        tasks[peer.name] = {
            word: lambda peer=peer, word=word: of_peer(peer, word, side, temperature, seconds=seconds)
            for word in peer.algorithms
        }
    found: dict[str, dict[str, list[Efficiency]]] = {
        package: {word: [] for word in words} for package, words in tasks.items()
    }
    for _ in range(rounds):
        for package, words in tasks.items():
            for word, task in words.items():
                found[package][word].append(task())
    exact = kaufman_torus((side, side), temperature).energy
    rows = {
        package: {
            word: {
                "rate": statistics.median(each.rate for each in several),
                "rates": [each.rate for each in several],
                "times": several[-1].times,
                "energy": several[-1].energy.value,
                "energy_error": several[-1].energy.error,
                "z": standard_score(several[-1].energy, float(exact)),
            }
            for word, several in words.items()
        }
        for package, words in found.items()
    }
    ratios = {}
    for peer in PEERS:
        best = [max(found[peer.name][word][k].rate for word in peer.algorithms) for k in range(rounds)]
        each = [found["spinlens"]["auto"][k].rate / best[k] for k in range(rounds)]
        ratios[peer.name] = {"median": statistics.median(each), "smallest": min(each), "largest": max(each)}
    chosen = Plan(**settings, algorithm="auto").choices(0)[0].algorithm
    return {"side": side, "temperature": temperature, "auto": chosen, "packages": rows, "ratios": ratios}


CURVES = (
    ("spinlens", "auto", "spinlens, default", VERMILION, "-"),
    ("spinlens", "swendsen_wang", "spinlens, Swendsen-Wang", ORANGE, "--"),
    ("spinlens", "heat_bath", "spinlens, heat bath", ORANGE, ":"),
    ("mcising", "", "mcising, its best", BLUE, "-"),
    ("peapods", "", "peapods, its best", INK, "-"),
)
"""Package, algorithm or the best one, label, colour and line."""


def draw(found: dict[str, Any]) -> Figure:
    """Draw effective samples a second at the critical point against the side."""
    rows = [row for row in found["rows"] if row["temperature"] == CRITICAL_TEMPERATURE]
    with style():
        figure = Figure(figsize=(7.5, 4.8), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        for package, word, label, colour, line in CURVES:
            points = [(row["side"], _rates(row["packages"][package], word)) for row in rows]
            points = [(side, rates) for side, rates in points if rates]
            middle = [statistics.median(rates) for _, rates in points]
            spread = [[m - min(r), max(r) - m] for m, (_, r) in zip(middle, points, strict=True)]
            axes.errorbar(
                [side for side, _ in points], middle, list(zip(*spread, strict=True)), color=colour, linestyle=line,
                marker="o", markersize=5, capsize=3, label=label,
            )  # fmt: skip
        axes.set(xscale="log", yscale="log", xlabel="side of the lattice", ylabel="effective samples per second")
        axes.set_title("Ising model at the critical temperature, one core")
        axes.set_xticks([row["side"] for row in rows], [str(row["side"]) for row in rows])
        axes.minorticks_off()
        axes.legend()
    return figure


def _rates(words: dict[str, Any], word: str) -> list[float]:
    """Return the rates of all rounds of an algorithm, or of the best that came to equilibrium."""
    settled = {name: each for name, each in words.items() if abs(each["z"]) < FAR and word in ("", name)}
    return max((each["rates"] for each in settled.values()), key=statistics.median, default=[])


def main() -> None:
    """Measure all conditions and write them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, action="append", help="only these")
    parser.add_argument("--seconds", type=float, default=3.0, help="for each algorithm in each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--draw", action="store_true", help="only draw what was measured before")
    given = parser.parse_args()
    if given.draw:
        draw(json.loads(OUT.read_text())).savefig(PICTURE, dpi=160, metadata={"Software": None})
        return
    pin_to_one_core()
    rows = []
    report = {"peers": {peer.name: peer.version for peer in PEERS}, "hardware": hardware(), **provenance()}
    for side, temperature in CONDITIONS:
        if given.side is None or side in given.side:
            rows.append(measure(side, temperature, seconds=given.seconds, rounds=given.rounds))
            print(json.dumps(rows[-1]), flush=True)
    if given.side is None:
        OUT.write_text(json.dumps({**report, "rounds": given.rounds, "rows": rows}, indent=2) + "\n")
        draw(json.loads(OUT.read_text())).savefig(PICTURE, dpi=160, metadata={"Software": None})


if __name__ == "__main__":
    main()
