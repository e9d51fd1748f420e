"""All eigenstates of two-state models with kinks on small lattices: every observable, exactly.

The Hamiltonian is diagonal in the codes but for one flip of a site at a time, each with minus the kinks' strength.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.exact.conditions import check_controls, check_one_temperature, check_solvable
from spinlens.exact.enumeration import all_states
from spinlens.exact.thermodynamics import Thermodynamics
from spinlens.lattices import Lattice, check_lattice
from spinlens.models import Model, OrderParameter

LARGEST = 1 << 12
"""Most states: a matrix of 128 MiB."""

LARGEST_CUMULANT = 1 << 6
"""Most states with which fourth moments are worked out, which takes matrices for some complex fields."""

POINTS, RADIUS = 16, 1.0
"""Round a circle of complex fields, in units of the temperature over the number of sites: enough for 1e-10."""

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Eigenstates of a model on a lattice.

    Attributes
    ----------
    levels : ndarray, float64 (S,)
        Energies, ascending.
    vectors : ndarray, float64 (S, S)
        Of each level a column, over the states in the order of `spinlens.exact.state_probabilities`.
    diagonal : ndarray, float64 (S,)
        The energies of the states without the flips.
    """

    levels: Array
    vectors: Array
    diagonal: Array


def diagonalise(model: Model, lattice: Lattice, *, temperature: float, **controls: float) -> Thermodynamics:
    """Average over all eigenstates of a small lattice.

    Parameters
    ----------
    model : Model
        Two states a site, with kinks: `spinlens.TransverseIsing`.
    lattice : Lattice
        At most 12 sites.
    temperature : float
        T > 0, in units of energy (k_B = 1).
    **controls : float
        The model's other controls.

    Returns
    -------
    Thermodynamics
        ``log_z``, ``free_energy``, ``energy``, ``specific_heat``, the kinks' conjugate (``transverse_magnetization``),
        and of each order parameter its mean, ``susceptibility`` (Kubo's), ``NAME_squared``, <m^2> of the average over
        imaginary time, up to 6 sites ``binder_cumulant`` of that average, and ``NAME_squared_of_slices``, <m^2> of
        measurements. ``averages`` are those of the sums of worldlines.

    Raises
    ------
    InputError
        If there are too many states or more than two a site, or the model has no kinks.
    """
    model, lattice = check_solvable(model, imaginary_time=True), check_lattice(lattice)
    t, values = check_one_temperature(temperature), check_controls(model, controls)
    found, sites, tables = spectrum(model, lattice, tuple(values.items())), lattice.sites, model.tables(lattice)
    b = 1.0 / t
    weight = np.exp(-b * (found.levels - found.levels[0]))
    total = float(weight.sum())
    weight /= total
    mean = float(weight @ found.levels)
    log_z = (math.log(total) - b * float(found.levels[0])) / sites
    result = {
        "log_z": log_z, "free_energy": -t * log_z, "energy": mean / sites,
        "specific_heat": float(weight @ (found.levels - mean) ** 2) * b**2 / sites,
    }  # fmt: skip
    probability = (found.vectors**2) @ weight
    sums = tables.sums(all_states(2, sites))
    averages = {name: float(probability @ row) / sites for name, row in zip(tables.names, sums, strict=True)}
    strengths = model.strengths(lattice, **values)
    for kinks, strength in zip(tables.kinks, strengths[tables.events], strict=True):
        flips = (probability @ found.diagonal - mean) / sites
        averages[kinks.name] = b * flips
        result[kinks.conjugate] = flips / strength
    columns = dict(zip(tables.names, sums, strict=True))
    for number, order in enumerate(model.order_parameters(lattice)):
        result |= _order(order, columns, found, weight, probability, sites, t, f"{order.name}_" if number else "")
        if len(found.levels) <= LARGEST_CUMULANT:
            second, fourth = _moments(order, columns, found, strengths[tables.events].sum(), sites, t)
            result[f"{f'{order.name}_' if number else ''}binder_cumulant"] = 1.0 - fourth / (3.0 * second**2)
    return Thermodynamics(result, averages)


