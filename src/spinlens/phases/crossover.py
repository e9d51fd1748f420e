"""From latent maps to physics: critical points and crossover lines of a plane, beside what is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
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
from spinlens.phases.apex import Apex, find_apexes
from spinlens.phases.critical_line import critical_line
from spinlens.phases.lines import (
    find_ridges,
    find_row_ridges,
    tabulate_lines,
    tabulate_pairs,
    with_exact,
    with_exact_rows,
)
from spinlens.phases.naming import Named, named_components
from spinlens.phases.planes import Known, axes, known_apex, on_plane
from spinlens.phases.requirements import check_analysis
from spinlens.phases.ridge import Ridge
from spinlens.phases.summary import summary, table
from spinlens.phases.transition import Transition
from spinlens.rooms import from_room
from spinlens.seeds import check_seed
from spinlens.statistics.estimate import Estimate
from spinlens.statistics.smoothing import FEWEST_POINTS

Floats = NDArray[np.float64]

COMPARED = (
    ("tau_1", "exact_specific_heat"),
    ("tau_1", "exact_susceptibility"),
    ("tau_1", "specific_heat"),
    ("tau_1", "susceptibility"),
    ("nu_0", "specific_heat"),
    ("nu_0", "susceptibility"),
    ("specific_heat", "exact_specific_heat"),
    ("susceptibility", "exact_susceptibility"),
)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Crossover:
    """What the network's maps say about the phase diagram, beside the exact answers.

    Attributes
    ----------
    across, along : str
        The controls of the plane; lines are looked for along.
    critical_temperature : Transition or None
        From tau_0 where order breaks a symmetry: at zero of the control across, or in the first such column with a
        transition inside; None where there is none.
    critical_line : dict of float to Transition
        The same of every such column.
    reading : tuple of str
        Sentences about where there is no transition, and why.
    lines : xarray.Dataset
        Over the control across: places of the ridges ``tau_1``, ``nu_0`` (the fluctuation of the learned order
        parameter), ``specific_heat`` and ``susceptibility`` with ``NAME_error`` and ``NAME_reason`` (why there is
        none), and ``exact_specific_heat`` and ``exact_susceptibility``. NaN where there is no ridge.
    rows : xarray.Dataset
        Over the control along: places across of the ridges ``tau_1``, ``nu_0``, ``susceptibility`` and ``conjugate``,
        the response of what the control across couples to, and ``exact_conjugate`` where it is known; empty where
        opposite values are mirror images, so that all ridges lie at zero.
    apex : dict of str to Apex
        In imaginary time where the ridges of `rows` lead as the temperature goes to zero.
    known_apex : Known or None
        Where theory or careful numerics put it.
    pairs : xarray.Dataset
        The lines over ``strength``, opposite columns averaged where they are mirror images.
    agreement : tuple of Agreement
        Of the lines with each other, over `pairs`.
    exponent : dict of str to Estimate
        Effective exponent x of T - Tc ~ abs(h)^x for every line, where the lines are known exactly.
    components : dict of str to Named
        What each component follows among the model's own observables.
    magnetization : Correlation
        Of nu_0 with the order parameter over the condition means.
    asymmetry : dict of str to float
        Of tau_0 and tau_1 in the control across, as a fraction of their range.
    share : dict of str to float
        Explained variance ratio of nu_0, nu_1, tau_0 and tau_1.
    """

    critical_temperature: Transition | None
    lines: xr.Dataset
    pairs: xr.Dataset
    agreement: tuple[Agreement, ...]
    exponent: dict[str, Estimate]
    magnetization: Correlation
    asymmetry: dict[str, float]
    share: dict[str, float]
    across: str = "field"
    along: str = "temperature"
    critical_line: dict[float, Transition] = field(default_factory=dict)
    reading: tuple[str, ...] = ()
    rows: xr.Dataset = field(default_factory=xr.Dataset)
    components: dict[str, Named] = field(default_factory=dict)
    apex: dict[str, Apex] = field(default_factory=dict)
    known_apex: Known | None = None

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
    maps: xr.Dataset, *, trainings: Sequence[xr.Dataset] = (), reweighted: xr.Dataset | None = None,
    resamples: int = 200, seed: int = 0,
) -> Crossover:  # fmt: skip
    """Read critical points and crossover lines off the latent maps of a plane of two controls.

    Parameters
    ----------
    maps : Dataset
        From `latent_maps`.
    trainings : sequence of Dataset
        Maps of other trainings of the same recipe on the same ensemble. Critical temperatures and learned ridges
        are means over all, and their errors hold the spread; all else is of the first.
    reweighted : Dataset, optional
        From `reweighted_ridges`: the thermodynamic ridges once more, by all histograms of a column instead of a spline.
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
        If there are fewer than 7 points along, 2 columns, 2 chains or 2 resamples, or not two controls vary.

    Notes
    -----
    In each column the crossover is where a smoothing spline through tau_1(T) is highest; its stiffness is
    that of restricted maximum likelihood, and it reads between the grid points. The same search on the logarithm
    of the ensemble's specific heat and susceptibility gives the lines beside it. Errors are a bootstrap
    over chains at fixed principal components and fixed stiffness; of one training alone they hold for this network, and
    not for another training.
    """
    seed, plane = check_seed(seed), on_plane(maps)
    others = [on_plane(each) for each in trainings]
    across, along = axes(plane)
    values, places = (plane[name].to_numpy() for name in (across, along))
    check_analysis(across, values, along, places, plane.sizes["chain"], resamples=resamples)
    drawing: dict[str, Any] = {"resamples": resamples, "seed": seed}
    line, reading = critical_line(plane, trainings=others, **drawing)
    ridges = find_ridges(plane, others, **drawing)
    mirrored = across in plane.attrs["mirrored"]
    row_ridges = {} if mirrored or len(values) < FEWEST_POINTS else find_row_ridges(plane, others, **drawing)
    lines = with_exact(tabulate_lines(values, ridges, across), across, plane)
    lines = lines if reweighted is None else lines.merge(reweighted)
    pairs = with_exact(tabulate_pairs(plane, ridges), "strength", plane)
    return Crossover(
        across=across,
        along=along,
        critical_temperature=line.get(0.0, next(iter(line.values()), None)),
        critical_line=line,
        reading=tuple(reading),
        lines=lines,
        rows=with_exact_rows(tabulate_lines(places, row_ridges, along), plane),
        apex=find_apexes(plane, others, **drawing) if row_ridges else {},
        known_apex=known_apex(plane),
        pairs=pairs.drop_vars([f"{name}_resampled" for name in ridges]),
        agreement=tuple(
            compare_lines(pairs, *names, everywhere=not mirrored) for names in COMPARED if set(names) <= set(pairs)
        ),
        exponent=_exponents(pairs, ridges, float(plane.attrs["coupling"])),
        components=named_components(plane),
        magnetization=correlation(plane, observable=plane.attrs["order_parameter"]),
        asymmetry={name: asymmetry(plane, name) if mirrored else np.nan for name in ("tau_0", "tau_1")},
        share={
            name: float(plane[f"{name[:-2]}_explained_variance_ratio"][int(name[-1])])
            for name in ("nu_0", "nu_1", "tau_0", "tau_1")
        },
    )


def _exponents(pairs: xr.Dataset, ridges: dict[str, Ridge], coupling: float) -> dict[str, Estimate]:
    if not np.isfinite(pairs["exact_specific_heat"]).any():
        coupling = np.nan
    strength = pairs["strength"].to_numpy()
    none = np.empty((len(strength), 0))
    resampled = {name: pairs[f"{name}_resampled"].to_numpy() for name in ridges}
    names = (*ridges, "exact_specific_heat", "exact_susceptibility")
    return {
        name: scaling_exponent(strength, pairs[name].to_numpy(), resampled.get(name, none), coupling=abs(coupling))
        for name in names
    }
