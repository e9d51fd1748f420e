"""The XY model of rings and narrow tori without a sample: whole-number currents on the bonds instead of angles.

exp(K cos a) is the sum of I_n(K) exp(i n a) over whole n. With the angles integrated out what is left are currents n on
the bonds that neither begin nor end at any site, each with the weight I_n(K): on a ring one number, on a torus what a
transfer matrix hands from row to row. How much current flows round the lattice is what a twist of the boundary sees.

References
----------
J. V. Jose, L. P. Kadanoff, S. Kirkpatrick and D. R. Nelson, Phys. Rev. B 16, 1217 (1977), doi:10.1103/PhysRevB.16.1217.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import iv, ive

from spinlens.errors import InputError
from spinlens.exact.conditions import check_one_temperature
from spinlens.exact.thermodynamics import Thermodynamics
from spinlens.lattices import Lattice, check_lattice
from spinlens.models import XY, check_model

Array = NDArray[np.float64]

WIDEST = 4
"""Sites of a row, at most."""

NEGLIGIBLE = 1e-8
"""Weight of a row of currents, over that of none, below which it is left out: it comes with others beside it."""

MOST_CURRENT = 60
"""Largest current on a bond that is considered."""

LARGEST = 4000
"""Rows of currents with one sum, at most."""

SMALLEST = 1e-17
"""Of the weights so far, where larger currents round the lattice are left out."""

STEP = 1e-20
"""Of K along the imaginary axis: the imaginary part over it is a derivative without a difference."""

APART = 2e-3
"""Between the couplings of which second derivatives are made, to fourth order, relative."""


def xy(model: XY, lattice: Lattice, *, temperature: float) -> Thermodynamics:
    """Solve the XY model on a ring or a narrow torus, of continuous angles and at zero field.

    Parameters
    ----------
    model : XY
        The Hamiltonian.
    lattice : Lattice
        A chain, or a square lattice with a side of at most four sites; periodic, or one axis that is antiperiodic or
        twisted and round which that side is the other one.
    temperature : float
        T > 0, in units of energy (k_B = 1).

    Returns
    -------
    Thermodynamics
        ``log_z`` (with da / 2 pi for each angle), ``free_energy``, ``energy``, ``specific_heat``, and without a seam
        along each axis that is long or as short as four ``helicity_modulus_x`` and so on.

    Raises
    ------
    InputError
        If the lattice is none of these, or the temperature so low that too many currents count.
    """
    lattice = check_lattice(lattice)
    if not isinstance(model, XY):
        raise InputError(
            "model", check_model(model).text, "is not the XY model", "Take XY(); enumerate_states takes every model"
        )
    t = check_one_temperature(temperature)
    seams = [axis for axis, seam in enumerate(lattice.seams) if seam]
    if lattice.kind not in ("chain", "square") or not lattice.torus or len(seams) > 1:
        why = "currents are counted on chains and square lattices that are periodic but for one axis with a seam"
        raise InputError("lattice", lattice.text, why)
    turns, turn = model.tables(lattice).bond_turns
    twist = 2.0 * np.pi * float(turns[turn, 0].max()) / model.states
    shape = lattice.shape if lattice.axes == 2 else (*lattice.shape, 1)
    if min(shape) > WIDEST:
        raise InputError("lattice", lattice.shape, f"must have a side of at most {WIDEST} sites")
    k, sites = model.coupling / t, lattice.sites
    along = [axis for axis in range(lattice.axes) if min(shape[:axis] + shape[axis + 1 :]) <= WIDEST]
    if not set(seams) <= set(along):
        raise InputError("lattice", lattice.text, f"must have at most {WIDEST} sites round the axis with a seam")
    along = seams or along
    tori = {
        axis: _Torus(shape[axis], sites // shape[axis], rings=lattice.axes == 2, k=abs(k), twist=twist)
        for axis in along
    }
    first = tori[along[0]]
    log_z = [first.log_z(complex(k * (1 + n * APART), STEP)) for n in range(-2, 3)]
    slopes = [value.imag / STEP for value in log_z]
    curvature = (8 * (slopes[3] - slopes[1]) - (slopes[4] - slopes[0])) / (12 * APART * k)
    mean = log_z[2].real / sites
    found = {
        "log_z": mean, "free_energy": -t * mean, "energy": -model.coupling * slopes[2] / sites,
        "specific_heat": k**2 * curvature / sites,
    }  # fmt: skip
    for axis, torus in () if seams else tori.items():
        found[f"helicity_modulus_{'xy'[axis]}"] = t * torus.winding_squared(k) * shape[axis] ** 2 / sites
    return Thermodynamics(found)


@dataclass(frozen=True, eq=False)
class _Sector:
    """Rows of currents with one sum, and how those along the row change between two of them."""

    rows: NDArray[np.int64]
    flows: NDArray[np.int64]
    which: NDArray[np.int64]


class _Torus:
    """``length`` rows of ``width`` sites along a torus, with bonds along the rows or none, for K up to about ``k``.

    A twist, in radians, gives a current W through the rows the factor cos(W twist), with its negative.
    """

    def __init__(self, length: int, width: int, *, rings: bool, k: float, twist: float) -> None:
        self.length, self.width, self.rings, self.twist = length, width, rings, twist
        self.most, rows = _rows(width, k)
        self.reach = self.most * (2 * width + 2)
        sums = rows.sum(axis=1)
        # As much current may flow one way as the other.
        self.sectors = [_sector(rows[sums == w]) for w in range(int(sums.max()) + 1)]

    def log_z(self, k: complex) -> Any:
        """Return ln Z."""
        return np.log(sum(number for _, number in self._weights(k))) + abs(np.real(k)) * self._bonds

    def winding_squared(self, k: float) -> float:
        """Return <W^2> of the current W through a row."""
        sectors = [(w, number.real) for w, number in self._weights(complex(k))]
        return float(sum(w * w * number for w, number in sectors) / sum(number for _, number in sectors))

    @property
    def _bonds(self) -> int:
        return self.length * self.width * (2 if self.rings else 1)

    def _weights(self, k: complex) -> Iterator[tuple[int, Any]]:
        """Yield each current through a row, and the weight of it and its negative over exp(abs(K)) for each bond."""
        weight = iv(np.arange(self.reach + 1), k) * np.exp(-abs(np.real(k)))
        weight = np.concatenate([weight[:0:-1], weight])
        total = 0.0
        for w, sector in enumerate(self.sectors):
            out = weight[self.reach + sector.rows].prod(axis=1)
            number = (out**self.length).sum()
            if self.rings:
                # How much flows along the row at its first bond is free.
                start = self.reach + np.arange(-self.most * 2, self.most * 2 + 1)[:, None, None]
                around = weight[start + sector.flows].prod(axis=2).sum(axis=0)[sector.which]
                number = np.trace(np.linalg.matrix_power(around * out, self.length))
            yield w, number * (2 * np.cos(w * self.twist) if w else 1)
            total += abs(number)
            if abs(number) < SMALLEST * total:
                return


def _sector(rows: NDArray[np.int64]) -> _Sector:
    """Return a sector; what comes in and does not go out flows along the row."""
    if len(rows) > LARGEST:
        raise InputError("temperature", "so low", f"lets {len(rows)} rows of currents count", "Raise it")
    flows = np.cumsum(rows[:, None, :] - rows, axis=2).reshape(-1, rows.shape[1])
    # As one number each, so that equal ones are found quickly.
    low = flows.min(axis=0)
    key = np.ravel_multi_index(tuple((flows - low).T), tuple(flows.max(axis=0) - low + 1))
    _, place, which = np.unique(key, return_index=True, return_inverse=True)
    return _Sector(rows, flows[place], which.reshape(len(rows), -1))


def _rows(width: int, k: float) -> tuple[int, NDArray[np.int64]]:
    """Return the largest current that counts on a bond, and the rows of currents whose weights together do."""
    size = np.log(ive(np.arange(MOST_CURRENT + 1), k) / ive(0, k))
    most = int((size > np.log(NEGLIGIBLE)).sum()) - 1
    if most == MOST_CURRENT:
        raise InputError("temperature", "so low", f"lets currents above {most} count", "Raise it")
    every = np.arange(-most, most + 1)
    rows, weight = np.zeros((1, 0), dtype=np.int64), np.zeros(1)
    for _ in range(width):
        longer = weight[:, None] + size[np.abs(every)]
        kept = np.argwhere(longer > np.log(NEGLIGIBLE))
        rows, weight = np.column_stack([rows[kept[:, 0]], every[kept[:, 1]]]), longer[tuple(kept.T)]
    return most, rows