def slice_probabilities(model: Model, lattice: Lattice, *, temperature: float, **controls: float) -> Array:
    """Return the probability of each of the 2^N states at one imaginary time, float64, summing to one.

    That is the diagonal of exp(-H / T) / Z, in the order of `spinlens.exact.state_probabilities`: the code of site 0 is
    the least significant digit. Parameters and errors are those of `diagonalise`.
    """
    model, lattice = check_solvable(model, imaginary_time=True), check_lattice(lattice)
    t, values = check_one_temperature(temperature), check_controls(model, controls)
    found = spectrum(model, lattice, tuple(values.items()))
    weight = np.exp(-(found.levels - found.levels[0]) / t)
    return np.asarray((found.vectors**2) @ weight / weight.sum())


@lru_cache(maxsize=8)
def spectrum(model: Model, lattice: Lattice, controls: tuple[tuple[str, float], ...]) -> Spectrum:
    """Return all eigenstates of a checked model at values of its controls; errors as of `diagonalise`."""
    model, strengths = model.at(**dict(controls)), model.strengths(lattice, **dict(controls))
    if model.space.states != 2 or 2**lattice.sites > LARGEST:
        why = f"has {model.space.states}^{lattice.sites} states; two states on up to {LARGEST.bit_length() - 1} sites"
        raise InputError("lattice", lattice.shape, f"{why} are diagonalised", "Take a smaller lattice")
    model.check_events(lattice, **dict(controls))
    tables = model.tables(lattice)
    # The kinks' sums are zero here: states that never change.
    diagonal = -(strengths @ tables.sums(all_states(2, lattice.sites)))
    matrix = _hamiltonian(diagonal, float(strengths[tables.events].sum()))
    levels, vectors = np.linalg.eigh(matrix)
    return Spectrum(levels, vectors, diagonal)


def _hamiltonian(diagonal: Any, strength: float) -> Any:
    """Return the matrix with these diagonal elements and minus the strength for each flip of one site."""
    states = len(diagonal)
    matrix, every = np.diag(diagonal), np.arange(states)
    for site in range(states.bit_length() - 1):
        matrix[every, every ^ (1 << site)] -= strength
    return matrix


def _order(
    order: OrderParameter, columns: Mapping[str, NDArray[np.int64]], found: Spectrum, weight: Array, probability: Array,
    sites: int, temperature: float, prefix: str,
) -> dict[str, float]:  # fmt: skip
    """Return averages and Kubo's susceptibility of an order parameter of one component."""
    m = order.values(columns, sites)[:, 0]
    mean, of_slices = float(probability @ m), float(probability @ m**2)
    elements = found.vectors.T @ (m[:, None] * found.vectors)
    gap = (found.levels[:, None] - found.levels) / temperature
    # (exp(-E' / T) - exp(-E / T)) / ((E - E') / T), without loss of digits where the levels are close.
    near = np.abs(gap) < 1e-6
    with np.errstate(divide="ignore", invalid="ignore"):
        kernel = np.where(near, (weight[:, None] + weight) / 2, (weight - weight[:, None]) / gap)
    squared = float((elements**2 * kernel).sum())
    return {
        order.name: mean, f"{order.name}_squared": squared, f"{order.name}_squared_of_slices": of_slices,
        f"{prefix}susceptibility": sites * (squared - mean**2) / temperature,
    }  # fmt: skip


def _moments(
    order: OrderParameter, columns: Mapping[str, NDArray[np.int64]], found: Spectrum, strength: float, sites: int,
    temperature: float,
) -> tuple[float, float]:  # fmt: skip
    """Return <m^2> and <m^4> of the average over imaginary time: Taylor coefficients of Z in a field on it.

    Z(h) / Z(0) = <exp(h N m / T)>, and by Cauchy's formula its coefficients are averages round a circle of complex h.
    """
    m = order.values(columns, sites)[:, 0]
    points = RADIUS * np.exp(2j * np.pi * np.arange(POINTS) / POINTS)
    values = []
    for point in points:
        # exp(-H / T + point m): the number of sites is in the unit of the point.
        matrix = _hamiltonian(found.diagonal - point * temperature * m, strength)
        levels = np.linalg.eigvals(matrix)
        values.append(np.exp(-(levels - found.levels[0]) / temperature).sum())
    size = np.exp(-(found.levels - found.levels[0]) / temperature).sum()
    second, fourth = (
        float(np.mean(np.array(values) / size / points**power).real) * math.factorial(power) for power in (2, 4)
    )
    return second, fourth
