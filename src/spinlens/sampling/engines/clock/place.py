"""The arrays that the kernels read: neighbours side by side, the circle, rows of whole numbers."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spinlens.lattices import Lattice
from spinlens.sampling.engines.clock.form import Form

Integers = NDArray[np.int64]
Single = NDArray[np.float32]

ROUNDING = 2.0**-22
"""Exceeds the relative error of a few operations in single precision."""

EXPONENTIAL = 2.0**-18
"""Exceeds the relative error of `spinlens.sampling.engines.clock.kernel.quick_exponential`."""

WIDEST = 2.5
"""Proposals reach as far as so many standard deviations of an angle among neighbours that agree."""


LIMITS = 2048
"""Steps in which the gain of a bond is looked up by single clusters."""

FINEST = 2.0**-48
"""The least of such steps."""


class Place(NamedTuple):
    """A model on a lattice as plain arrays, for N sites with S neighbours in all and V kinds of sites.

    Attributes
    ----------
    states : int
        Number of angles q.
    row : ndarray, int64 (q,)
        See `Form`.
    walls, sites : ndarray, int64 (V, q)
        See `Form`.
    kind : ndarray, int64 (N,)
        The kind of each site.
    order : ndarray, int64 (N,)
        The sites as sweeps visit them: of each row every other one, then the others, so that a site need not wait for
        the one before.
    begins : ndarray, int32 (N + 1,)
        Where the neighbours of each site begin.
    neighbour, shift : ndarray, int32 (S,)
        The neighbours, and by how many codes each is seen turned.
    cosines, sines : ndarray, float32 (q,)
        The circle.
    half_sines : ndarray, float32 (2q,)
        Sines of half the angles, twice round the circle.
    fields : ndarray, float32 (V, 2)
        See `Form`.
    first, second : ndarray, uint32 (B,)
        The ends of the bonds.
    bond_shift : ndarray, int64 (B,)
        By how many codes the second end is turned.
    rank : ndarray, int64 (B,)
        The place of each bond where they are sorted by the larger of their ends.
    held : bool
        Whether a field or a wall favours some angles.
    axes : ndarray, int64 (A,)
        The codes that 0 is taken to by the reflections of clusters: all of them, so that axes lie on and between codes.
    """

    states: int
    row: Integers
    walls: Integers
    sites: Integers
    kind: Integers
    order: Integers
    begins: NDArray[np.int32]
    neighbour: NDArray[np.int32]
    shift: NDArray[np.int32]
    cosines: Single
    sines: Single
    half_sines: Single
    fields: Single
    first: NDArray[np.uint32]
    second: NDArray[np.uint32]
    bond_shift: Integers
    rank: Integers
    held: bool
    axes: Integers


class Heat(NamedTuple):
    """What depends on the temperature.

    Attributes
    ----------
    bond, site : float
        By how much 1 in the rows raises ln p.
    coupling : float32
        J / T.
    low, high : float32
        Factors by which a quick weight may be wrong, downwards and upwards.
    reach : int
        Codes that a proposal goes at most.
    bond_low, bond_high : float32
        The same for the probability that a bond of a cluster is not active.
    limits : ndarray, uint64 (LIMITS + 4,)
        2^64 times the probability that a bond is active, at gains at equal distances, the first one step below 0.
    steps : float
        Such distances in a gain of 1.
    """

    bond: float
    site: float
    coupling: Any
    low: Any
    high: Any
    reach: int
    bond_low: Any
    bond_high: Any
    limits: NDArray[np.uint64]
    steps: float


def place_of(form: Form, lattice: Lattice) -> Place:
    """Return the arrays of a form on its lattice."""
    table, q = lattice.neighbours, form.states
    ends = np.concatenate([table.first, table.second])
    others = np.concatenate([table.second, table.first])
    shift = np.concatenate([form.shift, -form.shift]) % q
    order = np.argsort(ends, kind="stable")
    begins = np.searchsorted(ends[order], np.arange(lattice.sites + 1))
    angle = 2.0 * np.pi * np.arange(q) / q
    half = np.sin(angle / 2)
    rows = np.arange(lattice.sites).reshape(-1, lattice.shape[-1])
    visited = np.concatenate([rows[:, ::2], rows[:, 1::2]], axis=1).reshape(-1)
    rank = np.empty(len(table.first), dtype=np.int64)
    rank[np.argsort(np.maximum(table.first, table.second), kind="stable")] = np.arange(len(rank))
    cosines, sines, half_sines = (
        part.astype(np.float32) for part in (np.cos(angle), np.sin(angle), np.concatenate([half, -half]))
    )
    return Place(
        q, form.row, form.walls, form.sites, form.kind, visited, begins.astype(np.int32),
        others[order].astype(np.int32), shift[order].astype(np.int32), cosines, sines, half_sines,
        form.fields.astype(np.float32), table.first.astype(np.uint32), table.second.astype(np.uint32), form.shift, rank,
        bool(form.walls.any() or form.sites.any()), np.arange(q),
    )  # fmt: skip


def heat_of(form: Form, place: Place, temperature: float) -> Heat:
    """Return the factors of a temperature.

    The quick weight is exp(J / T (n' - n) . h), in single precision, n being the angle's vector and h the sum of its
    z neighbours' and the field. Each of the z + 1 vectors is rounded by 2^-25 of 1, each of the z sums by 2^-24 of at
    most its final size, products and differences as much; together the exponent is off by less than
    (z + 8) 2^-22 abs(J / T) (z + abs(field)), which includes that whole numbers stand for cosines. The gain of a bond,
    2 J / T times the sines of two half angles, is a product of four such numbers.
    """
    neighbours = int(np.diff(place.begins).max(initial=0))
    field = float(np.hypot(*form.fields.T).max(initial=0.0))
    bond, site = form.bond_strength / temperature, form.site_strength / temperature
    size = abs(bond) * form.amplitude * (neighbours + field)
    wrong = size * (neighbours + 8) * ROUNDING + EXPONENTIAL
    step = 2.0 * np.pi / form.states
    far = WIDEST / np.sqrt(max(size, 1e-300)) / step
    with np.errstate(over="ignore"):
        low, high = np.float32(np.exp(-wrong)), np.float32(np.exp(wrong))
        wrong = 16 * abs(bond) * form.amplitude * ROUNDING + EXPONENTIAL
        bond_low, bond_high = np.float32(np.exp(-wrong)), np.float32(np.exp(wrong))
    reach = int(np.clip(round(far), 1, form.states // 2))
    return Heat(
        bond, site, np.float32(bond * form.amplitude), low, high, reach, bond_low, bond_high,
        *_limits(abs(bond) * form.amplitude),
    )  # fmt: skip


def _limits(size: float) -> tuple[NDArray[np.uint64], float]:
    """Return 2^64 times 1 - exp(-g) for `LIMITS` gains g up to twice a size and three round them; steps in a gain.

    Steps are wide enough for the rounding of double precision to be less than one of them.
    """
    step = max(2.0 * size / LIMITS, FINEST)
    active = -np.expm1(-np.maximum(np.arange(-1, LIMITS + 3), 0) * step)
    return np.minimum(active * 2.0**64, np.nextafter(2.0**64, 0.0)).astype(np.uint64), 1.0 / step
