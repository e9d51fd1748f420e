"""The scalar twin of the kernels, and their definition: worldlines as lists, clusters as components of a graph."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from spinlens.models import TICKS
from spinlens.sampling.engines.bits.generator import draw
from spinlens.sampling.engines.worldlines.arrivals import Arrivals
from spinlens.sampling.engines.worldlines.place import Place

Worldline = tuple[int, list[int]]
"""The code at tick 0, and the ascending ticks at which the code becomes the other one."""


def code_at(worldline: Worldline, tick: int) -> int:
    """Return the code at a tick."""
    code, kinks = worldline
    return (code + sum(0 < kink <= tick for kink in kinks)) % 2


def windows(stream: Any, arrivals: Arrivals, process: int) -> Iterator[list[int]]:
    """Yield the ticks that arrive in each window of a process, as they are drawn."""
    halvings, thresholds = int(arrivals.halvings[process]), arrivals.thresholds[process]
    for window in range(2**halvings if halvings >= 0 else 0):
        number = int(np.searchsorted(thresholds[:-1], draw(stream, 0), side="right"))
        width = TICKS // 2**halvings
        yield [window * width + (int(draw(stream, 0)) >> 32 + halvings) for _ in range(number)]


def swendsen_wang(worldlines: list[Worldline], stream: Any, place: Place, heat: Arrivals) -> list[Worldline]:
    """Return the worldlines of one chain after one update of all clusters; the stream (4, 1) moves on."""
    points = []
    for _, kinks in worldlines:
        cuts = [tick for ticks in windows(stream, heat, 0) for tick in ticks]
        points.append(sorted({*kinks, *cuts}))
    lengths = [max(1, len(each)) for each in points]
    offset = np.concatenate([[0], np.cumsum(lengths)])
    ghost = int(offset[-1])

    def segment(site: int, tick: int) -> int:
        # Before the first point the last segment goes on.
        return int(offset[site]) + (bisect_right(points[site], tick) - 1) % lengths[site]

    edges = []
    for i, j, process, opposite in zip(place.first, place.second, place.bond, place.opposite, strict=True):
        if process:
            for ticks in windows(stream, heat, process):
                edges += [
                    (segment(i, tick), segment(j, tick))
                    for tick in ticks
                    if (code_at(worldlines[i], tick) != code_at(worldlines[j], tick)) == bool(opposite)
                ]
    for i, (process, favoured) in enumerate(zip(place.site, place.favoured, strict=True)):
        if process:
            for ticks in windows(stream, heat, process):
                edges += [(segment(i, tick), ghost) for tick in ticks if code_at(worldlines[i], tick) == favoured]
    ends = np.array(edges, dtype=np.int64).reshape(-1, 2)
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(ghost + 1, ghost + 1))
    label = connected_components(graph, directed=False)[1]
    turned = {int(label[ghost]): False}
    coins: Iterator[bool] = iter(())
    for a in range(ghost):
        if int(label[a]) not in turned:
            coin = next(coins, None)
            if coin is None:
                word = int(draw(stream, 0))
                coins = iter([bool(word >> bit & 1) for bit in range(64)])
                coin = next(coins)
            turned[int(label[a])] = coin
    found = []
    for site, worldline in enumerate(worldlines):

        def new(tick: int, site: int = site, worldline: Worldline = worldline) -> int:
            return code_at(worldline, tick) ^ turned[int(label[segment(site, tick)])]

        kinks = [tick for tick in points[site] if new(tick) != new((tick - 1) % TICKS)]
        found.append((new(0), kinks))
    return found


def sums(worldlines: list[Worldline], place: Place, tally: Any) -> list[int]:
    """Return what one chain counts, term by term: between two neighbouring kinks of any sites nothing changes."""
    bonds, sites, events = tally
    edges = sorted({0, TICKS, *(kink for _, kinks in worldlines for kink in kinks)})
    found = [int(event) * sum(len(kinks) for _, kinks in worldlines) for event in events]
    for low, high in pairwise(edges):
        codes = [code_at(worldline, low) for worldline in worldlines]
        equal = [int(codes[i] == codes[j]) for i, j in zip(place.first, place.second, strict=True)]
        for term in range(len(found)):
            total = sum(int(sites[term, i, code]) for i, code in enumerate(codes))
            total += sum(int(bonds[term, b, same]) for b, same in enumerate(equal))
            found[term] += total * (high - low)
    return found
