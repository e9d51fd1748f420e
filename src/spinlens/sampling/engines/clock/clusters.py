"""Embedded clusters: reflections about an axis through a site of the circle or between two, chain after chain.

A reflection takes the angle a to m - a and leaves the energy of a bond as it is where both ends are reflected. Bonds
whose energy would rise by dE if one end alone were reflected are active with probability 1 - exp(-dE / T), and what
is connected by active bonds is reflected together. Odd m are axes between two codes: of an even number of them the
others alone never mix odd and even ones. Fields and walls are one bond of each site to a ghost that stays.

References
----------
U. Wolff, Phys. Rev. Lett. 62, 361 (1989), doi:10.1103/PhysRevLett.62.361; R. H. Swendsen and J.-S. Wang, Phys. Rev.
Lett. 58, 86 (1987), doi:10.1103/PhysRevLett.58.86.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from spinlens.sampling.engines.bits.generator import draw
from spinlens.sampling.engines.table.clusters import root_of
from spinlens.sampling.engines.table.exponential import exponential
from spinlens.sampling.engines.table.lanes import below

_OPTIONS = {"error_model": "numpy", "boundscheck": False}
_U = np.uint64


@njit(inline="always")
def _axis(stream: Any, lane: int, axes: Any) -> Any:
    """Draw an axis: the code m that 0 is taken to."""
    return axes[np.int64(below(draw(stream, lane), _U(axes.size)))]


@njit(inline="always")
def _held(gain: float, stream: Any, lane: int) -> Any:
    """Return true with probability 1 - exp(-gain); takes a random word where that is not 0."""
    if gain <= 0.0:
        return False
    return np.float64(draw(stream, lane) >> _U(11)) * 2.0**-53 < 1.0 - exponential(-gain)


@njit(inline="always")
def _bond_gain(place: Any, heat: Any, one: int, two: int, m: int) -> Any:
    """Return how much ln p of a bond falls if one of its ends is reflected, the second as it is seen."""
    q = place.states
    return heat.bond * np.float64(place.row[(two - one) % q] - place.row[(two + one - m) % q])


@njit(inline="always")
def _site_gain(place: Any, heat: Any, kind: int, code: int, m: int) -> Any:
    image = (m - code) % place.states
    walls = place.walls[kind, code] - place.walls[kind, image]
    return heat.bond * np.float64(walls) + heat.site * np.float64(place.sites[kind, code] - place.sites[kind, image])


@njit(cache=True, nogil=True, **_OPTIONS)
def swendsen_wang(chains: Any, stream: Any, place: Any, heat: Any, count: int) -> None:
    """Update all clusters of each chain at one temperature, ``count`` times, in place.

    Each time takes from the lane's stream a word for the axis, one for each bond that can be active, one for each site
    that can be tied, one for each cluster that is not.

    Parameters
    ----------
    chains : uint16 array, shape (64, N)
        The codes, chain after chain.
    stream : uint64 array, shape (4, 64)
        The generators' states, one a lane.
    place : Place
        The arrays.
    heat : Heat
        The temperature.
    count : int
        Updates.
    """
    sites, q = chains.shape[1], place.states
    parent, tied, change = np.empty(sites, np.int64), np.empty(sites, np.bool_), np.empty(sites, np.bool_)
    for lane in range(chains.shape[0]):
        codes = chains[lane]
        for _ in range(count):
            m = _axis(stream, lane, place.axes)
            for i in range(sites):
                parent[i] = i
                tied[i] = False
            for b in range(place.first.size):
                one, two = np.int64(codes[place.first[b]]), np.int64(codes[place.second[b]]) + place.bond_shift[b]
                if _held(_bond_gain(place, heat, one, two, m), stream, lane):
                    i, j = root_of(parent, place.first[b]), root_of(parent, place.second[b])
                    parent[max(i, j)] = min(i, j)
            for i in range(sites):
                if _held(_site_gain(place, heat, place.kind[i], np.int64(codes[i]), m), stream, lane):
                    tied[root_of(parent, i)] = True
            for i in range(sites):
                root = root_of(parent, i)
                if root == i:
                    change[i] = not tied[i] and draw(stream, lane) >> _U(63) == _U(1)
                if change[root]:
                    codes[i] = (m - np.int64(codes[i])) % q


@njit(cache=True, nogil=True, **_OPTIONS)
def wolff(chains: Any, stream: Any, place: Any, heat: Any, count: int) -> int:
    """Grow ``count`` single clusters of each chain at one temperature, one more by a fair coin; return sites reached.

    Growing ends where a site is tied, since nothing changes then. Parameters are those of `swendsen_wang`.
    """
    sites, reached, q = chains.shape[1], 0, place.states
    seen, stack = np.zeros(sites, np.int64), np.empty(sites, np.int64)
    mark = 0
    for lane in range(chains.shape[0]):
        codes = chains[lane]
        for _ in range(count + np.int64(draw(stream, lane) >> _U(63))):
            mark += 1
            m = _axis(stream, lane, place.axes)
            stack[0] = below(draw(stream, lane), _U(sites))
            seen[stack[0]] = mark
            done, size, free = 0, 1, True
            while done < size:
                i = stack[done]
                done += 1
                own = np.int64(codes[i])
                if _held(_site_gain(place, heat, place.kind[i], own, m), stream, lane):
                    free = False
                    break
                for slot in range(place.begins[i], place.begins[i + 1]):
                    j = place.neighbour[slot]
                    if seen[j] != mark:
                        beside = np.int64(codes[j]) + place.shift[slot]
                        if _held(_bond_gain(place, heat, own, beside, m), stream, lane):
                            seen[j] = mark
                            stack[size] = j
                            size += 1
            if free:
                for at in range(size):
                    codes[stack[at]] = (m - np.int64(codes[stack[at]])) % q
            reached += size
    return reached
