"""Averages and fluctuations of the energy and of order parameters, as functions of average moments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from spinlens.models import Kinks, OrderParameter, Stiffness
from spinlens.statistics.jackknife import Statistic

Array = NDArray[np.float64]


class Averaged(Protocol):
    """What is estimated from averages of moments of some components, each a sum of a configuration."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of what is estimated."""

    @property
    def moments(self) -> int:
        """Number of moments that `row` gives."""

    def values(self, sums: Mapping[str, Any], sites: int) -> Array:
        """Return the components (d, ...) for arrays of sums (...)."""

    def offset(self, values: Array) -> Array:
        """Return where the moments are measured from, given components (d, ...) of one recording or average."""

    def average(self, values: Array, share: Array) -> Array:
        """Return the same, (d', 1), of rows (d, rows) that count so much of 1."""

    def row(self, values: Array, offset: Array) -> list[Array]:
        """Return the moments of components (d, ...)."""

    def estimates(self, means: Array, offset: Array, sites: int, temperature: Array) -> dict[str, Array]:
        """Return the estimates from averages (moment, ...) of what `row` gives."""

    def heat(self, means: Array) -> Array | float:
        """Return what the specific heat has beside the fluctuations of the energy, from the same averages."""


@dataclass(frozen=True, eq=False)
class Events:
    """The kinks per site, <n> / N, and what they are conjugate to, T <n> / (N strength), see `spinlens.models.Kinks`.

    Each kink has the energy -T, which depends on the temperature: the specific heat is var(E) / (N T^2) - <n> / N.

    Attributes
    ----------
    kinks : Kinks
        What is counted.
    strength : float or None
        Its strength, in units of energy; None where it varies, and nothing is said but of the specific heat.
    """

    kinks: Kinks
    strength: float | None

    @property
    def names(self) -> tuple[str, ...]:
        """The name of what they are conjugate to, where their strength is known."""
        return () if self.strength is None else (self.kinks.conjugate,)

    @property
    def moments(self) -> int:
        """Number of moments that `row` gives."""
        return 1

    def values(self, sums: Mapping[str, Any], sites: int) -> Array:
        """Return n / N, (1, ...)."""
        return np.asarray(sums[self.kinks.name], dtype=np.float64)[None] / sites

    def offset(self, values: Array) -> Array:
        """Return zero: the average is wanted as it is."""
        return np.zeros_like(values)

    def average(self, values: Array, share: Array) -> Array:
        """Return zero."""
        del values, share
        return np.zeros((1, 1))

    def row(self, values: Array, offset: Array) -> list[Array]:
        """Return n / N."""
        del offset
        return [values[0]]

    def estimates(self, means: Array, offset: Array, sites: int, temperature: Array) -> dict[str, Array]:
        """Return the average that the strength is conjugate to."""
        del offset, sites
        return {} if self.strength is None else {self.kinks.conjugate: temperature * means[0] / self.strength}

    def heat(self, means: Array) -> Array | float:
        """Return -<n> / N."""
        return np.asarray(-means[0])


@dataclass(frozen=True, eq=False)
class Modulus:
    """A stiffness, <A> / N - <B^2> / (N T), see `spinlens.models.Stiffness`."""

    stiffness: Stiffness

    @property
    def names(self) -> tuple[str, ...]:
        """Its name."""
        return (self.stiffness.name,)

    @property
    def moments(self) -> int:
        """Number of moments that `row` gives."""
        return 2

    def values(self, sums: Mapping[str, Any], sites: int) -> Array:
        """Return A / N and B / sqrt(N), (2, ...)."""
        return np.moveaxis(self.stiffness.values(sums, sites), -1, 0)

    def offset(self, values: Array) -> Array:
        """Return zero: averages of both moments are wanted as they are."""
        return np.zeros_like(values[:1])

    def average(self, values: Array, share: Array) -> Array:
        """Return zero."""
        del values, share
        return np.zeros((1, 1))

    def row(self, values: Array, offset: Array) -> list[Array]:
        """Return A / N and B^2 / N."""
        del offset
        return [values[0], values[1] ** 2]

    def estimates(self, means: Array, offset: Array, sites: int, temperature: Array) -> dict[str, Array]:
        """Return the modulus from averages (moment, ...) of what `row` gives."""
        del offset, sites
        return {self.stiffness.name: means[0] - means[1] / temperature}

    def heat(self, means: Array) -> Array | float:
        """Return nothing."""
        del means
        return 0.0


