"""Sites, bonds and rates as the kernels read them, and how many kinks must find room."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spinlens.lattices import Lattice
from spinlens.models import TICKS
from spinlens.sampling.engines.worldlines.arrivals import Arrivals, arrivals
from spinlens.sampling.engines.worldlines.form import Form

Integers = NDArray[np.int64]

UNLIKELY = 70.0
"""Room is left for numbers of kinks that have a chance above exp(-this), 1e-30."""


class Place(NamedTuple):
    """Who is bound to whom, and by which process of `Arrivals`: 0 are cuts, and stand for none here.

    Attributes
    ----------
    first, second : ndarray, int64 (B,)
        The ends of each bond.
    bond : ndarray, int64 (B,)
        Its process.
    opposite : ndarray, uint8 (B,)
        1 where it binds spins that differ.
    site : ndarray, int64 (N,)
        The process of each site's field.
    favoured : ndarray, uint8 (N,)
        The code that it binds.
    """

    first: Integers
    second: Integers
    bond: Integers
    opposite: NDArray[np.uint8]
    site: Integers
    favoured: NDArray[np.uint8]


def place_of(form: Form, lattice: Lattice) -> Place:
    """Return what does not depend on the temperature; the processes are those of `heat_of`."""
    sizes, table = _sizes(form), lattice.neighbours

    def process(strength: NDArray[np.float64]) -> Integers:
        found = np.searchsorted(sizes, np.abs(strength)) + 1
        return np.where(strength == 0, 0, found).astype(np.int64)

    return Place(
        table.first, table.second, process(form.couplings), (form.couplings < 0).astype(np.uint8),
        process(form.fields), (form.fields > 0).astype(np.uint8),
    )  # fmt: skip


def heat_of(form: Form, temperature: float) -> Arrivals:
    """Return the processes at a temperature: of cuts, then of bonds and fields by their sizes.

    A tick that has a cut or none is a Bernoulli variable, while kinks have the weight x = Gamma / (T 2^32) at each: the
    rate is a little larger than Gamma / T, so that one or more arrive in a tick with probability x.
    """
    kinks = form.kinks / temperature
    rates = [kinks * (1.0 + 0.5 * kinks / TICKS), *(2.0 * size / temperature for size in _sizes(form))]
    return arrivals([float(rate) for rate in rates])


def _sizes(form: Form) -> NDArray[np.float64]:
    sizes = np.unique(np.abs(np.concatenate([form.couplings, form.fields])))
    return sizes[sizes > 0]


def room_for(form: Form, lattice: Lattice, temperature: float) -> int:
    """Return how many kinks one chain may have.

    Of n kinks <z^n> = Z(z Gamma) / Z(Gamma), and d ln Z / d Gamma = N <sx> / T is at most N / T. So <z^n> is at most
    exp(r (z - 1)) with r = N Gamma / T, as of Poisson's distribution, and by Chernoff's bound more than c kinks have a
    chance below exp(-(c ln(c / r) - c + r)).
    """
    r = lattice.sites * form.kinks / temperature
    c = r + 1.0
    while c * math.log(c / r) - c + r < UNLIKELY:
        c *= 1.05
    return math.ceil(c) + 16
