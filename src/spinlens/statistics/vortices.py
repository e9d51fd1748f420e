"""Vortices of angles: plaquettes round which the angle turns by a whole circle."""

from __future__ import annotations

from math import comb
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models import Model
from spinlens.spaces import Angles
from spinlens.statistics.labels import labelled

if TYPE_CHECKING:
    import xarray as xr

Integers = NDArray[np.int64]

BLOCK = 1 << 20
"""Sites looked at at a time, about."""

PLAQUETTES = {"square": ((0, 1, 0, 1),), "cubic": ((0, 1, 0, 1), (0, 2, 0, 2), (1, 2, 1, 2)),
              "triangular": ((0, 1, 2), (1, 0, 2))}  # fmt: skip
"""The directions of the bonds round each plaquette of a site: the first half, or all but the last, forwards."""


def vortex_density(ensemble: Any) -> xr.Dataset:
    """Estimate how many plaquettes hold a vortex, of either sign, from the draws of an ensemble.

    Parameters
    ----------
    ensemble : Ensemble
        Of a clock or XY model on a square, cubic or triangular lattice.

    Returns
    -------
    xarray.Dataset
        ``vortex_density``, the average of abs(winding) over all plaquettes, and its error, over the conditions. The
        error is that of the mean over chains; NaN where there is a single one.

    Raises
    ------
    InputError
        If nothing on a site is an angle, or the lattice has no plaquettes of three or four bonds.

    Notes
    -----
    The step from one angle to the next is taken the short way round. A step of exactly half a circle has two, of which
    neither is shorter: the average over both is taken.
    """
    import xarray as xr

    codes = ensemble.codes()
    sides = codes.dims[-ensemble.lattice.axes :]
    density = vorticities(ensemble.model, ensemble.lattice, codes.values)
    front = codes.dims[: -len(sides)]
    found = xr.DataArray(density, dims=front).mean("draw")
    chains = found.sizes["chain"]
    error = found.std("chain", ddof=1) / np.sqrt(chains) if chains > 1 else found.mean("chain") * np.nan
    coordinates = {name: codes.coords[name] for name in error.dims if name in codes.coords}
    averages = {"vortex_density": found.mean("chain"), "vortex_density_error": error}
    return labelled(xr.Dataset(averages).assign_coords(coordinates), controls=tuple(ensemble.model.controls))


def vorticities(model: Model, lattice: Lattice, codes: NDArray[Any]) -> NDArray[np.float64]:
    """Return the mean abs(winding) of the plaquettes of configurations, codes (..., *sides), float64 (...)."""
    if not isinstance(model.space, Angles):
        raise InputError("model", model.text, "has no angles that could turn round a plaquette", "Take XY() or Clock()")
    if lattice.kind not in PLAQUETTES:
        raise InputError("lattice", lattice.text, f"vortices are counted on {', '.join(PLAQUETTES)} lattices")
    front, q = codes.shape[: codes.ndim - lattice.axes], model.space.states
    rows = codes.reshape(-1, lattice.sites)
    turns, turn = model.tables(lattice).bond_turns
    ends, shifts = _plaquettes(lattice, turns[turn, 0])
    found = np.empty(len(rows))
    step = max(1, BLOCK // lattice.sites)
    for begin in range(0, len(rows), step):
        around = rows[begin : begin + step].astype(np.int64)[:, ends]
        found[begin : begin + step] = _windings(np.roll(around, -1, axis=-1) - around + shifts, q).mean(axis=1)
    return found.reshape(front)


def _windings(steps: Integers, q: int) -> NDArray[np.float64]:
    """Return abs(winding) of closed walks (..., corners) of steps in codes, averaged over both ways of half circles."""
    short = (steps + (q - 1) // 2) % q - (q - 1) // 2
    ties = ((2 * short) % q == 0) & (short != 0)
    # A tie counts q / 2 forwards here, and may count q less.
    whole, number = short.sum(axis=-1) // q, ties.sum(axis=-1)
    found = np.zeros(whole.shape)
    for n in range(int(number.max(initial=0)) + 1):
        here = number == n
        found[here] = sum(comb(n, back) * np.abs(whole[here] - back) for back in range(n + 1)) / 2**n
    return found


def _plaquettes(lattice: Lattice, turns: Integers) -> tuple[Integers, Integers]:
    """Return the sites round each whole plaquette (P, corners), and by how much the next is seen turned, in codes.

    ``turns`` are those of the second ends of bonds (B,).
    """
    table = lattice.neighbours
    there = np.full((lattice.directions, lattice.sites), -1)
    turned = np.zeros_like(there)
    there[table.direction, table.first] = table.second
    turned[table.direction, table.first] = turns
    corners, shifts = [], []
    for walk in PLAQUETTES[lattice.kind]:
        forwards = len(walk) - 1 if len(walk) == 3 else 2
        start = np.arange(lattice.sites)
        one, other = [start], [start]
        seen = []
        for direction in walk[:forwards]:
            seen.append(_along(turned, direction, one[-1]))
            one.append(_along(there, direction, one[-1]))
        back = []
        for direction in walk[forwards:][::-1]:
            back.append(-_along(turned, direction, other[-1]))
            other.append(_along(there, direction, other[-1]))
        whole = (np.stack(one + other) >= 0).all(axis=0) & (one[-1] == other[-1])
        corners.append(np.stack([*one, *other[-2:0:-1]], axis=1)[whole])
        shifts.append(np.stack([*seen, *back[::-1]], axis=1)[whole])
    same = len({part.shape[1] for part in corners}) == 1
    assert same, "plaquettes of one kind of lattice have equally many corners"
    return np.concatenate(corners), np.concatenate(shifts)


def _along(table: Integers, direction: int, sites: Integers) -> Integers:
    return np.where(sites < 0, -1, table[direction, sites])
