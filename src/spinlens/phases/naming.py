"""What the components of a latent space are: the observables of the model that they follow."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import spearmanr

if TYPE_CHECKING:
    from spinlens.ensemble import Ensemble

Floats = NDArray[np.float64]

MOST = 20_000
"""Configurations that a correlation is taken over, evenly from all."""

NAMED = 0.7
"""A component that follows nothing at least so closely has no name."""

ALIKE = 0.02
"""Correlations that differ by less do not tell which observable is meant; then the more fundamental one is."""

FLUCTUATIONS = ("specific_heat", "susceptibility", "susceptibility_absolute")


def component_correlations(
    projected: dict[str, Floats], ensemble: Ensemble, observed: xr.Dataset, chain: slice
) -> dict[str, dict[str, float]]:
    """Correlate every component with the model's own observables.

    Parameters
    ----------
    projected : dict of str to ndarray, shape (controls, temperature, chain, draw)
        The components of every configuration; those of means are called ``nu_0`` and so on, of deviations ``tau_0``.
    ensemble : Ensemble
        Whose configurations they are.
    observed : Dataset
        Thermal averages over the grid.
    chain : slice
        The chains that were looked at.

    Returns
    -------
    dict of str to dict of str to float
        Of each component, by the names of observables: Spearman's rank correlation with single numbers, the multiple
        correlation (linear, >= 0) with order parameters of several. Components of means are compared configuration by
        configuration with the order parameters, their sizes, the energy and all sums over sites, per site; those of
        deviations condition by condition with the averages of these, the fluctuations and the controls. What does not
        vary is left out.
    """
    each = {name: np.asarray(values) for name, values in draw_observables(ensemble, chain).items()}
    averages = {name: values.mean(axis=(len(ensemble.grid), len(ensemble.grid) + 1)) for name, values in each.items()}
    shape = tuple(map(len, ensemble.grid.values()))
    averages |= {name: observed[name].to_numpy() for name in FLUCTUATIONS if name in observed}
    for name, values in ensemble.grid.items():
        if len(values) > 1 and name != ensemble.model.quenched:
            place = list(ensemble.grid).index(name)
            along = values.reshape([-1 if axis == place else 1 for axis in range(len(shape))])
            averages[name] = np.broadcast_to(along, shape)
    return {
        name: _correlations(values, each)
        if name.startswith("nu")
        else _correlations(values.mean(axis=(-2, -1)), averages)
        for name, values in projected.items()
    }


def draw_observables(ensemble: Ensemble, chain: slice) -> dict[str, Floats]:
    """Return observables of every draw, per site, float64 (controls, temperature, chain, draw[, component])."""
    model, lattice, found = ensemble.model, ensemble.lattice, dict[str, Floats]()
    sums = {str(name): np.asarray(values)[..., chain, :] for name, values in ensemble.sums.items()}
    used: set[str] = set()
    for order in model.order_parameters(lattice):
        if set(order.series) <= set(sums):
            values = order.values(sums, lattice.sites)
            found[order.name] = values[..., 0] if order.components == 1 else values
            found[f"absolute_{order.name}"] = np.linalg.norm(values, axis=-1)
            used |= set(order.series)
    found["energy"] = np.asarray(ensemble.energy)[..., chain, :]
    for name in sums:
        if name not in used and name != "bond_sum":
            found[name.removesuffix("_sum")] = sums[name] / lattice.sites
    return found


@dataclass(frozen=True, slots=True)
class Named:
    """What a component follows.

    Attributes
    ----------
    name : str
        The observable; empty where there is none that it follows.
    correlation : float
        With it; of rank, or multiple where the observable has several components. 0 without any observable.
    correlations : dict of str to float
        With all of them.
    """

    name: str
    correlation: float
    correlations: dict[str, float]

    def __str__(self) -> str:
        """Return the name, or that there is none, in words."""
        return f"{self.name.replace('_', ' ')} ({self.correlation:+.3f})" if self.name else "none of the observables"


def named_components(maps: xr.Dataset) -> dict[str, Named]:
    """Return what each component of latent maps follows; empty where the maps do not say."""
    found = {}
    for component, correlations in json.loads(maps.attrs.get("correlations", "{}")).items():
        name = name_of(correlations)
        found[component] = Named(name, correlations.get(name, 0.0), correlations)
    return found


def name_of(correlations: dict[str, float]) -> str:
    """Return the observable that a component follows best, the first of those that are alike; empty where none."""
    if not correlations:
        return ""
    best = max(map(abs, correlations.values()))
    return "" if best < NAMED else next(name for name, value in correlations.items() if abs(value) > best - ALIKE)


def _correlations(component: Floats, observables: dict[str, Any]) -> dict[str, float]:
    step = max(1, component.size // MOST)
    one, found = component.reshape(-1)[::step], dict[str, float]()
    for name, values in observables.items():
        other = values.reshape(component.size, -1)[::step].astype(np.float64)
        if np.ptp(one) == 0 or not np.isfinite(other).all() or not np.ptp(other, axis=0).all() or len(one) < 3:
            continue
        value = float(spearmanr(one, other[:, 0]).statistic) if other.shape[1] == 1 else _multiple(one, other)
        found[name] = round(value, 6)
    return found


def _multiple(one: Floats, others: Floats) -> float:
    """Return the correlation of a number with its best linear combination of others."""
    centred = others - others.mean(axis=0)
    fit = np.linalg.lstsq(centred, one - one.mean(), rcond=None)[0]
    return float(np.sqrt(np.var(centred @ fit) / np.var(one)))
