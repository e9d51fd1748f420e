"""From latent maps to physics: the critical temperature and the crossover line, beside the exact ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from spinlens.phases.agreement import (
    Agreement,
    Correlation,
    asymmetry,
    compare_lines,
    correlation,
    scaling_exponent,
)
from spinlens.phases.lines import find_ridges, tabulate_lines, tabulate_pairs
from spinlens.phases.requirements import check_analysis
from spinlens.phases.summary import summary, table
from spinlens.phases.transition import Transition, find_transition
from spinlens.rooms import from_room
from spinlens.seeds import check_seed
from spinlens.statistics.estimate import Estimate

Floats = NDArray[np.float64]

RIDGES = ("tau_1", "specific_heat", "susceptibility")
COMPARED = (
    ("tau_1", "exact_specific_heat"),
    ("tau_1", "exact_susceptibility"),
    ("tau_1", "specific_heat"),
    ("tau_1", "susceptibility"),
    ("specific_heat", "exact_specific_heat"),
    ("susceptibility", "exact_susceptibility"),
)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Crossover:
    """What the network's maps say about the phase diagram, beside the exact answers.

    Attributes
    ----------
    critical_temperature : Transition
        From tau_0 at zero field.
    lines : xarray.Dataset
        Over ``field``: temperatures of the ridges ``tau_1``, ``specific_heat`` and ``susceptibility`` with
        ``NAME_error`` and ``NAME_reason`` (why there is none), and ``exact_specific_heat`` and
        ``exact_susceptibility``. NaN where there is no ridge.
    pairs : xarray.Dataset
        The same over ``strength`` = abs(h), opposite fields averaged.
    agreement : tuple of Agreement
        Of the lines with each other, over `pairs`.
    exponent : dict of str to Estimate
        Effective exponent x of T - Tc ~ abs(h)^x for every line.
    magnetization : Correlation
        Of nu_0 with m over the condition means.
    asymmetry : dict of str to float
        Of tau_0 and tau_1 in the field, as a fraction of their range.
    share : dict of str to float
        Explained variance ratio of nu_0, tau_0 and tau_1.
    """

    critical_temperature: Transition
    lines: xr.Dataset
    pairs: xr.Dataset
    agreement: tuple[Agreement, ...]
    exponent: dict[str, Estimate]
    magnetization: Correlation
    asymmetry: dict[str, float]
    share: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON types; NaN becomes None."""
        return summary(self)

    def report(self, out: Path | str) -> Any:
        """Write one HTML file with the lines and what they say, see `spinlens.report.write_report`."""
        return from_room("report", "write_report")(self, out)

    def __str__(self) -> str:
        """Return a short table."""
        return table(self)

    __repr__ = __str__


def find_crossover(
    maps: xr.Dataset, *, trainings: Sequence[xr.Dataset] = (), resamples: int = 200, seed: int = 0
) -> Crossover:
    """Read the critical temperature and the crossover line off the latent maps.

    Parameters
    ----------
    maps : Dataset
        From `latent_maps`.
    trainings : sequence of Dataset
        Maps of other trainings of the same recipe on the same ensemble. The critical temperature and the ridge of tau_1
        are means over all, and their errors hold the spread; all else is of the first.
    resamples : int
        Bootstrap resamples of the chains.
    seed : int
        Of the resampling.

    Returns
    -------
    Crossover
        Prints as a table.

    Raises
    ------
    InputError
        If there are fewer than 7 temperatures, 2 chains or 2 resamples, no zero field, or no other field.

    Notes
    -----
    At each field the crossover is where a smoothing spline through tau_1(T) is highest; its stiffness is
    that of restricted maximum likelihood, and it reads between the grid points. The same search on the logarithm
    of the ensemble's specific heat and susceptibility gives the lines beside it. Errors are a bootstrap
    over chains at fixed principal components and fixed stiffness; of one training alone they hold for this network, and
    not for another training.
    """
    seed = check_seed(seed)
    field, coupling = maps["field"].to_numpy(), float(maps.attrs["coupling"])
    check_analysis(field, maps["temperature"].to_numpy(), maps.sizes["chain"], resamples=resamples)
    transition = find_transition(maps, trainings=trainings, resamples=resamples, seed=seed)
    ridges = find_ridges(maps, trainings, resamples=resamples, seed=seed)
    lines, pairs = tabulate_lines(field, ridges, coupling), tabulate_pairs(field, ridges, coupling)
    return Crossover(
        critical_temperature=transition,
        lines=lines,
        pairs=pairs.drop_vars([f"{name}_resampled" for name in RIDGES]),
        agreement=tuple(compare_lines(pairs, *names) for names in COMPARED),
        exponent=_exponents(pairs, coupling),
        magnetization=correlation(maps),
        asymmetry={name: asymmetry(maps, name) for name in ("tau_0", "tau_1")},
        share={
            name: float(maps[f"{name[:-2]}_explained_variance_ratio"][int(name[-1])])
            for name in ("nu_0", "tau_0", "tau_1")
        },
    )


def _exponents(pairs: xr.Dataset, coupling: float) -> dict[str, Estimate]:
    strength = pairs["strength"].to_numpy()
    none = np.empty((len(strength), 0))
    resampled = {name: pairs[f"{name}_resampled"].to_numpy() for name in RIDGES}
    names = (*RIDGES, "exact_specific_heat", "exact_susceptibility")
    return {
        name: scaling_exponent(strength, pairs[name].to_numpy(), resampled.get(name, none), coupling=abs(coupling))
        for name in names
    }
