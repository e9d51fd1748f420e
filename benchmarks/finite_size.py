"""Four transitions that are known, found again from several sizes by `spinlens.statistics.scaling`.

    python benchmarks/finite_size.py [--chains 64] [--recordings 1000] [--systems ising potts_3]

What is known enters after everything is estimated, to say by how many errors the estimates are off. The results go to
``docs/results/finite-size.json``, from which ``docs/scaling.md`` has its table.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt
from pathlib import Path
from typing import Any

import numpy as np

import spinlens as sl
from spinlens.errors import EquilibrationWarning
from spinlens.provenance import provenance
from spinlens.statistics import Estimate
from spinlens.statistics.scaling import FiniteSize, volume_forms

RESULTS = Path(__file__).parents[1] / "docs" / "results" / "finite-size.json"
SEED = 20


@dataclass(frozen=True)
class System:
    """What is simulated, and what is known of it."""

    words: str
    model: sl.Model
    dimensions: int
    sizes: tuple[int, ...]
    temperature: tuple[float, float, int]
    estimates: Callable[[FiniteSize], dict[str, Estimate]]
    exact: Mapping[str, float]
    equilibration: int | None = None


def continuous(study: FiniteSize) -> dict[str, Estimate]:
    """Estimate a critical point in every way that there is."""
    exponents, collapse = study.exponents(), study.collapse()
    assert exponents.gamma_over_nu is not None
    assert exponents.beta_over_nu is not None
    return {
        "T_c, crossings of the cumulant": study.critical_temperature().estimate,
        "T_c, peaks of the specific heat": study.critical_temperature("specific_heat", by="peaks").estimate,
        "T_c, collapse of the cumulant": collapse.place.estimate,
        "nu, slopes where cumulants cross": exponents.nu,
        "nu, collapse of the cumulant": collapse.nu,
        "gamma / nu, quotients": exponents.gamma_over_nu.estimate,
        "beta / nu, quotients": exponents.beta_over_nu.estimate,
    }


def first_order(study: FiniteSize) -> dict[str, Estimate]:
    """Estimate where two phases coexist, and how far apart they are."""
    return {
        "T_c, equal weight of two phases": study.critical_temperature(by="coexistence").estimate,
        "T_c, peaks of the specific heat": study.critical_temperature(
            "specific_heat", by="peaks", forms=volume_forms(study.dimensions)
        ).estimate,
        "latent heat, peaks of the specific heat": study.latent_heat().estimate,
        "d, growth of the peaks of the specific heat": study.growth("specific_heat").estimate,
    }


def potts(states: int) -> float:
    """Return the transition temperature on the square lattice."""
    return 1.0 / log(1.0 + sqrt(states))


def exact(temperature: float, nu: float, gamma: float, beta: float) -> dict[str, float]:
    """Return what `continuous` should find, given T_c, nu, gamma / nu and beta / nu."""
    ways = ("crossings of the cumulant", "peaks of the specific heat", "collapse of the cumulant")
    found = {f"T_c, {way}": temperature for way in ways}
    found |= {f"nu, {way}": nu for way in ("slopes where cumulants cross", "collapse of the cumulant")}
    return {**found, "gamma / nu, quotients": gamma, "beta / nu, quotients": beta}


SYSTEMS = {
    "ising": System(
        "Ising, square", sl.Ising(), 2, (8, 12, 16, 24, 32, 48), (2.15, 2.42, 13), continuous,
        exact(2.0 / log(1.0 + sqrt(2.0)), 1.0, 1.75, 0.125),
    ),
    "potts_3": System(
        "Potts, 3 states, square", sl.Potts(3), 2, (8, 12, 16, 24, 32, 48), (0.955, 1.035, 13), continuous,
        exact(potts(3), 5.0 / 6.0, 26.0 / 15.0, 2.0 / 15.0),
    ),
    # A. M. Ferrenberg, J. Xu and D. P. Landau (2018), doi:10.1103/PhysRevE.97.043301; exponents: F. Kos et al. (2016),
    # doi:10.1007/JHEP08(2016)036.
    "ising_3d": System(
        "Ising, cubic", sl.Ising(), 3, (6, 8, 12, 16, 20), (4.2, 4.68, 17), continuous,
        exact(1.0 / 0.221654626, 0.629971, 1.963702, 0.518149),
    ),
    "potts_10": System(
        "Potts, 10 states, square", sl.Potts(10), 2, (16, 20, 24, 28, 32), (0.694, 0.714, 17), first_order,
        {"T_c, equal weight of two phases": potts(10), "T_c, peaks of the specific heat": potts(10),
         "latent heat, peaks of the specific heat": 0.69604943, "d, growth of the peaks of the specific heat": 2.0},
        equilibration=32768,
    ),
}  # fmt: skip


def simulated(system: System, *, chains: int, recordings: int, seed: int = SEED) -> list[sl.Ensemble]:
    """Simulate every size of a system."""
    low, high, count = system.temperature
    warnings.simplefilter("ignore", EquilibrationWarning)
    return [
        sl.simulate(
            system.model, sl.Lattice((size,) * system.dimensions), temperature=np.linspace(low, high, count),
            chains=chains, recordings=recordings, seed=seed + size, equilibration=system.equilibration, progress=False,
        )
        for size in system.sizes
    ]  # fmt: skip


def rows(system: System, study: FiniteSize) -> list[dict[str, Any]]:
    """Return every estimate beside what is known."""
    return [
        {"quantity": name, "value": found.value, "error": found.error, "exact": system.exact[name],
         "pull": (found.value - system.exact[name]) / found.error}
        for name, found in system.estimates(study).items()
    ]  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate, estimate, compare, and write what came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chains", type=int, default=64)
    parser.add_argument("--recordings", type=int, default=1000)
    parser.add_argument("--systems", nargs="*", default=list(SYSTEMS), choices=list(SYSTEMS))
    options = parser.parse_args(arguments)
    found = json.loads(RESULTS.read_text())["systems"] if RESULTS.exists() else {}
    for name in options.systems:
        system, start = SYSTEMS[name], time.perf_counter()
        ensembles = simulated(system, chains=options.chains, recordings=options.recordings)
        ready = time.perf_counter()
        flagged = sum(int((~ensemble.diagnostics["equilibrated"]).sum()) for ensemble in ensembles)
        estimates = rows(system, FiniteSize(ensembles))
        done = time.perf_counter()
        found[name] = {
            "system": system.words, "sizes": list(system.sizes), "temperature": list(system.temperature),
            "chains": options.chains, "recordings": options.recordings, "flagged": flagged,
            "simulation_seconds": ready - start, "analysis_seconds": done - ready, "rows": estimates,
        }  # fmt: skip
        print(f"{system.words}: {ready - start:.0f} s and {done - ready:.1f} s, {flagged} conditions flagged")
        for row in estimates:
            print(f"  {row['quantity']:<45} {Estimate(row['value'], row['error'])!s:<16} {row['pull']:+.1f}")
        ordered = {key: found[key] for key in SYSTEMS if key in found}
        RESULTS.write_text(
            json.dumps({"provenance": {**provenance(), "seed": SEED}, "systems": ordered}, indent=2) + "\n"
        )


if __name__ == "__main__":
    main()
