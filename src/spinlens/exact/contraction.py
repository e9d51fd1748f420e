"""Sum over the sites of a lattice one after another, with exact derivatives: the transfer matrix, site by site.

A tensor holds the weights of the codes of those sites that still have bonds to come. Adding a site gives it an axis, a
bond multiplies, and a site whose bonds are all counted is summed over. Nothing depends on the kind of lattice, its
boundary or its model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.lattices import Lattice

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One step: ``add`` a site, ``bond`` or ``site`` multiply, ``sum`` over a site.

    Attributes
    ----------
    kind : str
        Which.
    places : tuple of int
        Axes of the tensor; the new one for ``add``, which is always the first.
    index : int
        Number of the bond or site whose factor multiplies.
    """

    kind: str
    places: tuple[int, ...]
    index: int = -1


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """Steps from some sites to others.

    Attributes
    ----------
    steps : tuple of Step
        In order.
    peak : int
        Largest number of axes on the way.
    axes : int
        Axes at the beginning and at the end.
    """

    steps: tuple[Step, ...]
    peak: int
    axes: int


@dataclass(frozen=True, slots=True, eq=False)
class Factors:
    """What bonds and sites multiply by, and how fast its logarithm grows along D directions.

    Attributes
    ----------
    bonds, sites : ndarray, float64 (B, q, q) and (N, q)
        Factors, scaled to largest elements of one.
    bond_slopes, site_slopes : ndarray, float64 (D, B, q, q) and (D, N, q)
        Derivatives of their logarithms.
    log_scale : float
        ln of what all of them together were divided by.
    """

    bonds: Array
    sites: Array
    bond_slopes: Array
    site_slopes: Array
    log_scale: float


def whole_program(lattice: Lattice) -> Program:
    """Return the steps that sum over all sites of a lattice, in the order that keeps the tensor smallest."""
    table = lattice.neighbours
    sites = np.arange(lattice.sites).reshape(lattice.shape)
    orders = [sites.transpose(axes).reshape(-1).tolist() for axes in permutations(range(lattice.axes))]
    pairs = list(zip(table.first.tolist(), table.second.tolist(), strict=True))
    return min((_program(order, pairs, weighted=set(order)) for order in orders), key=lambda program: program.peak)


def period_program(lattice: Lattice) -> Program:
    """Return the steps from the first row of a lattice, along x, to that of the next such lattice behind it."""
    table = lattice.neighbours
    row = lattice.sites // lattice.shape[0]
    copies = {site: lattice.sites + site for site in range(row)}
    pairs = [
        (a, copies[b] if a >= lattice.sites - row and b < row else b)
        for a, b in zip(table.first.tolist(), table.second.tolist(), strict=True)
    ]
    order = [*range(lattice.sites), *copies.values()]
    weighted = set(range(lattice.sites))
    return _program(order, pairs, weighted=weighted, given=range(row), kept=list(copies.values()))


def _program(
    order: Sequence[int], pairs: Sequence[tuple[int, int]], *, weighted: set[int], given: Sequence[int] = (),
    kept: Sequence[int] = (),
) -> Program:  # fmt: skip
    """Return the steps for sites that are added in an order; some are given and some kept, in their order."""
    bonds: dict[int, list[int]] = {site: [] for site in order}
    for index, (a, b) in enumerate(pairs):
        bonds[a].append(index)
        bonds[b].append(index)
    left = {site: len(bonds[site]) for site in order}
    # The last one stands first.
    active: list[int] = list(reversed(given))
    steps: list[Step] = []
    peak = len(active)
    seen: set[int] = set(active)

    def count(site: int) -> None:
        for index in bonds[site]:
            a, b = pairs[index]
            other = b if a == site else a
            if other in done and (other != site):
                steps.append(Step("bond", (active.index(a), active.index(b)), index))
                left[a] -= 1
                left[b] -= 1
            elif a == b == site:
                steps.append(Step("bond", (active.index(a), active.index(b)), index))
                left[site] = 0
        done.add(site)

    done: set[int] = set()
    for site in order:
        if site not in seen:
            active.insert(0, site)
            steps.append(Step("add", (0,)))
            peak = max(peak, len(active))
        if site in weighted:
            steps.append(Step("site", (active.index(site),), site))
        count(site)
        for other in [a for a in active if left[a] == 0 and a in done and a not in kept]:
            steps.append(Step("sum", (active.index(other),)))
            active.remove(other)
    assert active == list(reversed(kept))
    return Program(tuple(steps), peak, len(given))


def run(program: Program, factors: Factors, start: Array, *, transposed: bool = False) -> tuple[Array, float]:
    """Apply the steps to a tensor and its derivatives.

    Parameters
    ----------
    program : Program
        The steps.
    factors : Factors
        What they multiply by.
    start : ndarray, float64 (1 + 2 D, q^axes)
        A value, and its first and second derivative along each direction, one after another; or the value alone.
    transposed : bool
        Whether to apply the transposed of the whole instead.

    Returns
    -------
    pair of ndarray and float
        The same of the end, and ln of what it was divided by on the way; with the scale of the factors not in it.
    """
    q = factors.sites.shape[1]
    tensor, scale = start, 0.0
    for step in reversed(program.steps) if transposed else program.steps:
        kind = {"add": "sum", "sum": "add"}.get(step.kind, step.kind) if transposed else step.kind
        if kind == "add":
            tensor = _added(tensor, q, step.places[0])
        elif kind == "sum":
            front = q ** step.places[0]
            tensor = tensor.reshape(len(tensor), front, q, -1).sum(axis=2).reshape(len(tensor), -1)
            top = float(np.abs(tensor[0]).max())
            if not top > 0:
                return tensor, -np.inf
            tensor, scale = tensor / top, scale + float(np.log(top))
        else:
            tensor = _multiplied(tensor, factors, step, q)
    return tensor, scale


def _added(tensor: Array, q: int, place: int) -> Array:
    parts = tensor.reshape(len(tensor), q**place, 1, -1)
    return np.broadcast_to(parts, (*parts.shape[:2], q, parts.shape[3])).reshape(len(tensor), -1)


def _multiplied(tensor: Array, factors: Factors, step: Step, q: int) -> Array:
    size = tensor.shape[1]
    if step.kind == "site":
        front = q ** step.places[0]
        shape: tuple[int, ...] = (front, q, size // front // q)
        spread: Any = (slice(None), None)
        table, slopes = factors.sites[step.index], factors.site_slopes[:, step.index]
    else:
        (a, b), bonds = step.places, (factors.bonds[step.index], factors.bond_slopes[:, step.index])
        table, slopes = bonds
        if a == b:
            table, slopes = np.diag(table), np.diagonal(slopes, axis1=-2, axis2=-1)
            front = q**a
            shape, spread = (front, q, size // front // q), (slice(None), None)
        else:
            if a > b:
                a, b, table, slopes = b, a, table.T, slopes.swapaxes(-1, -2)
            front, between = q**a, q ** (b - a - 1)
            shape = (front, q, between, q, size // front // between // q // q)
            spread = (slice(None), None, slice(None), None)
    value, rest = tensor[0].reshape(shape), tensor[1:].reshape(-1, *shape)
    factor = table[spread]
    parts = [factor * value]
    for direction in range(len(rest) // 2):
        slope = slopes[direction][spread]
        first, second = rest[2 * direction], rest[2 * direction + 1]
        grown = slope * value
        parts += [factor * (first + grown), factor * (second + slope * (2.0 * first + grown))]
    return np.stack(parts).reshape(len(tensor), size)
