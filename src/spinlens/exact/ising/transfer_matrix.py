"""Strips of finite width and infinite length, in a field: thermodynamics from the largest eigenvalue.

The transfer matrix from row to row is V = D^(1/2) M D^(1/2) with the factors of `spinlens.exact.ising.rows`; where a
staggered field stands between walls two rows make a period, V = D_0^(1/2) M D_1 M D_0^(1/2). The free energy per site
is -T ln(lambda) / (sites of a period). First derivatives of lambda are expectation values (Hellmann-Feynman), second
ones take one linear solve.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, cg, eigsh

from spinlens.errors import InputError
from spinlens.exact.conditions import check_condition
from spinlens.exact.ising.jet import Jet
from spinlens.exact.ising.rows import Direction, Rows, check_width
from spinlens.exact.ising.symmetries import orbits
from spinlens.lattices import axis_rule
from spinlens.models.ising import Ising

Array = NDArray[np.float64]

CLOSEST = 1e-12
"""Relative distance of two eigenvalues below which double precision cannot tell their eigenvectors apart."""


@dataclass(frozen=True, slots=True)
class Strip:
    """Exact values per site on a strip, in units of energy (k_B = 1).

    Attributes
    ----------
    free_energy : float
        -T ln Z / N.
    energy : float
        Full energy per site, field term included.
    magnetization : float
        What the field couples to, per site: <m>, or <m_s> of the staggered field's model. Zero where the reversal of
        all spins is a symmetry.
    specific_heat : float
        C_h = dE/dT at fixed field.
    susceptibility : float
        Its derivative in the field at fixed temperature; NaN on an infinite strip at zero field where it is too large
        for double precision (two eigenvalues agree to twelve digits).
    """

    free_energy: float
    energy: float
    magnetization: float
    specific_heat: float
    susceptibility: float


def ising_strip(model: Ising, width: int, *, temperature: float, field: float = 0.0, across: Any = "periodic") -> Strip:
    """Solve the Ising model on an infinitely long strip.

    Parameters
    ----------
    model : Ising
        The Hamiltonian; Jx is the coupling along the strip, Jy the one across it.
    width : int
        Sites across the strip, 2 to 14; on a ring of 2 both coinciding bonds count.
    temperature, field : float
        T > 0 and h, in units of energy (k_B = 1).
    across : str or pair
        What lies beyond both edges, as for one axis of a `Lattice`: ``"periodic"``, ``"antiperiodic"``, ``"free"``,
        or the held spins of two walls such as ``(+1, -1)``.

    Returns
    -------
    Strip
        Free energy, energy, magnetization, specific heat and susceptibility per site.

    Raises
    ------
    InputError
        If the width, the temperature, the field or the rule is not allowed, or if the temperature is so low that the
        largest eigenvalue is degenerate in double precision, as where an interface lies anywhere at the same cost.

    Notes
    -----
    Round a ring, values approach those of the infinite lattice as exp(-width / correlation length). At zero field
    and low temperature a strip is a one-dimensional magnet: its susceptibility is exponentially large.

    References
    ----------
    H. A. Kramers and G. H. Wannier, Phys. Rev. 60, 252 (1941), doi:10.1103/PhysRev.60.252.
    """
    t, h = check_condition(temperature, field)
    width, rule = check_width(width), axis_rule("across", across)
    walled = isinstance(rule, tuple)
    rows = Rows(model, width, rule, temperature=t, field=h, turned=model.staggered and not walled)
    leading = _Leading(rows, symmetric=h == 0 and not walled)
    energy, heat = leading.derivatives(rows.by_temperature)
    slope, curve = leading.derivatives(rows.by_field)
    sites = width * rows.period
    return Strip(
        free_energy=-t * leading.log_eigenvalue / sites,
        energy=-energy / sites,
        magnetization=slope / sites,
        specific_heat=heat / sites / t**2,
        susceptibility=curve / sites / t,
    )


class _Leading:
    """The largest eigenvalue of the transfer matrix of one condition, and its derivatives.

    Parameters
    ----------
    rows : Rows
        The factors.
    symmetric : bool
        Whether the reversal of all spins is a symmetry.
    """

    def __init__(self, rows: Rows, *, symmetric: bool) -> None:
        self.rows, self.symmetric = rows, symmetric
        self.orbits = orbits(rows)
        self.root = np.sqrt(rows.diagonals[0])
        self.eigenvalue, self.vector = self._largest()
        self.log_eigenvalue = float(np.log(self.eigenvalue)) + sum(rows.row_scales) + rows.period * rows.bond_scale

    def apply(self, vector: Array) -> Array:
        """Return the transfer matrix times a vector."""
        rows = self.rows
        image = rows.bond(self.root * vector.reshape(-1))
        for diagonal in rows.diagonals[1:]:
            image = rows.bond(diagonal * image)
        return np.asarray(self.root * image, dtype=np.float64)

    def _largest(self) -> tuple[float, Array]:
        """Return the Perron eigenvalue and its positive eigenvector."""
        members = np.bincount(self.orbits)
        spread = 1.0 / np.sqrt(members)[self.orbits]

        def reduced(vector: Array) -> Array:
            # The Perron vector has every symmetry. Others may be degenerate with it within rounding: leave them out.
            image = self.apply(vector.reshape(-1)[self.orbits] * spread)
            return np.asarray(np.bincount(self.orbits, image * spread), dtype=np.float64)

        size = len(members)
        if size <= 64:
            matrix = np.stack([reduced(unit) for unit in np.eye(size)])
            values, vectors = np.linalg.eigh((matrix + matrix.T) / 2.0)
        else:
            operator = LinearOperator((size, size), matvec=reduced, dtype=np.float64)
            start = np.bincount(self.orbits, self.apply(self.root) * spread)
            try:
                values, vectors = eigsh(operator, k=2, which="LA", v0=start, tol=0)
            except ArpackNoConvergence:
                raise self._refusal() from None
        if not values[-1] > 0 or np.any(values[-1] - values[:-1] < CLOSEST * values[-1]):
            raise self._refusal()
        vector = np.abs(vectors[:, -1])[self.orbits] * spread
        return float(values[-1]), vector / np.linalg.norm(vector)

    def _refusal(self) -> InputError:
        """Return the error of a condition that double precision cannot resolve."""
        why = "is so low that the largest eigenvalues of this strip cannot be told apart in double precision"
        return InputError("temperature", self.rows.temperature, why, "Raise it")

    def derivatives(self, direction: Direction) -> tuple[float, float]:
        """Return the first and second derivative of ln lambda."""
        v, value, rows = self.vector, self.eigenvalue, self.rows
        jet = rows.row_jet(Jet(v, np.zeros_like(v), np.zeros_like(v)), direction, row=0, power=0.5)
        jet = rows.bond_jet(jet, direction)
        for row in range(1, rows.period):
            jet = rows.bond_jet(rows.row_jet(jet, direction, row=row), direction)
        jet = rows.row_jet(jet, direction, row=0, power=0.5)
        slope = float(v @ jet.first)
        rest = jet.first - v * slope
        # Once more: what rounding leaves along v has no solution.
        rest = rest - v * float(v @ rest)
        curve = float(v @ jet.second + 2.0 * (rest @ self._solve(rest)))
        return slope / value, curve / value - (slope / value) ** 2

    def _solve(self, rest: Array) -> Array:
        """Return (lambda - V)^-1 rest beside the leading eigenvector, or NaN if that is singular."""
        v, value = self.vector, self.eigenvalue

        def shifted(x: Array) -> Array:
            x = x.reshape(-1)
            x = x - v * (v @ x)
            y = value * x - self.apply(x)
            return y - v * (v @ y)

        norm = float(np.linalg.norm(rest))
        if norm <= 1e-13 * value:
            return np.zeros_like(rest)
        operator = LinearOperator((self.rows.size, self.rows.size), matvec=shifted, dtype=np.float64)
        # The error of rest @ solution is of second order in the residual.
        with np.errstate(divide="ignore", invalid="ignore"):
            solution, failed = cg(operator, rest / norm, rtol=1e-9, maxiter=100 * self.rows.width)
        failed = failed or not np.all(np.isfinite(solution))
        if failed and not self.symmetric:
            raise self._refusal()
        if failed or np.linalg.norm(solution) * value > 1e12:
            return np.full_like(rest, np.nan)
        return np.asarray(norm * (solution - v * (v @ solution)), dtype=np.float64)
