"""Ridges of the learned Fisher information of the temperature in a field, beside those that thermodynamics has.

    python benchmarks/information_ridges.py [--fields 0.0625 ...] [--trainings 5]

Square Ising tori of side 32 at the 65 temperatures of the published crossover study and six of its fields. Networks
learn from the chains of one seed and read those of another, which are looked at once. Fields, seeds, recipe and what
is compared were fixed before the first run. What a configuration tells of the temperature is N C / T^2, whatever it is
read by, so that the learned ridge has one line to agree with: the maximum of C / T^2 of an infinite strip, exact but
for its width, and of the tori, from all recordings. The results go to ``docs/results/information-ridges.json``, from
which ``docs/indicators.md`` has its table; fields that are there are not done again.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar

import spinlens as sl
from spinlens.errors import EquilibrationWarning
from spinlens.exact.ising import ising_strip
from spinlens.files import write_atomically
from spinlens.learning import Neighbours, Prediction, Recipe
from spinlens.learning.observing import trained
from spinlens.phases import Optimum, efficiency, information_ridges, ridge_of
from spinlens.provenance import provenance
from spinlens.statistics import Configurations, Indicator

RESULTS = Path(__file__).parents[1] / "docs" / "results" / "information-ridges.json"
SIDE, TEMPERATURES = 32, np.linspace(1.0, 5.0, 65)
FIELDS = (0.0625, 0.125, 0.25, 0.5, 1.0, 2.0)
LEARNING, READING = 41, 42
RECIPE = Recipe(epochs=4)
NETWORKS = {"neighbours": Neighbours, "prediction": Prediction}
WIDTH = 12
"""Of the strip."""


def simulated(field: float, seed: int, recordings: int) -> sl.Ensemble:
    """Simulate the tori at one field."""
    return sl.simulate(
        sl.Ising(), sl.Lattice((SIDE, SIDE)), temperature=TEMPERATURES, field=field, chains=64, draws=16,
        recordings=recordings, seed=seed, progress=False,
    )  # fmt: skip


def exact_ridge(field: float) -> float:
    """Return where C / T^2 of the strip is largest."""

    def negative(temperature: float) -> float:
        strip = ising_strip(sl.Ising(), WIDTH, temperature=temperature, field=field)
        return -strip.specific_heat / temperature**2

    return float(minimize_scalar(negative, bounds=(1.0, 5.0), method="bounded", options={"xatol": 1e-6}).x)


def row(field: float, trainings: int) -> dict[str, Any]:
    """Learn and read at one field."""
    begun = time.perf_counter()
    learning = Configurations.of(simulated(field, LEARNING, 16))
    ensemble = simulated(field, READING, 512)
    reading, best = Configurations.of(ensemble), Optimum.of_ensemble(ensemble)
    found = information_ridges(ensemble)
    line = "temperature_information"
    torus = {"value": float(found[line][0]), "error": float(found[f"{line}_error"][0])}
    ridges: dict[str, Any] = {}
    for name, kind in NETWORKS.items():
        told = name == "prediction"
        curves = [
            each.information(reading) if told else each.indicator(reading)
            for each in trained(kind(recipe=RECIPE), learning, trainings)
        ]
        together = Indicator.together(curves)
        ridge, share = ridge_of(together), efficiency(together, best.information if told else best.neighbours)
        ridges[name] = {
            "value": ridge.value, "error": ridge.error, "share": share.value, "share_error": share.error,
        }  # fmt: skip
    return {
        "field": field,
        "exact": exact_ridge(field),
        "torus": torus,
        **ridges,
        "seconds": time.perf_counter() - begun,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what is not done yet, field by field, and write what came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fields", type=float, nargs="*", default=list(FIELDS))
    parser.add_argument("--trainings", type=int, default=5)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore", EquilibrationWarning)
    rows = json.loads(options.out.read_text())["rows"] if options.out.exists() else []
    for field in options.fields:
        if field in [each["field"] for each in rows]:
            continue
        rows.append({**row(field, options.trainings), "provenance": provenance()})
        last = rows[-1]
        lines = [f"{name} {last[name]['value']:.3f}({last[name]['error']:.3f})" for name in ("torus", *NETWORKS)]
        print(f"h = {field:g}: exact {last['exact']:.3f}, {', '.join(lines)}", flush=True)
        whole = {"side": SIDE, "trainings": options.trainings, "width": WIDTH, "rows": rows}
        write_atomically(options.out, (json.dumps(whole, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
