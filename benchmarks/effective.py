"""Effective samples a second of one condition: how fast its slowest average gets better."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from spinlens.sampling import Plan, Unit, run_unit
from spinlens.statistics import Estimate, integrated_autocorrelation_time

CHAINS = 64
EQUILIBRATION = 0.4
"""Of the time, for equilibration before each run of ours."""

FEWEST, MOST = 128, 20_000
"""Recordings of each chain."""

SHORTEST = 2
"""Sweeps between recordings at least."""

Series = dict[str, np.ndarray]
"""Observables (chains, recordings)."""


@dataclass(frozen=True)
class Efficiency:
    """What one algorithm yields.

    Attributes
    ----------
    rate : float
        Effective samples a second of the slowest series, all chains together.
    interval : int
        Sweeps between recordings.
    times : dict of str to float
        Autocorrelation times of the series, in sweeps.
    energy : Estimate
        Per site.
    """

    rate: float
    interval: int
    times: dict[str, float]
    energy: Estimate


def efficiency(run: Callable[[int, int], tuple[Series, float]], *, sweep: float, seconds: float) -> Efficiency:
    """Find how many sweeps lie between recordings by a pilot, a third of the autocorrelation time, and measure.

    Parameters
    ----------
    run : callable
        Given the sweeps between recordings and the recordings of each chain, returns the series, the energy per site
        among them, and the processor time that their sweeps took.
    sweep : float
        About how many seconds a sweep of all chains takes.
    seconds : float
        About how long to sample.
    """
    pilot, _ = run(1, int(np.clip(0.2 * seconds / sweep, 64, 512)))
    interval = max(SHORTEST, round(max(_times(pilot).values()) / 3))
    series, taken = run(interval, int(np.clip((1 - EQUILIBRATION) * seconds / sweep / interval, FEWEST, MOST)))
    times = _times(series)
    energy = series["energy"]
    error = float(np.sqrt(2 * times["energy"] * energy.var() / energy.size))
    return Efficiency(
        rate=energy.size / (2 * max(times.values())) / taken,
        interval=interval,
        times={name: value * interval for name, value in times.items()},
        energy=Estimate(float(energy.mean()), error),
    )


def ours(settings: Mapping[str, Any], *, seconds: float) -> Efficiency:
    """Measure a `Plan` of one condition, given without its schedule; 64 chains."""
    whole = Plan(**settings, chains=CHAINS, interval=16, recordings=4, equilibration=16)
    # Compile, or load what was compiled before, outside the measured time.
    run_unit(replace(whole, interval=1, recordings=1), Unit(0, 0))
    begun = time.process_time()
    run_unit(whole, Unit(0, 0))
    sweep = (time.process_time() - begun) / 80
    equilibration = int(max(32, EQUILIBRATION * seconds / sweep))

    def run(interval: int, recordings: int) -> tuple[Series, float]:
        plan = replace(whole, interval=interval, recordings=recordings, equilibration=equilibration)
        begun = time.process_time()
        draws = run_unit(plan, Unit(0, 0))
        taken = time.process_time() - begun
        sums, sites = {name: series[0] for name, series in draws.sums.items()}, plan.lattice.sites
        found = {"energy": plan.model.energy_total(plan.lattice, sums, **plan.point_controls(0)) / sites}
        for order in plan.model.order_parameters(plan.lattice)[:1]:
            found[order.name] = order.size(sums, sites)
        return found, taken * recordings * interval / (recordings * interval + equilibration)

    return efficiency(run, sweep=sweep, seconds=seconds)


def _times(series: Series) -> dict[str, float]:
    """Return autocorrelation times in recordings; none is below one half."""
    return {name: max(0.5, integrated_autocorrelation_time(each).value) for name, each in series.items()}
