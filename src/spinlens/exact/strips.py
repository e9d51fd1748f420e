"""Lattices with one short side, long or infinite, of every discrete model: thermodynamics without sampling."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import ArpackError, LinearOperator, eigs, gmres

from spinlens.errors import InputError
from spinlens.exact.conditions import check_controls, check_one_temperature, check_solvable
from spinlens.exact.contraction import Factors, Program, period_program, run, whole_program
from spinlens.exact.thermodynamics import Thermodynamics
from spinlens.lattices import Lattice, check_lattice
from spinlens.models import Model

Array = NDArray[np.float64]

LARGEST = 1 << 21
"""Largest tensor of codes of sites."""

DENSE = 600
"""Up to so many states of a row the matrix is written out."""


def finite_strip(model: Model, lattice: Lattice, *, temperature: float, **controls: float) -> Thermodynamics:
    """Solve any discrete model on a finite lattice of which all sides but one are short.

    Parameters
    ----------
    model : Model
        The Hamiltonian.
    lattice : Lattice
        Any kind and boundary; the number of states of a row, squared where it closes on itself along the long side,
        must not exceed some 10^6: tori of two states ten sites wide, strips eighteen sites wide.
    temperature : float
        T > 0, in units of energy (k_B = 1).
    **controls : float
        The model's other controls.

    Returns
    -------
    Thermodynamics
        ``log_z``, ``free_energy``, ``energy``, ``specific_heat``; of order parameters of one component the average, and
        ``susceptibility``; averages and variances of the sums that the energy or these depend on.

    Raises
    ------
    InputError
        If the lattice is too wide, a parameter is not allowed, or the temperature is so low that all weights vanish in
        double precision.
    """
    model, lattice = check_solvable(model), check_lattice(lattice)
    t = check_one_temperature(temperature)
    values = check_controls(model, controls)
    model = model.at(**values)
    program = whole_program(lattice)
    _check_size(model, lattice, program)
    names, directions = _directions(model, lattice, values)
    factors = _factors(model, lattice, model.strengths(lattice, **values) / t, directions)
    start = np.zeros((1 + 2 * len(directions), 1))
    start[0] = 1.0
    end, scale = run(program, factors, start)
    if not end[0, 0] > 0:
        raise InputError("temperature", t, "is so low that all weights vanish in double precision", "Raise it")
    first, second = end[1::2, 0] / end[0, 0], end[2::2, 0] / end[0, 0]
    log_z = scale + factors.log_scale + float(np.log(end[0, 0]))
    return _result(
        model, lattice, names, t, log_z / lattice.sites, first / lattice.sites, (second - first**2) / lattice.sites
    )


def transfer_matrix(model: Model, lattice: Lattice, *, temperature: float, **controls: float) -> Thermodynamics:
    """Solve any discrete model on a strip or bar that is infinitely long.

    Parameters
    ----------
    model : Model
        The Hamiltonian.
    lattice : Lattice
        One period along x, periodic in x, which repeats for ever; the other sides are those of the strip. For example
        ``Lattice((2, 8))`` is an infinite strip of width 8.
    temperature : float
        T > 0, in units of energy (k_B = 1).
    **controls : float
        The model's other controls.

    Returns
    -------
    Thermodynamics
        As `finite_strip`, of the infinite strip; ``correlation_length`` along x, in rows, of what decays most slowly.

    Raises
    ------
    InputError
        If the strip is too wide or not periodic along x, a parameter is not allowed, or the temperature is so low that
        double precision cannot tell the largest eigenvalues apart.
    """
    model, lattice = check_solvable(model), check_lattice(lattice)
    t = check_one_temperature(temperature)
    values = check_controls(model, controls)
    model = model.at(**values)
    if lattice.rules[0] != "periodic":
        raise InputError("boundary[0]", repr(lattice.rules[0]), "an infinite strip repeats along x", "Take 'periodic'")
    program = period_program(lattice)
    _check_size(model, lattice, program)
    names, directions = _directions(model, lattice, values)
    factors = _factors(model, lattice, model.strengths(lattice, **values) / t, directions)
    eigen = _Eigen(program, factors, t)
    slopes = [eigen.derivatives(direction) for direction in range(len(directions))]
    log_value = float(np.log(eigen.value)) + eigen.scale + factors.log_scale
    first, second = np.array(slopes).T
    found = _result(model, lattice, names, t, log_value / lattice.sites, first / lattice.sites, second / lattice.sites)
    length = lattice.shape[0] * eigen.length
    return Thermodynamics({**found, "correlation_length": length}, found.averages, found.variances)


class _Eigen:
    """The largest eigenvalue of a period, its vectors and derivatives."""

    def __init__(self, program: Program, factors: Factors, temperature: float) -> None:
        self.program, self.factors, self.temperature = program, factors, temperature
        self.size = factors.sites.shape[1] ** program.axes
        # One scale for all vectors, that of the uniform one.
        _, self.scale = run(program, factors, np.ones((1, self.size)))
        values, right = self._vectors(transposed=False)
        _, left = self._vectors(transposed=True)
        self.value, second = float(values[0]), float(values[1]) if len(values) > 1 else 0.0
        if not self.value > 0 or self.value - second < 1e-12 * self.value:
            why = "is so low that the largest eigenvalues of this strip cannot be told apart in double precision"
            raise InputError("temperature", temperature, why, "Raise it")
        self.length = -1.0 / np.log(second / self.value) if second > 0 else 0.0
        self.right = right / np.linalg.norm(right)
        self.left = left / (left @ self.right)

    def apply(self, vector: Array, *, transposed: bool = False) -> Array:
        """Return the matrix of a period times vectors (..., rows of derivatives, states)."""
        end, scale = run(self.program, self.factors, np.atleast_2d(vector), transposed=transposed)
        return np.asarray(end * np.exp(scale - self.scale))

    def _vectors(self, *, transposed: bool) -> tuple[Array, Array]:
        """Return the two largest eigenvalues by size and the vector of the first."""
        if self.size <= DENSE:
            matrix = np.stack([self.apply(unit, transposed=transposed)[0] for unit in np.eye(self.size)], axis=1)
            values, vectors = np.linalg.eig(matrix)
        else:
            operator = LinearOperator(
                (self.size, self.size), matvec=lambda v: self.apply(v.reshape(-1), transposed=transposed)[0],
                dtype=np.float64,
            )  # fmt: skip
            try:
                values, vectors = eigs(operator, k=2, which="LM", v0=np.ones(self.size), tol=0)
            except ArpackError as error:
                raise InputError(
                    "temperature", self.temperature, f"the eigenvalues do not converge ({error})"
                ) from None
        order = np.argsort(-np.abs(values))
        return np.abs(values[order]), np.abs(np.real(vectors[:, order[0]]))

    def derivatives(self, direction: int) -> tuple[float, float]:
        """Return the first and second derivative of the logarithm of the eigenvalue along a direction."""
        alone = Factors(
            self.factors.bonds, self.factors.sites, self.factors.bond_slopes[direction : direction + 1],
            self.factors.site_slopes[direction : direction + 1], 0.0,
        )  # fmt: skip

        def jet(vector: Array) -> Array:
            rows = np.stack([vector, np.zeros_like(vector), np.zeros_like(vector)])
            end, scale = run(self.program, alone, rows)
            return np.asarray(end * np.exp(scale - self.scale))

        _, first, second = jet(self.right)
        slope = float(self.left @ first)
        rest = first - slope * self.right

        def shifted(x: Array) -> Array:
            x = x.reshape(-1)
            x = x - self.right * (self.left @ x)
            y = self.value * x - self.apply(x)[0]
            return np.asarray(y - self.right * (self.left @ y))

        norm = float(np.linalg.norm(rest))
        change = np.zeros_like(rest)
        if norm > 1e-14 * self.value:
            operator = LinearOperator((self.size, self.size), matvec=shifted, dtype=np.float64)
            found, failed = gmres(operator, rest / norm, rtol=1e-10, atol=0.0, restart=100, maxiter=100)
            change = np.full_like(rest, np.nan) if failed else norm * (found - self.right * (self.left @ found))
        curve = float(self.left @ second) + 2.0 * float(self.left @ jet(change)[1])
        return slope / self.value, curve / self.value - (slope / self.value) ** 2


def _directions(model: Model, lattice: Lattice, controls: dict[str, float]) -> tuple[list[str], Array]:
    """Return directions in K: of 1 / T, and of each sum that the energy or an order parameter depends on."""
    names = model.tables(lattice).names
    strengths = model.strengths(lattice, **controls)
    wanted = {name for name, strength in zip(names, strengths, strict=True) if strength}
    wanted |= {name for order in model.order_parameters(lattice) if order.components == 1 for name in order.series}
    kept = [name for name in names if name in wanted]
    return kept, np.stack([strengths, *(np.eye(len(names))[names.index(name)] for name in kept)])


def _factors(model: Model, lattice: Lattice, factors: Array, directions: Array) -> Factors:
    tables = model.tables(lattice)
    bonds, bond = tables.bond_weights(factors)
    sites, site = tables.site_weights(factors)
    bond_tops, site_tops = bonds.max(axis=(1, 2)), sites.max(axis=1)
    along_bonds = np.stack([tables.bond_weights(direction)[0] for direction in directions])
    along_sites = np.stack([tables.site_weights(direction)[0] for direction in directions])
    return Factors(
        bonds=np.exp(bonds - bond_tops[:, None, None])[bond],
        sites=np.exp(sites - site_tops[:, None])[site],
        bond_slopes=along_bonds[:, bond],
        site_slopes=along_sites[:, site],
        log_scale=float(bond_tops[bond].sum() + site_tops[site].sum()),
    )


def _result(
    model: Model, lattice: Lattice, names: list[str], temperature: float, log_z: float, first: Array, second: Array
) -> Thermodynamics:  # fmt: skip
    """Return what follows from ln Z / N and its derivatives in 1 / T and in the factors of the sums."""
    found: dict[str, Any] = {
        "log_z": log_z, "free_energy": -temperature * log_z, "energy": -float(first[0]),
        "specific_heat": float(second[0]) / temperature**2,
    }  # fmt: skip
    averages = dict(zip(names, first[1:].tolist(), strict=True))
    variances = dict(zip(names, second[1:].tolist(), strict=True))
    for number, order in enumerate(model.order_parameters(lattice)):
        if order.components == 1:
            (name,), factor = order.series, float(order.matrix[0, 0])
            found[order.name] = factor * averages[name] + float(order.constant[0])
            prefix = f"{order.name}_" if number else ""
            found[f"{prefix}susceptibility"] = factor**2 * variances[name] / temperature
    return Thermodynamics(found, averages, variances)


def _check_size(model: Model, lattice: Lattice, program: Program) -> None:
    if model.space.states**program.peak > LARGEST:
        raise InputError(
            "lattice", lattice.shape,
            f"is too wide: its rows take tensors of {model.space.states}^{program.peak} weights, at most {LARGEST} fit",
            "Make a side shorter, or free along the long one",
        )  # fmt: skip
