"""Which update gives the most effective samples a second where: the scan behind ``algorithm="auto"``.

``python benchmarks/choice.py`` samples every condition of `CONDITIONS` with every update that its engine has, 64 chains
on one core, and writes ``benchmarks/results/choice.json``: effective samples a second of the slower of the energy and
the absolute order parameter, recordings included, and what ``auto`` would take. The constants of its rule were chosen
by an earlier scan of the same conditions.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from effective import ours
from machine import hardware, pin_to_one_core

import spinlens as sl
from spinlens.errors import InputError
from spinlens.provenance import provenance
from spinlens.sampling import Plan

OUT = Path(__file__).parent / "results" / "choice.json"

CANDIDATES = (
    "heat_bath", "metropolis", "3 metropolis + heat_bath", "15 metropolis + heat_bath", "swendsen_wang", "wolff",
    "swendsen_wang + 15 metropolis", "swendsen_wang + 15 heat_bath", "seeded_clusters",
    "seeded_clusters + metropolis", "seeded_clusters + 3 metropolis", "seeded_clusters + 7 metropolis",
    "seeded_clusters + heat_bath", "seeded_clusters + 3 heat_bath", "seeded_clusters + 7 heat_bath",
)  # fmt: skip
"""Every update, and mixtures of a cluster update, or of a sure one, with local sweeps in several ratios."""

RATIOS = (0.6, 0.8, 0.9, 0.96, 1.0, 1.04, 1.1, 1.2, 1.4, 2.0)
"""Temperatures in units of the transition temperature."""


@dataclass(frozen=True)
class Condition:
    """A model on a lattice at a temperature, in a field."""

    model: Any
    lattice: sl.Lattice
    temperature: float
    controls: tuple[tuple[str, float], ...] = ()

    def __str__(self) -> str:
        """Name model, lattice, controls and temperature."""
        states = f" {self.model.space.states}"
        controls = "".join(f", {name} {value:g}" for name, value in self.controls)
        return f"{self.model.name}{states}, {self.lattice.text}{controls}, T {self.temperature:.4f}"


def conditions() -> Iterator[Condition]:
    """Yield all conditions of the scan."""
    ising, tc = sl.Ising(), 2.269185314213022
    lattices = [
        *((sl.Lattice((side, side)), tc) for side in (16, 32, 64, 128)),
        (sl.Lattice((64, 64), kind="triangular"), 3.6409569), (sl.Lattice((64, 64), kind="honeycomb"), 1.5186514),
        (sl.Lattice((12, 12, 12)), 4.5115233),
    ]  # fmt: skip
    for lattice, transition in lattices:
        for ratio in RATIOS:
            yield Condition(ising, lattice, ratio * transition)
    for field in (0.001, 0.003, 0.01, 0.03, 0.1, 0.3):
        for ratio in (0.9, 1.0, 1.1):
            lattice = sl.Lattice((64, 64))
            yield Condition(ising, lattice, ratio * tc, (("field", field),))
    for states in (3, 4, 10):
        for side in (32, 64):
            for ratio in RATIOS[1:-1]:
                transition = sl.exact.critical_temperature(sl.Potts(states))
                yield Condition(sl.Potts(states), sl.Lattice((side, side)), ratio * transition)
    for side in (32, 64):
        for ratio in RATIOS[1:-1]:
            yield Condition(sl.BlumeCapel(), sl.Lattice((side, side)), ratio * 1.69356)
    for value in (0.003, 0.1):
        yield Condition(sl.BlumeCapel(), sl.Lattice((64, 64)), 1.69356, (("field", value),))


def measure(condition: Condition, *, seconds: float) -> dict[str, Any]:
    """Return one row of the scan."""
    settings = {
        "model": condition.model, "lattice": condition.lattice, "temperature": (condition.temperature,),
        "controls": dict(condition.controls), "exchange": False, "seed": 3,
    }  # fmt: skip
    chosen = Plan(**settings, algorithm="auto")
    auto = chosen.choices(0)[0].algorithm
    rates = {}
    for algorithm in dict.fromkeys((*CANDIDATES, auto)):
        try:
            rates[algorithm] = ours(settings | {"algorithm": algorithm}, seconds=seconds).rate
        except InputError:
            continue
    best = max(rates.values())
    return {
        "condition": str(condition), "model": condition.model.name, "constants": condition.model.to_dict(),
        "lattice": condition.lattice.text,
        "temperature": condition.temperature, **dict(condition.controls),
        "auto": auto, "of_best": rates[auto] / best, "best": max(rates, key=lambda name: rates[name]),
        "effective_samples_per_second": rates,
    }  # fmt: skip


def main() -> None:
    """Measure all conditions and write them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=1.0, help="for each update of each condition")
    parser.add_argument("--only", default="", help="measure what has this in its name, and keep the other rows")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    pin_to_one_core()
    known = json.loads(given.out.read_text())["rows"] if given.only and given.out.exists() else []
    report = {"chains": 64, "hardware": hardware(), **provenance()}
    places = {str(condition): place for place, condition in enumerate(conditions())}
    rows = {row["condition"]: row for row in known if row["condition"] in places}
    for condition in conditions():
        if given.only in str(condition):
            rows[str(condition)] = measure(condition, seconds=given.seconds)
            print(json.dumps(rows[str(condition)]), flush=True)
            ordered = sorted(rows.values(), key=lambda row: places[row["condition"]])
            given.out.write_text(json.dumps({**report, "rows": ordered}, indent=2) + "\n")


if __name__ == "__main__":
    main()
