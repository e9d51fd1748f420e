"""Strips of finite width and infinite length, in a field: thermodynamics from the largest eigenvalue.

The row-to-row transfer matrix is V = D^(1/2) M D^(1/2), with D = exp(K r + H s) diagonal in the ring bond
sum r and the spin sum s of a row, M = the product over sites of exp(K s_i s'_i), K = J / T, H = h / T. M is
never formed: it is applied to the left and to the right half of the row in turn. The free energy per site is
-T ln(lambda) / width. First derivatives of lambda are expectation values (Hellmann-Feynman), second ones take
one linear solve.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator, cg, eigsh

from spinlens.errors import InputError, SpinlensError
from spinlens.exact.conditions import check_field, check_temperature
from spinlens.models.ising import Ising

Array = NDArray[np.float64]

WIDEST = 14
"""Widest strip: 16,384 states of a row."""


@dataclass(frozen=True, slots=True)
class Strip:
    """Exact values per site on an infinitely long strip, periodic around, in units of energy (k_B = 1).

    Attributes
    ----------
    free_energy : float
        -T ln Z / N.
    energy : float
        Full energy per site, field term included.
    magnetization : float
        <m>; zero at zero field.
    specific_heat : float
        C_h = dE/dT at fixed field.
    susceptibility : float
        chi_T = d<m>/dh at fixed temperature; NaN at zero field where it is too large for double precision
        (two eigenvalues agree to twelve digits).
    """

    free_energy: float
    energy: float
    magnetization: float
    specific_heat: float
    susceptibility: float


def transfer_matrix(model: Ising, width: int, *, temperature: float, field: float = 0.0) -> Strip:
    """Solve the Ising model on a strip, periodic around and infinitely long.

    Parameters
    ----------
    model : Ising
        The Hamiltonian.
    width : int
        Sites around the strip, 2 to 14; at width 2 both coinciding bonds count.
    temperature, field : float
        T > 0 and h, in units of energy (k_B = 1).

    Returns
    -------
    Strip
        Free energy, energy, magnetization, specific heat and susceptibility per site.

    Raises
    ------
    InputError
        If the width, the temperature or the field is not allowed.

    Notes
    -----
    Values approach those of the infinite lattice as exp(-width / correlation length). At zero field
    and low temperature a strip is a one-dimensional magnet: its susceptibility is exponentially large.

    References
    ----------
    H. A. Kramers and G. H. Wannier, Phys. Rev. 60, 252 (1941), doi:10.1103/PhysRev.60.252.
    """
    values = check_temperature(temperature)
    if values.ndim:
        raise InputError("temperature", temperature, "must be one number here", "Call once per temperature")
    t, h = float(values), check_field(field)
    coupling = model.single_coupling("the transfer matrix")
    row = _Row(check_width(width), coupling / t, h / t)
    log_lambda = row.log_eigenvalue / width
    slope_k, _ = row.derivatives(1.0, 0.0, curved=False)
    slope_h, curve_h = row.derivatives(0.0, 1.0)
    _, curve_beta = row.derivatives(coupling, h)
    return Strip(
        free_energy=-t * log_lambda,
        energy=(-coupling * slope_k - h * slope_h) / width,
        magnetization=slope_h / width,
        specific_heat=curve_beta / width / t**2,
        susceptibility=curve_h / width / t,
    )


def check_width(width: int) -> int:
    """Return the width, or raise InputError if it is not a whole number from 2 to 14."""
    if not isinstance(width, int | np.integer) or isinstance(width, bool) or not 2 <= width <= WIDEST:
        raise InputError("width", width, f"must be a whole number from 2 to {WIDEST}")
    return int(width)


@lru_cache(maxsize=4)
def _row_sums(width: int) -> tuple[Array, Array]:
    """Return the ring bond sum and the spin sum of each of the 2^width states of a row."""
    states = np.arange(1 << width)
    turned = (states >> 1) | ((states & 1) << (width - 1))
    bonds = width - 2.0 * np.bitwise_count(states ^ turned)
    return bonds, 2.0 * np.bitwise_count(states) - width


@lru_cache(maxsize=8)
def _overlaps(width: int) -> Array:
    """Return sum_i s_i s'_i for every pair of states of ``width`` sites."""
    states = np.arange(1 << width)
    return np.asarray(width - 2.0 * np.bitwise_count(states[:, None] ^ states[None, :]), dtype=np.float64)


