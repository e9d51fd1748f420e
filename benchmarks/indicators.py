"""A transition from configurations alone, and what indicators reach of their ceilings.

    python benchmarks/indicators.py [--seeds 11 12 ...] [--trainings 5]

Spins on square tori without a field at the 65 temperatures of the published crossover study, 64 chains of 16 draws.
Everything was developed on seeds 1 to 3; seeds 11 to 20 were met with nothing changed afterwards but the weights of
methods in an average, which became those of searches. What is known enters after everything is estimated. The results
go to ``docs/results/indicators.json``, from which ``docs/indicators.md`` has its tables.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Sequence
from math import log, sqrt
from pathlib import Path
from typing import Any

import numpy as np

import spinlens as sl
from spinlens.errors import EquilibrationWarning
from spinlens.learning.observing import Confusion, Neighbours, Prediction, trained
from spinlens.phases import (
    Optimum,
    PrincipalOrder,
    efficiency,
    transition_from_configurations,
    transition_of_local_model,
)
from spinlens.phases.indicators import energies
from spinlens.provenance import provenance
from spinlens.statistics import Configurations, Indicator, information

RESULTS = Path(__file__).parents[1] / "docs" / "results" / "indicators.json"
SIZES, SMALL = (8, 16, 32), 16
TEMPERATURES = np.linspace(1.0, 5.0, 65)
EXACT = 2.0 / log(1.0 + sqrt(2.0))


def simulated(side: int, seed: int) -> sl.Ensemble:
    """Simulate one size."""
    return sl.simulate(
        sl.Ising(), sl.Lattice((side, side)), temperature=TEMPERATURES, chains=64, draws=16, recordings=64,
        seed=1000 * seed + side, progress=False,
    )  # fmt: skip


def found(seed: int) -> dict[str, Any]:
    """Find the transition of one seed."""
    sizes = [Configurations.of(simulated(side, seed)) for side in SIZES]
    rows: dict[str, Any] = {"seed": seed}
    for name, find in (
        ("several", lambda: transition_from_configurations(sizes)),
        ("one", lambda: transition_of_local_model(sizes[-1], seed=100 * seed)),
    ):
        start = time.perf_counter()
        result = find()
        rows[name] = {
            "value": result.value, "error": result.error, "chains": result.chains, "choices": result.choices,
            "pull": (result.value - EXACT) / result.error, "seconds": time.perf_counter() - start,
        }  # fmt: skip
    return rows


def reached(trainings: int) -> list[dict[str, Any]]:
    """Return what each indicator reaches of its ceiling, both summed over all temperatures, at one size."""
    ensemble = simulated(SMALL, 1)
    training, reading = Configurations.of(ensemble).split(0.5)
    best = Optimum.of_torus((SMALL, SMALL), TEMPERATURES)
    order = np.abs(PrincipalOrder().fit(training).transform(reading))
    energy = energies(ensemble)[:, -reading.chains :]
    networks = {kind: trained(kind(), training, trainings) for kind in (Prediction, Confusion, Neighbours)}
    predictions = Indicator.together([each.information(reading) for each in networks[Prediction]])
    accuracies = Indicator.together([each.indicator(reading) for each in networks[Confusion]])
    neighbours = Indicator.together([each.indicator(reading) for each in networks[Neighbours]])
    rows = {
        "energy, model known": (information("energy", "temperature", TEMPERATURES, [energy]), best.information),
        "first principal component, size": (
            information("order", "temperature", TEMPERATURES, [order]), best.information
        ),
        "prediction of the temperature": (predictions, best.information),
        "classifier of neighbours": (neighbours, best.neighbours),
        "confusion, accuracy": (accuracies, best.confusion),
    }  # fmt: skip
    shares = {}
    for name, (indicator, ceiling) in rows.items():
        share = efficiency(indicator, ceiling)
        shares[name] = {"indicator": name, "share": share.value, "error": share.error}
    return list(shares.values())


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate, find, compare, and write what came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="*", default=list(range(11, 21)))
    parser.add_argument("--trainings", type=int, default=5)
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore", EquilibrationWarning)
    shares = reached(options.trainings)
    for row in shares:
        print(f"{row['indicator']:<34} {row['share']:.2f} +- {row['error']:.2f} of its ceiling")
    transitions = []
    for seed in options.seeds:
        transitions.append(found(seed))
        several, one = (transitions[-1][name] for name in ("several", "one"))
        print(
            f"seed {seed}: {several['value']:.4f} +- {several['error']:.4f} from L = {SIZES}, "
            f"{one['value']:.4f} +- {one['error']:.4f} from L = {SIZES[-1]} alone", flush=True,
        )  # fmt: skip
    RESULTS.write_text(
        json.dumps(
            {
                "provenance": provenance(), "exact": EXACT, "sizes": list(SIZES), "small": SMALL,
                "trainings": options.trainings, "transitions": transitions, "reached": shares,
            }, indent=2,
        ) + "\n"
    )  # fmt: skip


if __name__ == "__main__":
    main()
