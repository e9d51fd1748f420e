"""Ground states with an interface that the boundary forces, anywhere it may lie.

Interfaces move so slowly (over a lattice of side L in some L^3 sweeps) that no chain forgets where its own began. Drawn
uniformly from all ground states, their places are right at the lowest temperature; where the boundary is symmetric
under translations, as between antiperiodic edges, at every temperature.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.lattices import Lattice

_OPPOSITE = ((1, -1), (-1, 1))


def refuse_interface(lattice: Lattice, *, ferromagnet: bool) -> None:
    """Refuse what has no interface whose places are known.

    Raises
    ------
    InputError
        Unless it is a ferromagnet with one coupling on a square lattice at zero field, and the edges are antiperiodic
        along one or both axes, or along one axis opposite walls, and periodic along any other.
    """
    rest = [rule for rule in lattice.rules if rule != "periodic"]
    forced = rest == ["antiperiodic"] * len(rest) if len(rest) != 1 else rest[0] in ("antiperiodic", *_OPPOSITE)
    if not rest or not forced:
        raise InputError(
            "start", "'interface'", f"the boundary {lattice.boundary_text} forces no interface of its own",
            "Take start 'ground'",
        )  # fmt: skip
    if not ferromagnet or lattice.kind != "square":
        why = "interfaces are known for one coupling J > 0 on a square lattice at zero field"
        raise InputError("start", "'interface'", why)


def interfaces(lattice: Lattice, random: np.random.Generator, *, count: int) -> NDArray[np.int8]:
    """Draw ground states of the ferromagnet at zero field, each of them equally likely.

    Parameters
    ----------
    lattice : Lattice
        As `refuse_interface` allows.
    random : numpy.random.Generator
        Where the randomness comes from.
    count : int
        How many.

    Returns
    -------
    numpy.ndarray
        int8 +-1 (count, Lx, Ly).

    Notes
    -----
    One seam, or opposite walls: the interface is straight and lies between any two rows, or rows and wall. Two
    crossing seams: it is a closed staircase of Lx + Ly steps. In row x the sign changes at column h(x), and h grows
    by Ly (or falls by Ly) once round the lattice, in any Lx steps >= 0 that sum to Ly.
    """
    if all(lattice.seams):
        return np.stack([_staircase((lattice.shape[0], lattice.shape[1]), random) for _ in range(count)])
    axis = next(axis for axis, rule in enumerate(lattice.rules) if rule != "periodic")
    rule: Any = lattice.rules[axis]
    side = lattice.shape[axis]
    places = random.integers(0, side + isinstance(rule, tuple), size=count)
    signs = np.full(count, rule[0]) if isinstance(rule, tuple) else random.integers(0, 2, size=count) * 2 - 1
    profile = np.where(np.arange(side) < places[:, None], 1, -1) * signs[:, None]
    spins = profile[:, :, None] if axis == 0 else profile[:, None, :]
    return np.broadcast_to(spins, (count, *lattice.shape)).astype(np.int8)


def _staircase(shape: tuple[int, int], random: np.random.Generator) -> NDArray[np.int8]:
    height, width = shape
    while True:
        # Stars and bars: the steps between rows are the numbers of stars between bars.
        bars = np.sort(random.choice(width + height - 1, size=height - 1, replace=False))
        steps = np.diff(np.concatenate([[-1], bars, [width + height - 1]])) - 1
        falls = bool(random.integers(0, 2))
        # A single step both grows and falls by Ly: it must not be counted twice.
        if not (falls and steps.max() == width):
            break
    climb = np.concatenate([[0], np.cumsum(steps[:-1])])
    place = random.integers(0, 2 * width) + (-climb if falls else climb)
    turns = (np.arange(width) - place[:, None]) // width
    return np.where(turns % 2 == 0, 1, -1).astype(np.int8)
