"""Sum over all states of a small lattice: every observable of every discrete model, exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.exact.conditions import check_controls, check_one_temperature, check_solvable
from spinlens.exact.thermodynamics import StateDistribution, Thermodynamics
from spinlens.lattices import Lattice, check_lattice
from spinlens.models import Model, OrderParameter

LARGEST = 1 << 22
"""Most states that are enumerated: four million, 22 spins."""

BLOCK = 1 << 18
"""States counted at a time."""

Integers = NDArray[np.int64]
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class StateCounts:
    """How many of the q^N states have each row of sums.

    Attributes
    ----------
    names : tuple of str
        The model's sums.
    rows : ndarray, int64 (U, len(names))
        The rows that occur.
    count : ndarray, int64 (U,)
        States of each.
    """

    names: tuple[str, ...]
    rows: Integers
    count: Integers


def enumerate_states(model: Model, lattice: Lattice, *, temperature: float, **controls: float) -> Thermodynamics:
    """Average over all q^N states of a small lattice.

    Parameters
    ----------
    model : Model
        The Hamiltonian.
    lattice : Lattice
        At most 2^22 states.
    temperature : float
        T > 0, in units of energy (k_B = 1).
    **controls : float
        The model's other controls.

    Returns
    -------
    Thermodynamics
        Every observable, and the joint distribution of all sums. Beside the names of
        `spinlens.statistics.observables` ``NAME_squared`` <m^2> of each order parameter.

    Raises
    ------
    InputError
        If there are too many states, or the temperature or a control is not allowed.
    """
    model, lattice = check_solvable(model), check_lattice(lattice)
    t = check_one_temperature(temperature)
    values = check_controls(model, controls)
    model = model.at(**values)
    counts, sites = count_states(model, lattice), lattice.sites
    energy = -(counts.rows @ model.strengths(lattice, **values))
    lowest = energy.min()
    weight = counts.count * np.exp(-(energy - lowest) / t)
    total = weight.sum()
    probability = weight / total
    mean = float(probability @ energy)
    log_z = float(np.log(total) - lowest / t) / sites
    found = {
        "log_z": log_z, "free_energy": -t * log_z, "energy": mean / sites,
        "specific_heat": float(probability @ (energy - mean) ** 2) / sites / t**2,
    }  # fmt: skip
    columns = dict(zip(counts.names, counts.rows.T, strict=True))
    for number, order in enumerate(model.order_parameters(lattice)):
        prefix = f"{order.name}_" if number else ""
        found |= _order(order, columns, probability, sites, t, prefix)
    for stiffness in model.stiffnesses(lattice):
        stretch, current = stiffness.values(columns, sites).T
        found[stiffness.name] = float(probability @ (stretch - current**2 / t))
    averages = {name: float(probability @ column) / sites for name, column in columns.items()}
    variances = {
        name: float(probability @ (column - averages[name] * sites) ** 2) / sites for name, column in columns.items()
    }
    return Thermodynamics(found, averages, variances, StateDistribution(columns, probability))


def state_probabilities(model: Model, lattice: Lattice, *, temperature: float, **controls: float) -> Array:
    """Return the Boltzmann probability of each of the q^N states, float64, summing to one.

    The code of site 0 is the least significant digit of a state's number in base q. Parameters and errors are those of
    `enumerate_states`.
    """
    t = check_one_temperature(temperature)
    values = check_controls(model, controls)
    model, strengths = model.at(**values), model.strengths(lattice, **values)
    _check_size(model, lattice)
    energy = -(strengths @ model.tables(lattice).sums(all_states(model.space.states, lattice.sites)))
    weight = np.exp(-(energy - energy.min()) / t)
    return np.asarray(weight / weight.sum(), dtype=np.float64)


def all_states(states: int, sites: int) -> NDArray[np.uint16]:
    """Return all q^N configurations, codes (q^N, N), in the order of `state_probabilities`."""
    numbers = np.arange(states**sites)
    return np.stack([numbers // states**site % states for site in range(sites)], axis=1).astype(np.uint16)


@lru_cache(maxsize=32)
def count_states(model: Model, lattice: Lattice) -> StateCounts:
    """Count the states with each row of sums of a model as it is; temperature and controls do not enter."""
    _check_size(model, lattice)
    tables, neighbours = model.tables(lattice), lattice.neighbours
    (bonds, bond), (sites, site) = tables.bond_classes, tables.site_classes
    states = model.space.states**lattice.sites
    ends = neighbours.first, neighbours.second
    rows: list[Integers] = []
    counts: list[Integers] = []
    for first in range(0, states, BLOCK):
        block = np.empty((min(BLOCK, states - first), len(tables.terms)), dtype=np.int64)
        _sum_states(first, model.space.states, lattice.sites, *ends, bonds, bond, sites, site, block)
        found, count = _unique_rows(block, np.ones(len(block), dtype=np.int64))
        rows.append(found)
        counts.append(count)
    whole, count = _unique_rows(np.concatenate(rows), np.concatenate(counts))
    for array in (whole, count):
        array.setflags(write=False)
    return StateCounts(tables.names, whole, count)


@njit(cache=True, nogil=True)
def _sum_states(
    start: int, q: int, sites: int, first: Any, second: Any, bonds: Any, bond: Any, site_tables: Any, site: Any,
    out: Any,
) -> None:  # fmt: skip
    """Fill out (states, terms) with the sums of the states from number ``start`` on."""
    codes = np.empty(sites, dtype=np.int64)
    for row in range(out.shape[0]):
        number = start + row
        for i in range(sites):
            codes[i] = number % q
            number //= q
        for term in range(out.shape[1]):
            total = 0
            for i in range(sites):
                total += site_tables[term, site[i], codes[i]]
            for b in range(len(first)):
                total += bonds[term, bond[b], codes[first[b]], codes[second[b]]]
            out[row, term] = total


def _unique_rows(rows: Integers, counts: Integers) -> tuple[Integers, Integers]:
    low = rows.min(axis=0)
    key = np.zeros(len(rows), dtype=np.int64)
    size = 1
    for column in (rows - low).T:
        span = int(column.max()) + 1
        size *= span
        if size >= 1 << 62:
            found, inverse = np.unique(rows, axis=0, return_inverse=True)
            return found, np.bincount(inverse.reshape(-1), weights=counts).astype(np.int64)
        key = key * span + column
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    return rows[first], np.bincount(inverse, weights=counts).astype(np.int64)


def _order(
    order: OrderParameter, columns: Mapping[str, Integers], probability: Array, sites: int, temperature: float,
    prefix: str,
) -> dict[str, float]:  # fmt: skip
    """Return averages and fluctuations of one order parameter."""
    values = order.values(columns, sites)
    mean, size = probability @ values, np.linalg.norm(values, axis=-1)
    absolute, squared, fourth = (float(probability @ size**power) for power in (1, 2, 4))
    d = order.components
    signed = {order.name: float(mean[0])} if d == 1 else {}
    return {
        **signed,
        f"absolute_{order.name}": absolute,
        f"{order.name}_squared": squared,
        f"{prefix}susceptibility": sites * float(probability @ ((values - mean) ** 2).sum(axis=-1)) / temperature,
        f"{prefix}susceptibility_absolute": sites * float(probability @ (size - absolute) ** 2) / temperature,
        f"{prefix}binder_cumulant": 1.0 - d * fourth / ((d + 2) * squared**2) if squared > 0 else float("nan"),
    }


def _check_size(model: Model, lattice: Lattice) -> None:
    if model.space.states**lattice.sites > LARGEST:
        raise InputError(
            "lattice", lattice.shape,
            f"has {model.space.states}^{lattice.sites} states; at most 2^{LARGEST.bit_length() - 1} are enumerated",
            "exact.finite_strip takes longer lattices",
        )  # fmt: skip
