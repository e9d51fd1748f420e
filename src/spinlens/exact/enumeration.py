"""Sum over all states of a small lattice: every observable, exactly, in any field."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.exact.conditions import check_condition
from spinlens.lattices import Bonds, Lattice, list_bonds
from spinlens.models.ising import Ising

LARGEST = 22
"""Most spins that are enumerated: four million states."""

BLOCK = 1 << 18
"""States counted at a time."""

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class StateCounts:
    """How many of the 2^N states have each set of sums.

    All int64, one row for each set (along x, along y, spin sum, staggered sum) that occurs. The first two are the
    sums of s s' over the bonds of one axis, the staggered sum is sum_i (-1)^(x_i + y_i) s_i.
    """

    bond_sum_x: Integers
    bond_sum_y: Integers
    spin_sum: Integers
    staggered_sum: Integers
    count: Integers

    @property
    def bond_sum(self) -> Integers:
        """Sum of s s' over all bonds; int64, one value a row, so that the same value can occur in many rows."""
        return self.bond_sum_x + self.bond_sum_y

    def energy_total(self, model: Ising, field: float) -> NDArray[np.float64]:
        """Return the total energy of each row, float64."""
        energy = model.energy_total(
            self.bond_sum, self.spin_sum, field, bond_sum_x=self.bond_sum_x, staggered_sum=self.staggered_sum
        )
        return np.asarray(energy, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Enumeration:
    """Exact averages at one condition; with m the magnetization per site, N the sites, T the temperature.

    Attributes
    ----------
    log_z : float
        ln Z / N, per site.
    energy : float
        Full energy per site, field term included.
    specific_heat : float
        N (<e^2> - <e>^2) / T^2 with e the full energy per site.
    magnetization, absolute_magnetization, magnetization_squared : float
        <m>, <abs m>, <m^2>.
    susceptibility : float
        N (<m^2> - <m>^2) / T, which is d<m>/dh in a uniform field.
    susceptibility_absolute : float
        N (<m^2> - <abs m>^2) / T, the one that has a peak at zero field.
    binder_cumulant : float
        1 - <m^4> / (3 <m^2>^2); NaN where every state that counts has m = 0.
    staggered_magnetization : float
        <m_s>, not zero in a staggered field or where a boundary tells the sublattices apart.
    staggered_magnetization_squared : float
        <m_s^2>, m_s = (1/N) sum_i (-1)^(x_i + y_i) s_i.
    bond_sum, spin_sum, probability : ndarray
        The joint distribution, one row per pair of sums that occurs; int64, int64, float64; sums to one.
    """

    log_z: float
    energy: float
    specific_heat: float
    magnetization: float
    absolute_magnetization: float
    magnetization_squared: float
    susceptibility: float
    susceptibility_absolute: float
    binder_cumulant: float
    staggered_magnetization: float
    staggered_magnetization_squared: float
    bond_sum: Integers
    spin_sum: Integers
    probability: NDArray[np.float64]


def enumerate_states(
    model: Ising, lattice: Lattice, *, temperature: float, field: float = 0.0, bonds: Bonds | None = None
) -> Enumeration:
    """Average over all 2^N states of a small lattice.

    Parameters
    ----------
    model : Ising
        The Hamiltonian.
    lattice : Lattice
        At most 22 sites.
    temperature, field : float
        T > 0 and h, in units of energy (k_B = 1).
    bonds : Bonds, optional
        Bonds to use in place of the lattice's own, for boundaries of your own making.

    Returns
    -------
    Enumeration
        Every observable and the joint distribution of bond sum and spin sum.

    Raises
    ------
    InputError
        If the lattice is too large, or the temperature or field is not allowed.
    """
    temperature, field = check_condition(temperature, field)
    counts, sites = count_states(lattice, bonds=bonds), lattice.sites
    energy = counts.energy_total(model, field)
    lowest = energy.min()
    weight = counts.count * np.exp(-(energy - lowest) / temperature)
    total = weight.sum()
    probability = weight / total
    m = counts.spin_sum / sites

    def average(values: NDArray[np.float64]) -> float:
        return float(probability @ values)

    mean_energy, mean = average(energy), average(m)
    absolute, squared, fourth = average(np.abs(m)), average(m**2), average(m**4)
    bond_sum, spin_sum, joint = _joint_distribution(counts, probability)
    return Enumeration(
        log_z=float(np.log(total) - lowest / temperature) / sites,
        energy=mean_energy / sites,
        specific_heat=average((energy - mean_energy) ** 2) / sites / temperature**2,
        magnetization=mean,
        absolute_magnetization=absolute,
        magnetization_squared=squared,
        susceptibility=sites * average((m - mean) ** 2) / temperature,
        susceptibility_absolute=sites * average((np.abs(m) - absolute) ** 2) / temperature,
        binder_cumulant=1.0 - fourth / (3.0 * squared**2) if squared > 0 else float("nan"),
        staggered_magnetization=average(counts.staggered_sum / sites),
        staggered_magnetization_squared=average((counts.staggered_sum / sites) ** 2),
        bond_sum=bond_sum,
        spin_sum=spin_sum,
        probability=joint,
    )


def state_probabilities(
    model: Ising, lattice: Lattice, *, temperature: float, field: float = 0.0, bonds: Bonds | None = None
) -> NDArray[np.float64]:
    """Return the Boltzmann probability of each of the 2^N states, float64, summing to one.

    Bit ``x * Ly + y`` of a state's index is 1 where the spin at (x, y) is up. Parameters and
    errors are those of `enumerate_states`.
    """
    temperature, field = check_condition(temperature, field)
    _check_size(lattice)
    states = np.arange(1 << lattice.sites, dtype=np.uint32)
    along_x, along_y, spin_sum, staggered_sum = _sums(states, lattice, list_bonds(lattice) if bonds is None else bonds)
    energy = model.energy_total(along_x + along_y, spin_sum, field, bond_sum_x=along_x, staggered_sum=staggered_sum)
    weight = np.exp(-(energy - energy.min()) / temperature)
    return np.asarray(weight / weight.sum(), dtype=np.float64)


def count_states(lattice: Lattice, *, bonds: Bonds | None = None) -> StateCounts:
    """Count the states with each set of sums; temperature, field and couplings do not enter."""
    _check_size(lattice)
    return _count_states(lattice, list_bonds(lattice) if bonds is None else bonds)


@lru_cache(maxsize=32)
def _count_states(lattice: Lattice, bonds: Bonds) -> StateCounts:
    sites = lattice.sites
    spans = (bonds.axes.count(0), bonds.axes.count(1), sites, sites)
    # Every sum moves in steps of two, so that half of the values never occur.
    shape = tuple(span + 1 for span in spans)
    table = np.zeros(np.prod(shape), dtype=np.int64)
    for first in range(0, 1 << sites, BLOCK):
        states = np.arange(first, min(first + BLOCK, 1 << sites), dtype=np.uint32)
        sums = _sums(states, lattice, bonds)
        key = np.ravel_multi_index(tuple((total + span) // 2 for total, span in zip(sums, spans, strict=True)), shape)
        table += np.bincount(key, minlength=table.size)
    found = np.flatnonzero(table)
    places = np.unravel_index(found, shape)
    parts = [2 * place - span for place, span in zip(places, spans, strict=True)] + [table[found]]
    for part in parts:
        part.setflags(write=False)
    return StateCounts(*parts)


def _sums(states: NDArray[np.uint32], lattice: Lattice, bonds: Bonds) -> tuple[Integers, Integers, Integers, Integers]:
    """Return both bond sums, spin sum and staggered sum of every state, int64."""
    bond_sum = np.zeros((2, len(states)), dtype=np.int64)
    for (i, j, sign), axis in zip(bonds.pairs, bonds.axes, strict=False):
        unlike = ((states >> np.uint32(i)) ^ (states >> np.uint32(j))) & np.uint32(1)
        bond_sum[axis] += sign * (1 - 2 * unlike.astype(np.int64))
    for (i, held), axis in zip(bonds.walls, bonds.axes[len(bonds.pairs) :], strict=True):
        bond_sum[axis] += held * (2 * ((states >> np.uint32(i)) & np.uint32(1)).astype(np.int64) - 1)
    x, y = np.divmod(np.arange(lattice.sites), lattice.shape[1])
    even = np.uint32(sum(1 << int(site) for site in np.flatnonzero((x + y) % 2 == 0)))
    ups = np.bitwise_count(states).astype(np.int64)
    even_ups = np.bitwise_count(states & even).astype(np.int64)
    evens = int(np.bitwise_count(even))
    spin_sum = 2 * ups - lattice.sites
    staggered_sum = (2 * even_ups - evens) - (2 * (ups - even_ups) - (lattice.sites - evens))
    return bond_sum[0], bond_sum[1], spin_sum, staggered_sum


def _joint_distribution(
    counts: StateCounts, probability: NDArray[np.float64]
) -> tuple[Integers, Integers, NDArray[np.float64]]:
    """Sum the staggered sum out."""
    pairs = np.stack([counts.bond_sum, counts.spin_sum])
    unique, inverse = np.unique(pairs, axis=1, return_inverse=True)
    joint = np.bincount(inverse.reshape(-1), weights=probability)
    return unique[0], unique[1], joint.astype(np.float64)


def _check_size(lattice: Lattice) -> None:
    if lattice.sites > LARGEST:
        raise InputError(
            "lattice", lattice.shape, f"has 2^{lattice.sites} states; at most {LARGEST} spins are enumerated"
        )