class _Row:
    """The transfer matrix of one condition, its largest eigenvalue and that eigenvalue's derivatives.

    Everything is scaled by exp(-shift), so that no temperature is too low.
    """

    def __init__(self, width: int, k: float, h: float) -> None:
        self.bonds, self.spins = _row_sums(width)
        self.width, self.field_free = width, h == 0
        exponent = k * self.bonds + h * self.spins
        self.shift = float(exponent.max()) + width * abs(k)
        self.root = np.exp((exponent - exponent.max()) / 2.0)
        self.halves = []
        for part in (width - width // 2, width // 2):
            overlap = _overlaps(part)
            factor = np.exp(k * overlap - abs(k) * part)
            self.halves.append((factor, overlap * factor, overlap**2 * factor))
        self.size = len(self.bonds)
        self.eigenvalue, self.vector = self._largest()
        self.log_eigenvalue = float(np.log(self.eigenvalue)) + self.shift

    def apply(self, vector: Array, order: int = 0) -> Array:
        """Return D^(1/2) (d^order M / dK^order) D^(1/2) times a vector."""
        left, right = self.halves
        x = (self.root * vector.reshape(-1)).reshape(len(left[0]), len(right[0]))
        if order == 0:
            y = left[0] @ x @ right[0]
        elif order == 1:
            y = left[1] @ x @ right[0] + left[0] @ x @ right[1]
        else:
            y = left[2] @ x @ right[0] + 2.0 * (left[1] @ x @ right[1]) + left[0] @ x @ right[2]
        return np.asarray(self.root * y.reshape(-1), dtype=np.float64)

    def _largest(self) -> tuple[float, Array]:
        """Return the Perron eigenvalue and its positive eigenvector."""

        def even(vector: Array) -> Array:
            image = self.apply(vector)
            # At zero field the first odd state can be degenerate within rounding: stay in the even sector.
            return (image + image[::-1]) / 2.0 if self.field_free else image

        if self.size <= 64:
            matrix = np.stack([even(unit) for unit in np.eye(self.size)])
            values, vectors = np.linalg.eigh((matrix + matrix.T) / 2.0)
        else:
            operator = LinearOperator((self.size, self.size), matvec=even, dtype=np.float64)
            start = self.apply(self.root)
            values, vectors = eigsh(operator, k=1, which="LA", v0=start, tol=0)
        vector = np.abs(vectors[:, -1])
        return float(values[-1]), vector / np.linalg.norm(vector)

    def derivatives(self, along_k: float, along_h: float, *, curved: bool = True) -> tuple[float, float]:
        """Return the first and second derivative of ln lambda along a direction of (K, H).

        The second is NaN where it is not asked for.
        """
        v, value = self.vector, self.eigenvalue
        q = along_k * self.bonds + along_h * self.spins
        image_m = self.apply(v, order=1) if along_k else np.zeros_like(v)
        image = q * (value * v) / 2.0 + self.apply(q * v) / 2.0 + along_k * image_m
        slope = float(v @ image)
        if not curved:
            return slope / value, np.nan
        curve = (value * (v @ (q**2 * v)) + (q * v) @ self.apply(q * v)) / 2.0
        curve += 2.0 * along_k * ((q * v) @ image_m)
        if along_k:
            curve += along_k**2 * (v @ self.apply(v, order=2))
        rest = image - v * (v @ image)
        curve += 2.0 * float(rest @ self._solve(rest))
        return slope / value, float(curve) / value - (slope / value) ** 2

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
        operator = LinearOperator((self.size, self.size), matvec=shifted, dtype=np.float64)
        # The error of rest @ solution is of second order in the residual.
        solution, failed = cg(operator, rest / norm, rtol=1e-9, maxiter=100 * self.width)
        if failed and not self.field_free:
            raise SpinlensError("The response of the strip did not converge: two eigenvalues are too close")
        if failed or np.linalg.norm(solution) * value > 1e12:
            return np.full_like(rest, np.nan)
        return np.asarray(norm * (solution - v * (v @ solution)), dtype=np.float64)
