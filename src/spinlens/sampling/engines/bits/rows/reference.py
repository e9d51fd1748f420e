"""The scalar twin of the kernel on lattices of rows: one chain, one site at a time, from the list of bonds alone.

It is slow and it is the definition: fed the same random words, the kernel agrees with it bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import localcontext

import numpy as np

from spinlens.lattices import Lattice
from spinlens.sampling.engines.bits.probabilities import FINE, _leave_probability, _up_probability
from spinlens.sampling.engines.bits.reference import Xoshiro256PlusPlus, uniform_bits

Bonds = list[list[tuple[int, float]]]


def order(lattice: Lattice) -> Iterator[int]:
    """Yield every site once, in the order of a sweep: row after row, of each the even places first."""
    width = lattice.shape[-1]
    for row in range(lattice.sites // width):
        for odd in range(2):
            yield from range(row * width + odd, (row + 1) * width, 2)


def bonds_of_sites(lattice: Lattice, couplings: np.ndarray) -> Bonds:
    """Return for each site its neighbours and the couplings to them, an antiperiodic seam as a change of sign."""
    table = lattice.neighbours
    found: Bonds = [[] for _ in range(lattice.sites)]
    for first, second, turned, strength in zip(table.first, table.second, table.turned, couplings, strict=True):
        signed = float(-strength if turned else strength)
        found[first].append((int(second), signed))
        found[second].append((int(first), signed))
    return found


def sweep(
    spins: np.ndarray,
    streams: list[Xoshiro256PlusPlus],
    lattice: Lattice,
    bonds: Bonds,
    fields: np.ndarray,
    temperature: float,
    *,
    metropolis: bool,
    relative_to: str,
    fast_bits: int,
) -> None:
    """Sweep 64 chains of one condition once, in place.

    Parameters
    ----------
    spins : int8 array, shape (64, N)
        Spins +-1.
    streams : list of Xoshiro256PlusPlus
        One for each pair of places in a row.
    lattice : Lattice
        Shape and boundary.
    bonds : list
        See `bonds_of_sites`.
    fields : float64 array, shape (N,)
        The field on each site, that of walls included.
    temperature : float
        T.
    metropolis : bool
        The rule.
    relative_to : str
        What a spin is drawn relative to: ``"up"``, or without a field anywhere ``"most"`` of its neighbours (up where
        its bonds cancel; all bonds equally strong), or the ``"next"`` spin in its row.
    fast_bits : int
        Random words that are always drawn; see `spinlens.sampling.engines.bits.reference.uniform_bits`.
    """
    probability = _leave_probability if metropolis else _up_probability
    known: dict[float, int] = {}
    for site in order(lattice):
        around = spins[:, [there for there, _ in bonds[site]]].tolist()
        strengths = [strength for _, strength in bonds[site]]
        gaps = [
            2 * math.fsum([*(j * s for j, s in zip(strengths, beside, strict=True)), float(fields[site])])
            for beside in around
        ]
        signs = _signs(spins, lattice, site, gaps, relative_to)
        gaps = [sign * gap for sign, gap in zip(signs, gaps, strict=True)]
        with localcontext(prec=FINE):
            known |= {gap: probability(gap, temperature) for gap in set(gaps) - set(known)}
        stream = streams[site % lattice.shape[-1] // 2]
        drawn = uniform_bits(stream, [known[gap] for gap in gaps], fast_bits)
        for chain, (bit, gap, sign) in enumerate(zip(drawn, gaps, signs, strict=True)):
            up, favour = spins[chain, site] == sign, gap >= 0
            if not metropolis:
                new = bit
            elif up != favour:
                new = favour
            else:
                new = favour ^ bit
            spins[chain, site] = sign if new else -sign


def _signs(spins: np.ndarray, lattice: Lattice, site: int, gaps: list[float], relative_to: str) -> list[int]:
    """Return for each chain what stands for up."""
    if relative_to == "up":
        return [1] * len(gaps)
    if relative_to == "most":
        return [1 if gap >= 0 else -1 for gap in gaps]
    width = lattice.shape[-1]
    return [int(sign) for sign in spins[:, site // width * width + (site % width + 1) % width]]
