"""Finite lattices of any length up to fourteen sites wide, with every boundary, in a field.

The rows of the lattice are summed one after another with the factors of `spinlens.exact.ising.rows`, from one end to
the other, or all the way round: Z = <first end| M D ... D M |last end>, or the trace of a product. First and second
derivatives are carried along exactly, so that nothing is differentiated numerically.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.exact.conditions import check_condition
from spinlens.exact.ising.jet import Jet
from spinlens.exact.ising.rows import WIDEST, Direction, Rows
from spinlens.exact.ising.square import square_couplings
from spinlens.exact.ising.transfer_matrix import Strip
from spinlens.lattices import Lattice, Rule
from spinlens.models.ising import Ising

Array = NDArray[np.float64]

SMALLEST = 1e-290
"""Weights below this have lost digits of their own, as next to the smallest number there is."""

WIDEST_RING = 10
"""Narrower side where both axes close on themselves: a trace takes 2^width vectors."""


def ising_finite_strip(model: Ising, lattice: Lattice, *, temperature: float, field: float = 0.0) -> Strip:
    """Solve the Ising model on a finite lattice of which one side is short; the other may be long.

    Parameters
    ----------
    model : Ising
        The Hamiltonian.
    lattice : Lattice
        Any boundary. One side at most 14 sites, and the other side then free or between walls; or one side at most 10.
    temperature, field : float
        T > 0 and h, in units of energy (k_B = 1).

    Returns
    -------
    Strip
        Free energy, energy, magnetization, specific heat and susceptibility per site.

    Raises
    ------
    InputError
        If the lattice is too wide, the temperature or the field is not allowed, or the temperature is so low that all
        weights vanish in double precision.

    Notes
    -----
    The time is proportional to the length. A torus ten sites wide takes about a second a row, everything
    else far less.
    """
    t, h = check_condition(temperature, field)
    model, lattice = _lengthwise(model, lattice)
    rows = Rows(model, lattice.shape[1], lattice.rules[1], temperature=t, field=h)
    by_temperature = _log_partition_function(rows, rows.by_temperature, lattice, temperature=t)
    by_field = _log_partition_function(rows, rows.by_field, lattice, temperature=t)
    sites = lattice.sites
    return Strip(
        free_energy=-t * float(by_temperature.value) / sites,
        energy=-float(by_temperature.first) / sites,
        magnetization=float(by_field.first) / sites,
        specific_heat=float(by_temperature.second) / sites / t**2,
        susceptibility=float(by_field.second) / sites / t,
    )


def _lengthwise(model: Ising, lattice: Lattice) -> tuple[Ising, Lattice]:
    """Turn the lattice so that summing along x is possible and cheapest."""
    turned_model = Ising(square_couplings(model)[::-1], model.field_pattern)
    turned = Lattice(lattice.shape[::-1], boundary=lattice.rules[::-1])
    possible = [pair for pair in ((model, lattice), (turned_model, turned)) if _cost(pair[1]) is not None]
    if not possible:
        raise InputError(
            "lattice", lattice.shape,
            f"is too wide: a side has at most {WIDEST} sites and the other axis ends (free or walls), or a side has at "
            f"most {WIDEST_RING}",
        )  # fmt: skip
    return min(possible, key=lambda pair: _cost(pair[1]) or 0)


def _cost(lattice: Lattice) -> int | None:
    """Return the work of summing along x in arbitrary units, or None if that is too much."""
    (length, width), ring = lattice.shape, lattice.rings[0]
    if width > (WIDEST_RING if ring else WIDEST):
        return None
    return length << (width * (2 if ring else 1))


def _log_partition_function(rows: Rows, direction: Direction, lattice: Lattice, *, temperature: float) -> Jet:
    """Return ln Z with its first two derivatives in one direction."""
    length, along = lattice.shape[0], lattice.rules[0]
    ring = lattice.rings[0]
    start = np.eye(rows.size) if ring else np.ones((1, rows.size))
    jet, log_scale = Jet(start, np.zeros_like(start), np.zeros_like(start)), 0.0
    for row in range(length):
        jet = rows.row_jet(jet, direction, row=row % rows.period)
        log_scale += rows.row_scales[row % rows.period]
        for held in _walls(along, row, length):
            jet = rows.wall_jet(jet, direction, held=held)
            log_scale += rows.bond_scale
        if ring or row < length - 1:
            jet = rows.bond_jet(jet, direction)
            log_scale += rows.bond_scale
        top = float(jet.value.max())
        if not top > 0:
            raise _vanishing(temperature)
        jet, log_scale = jet.scaled(1.0 / top), log_scale + float(np.log(top))
    parts = [_closed(part, along) for part in (jet.value, jet.first, jet.second)]
    # What closes on itself weighs less than the largest element, and may weigh nothing or have lost its digits.
    if not parts[0] > SMALLEST:
        raise _vanishing(temperature)
    result = Jet(*(np.asarray(part) for part in parts)).log()
    return Jet(result.value + log_scale, result.first, result.second)


def _vanishing(temperature: float) -> InputError:
    return InputError("temperature", temperature, "is so low that all weights vanish in double precision", "Raise it")


def _walls(along: Rule, row: int, length: int) -> list[int]:
    """Return the held spins that the sites of a row touch."""
    if not isinstance(along, tuple):
        return []
    return [held for held, place in zip(along, (0, length - 1), strict=True) if row == place]


def _closed(matrix: Array, along: Rule) -> float:
    """Sum over the last row: the trace round a ring, against the reversed states where there is a seam."""
    if along == "periodic":
        return float(np.trace(matrix))
    return float(np.trace(matrix[:, ::-1]) if along == "antiperiodic" else matrix.sum())
