"""Clusters for any discrete model, by an involution of the codes that leaves the energies of bonds as they are.

With R R = 1 and E(Rs, Rs') = E(s, s') a bond has two values when sites keep or change their code: E(s, s') where both
or none change, E(Rs, s') where one does. That is an Ising model in the choices. A bond is active with probability
1 - exp(-max(0, w(s, s') - w(Rs, s'))), where w = -E / T, and a site is tied to its code with
1 - exp(-max(0, v(s) - v(Rs))) by its own weight v. Clusters that are not tied change all together.

References
----------
R. H. Swendsen and J.-S. Wang, Phys. Rev. Lett. 58, 86 (1987), doi:10.1103/PhysRevLett.58.86; U. Wolff, Phys. Rev. Lett.
62, 361 (1989), doi:10.1103/PhysRevLett.62.361.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from spinlens.sampling.engines.bits.generator import draw
from spinlens.sampling.engines.table.exponential import exponential
from spinlens.sampling.engines.table.lanes import below

_OPTIONS = {"error_model": "numpy", "boundscheck": False}
_U = np.uint64


COIN = 0.5
"""Clusters that the coin of `wolff` adds to each chain and call on average."""

MOST_TABLED = 1 << 16
"""Probabilities that are worked out before an update at most; more are worked out one by one."""


@njit(inline="always")
def _probability(gain: float) -> Any:
    """Return 1 - exp(-max(0, gain))."""
    return 1.0 - exponential(min(-gain, 0.0))


@njit(inline="always")
def _happens(probability: float, stream: Any, lane: int) -> Any:
    """Return true with a probability; takes a random word where that is not 0."""
    return probability > 0.0 and np.float64(draw(stream, lane) >> _U(11)) * 2.0**-53 < probability


@njit(**_OPTIONS)
def _all_probabilities(factor: float, matrices: Any, site_weights: Any, involutions: Any, most: int) -> Any:
    """Return whether there are few enough, and those of bonds (I, M, q, q) and of sites (I, V, q)."""
    many, states = involutions.shape
    classes, kinds = matrices.shape[0], site_weights.shape[0]
    tabled = many * states * (classes * states + kinds) <= min(MOST_TABLED, most)
    if not tabled:
        many = 0
    bonds, sites = np.empty((many, classes, states, states)), np.empty((many, kinds, states))
    for k in range(many):
        for a in range(states):
            image = involutions[k, a]
            for v in range(kinds):
                sites[k, v, a] = _probability((site_weights[v, a] - site_weights[v, image]) * factor)
            for m in range(classes):
                for b in range(states):
                    bonds[k, m, a, b] = _probability((matrices[m, a, b] - matrices[m, image, b]) * factor)
    return tabled, bonds, sites


@njit(inline="always")
def root_of(parent: Any, i: int) -> int:
    """Return the root of a tree of sites, and shorten the way there."""
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@njit(cache=True, nogil=True, **_OPTIONS)
def swendsen_wang(
    chains: Any, stream: Any, factor: float, first: Any, second: Any, which: Any, matrices: Any, kind: Any,
    site_weights: Any, involutions: Any, count: int,
) -> None:  # fmt: skip
    """Update all clusters of each chain at one temperature, ``count`` times, in place.

    Each time takes from the lane's stream: a word that chooses the involution, one for each bond that can be active,
    one for each site that can be tied, one for each cluster that is not.

    Parameters
    ----------
    chains : uint8 or uint16 array, shape (64, N)
        The codes, chain after chain.
    stream : uint64 array, shape (4, 64)
        The generators' states, one a lane.
    factor : float
        1 / T.
    first, second, which : int64 array, shape (B,)
        Ends and matrix of each bond.
    matrices : float64 array, shape (M, q, q)
        Weights of the bonds: rows for the first end.
    kind : int64 array, shape (N,)
        Row of the site weights of each site.
    site_weights : float64 array, shape (V, q)
        Weights of the sites.
    involutions : int64 array, shape (I, q)
        One is drawn for each update of each chain.
    count : int
        Updates.
    """
    sites = chains.shape[1]
    parent, tied, change = np.empty(sites, np.int64), np.empty(sites, np.bool_), np.empty(sites, np.bool_)
    tabled, bonds, ties = _all_probabilities(
        factor, matrices, site_weights, involutions, chains.size * count
    )  # fmt: skip
    for lane in range(chains.shape[0]):
        for _ in range(count):
            k = np.int64(below(draw(stream, lane), _U(involutions.shape[0])))
            for i in range(sites):
                parent[i] = i
                tied[i] = False
            for b in range(first.size):
                one, two, m = chains[lane, first[b]], chains[lane, second[b]], which[b]
                if tabled:
                    active = bonds[k, m, one, two]
                else:
                    active = _probability((matrices[m, one, two] - matrices[m, involutions[k, one], two]) * factor)
                if _happens(active, stream, lane):
                    i, j = root_of(parent, first[b]), root_of(parent, second[b])
                    parent[max(i, j)] = min(i, j)
            for i in range(sites):
                own, v = chains[lane, i], kind[i]
                if tabled:
                    tie = ties[k, v, own]
                else:
                    tie = _probability((site_weights[v, own] - site_weights[v, involutions[k, own]]) * factor)
                if _happens(tie, stream, lane):
                    tied[root_of(parent, i)] = True
            for i in range(sites):
                root = root_of(parent, i)
                if root == i:
                    change[i] = not tied[i] and draw(stream, lane) >> _U(63) == _U(1)
                if change[root]:
                    chains[lane, i] = involutions[k, chains[lane, i]]


@njit(cache=True, nogil=True, **_OPTIONS)
def wolff(
    chains: Any, stream: Any, factor: float, neighbour: Any, which: Any, rows: Any, kind: Any, site_weights: Any,
    involutions: Any, count: int,
) -> int:  # fmt: skip
    """Grow ``count`` single clusters of each chain at one temperature, one more by a fair coin; return sites reached.

    Growing ends where a site is tied, since nothing changes then. Parameters are those of `swendsen_wang`, with bonds
    as slots: ``neighbour``, ``which`` int32 (N, z) with empty slots last, ``rows`` float64 (D, q, q) with a row for
    each code of the neighbour.
    """
    sites, reached = chains.shape[1], 0
    seen, stack = np.zeros(sites, np.int64), np.empty(sites, np.int64)
    mark = 0
    tabled, bonds, ties = _all_probabilities(
        factor, rows, site_weights, involutions, chains.size
    )  # fmt: skip
    for lane in range(chains.shape[0]):
        for _ in range(count + np.int64(draw(stream, lane) >> _U(63))):
            mark += 1
            k = np.int64(below(draw(stream, lane), _U(involutions.shape[0])))
            stack[0] = below(draw(stream, lane), _U(sites))
            seen[stack[0]] = mark
            done, size, free = 0, 1, True
            while done < size:
                i = stack[done]
                done += 1
                own, v = chains[lane, i], kind[i]
                image = involutions[k, own]
                tie = (
                    ties[k, v, own]
                    if tabled
                    else _probability((site_weights[v, own] - site_weights[v, image]) * factor)
                )
                if _happens(tie, stream, lane):
                    free = False
                    break
                for slot in range(neighbour.shape[1]):
                    j = neighbour[i, slot]
                    if j < 0:
                        break
                    if seen[j] != mark:
                        d, beside = which[i, slot], chains[lane, j]
                        # Whichever of the two ends changes its code, the gain is the same.
                        if tabled:
                            active = bonds[k, d, beside, own]
                        else:
                            active = _probability(
                                (rows[d, beside, own] - rows[d, involutions[k, beside], own]) * factor
                            )
                        if _happens(active, stream, lane):
                            seen[j] = mark
                            stack[size] = j
                            size += 1
            if free:
                for at in range(size):
                    chains[lane, stack[at]] = involutions[k, chains[lane, stack[at]]]
            reached += size
    return reached
