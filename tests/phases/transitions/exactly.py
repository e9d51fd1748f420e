"""Systems whose recordings are drawn exactly: the Curie-Weiss model, and two phases that coexist."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

from spinlens.statistics.scaling import recorded_arrays

LENGTHS = (4, 5, 6)
DIMENSIONS = 4
"""Mean-field scaling as of four dimensions: L^2 (T - Tc), so nu = 1/2, gamma/nu = 2, beta/nu = 1."""


def curie_weiss(length, temperatures, seed, *, field=0.0, chains=32, recordings=120):
    """Return recordings of H = -M^2 / (2 N) - h M at Tc = 1, each drawn from its distribution on its own."""
    generator, sites = np.random.default_rng([seed, length]), length**DIMENSIONS
    up = np.arange(sites + 1)
    total = 2.0 * up - sites
    energy = -(total**2) / (2 * sites) - field * total
    entropy = gammaln(sites + 1) - gammaln(up + 1) - gammaln(sites - up + 1)
    picks = []
    for t in temperatures:
        weight = np.exp(entropy - energy / t - (entropy - energy / t).max())
        cumulative = np.cumsum(weight)
        picks.append(np.searchsorted(cumulative, generator.random((chains, recordings)) * cumulative[-1]))
    return {"temperature": temperatures, "energy": energy[picks], "magnetization": total[picks] / sites}


def mean_field(seed, *, low=0.7, high=1.4, lengths=LENGTHS, **options):
    temperatures = np.linspace(low, high, 15)
    arrays = {length: curie_weiss(length, temperatures, seed, **options) for length in lengths}
    return recorded_arrays(arrays, dimensions=DIMENSIONS)


CENTRE, ORDERED, DISORDERED = 0.7, -1.6, -1.0


def two_phases(seed, *, lengths=(10, 14, 20), chains=32, recordings=150):
    """Return recordings of two phases that weigh the same at `CENTRE`, at every size; one has order, of either sign."""
    temperatures = np.linspace(0.68, 0.72, 9)
    arrays = {}
    for length in lengths:
        generator, sites = np.random.default_rng([seed, length]), length**2
        width = 0.6 * sites**0.5
        energies, orders = [], []
        for t in temperatures:
            apart = 1 / t - 1 / CENTRE
            ordered = generator.random((chains, recordings)) < 1 / (1 + np.exp(-sites * apart * (DISORDERED - ORDERED)))
            mean = np.where(ordered, ORDERED, DISORDERED) * sites - apart * width**2
            energies.append(np.rint(mean + width * generator.normal(size=mean.shape)))
            sign = generator.choice([-1.0, 1.0], size=mean.shape)
            orders.append(np.where(ordered, 0.9 * sign, 0.0) + generator.normal(size=mean.shape) / length)
        arrays[length] = {"temperature": temperatures, "energy": np.array(energies), "order": np.array(orders)}
    return recorded_arrays(arrays, dimensions=2)


def beside_each_other(seed, *, second=1.6, low=0.8, high=1.9, lengths=LENGTHS):
    """Return recordings of two Curie-Weiss models that know nothing of each other, with Tc = 1 and another one."""
    temperatures = np.linspace(low, high, 23)
    arrays = {}
    for length in lengths:
        one = curie_weiss(length, temperatures, seed)
        other = curie_weiss(length, temperatures / second, seed + 100)
        arrays[length] = {
            "temperature": temperatures, "energy": one["energy"] + second * other["energy"],
            "first": one["magnetization"], "second": other["magnetization"],
        }  # fmt: skip
    return recorded_arrays(arrays, dimensions=DIMENSIONS)


def beside_a_schottky_peak(seed, *, gap=3.6, lengths=LENGTHS):
    """Return recordings of a Curie-Weiss model and as many sites on their own, each with a gap; their specific heat
    peaks near 0.42 gap, and the share that is above the gap, which is the second order parameter, rises there."""
    temperatures = np.linspace(0.8, 1.9, 23)
    arrays = {}
    for length in lengths:
        one, sites = curie_weiss(length, temperatures, seed), length**DIMENSIONS
        share = 1 / (1 + np.exp(gap / temperatures))
        above = np.random.default_rng([seed, length, 1]).binomial(sites, share[:, None, None], one["energy"].shape)
        arrays[length] = {
            "temperature": temperatures, "energy": one["energy"] + gap * above, "first": one["magnetization"],
            "second": above / sites,
        }  # fmt: skip
    return recorded_arrays(arrays, dimensions=DIMENSIONS)
