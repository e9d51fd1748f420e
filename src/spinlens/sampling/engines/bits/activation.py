"""Which bonds the cluster updates see, and with which probabilities they are activated."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext

import numpy as np

from spinlens.lattices import Lattice

_ONES = 0xFFFF_FFFF_FFFF_FFFF
_STEEP = Decimal(10_000)
"""Steeper exponents make no difference of 2^-64."""


@dataclass(frozen=True, slots=True)
class Activation:
    """Bonds of a lattice and their thresholds, for K kinds of sites.

    Attributes
    ----------
    links_x, links_y : numpy.ndarray
        uint64 (Lx, 2) and (Ly, 2): for the bond of each row, or column, to the one before it all ones where there is
        one, and all ones where it favours opposite spins. The first is the bond round the ring.
    kinds : numpy.ndarray
        int64 (Lx, Ly): the kind of each site, which says how strongly it is held from outside.
    held : numpy.ndarray
        uint64 (K,): all ones where a kind is held up.
    thresholds : numpy.ndarray
        uint64 (conditions, 2): 2**64 times the probability of activating a satisfied bond along x and along y.
    ghost_thresholds : numpy.ndarray
        uint64 (conditions, K): the same for the bond to the ghost spin; 0 where nothing holds the site.
    """

    links_x: np.ndarray
    links_y: np.ndarray
    kinds: np.ndarray
    held: np.ndarray
    thresholds: np.ndarray
    ghost_thresholds: np.ndarray


def activation(
    couplings: tuple[float, float], lattice: Lattice, temperature: np.ndarray, field: float, *, staggered: bool
) -> Activation:
    """Return the bonds and thresholds at each temperature (conditions,) in one field."""
    strengths, kinds = np.unique(outside_field(couplings, lattice, field, staggered=staggered), return_inverse=True)
    links_x, links_y = (_links(lattice, axis, couplings[axis]) for axis in range(2))
    return Activation(
        links_x=links_x,
        links_y=links_y,
        kinds=kinds.reshape(lattice.shape).astype(np.int64),
        held=np.where(strengths > 0, np.uint64(_ONES), np.uint64(0)),
        thresholds=activation_thresholds(np.array(couplings), temperature),
        ghost_thresholds=activation_thresholds(strengths, temperature),
    )


def outside_field(couplings: tuple[float, float], lattice: Lattice, field: float, *, staggered: bool) -> np.ndarray:
    """Return what holds each spin from outside: h e_i and J times the held spins beside it, float64 (Lx, Ly)."""
    held = field * (lattice.staggering if staggered else np.ones(lattice.shape))
    for axis, (rule, coupling) in enumerate(zip(lattice.rules, couplings, strict=True)):
        if isinstance(rule, tuple):
            beside = np.zeros(lattice.shape[axis])
            beside[0] += rule[0] * coupling
            beside[-1] += rule[1] * coupling
            held = held + (beside if axis else beside[:, None])
    return np.asarray(held, dtype=np.float64)


def _links(lattice: Lattice, axis: int, coupling: float) -> np.ndarray:
    links = np.zeros((lattice.shape[axis], 2), dtype=np.uint64)
    links[:, 0] = _ONES
    links[:, 1] = _ONES if coupling < 0 else 0
    if not lattice.rings[axis]:
        links[0, 0] = 0
    if lattice.seams[axis]:
        links[0, 1] ^= np.uint64(_ONES)
    return links


def activation_thresholds(strengths: np.ndarray, temperature: np.ndarray) -> np.ndarray:
    """Return 2**64 (1 - exp(-2 abs(strength) / T)), rounded down, uint64 (conditions, strengths)."""
    with localcontext(prec=60):
        values = [
            [
                min(int((1 - max(-2 * abs(Decimal(f)) / Decimal(t), -_STEEP).exp()) * 2**64), _ONES)
                for f in strengths.tolist()
            ]
            for t in temperature.tolist()
        ]
    return np.array(values, dtype=np.uint64)
