"""Recordings of two small tori whose crossings and peaks are known, with chains as replica exchange ties them."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from spinlens.exact import enumerate_states
from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.statistics.scaling import FiniteSize

SIDES = (3, 4)
TEMPERATURES = np.linspace(1.6, 3.2, 9)


@cache
def exact(side, temperature, name):
    return enumerate_states(Ising(), Lattice((side, side)), temperature=temperature)[name]


def slope(side, temperature, name, step=1e-3):
    return (exact(side, temperature + step, name) - exact(side, temperature - step, name)) / (2 * step)


@cache
def crossing():
    """Return where the cumulants of both sizes agree, their value, and 1 / nu from their slopes."""
    place = brentq(lambda t: exact(4, t, "binder_cumulant") - exact(3, t, "binder_cumulant"), 1.8, 3.0, xtol=1e-10)
    slopes = [slope(side, place, "binder_cumulant") for side in SIDES]
    return place, exact(3, place, "binder_cumulant"), np.log(slopes[1] / slopes[0]) / np.log(4 / 3)


@cache
def peak(side, name="specific_heat"):
    """Return where an observable of one size peaks, and how high."""
    found = minimize_scalar(lambda t: -exact(side, t, name), bounds=(1.8, 3.0), method="bounded",
                            options={"xatol": 1e-9})  # fmt: skip
    return found.x, -found.fun


@cache
def _ladder(side):
    """Return the states' rows, sorted by energy, and their cumulative probability at each temperature."""
    found = [enumerate_states(Ising(), Lattice((side, side)), temperature=t).distribution for t in TEMPERATURES]
    order = np.argsort(-found[0].rows["bond_sum"], kind="stable")
    rows = {name: column[order] for name, column in found[0].rows.items()}
    return rows, np.array([np.cumsum(each.probability[order]) for each in found])


def recorded(side, seed, *, chains=32, recordings=40, tied=0.0):
    """Return arrays for `FiniteSize.from_arrays`, (T, chain, recording), drawn exactly.

    A share ``tied`` of the recordings of a chain is drawn from the same uniform numbers at all temperatures, so that
    the chains of one number are as dependent as chains can be, and those of different numbers not at all.
    """
    rows, cumulative = _ladder(side)
    generator = np.random.default_rng([seed, side])
    shape = (len(TEMPERATURES), chains, recordings)
    uniform = generator.random(shape)
    common = generator.random((chains, recordings)) < tied
    uniform = np.where(common, uniform[:1], uniform)
    picks = np.stack([np.searchsorted(c, u * c[-1]) for c, u in zip(cumulative, uniform, strict=True)])
    return {
        "temperature": TEMPERATURES, "energy": -rows["bond_sum"][picks].astype(float),
        "magnetization": rows["spin_sum"][picks] / side**2,
    }  # fmt: skip


def study(seed, **options):
    return FiniteSize.from_arrays({side: recorded(side, seed, **options) for side in SIDES}, dimensions=2)