@dataclass(frozen=True, eq=False)
class Quantity:
    """An order parameter whose fluctuations are wanted.

    Attributes
    ----------
    order : OrderParameter
        Which one.
    prefix : str
        Before the names of its susceptibilities and of its cumulant; empty for the first of a model.
    vanishes : bool
        Whether its average is known to be zero.
    """

    order: OrderParameter
    prefix: str
    vanishes: bool

    @property
    def names(self) -> tuple[str, ...]:
        """Names of what is estimated."""
        name, prefix = self.order.name, self.prefix
        signed = (name,) if self.order.components == 1 else ()
        fluctuations = ("susceptibility", "susceptibility_absolute", "binder_cumulant")
        return (*signed, f"absolute_{name}", *(f"{prefix}{part}" for part in fluctuations))

    @property
    def moments(self) -> int:
        """Number of moments that `row` gives."""
        return self.order.components + 5

    def values(self, sums: Mapping[str, Any], sites: int) -> Array:
        """Return the components (d, ...) for arrays of sums (...), per site."""
        return np.moveaxis(self.order.values(sums, sites), -1, 0)

    def average(self, values: Array, share: Array) -> Array:
        """Return the average components and size (d + 1, 1) of rows (d, rows) that count so much of 1."""
        size = np.abs(values[0]) if len(values) == 1 else np.linalg.norm(values, axis=0)
        return np.append(values @ share, size @ share)[:, None]

    def offset(self, values: Array) -> Array:
        """Return where components and size are measured from, given components (d, ...) of one recording or average."""
        return np.concatenate([values, np.linalg.norm(values, axis=0)[None]])

    def row(self, values: Array, offset: Array) -> list[Array]:
        """Return the moments of components (d, ...): of each component, of its square, of the size, and powers."""
        parts = values - offset[:-1]
        size = np.abs(values[0]) if len(values) == 1 else np.linalg.norm(values, axis=0)
        squared = size**2
        apart = size - offset[-1]
        return [*parts, (parts**2).sum(axis=0), apart, apart**2, squared, squared**2]

    def estimates(self, means: Array, offset: Array, sites: int, temperature: Array) -> dict[str, Array]:
        """Return the estimates from averages (moment, ...) of what `row` gives."""
        d = self.order.components
        parts, (square, apart, apart_square, squared, fourth) = means[:d], means[d:]
        variance = squared if self.vanishes else square - (parts**2).sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            binder = 1.0 - d * fourth / ((d + 2.0) * squared**2)
        signed = [offset[0] + parts[0]] if d == 1 else []
        found = [
            *signed, offset[-1] + apart, sites * variance / temperature,
            sites * (apart_square - apart**2) / temperature, binder,
        ]  # fmt: skip
        return dict(zip(self.names, found, strict=True))

    def heat(self, means: Array) -> Array | float:
        """Return nothing."""
        del means
        return 0.0


def thermodynamics(
    quantities: Sequence[Averaged], offsets: Sequence[Array], temperature: Array, sites: int
) -> Statistic:
    """Return the function from average moments to observables.

    Parameters
    ----------
    quantities : sequence of Averaged
        Order parameters, moduli and kinks.
    offsets : sequence of ndarray
        Where the energy, (temperature,), and what is averaged of each quantity, (d', temperature), are measured from,
        per site.
    temperature : ndarray, shape (temperature,)
        T > 0.
    sites : int
        Number of sites N.

    Returns
    -------
    callable
        From averages, shape (moment, temperature[, group]), of e, e^2 and the rows of the quantities.
    """

    def statistic(means: Array) -> dict[str, Array]:
        extra = (1,) * (means.ndim - 2)
        t = temperature.reshape(-1, *extra)
        e0, *others = (offset.reshape(*offset.shape, *extra) for offset in offsets)
        e, ee = means[:2]
        found = {"energy": e0 + e, "specific_heat": sites * (ee - e**2) / t**2}
        first = 2
        for quantity, offset in zip(quantities, others, strict=True):
            own = means[first : first + quantity.moments]
            found["specific_heat"] = found["specific_heat"] + quantity.heat(own)
            found |= quantity.estimates(own, offset, sites, t)
            first += quantity.moments
        return found

    return statistic
